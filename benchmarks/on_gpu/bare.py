"What is trained on a card, the bare loops, and the files: for ours, and for the peer, which has no fastcourse."
import numpy as np, os, time, torch
from PIL import Image as PILImage
from pathlib import Path
from torch import nn

CARD, LR = torch.device('cuda'), 1e-3
N_PICTURES, N_JPEGS, SIZE, PICTURE_BS = 2048, 1024, 224, 128
N_ROWS, ROW_BS, SIZES, N_CONT = 400_000, 1024, [9, 16, 7, 15, 6, 5, 42], 6
N_RATINGS, USERS, ITEMS, RATING_BS, FACTORS, RANGE = 1_000_000, 6_000, 4_000, 1024, 50, (0, 5.5)

def workers(): return min(12, max(1, len(os.sched_getaffinity(0)) - 1))

# --- what is learned from ---

def made_pictures(n=N_PICTURES):
    "`n` pictures as bytes, (n, 3, SIZE, SIZE), and their kinds (n,), on the card."
    torch.manual_seed(0)
    return torch.randint(0, 256, (n, 3, SIZE, SIZE), dtype=torch.uint8, device=CARD), torch.randint(0, 37, (n,), device=CARD)

def write_jpegs(folder, n):
    "JPEGs of 375 x 500 pixels, parts of two photographs of scikit-learn, named `kind_number.jpg`."
    from sklearn.datasets import load_sample_images
    photos, rng = [PILImage.fromarray(o) for o in load_sample_images().images], np.random.default_rng(0)
    Path(folder).mkdir(exist_ok=True)
    for i in range(n):
        photo, w = photos[i % 2], int(rng.integers(320, 520))
        x, y = rng.integers(0, photo.width - w + 1), rng.integers(0, photo.height - w*3//4 + 1)
        photo.resize((500, 375), PILImage.BICUBIC, box=(x, y, x + w, y + w*3//4)).save(Path(folder)/f'{i % 37}_{i}.jpg', quality=90)

def made_rows():
    "Codes (n, 7), numbers (n, 6) and classes (n,) of made-up rows, as arrays."
    rng = np.random.default_rng(0)
    codes = np.stack([rng.integers(1, o, N_ROWS) for o in SIZES], 1)
    conts = rng.standard_normal((N_ROWS, N_CONT)).astype(np.float32)
    return codes, conts, ((codes[:, 0] + conts[:, 0]*3) > 5).astype(np.int64)

def made_ratings():
    "Users, items and stars, each (n,), as arrays."
    rng = np.random.default_rng(0)
    return rng.integers(0, USERS, N_RATINGS), rng.integers(0, ITEMS, N_RATINGS), (rng.integers(1, 11, N_RATINGS)/2).astype(np.float32)

# --- what learns ---

class Resident:
    "Batches gathered from pictures that lie on the card as bytes, normalized there."
    device, batch_size = CARD, PICTURE_BS
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

class Net(nn.Module):
    "Embeddings and numbers of a table, two hidden layers."
    def __init__(self):
        super().__init__()
        width = [min(50, o//2 + 1) for o in SIZES]
        self.e, self.bn = nn.ModuleList(map(nn.Embedding, SIZES, width)), nn.BatchNorm1d(N_CONT)
        n, layers = sum(width) + N_CONT, []
        for out in (200, 100): layers, n = [*layers, nn.Linear(n, out), nn.ReLU(inplace=True), nn.BatchNorm1d(out)], out
        self.l = nn.Sequential(*layers, nn.Linear(n, 2))
    def forward(self, c, x): return self.l(torch.cat([*(e(c[:, i]) for i, e in enumerate(self.e)), self.bn(x)], 1))

class Dot(nn.Module):
    "Factors and biases of users and items."
    def __init__(self):
        super().__init__()
        self.u, self.i, self.ub, self.ib = (nn.Embedding(n, k) for n, k in ((USERS, FACTORS), (ITEMS, FACTORS), (USERS, 1), (ITEMS, 1)))
    def forward(self, u, i):
        score = (self.u(u)*self.i(i)).sum(1) + self.ub(u).squeeze(1) + self.ib(i).squeeze(1)
        return torch.sigmoid(score)*(RANGE[1] - RANGE[0]) + RANGE[0]

def rows_of(tensors, bs):
    "Batches of tensors that lie on the card, in a new order."
    order = torch.randperm(len(tensors[-1]), device=CARD)
    for idx in order.split(bs)[:len(order)//bs]: yield [o[idx] for o in tensors]

def bare_fit(model, batches, loss_func, bf16=False):
    "A function that trains one epoch of `batches()`, each `[*inputs, y]`, with AdamW; the loss of every batch is kept on the card."
    model = model.to(CARD).train()
    opt = torch.optim.AdamW(model.parameters(), LR, betas=(.9, .99), weight_decay=.01, fused=True)
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
