"""What the 100 iterations of `lr_find` cost over 100 bare training steps: same model, optimizer and loader, interleaved, one thread."""
from ..timing import Report, arguments, interleave, ratio
from ..loop import bare
import torch
from fastcourse.vision import *

STEPS, BOUND = 100, 1.3

def cases(data):
    "The search, all its steps, and the same number of plain steps."
    loss = nn.CrossEntropyLoss()
    def library(): Learner(data, bare.small_cnn(), loss_func=loss, silent=True).lr_find(num_it=STEPS, stop_div=False)
    def plain(): bare.first_steps(bare.small_cnn(), STEPS, data.train_dl, loss)
    return {'plain': plain, 'lr_find': library}

def main():
    args, report = arguments(__doc__, rounds=15), Report()
    torch.set_num_threads(1)
    data = ImageDataBunch.from_folder(toy_digits(), size=28, bs=64, num_workers=0)
    took = interleave(cases(data), max(1, args.rounds//3))
    report.add('lr_find over bare steps, decoding pictures', ratio(took, 'lr_find', 'plain'), BOUND, note=f"(wall {ratio(took, 'lr_find', 'plain', 0):.3f})")
    data.train_dl, data.valid_dl = bare.InMemory(data.train_dl), bare.InMemory(data.valid_dl)
    took = interleave(cases(data), args.rounds)
    report.add('lr_find over bare steps, batches in memory', ratio(took, 'lr_find', 'plain'), BOUND, note=f"(wall {ratio(took, 'lr_find', 'plain', 0):.3f})")
    report.finish(args)

if __name__ == '__main__': main()
