"""Tar shards: a stream of tiny pictures, beside WebDataset, and how much memory a million of them takes.

The pictures are JPEGs of 24 x 24 pixels with a class, made here, 10,000 to a shard. One process, one thread, no workers; pictures are decoded to floats
in [0,1] and come in batches of 256. `--peer PYTHON` names an interpreter that has `webdataset`; it reads the same shards from front to back, with a buffer
of 1,000 samples to shuffle, while the library takes them in an order that is random from end to end. `--n 1000000` is the whole measurement.
"""
from ..timing import PEER, Peer, Report, arguments, interleave, ratio
import io, math, resource, tempfile, time
import numpy as np
from pathlib import Path
from PIL import Image as PILImage
from fastcourse.shards import write_shards
from fastcourse.torch_core import set_seed
from fastcourse.vision import ImageList

BS, EACH = 256, 10_000

def pictures(n=500):
    "`n` small JPEGs that differ."
    rng, files = np.random.default_rng(0), [io.BytesIO() for _ in range(n)]
    for file in files:
        coarse = rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
        PILImage.fromarray(coarse).resize((24, 24), PILImage.BICUBIC).save(file, 'JPEG', quality=90)
    return [o.getvalue() for o in files]

def write(folder, n):
    jpgs = pictures()
    def sample(i): return f'{i:08d}', dict(jpg=jpgs[i % len(jpgs)], cls=str(i % 10).encode())
    for k in range(0, n, EACH): write_shards(map(sample, range(k, min(k + EACH, n))), folder, f'part-{k//EACH:04d}')

def peak():
    "The most megabytes that this process has held so far."
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/1024

def loader(folder):
    items = ImageList.from_shards(folder/'*.tar').split_none().label_from_shards('cls')
    return items.databunch(bs=BS, num_workers=0, device='cpu', cache=0).train_dl

def main():
    args = arguments(__doc__, 3, dict(n=2000), peer=PEER, n=dict(type=int, default=100_000, help='pictures'))
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        write(folder, args.n)
        before, start = peak(), time.perf_counter()
        dl = loader(folder)
        report.add('an index of the shards, and labels', time.perf_counter() - start, math.inf, 's')
        set_seed(0)
        cases = {'ours': lambda: sum(len(yb) for _, yb in dl)}
        if args.peer: cases['peer'] = Peer(args.peer, 'shards', folder, BS)
        took = interleave(cases, args.rounds)
        for name, o in took.items(): print(f'{name}: {args.n/sorted(c for _, c in o)[len(o)//2]:,.0f} pictures/s')
        if args.peer: report.add('a stream of tiny pictures: time over WebDataset', ratio(took, 'ours', 'peer'), 1/.9)
        report.add(f'memory for {args.n:,} pictures', peak() - before, 500., 'MB', f'besides the {before:.0f} MB of the library')
    report.finish(args)

if __name__ == '__main__': main()
