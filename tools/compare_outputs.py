"""Whether the stored outputs of a cell are what the cell gives: `differences(stored, new)`.

What a program says must be equal: words, counts, shapes, names, the number of rows, outputs and pictures. What it computes may
differ between machines. A sum of floats in another order differs in its last digits; hundreds of training steps make a tenth of
that, and an error rate over fifty items moves in steps of two per cent. So there are two measures, `EXACT`, and `TRAINED` for
cells after the first that trains:

- A number with a decimal point may differ by `rel` of itself or by `abs`, whichever is more. Whole numbers must be equal.
- A picture must have the same size within `pixels`. It is shrunk to 32 x 32 grey points, and no square of 4 x 4 of them may be
  more than `grey` levels of 255 apart on average. Another font is 2 apart, an older Matplotlib 7; another curve 10 to 20, another
  photograph in a grid over 45. So curves that come from training are compared by their frame alone; labels with losses or
  timings make the frame some pixels wider or narrower.
- Of a table of epochs, the names of the columns and the number of the rows: cells test by assertions what was reached.
- A cell tagged `varies` shows what one small model got wrong, and another machine's model gets other things wrong; or numbers
  drawn by chance with what draws differently on another processor: of its text the number of lines is compared, of a table
  those of its HTML, since the plain form wraps; of its pictures the size.
- A cell tagged `foreign` shows a text of another package, which may say the same in other words: it is not compared.

Another version of PyTorch draws other random numbers, one of Matplotlib other ticks, one of pandas other tables. Where one of them
differs from what the outputs were stored with, only the kinds of outputs and roughly the size of pictures are compared, `OTHER`.

A picture inside of HTML, as front ends show them, counts by its presence.
Blanks between words count as one, since columns move with the widths of their numbers. Line numbers in links to source are ignored.
"""
import base64, io, re
from itertools import zip_longest
from types import SimpleNamespace

EXACT = SimpleNamespace(rel=1e-3, abs=1e-4, pixels=4, grey=8)
TRAINED = SimpleNamespace(rel=.25, abs=.1, pixels=30, grey=25)
OTHER = SimpleNamespace(pixels=TRAINED.pixels)
GRID, BLOCK = 32, 4

FLOAT = re.compile(r'(?<![\w.])[-+]?(?:\d+\.\d*(?:e[-+]?\d+)?|\.\d+|\d+e[-+]?\d+)(?![\w.])', re.I)

def normal(text):
    "`text` without what may vary by machine, and with one blank for many."
    text = re.sub(r'data:image/[\w.+-]+;base64,[\w+/=]+', 'a picture', re.sub(r'(\.py#L)\d+', r'\1', text))
    return '\n'.join(' '.join(line.split()) for line in text.strip().splitlines())

def same_text(a, b, within):
    "Equal words, and numbers that are close."
    a, b = normal(a), normal(b)
    if FLOAT.sub('#', a) != FLOAT.sub('#', b): return False
    pairs = [(float(x), float(y)) for x, y in zip(FLOAT.findall(a), FLOAT.findall(b))]
    return all(abs(x - y) <= max(within.abs, within.rel*max(abs(x), abs(y))) for x, y in pairs)

EPOCHS = re.compile(r'\bepoch\b.*\btrain_loss\b')

def text_difference(a, b, within, most=6):
    "The lines that differ, `- stored` and `+ new`."
    if within is TRAINED and EPOCHS.search(a): within = SimpleNamespace(rel=float('inf'), abs=float('inf'))
    if same_text(a, b, within): return ''
    pairs = [o for o in zip_longest(a.splitlines(), b.splitlines()) if None in o or not same_text(*o, within)]
    rows = [f'{mark} {t.strip()[:300]}' for pair in pairs[:most] for mark, t in zip('-+', pair) if t is not None]
    return '\n'.join(rows + [f'... {len(pairs)} lines differ']*(len(pairs) > most))

def grey(data):
    "A stored picture as `(size, GRID x GRID grey levels)`."
    import numpy as np
    from PIL import Image
    img = Image.open(io.BytesIO(base64.b64decode(data))).convert('RGB')
    return img.size, np.asarray(img.convert('L').resize((GRID, GRID), Image.BOX), dtype=float)

def farthest(a, b):
    "How many grey levels the two are apart in the square where they differ most."
    n = GRID//BLOCK
    return abs(a - b).reshape(n, BLOCK, n, BLOCK).mean((1, 3)).max()

def picture_difference(a, b, within, varies=False):
    "In words, or nothing if the pictures look the same."
    (size_a, a), (size_b, b) = grey(a), grey(b)
    if max(abs(x - y) for x, y in zip(size_a, size_b)) > (TRAINED.pixels if varies else within.pixels):
        return '- a picture of {} x {} pixels\n+ a picture of {} x {} pixels'.format(*size_a, *size_b)
    apart = farthest(a, b)
    return '' if varies or apart <= within.grey else f'another picture: {apart:.0f} grey levels apart (allowed: {within.grey})'

def parts(outputs):
    "What outputs show, in order, as `(kind, content)`: text that was streamed in pieces is one part."
    found = []
    for o in outputs:
        if o['output_type'] == 'stream':
            before = found.pop()[1] if found and found[-1][0] == o['name'] else ''
            found.append((o['name'], before + ''.join(o['text'])))
        for kind, content in sorted(o.get('data', {}).items()):
            content = str(content) if isinstance(content, dict) else ''.join(content)
            found.append(('picture' if kind in ('image/png', 'image/jpeg') else kind, content))
    return found

def differences(stored, new, within=EXACT, tags=()):
    "What differs between the `stored` and the `new` outputs of a cell with `tags`, as text for a person; empty if nothing does."
    varies = within is OTHER or 'varies' in tags
    stored, new = parts(stored), parts(new)
    kinds = [[kind for kind, _ in o] for o in (stored, new)]
    if kinds[0] != kinds[1]: return '- {}\n+ {}'.format(*(', '.join(o) or 'no output' for o in kinds))
    found = []
    for (kind, a), (_, b) in zip(stored, new):
        if kind == 'picture': found.append(picture_difference(a, b, within, varies))
        elif within is OTHER or 'foreign' in tags or varies and kind == 'text/plain' and 'text/html' in kinds[0]: continue
        elif not varies or a.count('\n') != b.count('\n'): found.append(text_difference(a, b, within))
    return '\n'.join(filter(None, found))
