"""A notebook in JupyterLab or Voila, opened in headless Chromium: `with opened(kind, folder, source, width, dark) as page`.

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
    return [sys.executable, '-m', 'jupyterlab', '--no-browser', f'--ServerApp.port={port}', '--ServerApp.ip=127.0.0.1',
            '--ServerApp.token=', '--ServerApp.password=', '--ServerApp.allow_root=True', '--expose-app-in-browser',
            '--LabApp.news_url=', '--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate', '--ServerApp.root_dir=.']

@contextlib.contextmanager
def served(kind, folder, name, dark=False):
    "The address of a server of `kind` that runs in `folder`; it and its kernels end with the block."
    port = free_port()
    env = dict(os.environ, PYTHONPATH=os.pathsep.join([str(TOP), os.environ.get('PYTHONPATH', '')]))
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
        page.on('pageerror', lambda e: page.errors.append(str(e)))
        page.on('request', lambda r: page.foreign.append(r.url) if not r.url.startswith((url, 'data:', 'blob:', 'ws:')) else None)
        page.goto(url if kind == 'voila' else f'{url}/lab/tree/page.ipynb?reset', wait_until='domcontentloaded', timeout=90_000)
        if kind == 'lab': start_in_lab(page, dark)
        yield page
        browser.close()

def start_in_lab(page, dark):
    "Make room in JupyterLab, and run the cell."
    page.wait_for_function(IDLE, timeout=90_000)
    page.evaluate('() => { const s = window.jupyterapp.shell; s.collapseLeft(); s.collapseRight(); }')
    if dark: page.evaluate("() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    no = page.get_by_role('button', name='No', exact=True)  # about news
    with contextlib.suppress(Exception): no.click(timeout=1500)

def shot(page, name):
    "Keep a picture of the page for people to look at."
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS/f'{name}.png', full_page=True)
