"Names that people import stay where they are: `public_names.txt` lists them, a module a line. Names may be added, none goes."
import importlib
from pathlib import Path
import pytest

LINES = Path(__file__).with_name('public_names.txt').read_text(encoding='utf-8').splitlines()
NAMES = {module: names.split() for module, names in (o.split(': ') for o in LINES)}
RENAMED = {}  # old module -> new, each named in CHANGELOG.md

def names_in(module):
    "Those that `module` offers, and its `__all__`."
    m = importlib.import_module(f'fastcourse.{RENAMED.get(module, module)}')
    return vars(m), set(m.__all__)

@pytest.mark.parametrize('module', NAMES)
def test_names_stay(module):
    there, starred = names_in(module)
    assert not (gone := [o for o in NAMES[module] if o not in there]), f'fastcourse.{module} has no {gone} any more'
    assert not (gone := [o for o in NAMES[module] if o not in starred]), f'`import *` of fastcourse.{module} brings no {gone}'

@pytest.mark.parametrize('module', ['vision', 'text', 'tabular', 'collab'])
def test_applications_bring_the_basics(module):
    assert not (gone := set(NAMES['basics']) - names_in(module)[1]), gone
