"Number words in plain PyTorch: the model that all sides train, and the bare loop."
import torch, torch.nn.functional as F
from pathlib import Path
from torch import nn, optim

BS, BPTT, HIDDEN, LR, EPOCHS = 64, 20, 64, 1e-2, 10

class WordGRU(nn.Module):
    "Two layers of GRU that keep their state from batch to batch; `batch_first`: inputs are (bs, sequence)."
    def __init__(self, n_words, batch_first=False):
        super().__init__()
        self.embed, self.bn, self.out = nn.Embedding(n_words, HIDDEN), nn.BatchNorm1d(HIDDEN), nn.Linear(HIDDEN, n_words)
        self.rnn = nn.GRU(HIDDEN, HIDDEN, 2, batch_first=batch_first)
        self.reset()
    def reset(self): self.h = torch.zeros(2, BS, HIDDEN)
    def forward(self, x):
        res, h = self.rnn(self.embed(x), self.h)
        self.h = h.detach()
        return self.out(self.bn(res.flatten(0, 1)).view_as(res))

def columns(ids):
    "Input and target, (rows, bs)."
    n = (len(ids) - 1)//BS
    return [ids[i:i + n*BS].view(BS, n).t().contiguous() for i in (0, 1)]

def fit(train, valid, n_words, epochs=EPOCHS):
    "The bare loop over rows of ready columns; accuracy on `valid` after the last epoch."
    model, n = WordGRU(n_words), len(train[0])//BPTT
    opt = optim.AdamW(model.parameters(), lr=LR, betas=(.9, .99), weight_decay=1e-2, fused=True)
    cycle = optim.lr_scheduler.OneCycleLR(opt, LR, total_steps=epochs*n, div_factor=25, final_div_factor=1e4,
                                          base_momentum=.85)
    for _ in range(epochs):
        model.train()
        model.reset()
        for x, y in zip(*(o[:n*BPTT].split(BPTT) for o in train)):
            loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
            opt.zero_grad()
            loss.backward()
            opt.step()
            cycle.step()
            loss.item()
        model.eval()
        model.reset()
        with torch.no_grad():
            right = sum((model(x).argmax(-1) == y).sum() for x, y in zip(*(o.split(BPTT) for o in valid)))
    return float(right)/valid[1].numel()

def read(folder):
    "The number words of training and validation as lists of tokens."
    texts = (', '.join(o.strip() for o in (Path(folder)/f'{k}.txt').open()) for k in ('train', 'valid'))
    return [['xxbos', *o.replace(',', ' ,').split()] for o in texts]

def numbered(folder):
    "The tokens as numbers for training and validation, and how many different ones there are."
    both = read(folder)
    codes = {w: i for i, w in enumerate(sorted({w for o in both for w in o}))}
    return *(torch.tensor([codes[w] for w in o]) for o in both), len(codes)
