"A user's environment: no notebook tools, the newest of each requirement. Run outside the checkout, with the library installed."
import importlib.util, json, math, os, subprocess, sys, tempfile
from importlib.metadata import version
from pathlib import Path

READ = """import json, sys
from fastcourse.export import load_learner
learn = load_learner(sys.argv[1])
name, _, probs = learn.predict(sys.argv[2])
print(json.dumps([str(name), probs.tolist(), len(learn.data.train_ds)]))"""

ABSENT = 'nbdev', 'execnb', 'notebook', 'jupyterlab', 'nbclient', 'pytest'

def main():
    os.environ['FASTCOURSE_HOME'] = tempfile.mkdtemp()
    os.environ.pop('FASTCOURSE_MIRROR', None)
    import fastcourse
    assert 'site-packages' in fastcourse.__file__, f'not the installed library: {fastcourse.__file__}'
    assert (Path(fastcourse.__file__).parent/'py.typed').exists() and (Path(fastcourse.__file__).parent/'basic_train.pyi').exists(), 'no stubs for editors'
    found = [o for o in ABSENT if importlib.util.find_spec(o)]
    assert not found, f'this is not a bare environment, it holds {found}'
    import fastcourse.core
    assert 'torch' not in sys.modules, 'fastcourse.core loads torch'
    names = {}
    exec('from fastcourse import *', names)
    exec('from fastcourse.vision import *', names)
    for o in 'URLs untar_data ImageList ImageDataBunch create_cnn ClassificationInterpretation np pd plt torch nn F Path partial'.split():
        assert o in names, f'the star imports do not bring {o}'
    from fastcourse.vision import ImageDataBunch, Learner, accuracy, set_seed, simple_cnn, toy_digits
    set_seed(0)
    data = ImageDataBunch.from_folder(toy_digits(), size=28, bs=16, num_workers=0)
    learn = Learner(data, simple_cnn((3, 16, 32, 10)), metrics=accuracy)
    learn.fit_one_cycle(3, 1e-2)
    right = float(learn.validate()[1])
    print(f"fastcore {version('fastcore')}, torch {version('torch')}, accuracy {right:.3f}, {Path(fastcourse.__file__).parent.name} installed")
    assert right > .5, f'accuracy {right:.3f} on the toy digits'
    exported(learn, tempfile.mkdtemp())
    texts(tempfile.mkdtemp())

def texts(folder):
    "Reviews are tokenized by spaCy, a small network learns from them, and another process reads what was exported."
    from fastcourse.text import AWD_LSTM, TextClasDataBunch, set_seed, text_classifier_learner, toy_reviews
    set_seed(0)
    data = TextClasDataBunch.from_csv(toy_reviews(), 'texts.csv', bs=32)
    config = dict(emb_sz=64, n_hid=128, n_layers=2)
    learn = text_classifier_learner(data, AWD_LSTM, config=config, pretrained=False, drop_mult=.3)
    learn.fit_one_cycle(4, 1e-2)
    right = float(learn.validate()[1])
    print(f"spaCy {version('spacy')}, accuracy {right:.3f} on the toy reviews")
    assert right > .75, f'accuracy {right:.3f} on the toy reviews'
    exported(learn, folder, 'What a gripping thriller! The acting is superb.')
    from fastcourse.text import language_model_learner, TextLMDataBunch
    data = TextLMDataBunch.from_csv(toy_reviews(), 'texts.csv', bs=32)
    loss = float(language_model_learner(data, AWD_LSTM).validate()[0])  # the model of English that comes with the library
    alike = math.log(len(data.vocab.itos))
    assert loss < alike, f'loss {loss:.2f} of the pretrained language model; if all words were alike, {alike:.2f}'

def exported(learn, folder, item=None):
    "Another process, in another folder, reads what `learn` exported, and predicts the same."
    import fastcourse.export  # noqa: F401 - brings `Learner.export`
    item = learn.data.valid_ds.items[0] if item is None else item
    learn.export(f'{folder}/export.pkl')
    run = subprocess.run([sys.executable, '-I', '-c', READ, folder, str(item)], capture_output=True, text=True, cwd=folder)
    assert run.returncode == 0, run.stderr
    name, probs, n = json.loads(run.stdout)
    want = learn.predict(item)
    worst = max(abs(a - b) for a, b in zip(probs, want[2].tolist()))
    assert (name, n) == (str(want[0]), 0) and worst < 1e-6, f'{name} {worst:.1e}, wanted {want[0]}'
    print(f'exported learner: {os.path.getsize(f"{folder}/export.pkl"):,} bytes, read in another process, largest difference {worst:.1e}')

if __name__ == '__main__': main()
