"SmolLM2 computes what other programs compute with its file. Skipped where the weights are not on this machine; nothing is fetched."
import pytest
import torch
from fastcourse.text.models.smollm import SmolLM2, load_smollm
from fastcourse.text.pieces import PieceProcessor
from fastcourse.weights import offline_models

pytestmark = pytest.mark.skipif(not offline_models().set_index('name').here['smollm2'], reason='the weights are not here')
SAID = 'The story is dull, and the actors do not save it.'

@pytest.fixture(scope='module')
def cutter(): return PieceProcessor()

def test_pieces(cutter):
    "As the package `tokenizers` 0.22 cuts with the pieces and merges of the file; so it did with 1000 reviews of films."
    assert cutter.encode(SAID).tolist() == [504, 1977, 314, 19724, 28, 284, 260, 11064, 536, 441, 3898, 357, 30]

def test_activations(cutter):
    "As `transformers` 4.57 computes them behind layer 24; the largest activation there is 22,458, and nowhere did they differ by more than 1.1e-4."
    net = load_smollm(SmolLM2(len(cutter.vocab), n_layers=24), cutter.vocab.itos).eval()
    with torch.no_grad(): out = net(torch.tensor(cutter.encode(SAID).tolist())[:, None])[0][-1][:, 0]  # (13, 576)
    assert out[-1, :5].tolist() == pytest.approx([-.046853, -5.840215, -2.778524, .636244, 3.835655], abs=1e-3)
    assert out.abs().max().item() == pytest.approx(22457.77, rel=1e-4)
