"""An option works, or it is not there: each parameter of what the package offers is read, and what warns that it has no effect says so.

A method may leave out what others of its name need: `Flip.matrix` gets the size that `Rotate.matrix` reads. What only says what a
subclass has to offer, or takes an event, is no option."""
import ast, sys
from collections import defaultdict
from pathlib import Path
import pytest

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP/'tools'))
from layers import modules

# Parameters that are read by nothing, each with its reason: {'Class.method' or 'function': {parameter: why}}.
UNREAD = {
    'annealing_no': dict(end='all schedules are called with a start, an end and a position'),
    'TensorLoader.__init__': dict(num_workers='a bunch hands the same settings to loaders of all kinds'),
    'OpenFileProcessor.__init__': dict(ds='processors are made with the list that they are for'),
    'TokenizeProcessor.__init__': dict(ds='processors are made with the list that they are for'),
    'SPProcessor.__init__': dict(ds='processors are made with the list that they are for'),
    'PieceProcessor.__init__': dict(ds='processors are made with the list that they are for'),
}
SAYS = ('locals', 'vars')  # these read all parameters at once

def is_abstract(f):
    "Whether a function does nothing: a docstring, `pass`, an error, or a constant."
    still = ast.Pass, ast.Raise
    def idle(o):
        if isinstance(o, ast.Return): return o.value is None or not any(isinstance(v, ast.Call) for v in ast.walk(o.value))
        return isinstance(o, still) or isinstance(o, ast.Expr) and isinstance(o.value, ast.Constant)
    return all(map(idle, f.body))

def names_of(f): return [o.arg for o in [*f.args.posonlyargs, *f.args.args, *f.args.kwonlyargs, f.args.vararg, f.args.kwarg] if o]
def read_in(f): return {o.id for b in f.body for o in ast.walk(b) if isinstance(o, ast.Name) and isinstance(o.ctx, ast.Load)}

def owner(f, cls):
    "The class that the function `f` belongs to, also if it is patched into it; empty if it stands alone."
    first = f.args.args[0] if f.args.args else None
    patched = any('patch' in ast.unparse(o) for o in f.decorator_list)
    return ast.unparse(first.annotation) if patched and first is not None and first.annotation else cls

def functions(tree, cls=''):
    "Every function of the module and of its classes, `(class, function)`; those inside of functions are private."
    for o in tree.body:
        if isinstance(o, ast.ClassDef): yield from functions(o, o.name)
        elif isinstance(o, ast.FunctionDef): yield owner(o, cls), o

def unread(trees):
    "`{(module, 'Class.method' or 'function'): [parameters that are not read]}` for `{module: tree}`."
    every = [(module, cls, f) for module, tree in trees.items() for cls, f in functions(tree)]
    protocol = defaultdict(set)  # what a method of some name is given, because one of them reads it or only names it
    for _, cls, f in every:
        if cls and f.name != '__init__': protocol[f.name] |= set(names_of(f)) if is_abstract(f) else set(names_of(f)) & read_in(f)
    found = {}
    for module, cls, f in every:
        hidden = f.name.startswith('_') and f.name != '__init__' or f.name.startswith('on_') or cls.startswith('_')
        if hidden or is_abstract(f) or read_in(f) & set(SAYS): continue
        given = protocol[f.name] if cls else set()
        dead = [o for o in names_of(f) if o not in read_in(f) | given | {'self', 'cls'} and not o.startswith('_')]
        if dead: found[module, f'{cls}.{f.name}'.lstrip('.')] = dead
    return found

TREES = {n: ast.parse(p.read_text(encoding='utf-8')) for n, p in modules(TOP/'fastcourse').items()}

def test_every_parameter_is_read():
    wrong = [f'{module}: {name}({o})' for (module, name), dead in unread(TREES).items() for o in dead if o not in UNREAD.get(name, ())]
    assert not wrong, 'options that do nothing:\n' + '\n'.join(wrong)

def test_exceptions_are_needed():
    dead = {name: set(found) for (_, name), found in unread(TREES).items()}
    gone = [f'{name}({o})' for name, reasons in UNREAD.items() for o in reasons if o not in dead.get(name, ())]
    assert not gone, f'read by now, or gone: {gone}'

@pytest.mark.parametrize('source, dead', [
    ('def plot(n, return_fig=False): return draw(n)', {'plot': ['return_fig']}),
    ('def plot(n, return_fig=False): return draw(n) if return_fig else None', {}),
    ('class A:\n def __init__(self, n, size): self.n = n', {'A.__init__': ['size']}),
    ('class A:\n def f(self, size): return size\nclass B:\n def f(self, size): return self.call()', {}),
    ('class A:\n def f(self, size): return self.call()', {'A.f': ['size']}),
    ('class A:\n def f(self, size):\n  "What subclasses do."\n  raise NotImplementedError', {}),
    ('class A:\n def on_epoch_end(self, epoch): self.call()', {}),
    ('@patch\ndef fit(self:Learner, n, wd=None): self.call(n)', {'Learner.fit': ['wd']}),
    ('def fit(**kwargs): return call()', {'fit': ['kwargs']}),
    ('def fit(n, n_epochs):\n n_epochs = n\n return call(n)', {'fit': ['n_epochs']})])
def test_what_is_not_read_is_seen(source, dead):
    assert {name: o for (_, name), o in unread({'m': ast.parse(source)}).items()} == dead
