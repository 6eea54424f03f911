"Labels and tables as people have them: gaps, slips, contradictions, other orders; and advice of ours, done as it says."
import os, subprocess, sys, warnings
import numpy as np, pandas as pd, pytest, torch
from PIL import Image as PILImage
from fastcourse.foundation import _warned
from fastcourse.vision import *

SMALL = dict(size=8, bs=2, num_workers=0, seed=1)

@pytest.fixture
def pics(tmp_path):
    "A folder of twelve pictures, six in each of two folders."
    for i in range(12):
        (tmp_path/'ab'[i%2]).mkdir(exist_ok=True)
        PILImage.new('RGB', (9, 9), (20*i, 90, 30)).save(tmp_path/'ab'[i%2]/f'{i}.png')
    return tmp_path

def said(func, *args, **kwargs):
    "What `func` returns, and its warnings."
    _warned.clear()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter('always')
        res = func(*args, **kwargs)
    return res, ' | '.join(str(o.message) for o in seen)

def of(pics, labels, **kwargs): return ImageDataBunch.from_lists(pics, get_image_files(pics, recurse=True), labels, **SMALL | kwargs)
def table(pics, rows, **kwargs):
    (pics/'labels.csv').write_text('\n'.join(rows) + '\n')
    return ImageDataBunch.from_csv(pics, **SMALL | kwargs)
NAMES = [f'{"ab"[i%2]}/{i}.png' for i in range(12)]

@pytest.mark.parametrize('gap', [None, float('nan'), pd.NA, '', '  '])
def test_a_gap_is_no_class(pics, gap):
    for labels in ([gap] + ['x', 'y']*5 + ['x'], [[gap, 'x'], ['y']]*6):
        if isinstance(labels[0], list) and isinstance(gap, str): continue  # an empty text in a list of tags is none
        with pytest.raises(ValueError, match='a/0.png|a/|b/'): of(pics, labels, valid_pct=0)
    with pytest.raises(ValueError, match='None of the 12 items has a label'): of(pics, [[]]*12, valid_pct=0)

@pytest.mark.parametrize('names', [('cat', 'cat '), ('Cat', 'cat'), ('caf\u00e9', 'cafe\u0301'), ('cat', 'cat\u200b'), (1, '1')])
def test_names_that_look_alike_are_said(pics, names):
    assert 'nearly the same name' in said(of, pics, [*names]*6)[1]
    with pytest.raises(ValueError, match='differ only in capitals'): of(pics, [*names]*6, classes=[names[0], 'z'])

def test_a_blank_at_an_end_is_said(pics):
    assert '2 class(es) have a blank at one end' in said(table, pics, ['f, y', *(f'{o}, {o[0]}' for o in NAMES)])[1]

def test_the_order_of_a_set_is_not_used():
    code = ("from fastcourse.vision import *; il = ImageList([f'{c}{i}.png' for c in 'abcd' for i in range(3)]).split_none();"
            "print(il.label_from_func(lambda o: o[0], classes={'d', 'b', 'a', 'c'}).train.y.classes)")
    seen = {subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, env=os.environ | {'PYTHONHASHSEED': o}).stdout for o in '12'}
    assert seen == {"['a', 'b', 'c', 'd']\n"}
    with pytest.raises(TypeError, match='sorted'): ImageList({'a.png', 'b.png'})
    with pytest.raises(ValueError, match='in order'): SegmentationLabelList(['a.png'], classes={'sky', 'road'})

def test_a_guess_is_said_for_each_data_set_and_not_if_the_kind_is_named(pics):
    for labels in (np.eye(2)[[0, 1]*6], [0., 1.]*6):
        assert all(said(of, pics, labels, valid_pct=0)[1] for _ in range(2))
    assert not said(of, pics, np.eye(2)[[0, 1]*6], valid_pct=0, label_cls=MultiCategoryList)[1]
    assert not said(of, pics, [0., 1.]*6, valid_pct=0, label_cls=CategoryList)[1]

def test_the_advice_about_classes_works_in_every_factory(pics):
    files, kinds = get_image_files(pics, recurse=True), [f'x{i}' for i in range(12)]
    df = pd.DataFrame(dict(f=NAMES, y=kinds, n=range(12), a=[0, 1]*6, b=[1, 0]*6))
    df.to_csv(pics/'labels.csv', index=False)
    makes = [lambda **k: ImageDataBunch.from_lists(pics, files, kinds, **SMALL | k),
             lambda **k: ImageDataBunch.from_name_func(pics, files, lambda o: f'x{o.stem}', **SMALL | k),
             lambda **k: ImageDataBunch.from_name_re(pics, files, r'(\d+)\.png', **SMALL | k),
             lambda **k: ImageDataBunch.from_df(pics, df, **SMALL | k), lambda **k: ImageDataBunch.from_csv(pics, **SMALL | k)]
    for make in makes:
        with pytest.raises(ValueError, match='classes='): make()
        names = [o.removeprefix('x') for o in kinds] if make is makes[2] else kinds
        assert make(classes=names).classes == names
        assert len(said(make, on_unknown='drop')[0].valid_ds) == 0
    assert isinstance(ImageDataBunch.from_df(pics, df, label_col='n', label_cls=FloatList, **SMALL).train_ds.y, FloatList)
    assert ImageDataBunch.from_df(pics, df, label_col=['a', 'b'], **SMALL).classes == ['a', 'b']
    assert isinstance(ImageDataBunch.from_folder(pics, valid_pct=.2, label_cls=CategoryList, **SMALL).train_ds.y, CategoryList)

def test_rows_that_contradict_each_other_are_said_and_the_cure_works(pics):
    df = pd.DataFrame(dict(f=NAMES*2, y=['cat']*12 + ['sofa', 'cat']*6))
    assert 'several rows with different labels' in said(ImageDataBunch.from_df, pics, df, **SMALL)[1]
    cure = df.groupby(df['f'])['y'].agg(';'.join).reset_index()
    data, words = said(ImageDataBunch.from_df, pics, cure, label_delim=';', **SMALL)
    assert data.classes == ['cat', 'sofa'] and not words

@pytest.mark.parametrize('rows, error, words', [
    (['y,f', *(f'{o[0]},{o}' for o in NAMES)], ValueError, "fn_col='f'"),
    (['f,y', *(f'{o},x,{o[0]}' for o in NAMES)], ValueError, 'more fields than its title line'),
    (['# mine', 'f,y', *(f'{o},{o[0]}' for o in NAMES)], ValueError, 'header='),
    (['f,y', *(f'{o[2:]},{o[0]}' for o in NAMES)], FileNotFoundError, 'folder='),
    (['f,y', *(f'{o[:-4]},{o[0]}' for o in NAMES)], FileNotFoundError, "did you mean '0.png'"),
    (['f,y', *(f'new/{o},{o[0]}' for o in NAMES)], FileNotFoundError, "is 'new'"),
    (['f,y', *(f'{o},{o[0]}' for o in NAMES), 'a/99.png,a'], FileNotFoundError, 'in row 12'),
    (['f;y', *(f'{o};{o[0]}' for o in NAMES)], KeyError, "delimiter=';'")])
def test_tables_that_are_not_as_meant(pics, rows, error, words):
    with pytest.raises(error) as e: table(pics, rows, valid_pct=0)
    assert words in str(e.value)

def test_every_missing_file_is_found_and_the_cure_works(pics):
    path, df = pics, pd.DataFrame(dict(f=[*NAMES, 'a/99.png'], y=['x', 'y']*6 + ['x']))
    with pytest.raises(FileNotFoundError, match='1 of the 1[0-3] files'): ImageDataBunch.from_df(path, df, **SMALL)
    left = df[[(path/o).exists() for o in df['f']]]
    assert len(ImageDataBunch.from_df(path, left, **SMALL).train_ds) == 10
    (pics/'a'/'gone.png').symlink_to('nobody.png')
    with pytest.raises(FileNotFoundError, match='is a link to'): ImageDataBunch.from_folder(pics, valid_pct=0, size=8, bs=2)
    class Own(ImageList):
        def open(self, fn): return Image(torch.zeros(3, 8, 8))
    assert len(Own(['any', 'thing']).split_none().label_const('x').databunch(bs=2, num_workers=0).train_ds) == 2  # no files are meant

def test_workbooks_and_names_of_tables(pics):
    (pics/'book.csv').write_bytes(b'PK\3\4' + bytes(40))
    with pytest.raises(ValueError, match='read_excel'): ImageDataBunch.from_csv(pics, csv_labels='book.csv')
    with pytest.raises(FileNotFoundError, match="did you mean 'book.csv'"): ImageDataBunch.from_csv(pics, csv_labels='bok.csv')

@pytest.mark.parametrize('kw, words', [
    (dict(valid_pct=20), '20 % are 0.2'), (dict(seed='1'), '`seed`'), (dict(seed=1.5), '`seed`'), (dict(size=(24, 24, 3)), 'without the channels'),
    (dict(size=True), '`size`'), (dict(size=0), '`size`'), (dict(bs=0), '`bs`'), (dict(valid_pct=None), 'valid_pct=.2')])
def test_options_that_cannot_be_meant(pics, kw, words):
    with pytest.raises((ValueError, TypeError)) as e: ImageDataBunch.from_folder(pics, **dict(valid_pct=.2, size=8, num_workers=0) | kw)
    assert words in str(e.value)

def test_what_changes_nothing_or_too_much_is_said(pics):
    assert 'nothing is held back' in said(ImageDataBunch.from_folder, pics, valid_pct=.01, size=8, num_workers=0)[1]
    lls = ImageList.from_folder(pics).split_by_rand_pct(.2, seed=1).label_from_folder()
    assert not said(lls.transform, None, size=8)[1] and not said(lls.transform, None, size=16)[1]
    assert 'had size=(16, 16)' in said(lls.transform, get_transforms())[1]
    data = lls.transform(None, size=8).databunch(bs=4, num_workers=0)
    with pytest.raises(ValueError, match='divide both by 255'): data.normalize(([123.7]*3, [58.4]*3))
    for o in ('a', pics, None):
        with pytest.raises(TypeError, match='add_test_folder'): data.add_test(o)
    with pytest.raises(ValueError, match='1 channel'): data.add_test(ImageList(get_image_files(pics, recurse=True), convert_mode='L'))
    with pytest.raises(ValueError, match='5 labels for'): data.add_test(get_image_files(pics/'a'), label=['a']*5)
    one = said(ImageDataBunch.from_folder, pics/'a', valid_pct=.2, size=8, num_workers=0)[1] if (pics/'a'/'x').mkdir() else ''
    assert 'the same label' in said(of, pics, ['x']*12)[1] + one
