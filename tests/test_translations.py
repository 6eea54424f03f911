"The pages in Chinese: what each translation keeps of its passage, and that a passage that changed is shown in English. Catalogues only; no site is built."
import json, sys
from pathlib import Path
import pytest
from babel.messages.mofile import read_mo

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT/'tools'))
from catalogues import FOLDER, THEME, Message, catalogues, compiled, faults, has_words, read, written  # noqa: E402
from check_links import Site  # noqa: E402
from translate import merged, report  # noqa: E402

CATALOGUES = catalogues()

def test_there_are_pages(): assert 'index' in CATALOGUES and THEME not in CATALOGUES

@pytest.mark.parametrize('page', CATALOGUES)
def test_translations_keep_what_is_not_language(page):
    found = [f'{page}.po:{m.line}: {o}' for m in read(CATALOGUES[page]) if m.state == 'done' for o in faults(m)]
    assert not found, '\n'.join(found)

@pytest.mark.parametrize('page', CATALOGUES)
def test_files_are_as_they_are_written(page):
    "So that `python tools/translate.py update` changes nothing where no passage has changed."
    assert CATALOGUES[page].read_text(encoding='utf-8') == written(read(CATALOGUES[page]))

def prose_of_pages():
    "`{page: prose of its notebook}`, with the marks of lists and line breaks as single blanks."
    from docs_src import NBS, is_translatable, notebooks, page_name
    files = {page_name(f.relative_to(NBS)).with_suffix('').as_posix(): f for f in notebooks() if is_translatable(f.relative_to(NBS))}
    cells = {page: json.loads(f.read_text(encoding='utf-8'))['cells'] for page, f in files.items()}
    return {page: ' '.join(' '.join(''.join(c['source']).split()) for c in cs if c['cell_type'] == 'markdown') for page, cs in cells.items()}

def test_only_what_programs_print_stays_english():
    prose = prose_of_pages()
    assert CATALOGUES.keys() <= prose.keys()
    kept = {page: [m.id for m in read(f) if m.string == m.id and ' ' in m.id] for page, f in CATALOGUES.items()}
    assert not [(page, o) for page, ids in kept.items() for o in ids if o in prose[page] and len(o.split()) > 3]

ENGLISH = 'Use `fit` with $x^2$, see [the *guide*](a.ipynb): 0.5 is **right**.'
CHINESE = '用 `fit` 处理 $x^2$，见[这份*指南*](a.ipynb)：0.5 是**对的**。'

def test_a_good_translation(): assert faults(Message(ENGLISH, CHINESE)) == []

def test_english_that_the_passage_quotes_may_stay():
    quoted = '“the width of a picture”：宽度'
    assert faults(Message('the width of a picture', quoted)) == []
    assert any('English' in o for o in faults(Message('the width', quoted)))

@pytest.mark.parametrize('old, new, words', [
    ('`fit`', '`fti`', 'lost code_inline fit'), ('`fit`', 'fit', 'lost code_inline fit'), ('(a.ipynb)', '(b.ipynb)', 'lost link a.ipynb'),
    ('$x^2$', '$x^3$', 'lost math_inline x^2'), ('0.5', '0.7', 'lost the number 0.5'), ('**对的**。', '**对的。**好', 'lost strong'),
    ('，', ',', 'half-width'), ('用 `', '用`', 'no space between'), ('对的', '对的 what is to be done here', 'English is left'),
    ('，见', '， 见', 'a space beside'), ('是', '（是)好', 'a bracket'), ('见', '\n见', 'line break'), ('见', '`new` 见', 'the original has not')])
def test_faults_of_translations_are_found(old, new, words):
    assert old in CHINESE
    assert any(words in o for o in faults(Message(ENGLISH, CHINESE.replace(old, new))))

def test_what_has_words():
    assert has_words('See `a`') and not has_words('`a`, `b`: 3') and not has_words('[`a`](b.ipynb) $x$')
    assert not has_words('first_el, DataBunch.is_empty, NPArrayList') and has_words('Names') and has_words('**All**')
    assert not has_words(r'\frac{2}{n} \sum_j e_{ij}') and has_words(r'Here $\frac12$')

OLD = [Message('One cat sits here.', '这里坐着一只猫。'), Message('Gone.', '没了。')]

def test_an_unchanged_passage_keeps_its_translation(): assert merged(['One cat sits here.'], OLD) == OLD[:1]

def test_a_changed_passage_is_stale():
    new, other = merged(['One cat sat here.', 'Something else altogether'], OLD)
    assert (new.state, new.string, new.old) == ('stale', OLD[0].string, OLD[0].id) and other.state == 'missing'
    assert merged(['One cat sat here!'], [new])[0].old == OLD[0].id  # changed twice before anybody translated it

def test_the_same_passage_of_another_page(): assert merged(['Questions'], [], {'Questions': '问题'})[0].state == 'done'

def test_only_current_translations_are_shown(tmp_path):
    messages = [Message('Right.', '对。'), Message('A cat sat.', '猫坐着。', old='A cat sits.'), Message('Use `fit`.', '用它。'), Message('Later.')]
    (tmp_path/'page.po').write_text(written(messages), encoding='utf-8')
    assert [m.state for m in read(tmp_path/'page.po')] == ['done', 'stale', 'done', 'missing']
    compiled(tmp_path/'page.po', tmp_path/'page.mo')
    with open(tmp_path/'page.mo', 'rb') as f: assert {m.id: m.string for m in read_mo(f) if m.id} == {'Right.': '对。'}

def test_the_report_names_page_and_line():
    file, page = CATALOGUES['index'], 'index'
    ids = [m.id for m in read(file)]
    todo, wrong = report(page, [*ids, 'A passage that nobody has seen.'], file)
    assert todo[-1] == 'index.po:0: missing: A passage that nobody has seen.' and not wrong

def test_words_around_the_pages(): assert all(m.state == 'done' for m in read(FOLDER/f'{THEME}.po'))

PAGE = '<html lang="{}"><body><h1>Page</h1>{}</body></html>'

@pytest.mark.parametrize('english, chinese, lang, words', [
    ('zh/a.html', '../a.html', 'zh-CN', None), ('a.html', '../a.html', 'zh-CN', 'a.html: does not lead to zh/a.html'),
    ('zh/a.html', 'a.html', 'zh-CN', 'zh/a.html: does not lead to a.html'), ('zh/a.html', '../a.html', 'en', 'zh/a.html: says that its language is en')])
def test_pages_lead_to_the_other_language(tmp_path, english, chinese, lang, words):
    (tmp_path/'zh').mkdir()
    (tmp_path/'index.html').write_text(PAGE.format('en', ''))
    (tmp_path/'a.html').write_text(PAGE.format('en', f'<a href="{english}">a</a>'))
    (tmp_path/'zh'/'a.html').write_text(PAGE.format(lang, f'<a href="{chinese}">a</a>'))
    site = Site(tmp_path)
    site.check_languages()
    assert site.errors == ([words] if words else [])
