"""Run notebooks and store their outputs: `python tools/run_notebooks.py nbs/00_core.ipynb ...` (default: all).

Cells that nbdev would not run (`#| eval: false`, the flags of `tst_flags`) are left as they are. Pictures are stored small:
at most 640 pixels wide, photographs as JPEG, so that a notebook stays below a few hundred kilobytes.
"""
import base64, io, os, re, sys, time
from pathlib import Path

os.environ.setdefault('OMP_NUM_THREADS', '1')  # two notebooks at once on two cores would wait for each other

MAX_WIDTH, JPEG_OVER, QUALITY = 640, 30_000, 65  # pixels, bytes, per cent

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
    out = io.BytesIO()
    img.convert('P', palette=Image.ADAPTIVE).save(out, 'PNG', optimize=True)
    if out.tell() <= JPEG_OVER: return 'image/png', base64.b64encode(out.getvalue()).decode()
    out = io.BytesIO()
    img.save(out, 'JPEG', quality=QUALITY, optimize=True)
    return 'image/jpeg', base64.b64encode(out.getvalue()).decode()

def clean_outputs(cell):
    "Drop what differs between runs: progress bars, warnings on stderr, counts; make pictures small."
    keep = []
    for o in cell.get('outputs', []):
        if o.output_type == 'stream' and o.name == 'stderr': continue
        data = o.get('data', {})
        if 'image/png' in data:
            mime, text = shrink(data.pop('image/png'))
            data[mime] = text
        if 'application/vnd.jupyter.widget-view+json' in data: continue
        if 'execution_count' in o: o.execution_count = None
        keep.append(o)
    cell.outputs, cell.execution_count = keep, None
    cell.metadata.pop('execution', None)

def run(path, flags, **options):
    "Execute the notebook at `path` in its own folder and write it back with its outputs; `options` go to the client."
    import nbformat
    from nbclient import NotebookClient
    nb = nbformat.read(path, 4)
    skipped = [c for c in nb.cells if is_skipped(c, flags)]
    for c in skipped: c.metadata['tags'] = [*c.metadata.get('tags', []), 'skip-execution']
    options = dict(timeout=900, kernel_name='python3', resources={'metadata': {'path': str(path.parent)}}) | options
    NotebookClient(nb, **options).execute()
    for c in skipped:
        c.metadata['tags'].remove('skip-execution')
        if not c.metadata['tags']: del c.metadata['tags']
    for c in nb.cells:
        if c.cell_type == 'code': clean_outputs(c)
    nb.metadata = {'kernelspec': {'display_name': 'python3', 'language': 'python', 'name': 'python3'}}
    nbformat.write(nb, path)

def main(args):
    from nbdev.config import get_config
    cfg = get_config()
    flags = set(cfg.tst_flags.split())
    for path in [Path(a) for a in args] or sorted(cfg.nbs_path.rglob('*.ipynb')):
        if '.ipynb_checkpoints' in path.parts: continue
        start = time.time()
        run(path, flags)
        print(f'{path.name}: {time.time()-start:.1f} s')

if __name__ == '__main__': main(sys.argv[1:])
