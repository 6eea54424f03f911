"""Photographs of pets made small and saved as poor JPEG: what a U-Net makes of them, against bicubic enlargement.

`--n` pictures of `URLs.PETS`, their shorter side 64 pixels; a tenth is held out. The schedule of the lesson: `--epochs` at the first
size with the encoder frozen, as many with all of it, and both again at the second size. Figures are means over the held-out pictures at the second
size, with two standard errors: the distance of features over that of bicubic, in the three maps that the loss looks at, and in two
that it does not; and how many decibels bicubic is ahead in PSNR. `--start plain` begins with the ordinary weights, `--raw` compares
maps as they are, `--pictures FILE` saves rows of bicubic, ours and the original. At the size of the course, for a graphics card:

    python benchmarks/run.py superres --n 7390 --sizes 128 256 --bs 32 --epochs 10 --threads 4
"""
from ..timing import Report, arguments
import math, tempfile, time
import PIL.Image
import torch
from fastcourse.vision import *

ARCH = 'efficientnet_lite0'

def spoil(fn, i, dest, side):
    "A small copy, saved as JPEG of quality 60."
    img = PIL.Image.open(fn)
    img.resize(resize_to(img, side, use_min=True), resample=PIL.Image.Resampling.BILINEAR).convert('RGB').save(dest/fn.name, quality=60)

def bunch(src, originals, bs, size, tfms, **kwargs):
    "Small copies and originals, as squares."
    src = src.label_from_func(lambda o: originals/o.name).transform(tfms, size=size, tfm_y=True, **kwargs)
    return src.databunch(bs=bs, num_workers=0).normalize(inception_stats, do_y=True)

def learner(data, loss, args):
    "The learner of the lesson; with `--start plain`, a U-Net with the ordinary weights at the start."
    options = dict(blur=True, norm_type=NormType.Weight)
    learn = unet_learner(data, ARCH, wd=1e-3, loss_func=loss, silent=True, **options)
    if args.start == 'plain':
        learn.model.load_state_dict(create_unet_model(ARCH, 3, (args.sizes[0],)*2, **options).state_dict())
    return learn

def trained(src, originals, loss, args, seed):
    "A learner after the schedule."
    set_seed(seed)
    for i, size in enumerate(args.sizes):
        data = bunch(src, originals, args.bs//(2*i or 1), size, get_transforms(max_zoom=2.))
        if i: learn.data = data
        else: learn = learner(data, loss, args)
        for lr, part in (args.lr, learn.freeze), (slice(args.lr/100, args.lr), learn.unfreeze):
            part()
            learn.fit_one_cycle(args.epochs, lr, pct_start=.9)
            print(f'seed {seed}, {size} px, {part.__name__}: loss {learn.validate()[0]:.3f}', flush=True)
    return learn

def psnr(a, b): return -10*((a - b)**2).flatten(1).mean(1).log10()  # pictures (n, 3, h, w) in 0..1: decibels (n,)

def distance(judge, a, b):
    "Mean absolute difference of the maps of `judge`, summed over them: (n,)."
    with torch.no_grad(): maps = [zip(*(judge.maps(o*2 - 1) for o in pair)) for pair in zip(a.split(8), b.split(8))]
    return torch.cat([sum((p - q).abs().flatten(1).mean(1) for p, q in o) for o in maps])

def mean_and_error(x): return float(x.mean()), float(2*x.std()/len(x)**.5)

def main():
    args = arguments(__doc__, rounds=1, quick=dict(n=20, sizes=[32, 64], epochs=1), n=dict(type=int, default=240), side=dict(type=int, default=64),
                     sizes=dict(type=int, nargs=2, default=[96, 192]), bs=dict(type=int, default=8), epochs=dict(type=int, default=1),
                     lr=dict(type=float, default=1e-3), seeds=dict(type=int, default=1), start=dict(choices=['near', 'plain'], default='near'),
                     raw=dict(action='store_true'), threads=dict(type=int, default=1), pictures=dict())
    torch.set_num_threads(args.threads)
    originals, report, began = untar_data(URLs.PETS)/'images', Report(), time.perf_counter()
    body = create_body(ARCH).eval()
    loss = FeatureLoss(body, stride2_layers(body)[1:4], [5, 15, 2], scale=not args.raw)
    judges = {'features of the loss': loss, 'other features': FeatureLoss(body, [4, 7], [1, 1])}
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder)
        for i, fn in enumerate(get_image_files(originals)[:args.n]): spoil(fn, i, small, args.side)
        src = ImageImageList.from_folder(small).split_by_rand_pct(.1, seed=42)
        size = args.sizes[1]
        for seed in range(args.seeds):
            learn = trained(src, originals, loss, args, seed)
            learn.data = bunch(src, originals, 8, size, ([], []), resize_method=ResizeMethod.SQUISH)
            ours, target = (o.cpu()*.5 + .5 for o in learn.get_preds())
            lows = [open_image(o).data[None] for o in learn.data.valid_ds.x.items]
            plain = torch.cat([F.interpolate(o, size=(size, size), mode='bicubic', align_corners=False) for o in lows])
            ours, plain = ours.clamp(0, 1), plain.clamp(0, 1)
            note = f'{len(ours)} held out, {time.perf_counter() - began:.0f} s'
            for name, judge in judges.items():
                a, b = (distance(judge, o, target) for o in (ours, plain))
                less, error = mean_and_error((b - a)/b.mean())
                report.add(f'{name}, over bicubic, seed {seed}', 1 - less, .97, 'x', f'less by {less:.3f}, plus or minus {error:.3f}; {note}')
            less, error = mean_and_error(psnr(plain, target) - psnr(ours, target))
            report.add(f'PSNR of bicubic less ours, seed {seed}', less, math.inf, 'dB', f'plus or minus {error:.2f}; bicubic {psnr(plain, target).mean():.2f} dB')
    if args.pictures:
        rows = torch.cat([torch.cat([*o], -1) for o in zip(plain[:8], ours, target)], -2)
        PIL.Image.fromarray((rows.permute(1, 2, 0)*255).byte().numpy()).save(args.pictures)
    report.finish(args)

if __name__ == '__main__': main()
