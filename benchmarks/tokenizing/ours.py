"""Tokenizing reviews: one process against fastai 2.8, two processes against one, and the same tokens as one by one.

The reviews of the IMDb come from where `untar_data` takes them, or from `--folder`. `--peer PYTHON` names an
interpreter that has fastai 2.8 and spaCy. The language is loaded before the time is taken, everything else is new each time. CPU
time for one process; the clock for two, which tells something only while nothing else runs.
"""
from ..timing import PEER, Peer, Report, arguments, interleave, ratio
import json, resource, statistics, tempfile, time
from itertools import islice
from pathlib import Path
from fastcourse.datasets import URLs, untar_data
from fastcourse.text import cut
from fastcourse.text.transform import SpacyTokenizer, Tokenizer

class OneByOne(SpacyTokenizer):
    "spaCy's own way with each text, and nothing that is known to this library."
    def __init__(self, lang):
        import spacy
        self.lang, self.tok = lang, spacy.blank(lang).tokenizer

def reviews(folder, n):
    "The first `n` reviews, bad and good in turn; all of them if `n` is None."
    folder = Path(folder or untar_data(URLs.IMDB))
    files = [sorted((folder/s/c).glob('*.txt')) for s in ('train', 'test') for c in ('neg', 'pos')]
    turns = [f for pair in (files[:2], files[2:]) for both in zip(*pair) for f in both]
    return [f.read_text(encoding='utf-8') for f in islice(turns, n)]

def cold(n_cpus):
    "A tokenizer that has its language, and has seen no text."
    cut._kept_blank.cache_clear()
    cut._odd.cache_clear()
    res = Tokenizer(n_cpus=n_cpus)
    res._table()
    return res

def cpu():
    "CPU seconds so far, of this process and of those it waited for."
    used = [resource.getrusage(o) for o in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(o.ru_utime + o.ru_stime for o in used)

def measure(case):
    "Seconds on the clock and of the CPU: `case` is texts and a number of processes, or an order to the peer."
    if isinstance(case[0], Peer): return (case[0].ask(case[1])[0],)*2
    tokenizer = cold(case[1])
    wall, start = time.perf_counter(), cpu()
    tokenizer.process_all(case[0])
    return time.perf_counter() - wall, cpu() - start

def different(texts):
    "How many of `texts` have other tokens than rules and spaCy give one by one."
    all_at_once, slow = cold(2).process_all(texts), Tokenizer(OneByOne)
    return sum(slow.process_text(t) != o for t, o in zip(texts, all_at_once))

def main():
    args, report = arguments(__doc__, rounds=7, quick=dict(n=200), peer=PEER,
                             folder=dict(help='the unpacked reviews'),
                             all=dict(action='store_true', help='compare the tokens of all 50,000 reviews'),
                             n=dict(type=int, default=2000, help='reviews to tokenize')), Report()
    texts = reviews(args.folder, args.n)
    with tempfile.TemporaryDirectory() as tmp:
        file = Path(tmp)/'texts.json'
        file.write_text(json.dumps(texts), encoding='utf-8')
        peer = Peer(args.peer, 'tokenizing', file) if args.peer else None
        cases = {'one': (texts, 1), 'two': (texts, 2)}
        took = interleave(cases | ({'peer': (peer, 'go')} if peer else {}), args.rounds, measure)
    for name, which in (('one', 1), ('two', 0), ('peer', 1)):
        if name in took: print(f'{name}: {len(texts)/statistics.median(o[which] for o in took[name]):,.0f} reviews/s')
    if peer: report.add('one process: time over peer', ratio(took, 'one', 'peer'), .333)
    report.add('two processes: time over one', min(o[0] for o in took['two'])/min(o[0] for o in took['one']), .588)
    report.add('two processes: CPU time over one', ratio(took, 'two', 'one'), 1.2)
    report.add('reviews with other tokens', different(reviews(args.folder, None) if args.all else texts), 0, unit='')
    report.finish(args)

if __name__ == '__main__': main()
