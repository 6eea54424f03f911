"""The whole IMDb set: from 50,000 files to data, a language model from scratch, its encoder, a classifier.

Records the memory and the time from texts to `DataBunch`, the language model's perplexity, and the classifier's error on
the 25,000 reviews of the test part after gradual unfreezing. `--size` and `--share` make it fit the machine: `--size
small` with a tenth of the data takes two processor cores some minutes, `--size full` wants a GPU. `--lm_share` is how much
of that the language model reads, which takes most of the time; the classifier gets all. `--data_only` stops before
training. `--pretrained FOLDER` starts from a model that `run.py wikitext --save FOLDER` saved, with the same `--size`. With
`--plain` the classifier is trained a second time without the encoder, for comparison.
"""
from ..timing import Report, arguments
import gc, math, os, threading, time
import torch
from pathlib import Path
from fastcourse.datasets import URLs, untar_data
from fastcourse.metrics import accuracy
from fastcourse.text.classifier import text_classifier_learner
from fastcourse.text.data import NumericalizeProcessor, OpenFileProcessor, TextList, TokenizeProcessor
from fastcourse.text.learner import language_model_learner
from fastcourse.text.models.awd_lstm import AWD_LSTM, awd_lstm_clas_config
from fastcourse.torch_core import set_seed
from ..wikitext.ours import SIZES, config_of

PARTS = 'train', 'test', 'unsup'
MOMS, STEP = (.8, .7), 2.6**4

# --- memory ---

def _children(pid):
    "The numbers of the processes below `pid`."
    try: found = [int(o) for t in Path(f'/proc/{pid}/task').iterdir() for o in (t/'children').read_text().split()]
    except OSError: return []
    return found + [o for p in found for o in _children(p)]

def _held(pid):
    "Bytes that process `pid` holds; pages shared with others count in proportion."
    try: lines = Path(f'/proc/{pid}/smaps_rollup').read_text().splitlines()
    except OSError: return 0
    return next((int(o.split()[1])*1024 for o in lines if o.startswith('Pss:')), 0)

class Peak:
    "The largest memory of this process and those it started, while the block runs; in bytes, 0 where it cannot be told."
    def __enter__(self):
        self.bytes, self._end = 0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self
    def _watch(self):
        while not self._end.wait(.1):
            pids = os.getpid(), *_children(os.getpid())
            self.bytes = max(self.bytes, sum(map(_held, pids)))
    def __exit__(self, *_):
        self._end.set()
        self._thread.join()

# --- data ---

def steps(args): return [OpenFileProcessor(), TokenizeProcessor(), NumericalizeProcessor(max_vocab=args.max_vocab)]

def texts(path, share, **kwargs):
    "The list of files, or a share of them that is the same each time."
    src = TextList.from_folder(path, include=PARTS, **kwargs)
    return src if share >= 1 else src.use_partial_data(share, seed=42)

def lm_data(path, args):
    "All texts in one stream, a tenth of them held back."
    src = texts(path, args.share*args.lm_share, processor=steps(args))
    return src.split_by_rand_pct(.1, seed=42).label_for_lm().databunch(bs=args.bs)

def clas_data(path, args, vocab):
    "The labelled reviews in the words of the language model; those of the test part are held back."
    src = texts(path, args.share, vocab=vocab).split_by_folder('train', 'test')
    return src.label_from_folder(classes=['neg', 'pos']).databunch(bs=args.bs)

def measured(report, args, path):
    "Both bunches, with the memory and the seconds that they took."
    gc.collect()
    before, start = _held(os.getpid()), time.perf_counter()
    with Peak() as peak:
        lm = lm_data(path, args)
        took = time.perf_counter() - start
        clas = clas_data(path, args, lm.vocab)
    n, words = (sum(len(ds) for ds in (lm.train_ds, lm.valid_ds)),
                sum(len(o) for ds in (lm.train_ds, lm.valid_ds) for o in ds.x.items))
    print(f'{n:,} texts, {words/1e6:.1f} million tokens, {len(lm.vocab.itos):,} words; {before/2**30:.2f} GB held before')
    report.add('texts to data: highest memory', peak.bytes/2**30, 3., 'GB', note='all processes')
    report.add('texts to language-model data', took, 600., 's', note=f'{n/took:,.0f} texts/s')
    report.add('the same for the classifier', time.perf_counter() - start - took, 600., 's')
    return lm, clas

# --- training ---

def timed(name, f):
    "What `f()` gives; prints the minutes it took."
    start = time.perf_counter()
    res = f()
    print(f'{name}: {(time.perf_counter() - start)/60:.1f} min', flush=True)
    return res

def train_lm(report, data, args):
    "A language model; its encoder is saved as `enc`."
    config, lr, drop_mult = config_of(args.size)
    start = dict(pretrained=False) if args.pretrained is None else dict(pretrained_model=Path(args.pretrained))
    learn = language_model_learner(data, AWD_LSTM, config=config, drop_mult=drop_mult, metrics=accuracy,
                                   path=args.work, **start)
    if args.pretrained:
        learn.freeze()
        timed('language model, head', lambda: learn.fit_one_cycle(1, 2*lr, moms=MOMS))
        learn.unfreeze()
    timed('language model', lambda: learn.fit_one_cycle(args.lm_epochs, lr, moms=MOMS))
    report.add('language model: perplexity', math.exp(float(learn.validate()[0])), 120. if args.whole else math.inf, '')
    print(learn.predict('I liked this movie because', 30, temperature=.8))
    learn.save_encoder('enc')

def train_clas(data, args, encoder='enc'):
    "A classifier by gradual unfreezing: its error on the reviews held back."
    config, _, drop_mult = config_of(args.size, awd_lstm_clas_config)
    learn = text_classifier_learner(data, AWD_LSTM, config=config, pretrained=False, drop_mult=drop_mult, metrics=accuracy,
                                    path=args.work)
    if encoder: learn.load_encoder(encoder)
    stages = [(-1, 1, 2e-2), (-2, 1, 1e-2), (-3, 1, 5e-3), (0, args.clas_epochs, 2e-3)]
    for layer, epochs, lr in stages if encoder else [(0, 3 + args.clas_epochs, 5e-3)]:
        learn.freeze_to(layer) if layer else learn.unfreeze()
        name = f'classifier, groups from {layer}' if layer else 'classifier, all of it'
        timed(name, lambda: learn.fit_one_cycle(epochs, slice(lr/STEP, lr) if encoder and layer != -1 else lr, moms=MOMS))
    return 1 - float(learn.validate()[1])

def main():
    flag = dict(action='store_true')
    args = arguments(__doc__, rounds=1, quick=dict(size='tiny', share=.004, lm_epochs=1, clas_epochs=1), size=dict(default='small', choices=list(SIZES)), share=dict(type=float, default=1.),
                     lm_share=dict(type=float, default=1.),
                     bs=dict(type=int, default=64), max_vocab=dict(type=int, default=30_000),
                     lm_epochs=dict(type=int, default=3), clas_epochs=dict(type=int, default=2),
                     pretrained=dict(help='folder of a saved language model'), data_only=flag, plain=flag,
                     threads=dict(type=int, default=os.cpu_count()),
                     folder=dict(help='the unpacked set; else it is looked for as always'),
                     work=dict(default='imdb_models', help='folder for the models'))
    torch.set_num_threads(args.threads)
    args.work, args.whole = Path(args.work).resolve(), min(args.share, args.lm_share) >= 1
    report = Report()
    set_seed(0)
    lm, clas = measured(report, args, Path(args.folder) if args.folder else untar_data(URLs.IMDB))
    if not args.data_only:
        train_lm(report, lm, args)
        report.add('classifier: error', 100*train_clas(clas, args), 12. if args.whole else 50., '%')
        if args.plain: report.add('without the encoder: error', 100*train_clas(clas, args, None), 50., '%')
    report.finish(args)

if __name__ == '__main__': main()
