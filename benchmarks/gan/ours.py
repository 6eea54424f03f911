"""Generators against critics: the cost of a step over a loop written by hand, digits from noise in several seeds, and restored pets.

Sections, `--only` picks some: step, the time of an epoch over that of the bare loop, in turns; wgan and r3, toy digits of 32 pixels from noise,
`--seconds` of CPU time each, judged by a classifier of real digits (98% right): how sure it is of a drawing on average, and the smallest
and the largest share of a digit; pets, the way of lesson 7 on photographs from the mirror, the restored ones judged by their feature
distance in maps of a body with more and more channels: a loss of pixels, or of pixels and features of another body, each with and
without a critic, from the same generator and for as many batches, in
`--seeds` contests; maps with more channels than pictures held out have no bound, because they say little (notebook 38e). One thread.
With the sizes and weights of the lecture, for a graphics card:

    python benchmarks/run.py gan --only pets --size 128 --pets 7390 --bs 32 --gen 2 3 --crit 6 --blocks 3 --weights 1 50 --lr 1e-4 --epochs 40 --seeds 1
"""
from ..timing import Report, arguments, interleave, ratio
from . import bare
import math, statistics, tempfile, time
from functools import partial
from PIL import ImageDraw
from fastcourse.vision import *
from fastcourse.vision.gan import *

NOISE = 32
CUTS = {3: 24, 4: 40, 5: 80, 9: 1280}  # children of the examiner's body, and the channels of the last of them
adam = partial(Adam, betas=(0., .99))

def digits(bs=32):
    "Noise and toy digits."
    src = GANItemList.from_folder(toy_digits(), noise_sz=NOISE, convert_mode='L').split_by_folder('train', 'valid').label_from_func(noop)
    src = src.transform(size=32, tfm_y=True, padding_mode='zeros').databunch(bs=bs, num_workers=0)
    return src.normalize([[.5], [.5]], do_x=False, do_y=True)

def networks(**critic): return basic_generator(32, 1, NOISE, n_features=16), basic_critic(32, 1, n_features=16, **critic)

# --- what a step costs ---

class Ready:
    "A loader with ready batches: only the loop is measured."
    def __init__(self, dl): self.batches, self.dl = list(dl), dl
    def __iter__(self): return iter(self.batches)
    def __len__(self): return len(self.batches)
    def __getattr__(self, name): return getattr(self.dl, name)

def step(report, args):
    "Section step."
    data = digits()
    data.train_dl = Ready(data.train_dl)
    learn = GANLearner.wgan(data, *networks(), opt_func=adam, wd=0., show_img=False, silent=True)
    gen, critic = networks()
    opts = [adam(o.parameters(), lr=1e-3) for o in (gen, critic)]
    def ours(): learn.fit(1, 1e-3, callbacks=NoValidation())
    def by_hand(): bare.fit(gen, critic, *opts, data.train_dl)
    took = interleave({'bare': by_hand, 'fit': ours}, args.rounds)
    report.add('a step over the bare one', ratio(took, 'fit', 'bare'), 1.05, note=f"(wall {ratio(took, 'fit', 'bare', 0):.3f})")

class NoValidation(Callback):
    "Leaves the validation out."
    def on_epoch_begin(self): return dict(skip_validate=True)

# --- digits from noise ---

def examiner():
    "A classifier of real digits, and its accuracy on those that it has not seen."
    set_seed(0)
    src = ImageList.from_folder(toy_digits(), convert_mode='L').split_by_folder('train', 'valid').label_from_folder()
    data = src.transform(size=32, padding_mode='zeros').databunch(bs=64, num_workers=0).normalize([[.5], [.5]])
    learn = Learner(data, simple_cnn((1, 16, 32, 64, 10), bn=True), metrics=accuracy, silent=True)
    learn.fit_one_cycle(10, 1e-2)
    return learn.model.eval(), learn.validate()[1]

def exam(judge, learn):
    "How sure `judge` is of 2,000 drawings on average, and the share of each digit among them."
    with evaluating(learn.model), torch.no_grad():
        p = torch.cat([judge(learn.model.generator(torch.randn(100, NOISE, 1, 1))) for _ in range(20)]).softmax(1)
    return float(p.amax(1).mean()), p.argmax(1).bincount(minlength=10)/len(p)

def drawn(kind, seed, seconds):
    "A learner after `seconds` of CPU time, and how many epochs these were."
    set_seed(seed)
    data = digits()
    learn = (GANLearner.r3(data, *networks(norm_type=None), show_img=False, silent=True) if kind == 'r3' else
             GANLearner.wgan(data, *networks(), switcher=partial(FixedGANSwitcher, n_crit=3), switch_eval=False, opt_func=adam, wd=0.,
                             show_img=False, silent=True))
    start, epochs = time.process_time(), 0
    while time.process_time() - start < seconds: learn.fit(1, 1e-3); epochs += 1
    return learn, epochs

def seeds(report, args, kind, n):
    "Section wgan or r3."
    judge, right = examiner()
    found = []
    for seed in range(n):
        learn, epochs = drawn(kind, seed, args.seconds)
        sure, shares = exam(judge, learn)
        found.append((sure, float(shares.min()), float(shares.max()), int((shares > 0).sum())))
        print(f'{kind}, seed {seed}, {epochs} epochs: sure {sure:.3f}, {found[-1][3]} digits, shares {shares.min():.3f} to {shares.max():.3f}', flush=True)
    long, sure = args.seconds >= 60, [o[0] for o in found]
    note = f'{n} seeds, {args.seconds} s of CPU time each; the judge has {right:.1%} of real digits right'
    report.add(f'{kind}: doubt of the judge, worst seed', 1 - min(sure), .3 if long else math.inf, '', note)
    report.add(f'{kind}: doubt of the judge, mean', 1 - statistics.mean(sure), .3 if long else math.inf, '')
    report.add(f'{kind}: largest share of a digit', max(o[2] for o in found), .25 if long else math.inf, '')
    report.add(f'{kind}: smallest share of a digit, below .1 by', .1 - min(o[1] for o in found), .06 if long else math.inf, '')
    report.add(f'{kind}: digits that are missing in a seed, most', 10 - min(o[3] for o in found), 0 if long else 10, '')

# --- pets ---

def crappify(fn, i, dest, side):
    "The picture `fn`, small, with a number on it, in low quality."
    img = PIL.Image.open(fn)
    img = img.resize(resize_to(img, side, use_min=True), resample=PIL.Image.BILINEAR).convert('RGB')
    (w, h), rng = img.size, random.Random(i)
    q = rng.randint(10, 70)
    ImageDraw.Draw(img).text((rng.randint(0, w//2), rng.randint(0, h//2)), str(q), fill=(255, 255, 255))
    img.save(dest/fn.name, quality=q)

def pets(report, args):
    "Section pets: each side alone, then against each other, and the generator alone for as long."
    with tempfile.TemporaryDirectory() as folder: _pets(report, args, Path(folder))

def _pets(report, args, work):
    for name in ('images', 'crappy', 'image_gen'): (work/name).mkdir()
    for fn in get_image_files(untar_data(URLs.PETS)/'images')[:args.pets]: (work/'images'/fn.name).symlink_to(fn)
    files = get_image_files(work/'images')
    parallel(partial(crappify, dest=work/'crappy', side=args.size), files, max_workers=2, display=False)
    src = ImageImageList.from_folder(work/'crappy').split_by_rand_pct(.2, seed=42).label_from_func(lambda o: work/'images'/o.name)
    src = src.transform(get_transforms(max_zoom=2.), size=args.size, tfm_y=True).databunch(bs=args.bs)
    data = src.normalize(inception_stats, do_y=True)
    data.c, body = 3, create_body(models.efficientnet_lite0)
    judges = [FeatureDistance(body[:k], f'distance_{c}') for k, c in CUTS.items()]
    def generator(loss=MSELossFlat):
        return unet_learner(data, models.efficientnet_lite0, wd=1e-3, blur=True, norm_type=NormType.Weight, self_attention=True,
                            y_range=(-3., 3.), loss_func=loss(), metrics=judges)
    set_seed(args.seed)
    gen, (frozen, whole) = generator(), args.gen
    gen.fit_one_cycle(frozen, 1e-3, pct_start=.8)
    gen.unfreeze()
    if whole: gen.fit_one_cycle(whole, slice(1e-6, 1e-3))
    gen.save(work/'gen-pre')
    names = iter(data.fix_ds.items)
    for b in data.fix_dl:
        for o in gen.pred_batch(batch=b, reconstruct=True): o.save(work/'image_gen'/next(names).name)
    crit, took = judge_of(work, args)
    crit.save(work/'critic-pre')
    enough = args.pets >= 300
    report.add('pets: critic wrong', 100 - 100*float(crit.validate()[1]), 10. if enough else math.inf, '%',
               f'{len(crit.data.valid_ds)} held out, {took:.0f} s of CPU time')
    print(f'pets: in the loss of the generator, the critic pulls {pull(gen, crit, args.weights):.2f} times as hard as the pixels', flush=True)
    pairs = ('pixels and critic', 'pixels alone'), ('features and critic', 'pixels alone'), ('features and critic', 'features alone')
    ratios = {(o.name, *pair): [] for o in judges for pair in pairs}
    for seed in range(args.seed, args.seed + args.seeds):
        found = dict(before=gen.load(work/'gen-pre', with_opt=False).validate()[1:])
        for loss, make, weights in (('pixels', MSELossFlat, args.weights), ('features', features, (args.weights[0], 1.))):
            for name, fit in ((f'{loss} and critic', contest), (f'{loss} alone', alone)):
                set_seed(seed)
                crit.load(work/'critic-pre', with_opt=False)
                side = generator(make).load(work/'gen-pre', with_opt=False)
                side.unfreeze()
                found[name] = fit(side, crit, weights, args).validate()[1:]
        for i, o in enumerate(judges):
            print(f'pets, seed {seed}: {o.name}', ', '.join(f'{k} {float(v[i]):.1f}' for k, v in found.items()), flush=True)
            for a, b in pairs: ratios[o.name, a, b].append(float(found[a][i]/found[b][i]))
    for (name, a, b), found in ratios.items():
        note = f"{len(data.valid_ds)} of {len(files)} pictures held out; by seed {', '.join(f'{o:.3f}' for o in found)}"
        few = int(name.split('_')[1]) <= len(data.valid_ds)
        report.add(f'pets: {name}, {a} over {b}', statistics.mean(found), 1. if enough and few else math.inf, note=note)

def judge_of(work, args):
    "A critic that has learnt to tell the pictures in two folders apart, and the CPU time that it took."
    classes = ['image_gen', 'images']
    src = ImageList.from_folder(work, include=classes).split_by_rand_pct(.2, seed=42).label_from_folder(classes=classes)
    judged = src.transform(get_transforms(max_zoom=2.), size=args.size).databunch(bs=args.bs).normalize(inception_stats)
    crit = Learner(judged, gan_critic(nf=args.nf, n_blocks=args.blocks), metrics=accuracy_thresh_expand, wd=1e-3,
                   loss_func=AdaptiveLoss(nn.BCEWithLogitsLoss()))
    start = time.process_time()
    crit.fit_one_cycle(args.crit, 1e-3)
    return crit, time.process_time() - start

def pull(gen, crit, weights):
    "Gradient of the critic's part at the pixels of made pictures over that of the pixels' part."
    with evaluating(gen.model), evaluating(crit.model):
        xb, yb = gen.data.one_batch(DatasetType.Valid, denorm=False)
        with torch.no_grad(): made = gen.model(xb)
        made.requires_grad_()
        opinion = crit.loss_func(crit.model(made), torch.ones(len(made)))
        grads = [torch.autograd.grad(w*o, made)[0] for w, o in zip(weights, (opinion, gen.loss_func(made, yb)))]
    a, b = (float(o.flatten(1).norm(dim=1).mean()) for o in grads)
    return a/b

def features():
    "Pixels, and what a body that is not the examiner's sees in them."
    return FeatureLoss(create_body(models.efficientnet_lite1), [2, 3, 5], [5., 15., 2.])

def contest(gen, crit, weights, args):
    "Train both sides against each other."
    learn = GANLearner.from_learners(gen, crit, weights_gen=weights, switcher=partial(FixedGANSwitcher, n_gen=2), opt_func=adam, wd=1e-3,
                                     metrics=gen.metrics, show_img=False)
    learn.fit_fc(args.epochs, args.lr, moms=(0., 0.), start_pct=.3)
    return learn

def alone(gen, crit, weights, args):
    "Train the generator alone for as many batches, which are all its own."
    gen.fit_fc(args.epochs, args.lr, moms=(.9, .9), start_pct=.3)
    return gen

def main():
    args = arguments(__doc__, rounds=9, quick=dict(seconds=1, pets=60, gen=[1, 0], crit=1, epochs=1, nf=8, seeds=1, only='step wgan r3'),
                     only=dict(default='step wgan r3', help='sections to run, separated by blanks'),
                     seconds=dict(type=float, default=60, help='of CPU time for a seed'), wgan=dict(type=int, default=3, help='seeds'),
                     r3=dict(type=int, default=5, help='seeds'), pets=dict(type=int, default=700, help='pictures, at most'),
                     size=dict(type=int, default=64), bs=dict(type=int, default=8), nf=dict(type=int, default=32, help='channels of the critic'),
                     blocks=dict(type=int, default=2, help='of the critic'), seeds=dict(type=int, default=3, help='contests'),
                     weights=dict(type=float, nargs=2, default=[.01, 50.], help='of the critic and of the pixels in the loss of the generator'),
                     gen=dict(type=int, nargs=2, default=[2, 1], help='epochs frozen, and of the whole'), crit=dict(type=int, default=3),
                     epochs=dict(type=int, default=3), lr=dict(type=float, default=3e-4), seed=dict(type=int, default=0),
                     threads=dict(type=int, default=1))
    torch.set_num_threads(args.threads)
    report, only = Report(), args.only.split()
    if 'step' in only: step(report, args)
    if 'wgan' in only: seeds(report, args, 'wgan', args.wgan)
    if 'r3' in only: seeds(report, args, 'r3', args.r3)
    if 'pets' in only: pets(report, args)
    report.finish(args)

if __name__ == '__main__': main()
