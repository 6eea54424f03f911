"""What `Learner.fit` costs over the bare PyTorch loop: same model, optimizer and loader, interleaved, one thread.

Two loaders: batches already in memory, where only the loop is measured, and the real one, which decodes pictures.
"""
from ..timing import Report, arguments, interleave, ratio
from . import bare
import torch
from fastcourse.vision import *

EPOCHS, BOUND = 4, 1.10

def cases(data):
    "The two ways to train a small model on `data`."
    loss = nn.CrossEntropyLoss()
    def library(): Learner(data, bare.small_cnn(), loss_func=loss, metrics=accuracy, silent=True).fit(EPOCHS, 1e-3)
    def plain(): bare.fit(bare.small_cnn(), EPOCHS, data.train_dl, data.valid_dl, loss)
    return {'plain': plain, 'fit': library}

def main():
    args, report = arguments(__doc__, rounds=15), Report()
    torch.set_num_threads(1)
    data = ImageDataBunch.from_folder(toy_digits(), size=28, bs=64, num_workers=0)
    took = interleave(cases(data), max(1, args.rounds//3))
    report.add('fit over the bare loop, decoding pictures', ratio(took, 'fit', 'plain'), BOUND, note=f"(wall {ratio(took, 'fit', 'plain', 0):.3f})")
    data.train_dl, data.valid_dl = bare.InMemory(data.train_dl), bare.InMemory(data.valid_dl)
    took = interleave(cases(data), args.rounds)
    report.add('fit over the bare loop, batches in memory', ratio(took, 'fit', 'plain'), BOUND, note=f"(wall {ratio(took, 'fit', 'plain', 0):.3f})")
    report.finish(args)

if __name__ == '__main__': main()
