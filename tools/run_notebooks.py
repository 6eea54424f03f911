"""Run notebooks and store their outputs: `python tools/run_notebooks.py nbs/00_foundation.ipynb ...` (default: all).

With `--check` nothing is stored: the run fails where a cell raises, or gives other outputs than those that are stored
(compare_outputs.py says what counts as other). Both ways the notebooks see toy data sets alone, whatever is on this machine,
and `nbs/stored.txt` notes that the outputs are right (changes.py says what for), but not where `CI` is set.

With `--seeds 10` the cells are run with ten other seeds in place of those they set, and only what raises is shown: an assertion
about what training gives must hold for all of them. A cell that fails because it names what one seed draws is no mistake.

Cells that nbdev would not run (`#| eval: false`, the flags of `tst_flags`) are left as they are. Pictures are stored small:
at most 640 pixels wide, as PNG or JPEG, whichever is smaller, so that a notebook stays below a few hundred kilobytes.
"""
import base64, io, os, re, sys, tempfile, time
from pathlib import Path

from changes import made_with, record, versions
from compare_outputs import EXACT, OTHER, TRAINED, differences

os.environ.setdefault('OMP_NUM_THREADS', '1')  # two notebooks at once on two cores would wait for each other

MAX_WIDTH, QUALITY = 640, 55  # pixels, per cent
TRAINS = re.compile(r'\.(?:fit\w*|lr_find|backward)\(')

def directives(source):
    "The `#| name: value` lines at the top of a cell, as a dict."
    rows = (re.match(r'\s*#\s*\|\s*([\w-]+):?\s*(.*)', line) for line in source.splitlines())
    return {m[1]: m[2].strip() for m in rows if m}

def is_skipped(cell, flags):
    "Whether nbdev would not run this cell."
    if cell.cell_type != 'code': return False
    d = directives(cell.source)
    return d.get('eval', '').lower() == 'false' or bool(flags & d.keys())

def shrink(png):
    "A stored picture of at most `MAX_WIDTH` pixels: `(mime type, base64 text)`."
    from PIL import Image
    img = Image.open(io.BytesIO(base64.b64decode(png))).convert('RGBA')
    img = Image.alpha_composite(Image.new('RGBA', img.size, 'white'), img).convert('RGB')
    if img.width > MAX_WIDTH: img = img.resize((MAX_WIDTH, round(img.height*MAX_WIDTH/img.width)), Image.LANCZOS)
    png, jpeg = io.BytesIO(), io.BytesIO()
    img.convert('P', palette=Image.ADAPTIVE).save(png, 'PNG', optimize=True)
    img.save(jpeg, 'JPEG', quality=QUALITY, optimize=True)
    mime, best = ('image/png', png) if png.tell() <= jpeg.tell() else ('image/jpeg', jpeg)
    return mime, base64.b64encode(best.getvalue()).decode()

def without_times(data, source):
    "Drop the `time` column of a table of epochs, which may be empty already. A cell that makes a reporter gives it the seconds: nothing is measured."
    html, text = (''.join(data.get(f'text/{o}', '')) for o in ('html', 'plain'))
    if '<th>time</th></tr>' not in html or re.search(r'[Rr]eporter\(', source): return data
    html = re.sub(r'<td>[\d:]*</td></tr>', '</tr>', html.replace('<th>time</th></tr>', '</tr>'))
    text = re.sub(r' +(?:time|\d+:\d\d(?::\d\d)?)$', '', text, flags=re.M)
    return data | {'text/html': html, 'text/plain': text}

def clean_outputs(cell):
    "Drop what differs between runs: progress bars, warnings on stderr, counts; make pictures small."
    keep = []
    for o in cell.get('outputs', []):
        if o.output_type == 'stream' and o.name == 'stderr': continue
        data = o.get('data', {})
        if o.output_type == 'display_data' and not any(data.values()): continue  # a bar that was cleared
        if 'image/png' in data:
            mime, text = shrink(data.pop('image/png'))
            data[mime] = text
        if data.pop('application/vnd.jupyter.widget-view+json', None) and 'text/html' not in data: continue  # but for its picture
        if 'execution_count' in o: o.execution_count = None
        keep.append(o)
    cell.outputs, cell.execution_count = keep, None
    cell.metadata.pop('execution', None)

def execute(nb, folder, flags, **options):
    "Run the cells of `nb` in `folder`, and give them their outputs; `options` go to the client."
    from nbclient import NotebookClient
    from traitlets.config import Config
    skipped = [c for c in nb.cells if is_skipped(c, flags)]
    for c in skipped: c.metadata['tags'] = [*c.metadata.get('tags', []), 'skip-execution']
    with tempfile.TemporaryDirectory() as sockets:  # in files, since two notebooks at once may pick the same free port
        config = Config(KernelManager=dict(transport='ipc', ip=f'{sockets}/kernel')) if os.name == 'posix' else Config()
        client = NotebookClient(nb, timeout=900, kernel_name='python3', resources={'metadata': {'path': str(folder)}},
                                extra_arguments=['--log-level=40'], config=config, **options)
        try: client.execute(env={k: v for k, v in os.environ.items() if k != 'MPLBACKEND'})  # pictures go into the notebook
        finally:
            for c in skipped:
                c.metadata['tags'].remove('skip-execution')
                if not c.metadata['tags']: del c.metadata['tags']

def clean(nb, times=False):
    "Make the outputs of `nb` those that are stored, or, with `times`, those of a page for one reader."
    for c in nb.cells:
        if c.cell_type != 'code': continue
        clean_outputs(c)
        for o in c.outputs:
            if 'data' in o and not times: o.data.update(without_times(o.data, c.source))

def run(path, flags):
    "Execute the notebook at `path` in its own folder and write it back with its outputs."
    import nbformat
    nb = nbformat.read(path, 4)
    execute(nb, path.parent, flags)
    clean(nb)
    nb.metadata = {'kernelspec': {'display_name': 'python3', 'language': 'python', 'name': 'python3'}}
    nbformat.write(nb, path)

def title(cell):
    "The first line of a cell that is code."
    return next((o for o in cell.source.splitlines() if o.strip() and not re.match(r'\s*#\s*\|', o)), '')[:100]

def traceback(cell, most=15):
    "The end of the traceback in the outputs of `cell`, or nothing."
    lines = '\n'.join(t for o in cell.get('outputs', []) if o.output_type == 'error' for t in o.traceback)
    return '\n'.join(re.sub(r'\x1b\[[\d;]*m', '', lines).splitlines()[-most:])

def is_other(path):
    "Whether the outputs of the notebook at `path` were stored with other versions of what makes them."
    return made_with(path) not in ('', versions())

def check(path, flags):
    "Execute a copy of the notebook at `path`, and yield `(cell number, its first line, what is wrong with its outputs)`."
    import nbformat
    from nbclient.exceptions import CellExecutionError
    stored, new = nbformat.read(path, 4), nbformat.read(path, 4)
    for c in new.cells:
        if c.cell_type == 'code' and not is_skipped(c, flags): c.outputs = []
    try: execute(new, path.parent, flags)
    except CellExecutionError: pass  # it is among the outputs
    clean(stored)
    clean(new)
    within = OTHER if is_other(path) else EXACT
    for i, (a, b) in enumerate(zip(stored.cells, new.cells), 1):
        if a.cell_type != 'code': continue
        if within is EXACT and TRAINS.search(b.source): within = TRAINED
        error = traceback(b)
        wrong = error or differences(a.outputs, b.outputs, within, b.metadata.get('tags', []))
        if wrong: yield i, title(a), wrong
        if error: return

def with_seed(source, k):
    "The `source` of a cell with other seeds, 1000*`k` more; exported cells stay."
    if directives(source).keys() & {'export', 'exporti'}: return source
    return re.sub(r'((?:seed|seeded|default_rng)\()(\d+)', lambda m: f'{m[1]}{int(m[2]) + 1000*k}', source)

def check_seed(path, flags, k):
    "Execute a copy of the notebook at `path` with other seeds, and yield what raises as `check` does."
    import nbformat
    nb = nbformat.read(path, 4)
    for c in nb.cells:
        if c.cell_type == 'code': c.source, c.outputs = with_seed(c.source, k), []
    execute(nb, path.parent, flags, allow_errors=True)
    yield from ((i, title(c), f'seeds + {1000*k}\n{error}') for i, c in enumerate(nb.cells, 1) if (error := traceback(c)))

def report(path, found):
    "Print what `check` found."
    for i, first, wrong in found: print(f'{path}, cell {i}: {first}\n' + '\n'.join(f'    {o}' for o in wrong.splitlines()))

def main(args):
    from nbdev.config import get_config
    cfg = get_config()
    flags = set(cfg.tst_flags.split())
    checking, failed = '--check' in args, 0
    seeds = range(1, int(args.pop(args.index('--seeds') + 1)) + 1) if '--seeds' in args else ()
    paths = [Path(a) for a in args if a[:2] != '--'] or sorted(cfg.nbs_path.rglob('*.ipynb'))
    os.environ.pop('FASTCOURSE_MIRROR', None)
    os.environ['FASTCOURSE_DOCS'] = f'{cfg.doc_host}/{cfg.doc_baseurl.strip("/")}'  # not a site that was built here
    with tempfile.TemporaryDirectory() as home:  # stored outputs are those of the toy data sets
        os.environ['FASTCOURSE_HOME'] = home
        for path in paths:
            if '.ipynb_checkpoints' in path.parts: continue
            start, found = time.time(), []
            if seeds: found = [o for k in seeds for o in check_seed(path, flags, k)]
            elif checking: found = list(check(path, flags))
            else: run(path, flags)
            report(path, found)
            other = f', stored with {made_with(path)}: only kinds of outputs are compared'*(checking and is_other(path))
            print(f'{path.name}: {time.time()-start:.1f} s{other}' + f', {len(found)} cells {"raise" if seeds else "are not as stored"}'*bool(found), flush=True)
            failed += bool(found)
            if not (found or other or seeds or 'CI' in os.environ): record(path)
    return failed > 0

if __name__ == '__main__': sys.exit(main(sys.argv[1:]))
