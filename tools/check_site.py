"""Look at the built site in a browser: `python tools/check_site.py [FOLDER]`, by default build/html. Needs Chromium and Playwright.

Ten pages at the widths of a desk and of a telephone: nothing on the console, no request that leaves the machine, nothing wider
than the window. Search finds a method, and the link that `doc` gives lands on its entry. Screenshots go to build/screens.
"""
import os, shutil, sys
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from playwright.sync_api import sync_playwright

WIDTHS = {1280: 900, 390: 844}  # pixels
NAMES = 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'
ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync']
INSIDE = 'http://127.0.0.1:', 'file:', 'data:', 'blob:', 'about:'

def find_browser():
    "The path of a Chromium that is installed."
    found = os.environ.get('CHROMIUM') or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None: raise FileNotFoundError(f"No browser: looked for {', '.join(NAMES)}. On Debian: apt-get install chromium")
    return found

def ten_pages(root):
    "The first page, lessons and guides, and the largest of the rest: those have most that can go wrong."
    first = [root/'index.html', *sorted(root.glob('guide/*.html')), *sorted(root.glob('lessons/*.html'))]
    rest = sorted(set(root.glob('*.html')) - set(first), key=lambda f: -f.stat().st_size)
    chinese = [root/'zh'/o for o in ('index.html', 'lessons/pets.html')]
    return [o for o in chinese if o.exists()] + (first[:5] + rest)[:8]

class Quiet(SimpleHTTPRequestHandler):
    "Serves a folder and says nothing."
    def log_message(self, *args): pass

@contextmanager
def served(folder):
    "The address at which `folder` is served on this machine."
    server = ThreadingHTTPServer(('127.0.0.1', 0), partial(Quiet, directory=folder))
    Thread(target=server.serve_forever, daemon=True).start()
    try: yield f'http://127.0.0.1:{server.server_port}'
    finally: server.shutdown()

class Visitor:
    "A browser that notes everything that a page of the site at `address` should not do."
    def __init__(self, browser, address, shots):
        self.browser, self.address, self.shots, self.errors, self.seen = browser, address, shots, [], 0

    @contextmanager
    def page(self, width=1280, dark=False):
        "An empty page of `width` pixels that is watched."
        page = self.browser.new_page(viewport={'width': width, 'height': WIDTHS[width]}, color_scheme='dark' if dark else 'light')
        def note(what): self.errors.append(f'{page.url.rpartition("/")[2]} at {width} px: {what}')
        page.on('console', lambda m: note(f'console: {m.text[:200]}') if m.type in ('error', 'warning') else None)
        page.on('pageerror', lambda e: note(f'script: {str(e)[:200]}'))
        page.on('request', lambda r: None if r.url.startswith(INSIDE) else note(f'asks {r.url}'))
        page.on('requestfailed', lambda r: note(f'not loaded: {r.url[-80:]}'))
        try: yield page
        finally: page.close()

    def expect(self, ok, what):
        self.seen += 1
        if not ok: self.errors.append(what)

    def look(self, name, width, dark):
        "Open a page, and see that it fits."
        with self.page(width, dark) as page:
            page.goto(f'{self.address}/{name}')
            page.wait_for_timeout(300)
            wide, broken = page.evaluate('''[document.documentElement.scrollWidth - window.innerWidth,
                [...document.images].filter(o => o.complete && !o.naturalWidth).length]''')
            self.expect(wide <= 0, f'{name} at {width} px: {wide} px wider than the window')
            self.expect(not broken, f'{name}: {broken} pictures do not show')
            page.screenshot(path=self.shots/f"{name.removesuffix('.html').replace('/', '_')}_{width}{'_dark' if dark else ''}.png")

    def search_chinese(self, word, wanted):
        "Search the pages in Chinese for `word`: the page `wanted` is found."
        with self.page() as page:
            page.goto(f'{self.address}/zh/search.html?q={word}')
            page.locator(f'ul.search a[href*="{wanted}"]').first.wait_for(timeout=20_000)
            page.wait_for_load_state('networkidle')
            self.expect(word in page.locator('ul.search').inner_text(), f'search for {word}: no result shows the word')

    def search(self, word, wanted):
        "Search for `word`; a result leads to `wanted`, and a click on it lands there."
        with self.page() as page:
            page.goto(f'{self.address}/search.html?q={word}')
            hit = page.locator(f'ul.search a[href$="#{wanted}"]').first
            hit.wait_for(timeout=20_000)
            page.wait_for_load_state('networkidle')  # a summary is fetched for each hit; leaving earlier breaks that off
            page.screenshot(path=self.shots/'search.png')
            hit.click()
            self.lands_on(page, wanted)

    def follow(self, url):
        "Open the address that `doc` gives, here that of a file."
        with self.page() as page:
            page.goto(url)
            self.lands_on(page, url.partition('#')[2])
            page.screenshot(path=self.shots/'entry.png')

    def lands_on(self, page, anchor):
        "Whether the entry `anchor` is on the screen."
        page.wait_for_timeout(500)
        top = page.evaluate('id => document.getElementById(id)?.getBoundingClientRect().top ?? null', anchor)
        self.expect(top is not None and -5 <= top < WIDTHS[1280], f'{page.url}: its entry is at {top} px')

def main(root='build/html'):
    root = Path(root).resolve()
    os.environ['FASTCOURSE_DOCS'] = str(root)
    from fastcourse.datasets import untar_data
    from fastcourse.showdoc import doc_url
    shots = root.parent/'screens'
    shots.mkdir(exist_ok=True)
    with served(root) as address, sync_playwright() as p:
        visitor = Visitor(p.chromium.launch(executable_path=find_browser(), args=ARGS), address, shots)
        for i, file in enumerate(ten_pages(root)):
            for width in WIDTHS: visitor.look(file.relative_to(root).as_posix(), width, dark=i % 2 == 1)
        visitor.search('fit_one_cycle', 'fastcourse.basic_train.Learner.fit_one_cycle')
        visitor.search_chinese('学习率', 'lessons/pets.html')
        visitor.follow(doc_url(untar_data))
        visitor.browser.close()
    print(*sorted(set(visitor.errors)), sep='\n')
    print(f'{visitor.seen} things looked at, {len(visitor.errors)} wrong; screenshots in {os.path.relpath(shots)}')
    return bool(visitor.errors)

if __name__ == '__main__': sys.exit(main(*sys.argv[1:]))
