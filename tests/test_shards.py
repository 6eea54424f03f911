"""Batches from tar shards are the same for any number of workers and processes."""
import io
import numpy as np
import pytest
import torch
from PIL import Image
from fastcourse.shards import write_shards
from fastcourse.vision import ImageList, get_transforms, set_seed

N, BS = 57, 16

@pytest.fixture(scope='module')
def shards(tmp_path_factory):
    "Small pictures with a class in several shards."
    folder, rng = tmp_path_factory.mktemp('shards'), np.random.default_rng(0)
    def picture():
        file = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (20, 24, 3), dtype=np.uint8)).save(file, 'PNG')
        return file.getvalue()
    write_shards(((f'{i:03d}', dict(png=picture(), cls=str(i % 3).encode())) for i in range(N)), folder, mb=.02)
    assert len([*folder.glob('*.tar')]) > 3
    return folder

def batches(shards, workers=0, rank=0, world=1, tfms=None):
    "One epoch as process `rank` of `world` sees it."
    set_seed(5)
    items = ImageList.from_shards(shards/'*.tar').split_none().label_from_shards('cls')
    dl = items.transform(tfms, size=16).databunch(bs=BS//world, num_workers=workers, device='cpu', cache=0).train_dl
    dl.part = rank, world
    return [(xb.clone(), yb.clone()) for xb, yb in dl]

def same(a, b): return len(a) == len(b) > 2 and all(torch.equal(p, q) for o, k in zip(a, b) for p, q in zip(o, k))

@pytest.mark.parametrize('workers', [1, 2])
def test_workers(shards, workers):
    assert same(*(batches(shards, n, tfms=get_transforms()) for n in (workers, 0)))

@pytest.mark.parametrize('world', [2, 4])
def test_processes(shards, world):
    "Each process has every `world`-th item of the batch that one process has."
    seen = [batches(shards, rank=r, world=world) for r in range(world)]
    joined = [tuple(torch.stack(o, 1).flatten(0, 1) for o in zip(*step)) for step in zip(*seen)]
    assert same(joined, batches(shards))
