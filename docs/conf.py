"""How Sphinx builds the site from the pages that tools/docs_src.py makes; `./run docs` does both."""
import json, os, re, sys
from importlib import import_module
from pathlib import Path
from docutils import nodes
from nbdev.config import get_config
from sphinx.addnodes import desc_content, pending_xref
from sphinx.search.zh import SearchChinese
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform

ROOT = Path(__file__).resolve().parent.parent
os.chdir(ROOT)
sys.path[:0] = [str(ROOT), str(ROOT/'tools')]
cfg = get_config()
from catalogues import catalogues  # noqa: E402
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

language = 'en'  # or zh_CN, for the pages in build/docs_zh
locale_dirs = [str(ROOT/'build'/'locale')]
gettext_compact = gettext_auto_build = False

pygments_dark_style = 'github-dark'
add_module_names = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 76
toc_object_entries_show_parents = 'hide'
copybutton_selector = '.cell_input .highlight pre, article > section .highlight-default pre, .highlight-sh pre'
copybutton_exclude = '.linenos, .gp, .go'

html_theme = 'furo'
html_title = project
templates_path = ['_templates']
html_static_path = ['_static', '../build/vendor']
html_css_files = ['custom.css']
html_js_files = [('progress.js', {'defer': 'defer'})]
html_favicon = html_logo = '_static/logo.svg'
html_theme_options = {'source_edit_link': f'{cfg.git_url}/tree/{cfg.branch}/nbs'}
html_sidebars = {'**': [f'sidebar/{o}.html' for o in ('brand', 'search', 'scroll-start', 'navigation', 'modules', 'scroll-end')]}
html_copy_source = html_show_sphinx = html_domain_indices = False
html_permalinks_icon = '#'

ALONE = tags.has('passages')  # noqa: F821  Sphinx's own; so that tools/translate.py needs no other pages

def made(name):
    "What tools/docs_src.py wrote about the pages."
    return {} if ALONE else json.loads((ROOT/'build'/'docs_src'/name).read_text(encoding='utf-8'))

SYMBOLS = made('symbols.json')  # full name -> name in its module
PAGES = made('pages.json')  # full name -> page with its entry
CHINESE = set(catalogues())  # the pages that are there in both languages

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
    default_priority = 22  # after the translation of passages, which is 20

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

# --- two languages

def path_to(page, here): return os.path.relpath(f'{page}.html', Path(here).parent)

class LinkEnglish(SphinxPostTransform):
    "On a page in Chinese, lead to the page in English where there is no other: to the entries of names, and to the modules."
    default_priority = 5

    def run(self):
        if self.config.language == 'en' and not ALONE: return
        for node in list(self.document.findall(pending_xref)):
            page, anchor = self.target(node)
            if page: node.replace_self(nodes.reference('', '', *node.children, refuri=path_to(page, f'zh/{self.env.docname}') + anchor))

    def target(self, node):
        "The page in English and the anchor that `node` means, or none."
        if node['reftype'] == 'obj': return PAGES.get(node['reftarget']), '#' + node['reftarget']
        page, mark, anchor = node['reftarget'].partition('#')
        outside = node['reftype'] == 'myst' and node['refdomain'] is None and page.endswith('.ipynb')
        return os.path.normpath(Path(self.env.docname).parent/page.removesuffix('.ipynb')) if outside else None, mark + anchor

class SearchPairs(SearchChinese):
    "Chinese has no spaces between words: the index holds pairs of signs, and what is searched for is cut into pairs too."
    language_name = 'English'  # whose stemmer Latin words go through; with 'Chinese', Sphinx 9.0.4 asks for a stemmer that does not exist
    js_splitter_code = r"""
var splitQuery = (query) => query.split(/[^\p{Letter}\p{Number}_]+/gu).flatMap(
  (part) => part.match(/\p{Script=Han}+|\P{Script=Han}+/gu) || []).flatMap(
  (run) => !/\p{Script=Han}/u.test(run) || run.length < 3 ? [run] : [...run].slice(1).map((c, i) => run[i] + c));
"""

    def split(self, text):
        runs = re.findall('[\u4e00-\u9fff]+', text)
        return super().split(re.sub('[\u4e00-\u9fff]+', ' ', text)) + [run[i:i+2] for run in runs for i in range(len(run)-1)]

def add_switch(app, page, template, context, doctree):
    "Tell the templates where the page is in the other language, and where the modules are, which are in English only."
    if app.config.language != 'en': context['modules'] = path_to('index', f'zh/{page}')
    if page not in CHINESE: return
    here, there, lang, name = (f'zh/{page}', page, 'en', 'English') if app.config.language != 'en' else (page, f'zh/{page}', 'zh-CN', '中文')
    context['other'] = dict(href=path_to(there, here), lang=lang, name=name)
    context['metatags'] += f'<link rel="alternate" hreflang="{lang}" href="{path_to(there, here)}">'

# --- for people who listen, and for those who use the keyboard alone

def read_well(app, page, template, context, doctree):
    "Mend what screen readers stumble over: long signatures as lists without terms, labels that hide a text, headings without a level."
    def as_lines(sig): return sig[0].replace('<dl>', '<span class="sig-lines">').replace('</dl>', '</span>').replace('<dd>', '<span>').replace('</dd>', '</span>')
    if body := context.get('body'):
        body = re.sub(r'<dt class="sig .*?</dt>', as_lines, body, flags=re.DOTALL)
        context['body'] = body.replace('<summary aria-label="Toggle hidden content">', '<summary>')
    tree = 'furo_navigation_tree'
    if tree in context: context[tree] = context[tree].replace('role="heading"', 'role="heading" aria-level="2"')

def setup(app):
    app.add_transform(LinkNames)
    app.add_post_transform(LinkEnglish)
    app.add_search_language(SearchPairs)
    app.connect('html-page-context', add_switch)
    app.connect('html-page-context', read_well, priority=900)  # after the theme
