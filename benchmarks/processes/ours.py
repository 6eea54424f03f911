"""Two processes on two cores: a step of ResNet-18 with half of the batch each, beside a step of one process with the whole batch.

One thread each, noise for pictures, 32 in a batch. A process computes its half in about half the time; what is added is the exchange, 45 MB of
gradients and two short messages for each layer of batch normalization, which costs the same for small pictures and for large ones.
"""
from ..timing import FOLDER, Report, arguments, interleave
import math, statistics, subprocess, sys, time
import numpy as np
from torchvision.models import resnet18
from fastcourse import *
from fastcourse.data_block import ItemList
from fastcourse.scale import world

BS = 32
TORCHRUN = '-m', 'torch.distributed.run', '--standalone', '--nproc_per_node', '2'

# --- in a process of the group ---

class Clock(LearnerCallback):
    "Notes when each batch begins."
    def on_train_begin(self, **_): self.begun = []
    def on_batch_begin(self, train, **_): self.begun += [time.perf_counter()]*train

def train(size, bs, steps):
    "Train on noise, and print the seconds of a step."
    set_seed(3)
    n, rng = bs*world().size*steps, np.random.default_rng(0)
    items = ItemList(list(rng.random((n, 3, size, size), dtype='float32'))).split_by_idx(range(bs))
    data = items.label_from_list([str(i % 10) for i in range(n)]).databunch(bs=bs, num_workers=0, device='cpu')
    learn = Learner(data, resnet18(num_classes=data.c), silent=True)
    learn.callbacks.append(clock := Clock(learn))
    learn.fit(1, 1e-3)
    if world().rank == 0: print(statistics.median(np.diff(clock.begun)[1:]))

# --- beside each other ---

def step(size, steps, together):
    "The seconds of a step, measured in processes of their own."
    program = '-m', 'benchmarks.processes.ours', '--train', size, BS//2 if together else BS, '--steps', steps
    command = [sys.executable, *(TORCHRUN*together), *program]
    return float(subprocess.run([*map(str, command)], cwd=FOLDER.parent, capture_output=True, text=True, check=True).stdout)

def compare(args):
    report = Report()
    for size in args.sizes:
        took = interleave({k: k for k in (False, True)}, args.rounds, lambda together: step(size, args.steps, together))
        ratio = statistics.median(two/one for one, two in zip(took[False], took[True]))
        bound = 1/1.6 if size >= 224 else math.inf  # small pictures: shown, not promised
        report.add(f'two processes, pictures of {size} pixels: a step over that of one', ratio, bound, note=f'{1/ratio:.2f} x the pictures in a second')
    report.finish(args)

def main():
    args = arguments(__doc__, 3, dict(sizes=[64], steps=4), sizes=dict(type=int, nargs='+', default=[64, 128, 224], help='pixels of a side'),
                     steps=dict(type=int, default=8, help='batches of an epoch'),
                     train=dict(type=int, nargs=2, metavar=('SIZE', 'BS'), help='only train, and say the seconds of a step'))
    if args.train: train(*args.train, args.steps)
    else: compare(args)

if __name__ == '__main__': main()
