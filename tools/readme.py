"""README.md from nbs/index.ipynb: `python tools/readme.py` writes it, `--check` fails when it is out of date.

Prose, shown code and stored outputs are taken over. Pictures are written to docs/images, since a code host shows no picture that
is inside of the text. Links relative to the notebook are made relative to the root of the repository.
"""
import base64, sys
from difflib import unified_diff
from nbdev.config import get_config
from nbdev.process import NBProcessor
from links import map_links

IMAGES = 'docs/images'
BADGE = 'https://img.shields.io/badge'
HEAD = '<!-- made by tools/readme.py from nbs/index.ipynb: do not edit -->'

def relink(text, folder):
    "Point the relative links of `text`, which stands in `folder`, from the root."
    return map_links(text, lambda link: link[3:] if link.startswith('../') else f'{folder}/{link}')

def output_text(output, folder):
    "One stored output as markdown, without pictures: markdown as it is, plain text fenced, anything else empty."
    data = output.get('data', {})
    if 'text/markdown' in data: return relink(''.join(data['text/markdown']), folder)
    if any(mime.startswith('image/') for mime in data): return ''
    text = ''.join(output.get('text', '') or data.get('text/plain', '')).strip('\n').rstrip()
    return f'```text\n{text}\n```' if text else ''

def pictures(output, name):
    "`{file: bytes}` for the pictures of one stored output; `name` is the file's name without its ending."
    ends = {'image/png': 'png', 'image/jpeg': 'jpg'}
    return {f'{IMAGES}/{name}.{ends[k]}': base64.b64decode(''.join(v)) for k, v in output.get('data', {}).items() if k in ends}

def is_shown(cell, flags):
    return bool(cell.source.strip()) and not {'hide', 'export', 'exporti'} & flags.keys() and flags.get('include:') != ['false']

def badges(cfg):
    "Little pictures with the state of the project. They stand in README alone: the site and the notebooks ask no other server for anything."
    runs = f'{cfg.git_url}/actions/workflows'
    site = f"{cfg.doc_host}/{cfg.doc_baseurl.strip('/')}/"
    shown = [('CI', f'{runs}/ci.yml/badge.svg', f'{runs}/ci.yml'), ('Documentation', f'{runs}/docs.yml/badge.svg', site),
             ('Licence: Apache 2.0', f'{BADGE}/licence-Apache_2.0-blue', 'LICENSE'),
             (f'Python {cfg.min_python} or newer', f'{BADGE}/python-{cfg.min_python}%2B-blue', f'{cfg.git_url}/blob/{cfg.branch}/settings.ini')]
    return '\n'.join(f'[![{name}]({picture})]({to})' for name, picture, to in shown)

def with_badges(text, cfg):
    "The first text of README, `text`, with the badges below its title."
    title, _, rest = text.partition('\n')
    return f'{title}\n\n{badges(cfg)}\n{rest}'

def build(cfg):
    "The text of README.md, and its pictures as `{file: bytes}`."
    nb, folder = NBProcessor(cfg.nbs_path/cfg.readme_nb, procs=[], rm_directives=True), cfg.nbs_path.name
    nb.process()
    out, images = [HEAD], {}
    for cell in nb.nb.cells:
        flags = getattr(cell, 'directives_', None) or {}
        if not is_shown(cell, flags): continue
        if cell.cell_type == 'markdown':
            text = relink(cell.source.strip(), folder)
            out.append(with_badges(text, cfg) if text.startswith('# ') else text)
        elif flags.get('echo:') != ['false']: out.append(f'```python\n{cell.source.strip()}\n```')
        for output in cell.get('outputs', []):
            found = pictures(output, f'index_{len(images) + 1}')
            images |= found
            out += [text for text in (output_text(output, folder), *(f'![What the lines above show]({o})' for o in found)) if text]
    return '\n\n'.join(out) + '\n', images

def main(args):
    cfg = get_config()
    text, images = build(cfg)
    files = {cfg.config_path/name: data for name, data in {'README.md': text.encode(), **images}.items()}
    if '--check' not in args:
        (cfg.config_path/IMAGES).mkdir(parents=True, exist_ok=True)
        for file, data in files.items(): file.write_bytes(data)
        return None
    stale = [f for f, data in files.items() if not f.exists() or f.read_bytes() != data]
    stale += [f for f in (cfg.config_path/IMAGES).glob('index_*') if f not in files]
    readme = cfg.config_path/'README.md'
    if readme in stale and readme.exists():
        print(*unified_diff(readme.read_text(encoding='utf-8').splitlines(), text.splitlines(), 'README.md', 'nbs/index.ipynb', lineterm=''), sep='\n')
    names = ', '.join(f.relative_to(cfg.config_path).as_posix() for f in stale)
    return f'out of date: {names}. Run python tools/readme.py' if stale else None

if __name__ == '__main__': sys.exit(main(sys.argv[1:]))
