"""Run the notebooks that have `#| cuda` cells, with those cells: each as a figure, how many cells raise.

A cell that raises does not keep the others from their turn; its traceback is on the screen. With `--device cpu` the cells
for a card are left out, and with `--quick` only the shortest of the notebooks runs."""
import json, os, sys, time, traceback
from ..timing import Report, arguments
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT/'tools'))
from bench_page import cuda_cells
from run_notebooks import directives

SHORTEST = '41a_text_loss'

def is_skipped(code, card):
    "Whether a cell is for no machine's tests; or for those of a card, if this is none."
    found = directives(code)
    return found.get('eval', '').lower() == 'false' or bool(found.keys() & ({'slow', 'notest'} if card else {'slow', 'notest', 'cuda'}))

def wrong(path, card):
    "The cells of a notebook that raise: `(number, name of the error)`."
    from execnb.shell import CaptureShell
    os.chdir(path.parent)
    shell = CaptureShell()
    for i, c in enumerate(json.loads(path.read_text(encoding='utf-8'))['cells']):
        code = ''.join(c['source'])
        if c['cell_type'] != 'code' or is_skipped(code, card): continue
        shell.run(code)
        if not shell.exc: continue
        print(f'{path.name}, cell {i}\n{code}\n\n' + ''.join(traceback.format_exception(shell.exc)), file=sys.stderr, flush=True)
        yield i, type(shell.exc).__name__

def main():
    import matplotlib
    matplotlib.use('agg')
    args, report = arguments(__doc__, 1, device=dict(default='cuda')), Report()
    card = args.device != 'cpu'
    for path, n in cuda_cells(ROOT).items():
        if args.quick and path.stem != SHORTEST: continue
        start, found = time.time(), list(wrong(path, card))
        said = [f'{time.time() - start:.0f} s', *(f'cell {i}: {name}' for i, name in found)]
        report.add(f'{path.stem}, {n} cells' + ' left out'*(not card), float(len(found)), 0, unit='', note=', '.join(said))
    vars(args)['check'] = True
    report.finish(args)

if __name__ == '__main__': main()
