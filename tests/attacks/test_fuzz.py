"""Files that were damaged or forged, 2,000 of them with a fixed seed: each is refused with a clear error, or read as it was written.

Never: other weights or answers in silence, code, a crash, more than ten seconds, more than 500 MB. `python -m pytest tests/attacks -s` prints the counts.
"""
import json, os, pickle, random, shutil, tarfile, tempfile, warnings, zipfile
from collections import Counter
from pathlib import Path
import numpy as np, pandas as pd, pytest, torch
from fastcourse.tabular import *
from fastcourse.archives import make_folder, unpack
from fastcourse.datasets import untar_data
from fastcourse.export import load_data, read_parts, write_parts
from fastcourse.files import limits
from fastcourse.torch_core import defaults
from child import attempt, attempts

N = {'export': 500, 'weights': 400, 'state': 300, 'data': 300, 'archive': 300, 'description': 200}
BAD = 'HANG', 'MEMORY', 'CRASH', 'CODE', 'CHANGED'

@pytest.fixture(scope='module')
def place():
    "A folder with one good file of each kind."
    folder = Path(tempfile.mkdtemp())
    defaults.silent = True
    learn = make_learner(folder)
    learn.fit(1, 1e-2)
    learn.save('good')
    learn.save_state('state')
    learn.export('good.pkl')
    learn.data.save('data.pkl')
    files = folder/'set'
    files.mkdir()
    rng = random.Random(0)
    for i in range(4): (files/f'{i}.bin').write_bytes(rng.randbytes(2000))
    with tarfile.open(folder/'set.tgz', 'w:gz') as tar: tar.add(files, 'set')
    yield folder
    shutil.rmtree(folder)

def frame(n=60):
    r = np.random.RandomState(0)
    return pd.DataFrame(dict(color=r.choice(['red', 'green', 'blue'], n), age=r.normal(40, 10, n), y=r.choice(['no', 'yes'], n)))

def make_learner(folder):
    torch.manual_seed(0)
    data = TabularDataBunch.from_df(folder, frame(), 'y', range(48, 60), procs=[FillMissing, Categorify, Normalize], cat_names=['color'],
                                    cont_names=['age'], num_workers=0, bs=16)
    learn = tabular_learner(data, layers=[8])
    learn.path = folder
    return learn

# --- ways to spoil bytes ---

def flip(raw, rng):
    raw = bytearray(raw)
    for _ in range(rng.choice([1, 1, 1, 5, 50])): raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    return bytes(raw)
def cut(raw, rng): return raw[:rng.randrange(len(raw))]
def blank(raw, rng):
    a = rng.randrange(len(raw))
    return raw[:a] + bytes(min(len(raw) - a, rng.choice([1, 16, 512]))) + raw[a + 512:]
def twice(raw, rng):
    a = rng.randrange(len(raw))
    return raw[:a] + raw[a//2:]
def spoil(raw, rng): return rng.choice([flip, flip, flip, cut, blank, twice])(raw, rng)

# --- ways to forge a description ---

ODD = [None, True, -1, 0, 10**6, 10**18, 1e308, float('inf'), '', 'A'*10**6, '\x1b]0;x\x07', [], {}, [[]]*3, {'$': 'name', 'of': 'vision.create_body'},
       {'$': 'text.Tokenizer', 'tok_func': {'$': 'name', 'of': 'nn.Linear'}}, {'$': 'nn.Linear', 'in_features': 10**6, 'out_features': 10**6}, '/etc/passwd',
       '/dev/zero', '../../outside', {'$': 'tensor', 'shape': [10**5, 10**5], 'dtype': 'float32', 'of': ''}]

def spots(o, path=()):
    "The places of everything in a description."
    for k, v in (o.items() if isinstance(o, dict) else enumerate(o) if isinstance(o, list) else ()):
        yield (*path, k)
        yield from spots(v, (*path, k))

def forge(told, rng):
    told = json.loads(json.dumps(told))
    for _ in range(rng.choice([1, 1, 2])):
        *way, last = rng.choice(list(spots(told)))
        at = told
        for k in way: at = at[k]
        if rng.random() < .2: del at[last]
        elif rng.random() < .1: at[last] = [at[last]]*rng.choice([2, 1000, 10**5])
        else: at[last] = rng.choice(ODD)
    return told

# --- reading, in a child ---

def weights_of(model): return torch.cat([o.float().flatten() for o in model.state_dict().values()])

def same(a, b): return 'same' if a.shape == b.shape and torch.equal(a, b) else 'CHANGED'

def run(kind, place, n, make, read, allow=('ValueError', 'FileNotFoundError', 'IsADirectoryError', 'UnpicklingError', 'DamagedFile', 'LimitError')):
    "Spoil `n` times, read, and count; the test fails with the first of each wrong kind."
    rng, counts, wrong = random.Random(1), Counter(), {}
    for first in range(0, n, 10):
        cases = range(first, min(first + 10, n))
        files = [(o := make(rng, i)).replace(o.with_stem(f'{o.stem}-{i}')) for i in cases]
        for i, said in zip(cases, attempts([read(o) for o in files])):
            word = said.split(':')[0]
            counts[word] += 1
            if word in BAD or word not in ('same', 'other', *allow): wrong.setdefault(word, f'case {i}: {said[:300]}')
        for o in files: o.unlink()
    print(f'\n{kind}: {dict(counts)}')
    assert not wrong, '\n'.join(f'{kind}: {k}: {v}' for k, v in wrong.items())

def spoiled(good, folder):
    raw = good.read_bytes()
    def make(rng, i):
        bad = folder/f'bad{good.suffix}'
        bad.write_bytes(spoil(raw, rng))
        return bad
    return make

def test_exported_learners(place):
    want = weights_of(load_learner(place, 'good.pkl').model)
    def read(file): return lambda: same(want, weights_of(load_learner(place, file.name).model))
    run('export', place, N['export'], spoiled(place/'good.pkl', place), read)

def test_saved_weights(place):
    learn, folder = make_learner(place), place/'models'
    want = weights_of(make_learner(place).load('good').model)
    def read(file): return lambda: same(want, weights_of(learn.load(file.stem).model))
    run('weights', place, N['weights'], spoiled(folder/'good.pth', folder), read)

def test_saved_states(place):
    "A training goes on from a state; what comes out is what comes out of the good one."
    def go_on(name):
        learn = make_learner(place)
        learn.fit(2, 1e-2, resume=name)
        return weights_of(learn.model)
    want = go_on('state')
    def read(file): return lambda: same(want, go_on(file.stem))
    run('state', place, N['state'], spoiled(place/'models'/'state.pth', place/'models'), read)

def test_saved_data(place):
    def batch(name): return torch.cat([o.float().flatten() for o in (*load_data(place, name, num_workers=0).one_batch(DatasetType.Valid)[0], )])
    want = batch('data.pkl')
    def read(file): return lambda: same(want, batch(file.name))
    run('data', place, N['data'], spoiled(place/'data.pkl', place), read)

def test_archives(place):
    good = {o.name: o.read_bytes() for o in (place/'set').iterdir()}
    def read(file):
        def f():
            dest = Path(tempfile.mkdtemp(dir=place))
            got = {o.name: o.read_bytes() for o in untar_data('set', fname=file, dest=dest/'out').iterdir()}
            return 'same' if got == good else 'CHANGED'
        return f
    run('archive', place, N['archive'], spoiled(place/'set.tgz', place), read)

def test_forged_descriptions(place):
    "What a forged file asks for is refused, or does no harm."
    parts = read_parts(place/'good.pkl')
    told = json.loads(parts['learner.json'])
    def make(rng, i):
        text = json.dumps(forge(told, rng)).encode()
        return write_parts(place/'forged.pkl', {**parts, 'learner.json': text})
    def read(file):
        def f():
            learn = load_learner(place, file.name)
            learn.predict(frame().iloc[0])
            return 'other'
        return f
    run('description', place, N['description'], make, read, ('ValueError', 'FileNotFoundError', 'TypeError', 'KeyError', 'DamagedFile', 'LimitError'))

# --- small files that ask for much ---

LINEAR = {'$': 'nn.Linear', 'in_features': 20_000, 'out_features': 20_000}
MUCH = dict(loss=dict(loss=LINEAR), model=dict(model=LINEAR), placed=dict(model={**LINEAR, 'device': 'cpu'}),
            lstm=dict(model={'$': 'text.AWD_LSTM', 'vocab_sz': 2, 'emb_sz': 1, 'n_hid': 1, 'n_layers': 10**7}),
            wide=dict(model={'$': 'vision.WideResNet', 'num_groups': 1, 'N': 10**6, 'num_classes': 2}),
            deep=dict(loss=[[]]), quotes=dict(loss='"'*10**6))

@pytest.mark.parametrize('name', MUCH)
def test_much_is_asked_for(name, place):
    "In a description: refused within the limits for time and memory."
    parts = read_parts(place/'good.pkl')
    text = json.dumps(json.loads(parts['learner.json']) | MUCH[name]).encode()
    if name == 'deep': text = text.replace(b'[[]]', b'['*10**6 + b']'*10**6)
    write_parts(place/'much.pkl', {**parts, 'learner.json': text})
    said = attempt(lambda: load_learner(place, 'much.pkl') and 'read')
    assert said.split(':')[0] in ('ValueError', 'LimitError') and 'much.pkl' in said and len(said) < 3000, said[:500]

class Bytes:
    def __reduce__(self): return bytearray, (10**10,)

def repack(file, compressed=None, pickled=None, names=0):
    "The zip `file` again: a member blown up and compressed, another pickle, or more members."
    with zipfile.ZipFile(file) as z: members = {o: z.read(o) for o in z.namelist()}
    with warnings.catch_warnings(), zipfile.ZipFile(file.with_name('odd.pth'), 'w') as z:
        warnings.simplefilter('ignore')
        for o, data in members.items():
            if compressed and o.endswith('data/0'): z.writestr(o, bytes(compressed), zipfile.ZIP_DEFLATED)
            else: z.writestr(zipfile.ZipInfo(o), pickled if pickled and o.endswith('data.pkl') else data)
        for _ in range(names): z.writestr(zipfile.ZipInfo('archive/more'), b'')

@pytest.mark.parametrize('how', [dict(compressed=2**30), dict(pickled=pickle.dumps(dict(model=Bytes()), 2)), dict(names=20_000)], ids=lambda o: next(iter(o)))
def test_odd_weights(how, place):
    "In a file of weights."
    repack(place/'models'/'good.pth', **how)
    learn = make_learner(place)
    said = attempt(lambda: learn.load('odd') and 'read')
    assert said.split(':')[0] in ('ValueError', 'UnpicklingError') and 'odd.pth' in said, said[:500]

def test_only_files_are_opened(place):
    "No pipes, which would make a reader wait."
    learn = make_learner(place)
    os.mkfifo(place/'models'/'pipe.pth')
    for f in (lambda: learn.load('pipe'), lambda: load_learner(place/'models', 'pipe.pth'), lambda: load_data(place/'models', 'pipe.pth'),
              lambda: learn.save('pipe'), lambda: unpack(place/'models'/'pipe.pth', place/'out')):
        assert 'is a named pipe' in (said := attempt(f)), said

def test_planted_links(tmp_path):
    "What a link with the name of a temporary file leads to is not written to."
    precious = tmp_path/'precious.txt'
    precious.write_text('precious')
    learn = make_learner(tmp_path)
    (tmp_path/'models').mkdir()
    for o in (tmp_path/'models'/'m.pth.part', tmp_path/'models'/'.m.pth.part', tmp_path/'.set.lock'): o.symlink_to(precious)
    learn.save('m')
    with pytest.raises(OSError): make_folder(tmp_path/'set', lambda o: (o/'a').touch())
    assert precious.read_text() == 'precious' and not (tmp_path/'models'/'m.pth').is_symlink()

def test_bomb_in_an_archive(tmp_path):
    "What comes out is counted while it comes."
    with tarfile.open(tmp_path/'bomb.tgz', 'w:gz', compresslevel=1) as tar:
        info = tarfile.TarInfo('bomb/zeros')
        info.size = 3*10**8
        tar.addfile(info, open('/dev/zero', 'rb'))
    limits.unpacked, before = 10**6, limits.unpacked
    said = attempt(lambda: unpack(tmp_path/'bomb.tgz', tmp_path/'out'))
    limits.unpacked = before
    assert said.startswith('LimitError') and sum(o.stat().st_size for o in (tmp_path/'out').rglob('*')) < 2*10**8, said
