"""How often a classifier of film reviews is wrong, beside a logistic regression on counted words, on the same split.

On the 800 + 200 reviews of the IMDb sample: the counts alone (`CountedWords`), and the lines of the course, a language model read in for two epochs and
a classifier thawed in four, in as many seeds as there are rounds. `--smollm` also asks a head on the frozen SmolLM2. `--whole` counts the words of the
25,000 + 25,000 labelled reviews of the whole set, and trains the head above the language model of English for an epoch. The threads are those of OMP_NUM_THREADS, one if it is not set.
"""
from ..timing import Report, arguments
import numpy as np
from fastcourse.text import *
from fastcourse.text.counted import CountedWords
from fastcourse.text.models.smollm import SmolLM2
from fastcourse.text.pieces import piece_processors

MOMS = (.8, .7)
PROMPT = '\n\nIn short, this film is'

def timed(f):
    "What `f()` gives, and its seconds on the clock."
    start = time.perf_counter()
    res = f()
    return res, time.perf_counter() - start

def wrong(learn):
    preds, y = learn.get_preds()
    return 1 - float(accuracy(preds, y))

def sample(**kwargs):
    path = untar_data(URLs.IMDB_SAMPLE)
    return TextList.from_csv(path, 'texts.csv', cols='text', **kwargs)

def alone(counts, data):
    "The error of `counts` without a network."
    counts.eval()
    right = [int(counts(torch.as_tensor(x, dtype=torch.long)[None]).argmax()) == y for x, y in zip(data.valid_ds.x.items, data.valid_ds.y.items)]
    return 1 - float(np.mean(right))

def course(lm, data):
    "The classifier that the course's lines give."
    learn = language_model_learner(lm, AWD_LSTM, drop_mult=.3, silent=True)
    learn.fit_one_cycle(1, 1e-2, moms=MOMS)
    learn.unfreeze()
    learn.fit_one_cycle(1, 1e-3, moms=MOMS)
    learn.save_encoder('read_in')
    learn = text_classifier_learner(data, AWD_LSTM, drop_mult=.5, silent=True).load_encoder('read_in')
    for layer, epochs, lr in ((-1, 1, 2e-2), (-2, 1, slice(1e-2/2.6**4, 1e-2)), (None, 2, slice(1e-3/2.6**4, 1e-3))):
        learn.freeze_to(layer) if layer else learn.unfreeze()
        learn.fit_one_cycle(epochs, lr, moms=MOMS)
    return learn

def lessons(report, args):
    "The sample, in several seeds."
    lm = sample().split_by_rand_pct(.1, seed=42).label_for_lm().databunch(bs=32, bptt=40)
    data = sample(vocab=lm.vocab).split_from_df(col=2).label_from_df(cols=0).databunch(bs=16)
    counts = CountedWords(len(data.vocab.itos), data.c).solve(data.train_ds.x.items, data.train_ds.y.items)
    report.add('sample, counts alone: wrong', alone(counts, data), .14, '')
    found, seconds = [], []
    for seed in range(1, args.rounds + 1):
        set_seed(seed)
        learn, took = timed(lambda: course(lm, data))
        found.append(wrong(learn))
        seconds.append(took)
    report.add("sample, the course's lines: wrong", float(np.mean(found)), .14, '', f'from {min(found):.3f} to {max(found):.3f}')
    report.add("sample, the course's lines", float(np.median(seconds)), 300., 's')
    report.add('sample, logistic regression on words and pairs: wrong', 1 - learn.baseline().value, 1., '')

def frozen(report):
    "A head on SmolLM2, which reads each review once."
    data = sample(processor=piece_processors(prompt=PROMPT)).split_from_df(col=2).label_from_df(cols=0).databunch(bs=16)
    learn = text_classifier_learner(data, SmolLM2, silent=True)
    _, seconds = timed(lambda: learn.fit_head(20))
    report.add('sample, head on SmolLM2: wrong', wrong(learn), .10, '')
    report.add('sample, head on SmolLM2', seconds, math.inf, 's')

def whole(report):
    "All labelled reviews."
    path = untar_data(URLs.IMDB)
    def read(): return (TextList.from_folder(path, include=['train', 'test']).split_by_folder('train', 'test')
                        .label_from_folder(classes=['neg', 'pos']).databunch(bs=64))
    data, reading = timed(read)
    report.add('whole set, cutting and numbering', reading, math.inf, 's')
    learn = text_classifier_learner(data, AWD_LSTM, drop_mult=.5, silent=True)
    _, seconds = timed(lambda: learn.fit_one_cycle(1, 2e-2, moms=MOMS))
    report.add('whole set, counts alone: wrong', alone(learn.model[0].counts, data), .10, '')
    report.add('whole set, one epoch of the head: wrong', wrong(learn), .10, '')
    report.add('whole set, reading, counts and one epoch of the head', reading + seconds, 3600., 's')

def main():
    flag = dict(action='store_true')
    args = arguments(__doc__, 3, dict(), smollm=flag, whole=flag, no_sample=flag)
    report = Report()
    if not args.no_sample: lessons(report, args)
    if args.smollm: frozen(report)
    if args.whole: whole(report)
    report.finish(args)

if __name__ == '__main__': main()
