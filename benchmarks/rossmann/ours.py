"""Rossmann whole: all tables joined, 844,338 days of 1,115 shops, the last 48 days held back as the competition did.

Sections, `--only` picks some: a, plain means, and gradient boosting on the same columns; b, the network of the lesson in its three
stages, the mean squared error of logarithms as its loss; c, the third stage once more from the same weights with a loss that is
RMSPE itself; d, all three stages with that loss. RMSPE and the seconds so far are printed after each epoch. The sizes that are set here
take one core some twenty minutes. The full schedule of the course, for a graphics card:

    python benchmarks/run.py rossmann --epochs 5 5 5 --bs 256 --layers 1000 500 --device cuda --threads 4
"""
from ..timing import Report, arguments
import math, tempfile, time
import numpy as np, pandas as pd
from fastcourse import *
from fastcourse.tabular import *

DAYS = 48  # of the competition's test
EVENTS = ['Promo', 'StateHoliday', 'SchoolHoliday']
RATES = 1e-3, 3e-4, 3e-4
CATS = ['Store', 'DayOfWeek', 'Year', 'Month', 'Day', 'Week', 'StateHoliday', 'StoreType', 'Assortment', 'PromoInterval', 'State', 'Events',
        'CompetitionMonthsOpen', 'Promo2Weeks', 'CompetitionOpenSinceYear', 'Promo2SinceYear', *(f'{o}_{side}' for o in EVENTS for side in ('bw', 'fw'))]
CONTS = ['CompetitionDistance', 'Promo', 'SchoolHoliday', 'trend', 'trend_DE', 'CloudCover', *(f'{o}_TemperatureC' for o in ('Max', 'Mean', 'Min')),
         *(f'{o}_Humidity' for o in ('Max', 'Mean', 'Min')), 'Max_Wind_SpeedKm_h', 'Mean_Wind_SpeedKm_h', *(f'{side}{o}' for o in EVENTS for side in ('After', 'Before'))]

# --- one table ---

def days_of_shops(path, shops):
    "Train and test, one under the other, as an event of the test is known before it comes; with dates and the days around events."
    def read(name): return pd.read_csv(path/f'{name}.csv', parse_dates=['Date'], dtype=dict(StateHoliday=str))
    df = pd.concat([read('train'), read('test')], ignore_index=True)
    df = df[df.Store <= shops].reset_index(drop=True)
    events = df[['Store', 'Date', *EVENTS]].assign(StateHoliday=df.StateHoliday != '0')
    add_elapsed_times(events, EVENTS, 'Date', 'Store')
    new = [c for c in events if c not in df]
    df = df.merge(events[['Store', 'Date', *new]], on=['Store', 'Date'])
    add_datepart(df, 'Date', drop=False)
    df['Sunday'] = df.Date.dt.to_period('W-SAT').dt.start_time
    return df

def shops_of(path):
    return pd.read_csv(path/'store.csv').merge(pd.read_csv(path/'store_states.csv'), on='Store')

def weather_of(path):
    df = pd.read_csv(path/'weather.csv', parse_dates=['Date'])
    return df.merge(pd.read_csv(path/'state_names.csv'), left_on='file', right_on='StateName').drop(columns=['file', 'StateName'])

def searches_of(path):
    "Web searches of a week: in each state, and in the whole country."
    df = pd.read_csv(path/'googletrend.csv')
    df['Sunday'], df['State'] = pd.to_datetime(df.week.str[:10]), df.file.str[len('Rossmann_DE_'):].replace('NI', 'HB,NI')
    return df.loc[df.State != '', ['State', 'Sunday', 'trend']], df.loc[df.State == '', ['Sunday', 'trend']]

def since(df):
    "Months since the competitor opened and weeks since the second promotion began, both cut off after two years or half a year."
    opened = pd.to_datetime(dict(year=df.CompetitionOpenSinceYear, month=df.CompetitionOpenSinceMonth, day=15))
    promo2 = pd.to_datetime(dict(year=df.Promo2SinceYear, month=1, day=1)) + pd.to_timedelta(7*df.Promo2SinceWeek, unit='D')
    df['CompetitionMonthsOpen'] = ((df.Date - opened).dt.days//30).clip(0, 24).fillna(0).astype(int)
    df['Promo2Weeks'] = ((df.Date - promo2).dt.days//7).clip(0, 25).fillna(0).astype(int)

def whole_table(path, shops):
    "The days on which something was sold, the last first; the test's rows go once their events have been counted."
    df, (state, country) = days_of_shops(path, shops), searches_of(path)
    for other, keys in ((shops_of(path), ['Store']), (weather_of(path), ['State', 'Date']), (state, ['State', 'Sunday'])):
        df = df.merge(other, on=keys, how='left', validate='many_to_one')
    df = df.merge(country, on='Sunday', how='left', suffixes=('', '_DE'), validate='many_to_one')
    df = df[df.Sales > 0].sort_values('Date', ascending=False, kind='stable').reset_index(drop=True)
    since(df)
    return df[[*CATS, *CONTS, 'Sales', 'Date']]

def bunch(df, args):
    "The table as data, the last `DAYS` days held back."
    last = df.Date.max() - pd.Timedelta(days=DAYS-1)
    src = TabularList.from_df(df, cat_names=CATS, cont_names=CONTS, procs=[FillMissing, Categorify, Normalize]).split_by_idx(df.index[df.Date >= last])
    return src.label_from_df(cols='Sales', label_cls=FloatList, log=True).databunch(bs=args.bs, num_workers=0, device=args.device)

# --- forecasts ---

def by_means(df, n, keys):
    "RMSPE of the first `n` rows, with the mean of the logarithms of the others for each value of `keys` as the forecast."
    now, past = df[:n], df[n:]
    log = np.log(past.Sales)
    guess = now.join(log.groupby([past[k] for k in keys]).mean().rename('guess'), on=keys).guess.fillna(log.mean())
    return float(np.sqrt(np.mean((np.exp(guess)/now.Sales - 1)**2)))

def more_trees(data, n):
    "Forecasts of gradient boosting that is less plain: `n` trees of 127 leaves in place of a hundred of 31."
    from sklearn.ensemble import HistGradientBoostingRegressor
    x, new = (torch.cat([ds.x.codes, ds.x.conts], 1).numpy() for ds in (data.train_ds, data.valid_ds))
    few = [*(data.train_ds.x.codes.amax(0) < 255).tolist(), *[False]*data.train_ds.x.conts.shape[1]]
    trees = HistGradientBoostingRegressor(max_iter=n, max_leaf_nodes=127, categorical_features=few, random_state=0)
    return torch.tensor(trees.fit(x, data.train_ds.y.tensors().flatten().numpy()).predict(new))[:, None]

def plain(report, df, data, args):
    "Section (a)."
    for keys in (['Store'], ['Store', 'DayOfWeek'], ['Store', 'DayOfWeek', 'Promo']):
        report.add(f"means by {', '.join(keys)}: RMSPE", by_means(df, len(data.valid_ds), keys), math.inf, unit='')
    start = time.process_time()
    preds = data.train_ds.x.plain_tool(data.train_ds, data.valid_ds)[1]
    rmspe = float(exp_rmspe(preds, data.valid_ds.y.tensors()))
    report.add('gradient boosting: RMSPE', rmspe, math.inf, unit='', note=f'{time.process_time() - start:.0f} s of CPU time')
    start = time.process_time()
    rmspe = float(exp_rmspe(more_trees(data, args.trees), data.valid_ds.y.tensors()))
    report.add(f'gradient boosting, {args.trees} larger trees: RMSPE', rmspe, math.inf, unit='', note=f'{time.process_time() - start:.0f} s of CPU time')

class Curve(LearnerCallback):
    "Prints RMSPE after each epoch, beside the CPU seconds and those of the clock since the first."
    def on_train_begin(self, **_):
        self.clock = getattr(self, 'clock', (time.process_time(), time.perf_counter()))
    def on_epoch_end(self, last_metrics, **_):
        cpu, wall = (now - then for now, then in zip((time.process_time(), time.perf_counter()), self.clock))
        print(f'   {cpu:6.0f} s of CPU time, {wall:6.0f} s: RMSPE {float(last_metrics[1]):.4f}', flush=True)

def learner(df, data, args, **kwargs):
    "The network of the lesson; its answers lie between the least and the most that was sold so far, and a bit beyond."
    set_seed(args.seed)
    past = df.Sales[len(data.valid_ds):]
    learn = tabular_learner(data, args.layers, ps=[.001, .01], emb_drop=.04, y_range=[math.log(past.min()/1.2), math.log(past.max()*1.2)],
                            metrics=exp_rmspe, silent=True, **kwargs)
    learn.callbacks.append(Curve(learn))
    return learn

def stage(learn, args, i, name):
    "The `i`-th of the three stages; the figure after it."
    print(f'{name}, stage {i + 1}', flush=True)
    set_seed(args.seed + i)
    learn.fit_one_cycle(args.epochs[i], args.scale*RATES[i], wd=.2)
    return float(learn.validate()[1])

def add(report, learn, name, rmspe):
    "The figure of a network, and what it is if all its forecasts are a bit lower."
    preds, targs = learn.get_preds()
    factors = np.arange(.9, 1.021, .01)
    lower = [float(exp_rmspe(preds + math.log(o), targs)) for o in factors]
    best = int(np.argmin(lower))
    report.add(f'{name}: RMSPE', rmspe, math.inf, unit='', note=f'times {factors[best]:.2f}: {lower[best]:.4f}, chosen on the same days')

def networks(report, df, data, args):
    "Sections (b), (c) and (d)."
    if {*'bc'} & {*args.only}:
        learn = learner(df, data, args)
        for i in range(2): rmspe = stage(learn, args, i, 'logarithms')
        report.add('network after two stages: RMSPE', rmspe, math.inf, unit='')
        with tempfile.TemporaryDirectory() as folder:
            learn.path = Path(folder)
            learn.save('two')
            for letter, name, loss in (('b', 'network', learn.loss_func), ('c', 'network, RMSPE as the loss of stage 3', ExpRMSPELoss())):
                if letter not in args.only: continue
                learn.load('two')
                learn.loss_func = loss
                add(report, learn, name, stage(learn, args, 2, name))
    if 'd' in args.only:
        learn = learner(df, data, args, loss_func=ExpRMSPELoss())
        for i in range(3): rmspe = stage(learn, args, i, 'RMSPE')
        add(report, learn, 'network, RMSPE as the loss throughout', rmspe)

def main():
    args = arguments(__doc__, rounds=1, quick=dict(shops=12, epochs=[1, 1, 1], layers=[50, 20], trees=20),
                     only=dict(default='abcd', help='letters of the sections to run'), shops=dict(type=int, default=1115, help='the first so many'),
                     epochs=dict(type=int, nargs=3, default=[1, 1, 1], help='of each stage'), bs=dict(type=int, default=1024),
                     trees=dict(type=int, default=500), layers=dict(type=int, nargs=2, default=[500, 250]), scale=dict(type=float, default=4., help='times the learning rates of the course'),
                     device=dict(default='cpu'), threads=dict(type=int, default=1), seed=dict(type=int, default=0))
    torch.set_num_threads(args.threads)
    report, start = Report(), time.process_time()
    df = whole_table(untar_data('rossmann'), args.shops)
    data = bunch(df, args)
    report.add('all tables joined, and made into data', time.process_time() - start, math.inf, unit='s',
               note=f'{len(df):,} rows, {len(data.valid_ds):,} of them held back; {len(data.train_ds.x.cat_names)} categories, {len(data.train_ds.x.cont_names)} numbers')
    if 'a' in args.only: plain(report, df, data, args)
    networks(report, df, data, args)
    report.finish(args)

if __name__ == '__main__': main()
