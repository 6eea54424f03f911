"""How often a learner is wrong after few pictures, 370 of 37 breeds of pets, beside a logistic regression on the same body's features.

Each round splits the pictures anew, with 74 held back, and asks four learners: `fit_head(20)`, then `fine_tune(1)` on top, `fine_tune(4)` from the
beginning, and the course's `fit_one_cycle(4)`. The seconds are those of a head and one epoch of everything, from pictures that are in memory, and
of a head whose features are known. `--arch` and `--size` choose the body and the pictures; each body has its bounds. The threads are those of OMP_NUM_THREADS, one if it is not set.
"""
from ..timing import Report, arguments
import numpy as np
from fastcourse.vision import *

SIZES = dict(efficientnet_lite0=224, efficientnet_lite2=260)
ERROR = dict(efficientnet_lite0=.14, efficientnet_lite2=.10)  # what the head may be at most

def pets(seed, size, n):
    "The pictures of the first `n` breeds, or of all, split by `seed`."
    path = untar_data(URLs.PETS)
    files = get_image_files(path/'images')
    breeds = sorted({breed(o) for o in files})[:n]
    src = ImageList([o for o in files if breed(o) in breeds], path=path).split_by_rand_pct(.2, seed=seed)
    return (src.label_from_func(breed).transform(get_transforms(), size=size).databunch(bs=32, num_workers=0)
            .normalize(inception_stats))

def breed(file): return file.name.rpartition('_')[0]

def learner(data, arch, seed):
    set_seed(seed)
    return create_cnn(data, arch, metrics=error_rate, silent=True)

def timed(f):
    "Seconds on the clock."
    start = time.perf_counter()
    f()
    return time.perf_counter() - start

def head_seconds(arch, size, n):
    "Seconds of a new head and one epoch of everything, and of a head whose features are there already."
    data = pets(1, size, n)
    for dl in data.dls: sum(len(yb) for _, yb in dl)  # decode
    learn = learner(data, arch, 1)
    first = timed(lambda: (learn.fit_head(20, keep=False), learn.fine_tune(1)))
    learner(data, arch, 1).fit_head(1)
    again = learner(data, arch, 1)
    return first, timed(lambda: again.fit_head(20))

def errors(seed, arch, size, n, whole):
    "The share of wrong answers of each learner, and of the plain tool."
    data, found = pets(seed, size, n), {}
    def wrong(learn): return learn.validate()[1]
    learn = learner(data, arch, seed)
    learn.fit_head(20)
    found['fit_head(20)'], base = wrong(learn), learn.baseline()
    found['logistic regression'] = 1 - base.value
    learn.fine_tune(1)
    found['fit_head(20), fine_tune(1)'] = wrong(learn)
    if whole:
        for name, train in {'fine_tune(4)': lambda o: o.fine_tune(4), 'fit_one_cycle(4)': lambda o: o.fit_one_cycle(4)}.items():
            train(other := learner(data, arch, seed))
            found[name] = wrong(other)
    return found

def main():
    args = arguments(__doc__, 3, dict(breeds=9, size=96), breeds=dict(type=int, help='how many; else all'), size=dict(type=int, help='pixels; else as many as the body was trained on'),
                     arch=dict(default='efficientnet_lite0', choices=list(SIZES)), heads=dict(action='store_true', help='without the learners that begin anew'))
    size, report = args.size or SIZES[args.arch], Report()
    rows = [errors(seed, args.arch, size, args.breeds, not args.heads) for seed in range(1, args.rounds + 1)]
    for name in rows[0]:
        values = [o[name] for o in rows]
        bound = ERROR[args.arch] if name.startswith('fit_head') else 1.
        report.add(f'{args.arch}, {name}, wrong', float(np.mean(values)), bound, '', f'from {min(values):.3f} to {max(values):.3f}')
    first, again = head_seconds(args.arch, size, args.breeds)
    report.add(f'{args.arch}, head and one epoch', first, 60., 's')
    report.add(f'{args.arch}, head again', again, 5., 's')
    report.finish(args)

if __name__ == '__main__': main()
