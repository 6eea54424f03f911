"Interleaved measurements and their report, shared by the benchmarks."
import argparse, os, statistics, subprocess, sys, time
from pathlib import Path
os.environ.setdefault('OMP_NUM_THREADS', '1')  # before torch is imported
os.environ.setdefault('MPLBACKEND', 'agg')

def arguments(doc, rounds, **more):
    "The command line of a benchmark: `--rounds N`, `--check`, and `more` options, each with its settings."
    p = argparse.ArgumentParser(description=doc)
    p.add_argument('--rounds', type=int, default=rounds, help='measurements of each case, taken in turn')
    p.add_argument('--check', action='store_true', help='exit with status 1 when a figure is above its bound')
    for name, settings in more.items(): p.add_argument(f'--{name}', **settings)
    return p.parse_args()

class Peer:
    "The peer in an interpreter of its own, `python script *args`: does its work once for a line, and tells its CPU seconds."
    def __init__(self, python, script, *args):
        args = [python, str(Path(__file__).with_name(script)), *map(str, args)]
        self.process = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    def ask(self, order='go'):
        self.process.stdin.write(order + '\n')
        self.process.stdin.flush()
        return [float(o) for o in self.process.stdout.readline().split()]
    def __call__(self): return self.ask()[0]

def wall_and_cpu(f):
    "Seconds that `f()` takes: on the clock, and of this process's CPU; a `Peer` tells its own."
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
        self.rows.append((name, value, bound, unit, note))
        print(f'{name}: {value:.3f} {unit} (bound {bound} {unit}) {note}'.rstrip(), flush=True)
    def finish(self, check=False):
        print(f"\n| {'figure':48} | measured | bound | |\n|{'-'*50}|---------:|------:|---|")
        for name, value, bound, unit, note in self.rows:
            print(f"| {name:48} | {value:8.3f} | {bound:5} {unit} | {'ok' if value <= bound else 'above'} |")
        sys.exit(int(check and any(value > bound for _, value, bound, *_ in self.rows)))
