"The peer's share of `prepare`, in an environment that has fastai 2.8: one preparation for each line on standard input."
import os, sys, time
os.environ.setdefault('OMP_NUM_THREADS', '1')
import numpy as np, pandas as pd, torch
from fastai.tabular.all import Categorify, FillMissing, Normalize, TabularPandas

CAT = ['workclass', 'education', 'marital-status', 'occupation', 'relationship', 'race']
CONT = ['age', 'fnlwgt', 'education-num']

def main():
    torch.set_num_threads(1)
    df = pd.read_csv(sys.argv[1])
    p = np.random.default_rng(0).permutation(len(df))
    splits = np.sort(p[len(df)//5:]).tolist(), np.sort(p[:len(df)//5]).tolist()
    for _ in sys.stdin:
        start = time.process_time()
        TabularPandas(df.copy(), [Categorify, FillMissing, Normalize], CAT[:], CONT[:], splits=splits)
        print(time.process_time() - start, flush=True)

if __name__ == '__main__': main()
