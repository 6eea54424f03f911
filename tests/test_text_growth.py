"Reading a text four times as long takes about four times as long, whatever is in it: never sixteen times."
import time
import numpy as np, pytest
from fastcourse.text import *
from fastcourse.text.interpret import WordWeights
from fastcourse.text.rules import _own_rules
from fastcourse.text.sentencepiece import SPProcessor, _slices, default_size, ruled_text
from fastcourse.torch_core import defaults

ROWS = dict(emoji='😠😡😤😋', digits='0123456789', letters='abcdefghij', capitals='AbC', chinese='我喜欢这部', thai='ภาษาไทย', arabic='مرحبا',
            address='http://a.com/b/c?d=e&', stops='.', brackets='([{', quotes='"\'', colons='a:', hyphens='a-b-', marks='!?', smiles=':)',
            blanks=' ', lines='\n', words='good film ', same='go ', entities='&amp;', breaks='<br />', slashes='\\', special='xxrep ', null='\0',
            joined='\u200d', units='1km')
VOCAB = Vocab(['xxunk', 'xxpad', 'xxbos', 'good', 'film', '.', '😠'])

def pieces(kept=[]):
    "A processor with pieces of words, learned once."
    if not kept:
        kept.append(SPProcessor(vocab_sz=120, n_cpus=1))
        kept[0].set_model(kept[0].learn([['the film is good and bad, and why not 😠 我喜欢 ' + str(i*7919) + chr(97 + i%26)*(i%7) for i in range(200)]]))
    return kept[0]

def listed(s):
    "A list of texts, from the frame to a row that is shown."
    ds = TextList([s, 'a good film', s], processor=text_processors(tokenizer=CUT, min_freq=1)).split_by_idx([1]).label_for_lm()
    x = ds.train.x
    return x[0].words(70), str(x.reconstruct(np.array(x.items[1]))), x.brief(0), repr(x.show_xys([x[0]], ['y'])), x.cell(0)

CUT, FRENCH, CHINESE = Tokenizer(n_cpus=1), Tokenizer(lang='fr', n_cpus=1), Tokenizer(lang='zh', n_cpus=1)
READERS = {f.__name__: f for f in _own_rules[:5]} | dict(
    cut=CUT.process_text, cut_many=lambda s: CUT.process_all([s, s]), french=FRENCH.process_text, chinese=CHINESE.process_text,
    blanks=Tokenizer(tok_func=BaseTokenizer).process_text, capitals=lambda s: deal_caps(replace_all_caps(list(s))),
    words=lambda s: Vocab.create([list(s)]), numbers=lambda s: VOCAB.textify(VOCAB.numericalize(list(s))),
    decoded=lambda s: decode_spec_tokens(s.split()), rules=lambda s: ruled_text(s, defaults.text_pre_rules, defaults.text_post_rules),
    size=lambda s: default_size([s]), parts=lambda s: [*_slices(s, 500)], pieces=lambda s: pieces().encode([s]), listed=listed,
    coloured=lambda s: WordWeights([s, *s], range(len(s) + 1))._repr_html_())

def seconds(read, row, n):
    text = (row*n)[:n]
    start = time.process_time()
    read(text)
    return time.process_time() - start

@pytest.mark.parametrize('name', READERS)
def test_linear(name):
    read = READERS[name]
    read('first')
    for kind, row in ROWS.items():
        for n in (1500, 6000):  # a second try, with more work, before we believe it
            small, large = (min(seconds(read, row, o) for _ in range(2)) for o in (n, 4*n))
            if large < .1 or large < 8*small: break
        else: pytest.fail(f'{name} of {kind}: {small:.3f} s for {n} characters, {large:.3f} s for {4*n}')

def test_what_patterns_see():
    "The characters that spaCy's patterns look at grow with the text, not with its square."
    from fastcourse.text.cut import _Steps, _blank
    def seen(row, n):
        tok, count = _blank('en'), []
        def counted(search): return lambda s: count.append(len(s)) or search(s)
        tok.prefix_search, tok.suffix_search = map(counted, (tok.prefix_search, tok.suffix_search))
        cut = _Steps(tok)
        count.clear()
        cut((row*n)[:n])
        return sum(count)
    for row in ('😠😡😤😋', '([{', '.', '"\'', '0123456789', 'a😀'):
        once, four = seen(row, 2000), seen(row, 8000)
        assert four < 5*once, (row, once, four)
