"""How a notebook reads: whether ideas come before their guards, and whether cells show what they prove.

    python tools/reading.py [NOTEBOOK ...]     lists guards that stand before the idea, and cells that say nothing
    python tools/reading.py --statements       the share of statements that check or word errors, by module

A guard is a private function of the package that only checks (it returns nothing, keeps nothing, and can raise or warn) or only words an
error (whatever calls it is an error, a warning or another guard). Its place is below the idea, in a part 'When it goes wrong'.
A statement checks if it raises, warns, calls a guard or a `check_...`, holds only such statements, hands an error on with a note, or
computes what only such statements use. Docstrings, imports and definitions do not count as statements.
A silent cell asserts something and shows nothing: no value, no picture, no message.
"""
import ast, json, re, sys
from collections import Counter
from pathlib import Path
from changes import notebooks

ROOT = Path(__file__).resolve().parent.parent
CHECK = re.compile(r'_?(?:check|no(?!_grad|_split)|refuse|need|verify|must|warn|forbid|reject|require)_')  # torch.no_grad checks nothing
TELL = {'error_note', 'did_you_mean', 'what_is', 'add_note', 'warn', 'warn_once'}  # they word what went wrong
DIRECTIVE = re.compile(r'^\s*#\s*\|\s*([\w-]+)', re.M)
ASSERTION = re.compile(r'(?<![\w.])(?:test_\w+|expect_fail)\s*\(|^\s*assert\b', re.M)
SILENT = .15  # share of the code cells of a notebook that may be silent

def called(node):
    "Name of the function that an expression calls, else ''."
    f = node.func if isinstance(node, ast.Call) else None
    return f.id if isinstance(f, ast.Name) else f.attr if isinstance(f, ast.Attribute) else ''

def used(tree):
    "The names, of variables and attributes, that a tree reads."
    return Counter(o.id if isinstance(o, ast.Name) else o.attr for o in ast.walk(tree)
                   if isinstance(o, (ast.Name, ast.Attribute)) and isinstance(o.ctx, ast.Load))

def private(name): return name.startswith('_') and not name.startswith('__')

# --- guards and statements of the package ---

def sources(folder=ROOT/'fastcourse'):
    "`{name: text}` of the modules in a folder."
    return {str(o.relative_to(folder)): o.read_text(encoding='utf-8') for o in sorted(folder.rglob('*.py')) if o.name != '_modidx.py'}

class Package:
    "The modules of the package, and which of their functions and statements only check."
    def __init__(self, sources):  # `{name of a module: its text}`
        self.trees, self.functions = {k: ast.parse(v) for k, v in sources.items()}, {}
        for o in (o for tree in self.trees.values() for o in ast.walk(tree)):
            if isinstance(o, ast.FunctionDef): self.functions.setdefault(o.name, []).append(o)
        self.guards = set()  # names of the private functions that only check or word errors; one guard may call another
        while new := self.found() - self.guards: self.guards |= new

    def found(self):
        return self.only_words() | {k for k, v in self.functions.items() if private(k) and all(map(self.only_checks, v))}

    def alarms(self, node):
        "Does this node raise, warn or check?"
        return isinstance(node, ast.Raise) or bool(name := called(node)) and (name in TELL or name in self.guards or bool(CHECK.match(name)))

    def only_checks(self, function):
        "Does it return nothing, keep nothing, and raise or warn?"
        nodes = list(ast.walk(function))
        returns = any(isinstance(o, (ast.Yield, ast.YieldFrom)) or isinstance(o, ast.Return) and o.value is not None
                      and not (isinstance(o.value, ast.Constant) and o.value.value is None) for o in nodes)
        keeps = any(isinstance(o, (ast.Attribute, ast.Subscript)) and isinstance(o.ctx, ast.Store) for o in nodes)
        return not returns and not keeps and any(map(self.alarms, nodes))

    def only_words(self):
        "Private functions that nothing but errors, warnings and guards uses."
        inside, all_ = Counter(), Counter()
        for tree in self.trees.values():
            all_ += used(tree)
            for o in self.outermost(tree): inside += used(o)
        return {k for k in self.functions if private(k) and all_[k] and inside[k] == all_[k]}

    def outermost(self, tree):
        "The nodes of a tree that raise, warn or are a guard, without those inside them."
        for o in ast.iter_child_nodes(tree):
            if isinstance(o, ast.FunctionDef) and o.name in self.guards or self.alarms(o): yield o
            else: yield from self.outermost(o)

    def checks(self, stmt, only=()):
        "Does this statement only check? `only`: variables that nothing but checks reads."
        if isinstance(stmt, ast.Raise): return True
        if isinstance(stmt, ast.Expr): return self.alarms(stmt.value)
        if isinstance(stmt, (ast.If, ast.For, ast.While)): return all(self.checks(o, only) for o in stmt.body + stmt.orelse)
        if isinstance(stmt, ast.FunctionDef): return stmt.name in self.guards
        if not isinstance(stmt, ast.Assign): return False
        stored = [o for t in stmt.targets for o in ast.walk(t) if isinstance(getattr(o, 'ctx', None), ast.Store)]
        return bool(stored) and all(isinstance(o, ast.Tuple) or isinstance(o, ast.Name) and o.id in only for o in stored)

    def hands_on(self, stmt):
        "Is it the frame of a block whose error goes on, with a note or as another?"
        if isinstance(stmt, ast.With): return any(self.alarms(o.context_expr) for o in stmt.items)
        return isinstance(stmt, ast.Try) and bool(stmt.handlers) and all(any(map(self.alarms, ast.walk(o))) for o in stmt.handlers)

    def only_read_by_checks(self, function):
        "Variables of a function that only its checks read."
        inside = Counter()
        def look(node):
            for o in ast.iter_child_nodes(node):
                if isinstance(o, ast.stmt) and self.checks(o): inside.update(used(o))
                else: look(o)
        look(function)
        return {k for k, n in used(function).items() if inside[k] == n}

    def count(self, tree):
        "`(statements, those that check)` of a module."
        found = Counter()
        def look(node, inside, only):
            if isinstance(node, ast.FunctionDef): only = self.only_read_by_checks(node)
            for o in ast.iter_child_nodes(node):
                here = inside or isinstance(o, ast.ExceptHandler) and any(map(self.alarms, ast.walk(o)))
                if isinstance(o, ast.stmt) and not isinstance(o, (ast.Import, ast.ImportFrom, ast.ClassDef)) \
                        and not (isinstance(o, ast.Expr) and isinstance(o.value, ast.Constant)):
                    here = here or self.checks(o, only)
                    if not isinstance(o, ast.FunctionDef): found.update([here or self.hands_on(o)])
                look(o, here, only)
        look(tree, False, ())
        return found.total(), found[True]

# --- notebooks ---

def cells(path): return [o for o in json.loads(path.read_text(encoding='utf-8'))['cells'] if ''.join(o['source']).strip()]

def flags(cell): return set(DIRECTIVE.findall(''.join(cell['source'])))

def tree_of(source):
    "The code of a cell, without the lines for the shell; empty if it is not Python."
    try: return ast.parse(re.sub(r'^\s*[!%].*$', '', source, flags=re.M))
    except SyntaxError: return ast.Module([], [])

def early_guards(path, package):
    "The guards of a notebook that stand above the first definition that uses them; methods, without which a class does not work, do not count."
    defs = [d for o in cells(path) if flags(o) & {'export', 'exporti', 'exports'} for d in tree_of(''.join(o['source'])).body]
    at = {o.name: i for i, o in enumerate(defs) if isinstance(o, ast.FunctionDef) and o.name in package.guards and not o.decorator_list}
    users = {k: [i for i, d in enumerate(defs) if i != at[k] and used(d)[k]] for k in at}
    return [k for k, v in users.items() if v and at[k] < min(v)]

def silent_cells(path):
    "First lines of the cells that are hidden, or that assert and show nothing; and how many code cells there are."
    code = [o for o in cells(path) if o['cell_type'] == 'code']
    lessons = [o for o in code if not flags(o) & {'export', 'exporti', 'exports', 'cuda', 'eval'}]  # what runs, and is no part of the package
    quiet = [o for o in lessons if 'hide' in flags(o) or ASSERTION.search(''.join(o['source'])) and not o['outputs']]
    return [''.join(o['source']).strip().splitlines()[0] for o in quiet], len(code)

def main(args):
    package = Package(sources())
    if '--statements' in args:
        counts = {k: package.count(v) for k, v in package.trees.items()}
        for k, (n, c) in sorted(counts.items(), key=lambda o: -o[1][1]): print(f'{c:4} of {n:4} {100*c/max(n, 1):4.0f}%  {k}')
        n, c = (sum(o[i] for o in counts.values()) for i in (0, 1))
        return print(f'{c} of {n}, {100*c/n:.1f}%, check or word errors; {len(package.guards)} guards')
    for path in [Path(o).resolve() for o in args] or notebooks():
        early, (quiet, n) = early_guards(path, package), silent_cells(path)
        if early or len(quiet) > SILENT*n or args: print(f'{path.name}: {len(quiet)} of {n} code cells are silent ({100*len(quiet)/max(n, 1):.0f}%)')
        if early: print('   guards before their idea:', ', '.join(early))
        if args: print(*(f'   silent: {o}' for o in quiet), sep='\n')

if __name__ == '__main__': main(sys.argv[1:])
