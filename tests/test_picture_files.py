"Pictures as cameras, scanners and annotation tools leave them: eight orientations in four formats, thin strips, masks of photos that lie on their side."
import os, time, tracemalloc, warnings
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

def segments(tmp_path, mask, **kw):
    "Labelled lists of eight photos with the array `mask` for each."
    for o in ('img', 'mask'): (tmp_path/o).mkdir(exist_ok=True)
    for k in range(8):
        PILImage.fromarray(np.random.RandomState(k).randint(0, 255, (*mask.shape[:2], 3)).astype(np.uint8)).save(tmp_path/'img'/f'{k}.png')
        PILImage.fromarray(mask).save(tmp_path/'mask'/f'{k}.png')
    src = SegmentationItemList.from_folder(tmp_path/'img').split_by_rand_pct(.25, seed=1)
    src = src.label_from_func(lambda o: tmp_path/'mask'/o.name, **dict(classes=['rest', 'spot']) | kw)
    return src.transform(None, size=16, tfm_y=True).databunch(bs=4, num_workers=0)

def kinds_of_masks():
    m = np.zeros((20, 30), np.uint8)
    m[4:12, 5:20] = 1
    void = m.copy()
    void[0] = 255
    rgb = np.stack([m*0, m*0, m*128], -1)
    def coded(rest, spot): return dict(label_cls=CodedMaskList, classes=dict(rest=rest, spot=spot))
    return [(rgb, 'CodedMaskList', coded((0, 0, 0), (0, 0, 128))), (m*85, 'CodedMaskList', coded(0, 85)),
            (np.dstack([rgb*0, m*255]), 'four bytes', coded((0, 0, 0, 0), (0, 0, 0, 255))),
            (void, 'void=255', dict(void=255)), (m*255, 'div=True', dict(div=True))]

@pytest.mark.parametrize('case', range(5))
def test_the_advice_about_masks_can_be_exported(tmp_path, case):
    "What the message says makes the data; the learner is exported, and answers the same."
    mask, words, cure = kinds_of_masks()[case]
    with pytest.raises(ValueError, match=words): segments(tmp_path, mask)
    data = segments(tmp_path, mask, **cure)
    assert data.one_batch()[1].unique().tolist() == [*range(data.c)] + ([255] if 'void' in cure else [])
    learn = Learner(data, nn.Conv2d(3, data.c, 1), path=tmp_path, silent=True)
    learn.fit(1)
    learn.export()
    data.save('data.pkl')
    file = tmp_path/'img'/'0.png'
    assert torch.equal(load_learner(tmp_path).predict(file)[1], learn.predict(file)[1])

def test_a_value_that_is_not_named_is_refused(tmp_path):
    kw = dict(label_cls=CodedMaskList, classes=dict(rest=0, spot=255))
    with pytest.raises(ValueError, match='number 1 at row 4, column 5') as e: segments(tmp_path, kinds_of_masks()[3][0], **kw)
    assert 'mask' in str(e.value)

@pytest.mark.parametrize('turn', [1, 3, 6, 8])
@pytest.mark.parametrize('method', [ResizeMethod.CROP, ResizeMethod.PAD, ResizeMethod.SQUISH])
def test_masks_are_not_shifted(tmp_path, turn, method):
    "What a mask and its photo differ by is the mixed pixels at the edges: at ten times the size, a tenth of it."
    spot = PILImage.new('L', (600, 400))
    spot.paste(255, (50, 50, 250, 200))
    saved(tmp_path/'x.png', turn, spot.convert('RGB'))
    spot.point(lambda v: v//255).save(tmp_path/'mask.png')
    il = ImageList([tmp_path/'x.png']).split_none().label_from_func(lambda o: tmp_path/'mask.png', label_cls=SegmentationLabelList,
                                                                 classes=['rest', 'spot'], upright=False)
    x, y = il.transform((None, None), size=320, resize_method=method, tfm_y=True).train[0]
    b, m = x.px[0] > .5, y.px[0] == 1
    assert (b & m).sum()/(b | m).sum() > .985

def test_pictures_with_other_endings_are_counted(tmp_path):
    quarters().save(tmp_path/'0.jpg')
    for o in ('1.jpg_large', '2.apng', '3'): (tmp_path/o).write_bytes((tmp_path/'0.jpg').read_bytes())
    for o in ('4.HEIC', '5.heic', 'notes.txt', 'LICENSE'): (tmp_path/o).write_bytes(b'ftypheic')
    for find in (lambda: get_image_files(tmp_path), lambda: ImageList.from_folder(tmp_path), lambda: verify_images(tmp_path)):
        with pytest.warns(UserWarning, match=r'5 file\(s\).*\.heic \(2\).*are pictures that can be read') as seen: find()
        assert len(seen) == 1 and 'notes' not in str(seen[0].message)

def test_links_that_lead_in_a_circle_end(tmp_path):
    for a, b in ('ab', 'ba'):
        (tmp_path/a).mkdir()
        (tmp_path/a/'there').symlink_to(tmp_path/b)
        quarters().save(tmp_path/a/'1.png')
    assert {o.resolve() for o in get_image_files(tmp_path, recurse=True)} == {tmp_path.resolve()/o/'1.png' for o in 'ab'}

def points(*pts): return PointsItemList([Image(torch.zeros(3, 30, 40))]).split_none().label_from_list([pts])
def boxes(*bb): return ObjectItemList([Image(torch.zeros(3, 30, 40))]).split_none().label_from_list([(bb, ['x']*len(bb))])

@pytest.mark.parametrize('make, places, words', [
    (points, [(.2, .5), (.9, .1)], 'shares'), (points, [(5, 38), (10, 35)], 'look like'), (points, [(60, 70)], 'none of them'), (points, [('a', 'b')], 'points of'),
    (boxes, [(.1, .1, .5, .9)], 'shares'), (boxes, [(2, 3, float('inf'), 9)], 'inf'), (boxes, [(3, 2, 38, 20)], 'outside'), (boxes, [(2, 3, 4), (1, 2, 3, 4)], 'boxes of')])
def test_places_that_cannot_be_meant(make, places, words):
    if words == 'look like': places = [(x, y) for y, x in places]
    with pytest.raises(ValueError) as e: make(*places).train.y[0]
    assert words in str(e.value) + ' '.join(getattr(e.value, '__notes__', []))

def test_places_far_outside_are_said():
    for make, place in ((points, [(5, 5), (90, 20)]), (boxes, [(2, 3, 90, 39)])):
        from fastcourse.foundation import _warned
        _warned.clear()
        with pytest.warns(UserWarning, match='30 x 40 pixels'): make(*place).train.y[0]

def test_the_head_of_a_photo_is_read_once(tmp_path, monkeypatch):
    from fastcourse.vision import targets
    saved(tmp_path/'x.jpg', 6)
    calls, read = [], targets._file_lies
    monkeypatch.setattr(targets, '_file_lies', lambda o: calls.append(o) or read(o))
    assert [targets._photo_lies(tmp_path/'x.jpg')[0] for _ in range(9)] == [6]*9 and len(calls) == 1
    saved(tmp_path/'x.jpg', 3)
    os.utime(tmp_path/'x.jpg', (1, 1))
    assert targets._photo_lies(tmp_path/'x.jpg')[0] == 3 and len(calls) == 2

def test_shapes_are_drawn_with_any_title():
    import matplotlib.pyplot as plt
    for o in (ImageSegment(torch.zeros(1, 9, 9).long()), points((3, 3)).train.y[0], boxes((2, 3, 9, 9)).train.y[0]): o.show(title='a$_{ $')
    show_all([Image(torch.zeros(3, 8, 8))])
    for o in plt.get_fignums(): plt.figure(o).canvas.draw()
    plt.close('all')
