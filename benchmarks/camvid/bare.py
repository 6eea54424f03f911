"The limit: a U-Net trained by hand. Two cycles, first with the encoder frozen but for its normalization, then all of it at three rates."
import math, torch
from torch import nn

BN = nn.BatchNorm2d

def curve(start, end, pos): return end + (start-end)/2*(1 + math.cos(math.pi*pos))

def one_cycle(i, n, pct_start):
    "Share of the highest learning rate, and momentum, at step `i` of `n`."
    pos = i/max(n-1, 1)
    if pos <= pct_start: return curve(1/25, 1, pos/pct_start), curve(.95, .85, pos/pct_start)
    pos = (pos-pct_start)/(1-pct_start)
    return curve(1, 1/25e4, pos), curve(.85, .95, pos)

def freeze(model, frozen):
    "Does the encoder stay as it is? Scales and shifts of its normalization always learn."
    for m in model.encoder.modules():
        for p in m.parameters(recurse=False): p.requires_grad_(isinstance(m, BN) or not frozen)

def begin(model):
    "Training mode; but the encoder normalizes by the statistics that came with its weights."
    model.train()
    for m in model.encoder.modules():
        if isinstance(m, BN): m.eval()

def loss(out, y):
    "Cross entropy, summed in the order in which the library does it: a rounding error grows from step to step."
    return nn.functional.cross_entropy(out.movedim(1, -1).reshape(-1, out.shape[1]), y.flatten())

def fit(model, groups, lrs, epochs, dl, pct_start):
    "A cycle of `epochs`, the modules in each of `groups` at the highest rate of its own."
    params = [[p for m in g.modules() for p in m.parameters(recurse=False) if p.requires_grad] for g in groups]
    opt = torch.optim.AdamW([dict(params=p, lr=lr) for p,lr in zip(params, lrs)], betas=(.95, .99), weight_decay=1e-2, fused=True)
    i,n = 0,epochs*len(dl)
    for _ in range(epochs):
        begin(model)
        for xb,yb in dl:
            share,mom = one_cycle(i, n, pct_start)
            for g,lr in zip(opt.param_groups, lrs): g['lr'],g['betas'] = lr*share,(mom, .99)
            loss(model(xb), yb).backward()
            opt.step()
            opt.zero_grad()
            i += 1

def pixels_right(model, dl, void_code):
    "Share of the pixels that have a class and got it."
    right = n = 0
    model.eval()
    with torch.no_grad():
        for xb,yb in dl:
            y = yb[:, 0]
            known = y != void_code
            right,n = right + ((model(xb).argmax(1) == y) & known).sum(),n + known.sum()
    return float(right/n)
