"The limit: what a plain PyTorch training loop costs on the same loader, model and optimizer."
import torch
from torch import nn

CHANNELS = 3, 8, 16, 32, 16, 10

def small_cnn(n_in=CHANNELS[0]):
    "Five convolutions of stride 2, 12,000 parameters: so little arithmetic that a loop's own cost shows."
    layers, channels = [], (n_in, *CHANNELS[1:])
    for ni, nf in zip(channels, channels[1:]): layers += [nn.Conv2d(ni, nf, 3, 2, 1), nn.BatchNorm2d(nf), nn.ReLU()]
    return nn.Sequential(*layers[:-1], nn.Flatten())

class InMemory:
    "The batches of a loader, kept; reading them costs nothing."
    def __init__(self, dl):
        self.batches, self.dl = list(dl), dl
        self.dataset, self.batch_size, self.device = dl.dataset, dl.batch_size, self.batches[0][0].device
    def __len__(self): return len(self.batches)
    def __iter__(self): return iter(self.batches)

def optimizer(model, lr=1e-3):
    "AdamW as a Learner sets it up: the fused kernel, true weight decay."
    return torch.optim.AdamW(model.parameters(), lr=lr, betas=(.9, .99), weight_decay=1e-2, fused=True)

def train(model, opt, dl, loss_func, steps=None):
    "One pass over `dl`, or `steps` of it; returns the mean loss."
    total, n = 0., 0
    model.train()
    for xb, yb in dl:
        loss = loss_func(model(xb), yb)
        loss.backward()
        opt.step()
        opt.zero_grad()
        total, n = total + loss.detach(), n + 1
        if n == steps: break
    return float(total)/n

def validate(model, dl, loss_func):
    "Mean loss and accuracy over `dl`."
    total, right, n = 0., 0, 0
    model.eval()
    with torch.no_grad():
        for xb, yb in dl:
            out = model(xb)
            total, right, n = total + loss_func(out, yb)*len(yb), right + (out.argmax(1) == yb).sum(), n + len(yb)
    return float(total)/n, float(right)/n

def fit(model, epochs, train_dl, valid_dl, loss_func, lr=1e-3):
    "Train and validate; returns the last epoch's figures."
    opt = optimizer(model, lr)
    for _ in range(epochs): res = train(model, opt, train_dl, loss_func), *validate(model, valid_dl, loss_func)
    return res

def first_steps(model, steps, train_dl, loss_func, lr=1e-3):
    "`steps` training steps, over the loader as often as that takes."
    opt, left = optimizer(model, lr), steps
    while left > 0:
        train(model, opt, train_dl, loss_func, left)
        left -= len(train_dl)
