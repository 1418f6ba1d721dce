"""How long a look-up and a health check take beside clients that are slow on purpose."""

import contextlib
import hashlib
import json
import os
import pathlib
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time

from latency import percentile

TESTS = pathlib.Path(__file__).resolve().parents[1]
HEAD = (b"POST /api/analysis/file HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n"
        b"Content-Length: 50000000\r\n\r\n")
PIPELINED = b"GET /api/health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50
CROWDS = {"nobody": None, "heads without a body": HEAD, "1.3 kB/s": HEAD, "answers unread": PIPELINED}
QUESTIONS = 300


def connect(port, count):
    connections = []
    for _ in range(count):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.bind(("127.0.0.2", 0))  # another address than the one that is measured
        connection.connect(("127.0.0.1", port))
        connections.append(connection)
    return connections


def trickle(connections, stop):
    while not stop.wait(1):
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.send(b"x" * 1300)


def ask(service, path):
    milliseconds = []
    with service.kept_connection() as connection:
        for _ in range(QUESTIONS):
            begun = time.perf_counter()
            connection.request("GET", path)
            status = connection.getresponse()
            status.read()
            milliseconds.append((time.perf_counter() - begun) * 1_000)
            if status.status != 200:
                raise SystemExit(f"{path}: {status.status}")
            time.sleep(0.005)
    return milliseconds


def sample(clients):
    """Milliseconds of each question, by crowd. The programs are those of VCACHE_BUILD_DIR."""
    sys.path.insert(0, str(TESTS / "e2e"))
    import harness

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    times = {}
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="vcache-bench-"))
        sandbox = harness.Sandbox(directory)
        stack.callback(sandbox.stop)
        for crowd, sent in CROWDS.items():
            home = pathlib.Path(directory) / crowd.replace("/", " ")
            home.mkdir()
            service = harness.Service(home, CACHE_DIR=str(home), DETECTION_SANDBOX_URL=sandbox.url,
                                      LOG_LEVEL="info", MAX_CONNECTIONS_PER_ADDRESS="4000")
            known = harness.jpeg("known")
            if service.upload(known).status != 200:
                raise SystemExit("the first upload failed")
            stop = threading.Event()
            connections = connect(service.port, clients if sent else 0)
            for connection in connections:
                connection.sendall(sent)
            trickling = threading.Thread(target=trickle, args=(connections, stop))
            if crowd == "1.3 kB/s":
                trickling.start()
            try:
                time.sleep(0.5)
                for path in (f"/api/analysis/{hashlib.sha256(known).hexdigest()}", "/api/health"):
                    kind = "look-up" if "analysis" in path else "health"
                    times[f"{kind} beside {crowd}"] = ask(service, path)
            except OSError:
                times[f"{kind} beside {crowd}"] = []  # no answer within the client's patience
            finally:
                stop.set()
                if trickling.is_alive():
                    trickling.join()
                for connection in connections:
                    connection.close()
                service.stop()
    return times


def compare(builds, clients):
    """Prints p50 and p99 of each build, one after the other."""
    samples = []
    for build in builds:
        run = subprocess.run([sys.executable, "-B", __file__, str(clients)],
                             env={**os.environ, "VCACHE_BUILD_DIR": str(build)},
                             stdout=subprocess.PIPE, text=True, check=True)
        samples.append(json.loads(run.stdout))
    print("| ms | " + " | ".join(f"{build} p50 | p99" for build in builds) + " |")
    print("|---|" + "---|---|" * len(builds))
    for kind in samples[0]:
        cells = []
        for each in samples:
            values = each.get(kind, [])
            cells += [f"{percentile(values, percent):.1f}" if values else "no answer" for percent in (50, 99)]
        print(f"| {kind} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    print(json.dumps(sample(int(sys.argv[1]))))
