"""The front ends as people use them: Chromium in JupyterLab, Notebook 7 and Voila, at the widths of a desk and a telephone.

After each click the journal on the disk is read, so what is tested is the whole way from the mouse to the file. Screenshots go to
build/screens. Without a browser the tests are skipped.
"""
import http.server, json, os, signal, socket, subprocess, sys, threading, time
from contextlib import contextmanager, suppress
from pathlib import Path
import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT/'tools'))
from check_site import ARGS, WIDTHS, find_browser
from serving import NOTEBOOKS_OWN, free_port

try: BROWSER = find_browser()
except FileNotFoundError as e: BROWSER, WHY = None, str(e)
pytestmark = pytest.mark.skipif(BROWSER is None, reason='' if BROWSER else WHY)
SHOTS = ROOT/'build'/'screens'
WAIT = 60_000  # milliseconds; a loaded machine takes a while to start a kernel

CELLS = ["""
import os, torch
from pathlib import Path
from torch import nn
from fastcourse.vision import *
from fastcourse.widgets import *
here = Path('.').resolve()
(here/'pid').write_text(str(os.getpid()))
defaults.device = 'cpu'
""", """
set_seed(0)
data = ImageDataBunch.from_folder(here/'animals', train='.', valid_pct=.5, seed=1, size=48, bs=16, num_workers=0)
net = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(), nn.Conv2d(8, 8, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3))
learn = Learner(data, net, silent=True)
interp = learn.interpret()
ds, idxs = DatasetFormatter.from_toplosses(learn)
files = sorted(ds.x.items)
order = [ds.x.items.tolist().index(o) for o in files]
""", "ImageCleaner(ds, order, here, batch_size=9)", "TopLosses(interp, n=6, journal=here/'losses.jsonl')",
    "PredictionsCorrector(learn, get_image_files(here/'new'), journal=here/'corrected.jsonl')",
    "ClassConfusion(interp, data.classes, journal=here/'confusion.jsonl')", "DataBrowser(data, n=6, journal=here/'browser.jsonl')",
    "TryIt(learn, journal=here/'try.jsonl')", """
from fastcourse.tabular import *
df = pd.DataFrame(dict(city=['Rome', 'Oslo']*8, age=range(16), rich=['no', 'yes']*8))
rows = TabularList.from_df(df, ['city'], ['age'], procs=[Categorify, Normalize], path=here).split_by_idx(range(12, 16))
TryIt(tabular_learner(rows.label_from_df('rich').databunch(bs=4), [4], silent=True), journal=here/'rows.jsonl')
""", """
from fastcourse.text import *
texts = TextList(['a cat sat on a mat', 'a dog ran to a cat', 'the cat ran', 'a mat sat']*8, path=here).split_by_idx(range(24, 32))
small = dict(awd_lstm_lm_config, emb_sz=8, n_hid=8, n_layers=1)
words = texts.label_for_lm().databunch(bs=4, bptt=5)
TryIt(language_model_learner(words, AWD_LSTM, config=small, pretrained=False, silent=True), journal=here/'written.jsonl')
""", "ImageDownloader(here/'web', timeout=2, n=6)"]
N_FRONT_ENDS = sum('here/' in o.splitlines()[-1] for o in map(str.strip, CELLS[2:]))

@pytest.fixture(scope='module')
def pictures(tmp_path_factory):
    "Three kinds of animals, with room for a copy for each test."
    from fastcourse.toy_pictures import toy_animals
    os.environ.setdefault('FASTCOURSE_HOME', str(tmp_path_factory.mktemp('home')))
    return sorted((toy_animals(8, 96)/'images').iterdir())

@pytest.fixture(scope='module')
def web(pictures):
    "The address of a server that has the pictures, and nothing else."
    class Web(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args): super().__init__(*args, directory=pictures[0].parent)
        def log_message(self, *args): pass
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), Web) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f'http://127.0.0.1:{server.server_port}'
        server.shutdown()

@pytest.fixture
def folder(tmp_path, pictures):
    "A folder with pictures and a notebook that shows the front ends."
    import shutil
    for f in pictures:
        kind = f.stem.partition('_')[0]
        if kind not in ('cat', 'dog', 'fish'): continue
        to = tmp_path/('new' if f.stem.endswith('_8') else 'animals')/('' if f.stem.endswith('_8') else kind)
        to.mkdir(parents=True, exist_ok=True)
        shutil.copy(f, to/f.name)
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(o.strip()) for o in CELLS])
    nb.metadata['kernelspec'] = dict(name='python3', display_name='python3', language='python')
    nbformat.write(nb, tmp_path/'front_ends.ipynb')
    return tmp_path

def lines(file):
    "What the journal `file` holds, without its head; nothing if it is not there."
    return [json.loads(o) for o in file.read_text().splitlines()[1:]] if file.exists() else []

def until(test, what, seconds=30):
    "Wait until `test()` holds."
    end = time.monotonic() + seconds
    while not (found := test()):
        assert time.monotonic() < end, f'{what}: not after {seconds} s'
        time.sleep(.05)
    return found

@contextmanager
def server(kind, folder):
    "The address of JupyterLab or Voila in `folder`, in an environment of its own."
    port = free_port()
    common = ['--no-browser', '--ServerApp.token=', '--ServerApp.password=', '--ServerApp.allow_root=True', '--ServerApp.root_dir=.',
              f'--ServerApp.port={port}', '--ServerApp.ip=127.0.0.1']
    command = {'lab': ['jupyterlab', '--expose-app-in-browser', '--LabApp.news_url=', *common,
                       '--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate'],
               'notebook': ['notebook', '--expose-app-in-browser', *common],
               'voila': ['voila', 'front_ends.ipynb', '--no-browser', f'--port={port}', '--Voila.ip=127.0.0.1', '--show_tracebacks=True']}[kind]
    env = os.environ | {f'JUPYTER_{o}_DIR': str(folder/'jupyter'/o.lower()) for o in ('CONFIG', 'RUNTIME')}
    for name, what in {'notebook-extension/tracker': {'windowingMode': 'none'}, 'apputils-extension/notification': {'fetchNews': 'false'}}.items():
        file = folder/'settings'/'@jupyterlab'/f'{name}.jupyterlab-settings'  # cells below the window are in the page too; no questions
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(what))
    env |= dict(JUPYTERLAB_SETTINGS_DIR=str(folder/'settings'), PYTHONPATH=os.pathsep.join(filter(None, [str(ROOT), os.environ.get('PYTHONPATH')])), OMP_NUM_THREADS='1')
    env.pop('MPLBACKEND', None)
    with open(folder/f'{kind}.log', 'w') as log:
        p = subprocess.Popen([sys.executable, '-m', *command], cwd=folder, env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        def up():
            assert p.poll() is None, (folder/f'{kind}.log').read_text()[-2000:]
            with suppress(OSError): return socket.create_connection(('127.0.0.1', port), .2).close() is None
        until(up, kind, 90)
        yield f'http://127.0.0.1:{port}'
    finally:
        os.killpg(p.pid, signal.SIGTERM)
        try: p.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)
            p.wait()

@contextmanager
def page_of(address, dark=False):
    "A page of Chromium that notes scripts that fail, and requests that leave the machine, but for Voila's own for its icons."
    from playwright.sync_api import sync_playwright
    errors = []
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=BROWSER, args=ARGS)
        page = browser.new_page(viewport=dict(width=1280, height=900), color_scheme='dark' if dark else 'light')
        page.set_default_timeout(WAIT)
        page.on('pageerror', lambda e: errors.append(f'script: {str(e)[:300]}') if str(e) != NOTEBOOKS_OWN else None)
        page.on('request', lambda r: None if r.url.startswith((address, 'data:', 'blob:', 'ws')) or 'fontawesome' in r.url else errors.append(f'asks {r.url}'))
        try: yield page
        except BaseException:
            SHOTS.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=SHOTS/'front_end_failed.png', full_page=True)
            raise
        finally: browser.close()
    assert not errors, errors

def resized(page, width):
    page.set_viewport_size(dict(width=width, height=WIDTHS[width]))
    page.wait_for_timeout(300)

def check_widths(page, name):
    "No front end is wider than the window, at the widths of a desk and a telephone; both are photographed."
    SHOTS.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        resized(page, width)
        for i in range(page.locator('.fc-root').count()):
            root = page.locator('.fc-root').nth(i)
            root.scroll_into_view_if_needed()
            root.screenshot(path=SHOTS/f'front_end_{i}_{name}_{width}.png')
            wide, there = root.evaluate("e => [e.scrollWidth, e.clientWidth]")
            assert wide <= there + 1 and there <= width, f'front end {i} needs {wide} of {there} pixels at {width}'
    resized(page, 1280)

def root_of(page, text):
    "The front end that holds `text`."
    found = page.locator('.fc-root').filter(has_text=text).first
    found.wait_for()
    return found

def use_cleaner(page, folder):
    "Buttons, keys, labels, undo, the next page and the table."
    file, root = folder/'cleaned.jsonl', root_of(page, 'Write cleaned.csv')
    cards, n = root.locator('.fc-card'), len(lines(file))
    def grown(by): return until(lambda: len(lines(file)) == n + by and lines(file), f'{by} more lines in {file.name}')
    cards.nth(0).locator('[data-do=delete]').click()
    assert grown(1)[-1]['do'] == dict(do='delete', item='animals/cat/cat_1.jpg')
    root.locator('.fc-card[data-mark=bad]').first.wait_for()
    cards.nth(1).focus()
    page.keyboard.press('ArrowRight')
    page.keyboard.press('d')
    assert grown(2)[-1]['do']['item'] == 'animals/cat/cat_3.jpg'
    page.keyboard.press('d')
    assert grown(3)[-1]['do'] == dict(do='keep', item='animals/cat/cat_3.jpg')
    cards.nth(3).locator('select').select_option('dog')
    assert grown(4)[-1]['do'] == dict(do='relabel', item='animals/cat/cat_4.jpg', label='dog')
    root.locator('.fc-card[data-mark=changed]').first.wait_for()
    page.keyboard.press('z')
    assert 'undo' in grown(5)[-1]
    root.get_by_text('Redo [y]').click()
    assert 'redo' in grown(6)[-1]
    root.get_by_text('Next [n]').click()
    assert grown(7)[-1]['note'] == dict(first='animals/dog/dog_3.jpg')
    root.get_by_text('page 2 of 3').wait_for()
    root.get_by_text('Write cleaned.csv').click()
    table = until(lambda: (folder/'cleaned.csv').exists() and (folder/'cleaned.csv').read_text(), 'the table').splitlines()
    assert len(table) == 21 and 'animals/cat/cat_4.jpg,dog' in table and 'animals/cat/cat_1.jpg,cat' not in table
    assert len([*(folder/'animals').rglob('*.jpg')]) == 21
    root.get_by_text('No file was changed').wait_for()

def use_top_losses(page, folder):
    "A cell of the matrix, a mark by key, the heatmap and its sliders."
    file, root = folder/'losses.jsonl', root_of(page, 'Label is wrong')
    root.locator('.fc-matrix button:enabled').first.click()
    root.locator('.fc-chosen').wait_for()
    root.locator('.fc-card').first.focus()
    page.keyboard.press('w')
    assert until(lambda: lines(file), 'a mark')[-1]['do']['do'] == 'wrong'
    page.keyboard.press('h')
    root.locator('.fc-map:not([hidden])').first.wait_for()
    root.get_by_text('All [a]').click()
    root.get_by_text('1 to 6 of').wait_for()

def use_corrector(page, folder):
    file, root = folder/'corrected.jsonl', root_of(page, 'Right [r]')
    root.locator('.fc-card').nth(1).locator('[data-do=confirm]').click()
    assert until(lambda: len(lines(file)) == 1 and lines(file), 'confirmed')[-1]['do']['label'] in ('cat', 'dog', 'fish')
    root.locator('.fc-card').first.focus()
    page.keyboard.press('l')
    page.keyboard.press('f')
    page.keyboard.press('Enter')
    root.locator('.fc-card').first.locator('select').select_option('dog')
    assert until(lambda: lines(file)[-1]['do']['label'] == 'dog', 'corrected')

def use_confusion(page, folder):
    root = page.locator('.fc-root').filter(has_text='mistakes among').first
    root.wait_for()
    root.locator('.fc-matrix button:enabled').first.click()
    assert until(lambda: lines(folder/'confusion.jsonl'), 'a cell')[-1]['do']['actual'] in ('cat', 'dog', 'fish')

def use_data_browser(page, folder):
    "A class, a word, a page, a mark by key; Esc leaves the field."
    file, root = folder/'browser.jsonl', root_of(page, 'Search [/]')
    root.get_by_text('1 to 6 of 21').wait_for()
    root.locator('.fc-card').first.focus()
    page.keyboard.press('n')
    root.get_by_text('7 to 12 of 21').wait_for()
    page.keyboard.press('/')
    page.keyboard.type('dog_3 n')
    page.keyboard.press('Escape')
    root.get_by_text("none, 'dog_3 n'").wait_for()
    page.keyboard.press('a')
    root.get_by_text('1 to 6 of 21').wait_for()
    root.locator('select').nth(1).select_option('fish')
    root.get_by_text('1 to 6 of 7, fish').wait_for()
    root.locator('.fc-card').nth(1).focus()
    page.keyboard.press('m')
    assert until(lambda: lines(file), 'a mark')[-1]['do']['do'] == 'mark'
    root.locator('.fc-card[data-mark=changed]').wait_for()
    page.keyboard.press('s')
    page.keyboard.type('large')
    page.keyboard.press('Tab')
    root.get_by_text('A range of sizes').wait_for()

def use_try_it(page, folder):
    "A picture that is chosen, one that is dropped; a row that is filled in."
    file, root = folder/'try.jsonl', root_of(page, 'Drop a picture')
    picture, other = sorted((folder/'new').iterdir())[:2]
    chosen = []
    page.on('filechooser', lambda o: chosen.append(o))
    root.locator('.fc-drop').scroll_into_view_if_needed()
    root.locator('.fc-drop').click(position=dict(x=3, y=3))
    page.wait_for_function("() => document.activeElement.closest('.fc-root')?.querySelector('.fc-drop')")
    page.keyboard.press('o')
    until(lambda: page.wait_for_timeout(50) or chosen, 'a dialog')[0].set_files(picture)
    until(lambda: len(lines(file)) == 1, 'an answer')
    data = page.evaluate_handle("""([bytes, name]) => { const o = new DataTransfer();
      o.items.add(new File([new Uint8Array(bytes)], name, {type: 'image/jpeg'})); return o; }""", [[*other.read_bytes()], other.name])
    root.locator('.fc-drop').dispatch_event('drop', dict(dataTransfer=data, bubbles=True))
    said = until(lambda: len(lines(file)) == 2 and lines(file), 'the second answer')[-1]['do']
    assert (folder/said['question']).read_bytes() == other.read_bytes() and said['answer'] in ('cat', 'dog', 'fish')
    root.locator('.fc-card').nth(1).wait_for()
    assert '█' in root.locator('.fc-body').first.inner_text() and '%' in root.locator('.fc-body').first.inner_text()
    file, root = folder/'rows.jsonl', root_of(page, 'city [/]')
    root.locator('select').first.select_option('Oslo')
    root.locator('input[type=text]').first.fill('41')
    page.keyboard.press('Enter')
    assert until(lambda: lines(file), 'a row')[-1]['do']['question'] == dict(city='Oslo', age=41)
    root.locator('.fc-card').wait_for()
    use_writer(page, folder)

def use_writer(page, folder):
    "A text that goes on, and on again; the number of words by key."
    file, root = folder/'written.jsonl', root_of(page, 'Go on')
    text = root.locator('textarea')
    root.focus()
    page.keyboard.press('w')
    page.keyboard.press('Control+a')
    page.keyboard.type('4')
    page.keyboard.press('Tab')
    text.fill('a cat')
    page.keyboard.press('Control+Enter')
    first = until(lambda: lines(file), 'a continuation')[-1]['do']
    assert first['question']['n_words'] == 4 and first['answer'].startswith('a cat')
    page.wait_for_function('([e, text]) => e.value === text', arg=[text.element_handle(), first['answer']])
    root.get_by_text('Go on [Enter]').click()
    assert until(lambda: len(lines(file)) == 2 and lines(file), 'the second')[-1]['do']['question']['text'] == first['answer']
    root.locator('.fc-card').nth(1).wait_for()

def use_downloader(page, folder, web):
    "Addresses that are pasted, one of them wrong; what came, and what failed."
    file, root = folder/'web'/'downloads.jsonl', root_of(page, 'Check files [v]')
    root.locator('textarea').fill(f'{web}/cat_1.jpg\n{web}/cat_2.jpg\n{web}/nothing.jpg')
    root.locator('input[type=text]').fill('cats')
    page.keyboard.press('Enter')
    until(lambda: lines(file), 'a list')
    root.get_by_text('0 of 3 there, 3 waiting').wait_for()
    page.keyboard.press('d')
    root.get_by_text('2 of 3 there, 1 failed').wait_for()
    root.get_by_text('404').wait_for()
    root.locator('.fc-img:not([hidden])').nth(1).wait_for()
    assert len([*(folder/'web'/'cats').glob('*.jpg')]) == 2

def use_more(page, folder, web):
    for use in (use_data_browser, use_try_it): use(page, folder)
    use_downloader(page, folder, web)

def use_all(page, folder, web):
    "Use every front end of the open notebook; how many cells it had before."
    page.locator('.fc-root').nth(N_FRONT_ENDS - 1).wait_for(timeout=WAIT)
    n_cells = page.locator('.jp-Notebook .jp-Cell').count()
    for use in (use_cleaner, use_top_losses, use_corrector, use_confusion): use(page, folder)
    use_more(page, folder, web)
    return n_cells

def open_notebook(page, url):
    "Open the notebook in JupyterLab or Notebook 7, and run it."
    page.goto(url, wait_until='domcontentloaded')
    page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.context?.isReady && "
                           "window.jupyterapp.shell.currentWidget.sessionContext?.session?.kernel?.status === 'idle'", timeout=WAIT)
    if '/lab/' in url: page.evaluate("() => { window.jupyterapp.commands.execute('application:toggle-left-area') }")
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")

def test_jupyterlab(folder, web):
    "Every front end; a kernel killed between two clicks; two sessions on one journal."
    with server('lab', folder) as address, page_of(address) as page:
        open_notebook(page, f'{address}/lab/tree/front_ends.ipynb?reset')
        n_cells = use_all(page, folder, web)
        root_of(page, 'Write cleaned.csv').locator('.fc-card').first.focus()
        for _ in range(4): page.keyboard.press('d')
        assert page.locator('.jp-Notebook .jp-Cell').count() == n_cells
        check_widths(page, 'lab_light')
        page.evaluate("() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
        page.wait_for_timeout(1000)
        check_widths(page, 'lab_dark')
        from fastcourse.widgets.journal import Journal
        mine = Journal(folder/'cleaned.jsonl')
        mine.add(do='delete', item='animals/fish/fish_7.jpg')
        n = len(lines(folder/'cleaned.jsonl'))
        root_of(page, 'Write cleaned.csv').locator('.fc-card').nth(4).locator('[data-do=delete]').click()
        until(lambda: len(lines(folder/'cleaned.jsonl')) == n + 1, 'a click beside another session')
        os.kill(int((folder/'pid').read_text()), signal.SIGKILL)
        acts = mine.actions
        assert acts[-2]['item'] == 'animals/fish/fish_7.jpg' and acts[-1]['do'] == 'delete' and len(acts) >= 6

def test_notebook_7(folder, web):
    "Every front end in the one with a single document on the page."
    with server('notebook', folder) as address, page_of(address) as page:
        open_notebook(page, f'{address}/notebooks/front_ends.ipynb')
        n_cells = use_all(page, folder, web)
        assert page.locator('.jp-Notebook .jp-Cell').count() == n_cells
        check_widths(page, 'notebook')

@pytest.mark.parametrize('theme', ['light', 'dark'])
def test_voila(folder, web, theme):
    "Every front end, without an editor around it."
    with server('voila', folder) as address, page_of(address, theme == 'dark') as page:
        page.goto(f'{address}/?theme={theme}', wait_until='domcontentloaded')
        page.locator('.fc-root').nth(N_FRONT_ENDS - 1).wait_for(timeout=WAIT)
        if theme == 'light':
            for use in (use_cleaner, use_top_losses, use_corrector, use_confusion): use(page, folder)
            use_more(page, folder, web)
        else: use_cleaner(page, folder)
        check_widths(page, f'voila_{theme}')
