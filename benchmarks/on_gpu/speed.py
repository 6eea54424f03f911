"""Training on a card, a kind of work at a time: time over the bare loop, and over the peer.

`python -m benchmarks.on_gpu.speed resident|jpeg|texts|rows|ratings`. Validation is left out on both sides.
"""
import statistics, sys, tempfile, torch, warnings
from ..timing import PEER, Peer, Report, arguments, interleave, ratio
from ..pictures.ours import write_photos
from ..tables.bare import FACTORS, HIDDEN, RANGE, Dot, Net
from .bare import (CARD, CATS, ITEMS, LR, N_CONT, N_JPEGS, N_RATINGS, N_ROWS, NUMS, PICTURE_BS, RATING_BS, ROW_BS, SIZE, SIZES, USERS, Files, Nothing,
                   Resident, bare_fit, made_ratings, made_rows, made_table, resnet50, rows_of, seconds, workers)
from pathlib import Path
from torch.nn import functional as F
from fastcourse.vision import *

def fast(learn): return learn.channels_last().to_bf16()

def resident(folder):
    "ResNet-50 in bfloat16, pictures of 224 pixels that lie on the card as bytes."
    dl = Resident()
    ours = fast(Learner(DataBunch(dl, Nothing(), no_check=True), resnet50(), loss_func=nn.CrossEntropyLoss(), silent=True))
    bare = bare_fit(resnet50().to(memory_format=torch.channels_last), lambda: dl, F.cross_entropy, bf16=True)
    return dict(bare=bare, ours=lambda: ours.fit(1, LR)), len(dl)*PICTURE_BS, 'pictures', 1.03

def jpeg(folder):
    "ResNet-50 in bfloat16, from JPEG files of 375 x 500 pixels; ours with all usual transforms, the bare loader cuts and mirrors."
    write_photos(folder, N_JPEGS, (500, 375), range(37))
    data = ImageDataBunch.from_name_re(folder, get_image_files(folder), r'(\d+)_\d+\.jpg$', valid_pct=0., ds_tfms=get_transforms(), size=SIZE,
                                       bs=PICTURE_BS, num_workers=workers(), device='cuda').normalize(imagenet_stats)
    ours = fast(Learner(data, resnet50(), loss_func=nn.CrossEntropyLoss(), silent=True))
    dl = torch.utils.data.DataLoader(Files(folder), PICTURE_BS, shuffle=True, drop_last=True, num_workers=workers(), pin_memory=True, persistent_workers=True)
    def batches():
        for x, y in dl: yield (x.to(CARD, non_blocking=True).float() - 127.5)/60, y.to(CARD, non_blocking=True)
    bare = bare_fit(resnet50().to(memory_format=torch.channels_last), batches, F.cross_entropy, bf16=True)
    return dict(bare=bare, ours=lambda: ours.fit(1, LR)), N_JPEGS//PICTURE_BS*PICTURE_BS, 'pictures', 1.2

def texts(folder):
    "A language model of the usual size, 400/1152/3, all dropouts and penalties; the bare loop has none."
    from ..language_model.bare import BS, SEQ, WORDS, bare
    from ..language_model.ours import ours
    n = 40
    tokens = torch.randint(2, WORDS, (BS*SEQ*n + 1,), generator=torch.Generator().manual_seed(0))
    return dict(bare=bare(tokens, n, 0, CARD), ours=ours(tokens, n, 0, CARD)), BS*SEQ*n, 'tokens', 1.2

def rows(folder):
    "A table of 400,000 rows with 7 categories and 6 numbers, 1,024 rows a batch, as `tabular_learner` has it; the bare loop's rows lie on the card."
    from fastcourse.tabular import Categorify, Normalize, TabularList, tabular_learner
    src = TabularList.from_df(made_table(), cat_names=CATS, cont_names=NUMS, procs=[Categorify, Normalize])
    data = src.split_by_idx([0]).label_from_df('y').databunch(bs=ROW_BS, device='cuda')
    learn = tabular_learner(data, HIDDEN, silent=True)
    on_card = [torch.from_numpy(o).to(CARD) for o in made_rows()]
    bare = bare_fit(Net(SIZES, N_CONT), lambda: rows_of(on_card, ROW_BS), F.cross_entropy)
    return dict(bare=bare, ours=lambda: learn.fit(1, LR)), N_ROWS//ROW_BS*ROW_BS, 'rows', 1.2

def ratings(folder):
    "A million ratings of 6,000 users and 4,000 items, 50 factors, 1,024 a batch; the bare loop's ratings lie on the card."
    from fastcourse.collab import CollabDataBunch, collab_learner
    df = made_ratings()
    data = CollabDataBunch.from_df(df, valid_pct=1e-5, seed=1, bs=RATING_BS, device='cuda')
    learn = collab_learner(data, n_factors=FACTORS, y_range=RANGE, silent=True)
    on_card = [torch.from_numpy(df[k].to_numpy()).to(CARD) for k in df]
    bare = bare_fit(Dot(USERS, ITEMS), lambda: rows_of(on_card, RATING_BS), F.mse_loss)
    return dict(bare=bare, ours=lambda: learn.fit(1, LR)), N_RATINGS//RATING_BS*RATING_BS, 'ratings', 1.2

KINDS = dict(resident=resident, jpeg=jpeg, texts=texts, rows=rows, ratings=ratings)

def with_peer(peer):
    "The peer as a case, if it does its work once; else nothing, and its error is on the screen."
    try: peer()
    except (IndexError, OSError): return {}
    return dict(peer=peer)

TITLES = dict(resident='ResNet-50, pictures on the card', jpeg='ResNet-50, from JPEG files', texts='language model', rows='table', ratings='ratings')

def main():
    kind = sys.argv.pop(1)
    args, report = arguments(__doc__, 5, peer=PEER), Report()
    warnings.filterwarnings('ignore')
    with tempfile.TemporaryDirectory() as folder:
        cases, n, unit, bound = KINDS[kind](Path(folder))
        if args.peer: cases |= with_peer(Peer(args.peer, 'on_gpu', kind, folder))
        took = interleave(cases, args.rounds, lambda f: (f(),)*2 if isinstance(f, Peer) else seconds(f))
    rate = {k: f'{n/statistics.median(o[0] for o in v):,.0f}' for k, v in took.items()}
    note = ', '.join(f'{k} {v}' for k, v in rate.items()) + f' {unit}/s'
    for base, most in (('bare', bound), ('peer', 1.)):
        name = f"{TITLES[kind]}: time over {'the bare loop' if base == 'bare' else 'the peer'}"
        if base in took: report.add(name, ratio(took, 'ours', base), most, note=note)
    report.finish(args)

if __name__ == '__main__': main()
