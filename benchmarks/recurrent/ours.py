"""Human numbers, a stacked GRU: CPU time of three epochs over the bare PyTorch loop, and accuracy after ten, five seeds.

One thread, interleaved. All sides train the same model with fused AdamW and one cycle of the rate, 20 rows of 64
columns in a batch, and validate after each epoch. The state of the model is zero at the beginning of every pass; with
`--keep` it is also measured what becomes of the accuracy when the state is never set back.
`--peer PYTHON` names an interpreter that has fastai 2.8.
"""
import statistics
from ..timing import PEER, Peer, Report, arguments, interleave, ratio, wall_and_cpu
import torch
from fastcourse import ItemLists, Learner, URLs, accuracy, human_numbers, lesson_data, set_seed
from fastcourse.callback import Callback
from fastcourse.text.data import TextList
from .bare import BPTT, BS, EPOCHS, LR, WordGRU, columns, fit

TIMED, SEEDS = 3, range(5)
SPEED_BOUND, GOOD, WANTED, PEER_BOUND = 1.15, .75, 4, 1.

class Fresh(Callback):
    "The model's state is zero where a pass begins."
    def __init__(self, model): self.model = model
    def on_batch_begin(self, num_batch):
        if num_batch == 0: self.model.reset()

def number_words():
    "The folder, and the data of the library."
    path = lesson_data(URLs.HUMAN_NUMBERS, human_numbers)
    train, valid = (TextList([', '.join(o.strip() for o in (path/f'{k}.txt').open())], path=path)
                    for k in ('train', 'valid'))
    return path, ItemLists(path, train, valid).label_for_lm().databunch(bs=BS, bptt=BPTT, device='cpu')

def ours(data, epochs, keep=False):
    "Accuracy after the last epoch."
    model = WordGRU(len(data.train_ds.x.vocab.itos))
    learn = Learner(data, model, metrics=accuracy, silent=True, callbacks=[] if keep else [Fresh(model)])
    learn.fit_one_cycle(epochs, LR)
    return float(learn.recorder.metrics[-1][0])

def measure(f):
    "Wall and CPU seconds; an order to the peer is a pair, and the peer tells its CPU seconds."
    return (f[0].ask(f[1])[0],)*2 if isinstance(f, tuple) else wall_and_cpu(f)

def seeded(seed, f, *args):
    set_seed(seed)
    return f(*args)

def recurrent_report(report, rounds=7, peer=None, keep=False, seeds=SEEDS):
    "Add the figures to `report`."
    path, data = number_words()
    train, valid = (columns(o.stream().long()) for o in (data.train_dl, data.valid_dl))
    n_words = len(data.train_ds.x.vocab.itos)
    cases = dict(bare=lambda: fit(train, valid, n_words, TIMED), ours=lambda: ours(data, TIMED))
    process = Peer(peer, 'recurrent', path) if peer else None
    if peer: cases['peer'] = process, f'{TIMED} 0'
    took = interleave(cases, rounds, measure)
    s = min(cpu for _, cpu in took['bare'])/TIMED
    report.add('human numbers, CPU of an epoch over the bare loop', ratio(took, 'ours', 'bare'), SPEED_BOUND,
               note=f'bare {s:.2f} s')
    if peer: report.add('human numbers, CPU of an epoch over the peer', ratio(took, 'ours', 'peer'), PEER_BOUND)
    found = dict(ours=[seeded(o, ours, data, EPOCHS) for o in seeds],
                 bare=[seeded(o, fit, train, valid, n_words) for o in seeds])
    if keep: found['ours, state kept'] = [seeded(o, ours, data, EPOCHS, True) for o in seeds]
    if peer: found['peer'] = [process.ask(f'{EPOCHS} {o}')[1] for o in seeds]
    for k, v in found.items(): print(f'accuracy, {k}:', ' '.join(f'{o:.3f}' for o in v), f'mean {statistics.mean(v):.3f}')
    bad = sum(o < GOOD for o in found['ours'])
    report.add(f'human numbers, seeds of {len(seeds)} below {GOOD}', bad, max(0, len(seeds) - WANTED), unit='')

if __name__ == '__main__':
    args = arguments(__doc__, 7, peer=PEER, keep=dict(action='store_true'))
    torch.set_num_threads(1)
    report = Report()
    recurrent_report(report, args.rounds, args.peer, args.keep, SEEDS[:1] if args.quick else SEEDS)
    report.finish(args)
