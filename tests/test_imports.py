"Who may import whom. The graph is drawn from the source of the package; a wrong arrow fails."
import ast
from importlib.util import resolve_name
from pathlib import Path
import pytest

ROOT = Path(__file__).resolve().parent.parent/'fastcourse'

# From the ground up. A module may import any module of a lower row. Modules that share a row do not import one another,
# unless they belong to one group: `vision.*` is one group, so is `callbacks.*`.
LAYERS = [
    ['core'],
    ['progress', 'showdoc'],
    ['datasets'],
    ['torch_core'],
    ['layers', 'metrics', 'optimizer'],
    ['data_block'],
    ['loader'],
    ['basic_data'],
    ['callback'],
    ['schedule'],
    ['basic_train'],
    ['callbacks.*'],
    ['train', 'interpret'],
    ['vision.*', 'text.*', 'tabular.*'],
    ['collab'],
    ['widgets.*', 'export', 'scale'],
]
# Modules that only gather names for users; the library itself does not import them.
USER = ['', 'basics', 'vision', 'text', 'tabular', 'callbacks', 'widgets', 'collab']
# Arrows that point upwards, allowed inside a function only, each with its reason: {(from, to): why}.
LAZY = {('data_block', 'basic_data'): 'the last step of the chain, `.databunch()`, makes what the next layer defines',
        ('core', 'progress'): '`parallel` shows a bar, and bars need the small helpers of core'}
NO_TORCH = LAYERS[0] + LAYERS[1] + LAYERS[2]
PLOTTING = 'interpret'  # nothing below its row imports matplotlib when it is imported

def module_name(path):
    "`fastcourse/vision/data.py` -> `vision.data`; the package itself is the empty name."
    parts = path.relative_to(ROOT).with_suffix('').parts
    return '.'.join(parts[:-1] if parts[-1] == '__init__' else parts)

FILES = {module_name(f): f for f in sorted(ROOT.rglob('*.py')) if f.name != '_modidx.py'}

def nested(tree):
    "Every import statement of `tree`, with whether it stands inside a function."
    def walk(node, inside):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.Import, ast.ImportFrom)): yield child, inside
            yield from walk(child, inside or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)))
    yield from walk(tree, False)

def targets(node, name, is_package):
    "The full names of the modules that an import statement of module `name` reaches."
    if isinstance(node, ast.Import): return [o.name for o in node.names]
    if not node.level: base = node.module
    else:
        full = 'fastcourse' + (f'.{name}' if name else '')
        base = resolve_name('.'*node.level + (node.module or ''), full if is_package else full.rpartition('.')[0])
    if base.partition('.')[0] != 'fastcourse': return [base]
    inner = base.removeprefix('fastcourse').lstrip('.')
    subs = [f'{inner}.{o.name}'.lstrip('.') for o in node.names]
    found = [f'fastcourse.{o}' for o in subs if o in FILES and o]
    return found if len(found) == len(subs) else [*found, base]

def imports():
    "All arrows `(from, to, lazy, line)`; names inside the package are short, others start with `!`."
    for name, path in FILES.items():
        for node, lazy in nested(ast.parse(path.read_text(encoding='utf-8'))):
            for to in targets(node, name, path.name == '__init__.py'):
                inner = to == 'fastcourse' or to.startswith('fastcourse.')
                yield name, to.removeprefix('fastcourse').lstrip('.') if inner else f'!{to}', lazy, node.lineno

ARROWS = list(imports())

def row(name):
    "The number of the row that holds `name`, or None."
    for i, names in enumerate(LAYERS):
        if name in names or f"{name.partition('.')[0]}.*" in names and '.' in name: return i
    return None

def group(name): return name.partition('.')[0] if '.' in name else ''

def allowed(a, b):
    "Whether library module `a` may import module `b`."
    if row(b) < row(a) or a == b: return True
    return row(a) == row(b) and group(a) == group(b) != ''

def test_every_module_has_its_place():
    lost = [n for n in FILES if row(n) is None and n not in USER and not Path(n).name.startswith('_')]
    assert not lost, f'no row in LAYERS for {lost}'

def test_arrows_point_down():
    wrong = []
    for a, b, lazy, line in ARROWS:
        if b.startswith('!') or row(a) is None or (lazy and (a, b) in LAZY): continue
        if b not in FILES: wrong.append(f'{FILES[a].name}:{line}: no module {b}')
        elif b in USER and row(b) is None: wrong.append(f'{a}:{line} imports the user module fastcourse.{b}')
        elif row(b) is not None and not allowed(a, b): wrong.append(f'{a}:{line} imports {b}')
    assert not wrong, '\n'.join(wrong)

def test_lazy_exceptions_are_needed():
    used = {(a, b) for a, b, lazy, _ in ARROWS if lazy}
    gone = {o for o in set(LAZY) - used if set(o) <= FILES.keys()}
    assert not gone, f'no longer there: {gone}'

def test_applications_keep_apart():
    apps = 'vision', 'text', 'tabular'
    wrong = [f'{a}:{line} imports {b}' for a, b, _, line in ARROWS
             if a.partition('.')[0] in apps and b.partition('.')[0] in apps and a.partition('.')[0] != b.partition('.')[0]]
    assert not wrong, '\n'.join(wrong)

def test_no_circle_when_imported():
    graph, done = {n: {b for a, b, lazy, _ in ARROWS if a == n and b in FILES and not lazy and b != n} for n in FILES}, set()
    def visit(n, trail):
        assert n not in trail, ' -> '.join([*trail, n])
        if n in done: return
        for o in graph[n]: visit(o, [*trail, n])
        done.add(n)
    for n in FILES: visit(n, [])

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
    for a, b in [('core', 'torch_core'), ('layers', 'optimizer'), ('basic_data', 'callback'), ('vision.data', 'text.data'),
                 ('vision.image', 'collab'), ('basic_train', 'train')]: assert not allowed(a, b), (a, b)
    for a, b in [('torch_core', 'core'), ('callbacks.hooks', 'basic_train'), ('vision.learner', 'vision.data'),
                 ('collab', 'tabular.data'), ('widgets.cleaner', 'vision.image')]: assert allowed(a, b), (a, b)
