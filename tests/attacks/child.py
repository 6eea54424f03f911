"A process of its own for one attempt, with bounds for time and memory, and an ear for what a file must never bring about."
import json, os, resource, select, signal, sys

# What reading a file must not do, by Python's audit events (docs.python.org, 'Audit events table').
FORBIDDEN = ('subprocess.', 'os.system', 'os.exec', 'os.posix_spawn', 'os.fork', 'socket.connect', 'socket.getaddrinfo', 'webbrowser.', 'urllib.')
SECONDS, PATIENCE, MEMORY = 10, 60, 500*2**20  # of the processor, and on the clock of a machine with other work

def _size():
    "Bytes of address space that this process has."
    with open('/proc/self/statm') as f: return int(f.read().split()[0])*resource.getpagesize()

def _listen():
    "End the process with a word if something forbidden happens."
    def hook(event, args):
        if event.startswith(FORBIDDEN): raise SystemExit(f'CODE: {event} {str(args)[:100]}')
    sys.addaudithook(hook)

def _run(f, memory):
    "`_words`, within bounds."
    resource.setrlimit(resource.RLIMIT_AS, (_size() + memory,)*2)
    _listen()
    return _words(f)

def _words(f):
    "The words for what `f` does: its own, or those of its error."
    try: return str(f())
    except MemoryError: return 'MEMORY'
    except SystemExit as e: return str(e)
    except BaseException as e: return f'{type(e).__name__}: {e}'  # noqa: BLE001  what it was is the result

def launch(f):
    "A process that runs `f` and changes nothing here: its pid, and the end of a pipe with its `_words`."
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(w, _words(f).encode(errors='replace')[:60_000])
        os._exit(0)
    os.close(w)
    return pid, r

def _busy(pid):
    "Seconds of the processor that the process `pid` has used."
    with open(f'/proc/{pid}/stat') as f: used = f.read().rpartition(')')[2].split()[11:13]
    return sum(map(int, used))/os.sysconf('SC_CLK_TCK')

def _answer(pid, r, seconds):
    "What the process `pid` writes into `r`; None if it works for longer than `seconds`, or does not answer at all."
    for _ in range(PATIENCE):
        if select.select([r], [], [], 1)[0]: return b''.join(iter(lambda: os.read(r, 60_000), b'')).decode()
        if _busy(pid) > seconds: return None

def attempt(f, seconds=SECONDS, memory=MEMORY):
    "What `f` returns, or `Class: message` of its error, or `HANG`, `MEMORY`, `CRASH` or `CODE`; it runs in a child, within bounds."
    def bounded():
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        return _run(f, memory)
    pid, r = launch(bounded)
    said = _answer(pid, r, seconds)
    if said is None: os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    os.close(r)
    if said is None: return 'HANG'
    return said or f'CRASH: signal {os.WTERMSIG(status)}' if os.WIFSIGNALED(status) or not said else said

def attempts(fs):
    "`attempt` for each of `fs`: in one process, as a process takes longer to make than most of them need; if one goes wrong, in one process each."
    said = attempt(lambda: json.dumps([_words(f)[:2000] for f in fs]))
    if said[:1] != '[' or any(o.startswith(('MEMORY', 'CODE')) for o in json.loads(said)): return [attempt(f) for f in fs]
    return json.loads(said)
