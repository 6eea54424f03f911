"What editors and type checkers know: the stubs beside the modules name what there is at run time, and pyright finds it."
import ast, inspect, json, re, subprocess, sys
from importlib import import_module
from pathlib import Path
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT/'tools'))
from layers import modules  # noqa: E402
from stubs import stubs  # noqa: E402

MODULES = {f'fastcourse.{n}'.rstrip('.'): f for n, f in modules(ROOT/'fastcourse').items()}

# What people type, application by application. Nothing in it is unknown to a checker, and no argument has a wrong type.
PICTURES = '''
from fastcourse.vision import *
path = untar_data(URLs.PETS)
path.ls()
(path/'images').ls()
fnames = get_image_files(path/'images')
data = ImageDataBunch.from_name_re(path, fnames, r'/([^/]+)_\\d+.jpg$', ds_tfms=get_transforms(), size=224, bs=64)
data = data.normalize(imagenet_stats)
data.show_batch(rows=3, figsize=(7, 6))
print(data.classes, len(data.classes), data.c)
data = (ImageList.from_folder(path).split_by_rand_pct(.2, seed=42).label_from_folder()
        .transform(get_transforms(max_warp=0.), size=128).databunch(bs=32).normalize(imagenet_stats))
data.show_batch(3, figsize=(6, 6), hide_axis=False)
data.train_ds.x[0].show(figsize=(2, 2))
learn = create_cnn(data, models.resnet34, metrics=error_rate)
learn = cnn_learner(data, models.efficientnet_lite0, metrics=[accuracy, error_rate], callback_fns=[CSVLogger])
learn.model
learn.fit_one_cycle(4)
learn.save('stage-1')
learn.unfreeze()
learn.lr_find()
learn.recorder.plot(suggestion=True)
learn.recorder.plot_losses()
learn.fit_one_cycle(2, max_lr=slice(1e-6, 1e-4), wd=.1)
learn.fit(1, 1e-3)
learn.load('stage-1').freeze()
learn.to_fp16().mixup()
learn.validate()
learn.summary()
learn.data.valid_ds.x[0].show()
print(learn.data.classes[0], learn.opt.lr, learn.layer_groups[0], learn.csv_logger.read_logged_file())
interp = ClassificationInterpretation.from_learner(learn)
losses, idxs = interp.top_losses()
interp.plot_top_losses(9, figsize=(15, 11), heatmap=False)
interp.plot_confusion_matrix(figsize=(12, 12), dpi=60)
interp.most_confused(min_val=2)
learn.interpret().plot_top_losses(4)
img = open_image(fnames[0])
img.rotate(30).show(figsize=(3, 3))
img.apply_tfms(get_transforms()[0], size=128).show()
img.flip_lr().resize(64).shape
x, y = data.one_batch()
pred_class, pred_idx, outputs = learn.predict(img)
preds, targets = learn.get_preds(ds_type=DatasetType.Valid)
learn.TTA()
learn.export()
learn = load_learner(path)
tfms = [rotate(degrees=(-20, 20), p=.8), *zoom_crop(scale=(.8, 1.2), do_rand=True), brightness(change=(.3, .7))]
'''
TEXTS = '''
from fastcourse.text import *
path = untar_data(URLs.IMDB_SAMPLE)
data_lm = TextLMDataBunch.from_csv(path, 'texts.csv')
data_lm = TextList.from_folder(path).filter_by_folder(include=['train']).split_by_rand_pct(.1).label_for_lm().databunch(bs=48)
print(data_lm.vocab.itos[:10], len(data_lm.train_ds), data_lm.train_ds.x[0].text)
data_lm.show_batch()
data_lm.save('data_lm.pkl')
learn = language_model_learner(data_lm, AWD_LSTM, drop_mult=.3)
learn.fit_one_cycle(1, 1e-2, moms=(.8, .7))
print(learn.predict('This is a review about', 40, temperature=.75))
learn.save_encoder('fine_tuned_enc')
data_clas = (TextList.from_csv(path, 'texts.csv', cols='text', vocab=data_lm.vocab).split_from_df(col=2)
             .label_from_df(cols=0).databunch(bs=48))
data_clas.show_batch(rows=4)
learn = text_classifier_learner(data_clas, AWD_LSTM, drop_mult=.5)
learn.load_encoder('fine_tuned_enc')
learn.freeze_to(-2)
learn.fit_one_cycle(1, slice(1e-2/(2.6**4), 1e-2), moms=(.8, .7))
TextClassificationInterpretation.from_learner(learn).show_top_losses(5)
tokens = Tokenizer().process_all(['A gripping thriller.'])
'''
TABLES = '''
from fastcourse.tabular import *
path = untar_data(URLs.ADULT_SAMPLE)
df = pd.read_csv(path/'adult.csv')
procs = [FillMissing, Categorify, Normalize]
test = TabularList.from_df(df.iloc[800:1000], path=path, cat_names=['workclass'], cont_names=['age'])
data = (TabularList.from_df(df, path=path, cat_names=['workclass'], cont_names=['age'], procs=procs)
        .split_by_idx(list(range(800, 1000))).label_from_df(cols='salary').add_test(test).databunch())
data.show_batch(rows=10)
learn = tabular_learner(data, layers=[200, 100], metrics=accuracy)
learn.fit(1, 1e-2)
learn.predict(df.iloc[0])
learn.show_results()
print(learn.recorder.val_losses[-1], learn.recorder.metrics)
'''
RATINGS = '''
from fastcourse.collab import *
ratings = pd.read_csv(untar_data(URLs.ML_SAMPLE)/'ratings.csv')
data = CollabDataBunch.from_df(ratings, seed=42)
learn = collab_learner(data, n_factors=50, y_range=(0., 5.5))
learn.fit_one_cycle(3, 5e-3)
learn.bias(['Dune'], is_item=True).mean()
learn.weight(['Dune'], is_item=True)
'''
OWN = '''
from fastcourse import *
from fastcourse.callbacks import EarlyStoppingCallback, SaveModelCallback
class Clock(LearnerCallback):
    def on_epoch_end(self, epoch: int, **kwargs):
        print(self.learn.recorder.train_losses[-1], self.learn.model, self.learn.data.batch_size)
def train(data: DataBunch, model: nn.Module) -> Learner:
    learn = Learner(data, model, loss_func=F.cross_entropy, metrics=accuracy, callback_fns=[Clock])
    learn.fit(2, 1e-3, callbacks=[SaveModelCallback(learn), EarlyStoppingCallback(learn, patience=2)])
    return learn
'''
# A name that is wrong in each line, and the name.
WRONG = {'learn.fit_one_cicle(1)': 'fit_one_cicle', 'learn.unfreze()': 'unfreze', 'learn.recorder.plots()': 'plots', 'learn.opt.learning_rate': 'learning_rate',
         'data.show_bach()': 'show_bach', 'data.train_ds.x.itemz': 'itemz', 'interp.plot_top_loses(9)': 'plot_top_loses', 'img.rotat(30)': 'rotat',
         'src.split_by_random(.2)': 'split_by_random', 'src.split_none().label_by_folder()': 'label_by_folder', 'learn.load("a").fitt(1)': 'fitt',
         'learn.interpret().plot_confusion()': 'plot_confusion', 'path.list()': 'list', 'labelled.databunch().normalize().show_bach()': 'show_bach'}
SETUP = '''
from fastcourse.vision import *
path = untar_data(URLs.PETS)
src = ImageList.from_folder(path)
labelled = src.split_none().label_from_folder()
data = ImageDataBunch.from_folder(path)
learn = create_cnn(data, models.resnet18)
interp, img = ClassificationInterpretation.from_learner(learn), open_image('a.jpg')
'''
# An expression, and a word of its type.
TYPES = {'learn': 'Learner', 'learn.recorder': 'Recorder', 'learn.data': 'DataBunch', 'learn.opt': 'OptimWrapper', 'src': 'ImageList', 'src.split_none()': 'ItemLists',
         'src.filter_by_rand(.1)': 'ImageList', 'src.split_none().label_from_folder()': 'LabelLists', 'img': 'Image', 'img.rotate(3)': 'Image',
         'rotate(degrees=3)': 'Transform', 'data.train_ds': 'LabelList', 'labelled.databunch()': 'DataBunch', 'labelled.databunch().normalize().train_dl': 'Loader', 'learn.interpret()': 'Interpretation', 'path.ls()': 'list', 'learn.to_fp16()': 'Learner'}

# --- what pyright says ---

def cells(notebook):
    "The code of a notebook, without magics."
    nb = json.loads(notebook.read_text(encoding='utf-8'))
    return re.sub(r'^[%!].*$', '', '\n\n'.join(''.join(c['source']) for c in nb['cells'] if c['cell_type'] == 'code'), flags=re.M)

@pytest.fixture(scope='module')
def said(tmp_path_factory):
    "`{file: [(line, rule, message)]}` of pyright for all the programs."
    folder, nbs = tmp_path_factory.mktemp('editors'), ROOT/'nbs'
    programs = dict(pictures=PICTURES, texts=TEXTS, tables=TABLES, ratings=RATINGS, own=OWN, wrong=SETUP + '\n'.join(WRONG),
                    types=SETUP + '\n'.join(f'reveal_type({o})' for o in TYPES))
    programs |= {f'lesson_{f.stem}': cells(f) for f in [nbs/'index.ipynb', *(nbs/'lessons').glob('*.ipynb')]}
    for name, text in programs.items(): (folder/f'{name}.py').write_text(text, encoding='utf-8')
    settings = dict(extraPaths=[str(ROOT)], typeCheckingMode='basic')
    (folder/'pyrightconfig.json').write_text(json.dumps(settings))
    run = subprocess.run([sys.executable, '-m', 'pyright', '--outputjson', '--pythonpath', sys.executable, '-p', folder], capture_output=True, text=True, timeout=300)
    assert run.stdout, run.stderr
    res = {name: [] for name in programs}
    for o in json.loads(run.stdout)['generalDiagnostics']:
        res[Path(o['file']).stem].append((o['range']['start']['line'], o.get('rule', o['severity']), o['message']))
    return res

@pytest.mark.parametrize('name', ['pictures', 'texts', 'tables', 'ratings', 'own'])
def test_what_people_type_is_known(said, name):
    wrong = [o for o in said[name] if o[1] != 'reportUnusedExpression']
    assert not wrong, '\n'.join(f'{name}, line {line + 1}: {message} ({rule})' for line, rule, message in wrong)

def test_the_lessons_use_no_unknown_name(said):
    lessons = [name for name in said if name.startswith('lesson_')]
    wrong = [f'{name}: {o[2]}' for name in lessons for o in said[name] if o[1] == 'reportAttributeAccessIssue']
    assert len(lessons) > 5 and not wrong, '\n'.join(wrong)

def test_each_wrong_name_is_reported(said):
    found = {line: message for line, rule, message in said['wrong'] if rule == 'reportAttributeAccessIssue'}
    first = len(SETUP.splitlines())
    missed = [text for i, (text, name) in enumerate(WRONG.items()) if f'"{name}"' not in found.get(first + i, '')]
    assert not missed and len(found) == len(WRONG), missed

def test_types_are_known(said):
    found = {line: message.partition(' is ')[2] for line, rule, message in said['types'] if rule == 'information'}
    first = len(SETUP.splitlines())
    wrong = {text: found.get(first + i) for i, (text, word) in enumerate(TYPES.items()) if word not in found.get(first + i, '')}
    assert not wrong, wrong

# --- the stubs and the package ---

STUBS = {name: ast.parse(f.with_suffix('.pyi').read_text(encoding='utf-8')) for name, f in MODULES.items() if f.with_suffix('.pyi').exists()}
FUNCS = ast.FunctionDef, ast.AsyncFunctionDef

def arguments(node):
    a = node.args
    return [o.arg for o in [*a.posonlyargs, *a.args, *([a.vararg] if a.vararg else []), *a.kwonlyargs, *([a.kwarg] if a.kwarg else [])]]

def named(body):
    "`{name: node}` of what a stub or a class in it declares or hands on."
    res = {}
    for o in body:
        if isinstance(o, (ast.ClassDef, *FUNCS)): res[o.name] = o
        elif isinstance(o, ast.AnnAssign): res[o.target.id] = o
        elif isinstance(o, ast.Assign): res |= {t.id: o for t in o.targets}
        elif isinstance(o, (ast.Import, ast.ImportFrom)): res |= {n.asname: o for n in o.names if n.asname}
    return res

def test_every_module_has_a_stub():
    assert not {n for n, f in MODULES.items() if not f.name.startswith('_') or f.name == '__init__.py'} - STUBS.keys()

@pytest.mark.parametrize('name', STUBS)
def test_every_public_name_is_in_the_stub(name):
    mod, known = import_module(name), named(STUBS[name].body)
    missing = set(getattr(mod, '__all__', [])) - known.keys()
    assert not missing, missing
    if '__all__' in vars(mod): assert ast.literal_eval(known['__all__'].value) == list(mod.__all__)

def differences(mod, name, node):
    "What the stub says wrongly about the class or function `name`, whose node there is `node`."
    obj = getattr(mod, name)
    if isinstance(node, FUNCS):
        if arguments(node) != list(inspect.signature(obj).parameters): yield f'{mod.__name__}.{name}: {arguments(node)}'
    if not isinstance(node, ast.ClassDef) or not isinstance(obj, type): return
    members = named(node.body)
    for attr in [o for o in vars(obj) if not o.startswith('_')]:
        if attr not in members: yield f'{mod.__name__}.{name}.{attr} is not there'
        elif inspect.isroutine(f := getattr(obj, attr)) and isinstance(members[attr], FUNCS):
            static = isinstance(vars(obj)[attr], staticmethod)
            real, told = list(inspect.signature(f).parameters), arguments(members[attr])[not static:]
            if told != real[not static and not inspect.ismethod(f):]: yield f'{mod.__name__}.{name}.{attr}: {told}, not {real}'
        elif inspect.isroutine(f): yield f'{mod.__name__}.{name}.{attr} is a method'

@pytest.mark.parametrize('name', STUBS)
def test_the_stub_has_every_method_with_its_parameters(name):
    mod = import_module(name)
    wrong = [o for n, node in named(STUBS[name].body).items() if isinstance(node, (ast.ClassDef, *FUNCS)) for o in differences(mod, n, node)]
    assert not wrong, '\n'.join(wrong)

def test_what_is_checked_is_a_lot():
    "Methods that `@patch` adds are among those that were compared."
    methods = [f'{c.name}.{f.name}' for t in STUBS.values() for c in t.body if isinstance(c, ast.ClassDef) for f in c.body if isinstance(f, FUNCS)]
    assert len(methods) > 1000 and {'Learner.fit', 'Learner.lr_find', 'Learner.TTA', 'ItemList.from_folder', 'ItemLists.label_from_folder', 'Image.rotate'} <= {*methods}

def test_attributes_of_objects_are_known():
    "What a learner and its parts hold after training is in the stubs of their classes."
    from fastcourse.vision import Learner, ImageDataBunch, accuracy, simple_cnn, toy_digits
    learn = Learner(ImageDataBunch.from_folder(toy_digits(), bs=64, num_workers=0), simple_cnn((3, 8, 10)), metrics=accuracy, silent=True)
    learn.fit(1)
    known = {(m, c.name): named(c.body).keys() for m, t in STUBS.items() for c in t.body if isinstance(c, ast.ClassDef)}
    objects = learn, learn.data, learn.recorder, learn.opt, learn.state, learn.data.train_ds, learn.data.train_ds.x, learn.data.train_ds.y, learn.data.train_dl
    for o in objects:
        told = {n for c in type(o).__mro__ for n in known.get((c.__module__, c.__name__), ())}
        missing = {n for n in vars(o) if not n.startswith('_')} - told
        assert not missing, f'{type(o).__name__}: {missing}'

def test_the_stubs_are_up_to_date():
    def read(text): return ast.dump(ast.parse(text))  # another Python may put the blanks elsewhere
    stale = [f.name for f, text in stubs().items() if not f.exists() or read(f.read_text(encoding='utf-8')) != read(text)]
    assert not stale, f'run python tools/stubs.py: {stale}'
