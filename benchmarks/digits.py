"""Two ways to do the same on the digits, `plain` and the library's: with a loader that decodes pictures, and with batches in memory."""
from .timing import Report, arguments, interleave, ratio
from .loop import bare
import torch
from fastcourse.vision import *

def compare(doc, cases, bound, what):
    "Time `cases(data)`, the plain way first, in turns and in one thread; `what` names the ratio that is to stay below `bound`."
    args, report = arguments(doc, rounds=15), Report()
    torch.set_num_threads(1)
    data = ImageDataBunch.from_folder(toy_digits(), size=28, bs=64, num_workers=0)
    def measure(where, rounds):
        took = interleave(cases(data), rounds)
        plain, ours = took
        report.add(f'{what}, {where}', ratio(took, ours, plain), bound, note=f'(wall {ratio(took, ours, plain, 0):.3f})')
    measure('decoding pictures', max(1, args.rounds//3))
    data.train_dl, data.valid_dl = bare.InMemory(data.train_dl), bare.InMemory(data.valid_dl)
    measure('batches in memory', args.rounds)
    report.finish(args)
