"""A small language model of English from WikiText-2, saved so that others can begin with it.

`python benchmarks/run.py wikitext --save` trains an AWD-LSTM on `URLs.WIKITEXT_TINY` and saves weights and vocabulary in the
models of the library's home, as `wikitext_SIZE`; `--save FOLDER` takes another place, and
`language_model_learner(data, AWD_LSTM, pretrained_model=FOLDER)` starts from there. The archive has train and test parts;
where only the validation and test parts are at hand, the larger of the two is trained on. Reports the perplexity of the
part held back over that of guessing by frequency, and the time. `--share` takes less of the text.
"""
from ..timing import Report, arguments
import csv, math, re, time
import torch
from pathlib import Path
from fastcourse.datasets import URLs, home, untar_data
from fastcourse.metrics import accuracy
from fastcourse.text.data import NumericalizeProcessor, TextList, TokenizeProcessor
from fastcourse.text.learner import language_model_learner
from fastcourse.text.models.awd_lstm import AWD_LSTM, awd_lstm_lm_config
from fastcourse.torch_core import set_seed

# embedding, units, layers; peak learning rate and the factor of all dropouts
SIZES = dict(tiny=(50, 100, 1, 2e-2, .1), small=(100, 200, 2, 1e-2, .2), medium=(200, 600, 2, 5e-3, .4),
             full=(400, 1152, 3, 5e-3, .6))
TITLE = re.compile(r'^ ?= [^=]+ = ?$', re.M)

def config_of(size, config=awd_lstm_lm_config):
    "The settings `config` of a model of that size, its learning rate, and the factor of its dropouts."
    emb_sz, n_hid, n_layers, lr, drop_mult = SIZES[size]
    return dict(config, emb_sz=emb_sz, n_hid=n_hid, n_layers=n_layers), lr, drop_mult

def plain(text):
    "Text as people write it: WikiText has blanks around everything, and marks inside of numbers and compounds."
    text = re.sub(r' @([-.,])@ ', r'\1', text).replace('<unk>', 'xxunk')
    return re.sub(r' +', ' ', text)

def articles(file):
    "The articles in a file of the archive, in plain text."
    if file.suffix == '.csv':
        csv.field_size_limit(2**31 - 1)
        with open(file, encoding='utf-8', newline='') as f: return [plain(row[0]) for row in csv.reader(f) if row]
    text = file.read_text(encoding='utf-8')
    starts = [m.start() for m in TITLE.finditer(text)]
    return [plain(text[a:b]) for a, b in zip(starts, [*starts[1:], len(text)])]

def parts(path):
    "Articles to train on, and articles held back."
    files = sorted((f for f in path.iterdir() if f.suffix in ('.csv', '.txt') and f.stem in ('train', 'valid', 'test')),
                   key=lambda f: f.stat().st_size)
    if len(files) < 2: raise FileNotFoundError(f"{path.name} holds {[f.name for f in files]}: two parts are needed.")
    return articles(files[-1]), articles(files[0])

def wiki_data(share, bs, max_vocab):
    "A bunch of both parts, cut off at `share` of the articles."
    train, valid = ([*o[:max(2, round(share*len(o)))]] for o in parts(untar_data(URLs.WIKITEXT_TINY)))
    steps = [TokenizeProcessor(), NumericalizeProcessor(max_vocab=max_vocab, min_freq=3)]
    src = TextList([*train, *valid], processor=steps)
    return src.split_by_idx(range(len(train), len(src))).label_for_lm().databunch(bs=bs)

def unigram_perplexity(data):
    "What guessing every word by its frequency in training comes to on the part held back."
    counts = torch.ones(len(data.vocab.itos))
    for o in data.train_ds.x.items: counts += torch.bincount(torch.as_tensor(o).long(), minlength=len(counts))
    logs = (counts/counts.sum()).log()
    held = torch.cat([torch.as_tensor(o).long() for o in data.valid_ds.x.items])
    return math.exp(-logs[held].mean().item())

def main():
    args = arguments(__doc__, rounds=1, quick=dict(size='tiny', share=.02, epochs=1), save=dict(nargs='?', const='', help='keep the model, here or in the home of the library'),
                     size=dict(default='small', choices=list(SIZES)), epochs=dict(type=int, default=6),
                     share=dict(type=float, default=1., help='of the articles'), bs=dict(type=int, default=32),
                     max_vocab=dict(type=int, default=20_000))
    report = Report()
    set_seed(0)
    data = wiki_data(args.share, args.bs, args.max_vocab)
    config, lr, drop_mult = config_of(args.size)
    learn = language_model_learner(data, AWD_LSTM, config=config, drop_mult=drop_mult, pretrained=False,
                                   metrics=accuracy)
    start = time.perf_counter(), time.process_time()
    learn.fit_one_cycle(args.epochs, lr, moms=(.8, .7))
    wall, cpu = time.perf_counter() - start[0], time.process_time() - start[1]
    n = args.epochs*sum(len(o) for o in data.train_ds.x.items)
    print(f'{n/1e6:.1f} million tokens in {wall:.0f} s on the clock, {cpu:.0f} s of CPU; {len(data.vocab.itos):,} words')
    base, loss = unigram_perplexity(data), float(learn.validate()[0])
    report.add('WikiText-2, perplexity over guessing by frequency', math.exp(loss)/base, .5,
               note=f'{math.exp(loss):.0f}, by frequency {base:.0f}')
    print(learn.predict('The ship was built in', 20, temperature=.8))
    if args.save is not None:
        folder = Path(args.save).resolve() if args.save else home('models')/f'wikitext_{args.size}'
        print('saved:', learn.save_pretrained(folder))
    report.finish(args)

if __name__ == '__main__': main()
