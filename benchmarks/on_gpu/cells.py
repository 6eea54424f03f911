"Run the notebooks that have `#| cuda` cells, with those cells: each as a figure, 0 for right and 1 for a cell that raises."
import json, os, sys, time, traceback
from ..timing import Report, arguments
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT/'tools'))
from changes import notebooks
from run_notebooks import directives

def is_skipped(code):
    "Whether a cell is for no machine's tests, a graphics card's neither."
    found = directives(code)
    return found.get('eval', '').lower() == 'false' or bool(found.keys() & {'slow', 'notest'})

def sources(path):
    "The code cells of a notebook."
    return [''.join(o['source']) for o in json.loads(path.read_text(encoding='utf-8'))['cells'] if o['cell_type'] == 'code']

def first_wrong(path):
    "What the first cell that raises says, or nothing."
    from execnb.shell import CaptureShell
    os.chdir(path.parent)
    shell = CaptureShell()
    for code in sources(path):
        if is_skipped(code): continue
        shell.run(code)
        if shell.exc: return code + '\n\n' + ''.join(traceback.format_exception(shell.exc))
    return ''

def main():
    import matplotlib
    matplotlib.use('agg')
    args, report = arguments(__doc__, 1), Report()
    for path in sorted(notebooks()):
        n = sum('cuda' in directives(o) for o in sources(path))
        if not n: continue
        start, wrong = time.time(), first_wrong(path)
        if wrong: print(wrong, file=sys.stderr)
        report.add(f'{path.stem}, {n} cells', float(bool(wrong)), 0, unit='', note=f'{time.time() - start:.0f} s')
    vars(args)['check'] = True
    report.finish(args)

if __name__ == '__main__': main()
