"The labeler in a real browser: what a person does with mouse and keys, and what Python and the disk know afterwards."
import json, shutil, sys
from pathlib import Path
import numpy as np
import pytest
from PIL import Image

pytest.importorskip('playwright')
sys.path.insert(0, str(Path(__file__).resolve().parent))
from serving import find_browser, opened, shot

try: WHY = '' if find_browser() else 'no browser'
except FileNotFoundError as e: WHY = str(e)
pytestmark = pytest.mark.skipif(bool(WHY), reason=WHY)
WAYS = [('lab', 1280, False), ('lab', 390, True), ('voila', 1280, True), ('voila', 390, False), ('notebook', 1280, False)]
MAP, ODD, KIND, TITLE = '.fc-m-map', '.fc-odd', '.fc-kind', '.fc-m-title'

def expect(page, selector, text=None, count=None):
    from playwright.sync_api import expect
    o = page.locator(selector)
    if text is not None: expect(o).to_have_text(text, timeout=90_000)
    if count is not None: expect(o).to_have_count(count, timeout=20_000)
    return o

def draw(page, *points):
    "Draw through `points`, shares of the width and height of the map."
    page.locator(MAP).scroll_into_view_if_needed()
    r = page.locator(MAP).bounding_box()
    way = [(r['x'] + x*r['width'], r['y'] + y*r['height']) for x, y in points]
    page.mouse.move(*way[0])
    page.mouse.down()
    for o in way[1:]: page.mouse.move(*o, steps=4)
    page.mouse.up()

LASSOS = [(.02, .02), (.42, .02), (.42, .98), (.02, .98)], [(.58, .02), (.98, .02), (.98, .98), (.58, .98)]

def quickest(page, *lassos):
    """The milliseconds until Python's answer to a lasso is on the screen: the least of up to five, the first below 300 ends it.

    The bound is about the work that Python and the page have with a lasso. It takes that long when nobody else wants the processor;
    a single answer that is late, while a neighbour computes or the features of more pictures are made, says nothing about it.
    If the work itself takes longer than 300 ms, all five do. The lassos take turns, so that each changes the selection; the last
    that is drawn is the first of `lassos`.
    """
    took = []
    while not took or len(took) % 2 == 0 or min(took) >= 300 and len(took) < 5:
        page.wait_for_timeout(1000*bool(took))  # time for what it was that came first
        page.evaluate("() => document.querySelectorAll('[data-answer]').forEach(o => delete o.dataset.answer)")
        draw(page, *lassos[len(took) % 2])
        answer = page.locator('[data-answer]')
        answer.wait_for(state='attached')
        took.append(int(answer.get_attribute('data-answer')))
    print('lassos:', *took, 'ms')
    return min(took)

def name(page, text):
    page.keyboard.press('n')
    page.keyboard.type(text)
    page.keyboard.press('Enter')

def actions(folder): return [json.loads(o) for o in (folder/'animals/labels.jsonl').read_text().splitlines()[1:]]

@pytest.fixture
def folder(tmp_path):
    from fastcourse.toy_pictures import toy_animals
    shutil.copytree(toy_animals(n=24, size=96)/'images', tmp_path/'animals')
    return tmp_path

SOURCE = '''from fastcourse.widgets import ImageLabeler
lab = ImageLabeler('animals', n=120, seed=1, size=96)
lab'''

@pytest.mark.parametrize('kind, width, dark', WAYS)
def test_a_person_labels(folder, kind, width, dark):
    with opened(kind, folder, SOURCE, width, dark=dark) as page:
        expect(page, TITLE, 'stage 9 · pca')
        page.locator('.fc-root').first.focus()
        page.keyboard.press('ArrowDown')
        expect(page, TITLE, 'stage 9 · tsne')
        assert quickest(page, *LASSOS) < 300
        page.locator(ODD).first.wait_for()
        n = page.locator(ODD).count()
        page.locator(ODD).nth(1).click()
        expect(page, ODD, count=n - 1)
        assert [o['do']['do'] for o in actions(folder)][-2:] == ['select', 'drop']
        name(page, 'left')
        expect(page, KIND, f'left · {n - 1} [1]')
        expect(page, ODD, count=0)
        page.keyboard.press('b')
        draw(page, (.6, .02), (.98, .98))
        page.locator(ODD).first.wait_for()
        name(page, 'right')
        expect(page, KIND, count=2)
        page.keyboard.press('t')
        page.get_by_text('accuracy').first.wait_for()
        page.keyboard.press('f')
        page.keyboard.press('a')
        expect(page, ODD, count=8)
        page.wait_for_timeout(800)  # the sharp pictures
        shot(page, f'labeler_{kind}_{width}_{"dark" if dark else "light"}')
        page.keyboard.press('2')
        expect(page, ODD, count=0)
        page.keyboard.press('z')
        expect(page, ODD, count=8)
        page.keyboard.press('p')
        expect(page, TITLE, 'stage 9 · parted')
        assert page.evaluate('() => document.documentElement.scrollWidth <= window.innerWidth')
        assert not page.errors and not [o for o in page.foreign if 'fontawesome' not in o]  # Voila asks for those icons
    from fastcourse.widgets import LabelSession
    lab = LabelSession(folder/'animals', n=120, seed=1)
    assert len(lab.labels) == n - 1 + sum(v == 'right' for v in lab.labels.values()) and lab.classes == ['left', 'right']
    assert 'undo' in actions(folder)[-1]

def test_a_killed_kernel_loses_nothing(folder):
    "Between a selection and its name the kernel dies; a new one shows the selection, and the name goes on."
    with opened('lab', folder, SOURCE) as page:
        expect(page, TITLE, 'stage 9 · pca')
        draw(page, (.02, .02), (.98, .02), (.98, .98), (.02, .98))
        page.locator(ODD).nth(3).click()
        expect(page, ODD, count=119)
        page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
        page.wait_for_timeout(1000)
        page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
        expect(page, TITLE, 'stage 9 · pca')
        expect(page, ODD, count=119)
        page.locator('.fc-root').first.focus()
        name(page, 'all')
        expect(page, KIND, 'all · 119 [1]')

MANY = '''import numpy as np
from fastcourse.widgets import ImageLabeler
lab = ImageLabeler('animals', n=5000, seed=1, size=96)
rng, f = np.random.default_rng(0), lab.features
for k in f.layers: f._rows[k] = [rng.normal(size=(5000, 40)).astype(np.float32)]
f._n = 5000  # as if a body had seen them
lab'''

PAN = '''async () => {
  const c = document.querySelector('.fc-m-map'), r = c.getBoundingClientRect();
  const at = (x, y) => ({clientX: r.left + x, clientY: r.top + y, pointerId: 7, shiftKey: true, bubbles: true, cancelable: true});
  const rate = step => new Promise(done => {
    let n = 0;
    const start = performance.now(), f = () => {
      const t = performance.now() - start;
      if (t > 3000) return done(1000*n/t);
      step(n++);
      requestAnimationFrame(f);
    };
    requestAnimationFrame(f);
  });
  c.dispatchEvent(new PointerEvent('pointerdown', at(300, 200)));
  const pan = await rate(k => c.dispatchEvent(new PointerEvent('pointermove', at(300 + 80*Math.sin(k/10), 200 + 60*Math.cos(k/10)))));
  c.dispatchEvent(new PointerEvent('pointerup', at(300, 200)));
  const zoom = await rate(k => c.dispatchEvent(new WheelEvent('wheel', {deltaY: k % 80 < 40 ? -20 : 20, ...at(300, 200)})));
  return [pan, zoom];
}'''

def test_five_thousand_pictures(folder):
    "They move and zoom at 30 frames a second, and Python answers a lasso within 300 ms; both are measured by the page."
    rng = np.random.default_rng(0)
    for i in range(5000 - 168): Image.fromarray(rng.integers(0, 255, (8, 8, 3), np.uint8)).resize((64, 64)).save(folder/f'animals/x_{i}.jpg')
    with opened('voila', folder, MANY) as page:
        expect(page, TITLE, 'stage 9 · pca')
        page.wait_for_function("() => document.querySelector('[data-sheets=\"5\"]')", timeout=120_000)
        rates = page.evaluate(PAN)
        page.locator('.fc-key-0').click()
        answer = quickest(page, [(.3, .3), (.7, .3), (.7, .7), (.3, .7)], [(.3, .3), (.7, .3), (.7, .6), (.3, .6)])
        page.locator(ODD).first.wait_for()
        shot(page, 'labeler_5000')
    print(f'moved {rates[0]:.0f} and zoomed {rates[1]:.0f} frames/s, lasso {answer} ms')
    assert min(rates) >= 30 and answer < 300
