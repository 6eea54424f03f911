"What the pages about the lessons say, against the lessons: their order, what builds on what, and the words that they explain."
import csv, json, re, shutil, subprocess, sys
from pathlib import Path
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT/'tools'))
import real_page  # noqa: E402

LESSONS, GUIDE = ROOT/'nbs'/'lessons', ROOT/'nbs'/'guide'
ORDER = (LESSONS/'order.txt').read_text(encoding='utf-8').split()

def rows(name):
    with open(LESSONS/name, encoding='utf-8', newline='') as f: return list(csv.DictReader(f))

def cells(path): return json.loads(path.read_text(encoding='utf-8'))['cells']

def prose(path): return '\n'.join(''.join(c['source']) for c in cells(path) if c['cell_type'] == 'markdown')

def shown(path): return '\n'.join(''.join(o['data'].get('text/markdown', '')) for c in cells(path) for o in c.get('outputs', []) if 'data' in o)

PROSE = {o: prose(LESSONS/f'{o}.ipynb') for o in ORDER}
FACTS = {o['lesson']: o for o in rows('lessons.csv')}

def test_each_lesson_has_a_row_in_the_order_of_reading():
    assert [*FACTS] == ORDER and {f.stem for f in LESSONS.glob('*.ipynb')} == set(ORDER)

def test_lessons_build_on_earlier_ones():
    for name, o in FACTS.items():
        before = o['builds_on'].split()
        assert all(ORDER.index(b) < ORDER.index(name) for b in before), name
        assert bool(before) == (name != ORDER[0]), f'{name} builds on nothing'

def test_what_a_lesson_says_it_needs():
    "A lesson that needs lesson 1 `and nothing else` says the same on the map."
    alone = [o for o in ORDER if re.search(r'You need (\[lesson 1\]\(1_pets.ipynb\)|lesson 1),? (and )?nothing else', PROSE[o])]
    assert len(alone) >= 4 and [o for o in alone if FACTS[o]['builds_on'] != '1_pets'] == []

def test_what_you_can_do_afterwards_completes_the_sentence():
    texts = [o['able'] for o in FACTS.values()]
    assert len(set(texts)) == len(texts)
    assert not [o for o in texts if not re.match('[a-z]', o) or o.endswith('.') or not 30 <= len(o) <= 110]

def test_the_map_shows_them():
    text = shown(GUIDE/'0_map.ipynb')
    table, _, tree = text.partition('\n- ')
    assert all(o['able'] in table for o in FACTS.values())
    assert re.findall(r'^\| \[.+?\]\(\.\./lessons/(\w+)\.ipynb\) \| (?:\d+) \|', table, re.M) == ORDER
    assert sorted(re.findall(r'^ *- \[.+?\]\(\.\./lessons/(\w+)\.ipynb\)', f'- {tree}', re.M)) == sorted(ORDER)

def test_the_front_page_leads_to_the_map(): assert '(guide/0_map.ipynb)' in prose(ROOT/'nbs'/'index.ipynb')

def find_lesson(name): return subprocess.run(['bash', '-c', '. ./run; find_lesson "$0"', name], cwd=ROOT, capture_output=True, text=True)

@pytest.mark.skipif(not shutil.which('bash'), reason='no bash')
def test_a_lesson_is_found_by_its_number_or_the_start_of_its_name():
    found = {o: find_lesson(o).stdout.strip() for o in ('1', '4_words', '4_w', '7_gan.ipynb')}
    assert found == {'1': 'nbs/lessons/1_pets.ipynb', **dict.fromkeys(('4_words', '4_w'), 'nbs/lessons/4_words.ipynb'), '7_gan.ipynb': 'nbs/lessons/7_gan.ipynb'}
    wrong = find_lesson('9')
    assert wrong.returncode == 1 and "No lesson '9'. There are: 0_notebooks 1_pets" in wrong.stderr

TERMS = rows('glossary.csv')

def pattern(term):
    "What finds `term` in prose, with its plural; a name that is written in capitals counts only so."
    stem = re.escape(term[:-1] if term.endswith('y') else term).replace('\\ ', r'\s+')
    return re.compile(rf"\b{stem}(?:{'y|ies' if term.endswith('y') else '|s|es'})\b", 0 if term[0].isupper() else re.I)

def test_terms_are_sorted_and_there_once():
    names = [o['term'].lower() for o in TERMS]
    assert names == sorted(set(names)) and 60 <= len(names) <= 120

def test_meanings_are_short():
    assert not [o['term'] for o in TERMS if not 20 <= len(o['meaning']) <= 180 or not o['meaning'].endswith('.') or o['meaning'].count('. ') > 1]
    assert not [o['term'] for o in TERMS if not re.match('[A-Z]', o['meaning'])]

def test_each_term_occurs_in_its_lesson():
    assert not [(o['term'], o['lesson']) for o in TERMS if not pattern(o['term']).search(re.sub(r'\]\(.*?\)', ']', PROSE[o['lesson']]).replace('*', ''))]
    assert pattern('category').search('Categories are') and not pattern('GAN').search('began') and not pattern('batch').search('batching')

def test_the_page_of_terms_shows_them():
    text = shown(GUIDE/'5_glossary.ipynb')
    assert re.findall(r'^\| \*\*(.+?)\*\* \| (.+?) \| \[.+?\]\(\.\./lessons/(\w+)\.ipynb\) \|$', text, re.M) == [(o['term'], o['meaning'], o['lesson']) for o in TERMS]
    for page in (ROOT/'nbs'/'index.ipynb', GUIDE/'0_map.ipynb'): assert '5_glossary.ipynb)' in prose(page)

def test_rows_of_real_data_lead_to_lessons_and_programs():
    with open(ROOT/'benchmarks'/'real_data.csv', encoding='utf-8', newline='') as f: wanted = list(csv.DictReader(f))
    assert [o['lesson'] for o in wanted] == sorted((o['lesson'] for o in wanted), key=ORDER.index)
    assert not [o['kind'] for o in wanted if not (ROOT/'benchmarks'/o['kind']/'ours.py').exists()]
    assert not [o['data'] for o in wanted if bool(o['published']) != bool(o['source'])]

def test_the_page_of_real_data_shows_what_was_measured():
    stored = json.loads((ROOT/'benchmarks'/'results.json').read_text(encoding='utf-8'))
    found, text = [*real_page.rows(ROOT)], real_page.page(ROOT)
    assert {o['kind'] for o in found} <= stored.keys() and '7_mnist' in {o['lesson'] for o in found}
    for o in found: assert f"**{real_page.shown(o['ours'])}**" in text and f"`python benchmarks/run.py {o['kind']}`" in text

def test_what_was_not_measured_is_left_out(tmp_path):
    (tmp_path/'benchmarks').mkdir()
    shutil.copy(ROOT/'benchmarks'/'real_data.csv', tmp_path/'benchmarks')
    assert [*real_page.rows(tmp_path)] == [] and 'Nothing has been measured' in real_page.page(tmp_path)
