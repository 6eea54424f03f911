"""Several processes that write one file, and writers that are killed: a reader finds the old file or the new one, whole.

Each writer changes all the weights to one number, so that a mixture of two saves would show.
"""
import json, os, random, signal, time
from pathlib import Path
import numpy as np, pandas as pd, pytest, torch
from child import launch
from test_fuzz import make_learner
from fastcourse.callbacks.csv_logger import CSVLogger
from fastcourse.callbacks.tracker import SaveModelCallback
from fastcourse.checkpoint import SaveStateCallback, _read
from fastcourse.export import load_data, load_learner
from fastcourse.files import of_one_moment, read_zip
from fastcourse.text import AWD_LSTM, TextLMDataBunch, TokenLists, Vocab, language_model_learner
from fastcourse.torch_core import defaults

def fill(learn, number):
    with torch.no_grad():
        for o in learn.model.parameters(): o.fill_(number)
    return learn

def numbers(model): return {float(o.flatten()[0]) for o in model.parameters()} | {float(o.flatten()[-1]) for o in model.parameters()}

class Kind:
    "A kind of file: how it is written from a learner whose weights are `number`, and the numbers found in it."
    def __init__(self, name, write, read): self.name, self.write, self.read = name, write, read
    def __repr__(self): return self.name

KINDS = [
    Kind('save', lambda learn: learn.save('m'), lambda learn: numbers(learn.load('m', with_opt=False).model)),
    Kind('save_state', lambda learn: learn.save_state('m'), lambda learn: numbers(learn.load('m', with_opt=False).model)),
    Kind('export', lambda learn: learn.export('m.pkl'), lambda learn: numbers(load_learner(learn.path, 'm.pkl').model)),
    Kind('data', lambda learn: learn.data.save('m.pkl'), lambda learn: {load_data(learn.path, 'm.pkl', num_workers=0).c and 1.}),
]

@pytest.fixture
def learn(tmp_path):
    defaults.silent = True
    learn = make_learner(tmp_path)
    learn.data.path = tmp_path
    learn.fit(1, 1e-3)
    return learn

def last_words(pid, r):
    with os.fdopen(r, 'rb') as f: said = f.read().decode()
    os.waitpid(pid, 0)
    return said

def leftovers(folder): return sorted(str(o.relative_to(folder)) for o in folder.rglob('*') if o.is_file() and ('part' in o.name or o.name.startswith('.')))

@pytest.mark.parametrize('kind', KINDS, ids=str)
def test_two_writers_and_a_reader(kind, learn):
    kind.write(fill(learn, 1.))
    def writes(number):
        def f():
            for _ in range(40): kind.write(fill(learn, number))
            return 'ok'
        return f
    def reads():
        found = [kind.read(learn) for _ in range(60)]
        bad = [o for o in found if len(o) != 1 or not o <= {1., 2.}]
        return 'ok' if not bad else f'found {bad[0]}'
    assert [last_words(*o) for o in [launch(writes(1.)), launch(writes(2.)), launch(reads)]] == ['ok']*3
    assert leftovers(learn.path) == []

@pytest.mark.parametrize('kind', KINDS, ids=str)
def test_killed_at_any_moment(kind, learn):
    rng = random.Random(0)
    kind.write(fill(learn, 1.))
    fill(learn, 2.)
    start = time.perf_counter()
    for _ in range(3): kind.write(learn)
    takes = (time.perf_counter() - start)/3
    for i in range(40):
        def forever():
            while True: kind.write(learn)
        pid, r = launch(forever)
        time.sleep(rng.uniform(0, 3*takes))
        os.kill(pid, signal.SIGKILL)
        last_words(pid, r)
        assert len(found := kind.read(learn)) == 1 and found <= {1., 2.}
        fill(learn, 2.)
    kind.write(learn)
    assert leftovers(learn.path) == []

# --- writers that need no learner of tables: each writes what stands for `n`, 1 or 2, and reads which of them it finds ---

def words(n): return [f'{(None, "one", "two")[n]}{chr(97 + i//26)}{chr(97 + i%26)}' for i in range(500)]

def language_learner(folder, n):
    "A small language model whose words and weights show `n`."
    defaults.silent = True
    texts = pd.DataFrame(dict(label=['a']*20, text=[' '.join(np.random.RandomState(i).permutation(words(n)[:30])) for i in range(20)]))
    data = TextLMDataBunch.from_df(folder, texts.iloc[:15], texts.iloc[15:], text_cols='text', label_cols='label', bs=4, bptt=10, num_workers=0, min_freq=1)
    learn = language_model_learner(data, AWD_LSTM, config=dict(emb_sz=8 + n, n_hid=8, n_layers=1), pretrained=False)
    learn.path = Path(folder)
    return fill(learn, float(n))

def of_words(itos): return {dict(one=1, two=2)[o[:3]] for o in itos if o[:3] in ('one', 'two')}

class Writer:
    def __init__(self, name, make, write, read): self.name, self.make, self.write, self.read = name, make, write, read
    def __repr__(self): return self.name

def read_encoder(folder, made):
    kept = _read(folder/'models'/'e.pth')
    return of_words(kept['itos']) | {int(o.flatten()[0]) for o in kept['model'].values()}

def read_pretrained(folder, made):
    "The numbers of a model that starts from the folder: its words, sizes and weights have to be of one moment."
    place = folder/'models'/'p'
    def look(): return read_zip(place/'weights.pth', ['archive/itos.json', 'archive/config.json']), _read(place/'weights.pth')
    inside, weights = of_one_moment(place/'weights.pth', look)
    sizes = {json.loads(inside['archive/config.json'])['config']['emb_sz'] - 8, weights['0.encoder.weight'].shape[1] - 8}
    return of_words(json.loads(inside['archive/itos.json'])) | {int(o.flatten()[0]) for o in weights.values()} | sizes

def pieces(folder, n):
    pytest.importorskip('sentencepiece')
    from fastcourse.text.sentencepiece import SPProcessor
    p = SPProcessor(vocab_sz=40 + n, n_cpus=1)
    p.set_model(p.learn([[f'a good film about a dog, the bad movie of a cat {i}' for i in range(100)]]))
    return p

def read_pieces(folder, made):
    from fastcourse.text.sentencepiece import SPProcessor
    return {len(SPProcessor.load(folder).vocab) - len(made[1].vocab) + 1}

WRITERS = [
    Writer('vocabulary', lambda folder, n: Vocab(words(n)), lambda o, folder: o.save(folder/'v.json'),
           lambda folder, made: of_words(Vocab.load(folder/'v.json').itos)),
    Writer('tokens', lambda folder, n: TokenLists.of([[o] for o in words(n)]), lambda o, folder: o.save(folder/'t.tokens'),
           lambda folder, made: of_words(o[0] for o in TokenLists.load(folder/'t.tokens'))),
    Writer('pieces', pieces, lambda o, folder: o.save(folder), read_pieces),
    Writer('encoder', language_learner, lambda o, folder: o.save_encoder('e'), read_encoder),
    Writer('pretrained', language_learner, lambda o, folder: o.save_pretrained('p'), read_pretrained),
]

@pytest.mark.parametrize('writer', WRITERS, ids=str)
def test_other_files(writer, tmp_path):
    "Two writers and a reader, then forty writers that are killed."
    made = {n: writer.make(tmp_path, n) for n in (1, 2)}
    writer.write(made[1], tmp_path)
    def writes(n):
        def f():
            for _ in range(40): writer.write(made[n], tmp_path)
            return 'ok'
        return f
    def reads():
        found = [writer.read(tmp_path, made) for _ in range(40)]
        return 'ok' if all(o in ({1}, {2}) for o in found) else f'found {found}'
    assert [last_words(*o) for o in [launch(writes(1)), launch(writes(2)), launch(reads)]] == ['ok']*3
    start = time.perf_counter()
    writer.write(made[2], tmp_path)
    takes, rng = time.perf_counter() - start, random.Random(0)
    for i in range(40):
        def forever():
            while True: writer.write(made[1 + i%2], tmp_path)
        pid, r = launch(forever)
        time.sleep(rng.uniform(0, 3*takes))
        os.kill(pid, signal.SIGKILL)
        last_words(pid, r)
        assert writer.read(tmp_path, made) in ({1}, {2})
    writer.write(made[1], tmp_path)
    assert leftovers(tmp_path) == []

def test_two_trainings_in_one_folder(tmp_path):
    "Both finish, although both save under the same names; their logs are two files."
    def train():
        learn = make_learner(tmp_path)
        learn.fit(6, 1e-3, callbacks=[SaveStateCallback(learn), SaveModelCallback(learn, every='epoch'), CSVLogger(learn)])
        return 'ok'
    for _ in range(2): assert [last_words(*o) for o in [launch(train), launch(train)]] == ['ok']*2
    assert leftovers(tmp_path) == []
    assert [len(pd.read_csv(o)) for o in tmp_path.glob('*.csv')] == [6]*4
