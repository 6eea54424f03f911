"""Can everybody use the built site? `python tools/check_access.py [FOLDER]`, by default build/html. Needs Chromium and Playwright.

axe (axe-core, MPL-2.0, fetched from the npm registry and compared with its hash) looks at ten pages, one of each kind, in light and in
dark: no fault that it calls serious or critical. Where the registry is out of reach, this part is skipped, with a word. Then the site is
walked with the Tab key alone, as on a desk and on a telephone: the link that skips to the text, the menu, the search, the other language
and the copies of code are reached, and whatever has the focus can be seen.
"""
import io, sys, tarfile
from pathlib import Path
from urllib.error import HTTPError, URLError
from playwright.sync_api import sync_playwright
from check_site import ARGS, find_browser, served, WIDTHS
from vendor import REGISTRY, fetch

AXE = 'axe-core/-/axe-core-4.14.1.tgz'
SHA512 = 'FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=='
PAGES = ('index', 'lessons/pets', 'lessons/mouse', 'guide/errors', 'widgets', 'metrics', 'changelog', 'search', 'zh/index', 'zh/lessons/pets')
SLOW = 'color-contrast'  # it alone depends on the theme, and it alone takes long where there is much code: each coloured word is an element

def axe():
    "The script of axe, kept in build/axe; None if it cannot be fetched."
    file = Path('build/axe')/Path(AXE).with_suffix('.js').name
    if not file.exists():
        try: data = fetch(AXE, SHA512)
        except HTTPError: raise
        except (URLError, OSError): return None
        file.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(fileobj=io.BytesIO(data)) as tar: file.write_bytes(tar.extractfile('package/axe.min.js').read())
    return file.read_text(encoding='utf-8')

def faults(page, script, only=None):
    "What axe calls serious or critical on `page`, a line each."
    page.evaluate(script)
    found = page.evaluate("""async only => { const rules = only ? {runOnly: [only]} : {};
      const {violations} = await axe.run(document, {resultTypes: ['violations'], ...rules});
      return violations.filter(o => ['serious', 'critical'].includes(o.impact)).map(
        o => `${o.id}, ${o.nodes.length} times: ${o.help}; ${o.nodes[0].html.slice(0, 160)}`); }""", only)
    return found

# what has the focus: a name, whether it can be seen, and whether a ring or another sign says that it has the focus
FOCUS = """() => { const e = document.activeElement, b = document.body;
  if (!e || e === b) return null;
  const seen = e.matches('.sidebar-toggle') ? [...document.querySelectorAll(`label[for=${e.id}]`)].find(
    o => !o.matches('.overlay') && o.checkVisibility()) ?? e : e;
  const r = seen.getBoundingClientRect(), s = getComputedStyle(seen);
  const on = r.width > 1 && r.height > 1 && r.right > 0 && r.left < innerWidth && r.bottom > 0 && r.top < innerHeight;
  return {what: `${e.tagName.toLowerCase()}${e.id ? '#' + e.id : ''}${[...e.classList].map(o => '.' + o).join('')} ${(e.textContent || '').trim().slice(0, 30)}`,
    classes: [...e.classList], id: e.id, name: e.name || '', href: e.getAttribute('href') || '', inside: !!e.closest('.sidebar-drawer'),
    seen: on && s.visibility === 'visible' && parseFloat(s.opacity) > .5, ring: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1 || s.boxShadow !== 'none'}; }"""

def walk(page, most):
    "Press Tab up to `most` times; what had the focus, one after the other."
    page.add_style_tag(content='* { scroll-behavior: auto !important; }')  # the sidebar glides to what has the focus; we don't wait for it
    for _ in range(most):
        page.keyboard.press('Tab')
        page.wait_for_function("() => document.getAnimations().every(o => o.playState !== 'running')", timeout=3000)
        if (o := page.evaluate(FOCUS)) is None: return
        yield o

def keyboard(page, errors):
    "Walk over a lesson on a desk and on a telephone."
    wanted = dict(skip=lambda o: 'skip-to-content' in o['classes'], search=lambda o: o['name'] == 'q', menu=lambda o: o['inside'] and o['href'].endswith('.html'),
                  language=lambda o: 'other-language' in o['classes'], theme=lambda o: 'theme-toggle' in o['classes'], copy=lambda o: 'copybtn' in o['classes'])
    for width in WIDTHS:
        page.set_viewport_size(dict(width=width, height=WIDTHS[width]))
        page.reload()
        page.wait_for_timeout(500)
        path = []
        for o in walk(page, 400):
            path.append(o)
            if wanted['copy'](o): break
        for o in path:
            if not o['seen'] or not o['ring']: errors.append(f"{width} px, Tab {path.index(o) + 1}: {o['what']} has the focus and {'cannot be seen' if not o['seen'] else 'nothing shows it'}")
        names = set(wanted) - ({'search', 'menu'} if width < 1000 else set())
        errors += [f'{width} px: Tab does not lead to {k}' for k in sorted(names) if not any(map(wanted[k], path))]
        if path and not wanted['skip'](path[0]) and path[0]['id'] not in ('__navigation', '__toc'): errors.append(f"{width} px: the first stop is {path[0]['what']}")
    return errors

def skip_and_menu(page, errors):
    "The skip link leads to the text; on a telephone Space opens the menu, and Tab goes into it, to the search and the pages."
    page.reload()
    if not any('skip-to-content' in o['classes'] for o in walk(page, 3)): return errors.append('there is no skip link')
    page.keyboard.press('Enter')
    page.wait_for_timeout(200)
    after = next(walk(page, 1), None)
    if after is None or after['inside']: errors.append(f'the skip link leads to {after}')
    page.reload()
    if not any(o['id'] == '__navigation' for o in walk(page, 5)): return errors.append('390 px: Tab does not lead to the menu')
    page.evaluate("() => document.querySelector('#__navigation').focus()")
    page.keyboard.press('Space')
    page.wait_for_timeout(600)
    inside = [o for o in walk(page, 12) if o['inside']]
    if not any(o['name'] == 'q' for o in inside) or not any(o['href'].endswith('.html') for o in inside): errors.append('390 px: the open menu is not reached')
    errors += [f"390 px: {o['what']} in the menu cannot be seen" for o in inside if not o['seen']]

def main(root='build/html'):
    root, errors, looked = Path(root).resolve(), [], 0
    script = axe()
    if script is None: print(f'skipped: axe, since {REGISTRY} cannot be reached')
    with served(root) as address, sync_playwright() as p:
        browser = p.chromium.launch(executable_path=find_browser(), args=ARGS)
        for name in [o for o in PAGES if (root/f'{o}.html').exists()] if script else ():
            page = browser.new_page(viewport=dict(width=1280, height=900), color_scheme='light')
            page.goto(f'{address}/{name}.html')
            for dark in (False, True):
                page.emulate_media(color_scheme='dark' if dark else 'light')
                page.wait_for_timeout(300)
                errors += [f"{name}, {'dark' if dark else 'light'}: {o}" for o in faults(page, script, SLOW if dark else None)]
                looked += 1
            page.close()
        page = browser.new_page()
        page.goto(f'{address}/lessons/pets.html')
        keyboard(page, errors)
        skip_and_menu(page, errors)
        browser.close()
    print(*errors, sep='\n')
    print(f'{looked} looks of axe and a walk with the keyboard: {len(errors)} faults')
    return bool(errors)

if __name__ == '__main__': sys.exit(main(*sys.argv[1:]))
