"""Which pictures to label: what `ask` proposes, or any? Labels until a head is as good as 90 % of one that has all labels.

A simulated person labels eight pictures at a time, for three seeds: drawn animals (7 kinds), scikit-learn's digits (10 kinds),
and, if they are in the mirror or unpacked, the two robots. A quarter of the pictures is held back, and accuracy is measured on it.
"""
from ..timing import Report, arguments
import numpy as np, shutil, statistics, tempfile
from pathlib import Path
from fastcourse.archives import untar_data
from fastcourse.toy_pictures import toy_animals, toy_digits
from fastcourse.vision.files import get_image_files
from fastcourse.widgets.features import PictureFeatures
from fastcourse.widgets.labelling import LabelSession, _classifier

K, SHARE = 8, .9

def sets(n):
    "Name, files and labels of each set, with `n` pictures of a kind."
    files = get_image_files(toy_animals(n=n, size=96)/'images')
    yield 'animals', files, [o.name.split('_')[0] for o in files]
    files = get_image_files(toy_digits(), recurse=True)
    by_kind = {}
    for o in files: by_kind.setdefault(o.parent.name, []).append(o)
    yield 'digits', [o for k in by_kind for o in by_kind[k][:n]], [k for k in by_kind for _ in by_kind[k][:n]]
    try: files = get_image_files(untar_data('doraemon_walle')/'imgs'/'train', recurse=True)
    except (OSError, ValueError): return
    yield 'robots', files, [o.parent.name for o in files]

def normal(x, mean): return (d := x - mean)/np.linalg.norm(d, axis=1, keepdims=True)

def curve(folder, truth, held, y, seed, ask, most):
    "Accuracy on `held` after each eight labels, and with all labels; `ask` proposes, or else chance."
    (folder/'labels.jsonl').unlink(missing_ok=True)
    lab, rng, accs = LabelSession(folder, n=100, seed=seed, size=96), np.random.default_rng(seed), []
    x = lab.features.get()
    mean, kinds = x.mean(0), np.array([truth[o.name] for o in lab.items])
    test = normal(held, mean)
    while len(lab.labels) < most:
        left = [i for i, o in enumerate(lab.items) if o not in lab.labels]
        chosen = lab.ask(K) if ask else rng.choice(left, min(K, len(left)), replace=False).tolist()
        for k in {*kinds[chosen]}:
            lab.select([i for i in chosen if kinds[i] == k])
            lab.label(k)
        accs.append(np.mean(lab._fitted()[1].predict(test) == y) if len(lab.classes) > 1 else np.mean(y == kinds[chosen[0]]))
    return accs, np.mean(_classifier().fit(normal(x, mean), kinds).predict(test) == y)

def labels_needed(files, labels, seed, most):
    "How many labels `ask` and chance need."
    order, labels = np.random.default_rng(seed).permutation(len(files)), np.array(labels)
    cut = len(files)//4
    with tempfile.TemporaryDirectory() as d:
        truth = {}
        for i in order[cut:]:
            name = f'{i}{files[i].suffix}'
            shutil.copy(files[i], Path(d)/name)
            truth[name] = labels[i]
        held = PictureFeatures([files[i] for i in order[:cut]], size=96).get()
        res = []
        for ask in (True, False):
            accs, full = curve(Path(d), truth, held, labels[order[:cut]], seed, ask, most)
            res.append(next((K*(i + 1) for i, o in enumerate(accs) if o >= SHARE*full), most))
    return res

def main():
    args = arguments(__doc__, rounds=3, quick=dict(pictures=12, most=24), pictures=dict(type=int, default=50, help='of a kind'),
                     most=dict(type=int, default=200, help='labels at most'))
    report = Report()
    for name, files, labels in sets(args.pictures):
        needed = [labels_needed(files, labels, seed, args.most) for seed in range(args.rounds)]
        for seed, (ask, chance) in enumerate(needed): print(f'{name}, seed {seed}: ask {ask} labels, chance {chance}')
        ask, chance = (statistics.mean(o) for o in zip(*needed))
        report.add(f'{name}: labels that `ask` needs, over chance', ask/chance, 1., note=f'({ask:.0f} and {chance:.0f})')
    report.finish(args)

if __name__ == '__main__': main()
