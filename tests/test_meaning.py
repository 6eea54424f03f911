"What weights mean is kept beside them: names, tokenizer, units; what differs is said, refused, or mapped where that is exact."
import warnings

import numpy as np
import pandas as pd
import pytest
import torch

from fastcourse.tabular import Categorify, FillMissing, Normalize, TabularDataBunch, tabular_learner
from fastcourse.text import (AWD_LSTM, TextClasDataBunch, Tokenizer, Transformer, TransformerXL,
                             text_classifier_learner)

WORDS = {'neg': 'bad awful poor dull'.split(), 'pos': 'good great fine lovely'.split()}
SMALL = dict(d_model=8, n_heads=2, n_layers=1, d_head=4, d_inner=8, ctx_len=40)
ARCHS = [(AWD_LSTM, dict(emb_sz=8, n_hid=8, n_layers=1)), (Transformer, SMALL), (TransformerXL, SMALL | dict(mem_len=8))]

def reviews():
    rng = np.random.RandomState(0)
    labels = rng.choice([*WORDS], 40)
    texts = [' '.join(rng.permutation([*rng.choice('the film was it and'.split(), 5), *rng.choice(WORDS[o], 3)]))
             for o in labels]
    return pd.DataFrame(dict(label=labels, text=texts))

def text_data(df, path, **kw):
    return TextClasDataBunch.from_df(path, df[:30], df[30:], text_cols='text', label_cols='label', bs=8, num_workers=0, **kw)

def classifier(data, arch=AWD_LSTM, config=ARCHS[0][1]):
    learn = text_classifier_learner(data, arch, config=config, pretrained=False)
    learn.silent = True
    return learn

def praise(learn, texts):
    "How sure the learner is that each text is positive."
    return torch.stack([probs[learn.data.classes.index('pos')] for _, _, probs in learn.predict([*texts])])

@pytest.mark.parametrize('arch,config', ARCHS)
def test_words_and_classes_are_mapped(tmp_path, arch, config):
    "The same words and classes in another order: refused, or put in order, and the answers are the same."
    df = reviews()
    learn = classifier(text_data(df, tmp_path), arch, config)
    learn.fit(5, 3e-2)
    learn.save('x')
    data = text_data(df.sample(frac=1, random_state=3), tmp_path, classes=['pos', 'neg'])
    assert data.vocab.itos != learn.data.vocab.itos and sorted(data.vocab.itos) == sorted(learn.data.vocab.itos)
    again = classifier(data, arch, config)
    with pytest.raises(ValueError, match='map_names=True'): again.load('x')
    again.load('x', map_names=True)
    torch.testing.assert_close(praise(again, df.text), praise(learn, df.text), rtol=1e-3, atol=1e-4)

def test_tokenizer(tmp_path):
    "The same vocabulary, and texts that are cut differently."
    df = reviews()
    learn = classifier(text_data(df, tmp_path))
    learn.save('x')
    cut = text_data(df, tmp_path, vocab=learn.data.vocab, tokenizer=Tokenizer(lang='de', post_rules=[]))
    with pytest.raises(ValueError, match="tokenizer: .*'en' missing and 'de' new"): classifier(cut).load('x')
    classifier(text_data(df, tmp_path, vocab=learn.data.vocab)).load('x')

def people(n=300):
    rng = np.random.RandomState(0)
    return pd.DataFrame(dict(color=rng.choice(['red', 'green', 'blue'], n), age=rng.normal(40, 10, n), price=rng.rand(n)))

def table_learner(df, path, valid=range(60), procs=(FillMissing, Categorify, Normalize)):
    data = TabularDataBunch.from_df(path, df, 'price', valid, procs=[*procs], cat_names=['color'], cont_names=['age'],
                                    num_workers=0, bs=16)
    return tabular_learner(data, layers=[8])

def test_units(tmp_path, capsys):
    "Columns and labels in another unit are refused; another split of the same table is said."
    df = people()
    learn = table_learner(df, tmp_path)
    learn.save('x')
    for other, what in ((df.assign(age=df.age*12), 'mean and deviation of age'), (df.assign(price=df.price*100), 'label 0')):
        with pytest.raises(ValueError, match=what): table_learner(other, tmp_path).load('x')
        with pytest.raises(ValueError, match=what): learn.data = table_learner(other, tmp_path).data
    with pytest.raises(ValueError, match="'Normalize' missing"):
        table_learner(df, tmp_path, procs=(FillMissing, Categorify)).load('x')
    capsys.readouterr()
    table_learner(df, tmp_path).load('x')
    assert capsys.readouterr().out == ''
    table_learner(df, tmp_path, range(240, 300)).load('x')
    assert 'scaled a little differently. filler of age' in capsys.readouterr().out
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter('always')
        learn.data = table_learner(df, tmp_path, range(240, 300)).data
    assert 'a little differently' in str(said[0].message)
