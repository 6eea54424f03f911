"""What `from fastcourse.vision import *` costs over the packages it stands on: fresh processes, interleaved."""
from ..timing import Report, arguments, interleave, ratio
import os, resource, statistics, subprocess, sys, time

BOUND = 1.15
LINES = {'stack': 'import torch, torchvision, pandas, matplotlib.pyplot', 'vision': 'from fastcourse.vision import *'}

def children_cpu():
    u = resource.getrusage(resource.RUSAGE_CHILDREN)
    return u.ru_utime + u.ru_stime

def process_time(f):
    "Seconds of the child process that `f` starts: on the clock, and of CPU."
    wall, cpu = time.perf_counter(), children_cpu()
    f()
    return time.perf_counter() - wall, children_cpu() - cpu

def main():
    args, report = arguments(__doc__, rounds=9), Report()
    def start(line): return lambda: subprocess.run([sys.executable, '-c', line], check=True, env=os.environ)
    took = interleave({name: start(line) for name, line in LINES.items()}, args.rounds, process_time)
    for name, line in LINES.items(): print(f'{statistics.median(t[0] for t in took[name]):.2f} s: {line}')
    report.add('vision import over its packages, CPU time', ratio(took, 'vision', 'stack'), BOUND)
    report.add('vision import over its packages, wall time', ratio(took, 'vision', 'stack', 0), BOUND)
    report.finish(args)

if __name__ == '__main__': main()
