"""Ratings against the bare PyTorch loop: CPU time of an epoch at batch size 64, and the error after five epochs.

One thread, interleaved. Both sides train the same model with 50 factors on the same rows of MovieLens latest-small,
with fused AdamW and one cycle of the rate, and validate after the epoch, in batches of 128 and of 1,024. Where that
set is not at hand, made-up ratings of the same size take its place, and the errors are not compared with their bounds.
The error is also put beside that of biases alone, on the same rows, whole and by how many ratings a row's person and item have.
"""
from ..timing import Report, arguments, interleave, ratio
from .bare import BS, LR, N_FACTORS, WD, Y_RANGE, bare_epoch
import numpy as np, pandas as pd, torch, warnings
from fastcourse import set_seed, untar_data
from fastcourse.collab import CollabDataBunch, collab_learner

EPOCHS, SEEDS = 5, (42, 1, 2)
SPEED_BOUND, ERROR_BOUND, GAIN_BOUND, KNOWN_BOUND = 1.2, .745, -.03, .70

def ratings_frame():
    "The ratings, and whether they are the real ones."
    try: return pd.read_csv(untar_data('ml-latest-small')/'ratings.csv'), True
    except (OSError, ValueError, KeyError): pass
    rng = np.random.default_rng(0)
    item = np.minimum(rng.zipf(1.3, 100_836), 9_700)
    user, stars = rng.integers(1, 611, len(item)), rng.integers(1, 11, len(item))/2
    return pd.DataFrame(dict(userId=user, movieId=item, rating=stars)), False

def with_films(frame):
    "The `frame` with what is known of the films, and the names of these columns."
    films = pd.read_csv(untar_data('ml-latest-small')/'movies.csv')
    genres = films.genres.str.get_dummies('|').drop(columns='(no genres listed)').astype(float)
    year = films.title.str.extract(r'\((\d{4})\)')[0].astype(float)
    wide = frame.merge(pd.concat([films[['movieId']], genres, year.rename('year')], axis=1), on='movieId', how='left')
    wide['age'] = pd.to_datetime(wide.timestamp, unit='s').dt.year - wide.year  # of the film, on the day of the rating
    return wide, ['year', 'age', *genres.columns]

def learner(data): return collab_learner(data, n_factors=N_FACTORS, y_range=Y_RANGE, wd=WD, silent=True)

def known_error(frame, seeds):
    "Mean error with what is known of the films, its bound, unit, and the error of each seed."
    (wide, names), errors = with_films(frame), []
    for seed in seeds:
        set_seed(seed)
        learn = learner(CollabDataBunch.from_df(wide, rating_name='rating', cont_names=names, seed=seed, bs=BS))
        learn.fit_one_cycle(EPOCHS, LR)
        errors.append(learn.recorder.val_losses[-1])
        print(f'seed {seed}, with what is known of the films:', learn.cold_start().round(3), sep='\n', flush=True)
    return float(np.mean(errors)), KNOWN_BOUND, 'mse', ' '.join(f'{o:.4f}' for o in errors)

def ratings_report(report, rounds=7, seeds=SEEDS):
    "Add the figures of ratings to `report`."
    warnings.filterwarnings('ignore', "Column '")  # films that only validation rows have
    frame, real = ratings_frame()
    data = CollabDataBunch.from_df(frame, seed=42, bs=BS)
    cases = dict(bare=lambda: bare_epoch(data), fastcourse=lambda: learner(data).fit_one_cycle(1, LR))
    took = interleave(cases, rounds)
    s = min(cpu for _, cpu in took['bare'])
    report.add('collab, CPU of an epoch over the bare loop', ratio(took, 'fastcourse', 'bare'), SPEED_BOUND,
               note=f'bare {s:.2f} s')
    errors, gains = [], []
    for seed in seeds:
        set_seed(seed)
        learn = learner(CollabDataBunch.from_df(frame, seed=seed, bs=BS))
        learn.fit_one_cycle(EPOCHS, LR)
        errors.append(learn.recorder.val_losses[-1])
        gains.append(learn.baseline().gain)
        print(f'seed {seed}, by the fewest training ratings:', learn.cold_start().round(3), sep='\n', flush=True)
    if real: report.add('collab, that error with genre, year and age', *known_error(frame, seeds))
    report.add('collab, validation error after 5 epochs', float(np.mean(errors)), ERROR_BOUND if real else 99.,
               unit='mse', note=' '.join(f'{o:.4f}' for o in errors) + ('' if real else ' on made-up ratings'))
    report.add('collab, that error minus the one of biases', -float(np.mean(gains)), GAIN_BOUND if real else 99.,
               unit='mse', note=' '.join(f'{-o:.4f}' for o in gains))

if __name__ == '__main__':
    args = arguments(__doc__, 7)
    torch.set_num_threads(1)
    report = Report()
    ratings_report(report, args.rounds, SEEDS[:1] if args.quick else SEEDS)
    report.finish(args)
