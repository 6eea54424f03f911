"""Measure: `python benchmarks/run.py [KIND ...]`, all kinds of work or some; the last thing is a table of all figures.

    --peer PYTHON   an interpreter that has fastai 2.8, which then does the same work in turn with ours
    --quick         everything once and small, to see that it works; its figures say nothing
    --check         exit with status 1 when a figure is above its bound
    --store         keep the figures, and what they were measured on, in results.json: the site shows them
    --list          name the kinds

A kind is a folder with ours.py, which has options of its own: `run.py callbacks --each` hands on what it does not know, and
`run.py callbacks --help` lists them. Each kind runs in a process of its own. Those that take long, or need more
than the toy sets, run only when named.
"""
import argparse, json, math, os, platform, subprocess, sys, tempfile, time
from configparser import ConfigParser
from datetime import date
from pathlib import Path
from timing import table

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT/'benchmarks'/'results.json'
KINDS = sorted(f.parent.name for f in RESULTS.parent.glob('*/ours.py'))
LONG = 'camvid', 'digits_resnet', 'few_pictures', 'five_tables', 'gan', 'imdb', 'label_errors', 'processes', 'reviews', 'rossmann', 'superres', 'weights', 'wikitext'
VERSIONS = """import json, platform
from importlib.metadata import version
print(json.dumps({{'python': platform.python_version()}} | {{o: version(o) for o in {}}}))"""

# --- where it is measured ---

def versions(python, *names):
    "Versions of Python and of the packages `names` in an interpreter."
    out = subprocess.run([python, '-c', VERSIONS.format(names)], capture_output=True, text=True, check=True).stdout
    return json.loads(out)

def processor():
    "What the processor calls itself."
    lines = Path('/proc/cpuinfo').read_text().splitlines() if Path('/proc/cpuinfo').exists() else []
    return next((o.partition(':')[2].strip() for o in lines if o.startswith('model name')), platform.processor() or platform.machine())

def machine(peer):
    "What the figures of a run depend on."
    cores = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()
    settings = ConfigParser(delimiters=['='])
    settings.read(ROOT/'settings.ini', encoding='utf-8')
    facts = dict(date=date.today().isoformat(), processor=processor(), cores=cores, threads=int(os.environ['OMP_NUM_THREADS']), system=platform.system(),
                 fastcourse=settings['DEFAULT']['version'], **versions(sys.executable, 'torch', 'torchvision'))
    return facts | ({'peer': versions(peer, 'fastai', 'torch')} if peer else {})

def said(facts):
    "The facts in a line."
    return ', '.join(f'{k} ({said(v)})' if isinstance(v, dict) else f'{k} {v}' for k, v in facts.items())

# --- running ---

def figures(module, options, seconds=None):
    "Run the program `module` of this folder in a process of its own: its figures, `[]` where it broke off, and its exit status."
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get('PYTHONPATH')]))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder)/'figures.json'
        command = [sys.executable, '-m', f'benchmarks.{module}', *options, '--json', file]
        try: status = subprocess.run(command, cwd=ROOT, env=os.environ | {'PYTHONPATH': path}, timeout=seconds).returncode
        except subprocess.TimeoutExpired: status = 124
        return json.loads(file.read_text(encoding='utf-8')) if file.exists() else [], status

def run(kind, args, rest):
    "The figures of a kind of work, and the exit status."
    options = [*rest, *['--quick']*args.quick, *['--check']*args.check]
    if args.peer and (RESULTS.parent/kind/'peer.py').exists(): options += ['--peer', args.peer]
    return figures(f'{kind}.ours', options)

def store(kind, rows, facts):
    "Put the figures of a kind of work into results.json; those of the others stay."
    known = json.loads(RESULTS.read_text(encoding='utf-8')) if RESULTS.exists() else {}
    known[kind] = dict(machine=facts, figures=[o | dict(bound=None if math.isinf(o['bound']) else o['bound']) for o in rows])
    RESULTS.write_text(json.dumps(dict(sorted(known.items())), indent=1) + '\n', encoding='utf-8')

def options():
    alone = len(sys.argv) == 2  # `--help` behind a kind of work is for that kind
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, add_help=alone)
    p.add_argument('kinds', nargs='*', metavar='KIND', help=', '.join(KINDS))
    p.add_argument('--peer')
    for name in ('quick', 'check', 'store', 'list'): p.add_argument(f'--{name}', action='store_true')
    args, rest = p.parse_known_args()
    unknown = [o for o in args.kinds if o not in KINDS]
    if unknown: p.error(f"no kind of work {', '.join(unknown)}; there are: {', '.join(KINDS)}")
    if rest and len(args.kinds) != 1: p.error(f"{' '.join(rest)}: options of a kind of work need that kind, and it alone")
    if args.quick and args.store: p.error('figures that were measured quickly are not stored')
    return args, rest

def main():
    args, rest = options()
    if args.list: return print(*KINDS, sep='\n')
    facts, found, broken = machine(args.peer), [], []
    for kind in args.kinds or [o for o in KINDS if o not in LONG]:
        print(f'\n=== {kind} ===', flush=True)
        start = time.time()
        rows, status = run(kind, args, rest)
        print(f'{kind}: {time.time() - start:.0f} s', flush=True)
        found += [o | {'name': f"{kind}: {o['name']}"} for o in rows]
        if status: broken.append(kind)
        if rows and args.store: store(kind, rows, facts)
    if found: print('\n' + said(facts) + '\n\n' + table(found))
    return f"above a bound, or broken off: {', '.join(broken)}" if broken else None

if __name__ == '__main__': sys.exit(main())
