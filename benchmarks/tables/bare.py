"Tables and ratings in plain PyTorch: plain modules, tensors in memory, the optimizer and schedule as the library sets them up."
import torch
from torch import nn
from torch.nn import functional as F

HIDDEN, BS, FACTORS, RANGE = [200, 100], 64, 50, (0, 5.5)

def width(n):
    "How many numbers stand for a category that has `n` values, as the library does it."
    return min(50, n//2 + 1)

class Net(nn.Module):
    "Embeddings, a batch norm for the numbers, linear layers."
    def __init__(self, sizes, n_cont):
        super().__init__()
        self.e, self.bn = nn.ModuleList(nn.Embedding(n, width(n)) for n in sizes), nn.BatchNorm1d(n_cont)
        layers, n = [], sum(e.embedding_dim for e in self.e) + n_cont
        for n_out in HIDDEN:
            layers += [nn.Linear(n, n_out), nn.ReLU(inplace=True), nn.BatchNorm1d(n_out)]
            n = n_out
        self.l = nn.Sequential(*layers, nn.Linear(n, 2))
        for e in self.e: nn.init.trunc_normal_(e.weight, std=.01)
    def forward(self, c, x): return self.l(torch.cat([*(e(c[:, i]) for i, e in enumerate(self.e)), self.bn(x)], 1))

class Dot(nn.Module):
    "Factors and biases of users and films."
    def __init__(self, n_users, n_items):
        super().__init__()
        self.u, self.i, self.ub, self.ib = (nn.Embedding(n, k) for n, k in
            ((n_users, FACTORS), (n_items, FACTORS), (n_users, 1), (n_items, 1)))
        for e in self.children(): nn.init.trunc_normal_(e.weight, std=.01)
    def forward(self, u, i):
        score = (self.u(u)*self.i(i)).sum(1) + self.ub(u).squeeze(1) + self.ib(i).squeeze(1)
        return torch.sigmoid(score)*(RANGE[1] - RANGE[0]) + RANGE[0]

def right(out, y): return (out.argmax(1) == y).sum()
def squares(out, y): return F.mse_loss(out, y, reduction='sum')

def bare_fit(model, epochs, train, valid, loss_func, figure, lr, wd=.01):
    "One cycle over tensors `(*inputs, y)`; the mean of `figure` over the rows held back, after the last epoch."
    n = len(train[-1])
    steps = n//BS
    opt = torch.optim.AdamW(model.parameters(), lr=lr, betas=(.9, .99), weight_decay=wd, fused=True)
    sched = torch.optim.lr_scheduler.OneCycleLR(opt, lr, total_steps=epochs*steps, final_div_factor=1e4,
                                                base_momentum=.85)
    for _ in range(epochs):
        model.train()
        order = torch.randperm(n)
        for k in range(steps):
            *xs, y = (o[order[k*BS:(k+1)*BS]] for o in train)
            loss = loss_func(model(*xs), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            sched.step()
        model.eval()
        with torch.no_grad(): total = sum(figure(model(*xs), y) for *xs, y in zip(*(o.split(BS) for o in valid)))
    return float(total)/len(valid[-1])
