"""Stand-ins for the built programs and a place to run the scripts in."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]

SERVICE = f"""#!{sys.executable}
import http.server, os, signal, sys
with open("service.log", "w") as log:
    log.write(f"{{sys.argv[1:]}} {{os.environ.get('DETECTION_SANDBOX_URL', '')}}")
if os.environ.get("FAKE_EXIT"):
    sys.exit(int(os.environ["FAKE_EXIT"]))
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200 if self.path == "/api/health" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *args):
        pass
signals = []
def stop(number, frame):
    signals.append(number)
    with open("signals.log", "w") as log:
        log.write(" ".join(map(str, signals)))
    raise SystemExit(0)
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
with open("service.pid", "w") as log:
    log.write(str(os.getpid()))
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""

SANDBOX = f"""#!{sys.executable}
import http.server, os, sys
with open("sandbox.pid", "w") as log:
    log.write(str(os.getpid()))
port = int(sys.argv[sys.argv.index("--port") + 1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", port), http.server.BaseHTTPRequestHandler)
print(f"ready on {{port}}", flush=True)
server.serve_forever()
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def alive(pid):
    """Whether a process runs; one that ended but was not collected does not."""
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def eventually(condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


class Workplace:
    """A copy of scripts/ beside fake programs, in a temporary directory that goes with it."""

    def __init__(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="verdictcache-scripts-"))
        shutil.copytree(ROOT / "scripts", self.root / "scripts")
        shutil.copy(ROOT / ".env.example", self.root)
        self.bin = self.root / "bin"
        self.bin.mkdir()
        self.write_program("verdictcache", SERVICE)
        self.write_program("detector-sandbox", SANDBOX)
        self.port = free_port()
        self.started = []

    def copied(self):
        """A copy of everything in another directory, as `cp -a` makes it."""
        copy = Workplace()
        shutil.rmtree(copy.root)
        shutil.copytree(self.root, copy.root, symlinks=True)
        return copy

    def write_program(self, name, text):
        path = self.bin / name
        path.write_text(text)
        path.chmod(0o755)

    def environment(self, **extra):
        keep = ("PATH", "HOME", "LANG", "PYENV_VERSION")
        base = {name: os.environ[name] for name in keep if name in os.environ}
        given = base | {"VERDICTCACHE_BIN_DIR": str(self.bin), "PORT": str(self.port)} | extra
        return {name: value for name, value in given.items() if value is not None}

    def start(self, *arguments, **extra):
        """scripts/run with no terminal and no input, in a process group of its own."""
        with (self.root / "stderr.log").open("w") as said:
            process = subprocess.Popen(
                [str(self.root / "scripts/run"), *arguments], env=self.environment(**extra),
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said,
                start_new_session=True,
                # A shell that was started with SIGINT ignored (in the background) cannot trap it.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        self.started.append(process)
        return process

    def read(self, name):
        path = self.root / name
        return path.read_text() if path.exists() else ""

    def pid(self, name):
        eventually(lambda: self.read(f"{name}.pid"))
        return int(self.read(f"{name}.pid") or 0)

    def remove(self):
        for process in self.started:
            process.terminate()  # it waits for what it started, which writes in here until then
            process.wait(timeout=30)
        shutil.rmtree(self.root)
