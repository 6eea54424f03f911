"""How Sphinx builds the site from the pages that tools/docs_src.py makes; `./run docs` does both."""
import json, os, sys
from importlib import import_module
from pathlib import Path
from docutils import nodes
from nbdev.config import get_config
from sphinx.addnodes import desc_content, pending_xref
from sphinx.transforms import SphinxTransform

ROOT = Path(__file__).resolve().parent.parent
os.chdir(ROOT)
sys.path.insert(0, str(ROOT))
cfg = get_config()
from fastcourse.showdoc import source_url  # noqa: E402  the checkout's own, whatever is installed

project, author, release, copyright = cfg.lib_name, cfg.author, cfg.version, cfg.copyright

extensions = ['myst_nb', 'sphinx_copybutton', 'sphinx.ext.linkcode']
nb_execution_mode = 'off'  # stored outputs, which the tests compare with what the cells give
nb_merge_streams = True
nb_render_markdown_format = 'myst'
nb_mime_priority_overrides = [('html', 'application/vnd.jupyter.widget-view+json', 0)]
nb_ipywidgets_js = {'embed.js': {}}  # from tools/vendor.py: the site asks no other server for anything
mathjax_path = 'tex-svg.js'
myst_enable_extensions = ['amsmath', 'attrs_block', 'attrs_inline', 'colon_fence', 'deflist', 'dollarmath', 'strikethrough']
myst_heading_anchors = 4
suppress_warnings = ['myst.header', 'mystnb.unknown_mime_type']

pygments_dark_style = 'github-dark'
add_module_names = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 76
toc_object_entries_show_parents = 'hide'
copybutton_selector = '.cell_input .highlight pre, article > section .highlight-default pre, .highlight-sh pre'
copybutton_exclude = '.linenos, .gp, .go'

html_theme = 'furo'
html_title = project
html_static_path = ['_static', '../build/vendor']
html_css_files = ['custom.css']
html_favicon = html_logo = '_static/logo.svg'
html_theme_options = {'source_edit_link': f'{cfg.git_url}/tree/{cfg.branch}/nbs'}
html_copy_source = html_show_sphinx = html_domain_indices = False
html_permalinks_icon = '#'

SYMBOLS = json.loads((ROOT/'build'/'docs_src'/'symbols.json').read_text(encoding='utf-8'))  # full name -> name in its module

def short_names():
    "What may stand in backticks, and the entry it means: `DataBunch`, `Learner.fit`, `vision.data`'s full names, `fit_one_cycle`."
    found, methods = dict(zip(SYMBOLS, SYMBOLS)), {}
    for full, name in SYMBOLS.items(): found.setdefault(name, full)
    for full, name in SYMBOLS.items(): methods.setdefault(name.rpartition('.')[2], []).append(full)
    for name, full in methods.items():  # a method alone, where only one class has it and the word is not an everyday one
        if len(full) == 1 and '_' in name: found.setdefault(name, full[0])
    return found

SHORT = short_names()

class LinkNames(SphinxTransform):
    "Turn a name of the library in backticks into a link to its entry."
    default_priority = 5

    def apply(self):
        for node in list(self.document.findall(nodes.literal)):
            name = node.astext().removesuffix('()')
            if name not in SHORT or self.is_link(node) or name in self.parameters(node): continue
            node.replace_self(pending_xref('', node.deepcopy(), refdomain='py', reftype='obj', reftarget=SHORT[name], refexplicit=True,
                                           refwarn=True, refdoc=self.env.docname))

    def is_link(self, node): return any(isinstance(o, (nodes.reference, pending_xref, nodes.title)) for o in parents(node))

    def parameters(self, node):
        "The words in the first column of the tables of the entry that `node` is in: those are parameters, not names of the library."
        content = next((o for o in parents(node) if isinstance(o, desc_content)), None)
        rows = content.findall(nodes.row) if content is not None else []
        return {row[0].astext() for row in rows}

def parents(node):
    while (node := node.parent) is not None: yield node

def linkcode_resolve(domain, info):
    "The line on the code host for an entry."
    if domain != 'py' or not info['module']: return None
    obj = import_module(info['module'])
    for attr in info['fullname'].split('.'): obj = getattr(obj, attr, None)
    return source_url(obj) if obj is not None and is_defined(info) else None

def is_defined(info): return f"{info['module']}.{info['fullname']}" in DEFINED

DEFINED = {k for d in import_module(f'{cfg.lib_path.name}._modidx').d['syms'].values() for k in d}

def setup(app): app.add_transform(LinkNames)
