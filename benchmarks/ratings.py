"""Ratings against the bare PyTorch loop: CPU time of an epoch at batch size 64, and the error after five epochs.

One thread, interleaved. Both sides train the same model with 50 factors on the same rows of MovieLens latest-small,
with fused AdamW and one cycle of the rate, and validate after the epoch, in batches of 128 and of 1,024. Where that
set is not at hand, made-up ratings of the same size take its place, and the error is not compared with its bound.
"""
import warnings
from timing import Report, arguments, interleave, ratio
import torch, torch.nn.functional as F
from fastcourse.collab import CollabDataBunch, collab_learner, nn, np, optim, pd, set_seed, untar_data

BS, N_FACTORS, LR, WD, Y_RANGE, EPOCHS = 64, 50, 5e-3, .1, (0., 5.5), 5
SPEED_BOUND, ERROR_BOUND = 1.2, .745

def ratings_frame():
    "The ratings, and whether they are the real ones."
    try: return pd.read_csv(untar_data('ml-latest-small')/'ratings.csv'), True
    except (OSError, ValueError, KeyError): pass
    rng = np.random.default_rng(0)
    item = np.minimum(rng.zipf(1.3, 100_836), 9_700)
    user, stars = rng.integers(1, 611, len(item)), rng.integers(1, 11, len(item))/2
    return pd.DataFrame(dict(userId=user, movieId=item, rating=stars)), False

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

def learner(data): return collab_learner(data, n_factors=N_FACTORS, y_range=Y_RANGE, wd=WD, silent=True)

def ratings_report(report, rounds=7):
    "Add the figures of ratings to `report`."
    warnings.filterwarnings('ignore', "Column '")  # films that only validation rows have
    frame, real = ratings_frame()
    data = CollabDataBunch.from_df(frame, seed=42, bs=BS)
    cases = dict(bare=lambda: bare_epoch(data), fastcourse=lambda: learner(data).fit_one_cycle(1, LR))
    took = interleave(cases, rounds)
    s = min(cpu for _, cpu in took['bare'])
    report.add('collab, CPU of an epoch over the bare loop', ratio(took, 'fastcourse', 'bare'), SPEED_BOUND,
               note=f'bare {s:.2f} s')
    errors = []
    for seed in (42, 1, 2):
        set_seed(seed)
        learn = learner(CollabDataBunch.from_df(frame, seed=seed, bs=BS))
        learn.fit_one_cycle(EPOCHS, LR)
        errors.append(learn.recorder.val_losses[-1])
    report.add('collab, validation error after 5 epochs', float(np.mean(errors)), ERROR_BOUND if real else 99.,
               unit='mse', note=' '.join(f'{o:.4f}' for o in errors) + ('' if real else ' on made-up ratings'))

if __name__ == '__main__':
    args = arguments(__doc__, 7)
    torch.set_num_threads(1)
    report = Report()
    ratings_report(report, args.rounds)
    report.finish(args.check)
