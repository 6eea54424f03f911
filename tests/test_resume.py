"A training whose process is killed in the middle goes on in another process, to the same last bit."
import os, signal, subprocess, sys
import pytest, torch

TRAINING = '''
import os, signal, sys
from fastcourse.vision import *
folder, resume, cut = Path(sys.argv[1]), sys.argv[2] or None, int(sys.argv[3])

class PowerCut(Callback):
    def on_batch_begin(self, iteration):
        if iteration == cut: os.kill(os.getpid(), signal.SIGKILL)

set_seed(os.getpid() if resume else 3)
data = ImageDataBunch.from_folder(toy_digits(), bs=128, num_workers=0, ds_tfms=get_transforms(do_flip=False), size=8)
learn = Learner(data, simple_cnn((3, 8, data.c)), path=folder, silent=True)
learn.fit_one_cycle(2, 1e-2, callbacks=[SaveStateCallback(learn, n_batches=3), PowerCut()], resume=resume)
learn.save('end')
'''

def train(folder, resume='', cut=-1):
    return subprocess.run([sys.executable, '-c', TRAINING, str(folder), resume, str(cut)], capture_output=True, text=True,
                          env={**os.environ, 'OMP_NUM_THREADS': '1'}, check=False)

@pytest.mark.skipif(not hasattr(signal, 'SIGKILL'), reason='this system cannot kill a process so')
def test_killed_and_resumed(tmp_path):
    whole, broken = tmp_path/'whole', tmp_path/'broken'
    for o in (whole, broken): o.mkdir()
    first = train(whole)
    assert first.returncode == 0, first.stderr
    assert train(broken, cut=10).returncode == -signal.SIGKILL
    assert not (broken/'models'/'end.pth').exists()
    second = train(broken, resume='state')
    assert second.returncode == 0, second.stderr
    a, b = (torch.load(o/'models'/'end.pth') for o in (whole, broken))
    assert all(torch.equal(a['model'][k], b['model'][k]) for k in a['model'])
    assert all(torch.equal(a['opt']['state'][i]['exp_avg'], b['opt']['state'][i]['exp_avg']) for i in a['opt']['state'])
