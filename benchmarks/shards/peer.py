"The peer's share of `shards`, in an environment that has webdataset: one epoch for each line on standard input."
import os, sys, time
os.environ.setdefault('OMP_NUM_THREADS', '1')
from pathlib import Path
import torch, webdataset

def main():
    files, bs = sorted(map(str, Path(sys.argv[1]).glob('*.tar'))), int(sys.argv[2])
    torch.set_num_threads(1)
    stream = webdataset.WebDataset(files, shardshuffle=False).shuffle(1000).decode('torchrgb').to_tuple('jpg', 'cls').batched(bs)
    for _ in sys.stdin:
        start = time.process_time()
        for _ in stream: pass
        print(time.process_time() - start, flush=True)

if __name__ == '__main__': main()
