"""Of the labels that were made wrong, how many are not among as many of the first suspects that `label_errors` names.

One label in twenty is replaced by another class: of MNIST_SAMPLE, whose network of a few thousand numbers is trained for three epochs on
these labels, and of the pets, whose features come from a network that was trained on other photographs. Each round draws other labels.
"""
from ..timing import Report, arguments
import numpy as np, statistics
from fastcourse.vision import *
from fastcourse.widgets import *

def spoil(labels, seed):
    "A copy of the list `labels` in which one in twenty is another class, and the places."
    rng, names, labels = np.random.default_rng(seed), sorted(set(labels)), list(labels)
    places = rng.permutation(len(labels))[:len(labels)//20].tolist()
    for i in places: labels[i] = rng.choice([o for o in names if o != labels[i]])
    return labels, places

def missed(files, labels, seed, learner, size, bs):
    "The share of wrong labels that are not among as many of the first suspects."
    labels, places = spoil(labels, seed)
    wrong = {files[i] for i in places}
    src = ImageList(files).split_by_rand_pct(.2, seed=seed).label_from_list(labels)
    found = label_errors(learner(src.transform(([], []), size=size).databunch(bs=bs, num_workers=0)))
    return 1 - len({*found['item'][:len(wrong)]} & wrong)/len(wrong)

def digits(data):
    learn = Learner(data, simple_cnn((3, 16, 16, 2)), silent=True)
    learn.fit_one_cycle(3, 1e-2)
    return learn

def pets(data): return create_cnn(data.normalize(inception_stats), models.efficientnet_lite0, silent=True)

def main():
    args = arguments(__doc__, rounds=3, n=dict(type=int, help='pictures of each set; else all'), quick=dict(n=300))
    report = Report()
    sets = {'MNIST_SAMPLE': (untar_data(URLs.MNIST_SAMPLE), lambda o: o.parent.name, digits, 28, 64, .2),
            'pets': (untar_data(URLs.PETS)/'images', lambda o: o.name.rsplit('_', 1)[0], pets, 224, 16, .5)}
    for name, (path, label, learner, size, bs, bound) in sets.items():
        files = get_image_files(path, recurse=True)
        files = [files[i] for i in np.random.default_rng(0).permutation(len(files))[:args.n]]
        shares = []
        for seed in range(args.rounds):
            set_seed(seed)
            shares.append(missed(files, [label(o) for o in files], seed, learner, size, bs))
        report.add(f'{name}: wrong labels missed', statistics.mean(shares), bound, '', f'(of {len(files):,} pictures; worst {max(shares):.2f})')
    report.finish(args)

if __name__ == '__main__': main()
