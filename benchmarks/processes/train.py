"""Train a ResNet-18 on noise: `python -m benchmarks.processes.train SIZE BS STEPS`, alone or under torchrun; says the seconds of a step."""
import statistics, sys, time
import numpy as np, torch
from torchvision.models import resnet18
from fastcourse import *
from fastcourse.data_block import ItemList
from fastcourse.scale import world

class Clock(LearnerCallback):
    "Notes when each batch begins."
    def on_train_begin(self, **_): self.begun = []
    def on_batch_begin(self, train, **_): self.begun += [time.perf_counter()]*train

def main():
    size, bs, steps = map(int, sys.argv[1:])
    torch.set_num_threads(1)
    set_seed(3)
    n, rng = bs*world().size*steps, np.random.default_rng(0)
    items = ItemList(list(rng.random((n, 3, size, size), dtype='float32'))).split_by_idx(range(bs))
    data = items.label_from_list([str(i % 10) for i in range(n)]).databunch(bs=bs, num_workers=0, device='cpu')
    learn = Learner(data, resnet18(num_classes=data.c), silent=True)
    learn.callbacks.append(clock := Clock(learn))
    learn.fit(1, 1e-3)
    if world().rank == 0: print(statistics.median(np.diff(clock.begun)[1:]))

if __name__ == '__main__': main()
