"A language model in plain PyTorch: an embedding, three `nn.LSTM`, and a bare loop."
import torch
from torch import nn
from torch.nn import functional as F

WORDS, BS, SEQ, LR = 10_000, 32, 72, 1e-3

class Plain(nn.Module):
    "Embedding, three LSTMs, scores by the same matrix; the state goes on from batch to batch."
    def __init__(self, emb=400, n_hid=1152):
        super().__init__()
        self.emb, self.out = nn.Embedding(WORDS, emb, padding_idx=1), nn.Linear(emb, WORDS)
        sizes = [emb, n_hid, n_hid, emb]
        self.rnns = nn.ModuleList(nn.LSTM(i, o, batch_first=True) for i, o in zip(sizes, sizes[1:]))
        self.out.weight = self.emb.weight
        self.states = [None]*3
    def forward(self, x):
        x = self.emb(x)                                                     # (bs, seq) -> (bs, seq, emb)
        for i, o in enumerate(self.rnns):
            x, h = o(x, self.states[i])
            self.states[i] = tuple(t.detach() for t in h)
        return self.out(x)                                                  # (bs, seq, emb) -> (bs, seq, WORDS)

def bare(tokens, n, clip, device, **sizes):
    "A function that trains `n` batches."
    torch.manual_seed(0)
    model = Plain(**sizes).to(device)
    opt = torch.optim.AdamW(model.parameters(), lr=LR, betas=(.8, .99), weight_decay=.01, fused=True)
    x, y = (tokens[i:i + BS*SEQ*n].view(BS, -1).to(device) for i in (0, 1))
    def train():
        for i in range(n):
            rows = slice(i*SEQ, (i + 1)*SEQ)
            loss = F.cross_entropy(model(x[:, rows]).flatten(0, 1), y[:, rows].flatten())
            opt.zero_grad()
            loss.backward()
            if clip: nn.utils.clip_grad_norm_(model.parameters(), clip)
            opt.step()
            loss.item()
    return train
