"The peer's share of `predict`, in an environment that has fastai 2.8: some predictions for each line on standard input."
import os, sys, time
os.environ.setdefault('OMP_NUM_THREADS', '1')
import torch
from fastai.vision.all import (CategoryBlock, DataBlock, ImageBlock, Learner, Normalize, Resize, get_image_files,
                               imagenet_stats, parent_label)
from torchvision.models import resnet18

def main():
    folder, file, size, calls = *sys.argv[1:3], *map(int, sys.argv[3:5])
    torch.set_num_threads(1)
    block = DataBlock((ImageBlock, CategoryBlock), get_items=get_image_files, get_y=parent_label, item_tfms=Resize(size),
                      splitter=lambda items: (list(range(len(items)))[1:], [0]),
                      batch_tfms=[Normalize.from_stats(*imagenet_stats)])
    dls = block.dataloaders(folder, bs=8, num_workers=0, device='cpu')
    learn = Learner(dls, resnet18(num_classes=2), loss_func=torch.nn.CrossEntropyLoss())
    for _ in sys.stdin:
        start = time.process_time()
        with learn.no_bar():
            for _ in range(calls): learn.predict(file)
        print(time.process_time() - start, flush=True)

if __name__ == '__main__': main()
