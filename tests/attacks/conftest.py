import sys
from pathlib import Path

import pytest, torch

sys.path.insert(0, str(Path(__file__).resolve().parent))

@pytest.fixture(autouse=True, scope='package')
def one_thread():
    "These tests fork, and a child of a process with a pool of threads waits for threads that it does not have."
    n = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n)
