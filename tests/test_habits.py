"What strangers expect of a project: versions that agree, links that open a lesson, a list of changes, measurements that run."
import json, re, subprocess, sys
from configparser import ConfigParser
from pathlib import Path
from types import ModuleType
from urllib.parse import parse_qs, unquote, urlsplit
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT/'tools'), str(ROOT/'benchmarks')]
from bench_page import page  # noqa: E402
from launch import is_launch, launched, without_launch  # noqa: E402
from nbdev.config import get_config  # noqa: E402

CONFIG = ConfigParser(delimiters=['='])
CONFIG.read(ROOT/'settings.ini', encoding='utf-8')
CONFIG = CONFIG['DEFAULT']
LESSONS = sorted((ROOT/'nbs'/'lessons').glob('*.ipynb'))

def text(name): return (ROOT/name).read_text(encoding='utf-8')

# --- one version, and what it changed ---

def test_the_version_is_the_same_everywhere():
    import fastcourse
    newest = re.search(r'^## (\S+) \((\d{4}-\d\d-\d\d)\)$', text('CHANGELOG.md'), re.M)
    assert newest[1] == CONFIG['version'] == fastcourse.__version__ == re.search(r'^version: (\S+)$', text('CITATION.cff'), re.M)[1]
    assert newest[2] == re.search(r'^date-released: (\S+)$', text('CITATION.cff'), re.M)[1]

def test_changes_are_listed_newest_first():
    found = re.findall(r'^## (\d+)\.(\d+)\.(\d+) \((\S+)\)$', text('CHANGELOG.md'), re.M)
    versions, dates = [tuple(map(int, o[:3])) for o in found], [o[3] for o in found]
    assert len(found) >= 2 and versions == sorted(versions, reverse=True) and dates == sorted(dates, reverse=True)

def test_security_names_the_address_and_what_is_there():
    from fastcourse import export, text as texts, vision
    page = text('SECURITY.md')
    assert CONFIG['author_email'] in page
    names = set(re.findall(r'`(\w+)[`(]', page)) & {'load_learner', 'load_data', 'untar_data', 'download_data'}
    assert len(names) == 4 and all(hasattr(vision, o) or hasattr(export, o) or hasattr(texts, o) for o in names)

def test_the_line_for_versions_runs():
    line = re.search(r'`python -c "(.*)"`', text('.github/ISSUE_TEMPLATE/bug.yml'))[1]
    out = subprocess.run([sys.executable, '-c', line], capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert CONFIG['version'] in out.stdout, out.stderr

# --- the lessons have an order ---

def test_each_lesson_has_its_place():
    order = text('nbs/lessons/order.txt').split()
    assert sorted(order) == [o.stem for o in LESSONS] and len(set(order)) == len(order)
    numbers = [int(o.partition('_')[0]) for o in order]
    assert numbers == sorted(numbers)
    assert next(o for o in order if o.startswith('1')) == '1_pets'  # what ./run lesson 1 shows

# --- lessons that open elsewhere ---

@pytest.mark.parametrize('file', LESSONS, ids=lambda o: o.stem)
def test_a_lesson_opens_in_colab_and_binder(file):
    nb, name = json.loads(file.read_text(encoding='utf-8')), file.relative_to(ROOT).as_posix()
    assert nb == launched(nb, name, get_config()), 'run python tools/launch.py'
    colab, binder = re.findall(r'\]\((https://\S+)\)', ''.join(nb['cells'][1]['source']))
    assert urlsplit(colab).path == f'/github/fastcourse/fastcourse/blob/main/{name}' and 'colab' in urlsplit(colab).netloc
    assert parse_qs(urlsplit(binder).query) == {'labpath': [name]} and unquote(urlsplit(binder).path) == '/v2/gh/fastcourse/fastcourse/main'
    assert [is_launch(c) for c in nb['cells'][:4]] == [False, True, True, False]

def test_the_cell_installs_in_colab_alone(monkeypatch):
    source, asked = ''.join(json.loads(LESSONS[0].read_text(encoding='utf-8'))['cells'][2]['source']), []
    class Shell:
        def run_line_magic(self, name, line): asked.append((name, line))
    exec(source, {'get_ipython': Shell})
    assert asked == []
    monkeypatch.setitem(sys.modules, 'google.colab', ModuleType('google.colab'))
    exec(source, {'get_ipython': Shell})
    assert asked == [('pip', f"install -q git+{CONFIG['git_url']}")]

def test_binder_installs_this_checkout():
    lines = [o for o in text('binder/requirements.txt').splitlines() if not o.startswith(('#', '--'))]
    assert lines == ['.'] and text('binder/runtime.txt').strip() == f"python-{CONFIG['min_python']}"

def test_pages_leave_the_cells_out():
    import nbformat
    from docs_src import Page
    page = Page(LESSONS[0])
    shown = [''.join(c['source']) for c in page.cells]
    assert any('colab.research.google.com' in o for o in shown) and not any('run_line_magic' in o for o in shown)
    kept = without_launch(nbformat.read(LESSONS[0], 4)).cells
    assert len(kept) == len(nbformat.read(LESSONS[0], 4).cells) - 2 and not any('colab' in c.source for c in kept)
    assert 'without_launch(' in text('tools/lesson.py')

# --- README and the site ---

def test_badges_are_in_readme_alone():
    pictures = re.findall(r'!\[[^\]]+\]\((https?://[^)]+)\)', text('README.md'))
    assert len(pictures) == 4 and any('ci.yml' in o for o in pictures) and any(CONFIG['min_python'] in o for o in pictures)
    for file in (ROOT/'nbs').rglob('*.ipynb'):
        cells = json.loads(file.read_text(encoding='utf-8'))['cells']
        assert not [c['id'] for c in cells if re.search(r'!\[[^\]]*\]\(https?:', ''.join(c['source']))], file

# --- measurements ---

def test_every_kind_of_work_is_known():
    import run
    assert len(run.KINDS) >= 15 and set(run.LONG) < set(run.KINDS)
    for kind in run.KINDS:
        folder = ROOT/'benchmarks'/kind
        assert {f.name for f in folder.glob('*.py')} <= {'ours.py', 'peer.py', 'bare.py'}
        ours = (folder/'ours.py').read_text(encoding='utf-8')
        assert 'arguments(' in ours and 'finish(args)' in ours
        assert (folder/'peer.py').exists() == ('peer=PEER' in ours)

def test_a_measurement_runs_and_has_a_table():
    out = subprocess.run([sys.executable, ROOT/'benchmarks'/'run.py', 'untar', '--quick', '--check'], capture_output=True, text=True, cwd=ROOT, timeout=240)
    assert out.returncode == 0, out.stderr
    assert re.search(r'^\| untar: second untar_data, median +\| +\d+\.\d+ \|', out.stdout, re.M), out.stdout

def test_quick_figures_are_not_kept():
    out = subprocess.run([sys.executable, ROOT/'benchmarks'/'run.py', 'untar', '--quick', '--store'], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert out.returncode == 2 and 'not stored' in out.stderr

def test_the_page_of_figures(tmp_path):
    (tmp_path/'benchmarks'/'loop').mkdir(parents=True)
    assert 'Nothing has been measured' in page(tmp_path)
    (tmp_path/'benchmarks'/'loop'/'ours.py').write_text('"""What a loop costs.\n\nOne thread.\n"""\n')
    facts = dict(date='2026-01-02', processor='a processor', cores=2, threads=1, system='Linux', fastcourse='0.2.0', python='3.11', torch='2.6', torchvision='0.21',
                 peer=dict(fastai='2.8.12', torch='2.6', python='3.11'))
    figures = [dict(name='fit over a loop', value=1.04321, bound=1.1, unit='x', note='(wall 1.050)'), dict(name='error', value=.2, bound=None, unit='', note='')]
    (tmp_path/'benchmarks'/'results.json').write_text(json.dumps(dict(loop=dict(machine=facts, figures=figures))))
    made = page(tmp_path)
    assert '## Loop\n\nWhat a loop costs.' in made and '| fit over a loop | 1.04 × | 1.1 × | wall 1.050 |' in made and '| error | 0.2 | |  |' in made
    assert '2026-01-02' in made and 'torch 2.6' in made and 'fastai 2.8.12' in made and '[loop](benchmarks/loop/ours.py)' in made

def test_stored_figures_name_their_machine():
    file = ROOT/'benchmarks'/'results.json'
    for kind, o in (json.loads(file.read_text(encoding='utf-8')) if file.exists() else {}).items():
        assert {'date', 'processor', 'cores', 'threads', 'torch', 'fastcourse'} <= o['machine'].keys(), kind
        assert o['figures'] and all({'name', 'value', 'bound', 'unit', 'note'} == row.keys() for row in o['figures']), kind
