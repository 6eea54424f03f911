"What is trained on a card, the bare loops, and the files: for ours, and for the peer, which has no fastcourse."
import numpy as np, os, pandas as pd, time, torch, torchvision
from dataclasses import dataclass
from PIL import Image as PILImage
from pathlib import Path
from ..loop.bare import optimizer

LR, SIZES, N_CONT, N_MASKS = 1e-3, [9, 16, 7, 15, 6, 5, 42], 6, 12

@dataclass
class Work:
    "Where the work is done, and how much of it."
    device: torch.device
    arch: str = 'resnet50'
    pictures: int = 2048         # on the card
    jpegs: int = 1024
    size: int = 224              # pixels
    picture_bs: int = 128
    n_batches: int = 40          # of the language model
    emb: int = 400
    n_hid: int = 1152
    rows: int = 400_000
    row_bs: int = 1024
    ratings: int = 1_000_000
    users: int = 6_000
    items: int = 4_000
    rating_bs: int = 1024
    unet: str = 'resnet34'
    streets: int = 128           # pictures with masks
    street_size: tuple = (360, 480)
    street_bs: int = 16

QUICK = dict(arch='resnet18', pictures=4, jpegs=4, size=32, picture_bs=4, n_batches=1, emb=16, n_hid=16, rows=2048, row_bs=256,
             ratings=2048, users=60, items=40, rating_bs=256, unet='resnet18', streets=2, street_size=(32, 32), street_bs=2)

def work(device, quick=False):
    "The usual work on `device`; or, `quick`, so little that a processor does it in seconds."
    return Work(torch.device(device), **QUICK if quick else {})

def workers(): return min(12, max(1, (len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()) - 1))

# --- what is learned from ---

def made_pictures(w):
    "Pictures as bytes, (n, 3, size, size), and their kinds (n,), on the card."
    torch.manual_seed(0)
    x = torch.randint(0, 256, (w.pictures, 3, w.size, w.size), dtype=torch.uint8, device=w.device)
    return x, torch.randint(0, 37, (w.pictures,), device=w.device)

def made_streets(w):
    "Pictures as bytes, (n, 3, h, w), and a class for each pixel, (n, h, w), on the card."
    torch.manual_seed(0)
    x = torch.randint(0, 256, (w.streets, 3, *w.street_size), dtype=torch.uint8, device=w.device)
    return x, torch.randint(0, N_MASKS, (w.streets, *w.street_size), device=w.device)

def made_rows(w):
    "Made-up rows: codes (n, 7), numbers (n, 6) and classes (n,), as arrays."
    rng = np.random.default_rng(0)
    codes = np.stack([rng.integers(1, o, w.rows) for o in SIZES], 1)
    conts = rng.standard_normal((w.rows, N_CONT)).astype(np.float32)
    return codes, conts, ((codes[:, 0] + conts[:, 0]*3) > 5).astype(np.int64)

CATS, NUMS = [f'c{i}' for i in range(len(SIZES))], [f'n{i}' for i in range(N_CONT)]

def made_table(w):
    "The same rows as a frame, with the classes in the column `y`."
    codes, conts, y = made_rows(w)
    return pd.DataFrame(codes.astype(str), columns=CATS).assign(**dict(zip(NUMS, conts.T)), y=y.astype(str))

def made_ratings(w):
    "A frame of users, items and stars."
    rng = np.random.default_rng(0)
    return pd.DataFrame(dict(user=rng.integers(0, w.users, w.ratings), item=rng.integers(0, w.items, w.ratings),
                             rating=(rng.integers(1, 11, w.ratings)/2).astype(np.float32)))

# --- what learns ---

class Nothing:
    "A loader without batches, for validation."
    batch_size, bs, dataset = 1, 1, ()
    def __init__(self, device): self.device = device
    def __len__(self): return 0
    def __iter__(self): return iter(())

class Resident:
    "Batches gathered from pictures `x` that lie on the card as bytes, normalized there, and their targets `y`."
    def __init__(self, x, y, bs):
        self.x, self.y, self.batch_size, self.bs, self.device, self.dataset = x, y, bs, bs, y.device, y
    def __len__(self): return len(self.y)//self.bs
    def __iter__(self):
        order = torch.randperm(len(self.y), device=self.device)
        for idx in order.split(self.bs)[:len(self)]: yield (self.x[idx].float() - 127.5)/60, self.y[idx]

def resnet(w): return getattr(torchvision.models, w.arch)(num_classes=37)

def rows_of(tensors, bs):
    "Batches of tensors that lie on the card, in a new order."
    order = torch.randperm(len(tensors[-1]), device=tensors[-1].device)
    for idx in order.split(bs)[:len(order)//bs]: yield [o[idx] for o in tensors]

def bare_fit(model, batches, loss_func, device, bf16=False):
    "A function that trains one epoch of `batches()`, each `[*inputs, y]`, with AdamW; the loss of every batch is kept on the card."
    model = model.to(device).train()
    opt = optimizer(model, LR)
    def epoch():
        losses = []
        for *xs, y in batches():
            with torch.autocast(device.type, torch.bfloat16, enabled=bf16): out = model(*xs)
            loss = loss_func(out.float(), y)
            loss.backward()
            opt.step()
            opt.zero_grad()
            losses.append(loss.detach())
        torch.stack(losses).mean().item()
    return epoch

class Files(torch.utils.data.Dataset):
    "JPEGs, cut at random to `size` and mirrored, as one writes it with torchvision."
    def __init__(self, folder, size):
        from torchvision.transforms import v2
        self.files = sorted(Path(folder).glob('*.jpg'))
        self.tfm = v2.Compose([v2.RandomResizedCrop(size), v2.RandomHorizontalFlip(), v2.PILToTensor()])
    def __len__(self): return len(self.files)
    def __getitem__(self, i): return self.tfm(PILImage.open(self.files[i]).convert('RGB')), int(self.files[i].name.split('_')[0])

def ready():
    "Wait until the card has done what it was told; a processor never lags behind."
    if torch.cuda.is_initialized(): torch.cuda.synchronize()

def seconds(f):
    "On the clock, with the card idle before and after; twice, as `interleave` wants it."
    ready()
    start = time.perf_counter()
    f()
    ready()
    return (time.perf_counter() - start,)*2
