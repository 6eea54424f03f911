"""What callbacks cost: a small network's epochs with empty callbacks and with ten shipped ones over those without.

Interleaved, one thread, batches in memory, so that nothing but the loop, the model and the callbacks is measured: 88 batches of 128
pictures in an epoch. Both sides have the `Recorder`, without which a `Learner` does not train. `--each` measures the ten one by one.
The note of a figure is the CPU time spent inside the callbacks over that outside, in one run; a busy machine changes it less.
"""
import math, statistics, tempfile, time
from functools import wraps
from ..timing import Report, arguments, interleave, ratio
from ..loop import bare
import torch
from fastcourse.vision import *
from fastcourse.callback import EVENTS, Callback
from fastcourse.callbacks.csv_logger import CSVLogger
from fastcourse.callbacks.misc import StopAfterNBatches
from fastcourse.callbacks.tracker import EarlyStoppingCallback, ReduceLROnPlateauCallback, SaveModelCallback, TerminateOnNaNCallback
from fastcourse.schedule import OneCycleScheduler
from fastcourse.train import AccumulateScheduler, BnFreeze, EMA, GradientClipping

EPOCHS, REPEATS, N_EMPTY = 4, 8, 50
EMPTY_BOUND, TEN_BOUND = 1.01, 1.03

class Empty(Callback): "Hears nothing."

# GradientClipping looks at each gradient and finds none too long; SaveModelCallback saves after the first epoch and loads at the end.
TEN = dict(
    OneCycleScheduler=lambda learn: OneCycleScheduler(learn, 1e-3),
    GradientClipping=lambda learn: GradientClipping(learn, 10.),
    CSVLogger=CSVLogger,
    EarlyStoppingCallback=lambda learn: EarlyStoppingCallback(learn, patience=100),
    SaveModelCallback=lambda learn: SaveModelCallback(learn, monitor='accuracy', mode='min'),
    ReduceLROnPlateauCallback=lambda learn: ReduceLROnPlateauCallback(learn, patience=100),
    TerminateOnNaNCallback=lambda learn: TerminateOnNaNCallback(),
    BnFreeze=BnFreeze,
    AccumulateScheduler=AccumulateScheduler,
    StopAfterNBatches=lambda learn: StopAfterNBatches(10**9))
# Arithmetic over all weights in each step, the price of what it does; shown beside.
MORE = {'EMA': EMA, 'GradientClipping, always too long': lambda learn: GradientClipping(learn, 1e-3)}

def train(data, folder, makers, watch=lambda cbs: None):
    "Train a small network with the callbacks that `makers` make of the learner."
    learn = Learner(data, bare.small_cnn(), loss_func=nn.CrossEntropyLoss(), metrics=accuracy, silent=True, path=folder)
    cbs = [make(learn) for make in makers]
    watch(cbs)
    learn.fit(EPOCHS, 1e-3, callbacks=cbs)

def timed(f, spent):
    "`f`, which adds the CPU seconds it takes to the list `spent`."
    @wraps(f)
    def inner(*args, **kwargs):
        start = time.process_time()
        try: return f(*args, **kwargs)
        finally: spent.append(time.process_time() - start)
    return inner

def share(data, folder, makers):
    "CPU seconds inside the callbacks over those outside, in one training."
    spent = []
    def watch(cbs):
        for cb in cbs:
            for name in (f'on_{e}' for e in EVENTS if hasattr(cb, f'on_{e}')): setattr(cb, name, timed(getattr(cb, name), spent))
    start = time.process_time()
    train(data, folder, makers, watch)
    return sum(spent)/(time.process_time() - start - sum(spent))

def main():
    args, report = arguments(__doc__, rounds=15, each=dict(action='store_true', help='each of them, too')), Report()
    torch.set_num_threads(1)
    data = ImageDataBunch.from_folder(toy_digits(), size=28, bs=128, num_workers=0)
    data.train_dl, data.valid_dl = bare.InMemory(data.train_dl), bare.InMemory(data.valid_dl)
    data.train_dl.batches *= REPEATS
    rows = {f'{N_EMPTY} empty callbacks': ([lambda learn: Empty()]*N_EMPTY, EMPTY_BOUND), 'ten shipped callbacks': ([*TEN.values()], TEN_BOUND)}
    rows |= {name: ([make], math.inf) for name, make in (MORE | (TEN if args.each else {})).items()}
    with tempfile.TemporaryDirectory() as folder:
        cases = {name: lambda makers=makers: train(data, folder, makers) for name, (makers, _) in rows.items()}
        took = interleave(dict(none=lambda: train(data, folder, [])) | cases, args.rounds)
        for name, (makers, bound) in rows.items():
            inside = statistics.median(share(data, folder, makers) for _ in range(min(5, args.rounds)))
            report.add(f'{name} over none', ratio(took, name, 'none'), bound, note=f'(inside them {inside:.3f})')
    print('The ten:', ', '.join(TEN))
    report.finish(args)

if __name__ == '__main__': main()
