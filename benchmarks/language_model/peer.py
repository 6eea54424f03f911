"""The peer's share of `language_model`, where fastai 2.8 is installed: an order for each line on standard input.

The argument is the number of batches to train for an order; the answer is CPU seconds. Its defaults: no clipping.
"""
import os, sys, time, warnings
os.environ.setdefault('OMP_NUM_THREADS', '1')
warnings.filterwarnings('ignore')
import torch
from fastai.text.all import (AWD_LSTM, CrossEntropyLossFlat, DataLoaders, Learner, ModelResetter, RNNCallback,
                             RNNRegularizer, awd_lstm_lm_split, get_language_model)

WORDS, BS, SEQ = 10_000, 32, 72

class Batches:
    "Fixed batches, as a DataLoader is seen by the peer's Learner."
    device, bs = torch.device('cpu'), BS
    def __init__(self, n):
        self.n, self.dataset = n, range(max(n, 1))
        self.x = torch.randint(2, WORDS, (BS, SEQ*n + 1), generator=torch.Generator().manual_seed(0))
    def __len__(self): return self.n
    def __iter__(self):
        for i in range(0, self.n*SEQ, SEQ): yield self.x[:, i:i+SEQ].contiguous(), self.x[:, i+1:i+SEQ+1].contiguous()

dls = DataLoaders(Batches(int(sys.argv[1])), Batches(0), device='cpu')
learn = Learner(dls, get_language_model(AWD_LSTM, WORDS, drop_mult=1.), loss_func=CrossEntropyLossFlat(),
                splitter=awd_lstm_lm_split, cbs=[ModelResetter(), RNNCallback(), RNNRegularizer(alpha=2., beta=1.)])
for _ in sys.stdin:
    start = time.process_time()
    with learn.no_bar(), learn.no_logging(): learn.fit(1, 1e-3)
    print(time.process_time() - start, flush=True)
