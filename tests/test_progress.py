"What training prints: into a pipe, on a terminal, and when it is told to be silent."
import os, pty, re, subprocess, sys
from importlib.util import find_spec
import pytest

READY = all(find_spec('fastcourse') and find_spec(f'fastcourse.{o}') for o in ('basic_train', 'datasets')) and find_spec('fastcourse.vision')
pytestmark = pytest.mark.skipif(not (READY and READY.origin), reason='no fastcourse.vision yet')

PROGRAM = '''
from fastcourse.vision import *
data = ImageDataBunch.from_folder(toy_digits(), size=28, bs=64, num_workers=0)
Learner(data, simple_cnn((3,16,16,10)), metrics=accuracy, silent={}).fit(2)
'''
EPOCH = re.compile(r'^\s*([01])((?:\s+\d+\.\d+){3})\s+\d+:\d+\s*$', re.M)  # epoch, two losses, accuracy, time

@pytest.fixture(scope='module')
def env(tmp_path_factory):
    "A home of its own, with the toy data made, so that only training prints."
    home = tmp_path_factory.mktemp('home')
    env = {**os.environ, 'FASTCOURSE_HOME': str(home), 'OMP_NUM_THREADS': '1', 'MPLBACKEND': 'agg', 'TERM': 'xterm', 'COLUMNS': '100'}
    for name in ('IN_TEST', 'CI'): env.pop(name, None)
    subprocess.run([sys.executable, '-c', 'from fastcourse.datasets import toy_digits; toy_digits()'], env=env, check=True, capture_output=True)
    return env

def in_pipe(env, silent):
    r = subprocess.run([sys.executable, '-c', PROGRAM.format(silent)], env=env, capture_output=True, text=True, timeout=240)
    assert r.returncode == 0, r.stderr[-2000:]
    return r.stdout, r.stderr

def on_terminal(env):
    "What reaches the screen of a pseudo-terminal."
    ours, theirs = pty.openpty()
    p = subprocess.Popen([sys.executable, '-c', PROGRAM.format(False)], env=env, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True)
    os.close(theirs)
    seen = b''
    while True:
        try: part = os.read(ours, 4096)
        except OSError: break  # the other end was closed
        if not part: break
        seen += part
    os.close(ours)
    assert p.wait(timeout=240) == 0, seen[-2000:]
    return seen.decode()

def test_pipe_gets_one_line_per_epoch(env):
    out, err = in_pipe(env, False)
    assert [m[0] for m in EPOCH.findall(out)] == ['0', '1'], out
    assert '\r' not in out and '\x1b' not in out
    lines = [o for o in out.splitlines() if o.strip()]
    assert len(lines) <= 3 and all(o in lines[0] for o in ('epoch', 'train_loss', 'valid_loss', 'accuracy', 'time')), out
    assert err.strip() == ''

def test_silent_prints_nothing(env): assert in_pipe(env, True) == ('', '')

def test_terminal_gets_a_bar_and_keeps_the_table(env):
    out = on_terminal(env)
    assert '\r' in out.replace('\r\n', '\n'), 'no bar was drawn'
    left = [re.sub(r'\x1b\[[0-9;?]*[A-Za-z]', '', line.rstrip('\r').rsplit('\r', 1)[-1]) for line in out.split('\n')]
    assert [m[0] for m in EPOCH.findall('\n'.join(left))] == ['0', '1'], left
