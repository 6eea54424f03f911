"""Handwritten digits, the whole of MNIST: the error of lesson 7's plain network and of its residual one on the 10,000 test pictures.

The plain network has five convolutions and 12,126 parameters; the residual one has a block of two more behind each of the first four.
Training pictures move by up to three pixels, another way in each epoch, and nothing else changes them. `--plain` and `--residual` are the
epochs; 3 of the first take a minute on two cores, 12 of the second a quarter of an hour. The interval is Wilson's, at 95%: what 10,000 other digits could say.
"""
from ..timing import Report, arguments
import math, time
import torch
from fastcourse.metrics import accuracy
from fastcourse.torch_core import set_seed
from fastcourse.vision import *

def digits(share):
    "Bunch of the 60,000 and 10,000 pictures, or of a share of both."
    src = ImageList.from_folder(untar_data(URLs.MNIST), convert_mode='L')
    if share < 1: src = src.filter_by_rand(share, seed=42)
    src = src.split_by_folder(train='training', valid='testing').label_from_folder()
    return src.transform((rand_pad(padding=3, size=28, mode='zeros'), [])).databunch(bs=128).normalize()

def plain():
    "Five convolutions of stride 2."
    sizes, layers = [1, 8, 16, 32, 16, 10], []
    for ni, nf in zip(sizes, sizes[1:]):
        layers += [nn.Conv2d(ni, nf, kernel_size=3, stride=2, padding=1), nn.BatchNorm2d(nf), nn.ReLU()]
    return nn.Sequential(*layers[:-1], Flatten())

def residual():
    "The same steps with a residual block behind each but the last."
    def step(ni, nf): return nn.Sequential(conv_layer(ni, nf, stride=2), res_block(nf))
    return nn.Sequential(step(1, 8), step(8, 16), step(16, 32), step(32, 16), conv_layer(16, 10, stride=2), Flatten())

def wilson(wrong, n, z=1.96):
    "The ends of the interval at 95% for the share of `wrong` among `n`."
    p, d = wrong/n, 1 + z*z/n
    mid, half = p + z*z/(2*n), z*math.sqrt(p*(1 - p)/n + z*z/(4*n*n))
    return (mid - half)/d, (mid + half)/d

def measured(report, name, model, data, epochs, max_lr, bound):
    "Train `model`, and report its error on the pictures held back."
    learn, start = Learner(data, model, loss_func=nn.CrossEntropyLoss(), metrics=accuracy), time.perf_counter()
    learn.fit_one_cycle(epochs, max_lr=max_lr)
    took, n = time.perf_counter() - start, len(data.valid_ds)
    wrong = round((1 - float(learn.validate()[1]))*n)
    low, high = wilson(wrong, n)
    params = sum(p.numel() for p in model.parameters())
    report.add(f'{name}, {epochs} epochs: error', 100*wrong/n, bound, '%',
               f'{wrong} of {n:,} wrong, interval {100*low:.2f} to {100*high:.2f} %; {params:,} parameters; {took:.0f} s')

def main():
    args = arguments(__doc__, rounds=1, quick=dict(share=.01, plain=1, residual=1),
                     plain=dict(type=int, default=3), residual=dict(type=int, default=12), seed=dict(type=int, default=0),
                     share=dict(type=float, default=1., help='of the pictures'))
    torch.set_num_threads(1)
    report, whole = Report(), args.share >= 1
    set_seed(args.seed)
    data = digits(args.share)
    measured(report, 'plain network', plain(), data, args.plain, .1, 2. if whole else math.inf)
    measured(report, 'residual network', residual(), data, args.residual, .05, .6 if whole else math.inf)
    report.finish(args)

if __name__ == '__main__': main()
