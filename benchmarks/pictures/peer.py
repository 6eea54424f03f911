"The peer's share of `pictures`, in an environment that has fastai 2.8: one epoch for each line on standard input."
import os, sys, time
os.environ.setdefault('OMP_NUM_THREADS', '1')
import torch
from fastai.vision.all import (DataBlock, ImageBlock, CategoryBlock, Normalize, Resize, aug_transforms, get_image_files,
                               imagenet_stats)

def main():
    folder, size, bs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(1)
    block = DataBlock((ImageBlock, CategoryBlock), get_items=get_image_files, get_y=lambda p: p.name[0],
                      splitter=lambda items: (list(range(len(items))), [0]), item_tfms=Resize(size),
                      batch_tfms=[*aug_transforms(max_rotate=10., max_zoom=1.1, max_warp=.2, max_lighting=.2),
                                  Normalize.from_stats(*imagenet_stats)])
    dl = block.dataloaders(folder, bs=bs, num_workers=0, device='cpu').train
    for _ in sys.stdin:
        start = time.process_time()
        for _ in dl: pass
        print(time.process_time() - start, flush=True)

if __name__ == '__main__': main()
