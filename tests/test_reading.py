"How the notebooks read: ideas before their guards, and cells that show what they prove. `python tools/reading.py` lists what to mend."
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT/'tools'))
from changes import notebooks
from reading import SILENT, Package, early_guards, silent_cells, sources

CHECKS = .16  # share of the package's statements that may check or word errors
PACKAGE = Package(sources())

def test_ideas_come_before_their_guards():
    early = {o.name: found for o in notebooks() if (found := early_guards(o, PACKAGE))}
    assert not early, early

def test_cells_show_what_they_prove():
    found = {o.name: silent_cells(o) for o in notebooks()}
    bad = {k: (f'{len(quiet)} of {n}', quiet) for k, (quiet, n) in found.items() if len(quiet) > max(2, SILENT*n)}
    assert not bad, '\n'.join(f'{k}: {v}' for k, v in bad.items())

def test_few_statements_check():
    counts = [PACKAGE.count(o) for o in PACKAGE.trees.values()]
    n, checks = (sum(o[i] for o in counts) for i in (0, 1))
    assert checks <= CHECKS*n, f'{checks} of {n} statements ({100*checks/n:.1f}%) check or word errors'

def test_guards_are_found():
    "What counts as a guard, on a small package."
    package = Package({'a.py': """
def _check_size(x):
    if x < 1: raise ValueError(_too_small(x))
def _too_small(x): return f'{x} is too small.'
def _half(x): return x/2
def size(x):
    _check_size(x)
    y = _half(x)
    if y > 9: raise ValueError('too large')
    return y"""})
    assert package.guards == {'_check_size', '_too_small'}
    assert package.count(package.trees['a.py']) == (9, 6)  # the four in guards or calling them, the `if` and its `raise`
