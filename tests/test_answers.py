"The questions of the lessons that `check_answer` knows: the line below the question, the table, the file in the package, and the folded answer."
import json, re, sys
from pathlib import Path
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT/'tools'))
from answers import STEP, build, forms, read_table  # noqa: E402
from fastcourse import basics  # noqa: E402
from fastcourse.answers import _text_form, check_answer  # noqa: E402

LESSONS = ROOT/'nbs'/'lessons'
TABLE = read_table(LESSONS/'answers.csv')
WORDS = {'ten times as many': '108000', 'zero': '0', 'one': '1', 'eight': '8', 'a hundred': '100'}  # numbers that the folded answers write as words

def ending(lesson):
    "The questions and the answers at the end of a lesson, two lists of texts."
    text = ''.join(json.loads((LESSONS/f'{lesson}.ipynb').read_text(encoding='utf-8'))['cells'][-1]['source'])
    questions, answers = text.partition('## Questions\n')[2].split('<summary>Answers</summary>')
    return [re.split(r'^- ', o.removesuffix('\n</details>'), flags=re.M)[1:] for o in (questions, answers)]

ENDINGS = {lesson: ending(lesson) for lesson in (LESSONS/'order.txt').read_text(encoding='utf-8').split()}

def step(rows): return float(rows[0]['step'] or STEP)

def words(text, step):
    "The words of `text` and its numbers, all as answers are compared."
    for word, number in WORDS.items(): text = re.sub(rf'\b{word}\b', number, text, flags=re.I)
    return set(_text_form(text, step).split())

def test_there_are_enough(): assert len(TABLE) >= 20 and len({lesson for lesson, _ in TABLE}) >= 10

def test_the_package_has_what_the_table_says():
    assert (ROOT/'fastcourse'/'lessons'/'answers.json').read_text(encoding='utf-8') == build(LESSONS/'answers.csv'), 'run python tools/answers.py'

def test_the_package_has_no_answer_in_plain_text():
    kept = json.loads(build(LESSONS/'answers.csv'))
    digests = [o for qs in kept.values() for q in qs.values() for o in [*q['right'], *q['wrong']]]
    assert len(digests) > 80 and all(re.fullmatch('[0-9a-f]{16}', o) for o in digests)

def test_each_line_stands_below_its_question():
    lines = {(lesson, i): re.findall(r"^  `check_answer\('(\w+)', (\d+), \.\.\.\)`$", q, re.M)
             for lesson, (questions, _) in ENDINGS.items() for i, q in enumerate(questions, 1)}
    there = {k: v for k, v in lines.items() if v}
    assert there == {(lesson, n): [(lesson, str(n))] for lesson, n in TABLE}
    assert sum('check_answer' in q for qs, _ in ENDINGS.values() for q in qs) == len(TABLE)

@pytest.mark.parametrize('lesson, n', TABLE)
def test_right_and_wrong(lesson, n):
    rows = TABLE[lesson, n]
    for o in rows:
        if not o['answer']: continue
        verdict = check_answer(lesson, n, o['answer'])
        assert verdict.right == (not o['reply']) and str(verdict) == (f"Not yet. {o['reply']}" if o['reply'] else 'Right.')
    assert forms(rows).keys().isdisjoint(forms(rows, True))

@pytest.mark.parametrize('lesson, n', TABLE)
def test_the_folded_answer_says_the_same(lesson, n):
    rows, text = TABLE[lesson, n], ENDINGS[lesson][1][n-1]
    assert any(set(o.split()) <= words(text, step(rows)) for o in forms(rows)), text

@pytest.mark.parametrize('lesson, n', TABLE)
def test_no_hint_says_the_answer(lesson, n):
    rows = TABLE[lesson, n]
    told = [o['reply'] for o in rows if o['reply'] and any(set(f.split()) <= words(o['reply'], step(rows)) for f in forms(rows))]
    assert not told, told

def test_the_lessons_bring_it():
    assert 'check_answer' in basics.__all__
    for lesson in {o for o, _ in TABLE}: assert 'from fastcourse import *' in (LESSONS/f'{lesson}.ipynb').read_text(encoding='utf-8'), lesson

def test_a_wrong_table_is_seen(tmp_path):
    "A question needs a hint for what nobody foresaw, and one answer cannot be right and wrong."
    (tmp_path/'answers.csv').write_text('lesson,n,step,answer,reply\n1_pets,3,,overfits,\n')
    with pytest.raises(ValueError): build(tmp_path/'answers.csv')
