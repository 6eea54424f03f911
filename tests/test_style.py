"How the notebooks and the package must read. Each rule is a test; what misses it is listed."
import ast, json, re, sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT/'tools'))
from changes import notebooks
from reading import ASSERTION, DIRECTIVE, tree_of
from run_notebooks import without_times

NBS = sorted(notebooks())
FILES = {str(f.relative_to(ROOT)): f for f in sorted((ROOT/'fastcourse').rglob('*.py')) if f.name != '_modidx.py'}
USER = {'fastcourse/__init__.py', 'fastcourse/core.py', 'fastcourse/datasets.py', 'fastcourse/data_block.py', 'fastcourse/basics.py',
        'fastcourse/collab.py',
        'fastcourse/text/models/__init__.py', 'fastcourse/vision/image.py',
        *(f'fastcourse/{o}/__init__.py' for o in ('vision', 'text', 'tabular', 'callbacks', 'widgets'))}
TORCH_PRIVATE = set()  # names like `torch._foo` that the package may use: none
MAX_CELL, MAX_LINE, MAX_MODULE, MAX_BYTES = 30, 120, 600, 450_000

PRIVATE_PATH = re.compile(r'/(?:root|home|tmp|work|Users|usr|opt|var|mnt)/\w|[A-Z]:\\\\?Users')
ELAPSED = re.compile(r'\b\d+\.\d+ ?(?:s|sec|seconds|ms|µs|us|ns)\b|\bWall time|\bit/s\b')
ADDRESS = re.compile(r'\bat 0x[0-9a-f]{6,}')

class Cell:
    "One cell of a notebook, and what the rules ask about it."
    def __init__(self, raw):
        self.raw, self.source, self.is_code = raw, ''.join(raw['source']), raw['cell_type'] == 'code'
        self.flags = set(DIRECTIVE.findall(self.source)) if self.is_code else set()
        self.exported = bool(self.flags & {'export', 'exports', 'exporti'})
        self.lines = [o for o in self.source.split('\n') if o.strip() and not DIRECTIVE.match(o)]
        self.words = 0 if self.is_code else len(re.findall(r'\w+', self.source))
        self.asserts = 0 if self.exported or not self.is_code else len(ASSERTION.findall(self.source))
    def tree(self): return tree_of(self.source)
    def is_imports(self): return all(isinstance(o, (ast.Import, ast.ImportFrom)) for o in self.tree().body)
    def public(self):
        "Top-level public functions and classes that the cell defines."
        if not self.exported: return []
        return [o for o in self.tree().body if isinstance(o, DEFS) and not o.name.startswith('_')]

FUNCS = ast.FunctionDef, ast.AsyncFunctionDef
DEFS = (*FUNCS, ast.ClassDef)

def cells_of(path): return [o for o in map(Cell, json.loads(path.read_text(encoding='utf-8'))['cells']) if o.source.strip()]

CELLS = {str(f.relative_to(ROOT)): cells_of(f) for f in NBS}
MODULES = {name: cells for name, cells in CELLS.items() if any(o.public() for o in cells)}

def each(names):
    "Turn a rule about one notebook into a test of all of `names` that lists every notebook that misses it."
    def decorate(rule):
        def test():
            missed = []
            for name in sorted(names):
                try: rule(name)
                except AssertionError as e: missed.append(f'{name}: {str(e).splitlines()[0] if str(e) else rule.__name__}')
            assert not missed, '\n' + '\n'.join(missed)
        test.__name__, test.__doc__ = rule.__name__, rule.__doc__
        return test
    return decorate

def units(cells):
    "`(exported cell, the cell before, the cells until the next export)` for each exported cell."
    at = [i for i, o in enumerate(cells) if o.exported]
    for i, end in zip(at, [*at[1:], len(cells)]): yield cells[i], cells[i-1] if i else None, cells[i+1:end]

def share(hits):
    hits = list(hits)
    return 100*sum(hits)/max(1, len(hits))

# --- notebooks ---

def environment(sources):
    "`(names that are set, names that are put back)` in `os.environ` by cells with these sources; '*' is all of them."
    text, sets = '\n'.join(sources), set()
    for o in (ast.unparse(o) for source in sources for o in tree_of(source).body):  # at the top level: for good
        if o.startswith('os.environ[') and ' = ' in o: sets.add(o.split("'")[1])
        elif o.startswith(('os.environ |=', 'os.environ.update(')): sets |= set(re.findall(r'(\w+)=', o.split('(', 1)[-1]))
    back = set(re.findall(r"(?:del os\.environ\[|os\.environ\.pop\()'(\w+)'", text))
    return sets, back | {'*'} if re.search(r'os\.environ\.(?:clear\(|pop\(\w)', text) else back

@each(CELLS)
def test_the_environment_is_put_back(name):
    "Notebooks share a process in `nbdev_test`, and what one leaves behind meets the next; each sets its own home folder."
    sets, back = environment([o.source for o in CELLS[name] if o.is_code and not o.exported])
    left = sets - back - {'FASTCOURSE_HOME', 'TORCH_HOME'}
    assert not left or '*' in back, f'{sorted(left)} of the environment are left changed'

def test_the_check_of_the_environment_sees_a_change():
    kept = "os.environ |= dict(no_proxy='*', A='1')\nos.environ['B'] = 'x'\ndel os.environ['B']"
    assert environment([kept]) == ({'no_proxy', 'A', 'B'}, {'B'})
    assert environment([kept, 'for k in old: os.environ.pop(k)'])[1] == {'B', '*'}

@each(MODULES)
def test_exported_cells_are_short(name):
    long = [(len(o.lines), o.lines[0]) for o in MODULES[name] if o.exported and len(o.lines) > MAX_CELL]
    assert not long, f'cells over {MAX_CELL} lines: {long}'

@each(MODULES)
def test_exported_cells_have_prose_a_demo_and_an_assertion(name):
    prose, demo, asserted = [], [], []
    for _, before, after in units(MODULES[name]):
        prose.append((before is not None and not before.is_code) or any(not o.is_code for o in after))
        demo.append(any(o.is_code and o.lines for o in after))
        asserted.append(any(o.asserts for o in after))
    assert share(prose) >= 95 and share(demo) >= 90 and share(asserted) >= 75, \
        f'prose {share(prose):.0f}% (95), demo {share(demo):.0f}% (90), asserted {share(asserted):.0f}% (75)'

@each(MODULES)
def test_enough_words_and_assertions(name):
    cells = MODULES[name]
    words, lines = sum(o.words for o in cells), sum(len(o.lines) for o in cells if o.exported)
    asserts, public = sum(o.asserts for o in cells), sum(len(o.public()) for o in cells)
    assert words >= 3*lines, f'{words} words for {lines} exported lines'
    assert asserts >= 3*public, f'{asserts} assertions for {public} public names'

@each(MODULES)
def test_no_two_exported_cells_in_a_row(name):
    code = [o for o in MODULES[name] if o.is_code]
    pairs = [b.lines[0] for a, b in zip(code, code[1:]) if a.exported and b.exported and not a.is_imports() and a.public() and b.public()]
    assert not pairs, f'these follow an exported cell directly: {pairs}'

@each(MODULES)
def test_public_names_have_docstrings(name):
    bare = [d.name for o in MODULES[name] for d in o.public() if ast.get_docstring(d) is None]
    assert not bare, f'no docstring: {bare}'

@each(CELLS)
def test_little_is_hidden(name):
    code = [o for o in CELLS[name] if o.is_code]
    hidden = sum('hide' in o.flags for o in code)
    assert hidden <= .1*len(code) + 2, f'{hidden} of {len(code)} code cells are hidden'

@each(MODULES)
def test_opens_with_title_and_why(name):
    cells = MODULES[name]
    assert cells[0].is_code and 'default_exp' in cells[0].flags, 'the first cell names the module'
    head = next((o.source for o in cells if not o.is_code), '')
    assert re.match(r'# .+\n+> .+', head), 'the first text is `# Title`, then `> one sentence`'

@each(MODULES)
def test_exported_imports_stand_alone(name):
    "A cell that imports the package or another does nothing else, so that docs can run imports by themselves."
    mixed = [o.lines[0] for o in MODULES[name] if o.exported and not o.is_imports()
             and any(isinstance(s, (ast.Import, ast.ImportFrom)) for s in o.tree().body)]
    assert not mixed, f'cells that import and do more: {mixed}'

@each(CELLS)
def test_stored_outputs_are_clean(name):
    "No paths of a machine, no addresses, no warnings, no counts, no errors."
    bad = []
    for o in CELLS[name]:
        if PRIVATE_PATH.search(o.source): bad.append(f'a path of one machine in {o.source[:80]!r}')
        if o.is_code and o.raw.get('execution_count') is not None: bad.append(f'an execution count at {o.source[:40]!r}')
        for out in o.raw.get('outputs', []):
            if out['output_type'] == 'error': bad.append(f"an error: {out.get('ename')}")
            if out['output_type'] == 'stream' and out.get('name') == 'stderr': bad.append(f"stderr: {''.join(out['text'])[:80]}")
            data = out.get('data', {})
            texts = [''.join(out.get('text', ''))] + [''.join(v) for k, v in data.items() if k.startswith('text/') and not isinstance(v, dict)]
            for t in texts:
                t = re.sub(r'data:image/[^"\']+', '', t)
                bad += [f'{m[0]!r} in the output of {o.source[:40]!r}' for m in [*PRIVATE_PATH.finditer(t), *ADDRESS.finditer(t)][:2]]
    assert not bad, '; '.join(bad)

@each(CELLS)
def test_no_measured_times_are_stored(name):
    "tools/run_notebooks.py leaves the time of an epoch away, and a cell does not print how long it took."
    bad = []
    for o in CELLS[name]:
        for out in o.raw.get('outputs', []):
            data = {k: ''.join(v) for k, v in out.get('data', {}).items() if k in ('text/html', 'text/plain')}
            timed = re.search(r'<td>[\d:]+</td></tr>', data.get('text/html', ''))  # an empty column, as was stored once, does no harm
            if timed and without_times(data, o.source) != data: bad.append(f'a table of epochs with times at {o.source[:40]!r}')
            for text in [''.join(out.get('text', '')), data.get('text/plain', '')]:
                bad += [f'{m[0]!r} in the output of {o.source[:40]!r}' for m in ELAPSED.finditer(text)]
    assert not bad, '; '.join(bad)

@each(CELLS)
def test_gradients_stay_on(name):
    "Several notebooks run in one process: what one switches off is off for the others."
    bad = [o.source[:60] for o in CELLS[name] if re.search(r'^(?! *with ).*set_grad_enabled\(', o.source, re.M)]
    assert not bad, f"use 'with torch.no_grad()': {bad}"

@each(CELLS)
def test_notebook_is_small(name):
    size = (ROOT/name).stat().st_size
    assert size <= MAX_BYTES, f'{size/1e6:.1f} MB'

def bullets(text): return len(re.findall(r'^- ', text, re.M))

@each(name for name in CELLS if '/lessons/' in name)
def test_lessons_end_alike(name):
    "In what to try next, questions, and an answer to each, folded away; code fits on the page."
    *_, last = (o.source for o in CELLS[name] if not o.is_code)
    end = re.search(r'^## What to try next$.*^## Questions$(.*)^<details>\n<summary>Answers</summary>\n\n(.*)\n</details>\Z', last, re.M | re.S)
    assert end, 'the last text is not what to try next, questions and answers'
    assert 5 <= bullets(end[1]) == bullets(end[2]), f'{bullets(end[1])} questions and {bullets(end[2])} answers'
    wide = [line for o in CELLS[name] if o.is_code for line in o.lines if len(line) > 100]
    assert not wide, f'lines over 100 characters: {wide}'

def test_pictures_where_people_would_look():
    wanted = 'vision', 'lesson', 'interpret', 'train', 'schedule', 'hooks', 'show'
    without = [n for n, cells in CELLS.items() if any(o in n for o in wanted) and 'models' not in n and '__init__' not in n
               and sum(len(o.source) for o in cells) > 2000
               and not any(k.startswith('image/') for o in cells for out in o.raw.get('outputs', []) for k in out.get('data', {}))]
    assert not without, f'no stored picture in {without}'

# --- the package ---

def trees(): return {name: ast.parse(f.read_text(encoding='utf-8')) for name, f in FILES.items()}

TREES = trees()

def test_lines_are_short():
    long = [f'{name}:{i}: {len(o)}' for name, f in FILES.items() for i, o in enumerate(f.read_text(encoding='utf-8').splitlines(), 1)
            if len(o) > MAX_LINE and not o.startswith('__all__')]
    assert not long, '\n'.join(long)

def test_modules_are_short():
    "A longer one holds two subjects."
    long = {name: n for name, f in FILES.items() if (n := len(f.read_text(encoding='utf-8').splitlines())) > MAX_MODULE}
    assert not long, f'modules over {MAX_MODULE} lines: {long}'

def test_every_module_comes_from_a_notebook():
    hand_made = [n for n, f in FILES.items() if 'AUTOGENERATED' not in (t := f.read_text(encoding='utf-8')) and not re.fullmatch(r'__version__ = .*\s*', t)]
    assert not hand_made, hand_made

def test_no_star_imports_in_library_modules():
    stars = [f'{n}:{o.lineno}' for n, t in TREES.items() if n not in USER for o in ast.walk(t)
             if isinstance(o, ast.ImportFrom) and o.names[0].name == '*']
    assert not stars, stars

def test_no_bare_except_and_no_swallowed_error():
    bad = []
    for n, t in TREES.items():
        for o in ast.walk(t):
            if not isinstance(o, ast.ExceptHandler): continue
            if o.type is None: bad.append(f'{n}:{o.lineno}: bare except')
            elif ast.unparse(o.type) in ('Exception', 'BaseException') and not (o.name or any(isinstance(s, ast.Raise) for s in ast.walk(o))):
                bad.append(f'{n}:{o.lineno}: an error of any kind is dropped')
    assert not bad, '\n'.join(bad)

def test_no_assert_for_a_users_mistake():
    found = [f'{n}:{o.lineno}' for n, t in TREES.items() for o in ast.walk(t) if isinstance(o, ast.Assert)]
    assert not found, found

def test_no_semicolons():
    "One statement a line; a body may share its header's line."
    bad = []
    for n, t in TREES.items():
        for o in ast.walk(t):
            for body in (getattr(o, k, None) for k in ('body', 'orelse', 'finalbody')):
                if isinstance(body, list): bad += [f'{n}:{b.lineno}' for a, b in zip(body, body[1:]) if a.end_lineno == b.lineno]
    assert not bad, bad

def is_patch(d): return any('patch' in ast.unparse(o) for o in d.decorator_list)

def patched_classes(d):
    "The names of the classes that a `@patch` function is added to."
    first = (d.args.posonlyargs + d.args.args)[:1]
    hint = ast.unparse(first[0].annotation) if first and first[0].annotation else ''
    return re.findall(r'[\w.]+', hint.removeprefix('cls:'))

def defined(tree):
    "`(class or '', name)` of everything that a module defines, `@patch`ed methods included."
    for d in tree.body:
        if isinstance(d, FUNCS):
            accessor = any(ast.unparse(o).endswith(('.setter', '.deleter')) for o in d.decorator_list)
            if is_patch(d): yield from ((c, d.name, d) for c in patched_classes(d))
            elif not accessor: yield '', d.name, d
        elif isinstance(d, ast.ClassDef):
            yield '', d.name, d
            for m in d.body:
                if isinstance(m, FUNCS) and not any(ast.unparse(o).endswith(('.setter', '.deleter')) for o in m.decorator_list):
                    yield d.name, m.name, m

def test_nothing_is_defined_twice():
    "Whatever is imported last must not decide what a method does."
    seen, twice = {}, []
    for n, t in TREES.items():
        for c, name, d in defined(t):
            key = (c, name) if c else (n, name)
            if key in seen: twice.append(f'{key} in {seen[key]} and {n}:{d.lineno}')
            seen[key] = n
    assert not twice, '\n'.join(twice)

def test_only_our_own_classes_are_patched():
    ours = {d.name for t in TREES.values() for d in t.body if isinstance(d, ast.ClassDef)}
    bad = [f'{n}:{d.lineno} adds {d.name} to {c}' for n, t in TREES.items() for d in t.body if isinstance(d, FUNCS) and is_patch(d)
           for c in patched_classes(d) if c not in ours]
    assert not bad, '\n'.join(bad)

def test_no_private_torch():
    used = set()
    for n, t in TREES.items():
        for o in ast.walk(t):
            if isinstance(o, ast.Attribute) and (m := re.fullmatch(r'(torch(?:\.\w+)*?\._[a-z]\w*)(?:\..*)?', ast.unparse(o))): used.add(m[1])
            if isinstance(o, ast.ImportFrom) and not o.level and (o.module or '').startswith('torch') and '._' in f'.{o.module}': used.add(o.module)
    assert used <= TORCH_PRIVATE, sorted(used - TORCH_PRIVATE)

def public_callables():
    "`(where, function node)` of public functions and methods, `__init__` of public classes included."
    for n, t in TREES.items():
        private = {d.name for d in t.body if isinstance(d, ast.ClassDef) and d.name.startswith('_')}
        for c, name, d in defined(t):
            if isinstance(d, FUNCS) and c not in private and (not name.startswith('_') or (name == '__init__' and c)):
                yield f"{n}:{d.lineno} {c}{'.' if c else ''}{name}", d

def params(d):
    "The parameters that a caller fills in, without `self` and `cls`."
    a = d.args
    given = [*a.posonlyargs, *a.args, *([a.vararg] if a.vararg else []), *a.kwonlyargs]
    return [o for o in given if o.arg not in ('self', 'cls')]

def test_public_parameters_are_hinted():
    every = [(where, o.arg, o.annotation is not None) for where, d in public_callables() for o in params(d)]
    missing = [f'{where}({arg})' for where, arg, hinted in every if not hinted]
    assert len(missing) <= .02*len(every), f'{len(missing)} of {len(every)} have no type:\n' + '\n'.join(missing)

def is_abstract(d):
    "Whether a function only has a docstring and leaves the work to a subclass."
    body = d.body[1:] if ast.get_docstring(d) is not None else d.body
    return all(isinstance(o, (ast.Raise, ast.Pass)) for o in body)

def test_options_are_named():
    "`**kwargs` stands in a public signature only where it is handed on, and `@delegates` says to whom, or where it is used as given."
    bad = []
    for where, d in public_callables():
        if not d.args.kwarg or is_abstract(d) or any('delegates' in ast.unparse(o) for o in d.decorator_list): continue
        k = d.args.kwarg.arg
        if not any(isinstance(o, ast.Name) and o.id == k for s in d.body for o in ast.walk(s)): bad.append(f'{where}: **{k} is swallowed')
    assert not bad, '\n'.join(bad)

def test_public_functions_have_docstrings():
    "Methods that fill in an event or a method documented in another class may do without."
    told = {d.name for _, d in public_callables() if ast.get_docstring(d)}
    bare = [where for where, d in public_callables() if ast.get_docstring(d) is None and d.name != '__init__'
            and not (f'.{d.name}' in where and (d.name in told or d.name.startswith('on_')))]
    assert not bare, '\n'.join(bare)

def test_nothing_of_one_machine_in_the_repository():
    "No absolute paths in code and pages."
    files = [*FILES.values(), *ROOT.glob('*.md'), *(ROOT/'tools').glob('*.py'), *(ROOT/'benchmarks').rglob('*.py')]
    bad = [f'{f.relative_to(ROOT)}: {m[0]}' for f in files if f.exists() for m in PRIVATE_PATH.finditer(f.read_text(encoding='utf-8'))]
    assert not bad, bad
