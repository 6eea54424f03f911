"A U-Net leaves for ONNX: onnxruntime gives what the module gives, for sizes of which some are not multiples of 32."
import pytest, torch
pytest.importorskip('onnxscript')
ort = pytest.importorskip('onnxruntime')
from torch import nn
from fastcourse.layers import NormType, conv_layer
from fastcourse.torch_core import set_seed
from fastcourse.vision.unet import DynamicUnet, ResUnetBlock

def body(): return nn.Sequential(*(conv_layer(a, b, stride=2) for a, b in ((3, 8), (8, 16), (16, 24))))

@pytest.mark.parametrize('size, kw', [((32, 48), {}), ((37, 50), dict(blur=True, self_attention=True, y_range=(-3., 3.))),
                                      ((32, 32), dict(block=ResUnetBlock, bottle=True, norm_type=NormType.Batch)),
                                      ((24, 24), dict(last_cross=False, norm_type=NormType.Spectral))])
def test_onnx_gives_the_same(tmp_path, size, kw):
    set_seed(0)
    net = DynamicUnet(body(), 5, size, **kw)
    x = torch.randn(4, 3, *size)
    for _ in range(3): net(x)  # statistics of batches
    net.eval()
    torch.onnx.export(net, (x[:2],), tmp_path/'net.onnx', dynamo=True, verbose=False)
    session = ort.InferenceSession(tmp_path/'net.onnx')
    got, = session.run(None, {session.get_inputs()[0].name: x[:2].numpy()})
    want = net(x[:2]).detach()
    assert tuple(got.shape) == (2, 5, *size)
    torch.testing.assert_close(torch.from_numpy(got), want, rtol=1e-3, atol=1e-4)
