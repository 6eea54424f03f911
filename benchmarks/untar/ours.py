"""How long a second `untar_data` takes when the data is there: an archive of 2,000 files, made for the purpose."""
from ..timing import Report, arguments
import io, os, statistics, tarfile, tempfile, time
from pathlib import Path

BOUND, FILES = 50, 2000

def make_archive(path):
    "A `.tgz` of `FILES` small files in ten folders."
    with tarfile.open(path, 'w:gz') as t:
        for i in range(FILES):
            info = tarfile.TarInfo(f'things/{i%10}/{i}.txt')
            info.size = 1000
            t.addfile(info, io.BytesIO(bytes([i%256])*1000))

def milliseconds(f):
    start = time.perf_counter()
    f()
    return 1000*(time.perf_counter() - start)

def main():
    args, report = arguments(__doc__, rounds=21), Report()
    with tempfile.TemporaryDirectory() as d:
        os.environ |= {'FASTCOURSE_HOME': f'{d}/home', 'FASTCOURSE_MIRROR': f'{d}/mirror'}
        Path(d, 'mirror').mkdir()
        make_archive(f'{d}/mirror/things.tgz')
        from fastcourse.datasets import untar_data
        print(f"first call: {milliseconds(lambda: untar_data('things')):.0f} ms")
        took = [milliseconds(lambda: untar_data('things')) for _ in range(args.rounds)]
    report.add('second untar_data, median', statistics.median(took), BOUND, 'ms')
    report.add('second untar_data, slowest', max(took), BOUND, 'ms')
    report.finish(args)

if __name__ == '__main__': main()
