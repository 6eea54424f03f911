"""A language model of the usual size, 400/1152/3: training over a bare loop of `nn.LSTM`, and what dropouts cost.

32 columns, 72 rows, 10,000 words drawn at random. One thread, CPU time (`--device cuda`: wall time, and peak memory).
The bare loop has no dropout, no penalties and no callbacks; ours has them all. Both clip gradients, or with
`--clip 0` neither does. `--peer PYTHON` names an interpreter that has fastai 2.8 and measures its language model too.
"""
from ..timing import PEER, Peer, Report, arguments, interleave, ratio
from .bare import BS, LR, SEQ, WORDS, bare
import numpy as np, statistics, time, torch
from fastcourse import *
from fastcourse.callbacks.rnn import RNNTrainer
from fastcourse.text.loader import StreamLoader
from fastcourse.text.loss import NextWordLoss
from fastcourse.text.models.awd_lstm import AWD_LSTM, LinearDecoder, SequentialRNN
from fastcourse.text.models.awd_lstm import awd_lstm_lm_config, awd_lstm_lm_split
import fastcourse.train  # noqa: F401  it gives the learner `clip_grad`

class Texts:
    "What a loader sees of labelled texts."
    def __init__(self, *items): self.items, self.x = list(items), self
    def __len__(self): return len(self.items)

def ours(tokens, n, clip, device, dropout=True, alpha=2., beta=1., emb=400, n_hid=1152):
    "The same with our model, learner and loader."
    torch.manual_seed(0)
    ps = {k: v*dropout for k, v in awd_lstm_lm_config.items() if k.endswith('_p')}
    encoder = AWD_LSTM(WORDS, emb, n_hid, 3, **{k: v for k, v in ps.items() if k != 'output_p'})
    model = SequentialRNN(encoder, LinearDecoder(WORDS, emb, ps['output_p'], encoder.encoder))
    texts = tokens[:BS*SEQ*n + 1].numpy().astype(np.int32)
    dls = [StreamLoader(o, bs=BS, bptt=SEQ, device=device) for o in (Texts(texts), Texts())]
    learn = Learner(DataBunch(*dls, no_check=True), model, loss_func=NextWordLoss(), silent=True)
    learn.split(awd_lstm_lm_split)
    learn.callbacks.append(RNNTrainer(learn, alpha, beta))
    if clip: learn.clip_grad(clip)
    return lambda: learn.fit(1, LR)

def measured(device):
    "What takes the time of a case: of this process's CPU, or the clock where a GPU works."
    def seconds(f):
        if isinstance(f, Peer): return (f(),)*2
        clock = time.perf_counter if device.type == 'cuda' else time.process_time
        start = clock()
        f()
        if device.type == 'cuda': torch.cuda.synchronize()
        return (clock() - start,)*2
    return seconds

def peaks(cases, n, clip, tokens):
    "Memory in GB that each case needs on the GPU beyond what is there before, weights and optimizer included."
    for name, make in cases.items():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        make(tokens, n, clip, torch.device('cuda'))()
        print(f'{name}: {(torch.cuda.max_memory_allocated() - before)/1e9:.2f} GB')

def main():
    "Measure and report."
    args = arguments(__doc__, 7, batches=dict(type=int, default=1, help='batches in a measurement'),
                     clip=dict(type=float, default=.1), device=dict(default='cpu'), peer=PEER)
    device, n = torch.device(args.device), args.batches
    tokens = torch.randint(2, WORDS, (BS*SEQ*n + 1,), generator=torch.Generator().manual_seed(0))
    def no_dropout(*a): return ours(*a, dropout=False, alpha=0., beta=0.)
    makers = dict(bare=bare, no_dropout=no_dropout, ours=ours)
    if device.type == 'cuda': peaks(makers, n, args.clip, tokens)
    cases = {k: make(tokens, n, args.clip, device) for k, make in makers.items()}
    if args.peer: cases['peer'] = Peer(args.peer, 'language_model', n)
    took, report = interleave(cases, args.rounds, measured(device)), Report()
    for k, v in took.items():
        print(f'{k}: {BS*SEQ*n/statistics.median(o[1] for o in v):,.0f} tokens/s')
    report.add('no dropout: time over bare nn.LSTM', ratio(took, 'no_dropout', 'bare'), 1/.97)
    report.add('all dropouts: time over bare nn.LSTM', ratio(took, 'ours', 'bare'), 1/.97)
    if args.peer: report.add('all dropouts: time over the peer', ratio(took, 'ours', 'peer'), 1.)
    report.finish(args)

if __name__ == '__main__': main()
