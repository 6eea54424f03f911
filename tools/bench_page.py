"""The page of the site with the measured figures, from benchmarks/results.json; tools/docs_src.py puts it among the pages."""
import ast, json, re
from pathlib import Path

from run_notebooks import directives

HEAD = """# What it costs

> Time over that of plain PyTorch, and of fastai 2.8 at the same work; lower is better, and 1 is the same.

A library may cost a little time, since it saves yours. How much it costs is measured, and each figure has a bound above which
`python benchmarks/run.py --check` fails. The ways to do the same work run in turn, round by round, in one session; a figure is the median over the
rounds of one time over the other, so that a machine that is slow for a minute slows both. If nothing else is said it is
the time of the processor, and of one thread.

- A graphics card has a program of its own, `python benchmarks/gpu.py`; a check there has the figure 0 if it passed, and time is that of the clock.
- *Bare* is what nobody can leave out: a plain loop over the same batches, with the same model and optimizer.
- *The peer* is fastai 2.8, in an environment of its own, with the same files, rows, splits and sizes.

To measure on your machine: `python benchmarks/run.py`, and `--peer PYTHON` for an interpreter that has fastai 2.8. [CONTRIBUTING](CONTRIBUTING.md) says how to add a kind of work.
"""
EMPTY = '\nNothing has been measured for this version yet.\n'

def about(file):
    "The first sentence of a benchmark, and what follows it in its docstring, but for the options."
    doc = ast.get_docstring(ast.parse(file.read_text(encoding='utf-8'))) or ''
    first, _, rest = doc.partition('\n\n')
    return ' '.join(first.split()), ' '.join(' '.join(o.split()) for o in rest.split('\n\n') if not o.startswith(' '))

def number(x):
    "A figure with as many digits as say something."
    return f'{x:.3g}' if abs(x) < 1000 else f'{x:,.0f}'

def where(facts):
    "What figures were measured on, in a sentence."
    peer = facts.get('peer')
    cores = f"{facts['cores']} core{'s' if facts['cores'] > 1 else ''}"
    text = (f"Measured on {facts['date']} on {cores} of {facts['processor']} ({facts['system']}), {facts['threads']} thread{'s' if facts['threads'] > 1 else ''}: "
            f"fastcourse {facts['fastcourse']}, Python {facts['python']}, torch {facts['torch']}, torchvision {facts['torchvision']}")
    if 'device' in facts: text += f", on {facts['device']}"
    return text + (f"; the peer: fastai {peer['fastai']}, torch {peer['torch']}, Python {peer['python']}." if peer else '.')

def cuda_cells(root):
    "The notebooks with cells that need a graphics card, and how many: `{path: number}`."
    found = {}
    for path in sorted((Path(root)/'nbs').rglob('*.ipynb')):
        if 'cuda' not in (text := path.read_text(encoding='utf-8')) or '.ipynb_checkpoints' in path.parts: continue
        n = sum(c['cell_type'] == 'code' and 'cuda' in directives(''.join(c['source'])) for c in json.loads(text)['cells'])
        if n: found[path] = n
    return found

def unrun(root, results):
    "A sentence about the cells for a graphics card that no stored figure covers, or nothing."
    run = {o['name'] for o in results.get('gpu', {}).get('figures', [])}
    left = [f'{n} in {path.stem}' for path, n in cuda_cells(root).items() if f'cells: {path.stem}, {n} cells' not in run]
    if not left: return ''
    return f"\nNo graphics card has run these cells yet, as far as the figures here say: {', '.join(left)}. `python benchmarks/gpu.py cells` runs them.\n"

def section(kind, result, folder):
    "A kind of work: what it is, its figures, and, in small print, how it is measured."
    program = next(o for o in (f'{kind}.py', f'{kind}/ours.py') if (folder/o).exists())
    first, rest = about(folder/program)
    def unit(o): return {'x': ' ×', '': ''}.get(o['unit'], f" {o['unit']}")
    def cell(text): return re.sub(r'\s+', ' ', text).replace('|', '\\|').strip()
    rows = [f"| {cell(o['name'])} | {number(o['value'])}{unit(o)} | {number(o['bound'])}{unit(o)} | {cell(o['note'].strip('()'))} |"
            if o['bound'] is not None else f"| {cell(o['name'])} | {number(o['value'])}{unit(o)} | | {cell(o['note'].strip('()'))} |" for o in result['figures']]
    title = 'Graphics card' if kind == 'gpu' else kind.replace('_', ' ').capitalize()
    return '\n'.join([f'## {title}', '', first, '', '| Figure | Measured | Bound | Note |', '| --- | --- | --- | --- |', *rows, '',
                      f'{where(result["machine"])} The program is [{kind}](benchmarks/{program}). {rest}'.strip(), ''])

def page(root):
    "The page as markdown, its links relative to `root`."
    file = Path(root)/'benchmarks'/'results.json'
    results = json.loads(file.read_text(encoding='utf-8')) if file.exists() else {}
    return HEAD + unrun(root, results) + ('\n' + '\n'.join(section(k, v, file.parent) for k, v in results.items()) if results else EMPTY)
