"""Keep the Chinese pages of the site up to date with the notebooks: `python tools/translate.py [update [PAGE...] | --check]`.

    update            read the notebooks again: new passages are added, those that went are dropped, and a passage that changed keeps its
                      old translation, marked as stale, for whoever translates it again
    update PAGE...    the same, and begin the catalogues of these pages: `lessons/pets` is nbs/lessons/1_pets.ipynb
    --check           say what is missing or stale, and fail for translations that lost code, a link or a number

A passage that is missing or stale is shown in English. docs/locale/terms_zh.md holds the words to use.
"""
import json, shutil, sys
from difflib import SequenceMatcher
from pathlib import Path
from catalogues import FOLDER, Message, catalogues, faults, has_words, read, written

CLOSE = .6  # how much of a passage must be as it was, that its old translation is of use

def extract(work=Path('build/translate')):
    "`{page: passages}` for the pages that can be translated, in the order in which they are read. Sphinx's gettext builder says what a passage is."
    from docs_src import book, translatable, write
    from sphinx.cmd.build import build_main
    shutil.rmtree(work, ignore_errors=True)
    for name, page in translatable().items(): write(work/'pages'/f'{name}.ipynb', json.dumps(book(page)))
    if build_main(['-q', '-E', '-b', 'gettext', '-t', 'passages', '-c', 'docs', str(work/'pages'), str(work/'found')]):
        raise RuntimeError(f'Sphinx could not read the pages in {work}')
    found = {f.relative_to(work/'found').with_suffix('').as_posix(): [m.id for m in read(f)] for f in sorted(work.rglob('*.pot'))}
    return {page: [o for o in ids if has_words(o)] for page, ids in found.items()}

def merged(ids, old, elsewhere=()):
    "Messages for the passages `ids`, from the `old` ones: translations are kept, and the nearest of those that went is kept as stale."
    known = {m.id: m for m in old}
    gone, res = [m for m in old if m.id not in set(ids) and m.string], []
    for id in ids:
        near = max(gone, key=lambda m: SequenceMatcher(None, m.id, id).ratio(), default=None) if id not in known else None
        if id in known and known[id].state != 'missing': res.append(Message(id, known[id].string, known[id].old))
        elif id in elsewhere: res.append(Message(id, elsewhere[id]))
        elif near and SequenceMatcher(None, near.id, id).ratio() >= CLOSE: res.append(Message(id, near.string, near.old or near.id))
        else: res.append(Message(id))
    return res

def update(*new):
    "Bring the catalogues up to date, and begin those of the pages `new`."
    found = extract()
    if unknown := set(new) - found.keys(): raise ValueError(f'no page {", ".join(unknown)}. There are: {", ".join(found)}')
    there = {page: read(f) for page, f in catalogues().items() if page in found}
    for page in catalogues().keys() - found.keys(): catalogues()[page].unlink()
    elsewhere = {m.id: m.string for ms in there.values() for m in ms if m.state == 'done'}
    for page in [*there, *(o for o in new if o not in there)]:
        file = FOLDER/f'{page}.po'
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(written(merged(found[page], there.get(page, []), elsewhere)), encoding='utf-8')

def report(page, ids, file):
    "`(what is to be done, faults)` for a page: lines that name the place in the catalogue."
    there, place = {m.id: m for m in read(file)}, file.relative_to(FOLDER).as_posix()
    messages = [there.get(id) or Message(id) for id in ids]
    todo = [f'{place}:{m.line}: {m.state}: {m.id[:80]}' for m in messages if m.state != 'done']
    return todo, [f'{place}:{m.line}: {o}' for m in there.values() if m.state == 'done' for o in faults(m)]

def check():
    "Print what is to be done, by page and line; whether there are faults."
    found, there = extract(), catalogues()
    done = [report(page, found.get(page, []), file) for page, file in there.items()]
    todo, wrong = [o for t, _ in done for o in t], [o for _, w in done for o in w]
    print(*todo, *wrong, sep='\n')
    print(f'{len(there)} of {len(found)} pages are in Chinese; {len(todo)} passages of them are missing or stale, {len(wrong)} translations have faults')
    return bool(wrong)

def main(args):
    if args[:1] == ['update']: return update(*args[1:])
    if args == ['--check']: return check()
    return __doc__

if __name__ == '__main__': sys.exit(main(sys.argv[1:]))
