"""Pictures: from file to batch, over Pillow and a peer; augmentation in a ResNet step; small files kept in memory.

The files are made here: crops of two photographs of scikit-learn as JPEGs, and its digits as PNGs of 28 pixels.
One thread, no workers, CPU time. `--peer PYTHON` names an interpreter that has fastai 2.8; the same files then go
through it too.
"""
from ..timing import PEER, Peer, Report, arguments, interleave, ratio
from ..loop import bare as loop
from .bare import Decoded, Png, Ready, SIZE, Sliced
import numpy as np, tempfile, torch
from pathlib import Path
from PIL import Image as PILImage
from torch import nn
from fastcourse.vision import *

N_PHOTOS, N_TRAIN, N_VALID, BS = 320, 6000, 1000, 64

# --- files ---

def write_photos(folder, n=N_PHOTOS, size=(320, 256), kinds='ab'):
    "`n` JPEGs of `size`, (w, h), named `kind_number.jpg`: parts of two photographs, from near and from afar."
    from sklearn.datasets import load_sample_images
    photos, rng = [PILImage.fromarray(o) for o in load_sample_images().images], np.random.default_rng(0)
    folder.mkdir(exist_ok=True)
    for i in range(n):
        photo = photos[i % 2]
        w = int(rng.integers(320, 520))
        h = w*size[1]//size[0]
        x, y = rng.integers(0, photo.width - w + 1), rng.integers(0, photo.height - h + 1)
        part = photo.resize(size, PILImage.BICUBIC, box=(x, y, x+w, y+h))
        part.save(folder/f'{kinds[i % len(kinds)]}_{i}.jpg', quality=90)

def write_digits(folder):
    "Grey PNGs of 28 x 28 pixels in training/<digit> and testing/<digit>, each digit a little aside of where it was."
    from sklearn.datasets import load_digits
    digits, rng = load_digits(), np.random.default_rng(0)
    large = [PILImage.fromarray((o*15.9).astype(np.uint8)).resize((20, 20), PILImage.BICUBIC) for o in digits.images]
    for part, n in (('training', N_TRAIN), ('testing', N_VALID)):
        for d in range(10): (folder/part/str(d)).mkdir(parents=True)
        for i in range(n):
            j = int(rng.integers(len(large)))
            page = PILImage.new('L', (28, 28))
            page.paste(large[j], tuple(int(o) for o in rng.integers(2, 7, 2)))
            page.save(folder/part/str(digits.target[j])/f'{i}.png')

# --- from file to batch ---

def consume(dl):
    "One epoch of `dl`; the number of pictures."
    return sum(len(yb) for _, yb in dl)

def photo_loader(folder, **changes):
    "Photographs with all the usual transforms."
    files, settings = get_image_files(folder), dict(size=SIZE, bs=BS, num_workers=0, device='cpu')
    data = ImageDataBunch.from_name_re(folder, files, r'([ab])_\d+\.jpg$', valid_pct=0., ds_tfms=get_transforms(),
                                       **settings)
    return data.normalize(imagenet_stats).train_dl.new(**changes)

def photo_cases(folder):
    "Pillow alone; the library, decoding every time; the library, with pictures in memory."
    pillow = torch.utils.data.DataLoader(Decoded(get_image_files(folder)), batch_size=BS, shuffle=True)
    cold, warm = (photo_loader(folder, cache=c) for c in (0, 1))
    return {'pillow': lambda: consume(pillow), 'decoding': lambda: consume(cold), 'kept': lambda: consume(warm)}

def files_to_batches(report, folder, rounds, peer):
    "Section (a)."
    cases = photo_cases(folder)
    if peer: cases['peer'] = Peer(peer, 'pictures', folder, SIZE, BS)
    took = interleave(cases, rounds)
    per_s = {k: f'({N_PHOTOS//BS*BS/sorted(c for _, c in v)[len(v)//2]:.0f} pictures/s)' for k, v in took.items()}
    for name in took: print(name, per_s[name])
    for name, base, bound in (('decoding', 'pillow', 2.5), ('kept', 'pillow', 2.5), ('decoding', 'peer', 1/3)):
        if base not in took: continue
        report.add(f'photographs, {name}: time over {base}', ratio(took, name, base), round(bound, 3), note=per_s[name])

# --- augmentation in a training step ---

def resnet_step(report, folder, rounds, bs=8):
    "Section (b): a step on a ready batch, and one on bytes that are augmented first."
    from torchvision.models import resnet34
    dl = photo_loader(folder)
    raw = dl.collate_fn([dl.samples[i, 0] for i in range(bs)])
    ready = dl.finish(raw)
    model = resnet34(num_classes=37)
    opt, loss = loop.optimizer(model), nn.CrossEntropyLoss()
    def step(): loop.train(model, opt, [ready], loss)
    def augmented(): loop.train(model, opt, [dl.finish(raw)], loss)
    took = interleave({'ready': step, 'augmented': augmented}, rounds)
    report.add('ResNet-34 step, augmented over a ready batch', ratio(took, 'augmented', 'ready'), 1.15)

# --- small pictures ---

def digit_cases(folder, bs=128):
    "One epoch of training and validation: bare over files and memory, the library with an empty and a full cache."
    loss, parts = nn.CrossEntropyLoss(), {part: Png(folder/part) for part in ('training', 'testing')}
    def loader(part, train):
        return Ready(torch.utils.data.DataLoader(parts[part], bs, shuffle=train, drop_last=train), train)
    files = loader('training', True), loader('testing', False)
    memory = Ready(Sliced(parts['training'], bs, True), True), Ready(Sliced(parts['testing'], bs, False), False)
    data = (ImageList.from_folder(folder, convert_mode='L').split_by_folder('training', 'testing').label_from_folder()
            .transform((rand_pad(3, 28, mode='zeros'), [])).databunch(bs=bs, num_workers=0, device='cpu')
            .normalize(([.131], [.3])))
    def plain(dls): loop.fit(loop.small_cnn(1), 1, *dls, loss)
    def library(): Learner(data, loop.small_cnn(1), loss_func=loss, metrics=accuracy, silent=True).fit(1, 1e-3)
    def emptied():
        data.train_dl, data.valid_dl = data.train_dl.new(), data.valid_dl.new()
        library()
    return {'files': lambda: plain(files), 'memory': lambda: plain(memory), 'later': library, 'first': emptied}

def small_pictures(report, folder, rounds):
    "Section (c)."
    took = interleave(digit_cases(folder), rounds)
    for name, base, text in (('first', 'files', 'a bare loader'), ('later', 'memory', 'tensors in memory')):
        wall = f'(wall {ratio(took, name, base, 0):.3f})'
        report.add(f'{N_TRAIN:,} PNGs, {name} epoch over {text}', ratio(took, name, base), 1.3, note=wall)

def main():
    args, report = arguments(__doc__, rounds=7, peer=PEER,
                             only=dict(default='abc', help='letters of the sections to run')), Report()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as d:
        photos, digits = Path(d)/'photos', Path(d)/'digits'
        write_photos(photos)
        if 'a' in args.only: files_to_batches(report, photos, args.rounds, args.peer)
        if 'b' in args.only: resnet_step(report, photos, args.rounds)
        if 'c' in args.only:
            write_digits(digits)
            small_pictures(report, digits, args.rounds)
    report.finish(args)

if __name__ == '__main__': main()
