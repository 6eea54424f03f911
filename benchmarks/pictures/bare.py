"What nobody can leave out: files decoded by Pillow, batches of bytes made floats and shifted, in plain PyTorch."
import numpy as np, torch
from PIL import Image as PILImage
from torch import nn

SIZE = 224

class Decoded(torch.utils.data.Dataset):
    "The files decoded by Pillow, the shorter side resized to `SIZE`, the middle cut out: what nobody can leave out."
    def __init__(self, files): self.files = files
    def __len__(self): return len(self.files)
    def __getitem__(self, i):
        img = PILImage.open(self.files[i]).convert('RGB')
        scale = SIZE/min(img.size)
        w, h = (round(o*scale) for o in img.size)
        img = img.resize((w, h), PILImage.BILINEAR)
        x, y = (w - SIZE)//2, (h - SIZE)//2
        return torch.from_numpy(np.array(img.crop((x, y, x+SIZE, y+SIZE)))), i % 2

def pad_crop(x):
    "A batch (n, 1, 28, 28) shifted by up to 3 pixels, each picture by its own."
    n, r = len(x), torch.arange(28)
    x, dy, dx = nn.functional.pad(x, (3,)*4), torch.randint(0, 7, (n, 1)), torch.randint(0, 7, (n, 1))
    return x[torch.arange(n)[:, None, None], 0, (dy + r)[:, :, None], (dx + r)[:, None, :]][:, None]

class Png(torch.utils.data.Dataset):
    "PNG files with the digit that their folder names."
    def __init__(self, folder): self.files = [(o, int(o.parent.name)) for o in sorted(folder.rglob('*.png'))]
    def __len__(self): return len(self.files)
    def __getitem__(self, i):
        file, y = self.files[i]
        return torch.from_numpy(np.array(PILImage.open(file)))[None], y

class Ready:
    "The batches of `source`, pairs of bytes and labels, as floats; shifted if `train`."
    def __init__(self, source, train): self.source, self.train = source, train
    def __iter__(self):
        for x, y in self.source:
            x = (x.float().div_(255) - .131)/.3
            yield (pad_crop(x) if self.train else x), y

class Sliced:
    "Batches cut from tensors in memory, in a new order each epoch if `train`."
    def __init__(self, items, bs, train):
        xs, ys = zip(*items)
        self.x, self.y, self.bs, self.train = torch.stack(xs), torch.tensor(ys), bs, train
    def __iter__(self):
        idx = torch.randperm(len(self.x)) if self.train else torch.arange(len(self.x))
        for part in idx.split(self.bs):
            if len(part) == self.bs or not self.train: yield self.x[part], self.y[part]
