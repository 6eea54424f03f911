"The peer's share of `on_gpu`, where fastai 2.8 is installed: trains one epoch for each line on standard input, and answers with the seconds it took."
import sys, warnings
from pathlib import Path
warnings.filterwarnings('ignore')
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import torch
from benchmarks.on_gpu.bare import (CARD, CATS, LR, NUMS, RATING_BS, ROW_BS, SIZE, PICTURE_BS, Nothing, Resident, made_ratings, made_table, resnet50,
                                    seconds, workers)
from benchmarks.tables.bare import FACTORS, HIDDEN, RANGE

def resident(folder):
    from fastai.vision.all import CrossEntropyLossFlat, DataLoaders, Learner
    return Learner(DataLoaders(Resident(), Nothing(), device=CARD), resnet50().to(memory_format=torch.channels_last), loss_func=CrossEntropyLossFlat()).to_bf16()

def jpeg(folder):
    from fastai.vision.all import (CategoryBlock, CrossEntropyLossFlat, DataBlock, ImageBlock, Learner, Normalize, Resize, aug_transforms,
                                   get_image_files, imagenet_stats)
    block = DataBlock((ImageBlock, CategoryBlock), get_items=get_image_files, get_y=lambda p: p.name.split('_')[0], splitter=lambda o: (list(range(len(o))), []),
                      item_tfms=Resize(SIZE), batch_tfms=[*aug_transforms(max_rotate=10., max_zoom=1.1, max_warp=.2, max_lighting=.2),
                                                          Normalize.from_stats(*imagenet_stats)])
    dls = block.dataloaders(folder, bs=PICTURE_BS, num_workers=workers(), device=CARD)
    return Learner(dls, resnet50().to(memory_format=torch.channels_last), loss_func=CrossEntropyLossFlat()).to_bf16()

def texts(folder):
    from fastai.text.all import (AWD_LSTM, CrossEntropyLossFlat, DataLoaders, Learner, ModelResetter, RNNCallback, RNNRegularizer,
                                 awd_lstm_lm_split, get_language_model)
    from benchmarks.language_model.bare import BS, SEQ, WORDS
    n = 40
    x = torch.randint(2, WORDS, (BS, SEQ*n + 1), generator=torch.Generator().manual_seed(0)).to(CARD)
    class Batches(Nothing):
        bs, dataset = BS, range(n)
        def __len__(self): return n
        def __iter__(self):
            for i in range(0, n*SEQ, SEQ): yield x[:, i:i + SEQ].contiguous(), x[:, i + 1:i + SEQ + 1].contiguous()
    return Learner(DataLoaders(Batches(), Nothing(), device=CARD), get_language_model(AWD_LSTM, WORDS, drop_mult=1.), loss_func=CrossEntropyLossFlat(),
                   splitter=awd_lstm_lm_split, cbs=[ModelResetter(), RNNCallback(), RNNRegularizer(alpha=2., beta=1.)])

def rows(folder):
    from fastai.tabular.all import Categorify, Normalize, TabularPandas, tabular_learner
    table = made_table()
    table = TabularPandas(table, [Categorify, Normalize], CATS[:], NUMS[:], y_names='y', splits=(list(range(1, len(table))), [0]))
    return tabular_learner(table.dataloaders(bs=ROW_BS, device=CARD), layers=HIDDEN)

def ratings(folder):
    from fastai.collab import CollabDataLoaders, collab_learner
    from fastai.data.transforms import IndexSplitter
    dls = CollabDataLoaders.from_df(made_ratings(), bs=RATING_BS, splitter=IndexSplitter(list(range(10))), device=CARD)
    return collab_learner(dls, n_factors=FACTORS, y_range=RANGE)

def main():
    learn = dict(resident=resident, jpeg=jpeg, texts=texts, rows=rows, ratings=ratings)[sys.argv[1]](sys.argv[2])
    def epoch():
        with learn.no_bar(), learn.no_logging(): learn.fit(1, LR)
    for _ in sys.stdin: print(seconds(epoch)[0], flush=True)

if __name__ == '__main__': main()
