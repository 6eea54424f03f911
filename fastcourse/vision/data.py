"draft"
from pathlib import Path
import math
import numpy as np, torch
from PIL import Image as PILImage
from fastcourse.core import listify, get_files
from fastcourse.data_block import ItemList, CategoryList, FloatList, ItemLists
from fastcourse.basic_data import DataBunch, DatasetType
from fastcourse.vision.image import Image, subplots
from fastcourse.vision.transform import ImagePipeline
from fastcourse.vision.models import imagenet_stats, cifar_stats, mnist_stats, inception_stats

image_extensions = set(PILImage.registered_extensions()) 

def get_image_files(path, recurse=False): return get_files(path, extensions=image_extensions, recurse=recurse)

class ImageDataBunch(DataBunch):
    _square_show = True
    @classmethod
    def create_from_ll(cls, lls, ds_tfms=None, size=None, bs=64, val_bs=None, num_workers=None, device=None, test=None, resize_method=None, **kwargs):
        lls = lls.transform(ds_tfms, size=size, resize_method=resize_method)
        if test is not None: lls.add_test_folder(test) if isinstance(test, str) else lls.add_test(test)
        return lls.databunch(bs=bs, val_bs=val_bs, num_workers=num_workers, device=device, **kwargs)
    @classmethod
    def from_folder(cls, path, train='train', valid='valid', test=None, valid_pct=None, seed=None, classes=None, **kwargs):
        il = ImageList.from_folder(path, exclude=test)
        src = il.split_by_folder(train, valid) if valid_pct is None else il.split_by_rand_pct(valid_pct, seed)
        return cls.create_from_ll(src.label_from_folder(classes=classes), test=test, **kwargs)
    @classmethod
    def from_df(cls, path, df, folder=None, label_delim=None, valid_pct=.2, seed=None, fn_col=0, label_col=1, suffix='', **kwargs):
        src = ImageList.from_df(df, path, cols=fn_col, folder=folder, suffix=suffix).split_by_rand_pct(valid_pct, seed)
        lk = {} if label_delim is None else dict(label_delim=label_delim)
        return cls.create_from_ll(src.label_from_df(cols=label_col, **lk), **kwargs)
    @classmethod
    def from_csv(cls, path, folder=None, label_delim=None, csv_labels='labels.csv', valid_pct=.2, fn_col=0, label_col=1, suffix='', delimiter=None, header='infer', **kwargs):
        from fastcourse.data_block import read_csv
        df = read_csv(Path(path)/csv_labels, delimiter, header)
        return cls.from_df(path, df, folder, label_delim, valid_pct, None, fn_col, label_col, suffix, **kwargs)
    @classmethod
    def from_lists(cls, path, fnames, labels, valid_pct=.2, seed=None, **kwargs):
        if len(fnames) != len(labels): raise ValueError(f'{len(fnames)} file names but {len(labels)} labels')
        m = dict(zip(fnames, labels))
        return cls.from_name_func(path, fnames, lambda o: m[o], valid_pct, seed, **kwargs)
    @classmethod
    def from_name_func(cls, path, fnames, label_func, valid_pct=.2, seed=None, **kwargs):
        return cls.create_from_ll(ImageList(fnames, path=path).split_by_rand_pct(valid_pct, seed).label_from_func(label_func), **kwargs)
    @classmethod
    def from_name_re(cls, path, fnames, pat, valid_pct=.2, **kwargs):
        return cls.create_from_ll(ImageList(fnames, path=path).split_by_rand_pct(valid_pct).label_from_re(pat, full_path=True), **kwargs)
    def batch_stats(self, ds_type=DatasetType.Train):
        x = self.one_batch(ds_type, denorm=False)[0].transpose(0, 1).flatten(1)
        return [x.mean(1), x.std(1)]
    def normalize(self, stats=None, do_x=True, do_y=False):
        if self.norm: raise ValueError('this data is normalized already')
        self.stats = self.batch_stats() if stats is None else stats
        m, s = (torch.as_tensor(o, dtype=torch.float32)[:, None, None] for o in self.stats)
        def norm(b):
            x, y = b
            if do_x: x = (x-m.to(x.device))/s.to(x.device)
            if do_y and y.ndim == 4: y = (y-m.to(y.device))/s.to(y.device)
            return x, y
        self.norm, self.denorm = norm, lambda x: (x.cpu()*s+m).clamp(0, 1)
        self.add_tfm(norm)
        return self

class ImageList(ItemList):
    _bunch, _item_cls, _square_show = ImageDataBunch, Image, True
    def __init__(self, items, convert_mode='RGB', after_open=None, **kwargs):
        super().__init__(items, **kwargs)
        self.convert_mode, self.after_open = convert_mode, after_open
        self.copy_new = [*self.copy_new, 'convert_mode', 'after_open']
    def open(self, fn): return self._item_cls.from_file(fn, self.convert_mode)
    def get(self, i): return self.open(self.path/self.items[i])
    @classmethod
    def from_folder(cls, path='.', extensions=None, recurse=True, include=None, exclude=None, **kwargs):
        return super().from_folder(path, extensions or image_extensions, recurse, include, exclude, **kwargs)
    @classmethod
    def from_df(cls, df, path='.', cols=0, folder=None, suffix='', **kwargs):
        res = super().from_df(df, path=path, cols=cols, **kwargs)
        base = Path(path)/(folder or '.')
        from fastcourse.data_block import _as_items
        res.items = _as_items([base/f'{o}{suffix}' for o in res.items])
        return res
    def new_pipeline(self, y, tfms=None, **kwargs): return ImagePipeline(self._item_cls, y._item_cls, tfms, **kwargs)
    def reconstruct(self, t, x=None): return self._item_cls(t.float().clamp(0, 1))
    def show_xys(self, xs, ys, imgsize=4, figsize=None, **kwargs):
        rows = math.ceil(math.sqrt(len(xs)))
        axes = subplots(rows, rows, imgsize, figsize)
        for x, y, ax in zip(xs, ys, axes.flat): x.show(ax=ax, y=y, **kwargs)
        return axes
ImageItemList = ImageList
