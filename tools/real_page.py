"""The page of the site with results on real data: benchmarks/real_data.csv says which figures of benchmarks/results.json belong to which lesson.

A row whose figure has not been measured is left out; `python benchmarks/run.py KIND --store` measures it.
"""
import csv, json, re
from pathlib import Path
from bench_page import number

HEAD = """# On real data

> What the lessons reach on the data sets that everybody knows, beside what others have published and something plain.

The lessons draw their own data, so that they run anywhere in a minute. Here are the real data sets, each with the command that trains on it.
A data set is looked up in the cache, then in a mirror folder (`FASTCOURSE_MIRROR`), and only then on the network.

*Published* is what a well-known paper reports, often with more data or a different split. It shows how far one can get, and this is not a race.
*Plain* is something simple on the same rows. It is the fairer comparison, because everything else is equal.
"""
EMPTY = '\nNothing has been measured for this version yet.\n'

def rows(root):
    "The rows of the table whose figures are there: each with `ours` and `plain` as figures, and `machine`."
    folder = Path(root)/'benchmarks'
    results = json.loads((folder/'results.json').read_text(encoding='utf-8')) if (folder/'results.json').exists() else {}
    with open(folder/'real_data.csv', encoding='utf-8', newline='') as f: wanted = list(csv.DictReader(f))
    for o in wanted:
        figures = {f['name']: f for f in results.get(o['kind'], {}).get('figures', ())}
        if o['ours'] in figures: yield o | dict(ours=figures[o['ours']], plain=figures.get(o['plain']), machine=results[o['kind']]['machine'])

def shown(figure):
    "A figure with its unit."
    unit = {'': '', 'mse': ' (mean squared error)', '%': ' %'}.get(figure['unit'], f" {figure['unit']}")
    return f"{number(figure['value'])}{unit}"

def section(o, root):
    "A lesson with its figures."
    file = f"nbs/lessons/{o['lesson']}.ipynb"
    cells = json.loads((Path(root)/file).read_text(encoding='utf-8'))['cells']
    title, m = re.match('# (.+)', ''.join(cells[0]['source']))[1], o['machine']
    lines = ['| What | Figure |', '| --- | --- |', f"| Ours | **{shown(o['ours'])}** |"]
    if o['ours']['note']: lines.append(f"| Note | {o['ours']['note'].strip('()')} |")
    if o['plain']: lines.append(f"| Plain: {o['plain_is']} | {shown(o['plain'])} |")
    if o['published']: lines.append(f"| Published: {o['source']} | {o['published']} |")
    where = m.get('device') or f"{m['cores']} cores of {m['processor']}"
    lines += [f"| Machine | {where}, {m['threads']} thread{'s' if m['threads'] > 1 else ''}, on {m['date']} |", f"| Command | `python benchmarks/run.py {o['kind']}` |"]
    return '\n'.join([f'## [{title}]({file})', '', f"{o['data']}.", '', *lines, ''])

def page(root):
    "The page as markdown, its links relative to `root`."
    found = [section(o, root) for o in rows(root)]
    return HEAD + ('\n' + '\n'.join(found) if found else EMPTY)
