"""Starts the built programs on free ports of loopback, and speaks to them as their users do."""

import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from specification import specification

BUILD = pathlib.Path(os.environ.get("VCACHE_BUILD_DIR", "build/release")).resolve()
SANITIZED = bool(os.environ.get("VCACHE_SANITIZE"))
ADMIN_TOKEN = "an-admin-token-for-tests"
PATIENCE = 30.0  # seconds that a program may take to start or stop, sanitizers included


def jpeg(seed, size=60_000):
    """Bytes that begin like a photograph and are the same for the same seed."""
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + random.Random(seed).randbytes(size)


def form(content, name="file", file_name="photo.jpg", media_type="image/jpeg", boundary="xYzZy"):
    file_name = file_name.replace('"', "%22")  # as browsers do
    head = (f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; '
            f'filename="{file_name}"\r\nContent-Type: {media_type}\r\n\r\n')
    return (head.encode() + content + f"\r\n--{boundary}--\r\n".encode(),
            f"multipart/form-data; boundary={boundary}")


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def cache(self):
        return self.headers.get("x-cache")


class Program:
    """One of our programs as a child process, its output kept line by line."""

    def __init__(self, name, arguments, environment, cwd):
        clean = {key: value for key, value in os.environ.items()
                 if key in ("PATH", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")}
        self.lines = []
        self.process = subprocess.Popen(
            [str(BUILD / name), *arguments], cwd=cwd, env={**clean, **environment},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace")
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    @property
    def output(self):
        with self._changed:
            return "\n".join(self.lines)

    def await_line(self, pattern):
        """The match of the first line that has the pattern; fails when the program ends first."""
        deadline = time.monotonic() + PATIENCE
        seen = 0
        with self._changed:
            while True:
                for line in self.lines[seen:]:
                    if found := re.search(pattern, line):
                        return found
                seen = len(self.lines)
                if not self._reader.is_alive() or time.monotonic() > deadline:
                    raise AssertionError(f"no line like {pattern!r} in:\n" + "\n".join(self.lines))
                self._changed.wait(0.2)

    def stop(self, sig=signal.SIGTERM):
        """Ends the program; its exit status, negative for a signal."""
        if self.process.poll() is None:
            self.process.send_signal(sig)
        status = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        self.process.stdout.close()
        return status

    def resident_kib(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("the program is gone")

    def peak_kib(self):
        """The most that was ever resident."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s*(\d+)", status).group(1))

    def open_files(self):
        links = pathlib.Path(f"/proc/{self.process.pid}/fd")
        names = []
        for link in links.iterdir():
            try:
                names.append(os.readlink(link))
            except FileNotFoundError:
                pass
        return names


class Sandbox(Program):
    def __init__(self, cwd, **environment):
        super().__init__("detector-sandbox", ["--port", "0"], environment, cwd)
        self.url = self.await_line(r"http://127\.0\.0\.1:(\d+)").group(0)
        self.port = int(self.url.rsplit(":", 1)[1])

    def _call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = Answer(connection.getresponse())
        connection.close()
        assert answer.status == 200, answer.body
        return answer.json

    def calls(self):
        return self._call("GET", "/sandbox/calls")

    @property
    def charged(self):
        return self.calls()["charged"]

    def behave(self, mode="ok", **switches):
        self._call("POST", "/sandbox/behaviour", {"mode": mode, **switches})


class Service(Program):
    def __init__(self, cwd, arguments=(), **environment):
        self.directory = pathlib.Path(cwd)
        self.undescribed = []  # answers that are not as docs/openapi.json says
        environment = {"PORT": "0", "HOST": "127.0.0.1", "ADMIN_TOKEN": ADMIN_TOKEN,
                       "SHUTDOWN_DELAY_MS": "0", **environment}
        if os.geteuid() != 0:  # else only root may look at its descriptors
            environment.setdefault("ALLOW_CORE_DUMPS", "1")
        super().__init__("verdictcache", arguments, environment, cwd)
        self.port = int(self.await_line(r'Listening\b.*http://[^ "]+:(\d+)').group(1))

    def established_connections(self):
        """How many connections to its port are open on both sides (proc(5), state 01)."""
        rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(row[1].endswith(f":{self.port:04X}") and row[3] == "01" for row in rows)

    def request(self, method, path, body=None, headers=None, timeout=PATIENCE):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.connect()
            # A server may answer before it has read the body, and stop reading (RFC 9112, 9.5).
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, path, body, headers or {})
            answer = Answer(connection.getresponse())
        finally:
            connection.close()
        if wrong := specification().fault(method, path, answer.status, answer.headers, answer.body):
            self.undescribed.append(wrong)
            raise AssertionError(f"not as docs/openapi.json says: {wrong}\n{answer.body[:2000]!r}")
        return answer

    @contextlib.contextmanager
    def kept_connection(self):
        """A connection for several requests, closed at the end."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            yield connection
        finally:
            connection.close()

    def upload(self, content, **details):
        body, content_type = form(content, **details)
        return self.request("POST", "/api/analysis/file", body, {"Content-Type": content_type})

    def text(self, text):
        return self.request("POST", "/api/analysis/text", text.encode(),
                            {"Content-Type": "text/plain"})

    def admin(self, method, path, body=None, token=ADMIN_TOKEN):
        return self.request(method, path, json.dumps(body) if body is not None else None,
                            {"Authorization": f"Bearer {token}"})

    def stats(self):
        return self.admin("GET", "/api/admin/cache/stats").json["cache"]

    def raw(self, data, timeout=PATIENCE):
        """Everything that the service answers to these bytes until it closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout) as connection:
            connection.sendall(data)
            received = b""
            while piece := connection.recv(65536):
                received += piece
            return received


def at_once(count, action):
    """The results of `action(i)`, begun as simultaneously as threads can."""
    start = threading.Barrier(count)

    def run(index):
        start.wait()
        return action(index)

    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


class ServiceTest(unittest.TestCase):
    """A directory, a sandbox and, where asked for, services that all end with the test."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vcache-e2e-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def _ending(self, program):
        def end():
            if self.failed():
                print(f"--- what {program.process.args[0]} printed:\n{program.output[-20000:]}")
            if program.process.poll() is None:
                program.process.kill()
                program.process.wait()
            if not program.process.stdout.closed:
                program._reader.join(PATIENCE)
                program.process.stdout.close()
        self.addCleanup(end)
        return program

    def failed(self):
        """Whether this test has failed so far: then what its programs printed is worth reading."""
        outcome = self._outcome
        if outcome is None or outcome.result is None:
            return False
        # `outcome.success` says nothing of what went before while a clean-up runs.
        recorded = [*outcome.result.failures, *outcome.result.errors,
                    *getattr(outcome, "errors", [])]  # the last up to Python 3.10
        return any(getattr(test, "test_case", test) is self for test, error in recorded if error)

    def sandbox(self, **environment):
        return self._ending(Sandbox(self.directory, **environment))

    def service(self, sandbox=None, **environment):
        """A service as in production, each vendor's base URL pointed at the sandbox."""
        if sandbox is not None:
            environment = {
                "SIGHTENGINE_API_USER": "user", "SIGHTENGINE_API_SECRET": "sightengine-secret",
                "SIGHTENGINE_BASE_URL": sandbox.url + "/sightengine/1.0",
                "SAPLING_API_KEY": "sapling-secret", "SAPLING_BASE_URL": sandbox.url + "/sapling",
                **environment}
        service = self._ending(Service(self.directory, **environment))
        # Also what a thread of the test was told, which no exception of that thread tells the test.
        self.addCleanup(lambda: self.assertEqual(service.undescribed, []))
        return service

    def await_stats(self, service, patience=PATIENCE, **wanted):
        deadline = time.monotonic() + patience
        while True:
            stats = service.stats()
            if all(stats[name] == value for name, value in wanted.items()):
                return stats
            self.assertLess(time.monotonic(), deadline, stats)
            time.sleep(0.02)

    def assertProblem(self, answer, status, code):
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.headers["content-type"], "application/problem+json")
        problem = answer.json
        self.assertEqual(problem["code"], code)
        self.assertEqual(problem["status"], status)
        self.assertFalse(problem["success"])
        self.assertTrue(problem["error"])
        self.assertTrue(problem["requestId"])
        self.assertEqual(problem["requestId"], answer.headers["x-request-id"])
        return problem
