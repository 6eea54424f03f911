"Who may import whom. The graph is drawn from the source of the package; a wrong arrow fails."
import sys
from pathlib import Path
import pytest
from matplotlib import pyplot

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP/'tools'))
from layers import CONTINUED, LAYERS, USER, continuations, draw_layers, group, imports, modules, row

ROOT = TOP/'fastcourse'
NO_TORCH = [o for names in LAYERS[:row('torch_core')] for o in names]
PLOTTING = 'interpret'  # nothing below its row imports matplotlib when it is imported
FILES = modules(ROOT)
ARROWS = list(imports(ROOT))

def allowed(a, b):
    "Whether library module `a` may import module `b`."
    if row(b) < row(a) or a == b: return True
    return row(a) == row(b) and group(a) == group(b) != ''

def test_every_module_has_its_place():
    lost = [n for n in FILES if row(n) is None and n not in USER and not Path(n).name.startswith('_')]
    assert not lost, f'no row in LAYERS for {lost}'

def test_arrows_point_down():
    wrong = []
    for a, b, _, line in ARROWS:
        if b.startswith('!') or row(a) is None: continue
        if b not in FILES: wrong.append(f'{FILES[a].name}:{line}: no module {b}')
        elif b in USER and row(b) is None and a not in USER: wrong.append(f'{a}:{line} imports the user module fastcourse.{b}')
        elif row(b) is not None and not allowed(a, b): wrong.append(f'{a}:{line} imports {b}')
    assert not wrong, '\n'.join(wrong)

def late_arrows(arrows):
    "Imports of modules of ours inside a function; the package itself waits for the names of its basics."
    return [f'{a}:{line} imports {b}' for a, b, lazy, line in arrows if lazy and not b.startswith('!') and (a, b) != ('', 'basics')]

def test_no_arrow_comes_late(): assert not (late := late_arrows(ARROWS)), '\n'.join(late)

def test_continuations_are_declared():
    "Whoever reads a class finds in one table which methods other modules add to it."
    there = {(k, o) for k, names in continuations(ROOT).items() for o in names}
    told = {(k, o) for k, names in CONTINUED.items() for o in names}
    assert not there - told, f'not in CONTINUED of tools/layers.py: {sorted(there - told)}'
    assert not told - there, f'no longer there: {sorted(told - there)}'

def test_a_continuation_is_seen(tmp_path):
    "Methods by `@patch`, class methods, and attributes that are assigned; not those of the module's own classes."
    root = tmp_path/'fastcourse'
    root.mkdir()
    (root/'a.py').write_text('class One: pass\nclass Two: pass\n@patch\ndef own(self:One): pass\n')
    (root/'b.py').write_text('from a import *\nclass Three: kind = None\n@patch\ndef f(self:One|Two, x): pass\n'
                             '@patch(cls_method=True)\ndef g(cls:Two): pass\nOne.h = f\nThree.kind = 3\ndef free(x:One): pass\n')
    assert continuations(root) == {'b': ['One.f', 'Two.f', 'Two.g', 'One.h']}

def test_applications_keep_apart():
    apps = 'vision', 'text', 'tabular'
    wrong = [f'{a}:{line} imports {b}' for a, b, _, line in ARROWS
             if a.partition('.')[0] in apps and b.partition('.')[0] in apps and a.partition('.')[0] != b.partition('.')[0]]
    assert not wrong, '\n'.join(wrong)

def circles(arrows):
    "Modules that reach themselves, inside an application too, each circle as the text `a -> b -> a`; late arrows count."
    graph, done, found = {}, set(), []
    for a, b, _, _ in arrows: graph.setdefault(a, set()).update({b} - {a})
    def visit(n, trail):
        if n in trail: found.append(' -> '.join([*trail[trail.index(n):], n]))
        if n in trail or n in done: return
        for o in sorted(graph.get(n, ())): visit(o, [*trail, n])
        done.add(n)
    for n in sorted(graph): visit(n, [])
    return found

def test_no_circles(): assert not (found := circles(ARROWS)), '\n'.join(found)

@pytest.mark.parametrize('name', [n for n in NO_TORCH if n in FILES])
def test_ground_floor_needs_no_torch(name):
    wrong = [f'{name}:{line} imports {b[1:]}' for a, b, lazy, line in ARROWS
             if a == name and not lazy and b.partition('.')[0] in ('!torch', '!torchvision', '!timm')]
    assert not wrong, '\n'.join(wrong)

def test_plots_and_front_ends_stay_above():
    wrong = []
    for a, b, lazy, line in ARROWS:
        other = b.partition('.')[0]
        if other in ('!nbdev', '!execnb', '!nbclient', '!nbformat'): wrong.append(f'{a}:{line} imports {b[1:]}')
        if other == '!ipywidgets' and not a.startswith('widgets'): wrong.append(f'{a}:{line} imports ipywidgets')
        if other == '!matplotlib' and not lazy and row(a) is not None and row(a) < row(PLOTTING):
            wrong.append(f'{a}:{line} imports matplotlib when it is imported')
    assert not wrong, '\n'.join(wrong)

def test_a_wrong_arrow_would_be_seen():
    "The rules themselves, on names that need not exist yet."
    for a, b in [('foundation', 'torch_core'), ('layers', 'optimizer'), ('basic_data', 'callback'), ('vision.data', 'text.data'),
                 ('vision.image', 'collab'), ('basic_train', 'train')]: assert not allowed(a, b), (a, b)
    for a, b in [('torch_core', 'foundation'), ('callbacks.hooks', 'basic_train'), ('vision.learner', 'vision.data'),
                 ('collab', 'tabular.data'), ('widgets.cleaner', 'vision.image')]: assert allowed(a, b), (a, b)
    assert circles([('vision.image', 'vision.transform', True, 1), ('vision.transform', 'vision.image', False, 1), ('train', 'layers', False, 1)]) \
        == ['vision.image -> vision.transform -> vision.image']
    late = [('labelled', 'basic_data', True, 7), ('train', 'layers', False, 8), ('train', '!matplotlib', True, 9), ('', 'basics', True, 1)]
    assert late_arrows(late) == ['labelled:7 imports basic_data']

def test_modules_that_are_not_there_are_not_drawn(tmp_path):
    "The picture has a box for each module that there is, and reads the package folder that it is given."
    root = tmp_path/'fastcourse'
    root.mkdir()
    for name, text in dict(__init__='', foundation='', layers='from .foundation import *', train='from . import layers').items():
        (root/f'{name}.py').write_text(text)
    fig = draw_layers(root)
    drawn = {o.get_text() for o in fig.axes[0].texts}
    pyplot.close(fig)
    assert {'fastcourse', 'foundation', 'layers', 'train'} <= drawn and not {'datasets', 'collab'} & drawn
