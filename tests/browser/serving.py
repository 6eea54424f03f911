"""A notebook in JupyterLab, Notebook 7 or Voila, opened in headless Chromium: `with opened(kind, folder, source, width, dark) as page`.

Screenshots go to build/screens.
"""
import contextlib, os, signal, socket, subprocess, sys, time
from pathlib import Path
import nbformat
from nbformat.v4 import new_code_cell, new_notebook

TOP = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP/'tools'))
from check_site import ARGS, find_browser

SHOTS = TOP/'build'/'screens'
NOTEBOOKS_OWN = "Cannot read properties of undefined (reading 'schema')"  # Notebook 7 says so of its settings on an empty page too
IDLE = """() => { const w = window.jupyterapp?.shell?.currentWidget;
  return w?.context?.isReady && w.sessionContext?.session?.kernel?.status === 'idle'; }"""

def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]

def command(kind, name, port, dark):
    "What starts the server."
    if kind == 'voila': return [sys.executable, '-m', 'voila', name, '--no-browser', f'--port={port}', '--Voila.ip=127.0.0.1',
                                '--show_tracebacks=True', f"--theme={'dark' if dark else 'light'}"]
    lab = ['--LabApp.news_url=', '--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate']
    return [sys.executable, '-m', 'jupyterlab' if kind == 'lab' else 'notebook', '--no-browser', f'--ServerApp.port={port}', '--ServerApp.ip=127.0.0.1',
            '--ServerApp.token=', '--ServerApp.password=', '--ServerApp.allow_root=True', '--expose-app-in-browser',
            '--ServerApp.root_dir=.', *(lab if kind == 'lab' else [])]

@contextlib.contextmanager
def served(kind, folder, name, dark=False):
    "The address of a server of `kind` that runs in `folder`; it and its kernels end with the block."
    port = free_port()
    env = dict(os.environ, PYTHONPATH=os.pathsep.join([str(TOP), os.environ.get('PYTHONPATH', '')]),
               JUPYTERLAB_SETTINGS_DIR=str(Path(folder)/'settings'))  # not those of the person who runs the tests
    with open(Path(folder)/f'{kind}.log', 'w') as log:
        p = subprocess.Popen(command(kind, name, port, dark), cwd=folder, stdout=log, stderr=log, env=env, start_new_session=True)
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end and p.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', port), .2): break
            time.sleep(.1)
        else: raise RuntimeError(f"{kind} did not start:\n{(Path(folder)/f'{kind}.log').read_text()[-2000:]}")
        yield f'http://127.0.0.1:{port}'
    finally:
        os.killpg(p.pid, signal.SIGTERM)
        try: p.wait(20)
        except subprocess.TimeoutExpired: os.killpg(p.pid, signal.SIGKILL)

@contextlib.contextmanager
def opened(kind, folder, source, width=1280, height=900, dark=False):
    "A page that shows a notebook with the one cell `source`, running; its errors end up in `page.errors`."
    from playwright.sync_api import sync_playwright
    nbformat.write(new_notebook(cells=[new_code_cell(source)], metadata=dict(
        kernelspec=dict(name='python3', display_name='python3', language='python'))), Path(folder)/'page.ipynb')
    with served(kind, folder, 'page.ipynb', dark) as url, sync_playwright() as p:
        browser = p.chromium.launch(executable_path=find_browser(), args=ARGS)
        page = browser.new_page(viewport=dict(width=width, height=height), color_scheme='dark' if dark else 'light')
        page.errors, page.foreign = [], []
        page.on('pageerror', lambda e: page.errors.append(str(e)) if str(e) != NOTEBOOKS_OWN else None)
        page.on('request', lambda r: page.foreign.append(r.url) if not r.url.startswith((url, 'data:', 'blob:', 'ws:')) else None)
        where = dict(lab='/lab/tree/page.ipynb?reset', notebook='/notebooks/page.ipynb', voila='')[kind]
        page.goto(url + where, wait_until='domcontentloaded', timeout=90_000)
        if kind == 'lab': start_in_lab(page, dark)
        elif kind == 'notebook': run_all(page)
        yield page
        browser.close()

def run_all(page):
    "Run the cell, once the kernel is there."
    page.wait_for_function(IDLE, timeout=90_000)
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")

def start_in_lab(page, dark):
    "Make room in JupyterLab, and run the cell."
    page.wait_for_function(IDLE, timeout=90_000)
    page.evaluate('() => { const s = window.jupyterapp.shell; s.collapseLeft(); s.collapseRight(); }')
    if dark: page.evaluate("() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
    run_all(page)
    no = page.get_by_role('button', name='No', exact=True)  # about news
    with contextlib.suppress(Exception): no.click(timeout=1500)

def shot(page, name):
    "Keep a picture of the page for people to look at."
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS/f'{name}.png', full_page=True)
