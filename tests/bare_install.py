"A user's environment: no notebook tools, the newest of each requirement. Run outside the checkout, with the library installed."
import importlib.util, sys, tempfile, os
from importlib.metadata import version
from pathlib import Path

ABSENT = 'nbdev', 'execnb', 'notebook', 'jupyterlab', 'nbclient', 'pytest'

def main():
    os.environ['FASTCOURSE_HOME'] = tempfile.mkdtemp()
    os.environ.pop('FASTCOURSE_MIRROR', None)
    import fastcourse
    assert 'site-packages' in fastcourse.__file__, f'not the installed library: {fastcourse.__file__}'
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

if __name__ == '__main__': main()
