"""Preparing tables: Adult against fastai 2.8 (CPU time, one thread), and a million rows by 20 columns (seconds, memory).

Adult: `TabularTransform.fit` of the training rows and `arrays` of the others, 32,561 rows, from the mirror or the cache.
`--peer PYTHON` names an interpreter that has fastai 2.8; its `TabularPandas` of the same rows then runs in turn with ours.
Memory is measured in a fresh process: how far its resident set grows over that with the frame in it, its highest point
less the frame, as a multiple of the frame's `memory_usage(deep=True)`. So the frame itself is in neither.
"""
from ..timing import PEER, Peer, Report, arguments, interleave, ratio
import json, numpy as np, pandas as pd, resource, statistics, subprocess, sys, tempfile, threading, time
from pathlib import Path
from fastcourse.datasets import URLs, untar_data
from fastcourse.tabular.transform import Categorify, FillMissing, Normalize, TabularTransform

CAT = ['workclass', 'education', 'marital-status', 'occupation', 'relationship', 'race']
CONT = ['age', 'fnlwgt', 'education-num']
PROCS = [FillMissing, Categorify, Normalize]

def split(n):
    "Training and validation rows."
    p = np.random.default_rng(0).permutation(n)
    return np.sort(p[n//5:]), np.sort(p[:n//5])

def ours(df, train, valid):
    tt = TabularTransform(PROCS, CAT, CONT)
    return tt.fit(df.iloc[train]), tt.arrays(df.iloc[valid])

def big(n=1_000_000):
    "Ten columns of words with 5 to 1000 values, ten of numbers, some gaps, every cell an object of its own."
    rng, df = np.random.default_rng(0), {}
    for i, k in enumerate(np.geomspace(5, 1000, 10).astype(int)):
        words = pd.Series(rng.integers(0, k, n)).map('word {:04d}'.format)
        df[f'w{i}'] = words.mask(rng.random(n) < .01) if i % 2 else words
    for i in range(10):
        numbers = rng.normal(i, 1 + i, n) if i % 2 else rng.integers(0, 10**i + 1, n).astype(float)
        numbers[rng.random(n) < .01*(i % 3)] = np.nan
        df[f'n{i}'] = numbers
    return pd.DataFrame(df)

def resident():
    "Bytes of this process in memory."
    return int(Path('/proc/self/statm').read_text().split()[1])*resource.getpagesize()

def big_in_fresh_process(file):
    "Read the frame in `file`, prepare it, and print seconds, growth of memory and the frame's size."
    df, peak, done = pd.read_pickle(file), [0], threading.Event()
    def watch():
        while not done.wait(.002): peak[0] = max(peak[0], resident())
    before, thread = resident(), threading.Thread(target=watch)
    thread.start()
    start = time.perf_counter(), time.process_time()
    TabularTransform(PROCS, list(df.columns[:10]), list(df.columns[10:])).fit(df)
    wall, cpu = time.perf_counter() - start[0], time.process_time() - start[1]
    done.set()
    print(json.dumps(dict(wall=wall, cpu=cpu, grown=peak[0] - before, frame=int(df.memory_usage(deep=True).sum()))))

def main():
    args = arguments(__doc__, rounds=9, quick=dict(rows=50_000), peer=PEER, rows=dict(type=int, default=1_000_000))
    report, file = Report(), untar_data(URLs.ADULT_SAMPLE)/'adult.csv'
    df = pd.read_csv(file)
    train, valid = split(len(df))
    took = interleave({'ours': lambda: ours(df, train, valid), **({'peer': Peer(args.peer, 'prepare', file)} if args.peer else {})}, args.rounds)
    def each(name): return f'({statistics.median(o[1] for o in took[name])*1000:.1f} ms)'
    if args.peer: report.add('Adult: over fastai 2.8', ratio(took, 'ours', 'peer'), 1, 'x', f"{each('ours')} {each('peer')}")
    else: report.add('Adult', statistics.median(o[1] for o in took['ours'])*1000, 60, 'ms')
    with tempfile.TemporaryDirectory() as d:
        big(args.rows).to_pickle(file := Path(d)/'big.pkl')
        res = json.loads(subprocess.run([sys.executable, '-m', __spec__.name, '--big', file], capture_output=True, text=True, check=True).stdout)
    report.add('a million rows by 20 columns: clock', res['wall'], 20, 's', f"({res['cpu']:.1f} s of CPU)")
    report.add('a million rows: memory over the frame', res['grown']/res['frame'], 3, 'x', f"({res['grown']/2**20:.0f} MB, frame {res['frame']/2**20:.0f} MB)")
    report.finish(args)

if __name__ == '__main__': big_in_fresh_process(sys.argv[2]) if sys.argv[1:2] == ['--big'] else main()
