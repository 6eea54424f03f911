"Pictures as cameras, scanners and annotation tools leave them: eight orientations in four formats, thin strips, masks of photos that lie on their side."
import time, tracemalloc, warnings
import numpy as np
import pytest
from PIL import Image as PILImage, ImageOps
from fastcourse.vision import *
from fastcourse.vision.decode import open_pil

FORMATS = dict(png={}, jpg=dict(quality=95, subsampling=0), tif={}, webp=dict(lossless=True))

def quarters(h=40, w=60):
    "A picture whose four quarters differ, so that each of the eight orientations shows."
    a = np.zeros((h, w, 3), np.uint8)
    a[:h//2, :w//2], a[:h//2, w//2:], a[h//2:, :w//2] = 250, (250, 20, 20), (20, 250, 20)
    return PILImage.fromarray(a)

def saved(file, turn, img=None):
    "`img` in `file`, with the note that it is to be turned."
    exif = PILImage.Exif()
    exif[0x0112] = turn
    (quarters() if img is None else img).save(file, exif=exif, **FORMATS[file.suffix[1:]])
    return file

def upright(turn):
    img = quarters()
    img.getexif()[0x0112] = turn
    return np.asarray(ImageOps.exif_transpose(img)).astype(int)

@pytest.mark.parametrize('ext', FORMATS)
@pytest.mark.parametrize('turn', range(1, 9))
def test_orientation_is_one_in_all_readers(tmp_path, ext, turn):
    "Pixels, the size from the head, a crop, a PIL picture of the file, and verify_images agree."
    file, want = saved(tmp_path/f'x.{ext}', turn), upright(turn)
    px = np.asarray(open_image(file).stored.permute(1, 2, 0)).astype(int)
    assert px.shape == want.shape and np.abs(px - want).mean() < 6
    assert Image.from_file(file).size == want.shape[:2]
    whole, part = (Image(torch.from_numpy(want).byte().permute(2, 0, 1)).fit((32, 32)).int(), Image.from_file(file).fit((32, 32)).int())
    assert (whole - part).abs().float().mean() < 6
    il = ImageList([file])
    assert torch.equal(il.as_item(PILImage.open(file)).stored, open_image(file).stored)
    assert torch.equal(ImageList([PILImage.open(file)])[0].stored, open_image(file).stored)
    assert not len(verify_images(tmp_path))

@pytest.mark.parametrize('ext', FORMATS)
@pytest.mark.parametrize('turn', range(1, 9))
def test_a_mask_turns_with_its_photo(tmp_path, ext, turn):
    "A mask without a note lies like the pixels in the file of its photo, whatever the note there says."
    mask = PILImage.new('L', (60, 40))
    mask.paste(1, (5, 5, 25, 20))
    for o in ('img', 'mask'): (tmp_path/o).mkdir()
    for k in range(4):
        saved(tmp_path/'img'/f'{k}.{ext}', turn, mask.point(lambda v: v*240).convert('RGB'))
        mask.save(tmp_path/'mask'/f'{k}.png')
    src = SegmentationItemList.from_folder(tmp_path/'img').split_by_rand_pct(.25, seed=1)
    with warnings.catch_warnings(record=True):
        warnings.simplefilter('always')
        src = src.label_from_func(lambda o: tmp_path/'mask'/f'{o.stem}.png', classes=['rest', 'spot'])
        x, y = src.transform(None, size=32, tfm_y=True).databunch(bs=2, num_workers=0).one_batch(DatasetType.Valid)
    b, m = x.mean(1) > .5, y[:, 0] == 1
    assert (b & m).sum()/(b | m).sum() > .85

def cost(f):
    "Seconds, the least of three, and the megabytes that numpy and torch's numpy arrays took at most."
    tracemalloc.start()
    f()
    peak = tracemalloc.get_traced_memory()[1]/1e6
    tracemalloc.stop()
    times = []
    for _ in range(3):
        start = time.perf_counter()
        f()
        times.append(time.perf_counter() - start)
    return min(times), peak

@pytest.mark.parametrize('upright', [True, False])
@pytest.mark.parametrize('kind', ['file', 'floats', 'mask'])
def test_strips_cost_what_their_pixels_cost(tmp_path, kind, upright):
    "Four times as long a strip takes at most some four times as long to fit, and far less than the strip scaled whole."
    def item(n):
        px = torch.randint(0, 2, (1 if kind == 'mask' else 3, 1, n))
        px = px.transpose(1, 2).contiguous() if upright else px
        if kind == 'floats': return lambda: Image(px.float())
        img = PILImage.fromarray(px[0].numpy().astype(np.uint8) if kind == 'mask' else px.permute(1, 2, 0).numpy().astype(np.uint8)*255)
        img.save(file := tmp_path/f'{n}.png')
        return lambda: open_mask(file) if kind == 'mask' else Image.from_file(file)
    short, long = (cost(lambda make=item(n): (make().fit((224, 224)), make().cover((224, 224)))) for n in (4000, 16000))
    assert long[0] < 6*short[0] + .01 and long[0] < .2
    assert long[1] < 6*short[1] + 1

@pytest.mark.parametrize('mode', ['L', 'RGB', 'I', 'F'])
def test_black_and_white_are_kept_at_any_depth(tmp_path, mode):
    steps = np.linspace(0, 1, 64, dtype=np.float32)[None].repeat(8, 0)
    for name, a in dict(byte=(steps*255).round().astype(np.uint8), word=(steps*65535).round().astype(np.uint16), float=steps).items():
        PILImage.fromarray(a).save(file := tmp_path/f'{name}.tif')
        assert np.abs(open_image(file, convert_mode=mode).px[0].numpy() - steps).max() < .003, name

def test_numbers_without_black_and_white_are_refused_and_kept(tmp_path):
    a = np.linspace(-1, 4000, 64, dtype=np.float32)[None].repeat(8, 0)
    for name, o in dict(float=a, whole=a.astype(np.int32)).items(): PILImage.fromarray(o).save(tmp_path/f'{name}.tif')
    for o in ('float', 'whole'):
        with pytest.raises(ValueError, match='from -1 to 4000') as e: open_pil(tmp_path/f'{o}.tif')
        assert f'{o}.tif' in e.value.__notes__[0]
        assert open_image(tmp_path/f'{o}.tif', convert_mode='F').px.max() == 4000
    found = verify_images(tmp_path, delete=True)
    assert len(found) == 2 and len([*tmp_path.iterdir()]) == 2  # they are whole, so they are not removed

def test_names_of_classes_may_contain_dollars():
    "Titles are text, not formulas."
    import matplotlib.pyplot as plt
    img = Image(torch.zeros(3, 8, 8))
    img.show(title='x^2$ and y_{$')
    plt.gcf().canvas.draw()
    plt.close()
