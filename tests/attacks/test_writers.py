"""Several processes that write one file, and writers that are killed: a reader finds the old file or the new one, whole.

Each writer changes all the weights to one number, so that a mixture of two saves would show.
"""
import os, random, signal, time
import pytest, torch
from test_fuzz import make_learner
from fastcourse.export import load_data, load_learner
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

def child(f):
    "A process that runs `f`; its pid, and the end of a pipe with its last words."
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        try: said = str(f())
        except BaseException as e: said = f'{type(e).__name__}: {e}'  # noqa: BLE001  what it was is the result
        os.write(w, said.encode()[:4000])
        os._exit(0)
    os.close(w)
    return pid, r

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
    assert [last_words(*o) for o in [child(writes(1.)), child(writes(2.)), child(reads)]] == ['ok']*3
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
        pid, r = child(forever)
        time.sleep(rng.uniform(0, 3*takes))
        os.kill(pid, signal.SIGKILL)
        last_words(pid, r)
        assert len(found := kind.read(learn)) == 1 and found <= {1., 2.}
        fill(learn, 2.)
    kind.write(learn)
    assert leftovers(learn.path) == []

def test_two_trainings_in_one_folder(tmp_path):
    "Both finish, although both save under the same name."
    from fastcourse.checkpoint import SaveStateCallback
    def train():
        learn = make_learner(tmp_path)
        learn.fit(6, 1e-3, callbacks=[SaveStateCallback(learn)])
        return 'ok'
    for _ in range(4): assert [last_words(*o) for o in [child(train), child(train)]] == ['ok']*2
    assert leftovers(tmp_path) == []
