"What is trained on a card, the bare loops, and the files: for ours, and for the peer, which has no fastcourse."
import numpy as np, os, pandas as pd, time, torch
from PIL import Image as PILImage
from pathlib import Path
from ..loop.bare import optimizer

CARD, LR = torch.device('cuda'), 1e-3
N_PICTURES, N_JPEGS, SIZE, PICTURE_BS = 2048, 1024, 224, 128
N_ROWS, ROW_BS, SIZES, N_CONT = 400_000, 1024, [9, 16, 7, 15, 6, 5, 42], 6
N_RATINGS, USERS, ITEMS, RATING_BS = 1_000_000, 6_000, 4_000, 1024

def workers(): return min(12, max(1, len(os.sched_getaffinity(0)) - 1))

# --- what is learned from ---

def made_pictures(n=N_PICTURES):
    "`n` pictures as bytes, (n, 3, SIZE, SIZE), and their kinds (n,), on the card."
    torch.manual_seed(0)
    return torch.randint(0, 256, (n, 3, SIZE, SIZE), dtype=torch.uint8, device=CARD), torch.randint(0, 37, (n,), device=CARD)

def made_rows():
    "Made-up rows: codes (n, 7), numbers (n, 6) and classes (n,), as arrays."
    rng = np.random.default_rng(0)
    codes = np.stack([rng.integers(1, o, N_ROWS) for o in SIZES], 1)
    conts = rng.standard_normal((N_ROWS, N_CONT)).astype(np.float32)
    return codes, conts, ((codes[:, 0] + conts[:, 0]*3) > 5).astype(np.int64)

CATS, NUMS = [f'c{i}' for i in range(len(SIZES))], [f'n{i}' for i in range(N_CONT)]

def made_table():
    "The same rows as a frame, with the classes in the column `y`."
    codes, conts, y = made_rows()
    return pd.DataFrame(codes.astype(str), columns=CATS).assign(**dict(zip(NUMS, conts.T)), y=y.astype(str))

def made_ratings():
    "A frame of users, items and stars."
    rng = np.random.default_rng(0)
    return pd.DataFrame(dict(user=rng.integers(0, USERS, N_RATINGS), item=rng.integers(0, ITEMS, N_RATINGS),
                             rating=(rng.integers(1, 11, N_RATINGS)/2).astype(np.float32)))

# --- what learns ---

class Nothing:
    "A loader without batches, for validation."
    device, batch_size, bs, dataset = CARD, 1, 1, ()
    def __len__(self): return 0
    def __iter__(self): return iter(())

class Resident:
    "Batches gathered from pictures that lie on the card as bytes, normalized there."
    device, batch_size, bs = CARD, PICTURE_BS, PICTURE_BS
    def __init__(self, n=N_PICTURES):
        self.x, self.y = made_pictures(n)
        self.dataset = self.y
    def __len__(self): return len(self.y)//PICTURE_BS
    def __iter__(self):
        order = torch.randperm(len(self.y), device=CARD)
        for idx in order.split(PICTURE_BS)[:len(self)]: yield (self.x[idx].float() - 127.5)/60, self.y[idx]

def resnet50():
    from torchvision.models import resnet50
    return resnet50(num_classes=37)

def rows_of(tensors, bs):
    "Batches of tensors that lie on the card, in a new order."
    order = torch.randperm(len(tensors[-1]), device=CARD)
    for idx in order.split(bs)[:len(order)//bs]: yield [o[idx] for o in tensors]

def bare_fit(model, batches, loss_func, bf16=False):
    "A function that trains one epoch of `batches()`, each `[*inputs, y]`, with AdamW; the loss of every batch is kept on the card."
    model = model.to(CARD).train()
    opt = optimizer(model, LR)
    def epoch():
        losses = []
        for *xs, y in batches():
            with torch.autocast('cuda', torch.bfloat16, enabled=bf16): out = model(*xs)
            loss = loss_func(out.float(), y)
            loss.backward()
            opt.step()
            opt.zero_grad()
            losses.append(loss.detach())
        torch.stack(losses).mean().item()
    return epoch

class Files(torch.utils.data.Dataset):
    "JPEGs, cut at random to SIZE and mirrored, as one writes it with torchvision."
    def __init__(self, folder):
        from torchvision.transforms import v2
        self.files = sorted(Path(folder).glob('*.jpg'))
        self.tfm = v2.Compose([v2.RandomResizedCrop(SIZE), v2.RandomHorizontalFlip(), v2.PILToTensor()])
    def __len__(self): return len(self.files)
    def __getitem__(self, i): return self.tfm(PILImage.open(self.files[i]).convert('RGB')), int(self.files[i].name.split('_')[0])

def seconds(f):
    "On the clock, with the card idle before and after; twice, as `interleave` wants it."
    torch.cuda.synchronize()
    start = time.perf_counter()
    f()
    torch.cuda.synchronize()
    return (time.perf_counter() - start,)*2
