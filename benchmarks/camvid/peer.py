"Peak memory of two steps of a U-Net, in an interpreter of its own: `peer.py LIBRARY HEIGHT WIDTH BATCH`; needs nothing of this package if the library is fastai."
import re, sys, torch
from pathlib import Path

def network(library, size):
    "A U-Net on a ResNet-34 with 12 classes and no weights, laid out in memory as the library's learner does it."
    if library == 'ours':
        from fastcourse.vision.unet import create_unet_model
        return create_unet_model('resnet34', 12, size, pretrained=False).to(memory_format=torch.channels_last)
    from fastai.vision.all import create_unet_model, resnet34
    return create_unet_model(resnet34, 12, size, pretrained=False)

def megabytes(what):
    "A line of what Linux says of this process: VmRSS is what it holds, VmHWM the most that it held."
    return int(re.search(rf'{what}:\s+(\d+)', Path('/proc/self/status').read_text())[1])/1024

def steps(library, height, width, bs):
    "Megabytes at the peak, beyond those that were held before."
    model = network(library, (height, width)).train()
    opt = torch.optim.AdamW(model.parameters(), lr=1e-3)
    x, y = torch.randn(bs, 3, height, width), torch.randint(0, 12, (bs, height, width))
    Path('/proc/self/clear_refs').write_text('5')  # the most starts again from here
    before = megabytes('VmRSS')
    for _ in range(2):
        torch.nn.functional.cross_entropy(model(x), y).backward()
        opt.step()
        opt.zero_grad()
    return megabytes('VmHWM') - before

if __name__ == '__main__':
    torch.set_num_threads(1)
    for _ in sys.stdin: print(steps(sys.argv[1], *map(int, sys.argv[2:])), flush=True)
