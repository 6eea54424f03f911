"""Which notebooks of the library a lesson uses, by the names that its code mentions: tools/docs_src.py puts the links on the pages, both ways."""
import ast, os
from pathlib import Path
from IPython.core.inputtransformer2 import TransformerManager

def mentioned(sources):
    "The names that cells of code mention and do not define themselves: those that stand alone, and those behind a dot."
    names, attributes, own = set(), set(), set()
    for source in sources:
        for o in ast.walk(ast.parse(TransformerManager().transform_cell(source))):
            if isinstance(o, ast.Attribute): attributes.add(o.attr)
            elif isinstance(o, ast.Name) and isinstance(o.ctx, ast.Load): names.add(o.id)
            elif isinstance(o, (ast.FunctionDef, ast.ClassDef)): own.add(o.name)
            elif isinstance(o, ast.Name): own.add(o.id)
            elif isinstance(o, ast.arg): own.add(o.arg)
    return names - own, attributes

def homes(pages):
    "`{name: page}` and `{method: page}`: where each name of the library has its entry; methods only if one class has them, and the word is no everyday one."
    tops, methods = {}, {}
    for page in pages:
        for name in page.names:
            if '.' in name: methods.setdefault(name.rpartition('.')[2], set()).add(page)
            else: tops.setdefault(name, page)
    return tops, {name: found.pop() for name, found in methods.items() if len(found) == 1 and '_' in name}

def used(lessons, pages):
    "`{lesson: {page: names}}` for the pages of modules that each lesson uses, in the order of `pages`."
    tops, methods = homes(pages)
    found = {}
    for lesson in lessons:
        names, attributes = mentioned(c['source'] for c in lesson.cells if c['cell_type'] == 'code')
        where = {n: tops[n] for n in names if n in tops} | {n: methods[n] for n in attributes if n in methods}
        found[lesson] = {p: sorted(n for n, o in where.items() if o is p) for p in pages if p in where.values()}
    return found

def link(page, here): return f'[{page.title}]({os.path.relpath(f"{page.name}.ipynb", Path(here.name).parent)})'

def behind(lesson, found):
    "What stands at the end of a lesson: the notebooks behind it, folded."
    rows = [f"| {link(p, lesson)} | {', '.join(f'`{n}`' for n in names)} |" for p, names in found.items()]
    return '\n'.join(['<details class="behind">', '<summary>How it works: the notebooks behind this lesson</summary>', '', '| Notebook | What the lesson uses of it |',
                      '| --- | --- |', *rows, '', '</details>'])

def seen_in(page, lessons):
    "What stands at the end of a module's page: the lessons that use it."
    return '\n'.join(['## Used in', '', *(f'- {link(o, page)}' for o in lessons)])
