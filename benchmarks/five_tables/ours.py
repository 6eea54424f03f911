"""Five tables against gradient boosting on the same rows: the default network, a plain one, and a family of eight.

Adult (32,561 people) and Rossmann (the sales of 120 shops, the last 48 days held back) come from where `untar_data` takes them.
Three come with scikit-learn (BSD-3): breast cancer (Wisconsin, 569 rows) and handwritten digits (1,797 rows), both from the UCI
repository (CC BY 4.0), and diabetes (442 rows; Efron et al., Least Angle Regression, 2004). Each seed has a split of its own,
but for Rossmann. Nothing is tuned for a table but the number of epochs. One thread, CPU time.
"""
from ..timing import Report, arguments
import numpy as np, pandas as pd, time, torch
from fastcourse import *
from fastcourse.tabular import *

PROCS = [FillMissing, Categorify, Normalize]
LAYERS, RATE, SMALL = [200, 100], 1e-2, 10 # SMALL: epochs of the small tables
KINDS = dict(default={}, plain=dict(num_emb=None), family=dict(ensemble=8))

def held_back(n, seed): return np.random.default_rng(42 + seed).permutation(n)[:n//5]

def adult(seed):
    df = pd.read_csv(untar_data(URLs.ADULT_SAMPLE)/'adult.csv')
    cats = ['workclass', 'education', 'marital-status', 'occupation', 'relationship', 'race', 'sex', 'native-country']
    conts = [c for c in df.columns if c not in [*cats, 'salary']]
    src = TabularList.from_df(df, cat_names=cats, cont_names=conts, procs=PROCS).split_by_idx(held_back(len(df), seed))
    return src.label_from_df(cols='salary').databunch(bs=256, num_workers=0, device='cpu')

def rossmann(seed, shops=120):
    path = untar_data('rossmann')
    df = pd.read_csv(path/'train.csv', parse_dates=['Date'], low_memory=False).merge(pd.read_csv(path/'store.csv'), on='Store')
    df = df[(df.Sales > 0) & (df.Store <= shops)].sort_values('Date', ascending=False).reset_index(drop=True)
    add_datepart(df, 'Date', drop=False)
    cats = ['Store', 'DayOfWeek', 'Year', 'Month', 'Day', 'StateHoliday', 'StoreType', 'Assortment', 'PromoInterval', 'Week', 'Promo2SinceYear']
    for c in ('StateHoliday', 'PromoInterval'): df[c] = df[c].astype(str)
    src = TabularList.from_df(df, cat_names=cats, cont_names=['CompetitionDistance', 'Promo', 'SchoolHoliday', 'Elapsed'], procs=PROCS)
    late = df.index[df.Date >= df.Date.drop_duplicates().iloc[47]]
    return src.split_by_idx(late).label_from_df(cols='Sales', label_cls=FloatList, log=True).databunch(bs=256, num_workers=0, device='cpu')

def shipped(name, number=False):
    "A table of scikit-learn: a function of the seed."
    def make(seed):
        from sklearn import datasets
        df = getattr(datasets, f'load_{name}')(as_frame=True).frame.copy()
        df['target'] = df.target.astype(float if number else str)
        src = TabularList.from_df(df, cont_names=[c for c in df.columns if c != 'target'], procs=PROCS).split_by_idx(held_back(len(df), seed))
        kind = dict(label_cls=FloatList) if number else {}
        return src.label_from_df(cols='target', **kind).databunch(bs=64, num_workers=0, device='cpu')
    return make

# Table -> data, epochs
TABLES = dict(adult=(adult, 5), rossmann=(rossmann, 10), breast_cancer=(shipped('breast_cancer'), SMALL),
              digits=(shipped('digits'), SMALL), diabetes=(shipped('diabetes', number=True), SMALL))

def figure(preds, targs):
    "What should be high: the share of right answers; for numbers, the root of the mean square, as a negative number."
    if targs.dtype == torch.int64: return float((preds.argmax(1) == targs).float().mean())
    return -float((preds.flatten() - targs.flatten()).square().mean().sqrt())

def trained(data, epochs, seed, **kwargs):
    "The figure of a network, and its CPU seconds."
    set_seed(seed)
    start = time.process_time()
    learn = tabular_learner(data, LAYERS, silent=True, **kwargs)
    learn.fit_one_cycle(epochs, RATE)
    return figure(*learn.get_preds()), time.process_time() - start

def boosted(data):
    return figure(data.train_ds.x.plain_tool(data.train_ds, data.valid_ds, seed=0)[1], data.valid_ds.y.tensors())

def measured(make, epochs, seeds):
    "The figures of trees and networks, {name: [one for each seed]}, and the fewest CPU seconds of each network."
    found, took = {k: [] for k in ('trees', *KINDS)}, {k: [] for k in KINDS}
    for seed in range(seeds):
        data = make(seed)
        found['trees'].append(boosted(data))
        for k in [*KINDS][::1 if seed%2 else -1]:
            value, s = trained(data, epochs, seed, **KINDS[k])
            found[k].append(value)
            took[k].append(s)
    return found, {k: min(o) for k, o in took.items()}

def main():
    args, report = arguments(__doc__, rounds=3, quick=dict(tables='breast_cancer'),
                             tables=dict(default=','.join(TABLES), help='which tables, with commas between')), Report()
    torch.set_num_threads(1)
    for name in args.tables.split(','):
        make, epochs = TABLES[name]
        few = name in ('breast_cancer', 'digits', 'diabetes')
        found, took = measured(make, epochs, args.rounds*(2 if few else 1))
        trees = np.mean(found['trees'])
        for k, v in found.items(): print(f'{name}, {k}: {abs(np.mean(v)):.4f}, from {min(map(abs, v)):.4f} to {max(map(abs, v)):.4f}', flush=True)
        for k in KINDS:
            gap = 100*(trees - np.mean(found[k]))*(1 if trees > 0 else -1/trees)
            report.add(f'{name}, {k}: below gradient boosting', gap, 1. if k == 'family' else 99., unit='%')
        if not few: report.add(f'{name}, default: time over the plain network', took['default']/took['plain'], 1.5)
    report.finish(args)

if __name__ == '__main__': main()
