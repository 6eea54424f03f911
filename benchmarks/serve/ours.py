"""What a served model costs, and what it survives: requests that come at once, and requests that are broken in every way.

The model is a ResNet-18 without training, pictures of 160 pixels. Sixteen clients ask 200 times; the latency of a request is compared with
`Learner.predict` of sixteen such files in a list. Then come broken requests: each must get a status from 400 to 499, or the connection is
closed where no HTTP was spoken; the server must answer a good one after every hundred, and its memory must not grow.
"""
from ..timing import Report, arguments
import base64, http.client, io, json, random, resource, socket, statistics, struct, subprocess, sys, tempfile, time, zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import numpy as np

SIZE, CLIENTS = 160, 16
SERVER = """import sys, torch
torch.set_num_threads(1)
from torchvision.models import resnet18
from fastcourse.vision import *
data = ImageDataBunch.from_folder(sys.argv[1], train='.', valid_pct=.5, size=160, bs=16, num_workers=0).normalize(imagenet_stats)
torch.manual_seed(0)
learn = Learner(data, resnet18(num_classes=2), silent=True)
files = get_image_files(sys.argv[1], recurse=True)[:16]
with learn.serve(port=0, block=False, limits=ServerLimits(seconds=5, bytes=2*2**20, pixels=10**7)) as s:
    print(s.url, flush=True)
    for line in sys.stdin:
        took = []
        for _ in range(int(line)):
            start = time.perf_counter()
            learn.predict(files)
            took.append(time.perf_counter() - start)
        print(sorted(took)[len(took)//2], flush=True)
"""

def write_pictures(folder, n=32):
    "JPEGs of 200 x 240 pixels with noise, in two folders."
    from PIL import Image
    rng = np.random.default_rng(0)
    for i in range(n):
        file = folder/'ab'[i % 2]/f'{i}.jpg'
        file.parent.mkdir(exist_ok=True)
        coarse = rng.integers(0, 256, (10, 12, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((240, 200), Image.BICUBIC).save(file, quality=90)

class Served:
    "The server in a process of its own."
    def __init__(self, folder):
        self.process = subprocess.Popen([sys.executable, '-c', SERVER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.host, self.port = self.process.stdout.readline().strip().removeprefix('http://').split(':')
    def alone(self, n):
        "Median seconds of `predict` for sixteen files, `n` times."
        self.process.stdin.write(f'{n}\n')
        self.process.stdin.flush()
        return float(self.process.stdout.readline())
    def memory(self):
        "Megabytes that the process holds."
        text = Path(f'/proc/{self.process.pid}/status').read_text()
        return int(text.split('VmRSS:')[1].split()[0])/1024
    def ask(self, body, headers, method='POST', path='/predict'):
        c = http.client.HTTPConnection(self.host, int(self.port), timeout=30)
        try:
            c.request(method, path, body, headers)
            r = c.getresponse()
            return r.status, r.read()
        finally: c.close()
    def raw(self, data):
        "The status of bytes that are no request, or 'closed'."
        with socket.create_connection((self.host, int(self.port)), timeout=30) as s:
            try:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                got = s.recv(100)
            except ConnectionError: return 'closed'
        return int(got.split()[1]) if got.startswith(b'HTTP/') else 'closed'
    def close(self):
        self.process.stdin.close()
        self.process.wait(30)

# --- requests that come at once ---

def many(served, file, n):
    "Seconds of each of `n` requests of sixteen clients, and how many were lost."
    body, headers = file.read_bytes(), {'Content-Type': 'image/jpeg'}
    def one(_):
        start = time.perf_counter()
        status, _ = served.ask(body, headers)
        return time.perf_counter() - start, status
    with ThreadPoolExecutor(CLIENTS) as pool: res = list(pool.map(one, range(n)))
    return [t for t, _ in res], sum(s != 200 for _, s in res)

# --- broken ones ---

def bomb(w, h):
    "A small PNG whose header claims `w` x `h` pixels."
    def part(kind, data): return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    head = struct.pack('>IIBBBBB', w, h, 8, 2, 0, 0, 0)
    return b'\x89PNG\r\n\x1a\n' + part(b'IHDR', head) + part(b'IDAT', zlib.compress(bytes(1000))) + part(b'IEND', b'')

def zipped():
    import zipfile
    f = io.BytesIO()
    with zipfile.ZipFile(f, 'w', zipfile.ZIP_DEFLATED) as z: z.writestr('a.png', bytes(10**6))
    return f.getvalue()

def form(data, boundary=b'xyz', name=b'../../x.png'):
    return (b'--' + boundary + b'\r\nContent-Disposition: form-data; name="f"; filename="' + name + b'"\r\nContent-Type: image/png\r\n\r\n'
            + data + b'\r\n--' + boundary + b'--\r\n')

JSON, PNG, FORM = ({'Content-Type': o} for o in ('application/json', 'image/png', 'multipart/form-data; boundary=xyz'))

def kinds(picture, rng):
    "The ways to be broken, each a function that returns `(body, headers, method, path)`, or bytes that are no request."
    def some(n): return rng.randbytes(rng.randint(0, n))
    def b64(o): return base64.b64encode(o).decode()
    def text(o): return json.dumps(o).encode(), JSON
    deep, large = b'['*200_000, bytes(3*2**20)
    wrong = [None, 3, True, 'text', {}, [], {'picture': 3}, {'picture': None}, [[[]]], {'text': 'a'}, {'picture': '', 'more': 1}, 1e308, '\ud800']
    return dict(
        types=lambda: text(rng.choice(wrong)), noise=lambda: (some(3000), rng.choice([JSON, PNG, FORM, {}])),
        cut=lambda: (picture[:rng.randint(0, len(picture)//2)], PNG), base64=lambda: text({'picture': b64(some(500))}),
        path=lambda: text(rng.choice(['../../etc/passwd', 'file:///etc/passwd', '/etc/passwd', 'http://localhost/x', '\\\\host\\x', '\0'])),
        url=lambda: (b'', {}, 'GET', rng.choice(['/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '//etc/passwd', '/predict/../x', '/static/x', '/%00', '/.env'])),
        method=lambda: (b'', {}, rng.choice(['GET', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'BREW']), '/predict'),
        bomb=lambda: (bomb(rng.choice([2000, 30_000, 10**6]), 20_000), PNG), zip=lambda: (zipped(), rng.choice([PNG, JSON])),
        deep=lambda: (deep, JSON), huge=lambda: (large, rng.choice([JSON, PNG])), many=lambda: text(['x']*rng.randint(65, 5000)),
        form=lambda: (form(some(500), name=rng.choice([b'../../x', b'\0', b'a'*5000])), FORM), cut_form=lambda: (form(picture)[:-rng.randint(20, 90)], FORM),
        no_boundary=lambda: (form(picture), {'Content-Type': 'multipart/form-data'}), type=lambda: (picture, {'Content-Type': rng.choice(['text/html', 'x', '/', 'application/zip'])}),
        number=lambda: (b'1'*rng.randint(1, 50_000), JSON), head=lambda: b'POST /predict HTTP/1.1\r\nHost: x\r\nX: ' + b'a'*100_000 + b'\r\n\r\n',
        raw=lambda: some(2000), length=lambda: b'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n', half=lambda: b'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nhalf')

def status_of(served, request):
    "The status of a broken request; 'closed' where the server hangs up on what is no HTTP."
    if isinstance(request, bytes): return served.raw(request)
    body, headers, *rest = request
    try: return served.ask(body, headers, *rest)[0]
    except (ConnectionError, http.client.HTTPException): return 'closed'

def broken(served, file, n, every=100):
    "`n` broken requests: `{(kind, status): how often}` of those that were not refused as they should, and memory after a tenth and at the end."
    rng, odd, memory = random.Random(0), {}, []
    ways = kinds(file.read_bytes(), rng)
    for i in range(n):
        kind = rng.choice([*ways])
        request = ways[kind]()
        status = status_of(served, request)
        fine = status == 'closed' if isinstance(request, bytes) and status == 'closed' else isinstance(status, int) and 400 <= status < 500
        if not fine: odd[kind, status] = odd.get((kind, status), 0) + 1
        if i % every == every - 1 and served.ask(file.read_bytes(), {'Content-Type': 'image/jpeg'})[0] != 200: odd['good', i] = 1
        if i in (n//10, n - 1): memory.append(served.memory())
    return odd, memory

def main():
    args = arguments(__doc__, rounds=3, quick=dict(n=300), n=dict(type=int, default=10_000, help='broken requests'))
    report = Report()
    with tempfile.TemporaryDirectory() as d:
        write_pictures(Path(d))
        served, file = Served(Path(d)), Path(d)/'a'/'0.jpg'
        many(served, file, 32)  # warm
        ratios, lost = [], 0
        for _ in range(args.rounds):
            alone = served.alone(5)
            took, gone = many(served, file, 200)
            ratios.append(statistics.median(took)/alone)
            lost += gone
        report.add('200 requests, 16 at once: lost', lost, 0, '')
        report.add('200 requests, 16 at once: median latency over predict of 16', statistics.median(ratios), 1.5, note=f'({alone*1000:.0f} ms)')
        odd, memory = broken(served, file, args.n)
        if odd: print(odd)
        report.add(f'{args.n:,} broken requests: not refused', sum(odd.values()), 0, '', note=f'(peak of the clients {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/1024:.0f} MB)')
        report.add(f'{args.n:,} broken requests: memory that they left', memory[-1] - memory[0], 40, 'MB', note=f'({memory[-1]:.0f} MB)')
        served.close()
    report.finish(args)

if __name__ == '__main__': main()
