"Each kind of processor is read from files in a fresh process with all that it has learned: the predictions are the same."
import importlib, json, os, random, subprocess, sys
from pathlib import Path
import numpy as np, pandas as pd, pytest, torch
from fastcourse.collab import CollabDataBunch, collab_learner
from fastcourse.data_block import FloatList, ItemBase, ItemList
from fastcourse.basic_train import Learner
from fastcourse.export import load_data, load_learner
from fastcourse.tabular import Categorify, FillMissing, FillStrategy, Normalize, TabularDataBunch, tabular_learner
from fastcourse.text import *
from fastcourse.torch_core import defaults, set_seed

OWN = '''
import re
from fastcourse.data_block import PreProcessor
from fastcourse.registry import register
from fastcourse.tabular import PROCS, TabularProc
from fastcourse.text import BaseTokenizer

@register
def no_vowels(t): return re.sub('[aeiou]', '', t)

@register
def backwards(tokens): return [o[::-1] for o in tokens]

@register
class InPairs(BaseTokenizer):
    def tokenizer(self, t): return [t[i:i + 2] for i in range(0, len(t), 2)]

@register
class Shorter(PreProcessor):
    def __init__(self, most=5): self.most = most
    def process_one(self, item): return item[:self.most]
    def state(self): return dict(most=self.most)

class Clip(TabularProc):
    keeps = 'low'
    def apply_train(self, df):
        self.low = {c: float(df[c].quantile(.2)) for c in self.cont_names}
        self.apply_test(df)
    def apply_test(self, df):
        for c, o in self.low.items(): df[c] = df[c].clip(lower=o)
    def state(self): return dict(low=self.low)
    def set_state(self, state): self.low = state['low']
PROCS['Clip'] = Clip
'''

WORDS = 'Gut ist der FILM aber nicht die Musik cannot good film not bad plot was so soooo Mr. e.g. it\'s über'.split()

def texts(n=40):
    r = random.Random(0)
    rows = [' '.join(r.choices(WORDS, k=r.randint(3, 9))) + r.choice('.!?') for _ in range(n)]
    return pd.DataFrame(dict(text=rows, title=[o[:9] for o in rows], y=[r.choice(['no', 'yes']) for _ in rows], kinds=[
        ';'.join(r.sample(['a', 'b', 'c'], 2)) for _ in rows], price=[r.random() + .1 for _ in rows]))

def table(n=40):
    r = np.random.RandomState(0)
    d = pd.DataFrame(dict(color=r.choice(['red', 'green', 'blue'], n), size=pd.Categorical(r.choice(['S', 'M', 'L'], n), ['S', 'M', 'L'], ordered=True),
        day=pd.to_datetime(r.choice(['2020-01-01', '2020-02-01'], n)), flag=r.rand(n) > .5, code=r.randint(0, 4, n),
        age=r.normal(40, 10, n).round(1), pay=r.rand(n)*1e6, y=r.choice(['no', 'yes'], n), price=r.rand(n)*100 + 1))
    d.loc[::7, 'age'] = np.nan
    return d

SMALL, CUT = dict(emb_sz=6, n_hid=8, n_layers=1), 30

def reader(lists, **kw):
    return text_classifier_learner(lists.databunch(bs=4, num_workers=0, **kw), AWD_LSTM, config=dict(awd_lstm_clas_config, **SMALL), pretrained=False, silent=True)

def from_texts(processor=None, cols='text', label='y', frame=None, bunch={}, lists={}, **labels):
    "A classifier of texts whose words are found by `processor`."
    return reader(TextList.from_df(texts() if frame is None else frame, cols=cols, processor=processor, **lists)
                  .split_by_idx(range(CUT, 40)).label_from_df(label, **labels), **bunch)

def cut_by(**kw): return from_texts(text_processors(tokenizer=Tokenizer(n_cpus=1, **kw), min_freq=1))
def steps(**kw): return from_texts(text_processors(**kw))
def pieces(**kw): return from_texts(own().SPProcessor(vocab_sz=60, n_cpus=1, **kw))

def own():
    import fastcourse.text.sentencepiece as sp
    return sp

def from_table(procs=(FillMissing, Categorify, Normalize), y='y', **kw):
    data = TabularDataBunch.from_df('.', table(), y, range(CUT, 40), procs=list(procs), num_workers=0, bs=8,
        cat_names=['color', 'size', 'day', 'flag', 'code'], cont_names=['age', 'pay'], **kw)
    return tabular_learner(data, layers=[8], silent=True)

def filler(**kw): return from_table([lambda a, b: FillMissing(a, b, **kw), Categorify, Normalize])

def ratings(user, item):
    r = np.random.RandomState(0)
    d = pd.DataFrame(dict(u=r.choice(user, 60), i=r.choice(item, 60), rating=r.randint(1, 6, 60).astype(float)))
    return collab_learner(CollabDataBunch.from_df(d, seed=0, num_workers=0, bs=8, user_name='u', item_name='i'), n_factors=4, y_range=(.5, 5.5), silent=True)

def speaker(**kw):
    data = TextList.from_df(texts(), cols='text', processor=text_processors(min_freq=1, **kw)).split_by_idx(range(CUT, 40)).label_for_lm().databunch(bs=4, bptt=8)
    return language_model_learner(data, AWD_LSTM, config=dict(awd_lstm_lm_config, **SMALL), pretrained=False, silent=True)

def from_files(path):
    for i, row in texts().iterrows():
        (path/row.y).mkdir(exist_ok=True)
        (path/row.y/f'{i}.txt').write_text(row.text, encoding='latin-1')
    lists = TextList.from_folder(path, processor=[OpenFileProcessor(enc='latin-1'), *text_processors(min_freq=1)[1:]])
    return reader(lists.split_by_idx(range(CUT, 40)).label_from_folder())

def changed_rules():
    "A learner of pieces, made while other rules were the usual ones."
    old = defaults.text_pre_rules
    defaults.text_pre_rules = [mine().no_vowels]
    try: learn = pieces()
    finally: defaults.text_pre_rules = old
    assert answers(learn, asked) == answers(learn, [mine().no_vowels(o) for o in asked]), 'the rules are those of now'
    return learn

def numbers(labels, label_cls=None, **kw):
    "A network for rows of three numbers."
    data = ItemList(rows).split_by_idx(range(6, 9)).label_from_list(labels, label_cls, **kw).databunch(bs=3, num_workers=0)
    return Learner(data, torch.nn.Linear(3, data.c), silent=True)

def mine(): return importlib.import_module('own_steps')

rows = [torch.tensor([i/3., 1., -i/5.]) for i in range(9)]
asked = ['Gut ist der FILM, aber z.B. nicht die Musik!', "It's soooo good good good, Mr. B & cannot be bad e.g. not so-so", 'über']
lines = table().iloc[[1, 8]].drop(columns=['y', 'price']).assign(color=['red', 'pink'], age=[np.nan, 70])
CASES = dict(
    plain=(lambda p: from_texts(), asked), german=(lambda p: cut_by(lang='de', special_cases=['so-so']), asked),
    own_rules=(lambda p: cut_by(pre_rules=[mine().no_vowels], post_rules=[mine().backwards]), asked),
    no_rules=(lambda p: cut_by(pre_rules=[], post_rules=[]), asked),
    own_tokenizer=(lambda p: cut_by(tok_func=mine().InPairs), asked), blanks=(lambda p: cut_by(tok_func=BaseTokenizer), asked),
    marks=(lambda p: steps(mark_fields=True, include_bos=False, include_eos=True, chunksize=7), asked),
    few_words=(lambda p: steps(max_vocab=20, min_freq=3), asked), given=(lambda p: steps(vocab=Vocab(['xxunk', 'xxpad', 'xxbos', 'film', 'gut'])), asked),
    fields=(lambda p: from_texts(cols=['text', 'title']), [(o, 'Gut') for o in asked]),
    own_step=(lambda p: from_texts([mine().Shorter(9), *text_processors(min_freq=1)]), asked),
    padded=(lambda p: from_texts(bunch=dict(pad_first=False, backwards=True), lists=dict(pad_idx=1, sep='_')), asked),
    latin=(from_files, asked), speaker=(lambda p: speaker(tokenizer=Tokenizer(lang='de', n_cpus=1)), asked),
    several=(lambda p: from_texts(label='kinds', label_delim=';'), asked), logs=(lambda p: from_texts(label='price', label_cls=FloatList, log=True), asked),
    pieces=(lambda p: pieces(include_eos=True, mark_fields=True, lang='de', model_type='bpe'), asked),
    own_pieces=(lambda p: pieces(pre_rules=[mine().no_vowels], post_rules=[mine().backwards], char_coverage=.99), asked),
    usual_pieces=(lambda p: changed_rules(), asked),
    table=(lambda p: from_table(), lines), common=(lambda p: filler(fill_strategy=FillStrategy.COMMON, add_col=False), lines),
    constant=(lambda p: filler(fill_strategy=FillStrategy.CONSTANT, fill_val=-3.), lines),
    clipped=(lambda p: from_table([FillMissing, mine().Clip, Categorify, Normalize]), lines),
    price=(lambda p: from_table(y='price', log=True, label_cls=FloatList), lines),
    named=(lambda p: from_table(classes=['yes', 'no']), lines),
    films=(lambda p: ratings([3, 7, 9], ['Alien', 'Brazil', 'Casablanca']), pd.DataFrame(dict(u=[7, 3], i=['Brazil', 'Alien']))),
    codes=(lambda p: ratings(['ann', 'bob'], [101, 202]), pd.DataFrame(dict(u=['bob', 'ann'], i=[202, 999]))),
    one_of=(lambda p: numbers(list('abcabcabc'), classes=['c', 'a', 'b', 'd']), [ItemBase(o) for o in rows[:2]]),
    any_of=(lambda p: numbers(['a,b', 'c', 'b']*3, label_delim=',', classes=['c', 'b', 'a']), [ItemBase(o) for o in rows[:2]]),
    one_hot=(lambda p: numbers([[1, 0, 1], [0, 1, 0], [0, 0, 1]]*3, one_hot=True, classes=['c', 'b', 'a']), [ItemBase(o) for o in rows[:2]]),
    several_numbers=(lambda p: numbers([[1., 2.], [3., 5.], [2., 2.]]*3, FloatList, log=True), [ItemBase(o) for o in rows[:2]]),
)

def answers(learn, items):
    "What `learn` says about `items`: words, and numbers."
    items = [o for _, o in items.iterrows()] if isinstance(items, pd.DataFrame) else items
    if isinstance(learn, LanguageLearner): return [[learn.predict(o, 6, temperature=0)] for o in items]
    return [[str(a), *np.ravel(b.numpy() if isinstance(b, torch.Tensor) else b).tolist(), *c.flatten().tolist()]
            for a, b, c in (learn.predict(o) for o in items)]

def read(folder, name):
    "The answers of the learner in the file of `name`, and of the same learner with the data that were saved beside it."
    learn = load_learner(folder, f'{name}.pkl')
    first = answers(learn, CASES[name][1])
    learn.data = load_data(folder, f'{name}.data', bs=4)
    return first, answers(learn, CASES[name][1])

if __name__ == '__main__':
    importlib.import_module('own_steps')
    print(json.dumps({o: read(Path(sys.argv[1]), o) for o in sys.argv[2:]}))

@pytest.fixture(scope='module')
def told(tmp_path_factory):
    "For each case, the answers here, and those of one fresh process that read them all from files."
    folder = tmp_path_factory.mktemp('reloaded')
    (folder/'own_steps.py').write_text(OWN)
    sys.path.insert(0, str(folder))
    here = {}
    for name, (make, items) in CASES.items():
        set_seed(0)
        (place := folder/name).mkdir()
        learn = make(place)
        learn.path = learn.data.path = folder
        here[name] = answers(learn, items)
        learn.export(f'{name}.pkl')
        learn.data.save(f'{name}.data')
    env = {**os.environ, 'OMP_NUM_THREADS': '1', 'PYTHONPATH': os.pathsep.join([str(folder), *filter(None, sys.path)])}
    there = subprocess.run([sys.executable, __file__, folder, *here], capture_output=True, text=True, env=env, check=False)
    sys.path.remove(str(folder))
    assert there.returncode == 0, there.stderr[-3000:]
    return here, json.loads(there.stdout.splitlines()[-1])

@pytest.mark.parametrize('name', CASES)
def test_same_answers(told, name):
    here, (learner, data) = told[0][name], told[1][name]
    for there in (learner, data):
        for a, b in zip(here, there, strict=True):
            assert len(a) == len(b) and all(x == y or abs(x - y) < 1e-5 for x, y in zip(a, b)), (a, b)
    assert len({str(o[1:]) for o in here}) > 1 or name in ('speaker', 'given'), 'the answers depend on nothing'
