"The checks of the documentation, on small sites that have faults. The real site is built and checked by `./run docs`."
import json, sys
from pathlib import Path
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT/'tools'))
from check_links import Site, is_stale  # noqa: E402
from layers import modules  # noqa: E402

PAGE = '<html><body><h1 id="top">Page</h1>{}</body></html>'

def errors(folder, body):
    "What `Site` finds wrong with the links of a page with `body`, beside a page `other.html` that has the anchor `here`."
    (folder/'index.html').write_text(PAGE.format(body))
    (folder/'other.html').write_text(PAGE.format('<p id="here"></p>'))
    site = Site(folder)
    site.check_links()
    return site.errors

@pytest.mark.parametrize('body', ['<a href="other.html">a</a>', '<a href="other.html#here">a</a>', '<a href="#top">a</a>',
                                  '<a href="https://example.org/">a</a>', '<img src="data:image/png;base64,AAAA">'])
def test_good_links_pass(tmp_path, body): assert errors(tmp_path, body) == []

@pytest.mark.parametrize('body, words', [('<a href="othr.html">a</a>', 'nothing at othr.html'),
                                         ('<a href="other.html#there">a</a>', 'nothing at other.html#there'),
                                         ('<a href="#bottom">a</a>', 'nothing at #bottom'),
                                         ('<script src="https://example.org/x.js"></script>', 'asks another server'),
                                         ('<img src="lost.png">', 'nothing at lost.png')])
def test_faults_are_found(tmp_path, body, words):
    found = errors(tmp_path, body)
    assert len(found) == 1 and words in found[0]

def test_a_site_that_was_not_built(tmp_path):
    with pytest.raises(FileNotFoundError, match='./run docs'): Site(tmp_path)

def test_stale_names():
    assert is_stale('Learner.fit_one_cicle') and is_stale('DataBunch.one_bach')
    assert not any(map(is_stale, ['Learner.fit_one_cycle', 'Learner.model', 'Callback.on_batch_end', 'np.array', 'fit', 'out/']))

def test_every_notebook_has_a_place():
    from docs_src import PARTS, notebooks, part, NBS
    pages = [f.relative_to(NBS) for f in notebooks()]
    assert {part(f) for f in pages} <= PARTS.keys() and len(pages) > len(modules(ROOT/'fastcourse'))
    with pytest.raises(ValueError, match='has no place'): part(Path('appendix/1_more.ipynb'))

def test_no_links_within_a_page():
    "A heading has one anchor in a notebook, `When-it-goes-wrong`, and another on the site: name the part in words."
    from docs_src import NBS
    cells = [(f.name, ''.join(c['source'])) for f in NBS.rglob('*.ipynb') for c in json.loads(f.read_text(encoding='utf-8'))['cells']
             if c['cell_type'] == 'markdown']
    assert not [(name, s[s.index('](#')-30:][:60]) for name, s in cells if '](#' in s]

def test_links_between_notebooks_become_links_between_pages():
    from docs_src import NBS, relink
    text = 'See [the block](../15_data_block.ipynb#splits), [how](../../CONTRIBUTING.md) and [there](https://example.org).'
    page = relink(text, NBS/'lessons', Path('lessons'))
    assert '(../data_block.ipynb#splits)' in page and '/blob/main/CONTRIBUTING.md)' in page and '(https://example.org)' in page
    with pytest.raises(FileNotFoundError, match='no_such'): relink('[x](no_such.ipynb)', NBS)

def test_what_a_lesson_mentions():
    "Names and what stands behind a dot; not what the lesson defines itself, and nothing of what goes to the shell."
    from used import mentioned
    names, attributes = mentioned(['%matplotlib inline\nx = %timeit -o f()', 'def mine(n): return Learner(n).fit_one_cycle(1)\nmine(3)', '!ls\nlearn = mine(x)\nlearn.save("a")'])
    assert 'Learner' in names and not {'mine', 'n', 'x', 'learn', 'matplotlib'} & names
    assert {'fit_one_cycle', 'save'} <= attributes

def test_lessons_and_modules_lead_to_one_another():
    from types import SimpleNamespace
    from used import behind, seen_in, used
    class Made(SimpleNamespace): __hash__ = object.__hash__
    def page(name, title, source='', *names): return Made(name=name, title=title, names=dict.fromkeys(names), cells=[dict(cell_type='code', source=source)])
    loop = page('basic_train', 'Learner', '', 'Learner', 'Learner.fit_one_cycle', 'Learner.save')
    cut = page('vision_data', 'Pictures', '', 'ImageList', 'ImageList.split_it', 'Other.save')
    lesson = page('lessons/pets', 'Pets', 'learn = Learner(1)\nlearn.fit_one_cycle(2)\nlearn.save(3)')
    found = used([lesson], [loop, cut])
    assert found == {lesson: {loop: ['Learner', 'fit_one_cycle']}}  # `save` is of two classes, and an everyday word
    assert '| [Learner](../basic_train.ipynb) | `Learner`, `fit_one_cycle` |' in behind(lesson, found[lesson])
    assert '- [Pets](lessons/pets.ipynb)' in seen_in(loop, [lesson])
