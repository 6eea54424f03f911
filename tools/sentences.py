"""Break the prose of notebooks by sentence: `python tools/sentences.py [--check] [NOTEBOOK ...]`.

One sentence a line makes a change to a sentence a change to a line. Markdown shows the same; headings, tables, code and quotes stay as they are.
"""
import json, re, sys
from pathlib import Path
from changes import notebooks

WHOLE = re.compile(r'(?<![\w\'])[A-Z]\.(?= [A-Z])|\A *\d+[.)] +|`[^`\n]+`|\$[^$\n]+\$|\[[^\]\n]*\]\([^)\n]*\)|\b(?:e\.g|i\.e|vs|Eq|Fig|Sec|Dr|Mr|Mrs|St|et al|etc|cf|no|p|pp|approx)\.')
END = re.compile(r'(?<=[.!?])((?:\*\*|\*|_|"|\)|\u201d)?)\s+(?=[\w"\'(*_\[`$\u201c\x00])')
ITEM = re.compile(r'( *)([-*+]|\d+[.)]) +(?=\S)')
FENCE = re.compile(r' *(?:```|~~~|:::|\$\$|<)')

def sentences(text):
    "The sentences of a paragraph that is one line; what stands in code, mathematics and links is never broken."
    kept = []
    def hide(m):
        kept.append(m[0])
        return f'\0{len(kept) - 1}\0'
    text = WHOLE.sub(hide, text)
    lines = END.sub(lambda m: m[1] + '\n', text).split('\n')
    out = []
    for o in lines:  # a line must not begin as a list, a heading, a quote or a table would, nor in lower case
        o = re.sub('\0(\\d+)\0', lambda m: kept[int(m[1])], o)
        if out and re.match(r'(?:[-+*] |[#>|=]|\d+[.)] )|[a-z]', o): out[-1] += ' ' + o
        else: out.append(o)
    return out

def broken(source):
    "The text of a Markdown cell, broken by sentence."
    out, inside, para, indent = [], None, [], ''
    def flush():
        if para: out.extend((indent if i else '') + s for i, s in enumerate(sentences(' '.join(para))))
        para.clear()
    for line in source.split('\n'):
        if inside:
            out.append(line)
            if line.strip().startswith(inside): inside = None
            continue
        if FENCE.match(line):
            flush()
            out.append(line)
            mark = line.strip()[:3] if line.strip()[:3] in ('```', '~~~', ':::') else '$$' if line.strip().startswith('$$') else None
            if mark and not (mark == '$$' and line.strip().endswith('$$') and len(line.strip()) > 2): inside = mark
            continue
        item = ITEM.match(line)
        if item and para and not indent and item[2][0].isdigit() and item[2][:-1] != '1': item = None  # such a line goes on with the paragraph
        if not line.strip() or re.match(r' *[#|>]', line) or line.endswith(('  ', '\\')):
            flush()
            out.append(line)
            indent = ''
        elif item:
            flush()
            para.append(line.rstrip())
            indent = ' '*item.end()
        elif para: para.append(line.strip())
        elif out and line[:1] == ' ' and line.startswith('    ') and not indent: out.append(line)  # code by indentation
        else:
            indent = re.match(' *', line)[0]
            para.append(line.rstrip())
    flush()
    return '\n'.join(out)

def main(args):
    check, changed = '--check' in args, []
    paths = [Path(o) for o in args if o != '--check'] or notebooks()
    for path in paths:
        nb = json.loads(path.read_text(encoding='utf-8'))
        old = [''.join(o['source']) for o in nb['cells']]
        for o in nb['cells']:
            if o['cell_type'] == 'markdown': o['source'] = broken(''.join(o['source'])).splitlines(keepends=True)
        if old == [''.join(o['source']) for o in nb['cells']]: continue
        changed.append(path)
        if not check: path.write_text(json.dumps(nb, indent=1, ensure_ascii=False) + '\n', encoding='utf-8')
    print(*(f'{o.name}: prose is not broken by sentence' if check else o.name for o in changed), sep='\n')
    return check and bool(changed)

if __name__ == '__main__': sys.exit(main(sys.argv[1:]))
