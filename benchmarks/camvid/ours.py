"""CamVid, a class for every pixel: a U-Net on a pretrained encoder, trained by the library and by hand, and what a step costs.

367 pictures to learn from and 101 to be tried on; the accuracy leaves out the pixels that nobody labelled. Sections, `--only` picks some:
a, the library; b, the same module, rates and batches in a loop written by hand, once, as it gives the same numbers; c, `ResUnetBlock` for
the steps up; d, a step over the bare one, in turns; e, a frozen step whose gradient stops at the encoder, over one that goes through it;
f, peak memory of a ResNet-34's step over that of a peer, with `--peer`. One thread, CPU time. A rounding error grows from step to step: after
a few epochs it moves the accuracy by a point, so compare over seeds. At the size of the course, for a graphics card:

    python benchmarks/run.py camvid --only a --arch resnet34 --size 360 480 --bs 8 --epochs 10 --more 10 --lr 3e-3 --threads 4
"""
from ..timing import PEER, Peer, Report, arguments, interleave, ratio
from . import bare
import math, statistics, sys, time
from functools import partial
from fastcourse.vision import *

def streets(args, split=True, n=None):
    "Bunch of the pictures with their masks; of the first `n`, all for training, if not `split`."
    path = untar_data(URLs.CAMVID)
    codes, valid = (path/'codes.txt').read_text().split(), {*(path/'valid.txt').read_text().split()}
    src = SegmentationItemList.from_folder(path/'images')
    if split and args.share < 1: src = src.filter_by_rand(args.share, seed=42)
    src = src.split_by_valid_func(lambda o: o.name in valid) if split else src[range(n)].split_none()
    src = src.label_from_func(lambda o: path/'labels'/f'{o.stem}_P.png', classes=codes)
    src = src.transform(get_transforms(), size=tuple(args.size), tfm_y=True)
    return src.databunch(bs=args.bs, num_workers=args.workers).normalize(model_stats(args.arch))

def learner(data, args, **kwargs):
    "The learner of the lesson."
    right = partial(foreground_acc, void_code=list(data.classes).index('Void'))
    return unet_learner(data, args.arch, metrics=right, silent=True, **kwargs)

def by_library(args, data, seed, **kwargs):
    "Share of the pixels that are right after `args.epochs` frozen and `args.more` of the whole."
    set_seed(seed)
    learn = learner(data, args, **kwargs)
    set_seed(seed)
    learn.fit_one_cycle(args.epochs, slice(args.lr), pct_start=.9)
    learn.unfreeze()
    if args.more: learn.fit_one_cycle(args.more, slice(args.lr/400, args.lr/4), pct_start=.8)
    return float(learn.validate()[1])

def by_hand(args, data, seed):
    "The same in a plain loop."
    set_seed(seed)
    learn = learner(data, args)
    model, groups = learn.model, learn.layer_groups
    set_seed(seed)
    bare.freeze(model, True)
    bare.fit(model, groups, learn.lr_range(slice(args.lr)), args.epochs, data.train_dl, .9)
    bare.freeze(model, False)
    if args.more: bare.fit(model, groups, learn.lr_range(slice(args.lr/400, args.lr/4)), args.more, data.train_dl, .8)
    return bare.pixels_right(model, data.valid_dl, list(data.classes).index('Void'))

def accuracies(report, args):
    "Sections (a), (b) and (c): `args.seeds` runs in turn, and one by hand."
    data, found, start = streets(args), {}, time.perf_counter()
    ways = {'a': by_library, 'b': by_hand, 'c': partial(by_library, block=ResUnetBlock)}
    names = dict(a='U-Net', b='U-Net, bare loop', c='U-Net of residual blocks')
    for seed in range(args.seeds):
        for key in ways:
            if key not in args.only or key == 'b' and seed: continue  # by hand once: it gives the same numbers
            found.setdefault(key, []).append(100*ways[key](args, data, seed))
            print(f'{names[key]}, seed {seed}: {found[key][-1]:.2f} % of the pixels, {time.perf_counter() - start:.0f} s', flush=True)
    text = f'{args.epochs} + {args.more} epochs at {args.size[0]} x {args.size[1]}'
    for key, right in found.items():
        runs = ', '.join(f'{o:.2f}' for o in right)
        report.add(f'{names[key]}: pixels wrong', 100 - statistics.mean(right), 100., '%', f'{text}; right, for each seed: {runs}')
    if {'a', 'b'} <= {*found}:
        gap = found['b'][0] - found['a'][0]
        report.add('U-Net: accuracy behind the bare loop', gap, .5 if args.share == 1 else math.inf, 'points')
    if {'a', 'c'} <= {*found}: report.add('residual blocks: accuracy behind plain ones', *compared(found['c'], found['a']))

def compared(a, b):
    "By how many points `b` is ahead, run by run: mean, no bound, the unit and the interval at 95%, as Student's t has it."
    from scipy.stats import t
    d, n = [y - x for x, y in zip(a, b)], len(a)
    if n < 2: return d[0], math.inf, 'points', 'one run each'
    half = t.ppf(.975, n-1)*statistics.stdev(d)/math.sqrt(n)
    return statistics.mean(d), math.inf, 'points', f'interval {statistics.mean(d) - half:.2f} to {statistics.mean(d) + half:.2f}, {n} pairs'

def whole_step(report, args):
    "Section (d): an epoch of a few batches."
    data = streets(args, False, 6*args.bs)
    a, b = learner(data, args), learner(data, args)
    for o in (a, b): o.unfreeze()
    lrs = b.lr_range(1e-5)
    def plain(): bare.fit(b.model, b.layer_groups, lrs, 1, data.train_dl, .9)
    took = interleave({'plain': plain, 'fit': lambda: a.fit_one_cycle(1, 1e-5, pct_start=.9)}, args.rounds)
    seconds = statistics.median(c for _, c in took['fit'])/6
    report.add('a step over the bare one', ratio(took, 'fit', 'plain'), 1.03, note=f"(wall {ratio(took, 'fit', 'plain', 0):.3f}; {seconds:.2f} s)")

def frozen_step(report, args, arch, bound):
    "Section (e): forward and backward of one batch, the encoder frozen."
    data = streets(args, False, args.bs)
    x, y = next(iter(data.train_dl))
    steps = {}
    for name, train_bn in (('through', True), ('stops', False)):
        learn = unet_learner(data, arch, pretrained=False, train_bn=train_bn, silent=True)
        learn.freeze()
        def step(model=learn.model, loss=learn.loss_func): loss(model(x), y).backward()
        steps[name] = step
    report.add(f'frozen {arch}: a step that leaves its normalization alone', ratio(interleave(steps, args.rounds), 'stops', 'through'), bound)

def memory(report, args):
    "Section (f): the peak of each library in two processes of its own."
    ours, peer = [Peer(python, 'camvid', name, *args.size, args.bs)() for python, name in ((sys.executable, 'ours'), (args.peer, 'fastai'))]
    report.add("U-Net on a ResNet-34: peak memory of a step over the peer's", ours/peer, 1., note=f'({ours:.0f} and {peer:.0f} MB)')

def main():
    args = arguments(__doc__, rounds=7, quick=dict(share=.06, epochs=1, more=1, seeds=2, size=[48, 64]), peer=PEER,
                     only=dict(default='abcdef', help='letters of the sections to run'), arch=dict(default='efficientnet_lite0', help='the encoder'),
                     size=dict(type=int, nargs=2, default=[90, 120], help='height and width'), bs=dict(type=int, default=8), lr=dict(type=float, default=3e-3),
                     epochs=dict(type=int, default=3, help='with the encoder frozen'), more=dict(type=int, default=2, help='of the whole'),
                     seeds=dict(type=int, default=3), share=dict(type=float, default=1., help='of the pictures'),
                     workers=dict(type=int, default=0), threads=dict(type=int, default=1))
    torch.set_num_threads(args.threads)
    report = Report()
    if 'd' in args.only: whole_step(report, args)
    if 'e' in args.only:
        for arch in ('efficientnet_lite0', 'resnet34'): frozen_step(report, args, arch, 1.)
    if 'f' in args.only and args.peer: memory(report, args)
    if {*'abc'} & {*args.only}: accuracies(report, args)
    report.finish(args)

if __name__ == '__main__': main()
