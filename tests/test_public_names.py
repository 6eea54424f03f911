"Names that people import stay where they are: `public_names.txt` lists them, a module a line. Names may be added, none goes."
import importlib
from pathlib import Path
import pytest

LINES = Path(__file__).with_name('public_names.txt').read_text(encoding='utf-8').splitlines()
NAMES = {module: names.split() for module, names in (o.split(': ') for o in LINES)}
RENAMED = {'mixed': 'multi_input'}  # old module -> new, each named in CHANGELOG.md
# Names that went with what they are about, `{(module that offered it, name): module that does now}`, each in CHANGELOG.md:
HEATMAPS = 'grad_cam', 'last_feature_map', 'lay_over'  # of pictures, not of any data; `fastcourse.vision` offers them as before
MOVED = {(module, name): 'vision.gradcam' for module in ('basics', 'interpret') for name in HEATMAPS}

def kept(module): return [o for o in NAMES[module] if (module, o) not in MOVED]

def names_in(module):
    "Those that `module` offers, and its `__all__`."
    m = importlib.import_module(f'fastcourse.{RENAMED.get(module, module)}')
    return vars(m), set(m.__all__)

@pytest.mark.parametrize('module', NAMES)
def test_names_stay(module):
    there, starred = names_in(module)
    assert not (gone := [o for o in kept(module) if o not in there]), f'fastcourse.{module} has no {gone} any more'
    assert not (gone := [o for o in kept(module) if o not in starred]), f'`import *` of fastcourse.{module} brings no {gone}'

@pytest.mark.parametrize('module', ['vision', 'text', 'tabular', 'collab'])
def test_applications_bring_the_basics(module):
    assert not (gone := set(kept('basics')) - names_in(module)[1]), gone

@pytest.mark.parametrize('name', sorted({name for _, name in MOVED}))
def test_moved_names_are_where_they_went(name):
    "In their module, and in the application that it belongs to."
    home, = {home for (_, o), home in MOVED.items() if o == name}
    for module in (home, home.partition('.')[0]): assert name in names_in(module)[1], f'fastcourse.{module} has no {name}'
