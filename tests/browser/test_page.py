"""The page that `learn.to_html` writes, opened from the disk in Chromium without a network: it answers as `predict` does.

Screenshots go to build/screens. Without a browser, or without ONNX Runtime for browsers, the tests are skipped.
"""
import random, re, sys, warnings
from pathlib import Path
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT/'tools'))
from check_site import ARGS, find_browser
from serving import shot

try: BROWSER = find_browser()
except FileNotFoundError as e: BROWSER, WHY = None, str(e)
pytestmark = pytest.mark.skipif(BROWSER is None, reason='' if BROWSER else WHY)
WAIT = 60_000  # milliseconds; a loaded machine takes a while to compile WebAssembly
BAD = '</script><b>"cat"&'  # the name of a class

@pytest.fixture(scope='module')
def runtime():
    from fastcourse.away.runtime import web_runtime
    try: return web_runtime()
    except ConnectionError as e: pytest.skip(str(e))

@pytest.fixture(scope='module')
def browser():
    from playwright.sync_api import sync_playwright
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=BROWSER, args=ARGS)
        yield browser
        browser.close()

@pytest.fixture
def opened(browser):
    "A function that opens a file in a window without a network, and waits until the model is ready."
    contexts = []
    def go(file, width=1280, dark=False, ready=True):
        contexts.append(browser.new_context(viewport=dict(width=width, height=844), color_scheme='dark' if dark else 'light',
                                            offline=True, has_touch=width < 500, is_mobile=width < 500))
        page = contexts[-1].new_page()
        page.errors, page.asked = [], []
        page.on('pageerror', lambda e: page.errors.append(str(e)))
        page.on('console', lambda m: page.errors.append(m.text) if m.type in ('error', 'warning') else None)
        page.on('request', lambda r: None if r.url.startswith(('file:', 'data:', 'blob:')) else page.asked.append(r.url))
        page.goto(file.as_uri())
        if ready: page.wait_for_selector('body[data-ready]', timeout=WAIT)
        return page
    yield go
    for o in contexts: o.close()

def answer(page):
    "The probabilities that the page has found."
    page.wait_for_selector('body[data-answered]', timeout=WAIT)
    return np.array(page.evaluate('[...lastAnswer.probs]'))

def check(page, want, width=1280):
    "The page answers as `predict` did, asks nobody, says nothing on the console, and fits the window."
    np.testing.assert_allclose(answer(page), np.asarray(want, dtype=float).ravel(), atol=1e-4)
    assert not page.errors and not page.asked, (page.errors, page.asked)
    assert page.evaluate('document.documentElement.scrollWidth') <= width

def quietly(learn, file, runtime, **kw):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return learn.to_html(file, runtime=runtime, **kw)

# --- pictures ---

@pytest.fixture(scope='module')
def files(tmp_path_factory):
    "Pictures of 60 by 44 pixels, and one that is tall and of another size."
    from PIL import Image
    rng, folder = np.random.default_rng(0), tmp_path_factory.mktemp('pictures')
    def draw(name, w, h):
        small = Image.fromarray(rng.integers(0, 256, (h//6 + 1, w//6 + 1, 3), dtype=np.uint8))
        small.resize((w, h), Image.Resampling.BICUBIC).save(folder/name)
        return folder/name
    return [draw(f'{i}.png', 60, 44) for i in range(6)], draw('tall.png', 71, 233)

def picture_data(kind, files, folder):
    "Data of the pictures `files` with targets of a kind."
    from fastcourse.vision import ImageImageList, ImageList, PointsItemList, ResizeMethod, SegmentationItemList, tensor
    cls = dict(mask=SegmentationItemList, points=PointsItemList, picture=ImageImageList).get(kind, ImageList)
    items = cls(files).split_by_idx([4, 5])
    if kind == 'mask':
        from PIL import Image
        for f in files: Image.fromarray(np.eye(44, 60, dtype=np.uint8)).save(folder/f.name)
        items = items.label_from_func(lambda f: folder/f.name, classes=['ground', BAD])
    else: items = items.label_from_func(dict(
        label=lambda f: 'cat' if int(f.stem) % 2 else BAD, labels=lambda f: ['odd', 'small'] if int(f.stem) % 2 else [BAD],
        points=lambda f: tensor([[20., 30.], [40., 10.]]), picture=lambda f: f)[kind])
    return items.transform(([], []), size=(32, 40), resize_method=ResizeMethod.CROP, tfm_y=kind in ('mask', 'points', 'picture')).databunch(
        bs=2, num_workers=0).normalize()

def picture_net(kind, n):
    from torch import nn
    if kind in ('mask', 'picture'): return nn.Conv2d(3, 3 if kind == 'picture' else n, 5, padding=2)
    head = [nn.Conv2d(3, 8, 5, stride=4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*head, *([nn.Linear(8, 4), nn.Tanh(), nn.Unflatten(1, (2, 2))] if kind == 'points' else [nn.Linear(8, n)]))

@pytest.mark.parametrize('kind, width, dark', [('label', 390, False), ('labels', 1280, True), ('mask', 1280, False),
                                               ('points', 390, True), ('picture', 1280, False)])
def test_pictures(kind, width, dark, files, runtime, opened, tmp_path):
    from fastcourse.vision import CrossEntropyFlat, Learner, MSELossFlat, open_image, set_seed
    set_seed(3)
    data = picture_data(kind, files[0], tmp_path)
    loss = dict(mask=CrossEntropyFlat(axis=1), picture=MSELossFlat()).get(kind)
    learn = Learner(data, picture_net(kind, getattr(data, 'c', 0)), silent=True, path=tmp_path, **(dict(loss_func=loss) if loss else {}))
    file = quietly(learn, tmp_path/'page.html', runtime)
    assert not re.search(r"""(?:src|href)\s*=\s*["']https?:|import\s*\(?["']https?:|fetch\(["']https?:""", file.read_text())
    page = opened(file, width, dark)
    page.set_input_files('#file', files[1])
    check(page, learn.predict(open_image(files[1]))[2], width)
    if kind in ('label', 'labels', 'mask'): assert BAD in page.inner_text('#answer')
    assert page.locator('.camera').is_visible() == (width < 500)
    assert page.locator('#answer b').count() == 0
    shot(page, f'page_{kind}_{width}')

def test_a_file_that_is_no_picture(files, runtime, opened, tmp_path):
    "The page says so, and takes the next one; keys reach the button."
    from fastcourse.vision import Learner, open_image
    data = picture_data('label', files[0], tmp_path)
    learn = Learner(data, picture_net('label', data.c), silent=True, path=tmp_path)
    page = opened(quietly(learn, tmp_path/'page.html', runtime, title='<script>alert(1)</script>'))
    assert page.inner_text('h1') == '<script>alert(1)</script>' == page.title()
    (tmp_path/'no.png').write_text('no picture')
    page.set_input_files('#file', tmp_path/'no.png')
    page.wait_for_selector('#problem:not([hidden])', timeout=WAIT)
    assert 'cannot be read' in page.inner_text('[role=alert]')
    page.set_input_files('#file', files[1])
    check(page, learn.predict(open_image(files[1]))[2])
    assert page.locator('#problem').is_hidden() and page.inner_text('.best') in learn.data.classes
    page.evaluate('document.activeElement.blur()')
    page.keyboard.press('Tab')
    assert page.evaluate('document.activeElement.id') == 'file'
    assert page.evaluate("getComputedStyle(document.querySelector('#file + .button')).outlineStyle") == 'solid'

# --- tables and ratings ---

def fill(page, values):
    "Fill in the fields of the form in their order, and ask."
    for i, v in enumerate(values):
        field = page.locator(f'#f{i}')
        if field.evaluate('e => e.tagName') == 'SELECT': field.select_option(label=v)
        else: field.fill(v)
    page.click('button')

def again(page, act):
    "The next answer, after `act`."
    before = page.get_attribute('body', 'data-answered')
    act()
    page.wait_for_selector(f'body:not([data-answered="{before}"])', timeout=WAIT)

@pytest.mark.parametrize('number', [False, True])
def test_tables(number, runtime, opened, tmp_path):
    import pandas as pd
    from fastcourse.tabular import Categorify, FillMissing, FloatList, Normalize, TabularList, set_seed, tabular_learner
    set_seed(3)
    df = pd.DataFrame(dict(city=['Rome', 'Oslo', BAD]*8, code=[f'c{i}' for i in range(24)]*1, age=[float(i) for i in range(24)],
                           size=[i*.37 for i in range(24)], y=[i*1.5 if number else ['no', BAD][i % 2] for i in range(24)]))
    df = pd.concat([df, df.assign(code=[f'd{i}' for i in range(24)])], ignore_index=True)
    df.loc[3, 'age'] = None
    items = TabularList.from_df(df, ['city', 'code'], ['age', 'size'], procs=[FillMissing, Categorify, Normalize], path=tmp_path).split_by_idx(range(8))
    items = items.label_from_df('y', label_cls=FloatList) if number else items.label_from_df('y')
    learn = tabular_learner(items.databunch(bs=4), [6], silent=True, **(dict(y_range=(0, 40)) if number else {}))
    page = opened(quietly(learn, tmp_path/'page.html', runtime), 390, number)
    fill(page, [BAD, 'd20', '2.5', '1.25'])
    row = pd.Series(dict(city=BAD, code='d20', age=2.5, size=1.25))
    check(page, learn.predict(row)[2], 390)
    page.wait_for_timeout(400)                                # what was typed just before the click asks no second time
    assert page.get_attribute('body', 'data-answered') == '1'
    again(page, lambda: page.locator('#f2').fill(''))         # a gap, which the model fills; the answer follows by itself
    check(page, learn.predict(row.replace(2.5, np.nan))[2], 390)
    again(page, lambda: page.locator('#f1').fill('nowhere'))
    assert 'never seen' in page.inner_text('#notes')
    check(page, learn.predict(pd.Series(dict(city=BAD, code='nowhere', age=np.nan, size=1.25)))[2], 390)
    assert page.evaluate("[...document.querySelectorAll('input, select')].every(o => o.labels.length)")
    shot(page, f"page_table_{'number' if number else 'label'}_390")

def test_ratings(runtime, opened, tmp_path):
    import pandas as pd
    from fastcourse.collab import CollabDataBunch, collab_learner, set_seed
    set_seed(3)
    df = pd.DataFrame(dict(userId=[i % 45 for i in range(180)], title=[f'Film {i % 40} {BAD}' for i in range(180)], rating=[i % 5 + 1. for i in range(180)]))
    learn = collab_learner(CollabDataBunch.from_df(df, seed=1, bs=16, path=tmp_path), n_factors=4, y_range=(0, 5.5), silent=True)
    page = opened(quietly(learn, tmp_path/'page.html', runtime), dark=True)
    fill(page, ['7', df.title[11]])
    check(page, learn.predict(pd.Series(dict(userId=7, title=df.title[11])))[2])
    shot(page, 'page_ratings')

# --- texts ---

ODD = ("the The THE Cat-dog a-b-c e.g. U.S.A. $5.00 10km 3pm 5% https://a.b.com/x?y=1 john@x.org www.foo.co.uk 1/2 #tag &amp; &lt;b&gt; "
       "&#39; &notit; &#x41; &eacute naïve ÉCOLE straße ΣΑΣ İstanbul 日本語 你好。 😀 👨‍👩‍👧 !!!!!! ..... no no no no very very very <br /> \\n "
       "\u3000 \u200b \x85 amp; 'tis can't won't've y'all o'clock (hello) “smart” ’s it’s -- — … a.b A.B end.Next 1,000 C++ foo_bar @user *bold* ² ½ "
       "ǅ ª km² a.m. Mr. :) :-( <3 xD // http://10.0.0.1/ n't 'll d'oh e\u0301e\u0301e\u0301e\u0301 नमस्ते مرحبا؟ 5€ R$5").split(' ')

def odd_texts(n, rules):
    "Made-up texts of odd words and exceptions, with odd things between them."
    rng, words = random.Random(3), [*ODD, *rules, 'film', 'good', 'x'*250, 'ab!'*90]
    return [''.join(rng.choice(words) + rng.choice(' |||  |\n|, |. |-|\t|'.split('|') + [' ']*5) for _ in range(rng.randint(1, 12))) for _ in range(n)]

def test_texts(runtime, opened, tmp_path):
    "The same tokens for two thousand odd texts, and the same answer."
    import pandas as pd
    from fastcourse.text import AWD_LSTM, TextDataBunch, awd_lstm_clas_config, set_seed, text_classifier_learner
    set_seed(3)
    text = "I LOVED this film!!!!! Really, really, really good... <br />don't miss it; see http://films.org/a?b=1 (10/10) naïve"
    df = pd.DataFrame(dict(label=['pos', BAD]*12, text=[text, 'a bad film. I did not like it']*12))
    data = TextDataBunch.from_df(tmp_path, df[:16], df[16:], bs=4, min_freq=1, num_workers=0)
    config = dict(awd_lstm_clas_config, emb_sz=8, n_hid=8, n_layers=1)
    learn = text_classifier_learner(data, AWD_LSTM, pretrained=False, config=config, silent=True)
    page = opened(quietly(learn, tmp_path/'page.html', runtime), 390, True)
    page.fill('#text', text + ' quux')
    page.click('button')
    check(page, learn.predict(text + ' quux')[2], 390)
    assert 'quux' in page.inner_text('#notes')
    again(page, lambda: page.fill('#text', 'new \u0378 text'))
    assert 'newer' in page.inner_text('#notes')
    tokenizer = next(o.tokenizer for o in data.train_ds.x.processors if hasattr(o, 'tokenizer'))
    texts = odd_texts(2000, tokenizer._cutter().tok.rules)
    got, want = page.evaluate('ts => ts.map(t => lastAnswer.tokenizer.tokens(t))', texts), [tokenizer.process_text(t) for t in texts]
    assert not (bad := [(t, a, b) for t, a, b in zip(texts, got, want) if a != b]), bad[0]
    shot(page, 'page_text_390')
