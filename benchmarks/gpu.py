"""A graphics card: the cells that need one, the paths that only it takes, and speed over the bare loop.

    python benchmarks/gpu.py [PART ...]

    --peer PYTHON   an interpreter that has fastai 2.8, which then does the same work in turn with ours; this one, if it has it
    --state FILE    where figures are kept, part by part (default: in ~/.fastcourse, or FASTCOURSE_HOME); a part that is there is not run again
    --again         run the parts, those that are there too
    --store         put the figures, and what they were measured on, into results.json: the site shows them
    --minutes 9     be done after that time; run the command again to go on
    --device cpu    a rehearsal: everything on the processor, as far as it can; with --quick in a minute
    --quick         everything once and small, to see that it works; its figures say nothing

The parts are `cells` (the notebooks that have `#| cuda` cells, with those), `paths` (pinned memory, number formats, compilation,
running out of memory, transforms) and a part for each kind of work that is timed. Each has a limit of its own. It needs no network, and no more
packages than the library and its notebooks. Times are those of the clock, each way in turn with the others, with the card idle before and after.
"""
import argparse, json, os, subprocess, sys, time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from run import ROOT, figures, machine, said, store
from timing import table
sys.path.append(str(ROOT))
from fastcourse.archives import home  # noqa: E402
from fastcourse.files import whole_file  # noqa: E402

CARD = "import json, torch; p = torch.cuda.get_device_properties(0); print(json.dumps([p.name, round(p.total_memory/2**30), torch.version.cuda]))"
SPEED = dict(resident=120, jpeg=120, unet=120, texts=90, rows=120, ratings=120)  # part -> the most seconds
LIMITS = dict(paths=150, cells=180) | SPEED
NO_CARD = 'PyTorch finds no graphics card on this machine; `--device cpu --quick` rehearses without one.'
NO_PEER = 'fastai 2.8 is not installed here, so nothing is compared with it; `--peer PYTHON` names an interpreter that has it.'

# --- where it is measured ---

def card():
    "Name, memory, and versions of CUDA and of the driver for the first card, or nothing."
    out = subprocess.run([sys.executable, '-c', CARD], capture_output=True, text=True)
    if out.returncode: return None
    name, memory, cuda = json.loads(out.stdout)
    return f'{name}, {memory} GiB, CUDA {cuda}' + driver()

def driver():
    "The version of NVIDIA's driver, as an ending; nothing where its tool is missing."
    try: out = subprocess.run(['nvidia-smi', '--query-gpu=driver_version', '--format=csv,noheader'], capture_output=True, text=True)
    except OSError: return ''
    return '' if out.returncode else f', driver {out.stdout.split()[0]}'

def own_peer():
    "This interpreter, if it has fastai 2.8."
    try: return sys.executable if version('fastai').startswith('2.8') else None
    except PackageNotFoundError: return None

# --- what is known ---

def default_state(args):
    "A file for each device, and another for rehearsals."
    return home()/'benchmarks'/f"gpu_{args.device}{'_quick' if args.quick else ''}.json"

def same_machine(a, b): return a | dict(date='') == b | dict(date='')

def known_parts(file, facts):
    "What was found on the same machine with the same versions: `{part: {rows, status, seconds}}`."
    if not file.exists(): return {}
    known = json.loads(file.read_text(encoding='utf-8'))
    if same_machine(known['machine'], facts): return known['parts']
    print(f'{file} has the figures of another machine or of other versions, so all parts begin anew.')
    return {}

def keep(file, facts, parts):
    "Write the state, whole or not at all."
    with whole_file(file) as f: f.write((json.dumps(dict(machine=facts, parts=parts), indent=1) + '\n').encode())

# --- running ---

def run_part(part, args, left):
    "Rows, exit status and seconds of a part, which has `left` seconds and its own limit; status 124 says that it took longer."
    more = ['--device', args.device, *['--quick']*args.quick]
    name = f'on_gpu.{part}'
    if part in SPEED: name, more = 'on_gpu.speed', [part, *more, *(['--peer', args.peer] if args.peer else [])]
    start = time.time()
    rows, status = figures(name, more, min(left, LIMITS[part]))
    return dict(rows=rows, status=status, seconds=round(time.time() - start))

def run_parts(args, facts, parts):
    "Run what is not in `parts`, and keep each as it ends; the names of those that broke off."
    begin, broken = time.time(), []
    for part in args.parts or LIMITS:
        left = 60*args.minutes - (time.time() - begin)
        if part in parts or left < 20: continue
        print(f'\n=== {part} ===', flush=True)
        found = run_part(part, args, left)
        print(f"{part}: {found['seconds']} s" + ', cut off'*(found['status'] == 124), flush=True)
        if not found['rows']: broken.append(part)
        else: keep(args.state, facts, parts := parts | {part: found})
    return parts, broken

def all_rows(parts):
    "The figures of all parts, in their order."
    return [o | {'name': o['name'] if part in SPEED else f"{part}: {o['name']}"} for part in LIMITS for o in parts.get(part, {}).get('rows', [])]

def show(facts, parts):
    "The table, with what was measured on, and pictures or rows per second."
    rows = all_rows(parts)
    print('\n' + said(facts) + '\n\n' + table(rows) + '\n')
    for note in dict.fromkeys(f"{o['name'].partition(':')[0]}: {o['note']}" for part in SPEED for o in parts.get(part, {}).get('rows', [])): print(note)

def options():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('parts', nargs='*', choices=[*LIMITS, []], metavar='PART', help=', '.join(LIMITS))
    p.add_argument('--peer', default=own_peer())
    p.add_argument('--state', type=Path)
    p.add_argument('--minutes', type=float, default=9.)
    p.add_argument('--device', choices=['cuda', 'cpu'], default='cuda')
    for name in ('again', 'store', 'quick'): p.add_argument(f'--{name}', action='store_true')
    args = p.parse_args()
    if args.store and (args.quick or args.device == 'cpu'): p.error('figures of a rehearsal are not stored')
    args.state = args.state or default_state(args)
    return args

def main():
    args = options()
    device = card() if args.device == 'cuda' else 'the processor alone'
    if device is None: return print(NO_CARD, file=sys.stderr) or 2
    if not args.peer: print(NO_PEER)
    os.environ.setdefault('OMP_NUM_THREADS', '1')
    facts = machine(args.peer) | dict(device=device + ', a rehearsal'*args.quick)
    parts = known_parts(args.state, facts)
    if args.again: parts = {k: v for k, v in parts.items() if args.parts and k not in args.parts}
    parts, broken = run_parts(args, facts, parts)
    if parts: show(facts, parts)
    if args.store and parts: store('gpu', all_rows(parts), facts)
    left = [o for o in LIMITS if o not in parts and o not in broken]
    if left: print('\nNot run yet: ' + ', '.join(left))
    wrong = broken + [k for k, o in parts.items() if o['status']]
    return f"failed or broke off: {', '.join(wrong)}" if wrong else None

if __name__ == '__main__': sys.exit(main())
