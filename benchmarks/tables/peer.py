"""The peer's share of `tables`, in an environment that has fastai 2.8: an order for each line on standard input.

`prepare`, `adult EPOCHS SEED` or `ratings EPOCHS SEED`; the answer is CPU seconds and accuracy or squared error.
"""
import os, sys, time, warnings
os.environ.setdefault('OMP_NUM_THREADS', '1')
warnings.filterwarnings('ignore')
import numpy as np, pandas as pd, torch
from functools import cache
from fastai.collab import CollabDataLoaders, collab_learner
from fastai.data.transforms import IndexSplitter
from fastai.tabular.all import Categorify, FillMissing, Normalize, TabularPandas, accuracy, set_seed, tabular_learner

CATS = ['workclass', 'education', 'marital-status', 'occupation', 'relationship', 'race']
CONTS, TARGET = ['age', 'fnlwgt', 'education-num'], 'salary'

def split(n):
    "Rows to learn from, and the fifth that is held back."
    order = torch.randperm(n, generator=torch.Generator().manual_seed(42)).numpy()
    return list(np.sort(order[n//5:])), list(np.sort(order[:n//5]))

@cache
def table(i): return pd.read_csv(sys.argv[1 + i])

def prepare():
    df = table(0)
    return TabularPandas(df.copy(), [FillMissing, Categorify, Normalize], CATS[:], CONTS[:], y_names=TARGET,
                         splits=split(len(df)))

@cache
def adult_data(): return prepare().dataloaders(bs=64)

@cache
def ratings_data():
    df = table(1)[['userId', 'movieId', 'rating']].astype({'rating': 'float32'})
    return CollabDataLoaders.from_df(df, bs=64, splitter=IndexSplitter(split(len(df))[1]))

def fit(learn, epochs, *args, **kwargs):
    "The figures of a training, an epoch in each row."
    with learn.no_bar(), learn.no_logging(): learn.fit_one_cycle(epochs, *args, **kwargs)
    return learn.recorder.values

def adult(epochs):
    dls = adult_data()
    widths = {c: min(50, len(o)//2 + 1) for c, o in dls.classes.items()}
    return fit(tabular_learner(dls, layers=[200, 100], emb_szs=widths, metrics=accuracy), epochs, 1e-2)[-1][-1]

def ratings(epochs):
    return min(o[1] for o in fit(collab_learner(ratings_data(), n_factors=50, y_range=(0, 5.5)), epochs, 5e-3, wd=.1))

def main():
    torch.set_num_threads(1)
    orders = dict(prepare=(lambda: table(0), prepare), adult=(adult_data, adult), ratings=(ratings_data, ratings))
    for line in sys.stdin:
        what, *args = line.split()
        ready, work = orders[what]
        ready()
        if args: set_seed(int(args[1]))
        start = time.process_time()
        figure = work(*map(int, args[:1]))
        print(time.process_time() - start, float(figure) if args else 0., flush=True)

if __name__ == '__main__': main()
