"Unpacking, with what a notebook cell cannot do: two processes at once, a process killed half way."
import io, os, random, resource, signal, subprocess, sys, tarfile, time
from importlib.util import find_spec
from pathlib import Path
import pytest

pytestmark = pytest.mark.skipif(not find_spec('fastcourse.datasets'), reason='no fastcourse.datasets yet')
FILES, FOLDERS, BIG = 6000, 20, 2_000_000

# says that it is ready, waits for the file `go`, then unpacks
PROGRAM = '''
import sys, time
from pathlib import Path
from fastcourse.datasets import untar_data
here = Path(sys.argv[1])
(here/f'ready{sys.argv[2]}').touch()
while not (here/'go').exists(): time.sleep(.002)
print(untar_data('things'))
'''

@pytest.fixture
def place(tmp_path):
    "A folder with an archive of small files in its mirror, and an empty home."
    (tmp_path/'mirror').mkdir()
    rng = random.Random(0)
    with tarfile.open(tmp_path/'mirror/things.tgz', 'w:gz', compresslevel=1) as t:
        for i in range(FILES):
            info = tarfile.TarInfo(f'things/{i%FOLDERS}/{i}.txt')
            text = rng.randbytes(600)
            info.size = len(text)
            t.addfile(info, io.BytesIO(text))
        info = tarfile.TarInfo('things/0/big.bin')
        info.size = BIG
        t.addfile(info, io.BytesIO(bytes(BIG)))
    return tmp_path

def small_files_only(): resource.setrlimit(resource.RLIMIT_FSIZE, (BIG//2, BIG//2))

def start(place, n=0, before=None):
    "A process that is ready to unpack; `before` runs in it first."
    env = {**os.environ, 'FASTCOURSE_HOME': str(place/'home'), 'FASTCOURSE_MIRROR': str(place/'mirror')}
    p = subprocess.Popen([sys.executable, '-c', PROGRAM, str(place), str(n)], env=env, cwd=place, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=before)
    end = time.time() + 60
    while not (place/f'ready{n}').exists():
        assert p.poll() is None and time.time() < end, p.communicate()[1]
        time.sleep(.01)
    return p

def finish(p):
    "Wait for a process that must succeed; the folder that it printed."
    out, err = p.communicate(timeout=120)
    assert p.returncode == 0, err[-2000:]
    return Path(out.splitlines()[-1])

def texts(folder): return sum(f.endswith('.txt') for _, _, fs in os.walk(folder) for f in fs)

def is_whole(folder):
    return (sorted(o.name for o in folder.iterdir()) == sorted(map(str, range(FOLDERS))) and texts(folder) == FILES
            and all(f.stat().st_size == 600 for f in folder.rglob('*.txt')))

def leftovers(place, folder):
    "What lies beside the unpacked folder that holds unpacked files."
    return [o.name for o in folder.parent.iterdir() if o != folder and o.is_dir() and texts(o)]

def test_two_processes_at_once(place):
    ps = [start(place, n) for n in range(2)]
    (place/'go').touch()
    a, b = map(finish, ps)
    assert a == b and is_whole(a)
    assert texts(place/'home') == FILES and leftovers(place, a) == []

def test_killed_half_way(place):
    p = start(place)
    (place/'go').touch()
    end = time.time() + 60
    while texts(place/'home') < 50:
        assert time.time() < end, 'nothing was unpacked'
    p.send_signal(signal.SIGKILL)
    p.communicate()
    assert p.returncode == -signal.SIGKILL, 'it was done before it could be killed'
    assert texts(place/'home') < FILES, 'it was done before it could be killed'
    assert not (place/'home/data/things').exists(), 'a half-unpacked folder'
    folder = finish(start(place, 1))
    assert is_whole(folder) and leftovers(place, folder) == []

def test_a_broken_archive_leaves_nothing(place):
    whole = (place/'mirror/things.tgz').read_bytes()
    (place/'mirror/things.tgz').write_bytes(whole[:len(whole)//2])
    (place/'go').touch()
    p = start(place)
    err = p.communicate(timeout=60)[1]
    assert p.returncode and 'things.tgz' in err
    assert not (place/'home/data/things').exists() and texts(place/'home') == 0
    (place/'mirror/things.tgz').write_bytes(whole)
    assert is_whole(finish(start(place, 1)))

def test_writing_fails_half_way(place):
    "A limit on the size of a file stands in for a full disk: the system refuses to write on."
    (place/'go').touch()
    p = start(place, before=small_files_only)
    err = p.communicate(timeout=60)[1]
    assert p.returncode and 'things' in err.splitlines()[-1], err[-500:]
    assert not (place/'home/data/things').exists() and texts(place/'home') == 0
    assert is_whole(finish(start(place, 1)))
