"""What `Learner.predict` costs over the bare model: one item, a file, and a list, interleaved, one thread, CPU time.

The model is a ResNet-18 without training, pictures of 224 pixels are cut from a JPEG of 256 x 320 that is made here.
`--peer PYTHON` names an interpreter that has fastai 2.8; its `predict` of the same file then runs in turn with ours.
"""
from ..timing import PEER, Peer, Report, arguments, interleave, ratio
from .bare import SIZE, by_hand
import numpy as np, statistics, tempfile, torch
from pathlib import Path
from PIL import Image as PILImage
from torchvision.models import resnet18
from fastcourse.vision import *

CALLS, MANY = 5, 32

def write_pictures(folder, n=MANY):
    "JPEGs of 256 x 320 pixels in two folders, parts of a photograph of scikit-learn."
    from sklearn.datasets import load_sample_images
    photo, rng = PILImage.fromarray(load_sample_images().images[0]), np.random.default_rng(0)
    for i in range(n):
        x, y = (int(rng.integers(0, o)) for o in (photo.width - 320, photo.height - 256))
        file = folder/'ab'[i % 2]/f'{i}.jpg'
        file.parent.mkdir(exist_ok=True)
        photo.crop((x, y, x+320, y+256)).save(file, quality=90)

def cases(folder, peer):
    "The ways to ask, each `CALLS` times; and the model alone."
    data = ImageDataBunch.from_folder(folder, train='.', valid_pct=.2, size=SIZE, bs=MANY, num_workers=0)
    data.normalize(imagenet_stats)
    learn = Learner(data, resnet18(num_classes=2), silent=True)
    files, model = get_image_files(folder, recurse=True), learn.model.eval()
    mean, std = (torch.tensor(o)[:, None, None] for o in imagenet_stats)
    xb, batch = data.one_item(files[0])[0], torch.cat([data.one_item(o)[0] for o in files])
    ready, items = Image((xb[0]*std + mean).clamp(0, 1)), [data.train_ds.x.as_item(o) for o in files]
    def bare(x):
        with torch.no_grad(): model(x)
    def times(f): return lambda: [f() for _ in range(CALLS)]
    res = {'model': times(lambda: bare(xb)), 'item': times(lambda: learn.predict(ready)),
           'by hand': times(lambda: by_hand(model, files[0], mean, std)), 'file': times(lambda: learn.predict(files[0])),
           'model, batch': lambda: bare(batch), 'list': lambda: learn.predict(items),
           'one by one': lambda: [learn.predict(o) for o in items]}
    return {**res, **({'peer': Peer(peer, 'predict', folder, files[0], SIZE, CALLS)} if peer else {})}

def main():
    args = arguments(__doc__, rounds=11, peer=PEER)
    report = Report()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as d:
        write_pictures(Path(d))
        took = interleave(cases(Path(d), args.peer), args.rounds)
    def more(a, b): return statistics.median(p[1] - q[1] for p, q in zip(took[a], took[b]))*1000/CALLS
    def each(name): return f'({statistics.median(o[1] for o in took[name])*1000/CALLS:.1f} ms)'
    report.add('an item of the right size: over the model', more('item', 'model'), 5, 'ms', each('item'))
    report.add('a file: over decoding and model by hand', more('file', 'by hand'), 5, 'ms', each('file'))
    report.add('a file: over decoding and model by hand', ratio(took, 'file', 'by hand'), 1.25)
    report.add(f'{MANY} files in a list: over one batch', ratio(took, 'list', 'model, batch'), 1.5)
    report.add(f'{MANY} files in a list: over one by one', ratio(took, 'list', 'one by one'), 1.1)
    if args.peer: report.add('a file: over the peer', ratio(took, 'file', 'peer'), 1., note=each('peer'))
    report.finish(args)

if __name__ == '__main__': main()
