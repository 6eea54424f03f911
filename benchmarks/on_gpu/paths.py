"""What only a graphics card does, each tried once: a figure of 0 is right, 1 is wrong.

With `--device cpu` a processor goes the same ways, as far as it has them: memory is not pinned there, and never really runs out."""
import pickle, tempfile, torch, traceback
from ..timing import Report, arguments
from ..loop.bare import small_cnn
from .bare import ready
from torch import nn
from fastcourse.checkpoint import SaveStateCallback
from fastcourse.train_checks import empty_cache
from fastcourse.vision import *

def digits(device, bs=64, **kwargs): return ImageDataBunch.from_folder(toy_digits(), size=32, bs=bs, device=device, **kwargs)
def learner(data, **kwargs): return Learner(data, small_cnn(), metrics=accuracy, silent=True, **kwargs)
def is_cuda(device): return torch.device(device).type == 'cuda'

def pinned_workers(device, quick):
    "Batches of two workers arrive on the card from pinned memory, equal to those without workers."
    set_seed(1)
    none = [(x.cpu(), y.cpu()) for x, y in digits(device, num_workers=0).train_dl]
    set_seed(1)
    dl = digits(device, num_workers=2).train_dl
    two = list(dl)
    assert dl.dl.pin_memory == is_cuda(device) and all(x.device.type == torch.device(device).type for x, _ in two)
    for (x, y), (x2, y2) in zip(none, two, strict=True): torch.testing.assert_close((x2.cpu(), y2.cpu()), (x, y))

def copies(device, quick):
    "Copies that do not wait bring what those bring that wait."
    x = [torch.randn(2000, 2000), dict(a=torch.arange(10))]
    if is_cuda(device): x = [x[0].pin_memory(), dict(a=x[1]['a'].pin_memory())]
    there = to_device(x, device, non_blocking=True)
    ready()
    torch.testing.assert_close(to_cpu(there), [x[0], dict(a=x[1]['a'])])

def number_formats(device, quick):
    "bfloat16 and float16 learn, and weights stay float32."
    for to in ('to_bf16', 'to_fp16'):
        set_seed(3)
        learn = getattr(learner(digits(device, num_workers=0)), to)()
        learn.fit_one_cycle(2 if quick else 8, 1e-2)
        assert learn.recorder.metrics[-1][0] > (.15 if quick else .8), (to, learn.recorder.metrics)
        assert {p.dtype for p in learn.model.parameters()} == {torch.float32}

def channels_last(device, quick):
    "The order of channels in memory changes no loss beyond rounding."
    def losses(on):
        set_seed(3)
        learn = learner(digits(device, num_workers=0)).channels_last(on)
        learn.fit(1, 1e-3)
        return torch.tensor(learn.recorder.losses)
    torch.testing.assert_close(losses(True), losses(False), rtol=.01, atol=.01)

def compiled(device, quick):
    "Compiled, it trains to the same losses, ragged last batch included."
    def losses(on):
        set_seed(3)
        learn = learner(digits(device, num_workers=0))
        if on: learn.compile('eager' if quick else 'inductor')
        learn.fit(1, 1e-3)
        return torch.tensor([*learn.recorder.losses, learn.recorder.val_losses[-1]])
    torch.testing.assert_close(losses(True), losses(False), rtol=.01, atol=.01)

class Greedy(nn.Module):
    "A network that, if it is `greedy`, takes more memory than there is; a processor only says so."
    def __init__(self): super().__init__(); self.net, self.greedy = small_cnn(), False
    def forward(self, x):
        if self.greedy and not is_cuda(x.device): raise torch.OutOfMemoryError('no memory left')
        if self.greedy: self.kept = [torch.empty(2**30, device=x.device) for _ in range(10**4)]
        return self.net(x)

def in_use(device):
    "Bytes of the card's memory that tensors have."
    return torch.cuda.memory_allocated() if is_cuda(device) else 0

def out_of_memory(device, quick):
    "After memory ran out the learner still trains, the error has advice, and the memory is free again."
    learn = Learner(digits(device, num_workers=0), Greedy(), silent=True)
    learn.fit(1, 1e-3)
    used = in_use(device)
    learn.model.greedy = True
    try: learn.fit(1, 1e-3)
    except torch.OutOfMemoryError as e: assert any('smaller bs' in o for o in e.__notes__), e.__notes__
    else: raise AssertionError('there was memory without end')
    learn.model.greedy = False
    empty_cache()
    assert in_use(device) < used + 2**26, (in_use(device), used)
    learn.fit(1, 1e-3)

def transforms(device, quick):
    "Every usual transform of a batch gives on the card what it gives on the CPU."
    tfms = get_transforms(flip_vert=True, max_rotate=20., max_zoom=1.3, max_lighting=.4, max_warp=.3, p_affine=1., p_lighting=1.)
    def batch(device):
        set_seed(5)
        data = ImageDataBunch.from_folder(toy_digits(), size=48, bs=64, device=device, num_workers=0, ds_tfms=tfms).normalize(imagenet_stats)
        return next(iter(data.train_dl))[0].cpu()
    torch.testing.assert_close(batch(device), batch('cpu'), rtol=1e-3, atol=2e-3)

class StopAt(LearnerCallback):
    "Break the training off where an iteration begins."
    def __init__(self, learn, at): super().__init__(learn); self.at = at
    def on_batch_begin(self, iteration, train):
        if train and iteration == self.at: raise KeyboardInterrupt

def resumed(device, quick):
    "With deterministic kernels a resumed training equals the one that was not interrupted, bit by bit."
    def fit(folder, at=None, **kwargs):
        set_seed(7, deterministic=True)
        learn = Learner(digits(device, num_workers=0), small_cnn(), path=folder, silent=True)
        cbs = [SaveStateCallback(learn)]*('resume' not in kwargs) + ([StopAt(learn, at)] if at else [])
        try: learn.fit_one_cycle(3, 1e-2, callbacks=cbs, **kwargs)
        except KeyboardInterrupt: pass
        return learn
    try:
        with tempfile.TemporaryDirectory() as folder:
            whole, _ = fit(folder), fit(folder, at=50)
            rest = fit(folder, resume='state')
        assert rest.recorder.losses[-1] == whole.recorder.losses[-1]
        for a, b in zip(whole.model.parameters(), rest.model.parameters(), strict=True): assert torch.equal(a, b)
    finally: torch.use_deterministic_algorithms(False)

def pooled(device, folder):
    "A learner that was trained for an epoch, and saves into `folder`."
    data = digits(device, num_workers=0)
    learn = Learner(data, nn.Sequential(nn.AdaptiveAvgPool2d(8), nn.Flatten(), nn.Linear(192, data.c)), path=folder, silent=True)
    learn.fit(1, 1e-3)
    return learn

def moved(device, quick):
    "A learner that was trained and exported on the card predicts the same on the CPU."
    with tempfile.TemporaryDirectory() as folder:
        learn = pooled(device, folder)
        learn.export()
        img = learn.data.valid_ds.x[0]
        there, before = learn.predict(img)[2], defaults.device
        defaults.device = 'cpu'
        try: here = load_learner(folder).predict(img)[2]
        finally: defaults.device = before
    torch.testing.assert_close(there.cpu(), here, rtol=1e-3, atol=1e-4)

def taken_away(device, quick):
    "A predictor that was made on the card and pickled gives on the CPU what `predict` gives; the learner stays on the card."
    with tempfile.TemporaryDirectory() as folder: learn = pooled(device, folder)
    img = learn.data.valid_ds.x[0]
    here = pickle.loads(pickle.dumps(learn.predictor()))(img)[2]
    assert here.device.type == 'cpu' and {p.device.type for p in learn.model.parameters()} == {torch.device(device).type}
    torch.testing.assert_close(learn.predict(img)[2].cpu(), here, rtol=1e-3, atol=1e-4)

PATHS = pinned_workers, copies, number_formats, channels_last, compiled, out_of_memory, transforms, resumed, moved, taken_away

def main():
    args, report = arguments(__doc__, 1, device=dict(default='cuda')), Report()
    for f in PATHS:
        try: f(args.device, args.quick)
        except Exception: traceback.print_exc(); bad = 1.  # noqa: BLE001  every path is tried
        else: bad = 0.
        report.add(f.__name__.replace('_', ' '), bad, 0, unit='', note=f.__doc__)
    vars(args)['check'] = True
    report.finish(args)

if __name__ == '__main__': main()
