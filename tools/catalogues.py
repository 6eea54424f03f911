"""Catalogues of translated passages, docs/locale/zh_CN/LC_MESSAGES: one .po file for each page of the site in Chinese.

A message is a paragraph, a heading or a cell of a table, in markdown. Files hold no dates and no line numbers, and each sentence
has a line of its own, so that a change shows only what it changed. `python tools/translate.py` keeps them up to date.
"""
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import denormalize, escape, read_po
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

LANGUAGE = 'zh_CN'
FOLDER = Path(__file__).resolve().parent.parent/'docs'/'locale'/LANGUAGE/'LC_MESSAGES'
THEME = 'sphinx'  # the words around the pages: it belongs to no page
HEAD = f'msgid ""\nmsgstr ""\n"Language: {LANGUAGE}\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
# Words that stand on pages and in no message, because they are HTML or made for a code cell.
WORDS = {'<summary>Answers</summary>': '<summary>答案</summary>', 'Picture made by: ': '画出这张图的代码：', 'Source of ': '源代码：'}

@dataclass
class Message:
    "A passage `id` and its translation, `''` if there is none; `old` is the passage that a stale translation was made for."
    id: str
    string: str = ''
    old: str = ''
    line: int = 0

    @property
    def state(self): return 'missing' if not self.string else 'stale' if self.old else 'done'

def catalogues():
    "`{page: file}` of the pages that the Chinese site has."
    found = {f.relative_to(FOLDER).with_suffix('').as_posix(): f for f in sorted(FOLDER.rglob('*.po'))}
    return {page: f for page, f in found.items() if page != THEME}

def read(path):
    "The messages in a .po file."
    with open(path, 'rb') as f: found = list(read_po(f))
    old = before(Path(path).read_text(encoding='utf-8'))
    return [Message(m.id, m.string, old.get(m.id, m.id) if m.fuzzy else '', m.lineno) for m in found if m.id]

def before(text):
    "What the changed messages of a .po file said before, by what they say now; babel 2.19 does not read these lines."
    def value(block, mark): return denormalize('\n'.join(re.findall(rf'^{mark}(?:msgid )?(".*")$', block, re.M)))
    blocks = [o.partition('\nmsgstr')[0] for o in text.split('\n\n') if '#| msgid' in o]
    return {value(o, ''): value(o, re.escape('#| ')) for o in blocks}

def quoted(key, text, mark=''):
    "The line for `key` with its text, or a line for each sentence."
    parts = [o for o in re.split(r'(?<=[.!?:] )|(?<=[。！？：])', text) if o]
    return '\n'.join([f'{mark}{key} {escape(text)}'] if len(parts) < 2 else [f'{mark}{key} ""', *(mark + escape(o) for o in parts)])

def written(messages):
    "The text of a .po file with `messages`."
    def entry(m):
        stale = ['#, fuzzy', quoted('msgid', m.old, '#| ')] if m.state == 'stale' else []
        return '\n'.join([*stale, quoted('msgid', m.id), quoted('msgstr', m.string)])
    return '\n'.join([HEAD, *(entry(m) + '\n' for m in messages)])

def compiled(path, to):
    "Write what Sphinx reads: the translations of `path` that are up to date and without a fault, and no others."
    catalogue = Catalog(locale=LANGUAGE)
    for m in read(path):
        if m.state == 'done' and not faults(m): catalogue.add(m.id, m.string)
    to.parent.mkdir(parents=True, exist_ok=True)
    with open(to, 'wb') as f: write_mo(f, catalogue)

# --- what a translation has to keep

@cache
def parser(): return MarkdownIt().use(dollarmath_plugin, allow_space=False)

def marks(text):
    "How often each piece of markup stands in `text`: code, math and targets of links as they are, emphasis by its kind. And the prose without it."
    found, prose = Counter(), []
    for token in parser().parseInline(text)[0].children:
        if token.type in ('code_inline', 'math_inline', 'html_inline'): found[token.type, token.content] += 1
        elif token.type == 'link_open': found['link', token.attrs['href']] += 1
        elif token.type == 'image': found['image', token.attrs['src']] += 1
        elif token.type in ('strong_open', 'em_open'): found[token.type.removesuffix('_open'), ''] += 1
        prose.append(token.content if token.type == 'text' else '\0' if token.content else '')
    return found, ''.join(prose)

def are_names(text):
    "Whether `text` is a list of names from programs."
    parts = text.split(', ')
    return all(re.fullmatch(r'[\w.]+', o) for o in parts) and any(re.search(r'[._]|[a-z][A-Z0-9]|[A-Z]{2}', o.strip('.')) for o in parts)

def has_words(text):
    "Whether there is anything to translate: letters outside code, math, addresses and lists of names."
    prose = re.sub(r'https?://\S+', '', marks(text)[1])
    return bool(re.search('[^\\W\\d_]', prose)) and not are_names(prose) and not re.search(r'\\[a-zA-Z]', prose)  # a formula on a line of its own

HAN = '\u4e00-\u9fff'
PROSE = {  # what is wrong with Chinese prose in which this is found; \0 stands for code and math
    'English is left': r"(?:\b[a-z][a-z']*\b[ ,]+){4,}",
    'a half-width sign beside Chinese': rf'[{HAN}][,;:?!](?!\d)|[,;?!] ?[{HAN}]|[{HAN}]\.(?:\s|$)',
    'a bracket beside Chinese has half its width': rf'[{HAN}]\(|\)[{HAN}]',
    'no space between Chinese and Latin letters, numbers or code': rf'[{HAN}][A-Za-z0-9\0]|[A-Za-z0-9\0][{HAN}]',
    'a space beside a full-width sign': r'[ ][，。；：？！、（）“”]|[，。；：？！、（“”）][ ]',
    'markup that is not read as such': r'\*\*|__',
}

def numbers(prose): return Counter(re.findall(r'\d[\d.,]*\d|\d', re.sub(r'\d+ (thousand|million)', '', prose)))  # the latter are words in Chinese

def faults(message):
    """What is wrong with a translation, whatever it says: lost or broken markup, lost numbers, English that is left, signs and spaces.

    A translation that is the passage itself says that it stays as it is, like what a program prints."""
    if message.string == message.id: return []
    (wanted, original), (found, prose) = marks(message.id), marks(message.string)
    lost, more = wanted - found, found - wanted
    res = [f'lost {kind} {what}'.strip() for kind, what in lost] + [f'has {kind} {what}'.strip() + ', the original has not' for kind, what in more]
    res += [f'lost the number {o}' for o in numbers(original) - numbers(prose)]
    if '\n' in message.string: res.append('has a line break')
    prose = re.sub('“([^”]*)”', lambda m: '“”' if m[1] in original else m[0], prose)  # words that are quoted in English
    return res + [f'{what}: {m[0]!r}' for what, pattern in PROSE.items() if (m := re.search(pattern, prose))]
