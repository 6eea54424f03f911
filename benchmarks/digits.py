"""Two ways to do the same on the digits: with a loader that decodes pictures, and with batches in memory."""
from .timing import interleave, ratio
from .loop import bare
import torch
from fastcourse.vision import *

def compare(report, cases, rounds, bound, what):
    "Time `cases(data)`, the plain way and ours, in turns and in one thread; `what` names the ratio, which is to stay below `bound`."
    torch.set_num_threads(1)
    data = ImageDataBunch.from_folder(toy_digits(), size=28, bs=64, num_workers=0)
    def measure(where, rounds):
        took = interleave(cases(data), rounds)
        plain, ours = took
        report.add(f'{what}, {where}', ratio(took, ours, plain), bound, note=f'(wall {ratio(took, ours, plain, 0):.3f})')
    measure('decoding pictures', max(1, rounds//3))
    data.train_dl, data.valid_dl = bare.InMemory(data.train_dl), bare.InMemory(data.valid_dl)
    measure('batches in memory', rounds)
