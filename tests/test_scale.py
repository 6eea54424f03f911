"Several processes: what two of them learn together with half the batch each is what one process learns."
import json, os, socket, subprocess, sys
from pathlib import Path
import pytest

TOP = Path(__file__).resolve().parent.parent
PROGRAM = '''
import json, os, sys, torch
import numpy as np, pandas as pd
from torch import nn
from fastcourse.tabular import *
from fastcourse.basics import *
out, bs, rank = sys.argv[1], int(sys.argv[2]), int(os.environ.get('RANK', 0))
torch.set_default_dtype(torch.float64)
set_seed(3 if rank == 0 else 4)  # the first process decides, for weights and for order
def table(n):
    rng = np.random.RandomState(0)
    df = pd.DataFrame(rng.randn(n, 4), columns=list('abcd'))
    return df.assign(y=np.where(df.a + df.b*df.c > 0, 'yes', 'no'))
def data(n, bs, n_valid=21, **kwargs):
    items = TabularList.from_df(table(n), cont_names=list('abcd'), procs=[Normalize]).split_by_idx(range(n_valid))
    return items.label_from_df('y').databunch(bs=bs, **kwargs)
def results(learn): return [float(o) for o in learn.validate()]
def weights(learn): return [p.detach().flatten().tolist() for p in learn.model.parameters()]
res = {}
'''
CASES = '''
# batch norm, a schedule, a ragged end, saving the best
learn = tabular_learner(data(150, bs), layers=[8], metrics=[accuracy, AUROC()], path=out)
learn.fit_one_cycle(2, 1e-2, callbacks=[SaveModelCallback(learn), CSVLogger(learn)])
preds, targs = learn.get_preds()
res['cycle'] = weights(learn), results(learn), preds.tolist(), targs.tolist(), learn.recorder.losses
learn.lr_find(num_it=20)
res['lr_find'] = weights(learn), learn.recorder.losses
# class weights, clipping, a last batch with one item: one of the processes has none
d = data(150, bs, val_bs=32)  # a mean with class weights depends on the batches
d.train_dl = d.train_dl.new(drop_last=False)
learn = tabular_learner(d, layers=[8], use_bn=False, loss_func=CrossEntropyFlat(weight=tensor([1., 5.]).double()), path=out)
learn.model.bn_cont = nn.Identity()
learn.clip_grad(.1).fit(2, 1e-2)
res['ragged'] = weights(learn), results(learn), learn.recorder.losses
# several batches for one step, and an average of the weights
learn = tabular_learner(data(149, bs), layers=[8], path=out)
learn.fit(2, 1e-2, callbacks=[AccumulateScheduler(learn, 2), EMA(learn)])
res['accumulate'] = weights(learn), results(learn)
learn.save('end')
other = tabular_learner(data(149, bs), layers=[8], path=out).load('end')
res['loaded'] = results(other) == results(learn)
json.dump(res, open(f'{out}/{rank}.json', 'w'))
'''

def launch(folder, program, n, *args):
    "Run `program` in `n` processes; the finished process of the launcher."
    file = folder/'program.py'
    file.write_text(PROGRAM + program, encoding='utf-8')
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        port = str(s.getsockname()[1])
    start = [] if n == 1 else ['-m', 'torch.distributed.run', '--nproc_per_node', str(n), '--master_addr', '127.0.0.1',
                               '--master_port', port]
    env = {k: v for k, v in os.environ.items() if k not in ('RANK', 'WORLD_SIZE', 'LOCAL_RANK')}
    env |= dict(OMP_NUM_THREADS='1', PYTHONPATH=str(TOP), MPLBACKEND='agg')
    return subprocess.run([sys.executable, *start, str(file), str(folder), *map(str, args)], capture_output=True,
                          text=True, timeout=240, env=env)

def flat(o): return [v for p in o for v in flat(p)] if isinstance(o, list) else [float(o)]
def distance(a, b):
    "The largest difference of two nested lists of numbers."
    a, b = flat(a), flat(b)
    assert len(a) == len(b) > 0
    return max(abs(x - y) for x, y in zip(a, b))

@pytest.fixture(scope='module')
def runs(tmp_path_factory):
    "What one process gave with a batch of 32, and two with 16 each: the results, the output and the folder."
    found = []
    for n, bs in ((1, 32), (2, 16)):
        folder = tmp_path_factory.mktemp(f'world_{n}')
        done = launch(folder, CASES, n, bs)
        assert done.returncode == 0, done.stderr[-3000:]
        found.append(([json.loads((folder/f'{r}.json').read_text()) for r in range(n)], done.stdout, folder))
    return found

@pytest.mark.parametrize('case', ['cycle', 'lr_find', 'ragged', 'accumulate'])
def test_two_processes_learn_what_one_learns(runs, case):
    (one,), two = runs[0][0], runs[1][0]
    for found in two: assert distance(one[case], found[case]) < 1e-7

def test_files_and_tables_come_from_the_first_process(runs):
    (_, text1, folder1), (two, text2, folder2) = runs
    assert text1.count('train_loss') == text2.count('train_loss') > 0
    names = [sorted(str(o.relative_to(f)) for o in f.rglob('*') if o.suffix in ('.pth', '.csv')) for f in (folder1, folder2)]
    assert names[0] == names[1] and 'history.csv' in names[0]
    assert all(o['loaded'] for o in two)

def test_an_error_in_one_process_ends_all(tmp_path):
    program = '''
class Trip(LearnerCallback):
    def on_batch_end(self, iteration):
        if rank == 1 and iteration == 2: raise RuntimeError('the second process stumbles')
learn = tabular_learner(data(150, bs), layers=[8], path=out)
learn.fit(1, callbacks=[Trip(learn)])
open(f'{out}/{rank}.done', 'w').close()
'''
    done = launch(tmp_path, program, 2, 16)
    assert done.returncode != 0 and 'the second process stumbles' in done.stderr
    assert not list(tmp_path.glob('*.done'))
