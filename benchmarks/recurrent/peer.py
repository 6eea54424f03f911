"""The peer's share of `recurrent`, in an environment that has fastai 2.8: an order for each line on standard input.

`python peer.py FOLDER`; an order is `EPOCHS SEED`, the answer CPU seconds and accuracy.
"""
import os, sys, time, warnings
os.environ.setdefault('OMP_NUM_THREADS', '1')
warnings.filterwarnings('ignore')
import torch
from fastai.text.all import (CrossEntropyLossFlat, DataLoaders, Learner, LMDataLoader, ModelResetter, accuracy,
                             set_seed)
from bare import BPTT, BS, LR, WordGRU, numbered

def work(train, valid, n_words, epochs):
    "Accuracy after the last epoch."
    dls = DataLoaders(*(LMDataLoader([t], lens=[len(t)], bs=BS, seq_len=BPTT, shuffle=t is train, num_workers=0)
                        for t in (train, valid)))
    learn = Learner(dls, WordGRU(n_words, batch_first=True), CrossEntropyLossFlat(), metrics=accuracy,
                    cbs=ModelResetter)
    with learn.no_bar(), learn.no_logging(): learn.fit_one_cycle(epochs, LR)
    return learn.recorder.values[-1][-1]

def main():
    torch.set_num_threads(1)
    data = numbered(sys.argv[1])
    for line in sys.stdin:
        epochs, seed = map(int, line.split())
        set_seed(seed)
        start = time.process_time()
        figure = work(*data, epochs)
        print(time.process_time() - start, figure, flush=True)

if __name__ == '__main__': main()
