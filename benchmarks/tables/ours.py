"""Tables and ratings: preparation, epochs over the bare PyTorch loop, and how good the models get.

Adult (32,561 people) and MovieLens latest-small (100,836 ratings) come from where `untar_data` takes them. One thread,
CPU time. `--peer PYTHON` names an interpreter that has fastai 2.8; it then works on the same rows, split and widths.
"""
from ..timing import PEER, Peer, Report, arguments, interleave, ratio
from .bare import BS, FACTORS, HIDDEN, RANGE, Dot, Net, bare_fit, right, squares
import numpy as np, pandas as pd, statistics, time, torch
from torch.nn import functional as F
from fastcourse import *
from fastcourse.tabular.data import TabularList
from fastcourse.tabular.learner import tabular_learner
from fastcourse.tabular.transform import Categorify, FillMissing, Normalize

CATS = ['workclass', 'education', 'marital-status', 'occupation', 'relationship', 'race']
CONTS, TARGET = ['age', 'fnlwgt', 'education-num'], 'salary'
LR, SEEDS, COLLAB_LR, COLLAB_WD = 1e-2, (0, 1, 2), 5e-3, .1

def held_back(n):
    "A fifth of `n` rows, the same every time; sorted."
    return np.sort(torch.randperm(n, generator=torch.Generator().manual_seed(42)).numpy()[:n//5])

# --- the peer ---

def measure(f):
    "CPU seconds of `f()`, twice; `f` is an order to the peer if it is a pair."
    if isinstance(f, tuple): return (f[0].ask(f[1])[0],)*2
    start = time.process_time()
    f()
    return (time.process_time() - start,)*2

def told(took, per=1): return ', '.join(f'{k} {statistics.median(o[1] for o in v)/per:.3f} s' for k, v in took.items())

# --- Adult ---

def prepared(df, valid):
    "Data of the library from the frame."
    src = TabularList.from_df(df, cat_names=CATS, cont_names=CONTS, procs=[FillMissing, Categorify, Normalize])
    return src.split_by_idx(valid).label_from_df(cols=TARGET).databunch(bs=BS, num_workers=0, device='cpu')

def parts_of(data):
    "The tensors of training and validation, for the bare loop."
    return [(*dl.tensors[0], dl.tensors[1]) for dl in (data.train_dl, data.valid_dl)]

def fit_adult(data, epochs):
    "Accuracy on the rows held back."
    learn = tabular_learner(data, HIDDEN, metrics=accuracy, silent=True)
    learn.fit_one_cycle(epochs, LR)
    return float(learn.recorder.metrics[-1][0])

def adult(report, rounds, peer, only):
    "Preparation, an epoch, and accuracy after five."
    df = pd.read_csv(untar_data(URLs.ADULT_SAMPLE)/'adult.csv')
    valid = held_back(len(df))
    data = prepared(df, valid)
    train, held = parts_of(data)
    sizes = [e.num_embeddings for e in tabular_learner(data, HIDDEN).model.embeds]
    def plain(): return bare_fit(Net(sizes, train[1].shape[1]), 1, train, held, F.cross_entropy, right, LR)
    if 'p' in only:
        cases = {'ours': lambda: prepared(df, valid)} | ({'peer': (peer, 'prepare')} if peer else {})
        took = interleave(cases, 3*rounds, measure)
        print('Adult, preparation:', told(took))
        if peer: report.add('Adult, preparation: time over peer', ratio(took, 'ours', 'peer'), 1.)
    if 'e' in only:
        cases = {'bare': plain, 'ours': lambda: fit_adult(data, 1)} | ({'peer': (peer, 'adult 1 0')} if peer else {})
        took = interleave(cases, rounds, measure)
        print('Adult, an epoch:', told(took))
        report.add('Adult, an epoch: time over the bare loop', ratio(took, 'ours', 'bare'), 1.2)
        if peer: report.add('Adult, an epoch: time over peer', ratio(took, 'ours', 'peer'), .3)
    if 'q' in only: adult_quality(report, data, peer)

def adult_quality(report, data, peer):
    "Accuracy after five epochs, for each seed."
    found = []
    for seed in SEEDS:
        set_seed(seed)
        found.append(fit_adult(data, 5))
    theirs = [peer.ask(f'adult 5 {seed}')[1] for seed in SEEDS] if peer else []
    print('Adult, accuracy after 5 epochs: ours', [round(o, 4) for o in found], 'peer', [round(o, 4) for o in theirs])
    report.add('Adult, error after 5 epochs', 1 - statistics.mean(found), .17, unit='')
    if not peer: return
    report.add('Adult, accuracy below peer', 100*(statistics.mean(theirs) - statistics.mean(found)), .3, unit='%')

# --- ratings ---

def ratings(report, rounds, peer, only):
    "An epoch of factors and biases, and the error after five."
    from fastcourse.collab import CollabDataBunch, collab_learner
    df = pd.read_csv(untar_data('ml-latest-small')/'ratings.csv')[['userId', 'movieId', 'rating']]
    data = CollabDataBunch.from_df(df, valid_pct=.2, seed=42, bs=BS, num_workers=0, device='cpu')
    train, held = parts_of(data)
    n_users, n_items = (len(o) for o in data.train_ds.x.classes.values())
    def fit(epochs):
        learn = collab_learner(data, n_factors=FACTORS, y_range=RANGE, wd=COLLAB_WD, silent=True)
        learn.fit_one_cycle(epochs, COLLAB_LR)
        return float(min(learn.recorder.val_losses))
    def plain(): return bare_fit(Dot(n_users, n_items), 1, train, held, F.mse_loss, squares, COLLAB_LR, COLLAB_WD)
    if 'e' in only:
        cases = {'bare': plain, 'ours': lambda: fit(1)} | ({'peer': (peer, 'ratings 1 0')} if peer else {})
        took = interleave(cases, max(2, rounds//2), measure)
        print('MovieLens, an epoch:', told(took))
        report.add('MovieLens, an epoch: time over the bare loop', ratio(took, 'ours', 'bare'), 1.2)
        if peer: report.add('MovieLens, an epoch: time over peer', ratio(took, 'ours', 'peer'), .2)
    if 'q' in only:
        set_seed(0)
        report.add('MovieLens, squared error after 5 epochs', fit(5), .745, unit='')

def main():
    args, report = arguments(__doc__, rounds=7, quick=dict(only='pe'), peer=PEER,
                             only=dict(default='peq', help='p: preparation, e: an epoch, q: quality'),
                             sets=dict(default='ar', help='a: Adult, r: ratings')), Report()
    torch.set_num_threads(1)
    files = untar_data(URLs.ADULT_SAMPLE)/'adult.csv', untar_data('ml-latest-small')/'ratings.csv'
    peer = Peer(args.peer, 'tables', *files) if args.peer else None
    if 'a' in args.sets: adult(report, args.rounds, peer, args.only)
    if 'r' in args.sets: ratings(report, args.rounds, peer, args.only)
    report.finish(args)

if __name__ == '__main__': main()
