"Interleaved measurements and their report, shared by the benchmarks."
import argparse, json, os, statistics, subprocess, sys, time
from pathlib import Path
os.environ.setdefault('OMP_NUM_THREADS', '1')  # before torch is imported
os.environ.setdefault('MPLBACKEND', 'agg')

PEER = dict(help='an interpreter that has fastai 2.8')
FOLDER = Path(__file__).parent

def arguments(doc, rounds, quick=None, **more):
    """The command line of a benchmark: `--rounds N`, `--check`, `--quick`, `--json FILE`, and `more` options, each with its settings.

    `--quick` measures once, with the values in `quick` for other options: to see that it works, not to learn a figure."""
    p = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--rounds', type=int, default=rounds, help='measurements of each case, taken in turn')
    p.add_argument('--check', action='store_true', help='exit with status 1 when a figure is above its bound')
    p.add_argument('--quick', action='store_true', help='once, and less of it: does it work?')
    p.add_argument('--json', help='a file for the figures')
    for name, settings in more.items(): p.add_argument(f'--{name}', **settings)
    args = p.parse_args()
    if args.quick: vars(args).update(quick or {}, rounds=1)
    return args

class Peer:
    "The peer of a kind of work, in an interpreter of its own: does its work once for a line, and answers with its CPU seconds."
    def __init__(self, python, kind, *args):
        args = [python, str(FOLDER/kind/'peer.py'), *map(str, args)]
        self.process = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    def ask(self, order='go'):
        self.process.stdin.write(order + '\n')
        self.process.stdin.flush()
        return [float(o) for o in self.process.stdout.readline().split()]
    def __call__(self): return self.ask()[0]

def wall_and_cpu(f):
    "Seconds that `f()` takes: on the clock, and of this process's CPU; a `Peer` says its own."
    if isinstance(f, Peer): return (s := f()), s
    wall, cpu = time.perf_counter(), time.process_time()
    f()
    return time.perf_counter() - wall, time.process_time() - cpu

def interleave(cases, rounds, measure=wall_and_cpu):
    "Run the cases `{name: function}` in turn, the order reversed every other round: `{name: [measurement]}`."
    for f in cases.values(): measure(f)  # warm
    took = {name: [] for name in cases}
    for i in range(rounds):
        for name in (list(cases) if i%2 == 0 else list(cases)[::-1]): took[name].append(measure(cases[name]))
    return took

def ratio(took, name, base, which=1):
    "Median over the rounds of one case over another; `which` 0 is wall time, 1 CPU time."
    return statistics.median(a[which]/b[which] for a, b in zip(took[name], took[base]))

class Report:
    "Prints each figure as it comes, then a table; knows whether all are within their bounds."
    def __init__(self): self.rows = []
    def add(self, name, value, bound, unit='x', note=''):
        self.rows.append(dict(name=name, value=value, bound=bound, unit=unit, note=note))
        print(f'{name}: {value:.3f} {unit} (bound {bound} {unit}) {note}'.rstrip(), flush=True)
    def finish(self, args):
        "Print the table, write the figures where `args` say, and leave with the status."
        print('\n' + table(self.rows))
        if args.json: Path(args.json).write_text(json.dumps(self.rows), encoding='utf-8')
        sys.exit(int(args.check and any(o['value'] > o['bound'] for o in self.rows)))

def table(rows):
    "The figures as a table of markdown, aligned for a terminal."
    width = max([6, *(len(o['name']) for o in rows)])
    lines = [f"| {'figure':{width}} | measured | bound | |\n|{'-'*(width + 2)}|---------:|------:|---|"]
    for o in rows: lines.append(f"| {o['name']:{width}} | {o['value']:8.3f} | {o['bound']:5.4g} {o['unit']} | {'ok' if o['value'] <= o['bound'] else 'above'} |")
    return '\n'.join(lines)
