"""Pages for Sphinx from the notebooks: `python tools/docs_src.py [FOLDER]`, by default build/docs_src.

Those that have a catalogue of translations, see tools/catalogues.py, are also put into build/docs_zh, for the site in Chinese.

Nothing is executed: prose, shown cells and their stored outputs are taken over. An exported cell becomes an entry for each
public name that it defines, with the source of the cell folded under them. `symbols.json` says which names have an entry.
"""
import ast, inspect, json, os, re, sys
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from nbdev.config import get_config
from nbdev.doclinks import patch_name
from nbdev.process import NBProcessor
from bench_page import page as bench_page
from catalogues import FOLDER, LANGUAGE, THEME, WORDS, catalogues, compiled
from launch import is_launch
from links import map_links
from real_page import page as real_page
from used import behind, seen_in, used
from fastcourse.showdoc import documented, param_rows, sig_str

CFG = get_config()
ROOT, NBS, PKG = CFG.config_path.resolve(), CFG.nbs_path.resolve(), CFG.lib_path.name
FUNCS = ast.FunctionDef, ast.AsyncFunctionDef
# The parts of the navigation, each with what it holds: a folder, or the first digit of the names of notebooks.
PARTS = {'Start': ('', 'guide'), 'Lessons': ('lessons',), 'Pictures': '3', 'Text': '4', 'Tables': '5', 'Training': '2',
         'Front ends': '6', 'Reference': '017'}
# The pages that are not notebooks, in the first part: how each is read.
TEXTS = {'real_data': lambda: real_page(ROOT), 'benchmarks': lambda: bench_page(ROOT), 'contributing': (ROOT/'CONTRIBUTING.md').read_text, 'changelog': (ROOT/'CHANGELOG.md').read_text}

# --- where things are

def page_name(path):
    "The page of the notebook `path`, relative to the notebooks' folder; nbdev's rule, which its index follows."
    return path.with_name(re.sub(r'^\d+[a-zA-Z0-9]*_', '', path.name.lower()))

def part(path):
    "The part of the navigation that the notebook `path` belongs to."
    key = path.parent.as_posix() if path.parent.name else path.name[0] if path.name[0].isdigit() else ''
    found = [k for k, v in PARTS.items() if key in v]
    if not found: raise ValueError(f'{path} has no place: PARTS in tools/docs_src.py knows {list(PARTS.values())}, not {key!r}')
    return found[0]

def relink(text, base, folder=Path()):
    "Point the links of `text`, which stands in the folder `base`, from a page in `folder` to pages; the code host shows other files."
    def to(link):
        name, mark, anchor = link.partition('#')
        path = (base/name).resolve()
        if not path.exists(): raise FileNotFoundError(f'a link in {base.relative_to(ROOT)} leads to {name}: there is no such file')
        if not path.is_relative_to(NBS): page = f'{CFG.git_url}/blob/{CFG.branch}/{path.relative_to(ROOT).as_posix()}'
        else: page = os.path.relpath(page_name(path.relative_to(NBS)) if path.suffix == '.ipynb' else path.relative_to(NBS), folder)
        return page + mark + anchor
    return map_links(text, to)

# --- the entry of a name

def directive(kind, head, body='', **options):
    "A directive of Sphinx's Python domain, written in MyST."
    lines = [f":{k}: {v}".rstrip() for k, v in options.items() if v is not None]
    return '\n'.join([f'````{{py:{kind}}} {head}', *lines, '', body, '````'])

def table(rows):
    "What `param_rows` gives, as a markdown table; empty for no rows."
    def cell(s): return s.replace('|', '\\|')
    def code(s): return f'`{cell(s)}`' if s else ''
    lines = [f"| {'*returns*' if n == 'returns' else code(n)} | {code(t)} | {code(d)} | {cell(note)} |" for n, t, d, note in rows]
    return '\n'.join(['| Parameter | Type | Default | Meaning |', '| --- | --- | --- | --- |', *lines]) if rows else ''

def lookup(mod, name):
    "`(owner, object)` for `name` in module `mod`; the object as it is stored, so that a property stays one."
    owner, obj = None, import_module(mod)
    for attr in name.split('.'):
        if attr not in dir(obj): raise AttributeError(f'{mod} has no {name}: is the package up to date with the notebooks?')
        owner, obj = obj, inspect.getattr_static(obj, attr) if inspect.isclass(obj) else getattr(obj, attr)
    return owner, obj

def entry(mod, name, note=''):
    "The entry of the function, class, method or property `name`: signature, docstring, parameters."
    owner, obj = lookup(mod, name)
    inherited = inspect.isclass(obj) and not obj.__dict__.get('__doc__')
    body = '\n\n'.join(o for o in ('' if inherited else inspect.getdoc(documented(obj)), table(param_rows(obj)), note) if o)
    if isinstance(obj, property): return directive('property', name, body, module=mod, type=sig_str(obj).partition('-> ')[2] or None)
    kind = 'class' if inspect.isclass(obj) else 'method' if inspect.isclass(owner) else 'function'
    if kind == 'method' and inspect.isfunction(obj) and '.' not in obj.__qualname__:
        obj, body = partial(obj, None), f'The function `{obj.__name__}`, the object being its first argument.'
    flag = {classmethod: 'classmethod', staticmethod: 'staticmethod'}.get(type(obj))
    return directive(kind, name + sig_str(obj, width=10**6), body, module=mod, **({flag: ''} if flag else {}))

def data_entry(mod, name, value=None):
    "The entry of a constant, an alias with its `value` as it is written, or a function of another library."
    obj = getattr(import_module(mod), name)
    if value is None and callable(obj): return entry(mod, name, note=f'Comes from `{obj.__module__}`.')
    if isinstance(obj, (str, int, float)): value = repr(obj)
    return directive('data', name, module=mod, value=json.dumps(value) if value and len(value) < 100 else None)

def assigned(mod, name, node):
    "The entry of a name that is assigned: in full for a function that another one made, short for a constant or an alias."
    made = isinstance(node.value, ast.Call) and inspect.isfunction(getattr(import_module(mod), name))
    return entry(mod, name) if made else data_entry(mod, name, ast.unparse(node.value))

def foreign_table(mod, exported):
    "What a module that only gathers names brings from other libraries; each row can be linked to."
    def origin(o): return f'the module `{o.__name__}`' if isinstance(o, ModuleType) else f'`{o.__name__}` of `{o.__module__}`'
    rows = [f'| <span id="{mod}.{n}"></span>`{n}` | {origin(getattr(import_module(mod), n))} |' for n in exported]
    return '\n'.join(['From other libraries:', '', '| Name | What it is |', '| --- | --- |', *rows]) if rows else ''

# --- what a cell defines

def is_public(name): return not any(o.startswith('_') for o in name.split('.'))

def names(node):
    "The names that a statement at the top of a cell defines, methods included; private ones too."
    if isinstance(node, ast.ClassDef): return [node.name, *(f'{node.name}.{o.name}' for o in node.body if isinstance(o, FUNCS))]
    if isinstance(node, FUNCS):
        named = patch_name(node)
        return [named] if isinstance(named, str) else list(named)
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    found = [o for t in targets for o in getattr(t, 'elts', [t]) if isinstance(o, (ast.Name, ast.Attribute))]
    return [ast.unparse(o) for o in found]

def entries(mod, source):
    "`{name: entry}` for the public names that an exported cell defines."
    res, exported = {}, getattr(import_module(mod), '__all__', [])
    for node in ast.parse(source).body:
        if isinstance(node, (ast.ClassDef, *FUNCS)): res |= {n: entry(mod, n) for n in names(node) if is_public(n)}
        else:
            res |= {n: assigned(mod, n, node) for n in names(node) if n in exported}
            res |= {n: entry(mod, n) for n in names(node) if '.' in n and is_public(n) and inspect.isfunction(lookup(mod, n)[1])}
    return res

def fold_title(source):
    "What is in an exported cell, for the line that unfolds it."
    nodes = ast.parse(source).body
    if all(isinstance(o, (ast.Import, ast.ImportFrom)) for o in nodes): return 'Imports'
    found = [n for o in nodes for n in names(o) if not n.endswith('_') and ('.' not in n or isinstance(o, FUNCS))]
    return f"Source of {', '.join(found[:4])}{', …' if len(found) > 4 else ''}" if found else 'Source'

# --- the cells of a page

def markdown_cell(text, id): return dict(cell_type='markdown', id=id, metadata={}, source=text)

def code_cell(source, id, outputs=(), tags=(), **mystnb):
    return dict(cell_type='code', id=id, metadata=dict(tags=list(tags), mystnb=mystnb), source=source, outputs=list(outputs), execution_count=None)

ANSI = re.compile(r'\x1B(?:[@-Z\\-_]|\[[0-?]*[ -/]*[@-~])')

def shown(outputs, widgets, folder):
    "Stored outputs that a page in `folder` can show: text without colours, links to pages, widgets only if their state is stored."
    view = 'application/vnd.jupyter.widget-view+json'
    for o in outputs:
        data = o.get('data', {})
        if 'text' in o: o['text'] = ANSI.sub('', ''.join(o['text']))
        if 'text/markdown' in data: data['text/markdown'] = relink(''.join(data['text/markdown']), NBS/folder, folder)
        if data.get(view, {}).get('model_id') not in widgets: data.pop(view, None)
    return outputs

def lesson_cell(cell, flags, widgets, folder):
    "A cell that is not exported, with what it gave."
    tags = [tag for tag, on in (('remove-input', flags.get('echo:') == ['false'] or 'hide_input' in flags),
                                ('remove-output', flags.get('output:') == ['false'] or 'hide_output' in flags)) if on]
    lines = cell.source.strip().splitlines()
    if not lines: return []
    alt = 'Picture made by: ' + next((o for o in reversed(lines) if o.strip() and not o.startswith((' ', ')'))), lines[-1])
    return [code_cell(cell.source, cell.id, shown(cell.get('outputs', []), widgets, folder), tags, image={'alt': alt.replace('"', "'")})]

class Page:
    "A notebook on its way to a page: `cells`, and the `names` that have an entry here."
    def __init__(self, path):
        self.path, self.mod, self.cells, self.names, self.title = path.relative_to(NBS), None, [], {}, path.stem
        nb = NBProcessor(path, procs=[], rm_directives=True)
        nb.process()
        state = nb.nb.metadata.get('widgets', {})
        widgets = state.get('application/vnd.jupyter.widget-state+json', {}).get('state', {})
        for cell in nb.nb.cells: self.cells += self.convert(cell, widgets)
        self.metadata = dict(nb.nb.metadata) if widgets else {'kernelspec': nb.nb.metadata.get('kernelspec', {})}

    @property
    def name(self): return page_name(self.path).with_suffix('').as_posix()

    def convert(self, cell, widgets):
        "The cells of the page for one cell of the notebook."
        flags = getattr(cell, 'directives_', None) or {}
        if 'default_exp' in flags:
            name = flags['default_exp'][0].removesuffix('.__init__').removesuffix('__init__')
            self.mod = f'{PKG}.{name}'.rstrip('.')
        if cell.cell_type == 'markdown': return self.prose(cell)
        if cell.cell_type != 'code' or {'default_exp', 'hide'} & flags.keys() or flags.get('include:') == ['false']: return []
        if is_launch(cell): return []  # it installs the library where a lesson is opened without it
        if {'export', 'exports', 'exporti'} & flags.keys(): return self.exported(cell)
        return lesson_cell(cell, flags, widgets, self.path.parent)

    def prose(self, cell):
        title = re.match(r'# (.*)', cell.source)
        if title: self.title = title[1]
        return [markdown_cell(relink(cell.source, NBS/self.path.parent, self.path.parent), cell.id)] if cell.source.strip() else []

    def exported(self, cell):
        "Entries, then the source, folded."
        found = entries(self.mod, cell.source)
        self.names |= {n: f'{self.mod}.{n}' for n in found}
        head = [markdown_cell('\n\n'.join(found.values()), f'{cell.id}-entries')] if found else []
        return [*head, code_cell(cell.source, cell.id, tags=['hide-input'], code_prompt_show=fold_title(cell.source))]

    def hand_on(self, known):
        "Say what the module exports without defining it: links to names that are `known`, entries or rows for those of others."
        exported = [n for n in getattr(import_module(self.mod), '__all__', []) if n not in self.names] if self.mod else []
        own, foreign = [n for n in exported if n in known], [n for n in exported if n not in known]
        if not exported: return
        text = ['## What else it brings', 'Defined elsewhere in the library: ' + ', '.join(f'`{n}`' for n in own) + '.' if own else '']
        text += [foreign_table(self.mod, foreign)] if not self.names else [data_entry(self.mod, n) for n in foreign]
        self.names |= {n: f'{self.mod}.{n}' for n in foreign} if self.names else {}
        self.cells.append(markdown_cell('\n\n'.join(o for o in text if o), 'handed-on'))

# --- the folder of pages

def toctree(pages, texts=TEXTS):
    "The navigation, to be put on the first page."
    def tree(caption):
        inside = [p.name for p in pages if part(p.path) == caption and p.path.stem != 'index'] + ([*texts] if caption == 'Start' else [])
        return f'```{{toctree}}\n:hidden:\n:caption: {caption}\n\n' + '\n'.join(inside) + '\n```' if inside else ''
    return markdown_cell('\n\n'.join(filter(None, map(tree, PARTS))), 'navigation')

def write(path, text):
    "Write only what has changed: Sphinx reads again what is new."
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding='utf-8') != text: path.write_text(text, encoding='utf-8')
    return path

def notebooks():
    "All notebooks in the order of their numbers, folders last."
    found = [f for f in NBS.rglob('*.ipynb') if not any(o.startswith(('.', '_')) for o in f.relative_to(NBS).parts)]
    order = (NBS/'lessons'/'order.txt').read_text(encoding='utf-8').split()  # lessons as they are best read, the rest by name
    return sorted(found, key=lambda f: (len(f.parts), f.parent, order.index(f.stem) if f.parent.name == 'lessons' else 0, f))

def texts():
    "The pages that are no notebooks, `{name: markdown}`."
    return {name: relink(text(), ROOT) for name, text in TEXTS.items()}

def book(page, *more):
    "The page as a notebook, with `more` cells at its end."
    return dict(cells=[*page.cells, *more], metadata=page.metadata, nbformat=4, nbformat_minor=5)

def write_books(dest, books, texts=()):
    "Write the pages into `dest`, and remove those of an earlier time."
    made = {write(dest/f'{name}.ipynb', json.dumps(o, indent=1)) for name, o in books.items()}
    made |= {write(dest/f'{name}.md', text) for name, text in dict(texts).items()}
    for old in {f for f in dest.rglob('*') if f.suffix in ('.ipynb', '.md')} - made: old.unlink()
    print(f'{len(made)} pages in {dest}')

# --- the pages in Chinese

def is_translatable(path): return part(path) in ('Start', 'Lessons')

def translatable():
    "`{name: page}` of the first page, the guides and the lessons, with the navigation among them."
    pages = [Page(f) for f in notebooks() if is_translatable(f.relative_to(NBS))]
    first = next(p for p in pages if p.name == 'index')
    first.cells.append(toctree(pages, ()))
    return {p.name: p for p in pages}

def with_words(cell):
    "A cell with the words that no catalogue holds in Chinese."
    text = json.dumps(cell)
    for old, new in WORDS.items(): text = text.replace(old, new)
    return json.loads(text)

def main_chinese(pages, dest=Path('build/docs_zh'), locale=Path('build/locale')):
    "Write the pages that have a catalogue, still in English, and what Sphinx replaces in them."
    there = catalogues()
    pages = [p for p in pages if p.name in there]
    books = {p.name: book(p, *([toctree(pages, ())] if p.name == 'index' else [])) for p in pages}
    write_books(dest, {name: o | {'cells': [*map(with_words, o['cells'])]} for name, o in books.items()})
    for name, file in [*there.items(), (THEME, FOLDER/f'{THEME}.po')]: compiled(file, locale/LANGUAGE/'LC_MESSAGES'/f'{name}.mo')

def cross_links(pages):
    "`{page: its last cell}`: at the end of a lesson the modules behind it, at the end of a module the lessons that use it."
    found = used([p for p in pages if part(p.path) == 'Lessons'], [p for p in pages if p.mod])
    seen = {p: [lesson for lesson, modules in found.items() if p in modules] for p in pages if p.mod}
    texts = {lesson: behind(lesson, modules) for lesson, modules in found.items() if modules} | {p: seen_in(p, o) for p, o in seen.items() if o}
    return {p: [markdown_cell(text, 'cross-links')] for p, text in texts.items()}

def main(dest='build/docs_src'):
    dest, pages = Path(dest), [Page(f) for f in notebooks()]
    known = {n for p in pages for n in p.names}
    links = cross_links(pages)  # before names are handed on: `torch` belongs to no page
    for p in pages:
        p.hand_on(known)
        known |= p.names.keys()
    books = {p.name: book(p, *([toctree(pages)] if p.name == 'index' else links.get(p, []))) for p in pages}
    if len(books) < len(pages): raise ValueError('two notebooks have the same name after their numbers')
    write_books(dest, books, texts())
    write(dest/'symbols.json', json.dumps({full: n for p in pages for n, full in p.names.items()}, indent=1))
    write(dest/'pages.json', json.dumps({full: p.name for p in pages for full in p.names.values()}, indent=1))
    main_chinese(pages)
    print(f'{len(known)} names')

if __name__ == '__main__': main(*sys.argv[1:])
