"""Below each lesson's title, links that open it in Colab and in Binder: `python tools/launch.py` writes them, `--check` fails where they are missing.

Two cells with the tag `launch`: the links, and one that installs the library in Colab and does nothing anywhere else. (Binder
installs what binder/requirements.txt names before it opens a notebook.) The site shows the links; the page that `./run lesson`
makes shows neither.
"""
import json, sys
from urllib.parse import quote
from nbdev.config import get_config

TAG = 'launch'
INSTALL = """import sys
if 'google.colab' in sys.modules:
    get_ipython().run_line_magic('pip', 'install -q git+{git_url}')"""

def links(path, cfg):
    "The sentence with the links for the notebook at `path`, relative to the root."
    repo, branch = cfg.git_url.removeprefix('https://github.com/'), cfg.branch
    colab = f'https://colab.research.google.com/github/{repo}/blob/{branch}/{path}'
    binder = f'https://mybinder.org/v2/gh/{repo}/{branch}?labpath={quote(path, safe="")}'
    return f'Nothing to install: open this lesson in [Colab]({colab}) or in [Binder]({binder}).'

def cells(path, cfg):
    "The two cells; their ids are the same in each lesson."
    meta = dict(tags=[TAG])
    return [dict(cell_type='markdown', id='1a0c0001', metadata=meta, source=links(path, cfg).splitlines(True)),
            dict(cell_type='code', execution_count=None, id='1a0c0002', metadata=meta, outputs=[],
                 source=INSTALL.format(git_url=cfg.git_url).splitlines(True))]

def is_launch(cell):
    "Whether a cell is one of the two."
    return TAG in cell.get('metadata', {}).get('tags', ())

def without_launch(nb):
    "The notebook `nb`, as nbformat reads it, without them."
    nb.cells = [c for c in nb.cells if not is_launch(c)]
    return nb

def launched(nb, path, cfg):
    "The notebook `nb` with its two cells, after the title."
    rest = [c for c in nb['cells'] if not is_launch(c)]
    return nb | {'cells': [*rest[:1], *cells(path, cfg), *rest[1:]]}

def main(args):
    cfg, stale = get_config(), []
    root = cfg.config_path.resolve()
    for file in sorted((cfg.nbs_path/'lessons').resolve().glob('*.ipynb')):
        old = file.read_text(encoding='utf-8')
        new = json.dumps(launched(json.loads(old), file.relative_to(root).as_posix(), cfg), sort_keys=True, indent=1, ensure_ascii=False) + '\n'
        if new == old: continue
        stale.append(file.name)
        if '--check' not in args: file.write_text(new, encoding='utf-8')
    return f"no links yet, or old ones: {', '.join(stale)}. Run python tools/launch.py" if stale and '--check' in args else None

if __name__ == '__main__': sys.exit(main(sys.argv[1:]))
