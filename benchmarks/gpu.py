"""A graphics card: the cells that need one, the paths that only it takes, and speed over the bare loop.

    python benchmarks/gpu.py [PART ...]

    --peer PYTHON   an interpreter that has fastai 2.8, which then does the same work in turn with ours
    --out FILE      where figures are kept, part by part (default: benchmarks/gpu.json); a part that is there is not run again
    --again         run all parts, those that are there too
    --store         put the figures, and what they were measured on, into results.json: the site shows them
    --minutes 9     begin no part after that time; run the command again to go on

The parts are `cells` (the notebooks that have `#| cuda` cells, with those), `paths` (pinned memory, number formats, compilation,
running out of memory, transforms) and a part for each kind of work that is timed. It needs no network, and no more packages than the library and its
notebooks. Times are those of the clock, each way in turn with the others, with the card idle before and after.
"""
import argparse, json, os, subprocess, sys, time
from pathlib import Path
from run import ROOT, figures, machine, said, store
from timing import table

CARD = "import json, torch; p = torch.cuda.get_device_properties(0); print(json.dumps([p.name, round(p.total_memory/2**30), torch.version.cuda]))"
SPEED = 'resident', 'jpeg', 'texts', 'rows', 'ratings'
PARTS = 'paths', 'cells', *SPEED

def card():
    "Name, memory in GiB and CUDA version of the first card, or nothing."
    out = subprocess.run([sys.executable, '-c', CARD], capture_output=True, text=True)
    return json.loads(out.stdout) if out.returncode == 0 else None

def run_part(part, peer, seconds):
    "The figures of a part, and its exit status; 124 if it took more than `seconds`."
    if part not in SPEED: return figures(f'on_gpu.{part}', [], seconds)
    return figures('on_gpu.speed', [part, *(['--peer', peer] if peer else [])], seconds)

def options():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('parts', nargs='*', choices=[*PARTS, []], metavar='PART', help=', '.join(PARTS))
    p.add_argument('--peer')
    p.add_argument('--out', type=Path, default=ROOT/'benchmarks'/'gpu.json')
    p.add_argument('--minutes', type=float, default=9.)
    for name in ('again', 'store'): p.add_argument(f'--{name}', action='store_true')
    return p.parse_args()

def main():
    args, begin = options(), time.time()
    found = card()
    if found is None: return 'PyTorch finds no graphics card on this machine.'
    name, memory, cuda = found
    os.environ.setdefault('OMP_NUM_THREADS', '1')
    facts = machine(args.peer) | dict(device=f'{name}, {memory} GiB, CUDA {cuda}')
    known = json.loads(args.out.read_text(encoding='utf-8')) if args.out.exists() and not args.again else {}
    if known.get('machine', facts) != facts: known = {}  # figures of another machine or version
    parts, broken = known.setdefault('parts', {}), []
    known['machine'] = facts
    for part in args.parts or PARTS:
        left = 60*args.minutes - (time.time() - begin)
        if part in parts or left < 20: continue
        print(f'\n=== {part} ===', flush=True)
        start = time.time()
        rows, status = run_part(part, args.peer, left)
        print(f'{part}: {time.time() - start:.0f} s', flush=True)
        if status: broken.append(part)
        else: parts[part] = rows
        args.out.write_text(json.dumps(known, indent=1) + '\n', encoding='utf-8')
    rows = [o | {'name': o['name'] if part in SPEED else f"{part}: {o['name']}"} for part in PARTS for o in parts.get(part, [])]
    if rows: print('\n' + said(facts) + '\n\n' + table(rows))
    if args.store: store('gpu', rows, facts)
    left = [o for o in PARTS if o not in parts and o not in broken]
    if left: print('\nNot run yet: ' + ', '.join(left))
    return f"failed or broke off: {', '.join(broken)}" if broken else None

if __name__ == '__main__': sys.exit(main())
