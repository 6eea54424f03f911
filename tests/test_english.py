"""Turns of phrase that slip into the prose of people who write English as a second language.

`python tests/test_english.py [NOTEBOOK ...]` lists them with the cell they stand in. A finding is a hint: say the sentence aloud. One that is
right as it is goes into `FINE`.
"""
import ast, json, re, sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT/'tools'))
from changes import notebooks
from reading import tree_of
from sentences import broken
MOST = 20  # findings that may stand

NUMBER = r'(?:two|three|four|five|six|seven|eight|nine|ten|a dozen|a hundred|\d+)'
NOT_NO = ('one|longer|more|less|need|such|way|reason|help|use|better|worse|different|doubt|match|room|other|point|harm|guarantee|good|end|limit'
          '|loss|data|difference|gain|label|name|idea|risk|place|secret|surprise|coincidence|accident')  # 'there is no need' and its like
RULES = {  # pattern -> what to write
    # articles and negation
    rf'(?<!here )(?<!there )\b(?:is|are|was|were) no (?!(?:{NOT_NO})\b)(?![a-z]+s\b)[a-z]+': 'is not a ...',
    r'\b(?:may|can|will|must|might|need) be none\b(?! of)': 'may not be one',
    r'\b(?:an|some|no|any) own\b': '... of its own',
    r'\b(?:has|have|had|is|gives|gets) another (?:name|number|meaning|shape|order|size|type|kind|text|value|length|one)\b': 'a different ...',
    # nobody acts
    r'\bit is (?:looked|said so|searched|thought|seen to|cared|asked|waited|gone on|written down)\b': 'we look, we say; or name who does it',
    r'\b(?:cannot|can|is to|are to|not) be told\b|\b(?:is|are|was|were|been) told (?!apart|by|to)': 'described, given, named, said',
    r'\btells? (?:what|which|how|where|that|whether|of)\b': 'says, shows, describes',
    # for whom
    r'\b(?:who|whoever) (?:wants|gives|needs|stands|looks|asks|types|reads|has|likes|knows|writes|trains|passes|uses|takes)\b': 'if you want ..., you ...',
    r'\bsomebody who\b|\bwhoever\b': 'if you ...; a reader who ...',
    # little words
    rf'\bless than {NUMBER} [a-z]+s\b': 'fewer than',
    r'\brather than to\b': 'rather than ...ing',
    r'\bwithout to\b': 'without ...ing',
    r'\bworth to\b': 'worth ...ing',
    r'\b(?:allows|permits|enables) to\b': 'lets you',
    r'\b(?:both|all) is\b': 'both are, all of it is',
    r'\bso-? ?called\b|\bso to say\b': 'leave it out',
    r'\bin the one case\b|\bon the one side\b|\bon the other side\b': 'on the one hand, on the other',
    r'\bmade? anew\b|\banew\b': 'again',
    r'\bthe most of\b': 'most of',
    rf'\bsince {NUMBER} (?:years|days|epochs|batches|hours)\b': 'for ...',
    r'\bhow (?:it|this|that|they|the [a-z]+) (?:looks?|is called|are called) like\b': 'what ... looks like',
    r'\bthan (?:else|otherwise)\b|\belse (?:left|shown|given|done)\b': 'otherwise',
    r'\bsigns?\b(?= (?:or|which|from|in a row|that is not|of the text))': 'character',
    r'\bthe same is true of\b|\bof use in\b|\bwhose number is\b|\bin number\b': 'something plainer',
    r'\bshall\b': 'should, will',
    r'\blet go of\b': 'free, release',
    r'\bby heart, which\b': 'shorter sentences',
    r'\bof an? unusual build\b': 'unusually shaped',
    r'\bthe same but for\b|\ball but for\b': 'the same except for',
    r'\b(?:informations|softwares|trainings|evidences|feedbacks|advices)\b': 'no plural',
    r'\b(?:discuss|mention|explain) about\b': 'without about',
    r'\bin dependence (?:of|on)\b': 'depending on',
    r'\bas (?:last|next|first) step\b': 'as the last step',
}
WORDS = [(re.compile(k, re.I), v) for k, v in RULES.items()]
FINE = set()  # '<notebook>: <words found>' that were read and are right

def without_code(text): return re.sub(r'```.*?```|`[^`]*`|\$[^$]*\$', '`x`', text, flags=re.S)

def texts(cell):
    "What a reader reads in a cell: prose, or the comments, docstrings and messages of its code."
    source = ''.join(cell['source'])
    if cell['cell_type'] == 'markdown': return [without_code(source)]
    comments = [line.split('#', 1)[1] for line in source.splitlines() if '#' in line and '#|' not in line]
    return comments + [o.value for o in ast.walk(tree_of(source)) if isinstance(o, ast.Constant) and isinstance(o.value, str) and o.value.count(' ') > 3]

def summary(cells):
    "The text behind `>` below the title, as one line."
    for text in (''.join(o['source']) for o in cells[:3] if o['cell_type'] == 'markdown'):
        quoted = re.search(r'^> (.*?)(?:\n\s*\n|\Z)', text, re.M | re.S)
        if quoted: return ' '.join(quoted[1].replace('\n> ', ' ').split())

def findings(path):
    "`(cell, words around, what to write)` for each turn of phrase in a notebook."
    cells, found = cells_of(path), []
    for i, text in [(i, t) for i, o in enumerate(cells) if o['cell_type'] in ('markdown', 'code') for t in texts(o)]:
        for rule, better in WORDS:
            found += [(i, ' '.join(text[max(0, m.start() - 30):m.end() + 25].split()), better) for m in rule.finditer(text)
                      if f'{path.stem}: {m[0]}' not in FINE]
    return found

def cells_of(path): return json.loads(path.read_text(encoding='utf-8'))['cells']

def test_turns_of_phrase():
    found = [f'{o.name} [{i}]: ...{words}... -> {better}' for o in notebooks() for i, words, better in findings(o)]
    assert len(found) <= MOST, f'{len(found)} findings:\n' + '\n'.join(found)

def test_summaries_are_sentences():
    "The line below the title is one sentence, with its full stop."
    heads = {o.name: summary(cells_of(o)) for o in notebooks()}
    bad = {k: v for k, v in heads.items() if v and not v.endswith(('.', '!', '?'))}
    assert not bad, bad

def test_prose_is_broken_by_sentence():
    "`python tools/sentences.py` does it."
    prose = [(o.name, ''.join(c['source'])) for o in notebooks() for c in cells_of(o) if c['cell_type'] == 'markdown']
    bad = [f'{name}: {text[:60]!r}' for name, text in prose if broken(text) != text]
    assert not bad, '\n'.join(bad)

def test_the_rules_find_what_they_are_for():
    bad = {'A gap is no zero.': 'is not a ...', 'It is looked whether they fit.': 'we look, we say; or name who does it',
           'Whoever wants more passes n.': 'if you want ..., you ...', 'There are less than three rows.': 'fewer than', 'Both is in the data.': 'both are, all of it is'}
    fine = 'There is no zero, and no more than three rows are left. Print it to see what is in it. Anything that is not a picture is refused.'
    for text, better in bad.items(): assert better in [v for rule, v in WORDS if rule.search(text)], text
    assert not [v for rule, v in WORDS if rule.search(fine)]

if __name__ == '__main__':
    n = 0
    for path in [Path(o).resolve() for o in sys.argv[1:]] or notebooks():
        for i, words, better in findings(path):
            n += 1
            print(f'{path.name} [{i}]: ...{words}... -> {better}')
        text = summary(cells_of(path))
        if text and not text.endswith(('.', '!', '?')): print(f'{path.name}: the summary has no full stop: {text}')
    print(n, 'findings')
