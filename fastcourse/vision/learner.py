"draft"
import warnings, torch
from torch import nn
from fastcourse.basic_train import Learner
from fastcourse.vision.models import create_cnn_model, cnn_splits, model_stats
def cnn_learner(data, base_arch, cut=None, pretrained=True, lin_ftrs=None, ps=.5, custom_head=None, split_on=None, bn_final=False,
               init=nn.init.kaiming_normal_, concat_pool=True, **learner_args):
    model = create_cnn_model(base_arch, data.c, cut, pretrained, lin_ftrs, ps, custom_head, bn_final, concat_pool, init)
    learn = Learner(data, model.to(memory_format=torch.channels_last), **learner_args)
    learn.split(split_on or cnn_splits(base_arch))
    if pretrained: learn.freeze()
    return learn
create_cnn = ConvLearner = cnn_learner
