"""Training on a card, a kind of work at a time: time over the bare loop, and over the peer.

`python -m benchmarks.on_gpu.speed resident|jpeg|unet|texts|rows|ratings`. Validation is left out on both sides.
"""
import math, statistics, sys, tempfile, torch, warnings
from ..timing import PEER, Peer, Report, arguments, interleave, ratio
from ..pictures.ours import write_photos
from ..tables.bare import FACTORS, HIDDEN, RANGE, Dot, Net
from .bare import (CATS, LR, N_CONT, N_MASKS, NUMS, SIZES, Files, Nothing, Resident, bare_fit, made_pictures, made_ratings, made_rows, made_streets,
                   made_table, resnet, rows_of, seconds, work, workers)
from pathlib import Path
from torch.nn import functional as F
from fastcourse.vision import *
from fastcourse.vision.unet import create_unet_model

def fast(learn): return learn.channels_last().to_bf16()
def last(model): return model.to(memory_format=torch.channels_last)

def resident(w, folder):
    "A ResNet in bfloat16, pictures that lie on the card as bytes."
    dl = Resident(*made_pictures(w), w.picture_bs)
    ours = fast(Learner(DataBunch(dl, Nothing(w.device), no_check=True), resnet(w), loss_func=nn.CrossEntropyLoss(), silent=True))
    bare = bare_fit(last(resnet(w)), lambda: dl, F.cross_entropy, w.device, bf16=True)
    return dict(bare=bare, ours=lambda: ours.fit(1, LR)), len(dl)*w.picture_bs, 'pictures', 1.03

def jpeg(w, folder):
    "A ResNet in bfloat16, from JPEG files of 375 x 500 pixels; ours with all usual transforms, the bare loader cuts and mirrors."
    write_photos(folder, w.jpegs, (500, 375), range(37))
    data = ImageDataBunch.from_name_re(folder, get_image_files(folder), r'(\d+)_\d+\.jpg$', valid_pct=0., ds_tfms=get_transforms(), size=w.size,
                                       bs=w.picture_bs, num_workers=workers(), device=w.device).normalize(imagenet_stats)
    ours = fast(Learner(data, resnet(w), loss_func=nn.CrossEntropyLoss(), silent=True))
    dl = torch.utils.data.DataLoader(Files(folder, w.size), w.picture_bs, shuffle=True, drop_last=True, num_workers=workers(),
                                     pin_memory=w.device.type == 'cuda', persistent_workers=True)
    def batches():
        for x, y in dl: yield (x.to(w.device, non_blocking=True).float() - 127.5)/60, y.to(w.device, non_blocking=True)
    bare = bare_fit(last(resnet(w)), batches, F.cross_entropy, w.device, bf16=True)
    return dict(bare=bare, ours=lambda: ours.fit(1, LR)), w.jpegs//w.picture_bs*w.picture_bs, 'pictures', 1.2

def unet(w, folder):
    "A U-Net in bfloat16, a class for each pixel, pictures that lie on the card as bytes; the same network on both sides."
    dl = Resident(*made_streets(w), w.street_bs)
    def net(): return create_unet_model(w.unet, N_MASKS, w.street_size, pretrained=False)
    ours = fast(Learner(DataBunch(dl, Nothing(w.device), no_check=True), net(), loss_func=nn.CrossEntropyLoss(), silent=True))
    bare = bare_fit(last(net()), lambda: dl, F.cross_entropy, w.device, bf16=True)
    return dict(bare=bare, ours=lambda: ours.fit(1, LR)), len(dl)*w.street_bs, 'pictures', 1.05

def texts(w, folder):
    "A language model of the usual size, 400/1152/3, all dropouts and penalties; the bare loop has none."
    from ..language_model.bare import BS, SEQ, WORDS, bare
    from ..language_model.ours import ours
    n, sizes = w.n_batches, dict(emb=w.emb, n_hid=w.n_hid)
    tokens = torch.randint(2, WORDS, (BS*SEQ*n + 1,), generator=torch.Generator().manual_seed(0))
    return dict(bare=bare(tokens, n, 0, w.device, **sizes), ours=ours(tokens, n, 0, w.device, **sizes)), BS*SEQ*n, 'tokens', 1.2

def rows(w, folder):
    "A table with 7 categories and 6 numbers, as `tabular_learner` has it; the bare loop's rows lie on the card."
    from fastcourse.tabular import Categorify, Normalize, TabularList, tabular_learner
    src = TabularList.from_df(made_table(w), cat_names=CATS, cont_names=NUMS, procs=[Categorify, Normalize])
    data = src.split_by_idx([0]).label_from_df('y').databunch(bs=w.row_bs, device=w.device)
    learn = tabular_learner(data, HIDDEN, silent=True)
    on_card = [torch.from_numpy(o).to(w.device) for o in made_rows(w)]
    bare = bare_fit(Net(SIZES, N_CONT), lambda: rows_of(on_card, w.row_bs), F.cross_entropy, w.device)
    return dict(bare=bare, ours=lambda: learn.fit(1, LR)), w.rows//w.row_bs*w.row_bs, 'rows', 1.2

def ratings(w, folder):
    "Ratings that users gave to items, 50 factors; the bare loop's ratings lie on the card."
    from fastcourse.collab import CollabDataBunch, collab_learner
    df = made_ratings(w)
    data = CollabDataBunch.from_df(df, valid_pct=10/len(df), seed=1, bs=w.rating_bs, device=w.device)
    learn = collab_learner(data, n_factors=FACTORS, y_range=RANGE, silent=True)
    on_card = [torch.from_numpy(df[k].to_numpy()).to(w.device) for k in df]
    bare = bare_fit(Dot(w.users, w.items), lambda: rows_of(on_card, w.rating_bs), F.mse_loss, w.device)
    return dict(bare=bare, ours=lambda: learn.fit(1, LR)), w.ratings//w.rating_bs*w.rating_bs, 'ratings', 1.2

KINDS = dict(resident=resident, jpeg=jpeg, unet=unet, texts=texts, rows=rows, ratings=ratings)

def with_peer(peer):
    "The peer as a case, if it does its work once; else nothing, and its error is on the screen."
    try: peer()
    except (IndexError, OSError): return {}
    return dict(peer=peer)

TITLES = dict(resident='ResNet-50, pictures on the card', jpeg='ResNet-50, from JPEG files', unet='U-Net on a ResNet-34, 360 x 480 pixels',
              texts='language model', rows='table', ratings='ratings')

def main():
    kind = sys.argv.pop(1)
    args, report = arguments(__doc__, 5, peer=PEER, device=dict(default='cuda')), Report()
    warnings.filterwarnings('ignore')
    with tempfile.TemporaryDirectory() as folder:
        cases, n, unit, bound = KINDS[kind](work(args.device, args.quick), Path(folder))
        if args.peer: cases |= with_peer(Peer(args.peer, 'on_gpu', kind, folder, args.device, *['quick']*args.quick))
        took = interleave(cases, args.rounds, lambda f: (f(),)*2 if isinstance(f, Peer) else seconds(f))
    rate = {k: f'{n/statistics.median(o[0] for o in v):,.0f}' for k, v in took.items()}
    note = ', '.join(f'{k} {v}' for k, v in rate.items()) + f' {unit}/s'
    for base, most in (('bare', bound), ('peer', 1.)):
        title = f'{kind}, tiny' if args.quick else TITLES[kind]
        name = f"{title}: time over {'the bare loop' if base == 'bare' else 'the peer'}"
        if base in took: report.add(name, ratio(took, 'ours', base), math.inf if args.quick else most, note=note)
    report.finish(args)

if __name__ == '__main__': main()
