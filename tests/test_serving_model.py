"A model behind an address answers as `predict` does, refuses what is broken, and lives on; a short form of `benchmarks/serve`."
import json, random, socket, sys, threading, time
from pathlib import Path
import pytest
pytest.importorskip('uvicorn')
pytest.importorskip('starlette')
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.serve.ours import Served, kinds, many, status_of, write_pictures  # noqa: E402
from fastcourse.vision import *  # noqa: E402

LIMITS = ServerLimits(bytes=2*2**20, pixels=10**7, seconds=2., waiting=64)

@pytest.fixture(scope='module')
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp('pictures')
    write_pictures(folder, 12)
    return folder

@pytest.fixture(scope='module')
def learn(pictures):
    set_seed(0)
    data = ImageDataBunch.from_folder(pictures, train='.', valid_pct=.5, size=48, bs=4, num_workers=0).normalize()
    return Learner(data, simple_cnn((3, 8, 2)), silent=True)

@pytest.fixture(scope='module')
def served(learn):
    "The server in this process, with what the clients of the benchmark need."
    server = learn.serve(port=0, limits=LIMITS, block=False)
    res = Served.__new__(Served)
    res.host, res.port = server.url.removeprefix('http://').split(':')
    res.server = server
    yield res
    server.close()
    assert not server.thread.is_alive() and not server.batcher.thread.is_alive()

def test_many_at_once_are_all_answered(served, pictures):
    took, lost = many(served, pictures/'a'/'0.jpg', 100)
    assert not lost and len(took) == 100
    assert served.server.batcher.batches < served.server.batcher.answered, 'what comes at once is answered together'

def test_answers_are_those_of_predict(served, learn, pictures):
    for file in sorted(pictures.rglob('*.jpg'))[:6]:
        status, told = served.ask(file.read_bytes(), {'Content-Type': 'image/jpeg'})
        answer, _, probs = learn.predict(file)
        told = json.loads(told)
        assert (status, told['answer']) == (200, str(answer))
        assert np.allclose([*told['probabilities'].values()], probs, atol=1e-4)

@pytest.mark.parametrize('kind', sorted(kinds(b'', random.Random(0))))
def test_broken_requests_are_refused(served, pictures, kind):
    picture = (pictures/'a'/'0.jpg').read_bytes()
    make = kinds(picture, random.Random(1))[kind]
    for _ in range(4):
        request = make()
        status = status_of(served, request)
        assert status == 'closed' and isinstance(request, bytes) or isinstance(status, int) and 400 <= status < 500, (kind, status)
    assert served.ask(picture, {'Content-Type': 'image/jpeg'})[0] == 200

def test_slow_clients_are_let_go(served):
    "One sends half a body, one half a head; both are let go in time, and nobody else waits."
    address, start = (served.host, int(served.port)), time.monotonic()
    head = b'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n'
    with socket.create_connection(address, timeout=20) as body, socket.create_connection(address, timeout=20) as part:
        body.sendall(head + b'Connection: close\r\n\r\nhalf')
        part.sendall(head)
        assert served.ask(None, {}, 'GET', '/health')[0] == 200
        assert body.recv(100).startswith(b'HTTP/1.1 408')
        assert part.recv(100) == b''
    assert time.monotonic() - start < 15

def test_stops_while_clients_ask(learn, pictures):
    "Clients that ask when the server stops get an answer, a refusal, or a closed connection; it stops in time."
    server, seen = learn.serve(port=0, limits=LIMITS, block=False), []
    client = Served.__new__(Served)
    client.host, client.port = server.url.removeprefix('http://').split(':')
    def ask():
        for _ in range(200):
            try: seen.append(client.ask((pictures/'a'/'0.jpg').read_bytes(), {'Content-Type': 'image/jpeg'})[0])
            except OSError: return
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for t in threads: t.start()
    while len(seen) < 4: time.sleep(.01)
    start = time.monotonic()
    server.close()
    for t in threads: t.join(20)
    assert {*seen} <= {200, 503} and time.monotonic() - start < 15
