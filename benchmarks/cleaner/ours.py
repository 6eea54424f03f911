"""The cleaner over 10,000 pictures on the disk: the time until it is open, a turn of the page on the side of Python, and its memory.

The pictures are JPEGs of 400 x 300 pixels, made here. A page has 30 of them. One measurement turns the pages as fast as it can, so that
no thumbnail is there before it is needed; the other waits a second between two pages, as somebody who looks at them does.
"""
from ..timing import Report, arguments
import resource, statistics, tempfile, time
from pathlib import Path
import numpy as np
from PIL import Image as PILImage
from fastcourse.vision import *
from fastcourse.widgets import *

def make_pictures(folder, n, kinds=200):
    "`n` JPEGs in two folders; `kinds` of them are drawn, the others are copies."
    rng = np.random.default_rng(0)
    files = []
    for i in range(min(n, kinds)):
        small = PILImage.fromarray(rng.integers(0, 255, (15, 20, 3), dtype=np.uint8))
        files.append(folder/f'{i}.jpg')
        small.resize((400, 300), PILImage.BICUBIC).save(files[-1], quality=85)
    for i in range(n):
        to = folder/'set'/'ab'[i % 2]/f'{i:05}.jpg'
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(files[i % len(files)].read_bytes())
    return folder/'set'

def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/1e3  # MB

def turns(w, rounds, pause):
    "Seconds for each of `rounds` turns of the page."
    took = []
    for _ in range(rounds):
        time.sleep(pause)
        start = time.perf_counter()
        w.next_batch()
        took.append(time.perf_counter() - start)
    return took

def main():
    args = arguments(__doc__, rounds=20, n=dict(type=int, default=10_000, help='pictures'), quick=dict(n=300))
    report = Report()
    with tempfile.TemporaryDirectory() as d:
        path = make_pictures(Path(d), args.n)
        ds = ImageList.from_folder(path).split_none().label_from_folder().train
        before, start = peak(), time.perf_counter()
        w = ImageCleaner(ds, range(len(ds)), path)
        opened = time.perf_counter() - start
        looked, fast = turns(w, args.rounds, 1), turns(w, args.rounds, 0)
        report.add('opens', opened, 2, 's', f'({len(ds):,} pictures)')
        report.add('page turn, median', 1000*statistics.median(looked), 200, 'ms', f'(slowest {1000*max(looked):.0f})')
        report.add('page turn without a pause, median', 1000*statistics.median(fast), 200, 'ms', f'(slowest {1000*max(fast):.0f})')
        report.add('memory', peak() - before, 300, 'MB')
    report.finish(args)

if __name__ == '__main__': main()
