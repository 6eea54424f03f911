"Ratings in plain PyTorch: the model as one would write it by hand, and an epoch over tensors in memory."
import torch, torch.nn.functional as F
from torch import nn, optim

BS, N_FACTORS, LR, WD, Y_RANGE = 64, 50, 5e-3, .1, (0., 5.5)

class Dot(nn.Module):
    "The model, as one would write it by hand."
    def __init__(self, n_users, n_items):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(n, k) for n in (n_users, n_items) for k in (N_FACTORS, 1))
        for e in self.tables: nn.init.trunc_normal_(e.weight, std=.01)
    def forward(self, u, i):
        uw, ub, iw, ib = self.tables
        score = (uw(u)*iw(i)).sum(1) + ub(u).squeeze(1) + ib(i).squeeze(1)
        return torch.sigmoid(score)*(Y_RANGE[1] - Y_RANGE[0]) + Y_RANGE[0]

def bare_epoch(data, cls=Dot):
    "One epoch of the bare loop over tensors in memory, and the validation error."
    x = data.train_ds.x
    ((u, i), y), ((vu, vi), vy) = data.train_dl.tensors, data.valid_dl.tensors
    model, n = cls(*map(len, x.classes.values())), len(y)//BS
    opt = optim.AdamW(model.parameters(), lr=LR, betas=(.9, .99), weight_decay=WD, fused=True)
    cycle = optim.lr_scheduler.OneCycleLR(opt, LR, total_steps=n, div_factor=25, final_div_factor=1e4,
                                          base_momentum=.85)
    order = torch.randperm(len(y))
    for j in range(0, n*BS, BS):
        b = order[j:j + BS]
        loss = F.mse_loss(model(u[b], i[b]), y[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
        cycle.step()
    model.eval()
    total, k = 0., 2*BS
    with torch.no_grad():
        for j in range(0, len(vy), k):
            total += F.mse_loss(model(vu[j:j + k], vi[j:j + k]), vy[j:j + k], reduction='sum').item()
    return total/len(vy)
