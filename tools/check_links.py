"""Check a built site: `python tools/check_links.py [FOLDER]`, by default build/html. Fails with a list of what is wrong.

Every link inside the site leads to a file and an anchor that exist; no page asks another server for a script, style or picture;
every public name of the package has an entry where `doc` sends people; every such name in backticks is a link. A page that is there
in Chinese and the page in English lead to one another.
"""
import json, os, re, sys
from functools import cache
from importlib import import_module
from inspect import getsource, isclass
from pathlib import Path
from urllib.parse import unquote, urlsplit
from bs4 import BeautifulSoup

ALONE = {'search.html', 'genindex.html'}  # one for each language, with nothing to read

class Page:
    "A page: its language, anchors, links, what it loads, and the names in backticks that are not links."
    def __init__(self, file):
        soup = BeautifulSoup(file.read_text(encoding='utf-8'), 'html.parser')
        self.lang = soup.html and soup.html.get('lang')
        self.file, self.anchors = file, {o[k] for k in ('id', 'name') for o in soup.find_all(attrs={k: True})}
        self.links = [o['href'] for o in soup.find_all('a', href=True)]
        self.assets = [o['src'] for o in soup.find_all(['script', 'img', 'iframe', 'source'], src=True)]
        self.assets += [o['href'] for o in soup.find_all('link', href=True) if {'stylesheet', 'icon', 'preload'} & set(o.get('rel', ()))]
        prose = [o for o in soup.find_all('code') if not o.find_parent(class_='text_html')]  # HTML stays as its cell made it
        self.unlinked = [o.get_text() for o in prose if not o.find_parent(['a', 'pre', 'h1', 'h2', 'h3', 'h4', 'h5', 'dl'])]

class Site:
    "The built site in `root`; `errors` collects what is wrong, `count` what was looked at."
    def __init__(self, root):
        self.root, self.errors, self.count = Path(root).resolve(), [], 0
        if not (self.root/'index.html').exists(): raise FileNotFoundError(f'{root}: no site there. Build it with ./run docs')
        self.pages = {f: Page(f) for f in sorted(self.root.rglob('*.html'))}

    def expect(self, ok, where, what):
        self.count += 1
        if not ok: self.errors.append(f'{where}: {what}')

    def leads_somewhere(self, file, link):
        "Whether a link on the page `file` leads to a file, and to an anchor if it names one."
        url = urlsplit(link)
        to = (file.parent/unquote(url.path)).resolve() if url.path else file
        if not to.is_file(): return False
        return not url.fragment or to not in self.pages or unquote(url.fragment) in self.pages[to].anchors

    def check_links(self):
        for file, page in self.pages.items():
            name = file.relative_to(self.root)
            for link in page.assets: self.expect(not re.match(r'(https?:)?//', link), name, f'asks another server for {link}')
            inside = [o for o in page.links + page.assets if not re.match(r'(?!file:)[a-z]+:|//', o)]
            for link in inside: self.expect(self.leads_somewhere(file, link), name, f'nothing at {link}')

    def check_languages(self):
        "Whoever reads one language finds the same page in the other, and each page says which it is in."
        for file in self.pages:
            name = file.relative_to(self.root)
            if name.parts[0] != 'zh' or name.name in ALONE: continue
            english = self.root/name.relative_to('zh')
            self.expect(english in self.pages, name, 'is not there in English')
            for here, there, lang in ((file, english, 'zh-CN'), (english, file, 'en')):
                if here not in self.pages: continue
                links = [(here.parent/o).resolve() for o in self.pages[here].links if not o.startswith('#')]
                where = here.relative_to(self.root)
                self.expect(there in links, where, f'does not lead to {there.relative_to(self.root)}')
                self.expect(self.pages[here].lang == lang, where, f'says that its language is {self.pages[here].lang}')

    def check_names(self):
        "Each public name has an entry, or a row on the page of a module that only gathers names."
        from fastcourse.showdoc import doc_url
        os.environ['FASTCOURSE_DOCS'] = str(self.root)
        short = {a.rpartition('.')[2] for p in self.pages.values() for a in p.anchors if a.startswith('fastcourse.')}
        for full, obj in public():
            name = full.rpartition('.')[2]
            self.expect(name in short, full, 'has no entry')
            url = urlsplit(doc_url(obj) or 'https:')
            if url.scheme == 'file': self.expect(self.leads_somewhere(self.root, f'{url.path}#{url.fragment}'), full, f'`doc` leads to {url.geturl()}')

    def check_backticks(self):
        "Names of the package in prose are links, and a method that is named exists."
        known = set(symbols(self.root))
        for page in self.pages.values():
            name = page.file.relative_to(self.root)
            for text in page.unlinked:
                word = text.removesuffix('()')
                self.expect(word not in known, name, f'`{text}` is a public name and not a link')
                self.expect(not is_stale(word), name, f'`{text}` is no longer there')

@cache
def public():
    "`(full name, object)` for every public name of every module of the package."
    found = []
    for mod in ['fastcourse', *import_module('fastcourse._modidx').d['syms']]:
        m = import_module(mod)
        found += [(f'{mod}.{n}', getattr(m, n)) for n in getattr(m, '__all__', ())]
    return found

def symbols(root): return json.loads((root.parent/'docs_src'/'symbols.json').read_text(encoding='utf-8')).values()

@cache
def is_stale(text):
    "Whether `text` reads `Class.name` and the public class has no such attribute, in itself, set by its code, or as an event."
    from fastcourse.callback import EVENTS
    cls, dot, attr = text.partition('.')
    if attr.removeprefix('on_') in EVENTS: return False
    if not dot or not attr.isidentifier(): return False
    classes = [o for full, o in public() if full.endswith(f'.{cls}') and isclass(o) and o.__module__.startswith('fastcourse')]
    def has(o): return hasattr(o, attr) or any(re.search(rf'\b{attr}\b', getsource(c)) for c in o.__mro__ if c.__module__.startswith('fastcourse'))
    return bool(classes) and not any(map(has, classes))

def main(root='build/html'):
    site = Site(root)
    site.check_languages()
    site.check_links()
    site.check_names()
    site.check_backticks()
    print(*sorted(set(site.errors)), sep='\n')
    print(f'{len(site.pages)} pages, {site.count} links and names checked, {len(site.errors)} wrong')
    return bool(site.errors)

if __name__ == '__main__': sys.exit(main(*sys.argv[1:]))
