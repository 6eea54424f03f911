"""Run a lesson and keep it as a page: `python tools/lesson.py nbs/lessons/1_pets.ipynb` writes out/1_pets.html.

The lesson itself is not touched. Its headings are printed as it reaches them, then what its last model scores. The page
holds its pictures and asks for nothing from the network.
"""
import os, sys, time
from pathlib import Path

os.environ.setdefault('OMP_NUM_THREADS', str(os.cpu_count()))
import run_notebooks
from launch import without_launch

SCORE = """if 'learn' in globals():
    _names = [getattr(m, '__name__', None) or getattr(m, 'name', type(m).__name__) for m in learn.metrics]
    _values = [f'{name}: {float(value):.4f}' for name, value in zip(_names, learn.validate()[1:])]
    display({'text/plain': '\\n'.join(_values)}, raw=True)"""
URLS = 'jquery mathjax mermaid_js mermaid_layout_elk_js require_js jupyter_widgets_base widget_renderer'.split()

def headings(nb):
    "The heading above each code cell that is the first below it: `{cell index: text}`."
    found, last = {}, None
    for i, cell in enumerate(nb.cells):
        if cell.cell_type == 'code' and last: found[i], last = last, None
        elif cell.cell_type == 'markdown':
            last = next((o.lstrip('# ') for o in cell.source.splitlines()[::-1] if o.startswith('#')), last)
    return found

def execute(path, folder):
    "Run the lesson at `path`, write the notebook with its outputs into `folder`; returns it and what it scored."
    import nbformat
    from nbdev.config import get_config
    nb = without_launch(nbformat.read(path, 4))  # who reads the page needs no other machine
    seen = headings(nb)
    nb.cells.append(nbformat.v4.new_code_cell(SCORE))
    def show(cell, cell_index): print(f'  {seen[cell_index]}', flush=True) if cell_index in seen else None
    run_notebooks.execute(nb, path.parent, set(get_config().tst_flags.split()), on_cell_start=show)
    run_notebooks.clean(nb, times=True)
    score = ''.join(o.data.get('text/plain', '') for o in nb.cells.pop().outputs if o.output_type == 'display_data')
    nbformat.write(nb, folder/path.name)
    return nb, score

def main(path, folder='out'):
    from nbclient.exceptions import CellExecutionError
    from nbconvert import HTMLExporter
    path, folder, start = Path(path), Path(folder), time.time()
    folder.mkdir(exist_ok=True)
    print(f'Running {path}', flush=True)
    try: nb, score = execute(path, folder)
    except CellExecutionError as e: sys.exit(f'{path} stopped at this cell:\n{e}')
    page = folder/f'{path.stem}.html'
    exporter = HTMLExporter(**{f'{o}_url': '' for o in URLS})
    page.write_text(exporter.from_notebook_node(nb, {'metadata': {'name': path.stem}})[0], encoding='utf-8')
    print(f'{score}\nThe page: {page} ({time.time()-start:.0f} s)'.strip())

if __name__ == '__main__': main(*sys.argv[1:])
