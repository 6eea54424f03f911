"""What `check_answer` compares with, made from nbs/lessons/answers.csv: `python tools/answers.py` writes it, `--check` fails when it is out of date.

A row of the table with an `answer` and no `reply` is a right answer; one with both is a mistake that people make, and what to say to it; one
without an answer is the hint for everything else. `step` says how finely numbers are compared. The package gets no answers, only their digests.
"""
import csv, json, re, sys
from nbdev.config import get_config
from fastcourse.answers import _digest, _form

STEP = 1e-3  # of numbers, where the table says nothing
KINDS = {r'-?\d+': 'number', r'-?\d+( -?\d+)+': 'numbers', 'yes|no': 'yes or no', r'.* .*': 'words', '.+': 'word'}

def kind_of(form): return next(kind for pattern, kind in KINDS.items() if re.fullmatch(pattern, form))

def read_table(path):
    "`{(lesson, number): rows}` of the table."
    found = {}
    with open(path, encoding='utf-8', newline='') as f:
        for o in csv.DictReader(f): found.setdefault((o['lesson'], int(o['n'])), []).append(o)
    return found

def forms(rows, told=False):
    "`{answer as it is compared: reply}` for the right answers, or for those to which something special is said."
    step = float(rows[0]['step'] or STEP)
    return {_form(o['answer'], step): o['reply'] for o in rows if o['answer'] and bool(o['reply']) == told}

def question(lesson, n, rows):
    "What the package keeps about a question."
    right = forms(rows)
    hint, = [o['reply'] for o in rows if not o['answer']]
    return dict(kinds=sorted({kind_of(o) for o in right}), step=float(rows[0]['step'] or STEP), right=[_digest(lesson, n, o) for o in right],
                wrong={_digest(lesson, n, o): reply for o, reply in forms(rows, True).items()}, hint=hint)

def build(path):
    "The text of the file in the package."
    found = {}
    for (lesson, n), rows in read_table(path).items(): found.setdefault(lesson, {})[n] = question(lesson, n, rows)
    return json.dumps(found, indent=1) + '\n'

def main(args):
    cfg = get_config()
    text, file = build(cfg.nbs_path/'lessons'/'answers.csv'), cfg.lib_path/'lessons'/'answers.json'
    if '--check' in args: return None if file.read_text(encoding='utf-8') == text else f'{file.name} is out of date. Run python tools/answers.py'
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding='utf-8')
    return None

if __name__ == '__main__': sys.exit(main(sys.argv[1:]))
