"The program for a graphics card, rehearsed without one: it goes on where it stopped, and says what it lacks."
import json, os, subprocess, sys
from argparse import Namespace
from pathlib import Path
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT/'tools'), str(ROOT/'benchmarks')]
import gpu  # noqa: E402
from bench_page import cuda_cells, page, unrun  # noqa: E402

@pytest.fixture(scope='module')
def home(tmp_path_factory): return tmp_path_factory.mktemp('home')

def program(home, *args, **env):
    "What the program answers; no card is in its sight."
    env = os.environ | dict(CUDA_VISIBLE_DEVICES='', FASTCOURSE_HOME=str(home), **env)
    return subprocess.run([sys.executable, ROOT/'benchmarks'/'gpu.py', *args], capture_output=True, text=True, env=env, timeout=240)

def rehearse(home, *parts): return program(home, '--device', 'cpu', '--quick', '--peer', '', *parts)

# --- what it refuses ---

def test_without_a_card_it_says_so_in_a_sentence(home):
    out = program(home)
    assert (out.returncode, out.stdout, out.stderr) == (2, '', gpu.NO_CARD + '\n')
    assert not list(home.rglob('gpu*'))

def test_figures_of_a_rehearsal_are_not_stored(home):
    out = program(home, '--device', 'cpu', '--store')
    assert out.returncode == 2 and 'not stored' in out.stderr

# --- it goes on where it stopped ---

def test_a_part_that_is_there_is_not_run_again(home):
    first, state = rehearse(home, 'ratings'), home/'benchmarks'/'gpu_cpu_quick.json'
    assert first.returncode == 0 and '=== ratings ===' in first.stdout, first.stderr
    assert gpu.NO_PEER in first.stdout and 'torch' in first.stdout and 'Not run yet: paths, cells, resident' in first.stdout
    assert '| ratings, tiny: time over the bare loop |' in first.stdout and 'ratings/s' in first.stdout
    kept = state.read_bytes()
    again = rehearse(home, 'ratings')
    assert again.returncode == 0 and '===' not in again.stdout and '| ratings, tiny' in again.stdout
    assert state.read_bytes() == kept and list(json.loads(kept)['parts']) == ['ratings']

def test_figures_of_another_machine_do_not_count(tmp_path, capsys):
    file, facts, parts = tmp_path/'new'/'gpu.json', dict(date='2026-01-02', torch='2.6', device='a card'), dict(paths=dict(rows=[], status=0, seconds=1))
    gpu.keep(file, facts, parts)
    assert gpu.known_parts(file, facts | dict(date='2026-01-03')) == parts and not capsys.readouterr().out
    assert gpu.known_parts(file, facts | dict(torch='2.7')) == {} and 'another machine' in capsys.readouterr().out
    assert gpu.known_parts(tmp_path/'none.json', facts) == {} and [o.name for o in file.parent.iterdir()] == ['gpu.json']

def parts_run(monkeypatch, tmp_path, statuses, minutes=9.):
    "The parts that are kept, those that broke off, and the file, if part k ends with `statuses[k]`; 124 has no figures."
    def run_part(part, args, left): return dict(rows=[dict(name='a', value=0.)]*(statuses[part] != 124), status=statuses[part], seconds=1)
    monkeypatch.setattr(gpu, 'run_part', run_part)
    args = Namespace(parts=list(statuses), minutes=minutes, state=tmp_path/'gpu.json')
    return *gpu.run_parts(args, dict(device='a card'), {}), args.state

def test_what_broke_off_is_tried_again(monkeypatch, tmp_path):
    parts, broken, state = parts_run(monkeypatch, tmp_path, dict(paths=0, cells=124, rows=1))
    assert list(parts) == ['paths', 'rows'] and broken == ['cells']  # one with a wrong figure has been measured
    assert json.loads(state.read_text())['parts'] == parts

def test_no_part_begins_when_the_time_is_over(monkeypatch, tmp_path):
    parts, broken, state = parts_run(monkeypatch, tmp_path, dict(paths=0), minutes=.1)
    assert (parts, broken) == ({}, []) and not state.exists()

def test_a_part_has_a_limit(monkeypatch):
    monkeypatch.setitem(gpu.LIMITS, 'rows', .3)
    monkeypatch.setenv('OMP_NUM_THREADS', '1')
    found = gpu.run_part('rows', Namespace(device='cpu', quick=True, peer=None), 60)
    assert found['status'] == 124 and found['rows'] == []

# --- what only a card does, on a processor ---

def notebook(*cells): return json.dumps(dict(cells=[dict(cell_type='code', source=[o]) for o in cells]))

def test_a_cell_that_raises_does_not_stop_the_others(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.on_gpu import cells
    file = tmp_path/'one.ipynb'
    file.write_text(notebook('x = 1', '1/0', '#| cuda\nassert x == 2', '#| slow\nboom', "#| eval: false\nboom", "assert x == 1"))
    assert list(cells.wrong(file, True)) == [(1, 'ZeroDivisionError'), (2, 'AssertionError')]
    assert 'one.ipynb, cell 2' in capsys.readouterr().err
    assert list(cells.wrong(file, False)) == [(1, 'ZeroDivisionError')]


def test_the_paths_are_right(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.on_gpu import paths
    for f in (paths.copies, paths.out_of_memory, paths.transforms, paths.moved, paths.taken_away): f('cpu', True)


# --- the page ---

def test_the_page_names_the_cells_that_no_card_has_run(tmp_path):
    (tmp_path/'nbs').mkdir()
    (tmp_path/'nbs'/'one.ipynb').write_text(notebook('#| cuda\nx = 1', 'x = 2', "device = 'cuda'"))
    (tmp_path/'nbs'/'two.ipynb').write_text(notebook('#| cuda\nx = 1', '#| cuda\nx = 2'))
    (tmp_path/'nbs'/'three.ipynb').write_text(notebook("y = '#| cuda'"))
    assert {k.stem: n for k, n in cuda_cells(tmp_path).items()} == dict(one=1, two=2)
    assert '1 in one, 2 in two.' in page(tmp_path)
    def figures(*names): return dict(gpu=dict(figures=[dict(name=o) for o in names]))
    assert '1 in one.' in unrun(tmp_path, figures('cells: two, 2 cells')) and '2 in two' in unrun(tmp_path, figures('cells: two, 1 cells'))
    assert unrun(tmp_path, figures('cells: one, 1 cells', 'cells: two, 2 cells')) == ''
