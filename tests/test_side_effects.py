"Importing changes nothing global. Each check runs in a fresh process."
import ast, json, os, re, subprocess, sys
from pathlib import Path
import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted('.'.join(f.relative_to(ROOT).with_suffix('').parts).removesuffix('.__init__')
                 for f in (ROOT/'fastcourse').rglob('*.py') if f.name != '_modidx.py')
VISION = 'fastcourse.vision' in MODULES

# What may not change, as a dict of texts. Third-party packages that only read settings are loaded before the first picture.
STATE = '''
import json, logging, multiprocessing, os, random, signal, sys, threading, warnings
import torch, torchvision, torch.utils.data, pandas, matplotlib, matplotlib.pyplot, numpy as np, PIL.Image, PIL.ImageFile
import fastcore.xtras, pathlib
random.seed(1); np.random.seed(2); torch.manual_seed(3)
warnings.filterwarnings('ignore', message='a filter of the user')

CLASSES = [torch.Tensor, torch.nn.Module, torch.nn.Parameter, torch.nn.DataParallel, torch.optim.Optimizer,
    torch.utils.data.DataLoader, torch.utils.data.Dataset, torch.utils.data.Sampler, torch.device, torch.Generator,
    pandas.DataFrame, pandas.Series, PIL.Image.Image, pathlib.Path, pathlib.PurePath,
    matplotlib.figure.Figure, matplotlib.axes.Axes]
MODULES = [torch, torch.nn, torch.nn.functional, torch.cuda, torch.utils.data, torchvision, np, np.random, pandas, PIL.Image,
    matplotlib.pyplot, multiprocessing, warnings, random, os]

def state():
    b = torch.backends
    s = {
        'random': hash(random.getstate()), 'numpy random': hash(np.random.get_state()[1].tobytes()),
        'numpy random position': np.random.get_state()[2], 'torch random': hash(torch.get_rng_state().numpy().tobytes()),
        'warnings.filters': repr(warnings.filters), 'warnings.showwarning': id(warnings.showwarning),
        'rcParams': repr(sorted((k, repr(dict.__getitem__(matplotlib.rcParams, k))) for k in matplotlib.rcParams)),
        'figures': repr(matplotlib.pyplot.get_fignums()),
        'pandas options': pandas.describe_option('', _print_desc=False),
        'numpy print options': repr(np.get_printoptions()), 'numpy errors': repr(np.geterr()),
        'torch print options': repr(vars(torch._tensor_str.PRINT_OPTS)),
        'cudnn': repr([b.cudnn.enabled, b.cudnn.benchmark, b.cudnn.deterministic, b.cudnn.allow_tf32]),
        'tf32': repr([b.cuda.matmul.allow_tf32, torch.get_float32_matmul_precision()]),
        'mkldnn': repr([b.mkldnn.enabled, b.mkldnn.is_available()]),
        'deterministic': repr([torch.are_deterministic_algorithms_enabled(), torch.is_grad_enabled()]),
        'default dtype': repr([torch.get_default_dtype(), torch.get_default_device()]),
        'torch threads': repr([torch.get_num_threads(), torch.get_num_interop_threads()]),
        'start method': repr(multiprocessing.get_start_method(allow_none=True)),
        'torch sharing': torch.multiprocessing.get_sharing_strategy(),
        'CUDA started': torch.cuda.is_initialized(),
        'environment': repr(sorted(os.environ.items())), 'folder': os.getcwd(), 'sys.path': repr(sys.path),
        'recursion limit': sys.getrecursionlimit(), 'hooks': repr([sys.excepthook, sys.displayhook]),
        'signals': repr([signal.getsignal(o) for o in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE)]),
        'logging': repr([logging.root.level, logging.root.handlers, logging.root.manager.disable]),
        'PIL': repr([PIL.ImageFile.LOAD_TRUNCATED_IMAGES, PIL.Image.MAX_IMAGE_PIXELS]),
        'threads': threading.active_count(),
    }
    for o in CLASSES:
        for k, v in list(vars(o).items()):
            if k not in ('__annotations__', '__abstractmethods__', '_abc_impl', '__annotations_cache__'): s[f'{o.__module__}.{o.__qualname__}.{k}'] = id(v)
    for o in MODULES:
        for k, v in list(vars(o).items()):
            if callable(v): s[f'{o.__name__}.{k}'] = id(v)
    return s
'''

def in_fresh_process(code, **env):
    "Run `code` in a new interpreter and return the JSON value it printed last."
    env = {**os.environ, 'MPLBACKEND': 'agg', **env}
    r = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, env=env, timeout=240)
    assert r.returncode == 0, r.stderr[-3000:]
    return json.loads(r.stdout.splitlines()[-1])

def changes(import_line):
    "What differs in a process after `import_line` ran in it: `{name: [before, after]}`."
    return in_fresh_process(STATE + f'''
state()
before = state()
{import_line}
after = state()
print(json.dumps({{k: [str(before.get(k))[-300:], str(after.get(k))[-300:]] for k in sorted(before.keys() | after.keys()) if before.get(k) != after.get(k)}}))''')

@pytest.mark.skipif(not VISION, reason='no fastcourse.vision yet')
def test_the_star_import_changes_nothing():
    assert changes('from fastcourse.vision import *') == {}

def test_no_module_changes_anything():
    assert changes('import ' + ', '.join(o for o in MODULES if '.widgets' not in o)) == {}

def test_the_check_sees_a_change():
    seen = changes("import random; random.random(); torch.Tensor.pca = lambda self: self; torch.backends.cudnn.benchmark = True")
    assert seen.keys() >= {'random', 'torch.Tensor.pca', 'cudnn'}

def loaded_by(module):
    return set(in_fresh_process(f'import sys, json, {module}\nprint(json.dumps(sorted({{o.partition(".")[0] for o in sys.modules}})))'))

@pytest.mark.skipif('fastcourse.core' not in MODULES, reason='no fastcourse.core yet')
def test_core_loads_no_torch():
    assert not loaded_by('fastcourse.core') & {'torch', 'torchvision', 'timm', 'matplotlib', 'sklearn', 'ipywidgets', 'nbdev'}

def test_the_library_loads_no_front_end_and_no_tools():
    names = ', '.join(o for o in MODULES if '.widgets' not in o)
    assert not loaded_by(names) & {'ipywidgets', 'nbdev', 'execnb', 'nbformat', 'notebook', 'jupyterlab', 'spacy', 'sklearn'}

@pytest.mark.skipif(not VISION, reason='no fastcourse.vision yet')
def test_time_to_import():
    "CPU time with a loose bound, since other work may run beside it; the benchmark knows the real one."
    out = subprocess.run([sys.executable, ROOT/'benchmarks/run.py', 'imports', '--rounds', '3'], capture_output=True, text=True, timeout=240).stdout
    ratio = float(re.search(r'CPU time: ([\d.]+)', out)[1])
    print(f'import ratio {ratio:.2f}')
    assert ratio <= 1.3, out

def test_user_modules_name_what_they_give():
    "A module that gathers names with `*` has an `__all__`."
    for name in MODULES:
        path = ROOT/name.replace('.', '/')
        file = path/'__init__.py' if path.is_dir() else path.with_suffix('.py')
        tree = ast.parse(file.read_text(encoding='utf-8'))
        stars = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.names[0].name == '*']
        has_all = any(isinstance(n, (ast.Assign, ast.AugAssign, ast.AnnAssign)) and '__all__' in ast.unparse(n) for n in tree.body)
        assert has_all or not stars, f'{name} gathers with * and has no __all__'
