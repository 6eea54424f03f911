"A session that mixes applications: what one of them brings does not change what the learners of the others answer."
import json, os, subprocess, sys
import pytest

SESSION = '''
import json, tempfile, warnings
found, before, learners, items, calls = {}, {}, {}, {}, dict(names={}, errors={})

def answers(name):
    "What the learner `name` says now."
    learn, item = learners[name], items[name]
    preds, targs = learn.get_preds()
    return dict(valid=learn.validate(), preds=preds.tolist(), targs=targs.tolist(), said=str(learn.predict(item)[0]))

def keep(name, learn, item):
    learners[name], items[name], learn.path = learn, item, Path(tempfile.mkdtemp())
    before[name] = answers(name)

def error_of(f):
    try: return f'no error: {f()!r:.60}'
    except Exception as e: return f'{type(e).__name__}: {e}'

from fastcourse.vision import *
set_seed(0)
data = ImageDataBunch.from_folder(toy_digits(), bs=128, num_workers=0, ds_tfms=get_transforms(do_flip=False), size=8)
learn = Learner(data, simple_cnn((3, 8, data.c)), metrics=accuracy, silent=True)
learn.fit_one_cycle(1, 1e-2)
keep('pictures', learn, data.valid_ds.x[0])

from fastcourse.text import *
data = TextClasDataBunch.from_csv(toy_reviews(200), 'texts.csv', bs=16, num_workers=0)
config = dict(awd_lstm_clas_config, emb_sz=8, n_hid=12, n_layers=2)
learn = text_classifier_learner(data, AWD_LSTM, config=config, pretrained=False, metrics=accuracy, silent=True)
learn.fit_one_cycle(1, 1e-2)
keep('texts', learn, 'A film to remember, and the best of the year.')

from fastcourse.tabular import *
people = pd.read_csv(toy_census(500)/'adult.csv', skipinitialspace=True, na_values='?')
rows = TabularList.from_df(people, ['workclass', 'education'], ['age', 'hours-per-week'], procs=[FillMissing, Categorify, Normalize])
data = rows.split_by_idx(range(400, 500)).label_from_df(cols='salary').databunch(bs=32)
learn = tabular_learner(data, layers=[20], metrics=accuracy, silent=True)
learn.fit_one_cycle(1, 1e-2)
keep('tables', learn, people.iloc[400].to_dict())

from fastcourse.collab import *
ratings = pd.read_csv(toy_ratings()/'ratings.csv')
data = CollabDataBunch.from_df(ratings, seed=42, bs=512)
learn = collab_learner(data, n_factors=5, y_range=(0, 5.5), silent=True)
learn.fit_one_cycle(1, 1e-2)
keep('ratings', learn, ratings.iloc[0].to_dict())

found['before'], found['after'] = before, {k: answers(k) for k in learners}
for k, o in learners.items():
    o.export()
    again = load_learner(o.path)
    calls['names'][k] = [type(o).__name__, type(again) is type(o), str(again.predict(items[k])[0])]
    calls['errors'][k] = error_of(o.TTA)
asked = 'feature_importance', 'partial_dependence', 'embedding', 'plot_embedding', 'bias', 'weight', 'recommend', 'beam_search'
found['methods'] = {k: [n for n in asked if hasattr(o, n)] for k, o in learners.items()}
found['importance'] = sorted(learners['tables'].feature_importance(n=1).index)

from fastcourse.registry import describe, rebuild, register
theirs, library = learners['ratings'], EmbeddingDotBias
def kinds():
    "The class of the network in a file, and in a description that is made now."
    return [type(load_learner(theirs.path).model), type(rebuild(describe(theirs.model)))]

@register(prefix='collab.')
class EmbeddingDotBias(library): "The user's own, under the name of the library's."
typed = kinds()
found['typed'] = [o is EmbeddingDotBias for o in typed]
del EmbeddingDotBias
theirs.export()
found['deleted'] = [o is library for o in kinds()]
print(json.dumps(found | calls))
'''

APPS = 'pictures', 'texts', 'tables', 'ratings'

@pytest.fixture(scope='module')
def session():
    "What the session found, run once in a process of its own."
    r = subprocess.run([sys.executable, '-W', 'ignore', '-c', SESSION], capture_output=True, text=True, timeout=300, check=False,
                       env={**os.environ, 'MPLBACKEND': 'agg', 'OMP_NUM_THREADS': '1'})
    assert r.returncode == 0, r.stderr[-3000:]
    return json.loads(r.stdout.splitlines()[-1])

@pytest.mark.parametrize('app', APPS)
def test_answers_stay(session, app):
    assert session['after'][app] == session['before'][app]

@pytest.mark.parametrize('app', APPS)
def test_an_exported_learner_is_of_the_same_class(session, app):
    kind, same, said = session['names'][app]
    assert same, kind
    assert said == session['before'][app]['said']

def test_each_learner_has_its_own_methods(session):
    of_tables = ['feature_importance', 'partial_dependence', 'embedding', 'plot_embedding']
    assert session['methods'] == dict(pictures=[], texts=[], tables=of_tables, ratings=[*of_tables, 'bias', 'weight', 'recommend'])
    assert session['names']['tables'][0] == 'TabularLearner' and session['names']['ratings'][0] == 'CollabLearner'
    assert session['importance'] == ['age', 'education', 'hours-per-week', 'workclass']

def test_views_of_pictures_are_for_pictures(session):
    "Other data say what test time augmentation needs; pictures have it."
    errors = session['errors']
    assert errors.pop('pictures').startswith('no error')
    assert all('picture' in o for o in errors.values()), errors

def test_a_class_of_the_session_does_not_replace_the_librarys(session):
    "It stands in for it while the session has it, and then the name means the library's class again, in old files and new."
    assert session['typed'] == [True]*2
    assert session['deleted'] == [True]*2
