"""README.md from nbs/index.ipynb: `python tools/readme.py` writes it, `--check` fails when it is out of date.

Prose, shown code and stored text outputs are taken over; pictures are left to the page that the notebook becomes.
Links relative to the notebook are made relative to the root of the repository.
"""
import re, sys
from difflib import unified_diff
from nbdev.config import get_config
from nbdev.process import NBProcessor

HEAD = '<!-- made by tools/readme.py from nbs/index.ipynb: do not edit -->'
LINK = re.compile(r'(\]\()(?!\w+:|#|/)([^)\s]+)')
FENCED = re.compile(r'^```.*?^```', re.M | re.S)

def relink(text, folder):
    "Point the relative links of `text`, which stands in `folder`, from the root; code blocks stay as they are."
    def fix(prose): return LINK.sub(lambda m: m[1] + (m[2][3:] if m[2].startswith('../') else f'{folder}/{m[2]}'), prose)
    parts, last = [], 0
    for m in FENCED.finditer(text):
        parts += [fix(text[last:m.start()]), m[0]]
        last = m.end()
    return ''.join([*parts, fix(text[last:])])

def output_text(output):
    "One stored output as markdown: markdown as it is, plain text fenced, anything else empty."
    data = output.get('data', {})
    if 'text/markdown' in data: return ''.join(data['text/markdown'])
    if any(mime.startswith('image/') for mime in data): return ''
    text = ''.join(output.get('text', '') or data.get('text/plain', '')).rstrip()
    return f'```text\n{text}\n```' if text else ''

def build(cfg):
    "The text of README.md."
    nb = NBProcessor(cfg.nbs_path/cfg.readme_nb, procs=[], rm_directives=True)
    nb.process()
    out = [HEAD]
    for cell in nb.nb.cells:
        flags = getattr(cell, 'directives_', None) or {}
        if not cell.source.strip() or {'hide', 'export', 'exporti'} & flags.keys() or flags.get('include:') == ['false']: continue
        if cell.cell_type == 'markdown': out.append(relink(cell.source.strip(), cfg.nbs_path.name))
        elif cell.cell_type == 'code':
            if flags.get('echo:') != ['false']: out.append(f'```python\n{cell.source.strip()}\n```')
            out += filter(None, map(output_text, cell.get('outputs', [])))
    return '\n\n'.join(out) + '\n'

def main(args):
    cfg = get_config()
    file = cfg.config_path/'README.md'
    text = build(cfg)
    if '--check' not in args: return file.write_text(text, encoding='utf-8') and None
    old = file.read_text(encoding='utf-8') if file.exists() else ''
    if old == text: return None
    print(*unified_diff(old.splitlines(), text.splitlines(), 'README.md', 'nbs/index.ipynb', lineterm=''), sep='\n')
    return 'README.md is out of date: run python tools/readme.py'

if __name__ == '__main__': sys.exit(main(sys.argv[1:]))
