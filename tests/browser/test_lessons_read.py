"""The ticks of lessons that were read, with the keyboard, in headless Chromium: they outlast the page, and nothing is sent anywhere.

On small pages with the script of the site; without a browser the tests are skipped.
"""
import sys
from pathlib import Path
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT/'tools'))
from check_site import ARGS, find_browser, served  # noqa: E402

try: BROWSER = find_browser()
except FileNotFoundError as e: BROWSER, WHY = None, str(e)
pytestmark = pytest.mark.skipif(BROWSER is None, reason='' if BROWSER else WHY)

PAGE = '<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><script src="{up}progress.js" defer></script></head><body><article>{body}</article></body></html>'
ROWS = ''.join(f'<tr><td><p><a href="{{up}}lessons/{o}.html">{o}</a></p></td><td>5</td></tr>' for o in ('pets', 'words', 'gan'))

def write(folder, name, body, lang='en'):
    file = folder/name
    file.parent.mkdir(parents=True, exist_ok=True)
    up = '../'*name.count('/')
    file.write_text(PAGE.format(lang=lang, up=up, body=body.format(up=up)), encoding='utf-8')

@pytest.fixture(scope='module')
def site(tmp_path_factory):
    "Some pages as the site has them, served on this machine: a map of the lessons in two languages, and a lesson."
    folder = tmp_path_factory.mktemp('site')
    (folder/'progress.js').write_text((ROOT/'docs'/'_static'/'progress.js').read_text(encoding='utf-8'), encoding='utf-8')
    (folder/'zh').mkdir()
    (folder/'zh'/'progress.js').write_text((folder/'progress.js').read_text(encoding='utf-8'), encoding='utf-8')
    write(folder, 'guide/lessons.html', f'<table>{ROWS}</table>')
    write(folder, 'lessons/pets.html', '<h1>Pets</h1><a href="words.html">next</a><a href="pets.html#part">a part</a><a class="back-to-top" href="#">up</a>')
    write(folder, 'zh/guide/lessons.html', f'<table>{ROWS}</table>', 'zh-CN')
    with served(folder) as address: yield address

@pytest.fixture
def page(site):
    "An empty page of a browser that has no memory yet; whatever goes elsewhere is in `page.foreign`, errors in `page.errors`."
    from playwright.sync_api import sync_playwright
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=BROWSER, args=ARGS)
        page = browser.new_page()
        page.foreign, page.errors = [], []
        page.on('request', lambda r: page.foreign.append(r.url) if r.method != 'GET' or not r.url.startswith(site) else None)
        page.on('pageerror', lambda e: page.errors.append(str(e)))
        yield page
        assert not page.foreign and not page.errors
        browser.close()

def ticks(page): return [o.is_checked() for o in page.locator('.lesson-box').all()]

def test_ticked_by_keyboard_and_kept(site, page):
    page.goto(f'{site}/guide/lessons.html')
    assert ticks(page) == [False]*3 and page.locator('.lessons-read').inner_text() == '0 of 3 lessons read'
    page.keyboard.press('Tab')
    assert page.evaluate('document.activeElement.getAttribute("aria-label")') == 'Read: pets'
    page.keyboard.press('Space')
    page.reload()
    assert ticks(page) == [True, False, False] and page.locator('.lessons-read').inner_text() == '1 of 3 lessons read'
    assert page.locator('a.lesson-read').all_inner_texts() == ['pets']
    page.locator('.lesson-box').first.uncheck()
    page.reload()
    assert ticks(page) == [False]*3

def test_a_lesson_has_a_box_at_its_end(site, page):
    page.goto(f'{site}/lessons/pets.html')
    page.get_by_label('I have read this lesson').check()
    assert page.locator('a.lesson-read').count() == 0  # a link to a part of the page stays plain, and so does the lesson that is still to come
    page.goto(f'{site}/guide/lessons.html')
    assert ticks(page) == [True, False, False]

def test_both_languages_share_the_ticks(site, page):
    page.goto(f'{site}/guide/lessons.html')
    page.locator('.lesson-box').nth(1).check()
    page.goto(f'{site}/zh/guide/lessons.html')
    assert ticks(page) == [False, True, False] and page.locator('.lessons-read').inner_text() == '读完了 3 课中的 1 课'

def test_without_memory_the_page_still_works(site, page):
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('forbidden') } })")
    page.goto(f'{site}/guide/lessons.html')
    page.locator('.lesson-box').first.check()
    page.goto(f'{site}/guide/lessons.html')
    assert ticks(page) == [False]*3
