"""The three EfficientNet-Lite networks on photographs of pets: the error of a logistic regression on their frozen features, and their time.

The pictures of `URLs.PETS` that there are become squares of 128, 192, 224 or 260 pixels and pass the body; the mean over the places of its
map gives 1280 numbers a picture. scikit-learn's logistic regression, with its default settings, learns on four fifths and is tried on the rest; five folds,
`--rounds` times with other folds. The interval is Wilson's, at 95%, for as many pictures as there are; the last figures compare two networks on the same
pictures. Time is that of the processor for a picture, in batches of 16 and one thread, the networks in turn. `pip install 'fastcourse[weights]'` first.
"""
from ..digits_resnet.ours import wilson
from ..timing import Report, arguments, interleave
import math, statistics
import numpy as np, torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from fastcourse.vision import *

NETWORKS = 'efficientnet_lite0', 'efficientnet_lite1', 'efficientnet_lite2'
PAT = r'([^/]+)_\d+\.jpg$'

def pets(size, n=None):
    "All pictures of the folder in order, the first `n` of a breed; normalized as the networks expect it."
    breeds = {}
    for o in get_image_files(untar_data(URLs.PETS)/'images'): breeds.setdefault(o.name.rsplit('_', 1)[0], []).append(o)
    src = ImageList([o for group in breeds.values() for o in group[:n]]).split_none().label_from_re(PAT).transform(([], []), size=size)
    return src.databunch(bs=16, num_workers=0).normalize(model_stats(NETWORKS[0]))

def features(body, data):
    "Features (pictures, 1280) and classes of all training pictures, in order."
    with torch.no_grad(): rows = [(body(x).mean((2, 3)), y) for x, y in data.fix_dl]
    return [torch.cat(o).numpy() for o in zip(*rows)]

def hits(x, y, rounds):
    "For each picture, the share of `rounds` in which it was named correctly while held back."
    model = LogisticRegression(max_iter=2000)
    folds = [StratifiedKFold(5, shuffle=True, random_state=i) for i in range(rounds)]
    return np.mean([cross_val_predict(model, x, y, cv=o) == y for o in folds], axis=0)

def compared(a, b):
    "How much more often `b` is right than `a`, with the ends of the interval at 95%, over the pictures."
    d = b - a
    half = 1.96*d.std(ddof=1)/math.sqrt(len(d))
    return d.mean(), d.mean() - half, d.mean() + half

def seconds(bodies, size, rounds):
    "CPU seconds of each body for a picture, the median over the rounds."
    x = torch.randn(16, 3, size, size, generator=torch.Generator().manual_seed(0))
    def work(body):
        with torch.no_grad(): body(x)
    took = interleave({name: lambda body=body: work(body) for name, body in bodies.items()}, rounds)
    return {name: statistics.median(cpu for _, cpu in rows)/len(x) for name, rows in took.items()}

def main():
    args = arguments(__doc__, rounds=5, quick=dict(sizes=[128], n=5), sizes=dict(type=int, nargs='+', default=[128, 192, 224, 260]),
                     n=dict(type=int, help='pictures of a breed; else all'))
    torch.set_num_threads(1)
    report, right = Report(), {}
    bodies = {name: create_body(name).eval() for name in NETWORKS}
    params = {name: sum(p.numel() for p in getattr(models, name)().parameters()) for name in NETWORKS}
    for size in args.sizes:
        data, took = pets(size, args.n), seconds(bodies, size, args.rounds)
        for name, body in bodies.items():
            share = right[name, size] = hits(*features(body, data), args.rounds)
            low, high = wilson((1 - share).sum(), len(share))
            report.add(f'{name} at {size} px: error', 100*(1 - share.mean()), 60., '%', f'accuracy {share.mean():.3f}, interval {1 - high:.3f} to {1 - low:.3f}, '
                       f'{len(share)} pictures of {data.c} breeds; {1000*took[name]:.1f} ms a picture; {params[name]/1e6:.1f} million parameters')
    first, *others = NETWORKS
    for name in others:
        for size in args.sizes:
            diff, low, high = compared(right[first, size], right[name, size])
            report.add(f'accuracy of {first} less that of {name} at {size} px', -100*diff, math.inf, '%', f'{name} is better by {100*low:.1f} to {100*high:.1f} of 100')
    report.finish(args)

if __name__ == '__main__': main()
