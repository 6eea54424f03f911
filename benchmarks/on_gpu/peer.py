"The peer's share of `on_gpu`, where fastai 2.8 is installed: trains one epoch for each line on standard input, and answers with the seconds it took."
import sys, warnings
from pathlib import Path
warnings.filterwarnings('ignore')
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import torch
from benchmarks.on_gpu.bare import CATS, LR, N_MASKS, NUMS, Nothing, Resident, made_pictures, made_ratings, made_streets, made_table, resnet, seconds, work, workers
from benchmarks.tables.bare import FACTORS, HIDDEN, RANGE

def in_bf16(dl, model, **kwargs):
    "A learner of pictures that lie on the card."
    from fastai.vision.all import CrossEntropyLossFlat, DataLoaders, Learner
    dls = DataLoaders(dl, Nothing(dl.device), device=dl.device)
    return Learner(dls, model.to(memory_format=torch.channels_last), loss_func=CrossEntropyLossFlat(**kwargs)).to_bf16()

def resident(w, folder): return in_bf16(Resident(*made_pictures(w), w.picture_bs), resnet(w))

def jpeg(w, folder):
    from fastai.vision.all import (CategoryBlock, CrossEntropyLossFlat, DataBlock, ImageBlock, Learner, Normalize, Resize, aug_transforms,
                                   get_image_files, imagenet_stats)
    block = DataBlock((ImageBlock, CategoryBlock), get_items=get_image_files, get_y=lambda p: p.name.split('_')[0], splitter=lambda o: (list(range(len(o))), []),
                      item_tfms=Resize(w.size), batch_tfms=[*aug_transforms(max_rotate=10., max_zoom=1.1, max_warp=.2, max_lighting=.2),
                                                            Normalize.from_stats(*imagenet_stats)])
    dls = block.dataloaders(folder, bs=w.picture_bs, num_workers=workers(), device=w.device)
    return Learner(dls, resnet(w).to(memory_format=torch.channels_last), loss_func=CrossEntropyLossFlat()).to_bf16()

def unet(w, folder):
    from fastai.vision import all as vision
    model = vision.create_unet_model(getattr(vision, w.unet), N_MASKS, w.street_size, pretrained=False)
    return in_bf16(Resident(*made_streets(w), w.street_bs), model, axis=1)

def texts(w, folder):
    from fastai.text.all import (AWD_LSTM, CrossEntropyLossFlat, DataLoaders, Learner, ModelResetter, RNNCallback, RNNRegularizer,
                                 awd_lstm_lm_config, awd_lstm_lm_split, get_language_model)
    from benchmarks.language_model.bare import BS, SEQ, WORDS
    n = w.n_batches
    x = torch.randint(2, WORDS, (BS, SEQ*n + 1), generator=torch.Generator().manual_seed(0)).to(w.device)
    class Batches(Nothing):
        bs, dataset = BS, range(n)
        def __len__(self): return n
        def __iter__(self):
            for i in range(0, n*SEQ, SEQ): yield x[:, i:i + SEQ].contiguous(), x[:, i + 1:i + SEQ + 1].contiguous()
    model = get_language_model(AWD_LSTM, WORDS, config=awd_lstm_lm_config | dict(emb_sz=w.emb, n_hid=w.n_hid), drop_mult=1.)
    return Learner(DataLoaders(Batches(w.device), Nothing(w.device), device=w.device), model, loss_func=CrossEntropyLossFlat(),
                   splitter=awd_lstm_lm_split, cbs=[ModelResetter(), RNNCallback(), RNNRegularizer(alpha=2., beta=1.)])

def rows(w, folder):
    from fastai.tabular.all import Categorify, Normalize, TabularPandas, tabular_learner
    table = made_table(w)
    table = TabularPandas(table, [Categorify, Normalize], CATS[:], NUMS[:], y_names='y', splits=(list(range(1, len(table))), [0]))
    return tabular_learner(table.dataloaders(bs=w.row_bs, device=w.device), layers=HIDDEN)

def ratings(w, folder):
    from fastai.collab import CollabDataLoaders, collab_learner
    from fastai.data.transforms import IndexSplitter
    dls = CollabDataLoaders.from_df(made_ratings(w), bs=w.rating_bs, splitter=IndexSplitter(list(range(10))), device=w.device)
    return collab_learner(dls, n_factors=FACTORS, y_range=RANGE)

def main():
    kind, folder, device, *quick = sys.argv[1:]
    learn = dict(resident=resident, jpeg=jpeg, unet=unet, texts=texts, rows=rows, ratings=ratings)[kind](work(device, bool(quick)), folder)
    def epoch():
        with learn.no_bar(), learn.no_logging(): learn.fit(1, LR)
    for _ in sys.stdin: print(seconds(epoch)[0], flush=True)

if __name__ == '__main__': main()
