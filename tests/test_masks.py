"Masks in every form that people have: from files and tables through training, a file of the model, and back to a picture."
import pickle, sys, warnings
import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image as PILImage
from torch import nn
from fastcourse.basic_train import Learner
from fastcourse.export import load_data, load_learner
from fastcourse.layers import conv_layer
from fastcourse.callbacks import LossMetrics
from fastcourse.registry import register
from fastcourse.vision import (BandList, CodedMaskList, CrossEntropyFlat, DiceLoss, FocalLoss, ImageSegment, MeanIoU, RLEMaskList, SegmentationItemList,
                               SegmentationLabelList, StackedMaskList, SumLoss, accuracy, cnn_learner, get_transforms, imagenet_stats, iou_columns, open_mask,
                               rle_encode, rle_table, set_seed, without_void)

NAMES = ['rest', 'disc', 'bar']
COLOURS = dict(rest=(0, 0, 0), disc=(200, 30, 30), bar=[(30, 200, 30), '#1e1ec8'])

def numbers(i, h=36, w=48):
    "Mask `i`: a disc, and a bar on top of it."
    y, x = np.mgrid[:h, :w]
    a = ((y - 18)**2 + (x - 14 - i)**2 < 90).astype(np.uint8)
    a[10 + i:14 + i, 4:40] = 2
    return a

def painted(a):
    out = np.zeros((*a.shape, 3), np.uint8)
    out[a == 1] = COLOURS['disc']
    out[a == 2] = (30, 200, 30)
    out[:, 20:][a[:, 20:] == 2] = (30, 30, 200)                            # the second colour of the bar
    return out

@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    "Pictures, and their masks in all forms."
    path, rng = tmp_path_factory.mktemp('masks'), np.random.default_rng(0)
    for o in ('images', 'palette', 'colour', 'rim', 'sparse', 'disc', 'bar'): (path/o).mkdir()
    for i in range(8):
        a, name = numbers(i), f'p{i}.png'
        shade = np.stack([a*90 + 30, 200 - a*60, a*40 + 60], -1) + rng.integers(0, 20, (*a.shape, 3))
        PILImage.fromarray(shade.astype(np.uint8)).save(path/'images'/name)
        ImageSegment(torch.from_numpy(a)[None]).save(path/'palette'/name, dict(a=(0, 0, 0), b=(255, 0, 0), c=(0, 255, 0)))
        PILImage.fromarray(painted(a)).save(path/'colour'/name)
        rim = a.copy()
        rim[:3] = 255
        PILImage.fromarray(rim).save(path/'rim'/name)
        PILImage.fromarray(np.array([0, 7, 26], np.uint8)[a]).save(path/'sparse'/name)
        for k, o in enumerate(NAMES[1:], 1): PILImage.fromarray(((a == k)*255).astype(np.uint8)).save(path/o/name)
    return path

def table(): return pd.DataFrame([(f'p{i}.png', c, rle_encode(numbers(i) == k)) for i in range(8) for k, c in enumerate(NAMES) if k],
                                 columns=['name', 'class', 'rle'])

def labelled(path, form):
    "The labelled lists of the pictures, with masks in this `form`."
    src = SegmentationItemList.from_folder(path/'images').split_by_idx([6, 7])
    if form == 'rle':
        il = SegmentationItemList.from_df(rle_table(table(), 'name', 'rle', 'class'), path, folder='images').split_by_idx([6, 7])
        return il.label_from_df('runs', label_cls=RLEMaskList, classes=NAMES)
    def get(o): return path/form/o.name
    if form == 'palette': return src.label_from_func(get, classes=NAMES)
    if form == 'rim': return src.label_from_func(get, classes=NAMES, void=255)
    if form == 'colour': return src.label_from_func(get, label_cls=CodedMaskList, classes=COLOURS)
    if form == 'sparse': return src.label_from_func(get, label_cls=CodedMaskList, classes=dict(zip(NAMES, (0, 7, {26, 27}))))
    def layers(o): return {c: path/c/o.name for c in NAMES[1:]}
    return src.label_from_func(layers, label_cls=StackedMaskList, classes=NAMES)

FORMS = ['palette', 'rim', 'colour', 'sparse', 'stacked', 'rle']

@pytest.mark.parametrize('form', FORMS)
def test_all_forms_are_the_same_masks(folder, form):
    lists = labelled(folder, form)
    for ds, first in ((lists.train, 0), (lists.valid, 6)):
        for k, mask in enumerate(ds.y):
            want = numbers(first + k)
            if form == 'rim': want[:3] = 255
            assert mask.px.dtype == torch.int64 and np.array_equal(mask.px[0].numpy(), want)

def trained(lists, **kw):
    set_seed(0)
    data = lists.transform(None, size=(36, 48), tfm_y=True).databunch(bs=3, num_workers=0).normalize(imagenet_stats)
    net = nn.Sequential(conv_layer(3, 8), conv_layer(8, data.c, ks=1, use_activ=False, norm_type=None))
    learn = Learner(data, net, silent=True, **kw)
    learn.fit(1, 1e-2)
    return learn

@pytest.mark.parametrize('form', FORMS)
def test_trained_exported_and_shown(folder, form, tmp_path):
    import matplotlib.pyplot as plt
    learn = trained(labelled(folder, form))
    learn.path = tmp_path
    learn.data.show_batch(rows=1)
    learn.show_results(rows=1)
    interp = learn.interpret()
    interp.plot_top_losses(1)
    assert interp.confusion_matrix().shape == (3, 3) and interp.classes == NAMES and len(interp.to_df()) == 2
    plt.close('all')
    learn.export()
    away, photo = load_learner(tmp_path), folder/'images'/'p7.png'
    ours, theirs = (o.predict(photo) for o in (learn, away))
    assert torch.equal(ours[1], theirs[1]) and torch.allclose(ours[2], theirs[2], atol=1e-5)
    y, there = learn.data.train_ds.y, away.data.train_ds.y
    assert (there.classes, there.void_code, away.data.c) == (y.classes, y.void_code, 3) and type(there) is type(y)
    assert getattr(there, 'codes', None) == getattr(y, 'codes', None)

@pytest.mark.parametrize('form', FORMS)
def test_lists_can_be_sent_to_another_process(folder, form):
    ds = pickle.loads(pickle.dumps(labelled(folder, form).valid))
    assert torch.equal(ds.y[1].px, labelled(folder, form).valid.y[1].px)

@pytest.mark.parametrize('form', ['colour', 'stacked', 'rle'])
def test_loaders_with_processes_read_them(folder, form):
    data = labelled(folder, form).transform(None, size=(36, 48), tfm_y=True).databunch(bs=3, num_workers=1)
    yb = next(iter(data.valid_dl))[1]
    assert np.array_equal(yb[0, 0].cpu().numpy(), numbers(6))

def test_void_does_not_train(folder):
    "Whatever void pixels show, the loss is the one of the others."
    learn = trained(labelled(folder, 'rim'))
    xb, yb = learn.data.one_batch(denorm=False)
    out = learn.model.eval()(xb)
    known = yb[:, 0] != 255
    by_hand = nn.functional.cross_entropy(out.movedim(1, -1)[known], yb[:, 0][known])
    assert torch.allclose(learn.loss_func(out, yb), by_hand) and 0 < known.float().mean() < 1

# --- what goes wrong ---

def test_an_unknown_colour_is_named(folder, tmp_path):
    a = painted(numbers(0))
    a[5, 9] = (1, 2, 3)
    PILImage.fromarray(a).save(tmp_path/'odd.png')
    with pytest.raises(ValueError, match=r"odd.png' has the colour \(1, 2, 3\) at row 5, column 9.*void=\(1, 2, 3\)"):
        CodedMaskList([tmp_path/'odd.png'], classes=COLOURS)[0].px
    assert CodedMaskList([tmp_path/'odd.png'], classes=COLOURS, void=(1, 2, 3))[0].px[0, 5, 9] == 255

def test_a_number_outside_the_classes_is_named(folder):
    with pytest.raises(ValueError, match=r"p3.png' has the value 255 at row 0, column 0.*void=255"):
        SegmentationLabelList([folder/'rim'/'p3.png'], classes=NAMES)[0].px
    with pytest.raises(ValueError, match='value 255 at row 0'):
        SegmentationLabelList([folder/'rim'/'p3.png'], classes=NAMES, void=7)[0].px

def test_a_missing_mask_is_named(folder):
    (folder/'gone').mkdir(exist_ok=True)
    with pytest.raises(FileNotFoundError, match='p6.png'):
        lists = SegmentationItemList.from_folder(folder/'images').split_by_idx([6, 7])
        lists.label_from_func(lambda o: folder/'gone'/o.name, classes=NAMES).valid[0]

@pytest.mark.parametrize('size', [None, 24])
def test_a_mask_of_another_size_is_named_when_its_turn_comes(folder, tmp_path, size):
    PILImage.fromarray(numbers(4)[:, :40]).save(tmp_path/'cut.png')
    src = SegmentationItemList.from_folder(folder/'images').split_by_idx([6, 7])
    lists = src.label_from_func(lambda o: tmp_path/'cut.png' if o.name == 'p4.png' else folder/'palette'/o.name, classes=NAMES)
    data = lists.transform(None, size=size, tfm_y=True).databunch(bs=3, num_workers=0)
    with pytest.raises(ValueError, match='its mask') as e: list(data.train_dl)
    note = e.value.__notes__[0]
    assert 'p4.png' in note and 'its label: ' in note and 'cut.png' in note
    with pytest.raises(ValueError, match=r"p4.png' has 36 x 48 pixels.*its mask '.*cut.png' 36 x 40"): lists.train[4]

def test_a_smaller_mask_of_the_same_shape_is_fitted(folder, tmp_path):
    for i in range(8): PILImage.fromarray(numbers(i)[::2, ::2]).save(tmp_path/f'p{i}.png')
    src = SegmentationItemList.from_folder(folder/'images').split_by_idx([6, 7])
    lists = src.label_from_func(lambda o: tmp_path/o.name, classes=NAMES).transform(None, size=(36, 48), tfm_y=True)
    assert (lists.valid[0][1].px[0].numpy() == numbers(6)).mean() > .95

@pytest.mark.parametrize('size', [None, (36, 48)])
def test_a_picture_alone_has_no_mask_to_compare(folder, size):
    src = SegmentationItemList.from_folder(folder/'images').split_by_rand_pct(.25, seed=1)
    src = src.label_from_func(lambda o: folder/'palette'/o.name, classes=NAMES)
    data = src.transform(None, size=size, tfm_y=True).databunch(bs=2, num_workers=0)
    learn = Learner(data, conv_layer(3, 3, use_activ=False), silent=True)
    img = data.valid_ds.x[0]
    assert learn.predict(img)[1].shape == (1, 36, 48) and learn.predict(img.resize((3, 20, 30)))[1].shape == (1, 20, 30)

def test_runs_of_pictures_that_lie_on_their_side(tmp_path):
    "Runs have no size, so they are counted in the pixels of the file; `upright=True` says otherwise."
    a, exif = numbers(0), PILImage.Exif()
    exif[0x0112] = 6
    PILImage.fromarray(np.stack([(a > 0)*200]*3, -1).astype(np.uint8)).save(tmp_path/'a.png', exif=exif)
    def mask(text, **kw):
        il = SegmentationItemList([tmp_path/'a.png']).split_none().label_from_list([{'disc': text}], label_cls=RLEMaskList, classes=NAMES, **kw)
        x, y = il.train[0]
        return ((y.px[0] > 0) == (x.px[0] > .5)).float().mean()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        assert mask(rle_encode(a)) == 1
    assert any('lie as the pixels in the file' in str(o.message) for o in caught)
    assert mask(rle_encode(np.rot90(a, -1)), upright=True) == 1

@pytest.mark.parametrize('turn', range(1, 9))
def test_colours_and_layers_turn_with_their_picture(tmp_path, turn):
    "A mask made from the pixels of the file lies like them, and is turned when it is read."
    a, exif = numbers(0), PILImage.Exif()
    exif[0x0112] = turn
    PILImage.fromarray(np.stack([(a > 0)*200]*3, -1).astype(np.uint8)).save(tmp_path/'a.png', exif=exif)
    PILImage.fromarray(painted(a)).save(tmp_path/'colour.png')
    PILImage.fromarray(((a > 0)*255).astype(np.uint8)).save(tmp_path/'layer.png')
    for cls, label, classes in ((CodedMaskList, tmp_path/'colour.png', COLOURS), (StackedMaskList, {'disc': tmp_path/'layer.png'}, NAMES),
                                (RLEMaskList, {'disc': rle_encode(a)}, NAMES)):
        il = SegmentationItemList([tmp_path/'a.png']).split_none().label_from_list([label], label_cls=cls, classes=classes, upright=False)
        x, y = il.train[0]
        assert y.size == x.size and torch.equal(y.px[0] > 0, x.px[0] > .5)

# --- out again ---

def test_a_prediction_is_saved_with_colours_and_as_runs(folder, tmp_path):
    learn = trained(labelled(folder, 'colour'))
    shown = learn.predict(folder/'images'/'p0.png')[0]
    shown.save(tmp_path/'out.png', palette=dict(rest=(0, 0, 0), disc=(200, 30, 30), bar=(30, 200, 30)))
    assert PILImage.open(tmp_path/'out.png').mode == 'P' and torch.equal(open_mask(tmp_path/'out.png').px, shown.px)
    assert torch.equal(CodedMaskList([tmp_path/'out.png'], classes=COLOURS)[0].px, shown.px)
    runs = shown.to_rle(NAMES)
    again = RLEMaskList([runs], classes=NAMES, shape=tuple(shown.size))[0]
    assert [*runs] == NAMES[1:] and torch.equal(again.px, shown.px)

def test_class_weights_of_masks(folder):
    y = labelled(folder, 'colour').train.y
    n = np.bincount(np.concatenate([numbers(i).ravel() for i in range(6)]))
    assert np.allclose(y.class_weights(), (1/n)/(1/n).mean(), rtol=1e-4)

def test_many_colours_are_found_fast():
    "A look-up of all pixels at once: 256 colours and a picture of a million pixels."
    rng = np.random.default_rng(0)
    colours = np.unique(rng.integers(0, 256, (400, 3)), axis=0)[:250]
    which = rng.integers(0, 250, (1000, 1000))
    masks = CodedMaskList([colours[which].astype(np.uint8)], classes=[f'c{i}' for i in range(250)], codes=colours)
    assert np.array_equal(masks[0].px[0].numpy(), which)

# --- losses and metrics ---

@pytest.mark.parametrize('part', [FocalLoss(axis=1, ignore_index=255), DiceLoss(ignore_index=255),
    SumLoss(dict(focal=FocalLoss(1., [1, 2, 3], 255, axis=1), dice=DiceLoss(weight=[0, 1, 1], ignore_index=255)), [1, .5])], ids=['focal', 'dice', 'sum'])
def test_losses_learn_and_go_into_the_file_of_a_model(folder, tmp_path, part):
    learn = trained(labelled(folder, 'rim'), loss_func=part, metrics=MeanIoU(255))
    before = learn.validate()
    learn.fit_one_cycle(6, 1e-2)
    assert learn.validate()[0] < before[0] and learn.validate()[1] > .6
    losses = learn.get_preds(with_loss=True)[2]
    assert losses.shape == (2,) and torch.isfinite(losses).all()
    learn.path = tmp_path
    learn.export()
    probs = load_learner(tmp_path).predict(folder/'images'/'p7.png')[2]
    assert torch.allclose(probs.sum(0), torch.ones(36, 48)) and torch.allclose(probs, learn.predict(folder/'images'/'p7.png')[2], atol=1e-5)

def test_parts_of_a_sum_are_columns(folder):
    loss = SumLoss(dict(ce=CrossEntropyFlat(axis=1), dice=DiceLoss()), [1, 2])
    learn = trained(labelled(folder, 'colour'), loss_func=loss, callback_fns=LossMetrics)
    row = dict(zip(learn.recorder.names[2:-1], [learn.recorder.val_losses[0], *learn.recorder.metrics[0]]))
    assert [*row] == ['valid_loss', 'ce', 'dice'] and abs(row['ce'] + row['dice'] - row['valid_loss']) < 1e-5

def test_iou_of_the_whole_set_has_columns(folder):
    "The columns of the table are what scikit-learn finds for all pixels together."
    from sklearn.metrics import jaccard_score
    learn = trained(labelled(folder, 'rim'), metrics=iou_columns(NAMES, 255))
    learn.fit(2, 1e-2)
    preds, y = learn.get_preds()
    known = y[:, 0] != 255
    want = jaccard_score(y[:, 0][known], preds.argmax(1)[known], average=None, labels=[0, 1, 2], zero_division=0)
    assert learn.recorder.names[3:-1] == ['mean_iou', 'iou_rest', 'iou_disc', 'iou_bar']
    assert np.allclose(learn.recorder.metrics[-1][1:], want, atol=1e-6)
    assert abs(learn.validate(metrics=without_void(accuracy, 255))[1] - (y[:, 0] == preds.argmax(1))[known].float().mean()) < 1e-6
    assert np.allclose(learn.interpret().per_class().iou[NAMES], learn.recorder.metrics[-1][1:], atol=1e-6)

# --- pictures with more bands than a screen has colours ---

@pytest.mark.parametrize('kind', ['npy', 'own function', 'tif'])
def test_bands_are_read_trained_and_exported(folder, tmp_path, kind):
    import matplotlib.pyplot as plt
    rng = np.random.default_rng(0)
    for i in range(8):
        a = (np.dstack([numbers(i)*50 + 20]*4 + [numbers(i)*60])*20 + rng.integers(0, 200, (36, 48, 5))).astype(np.uint16)
        if kind == 'tif': pytest.importorskip('tifffile').imwrite(tmp_path/f'p{i}.tif', a)
        else: np.save(tmp_path/f'p{i}.npy', a)
    options = dict(open_func=own_reader) if kind == 'own function' else {}
    src = BandList.from_folder(tmp_path, limits=(0, 4000), shown=(4, 0, 1), **options).split_by_idx([6, 7])
    lists = src.label_from_func(lambda o: folder/'palette'/f'{o.stem}.png', label_cls=SegmentationLabelList, classes=NAMES)
    data = lists.transform(get_transforms(), size=(36, 48), tfm_y=True).databunch(bs=3, num_workers=0).normalize()
    assert data.one_batch()[0].shape == (3, 5, 36, 48) and len(data.stats[0]) == 5
    learn = Learner(data, nn.Sequential(conv_layer(5, 8), conv_layer(8, 3, ks=1, use_activ=False, norm_type=None)), silent=True)
    learn.fit(1, 1e-2)
    learn.data.show_batch(rows=1)
    learn.show_results(rows=1)
    plt.close('all')
    learn.path = tmp_path
    learn.export()
    file = sorted(tmp_path.glob('p*.*'))[0]
    ours, theirs = learn.predict(file), load_learner(tmp_path).predict(file)
    assert torch.equal(ours[1], theirs[1]) and torch.allclose(ours[2], theirs[2], atol=1e-5)

@register
def own_reader(fn): return np.load(fn)[:, :, :5]

def test_a_pretrained_model_takes_all_bands(tmp_path):
    rng = np.random.default_rng(0)
    arrays = [rng.integers(0, 255, (40, 40, 4)).astype(np.uint8) for _ in range(8)]
    data = (BandList(arrays).split_by_idx([6, 7]).label_from_list(['a', 'b']*4)
            .transform(None, size=32).databunch(bs=3, num_workers=0).normalize())
    learn = cnn_learner(data, 'resnet18', pretrained=False)
    assert learn.model[0][0].in_channels == 4 and learn.predict(arrays[0])[2].shape == (2,)

def test_a_tiff_without_its_package_says_which_one(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, 'tifffile', None)
    with pytest.raises(ImportError, match='pip install tifffile') as e: BandList([tmp_path/'a.tif'])[0]
    assert 'a.tif' in e.value.__notes__[0]

@pytest.mark.parametrize('code', [(0, 0), (0, 0, 0, 255, 1), (.1, .2, .3), (0, 0, 300), '#12345', 'red', 1.5])
def test_what_is_no_code_is_refused(code):
    with pytest.raises(ValueError, match='colour of three bytes'): CodedMaskList([], classes=dict(a=code, b=(1, 1, 1)))

def test_other_kinds_of_files_hold_the_same_colours(folder, tmp_path):
    "With transparency, and as a palette of colours."
    a = numbers(0)
    PILImage.fromarray(np.dstack([painted(a), (a > 0)*255]).astype(np.uint8)).save(tmp_path/'rgba.png')
    img = PILImage.fromarray(a)
    img.putpalette([0, 0, 0, 200, 30, 30, 30, 200, 30])
    img.save(tmp_path/'palette.png')
    for o in CodedMaskList([tmp_path/'rgba.png', tmp_path/'palette.png'], classes=COLOURS): assert np.array_equal(o.px[0].numpy(), a)

def test_data_with_masks_is_saved(folder, tmp_path):
    for form in FORMS:
        data = labelled(folder, form).transform(None, size=(36, 48), tfm_y=True).databunch(bs=3, num_workers=0)
        data.path = tmp_path
        data.save('masks')
        again = load_data(tmp_path, 'masks', bs=3)
        assert torch.equal(again.valid_ds.y[1].px, data.valid_ds.y[1].px) and again.train_ds.y.void_code == data.train_ds.y.void_code
