"""A real redis-server for tests: their own, on a unix socket, with nothing but what they put there."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest

from harness import PATIENCE, ServiceTest


def paid_calls_of(lines, kind="analysis"):
    """As the counters say that `redis-cli --raw HGETALL` prints, with the calls that are not folded."""
    fields = dict(zip(lines[::2], lines[1::2]))
    waiting = [value for field, value in fields.items() if field.startswith("pending:")]
    counts = re.findall(rf"(?:^|,){kind}:paid_calls=(\d+)", ",".join(waiting))
    return int(fields.get(f"{kind}:paid_calls", 0)) + sum(map(int, counts))


class Redis:
    """A redis-server of the test's own, on a unix socket in a directory with a short path.

    It writes what it is told to a file before it answers, so that a kill loses nothing.
    """

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vcr-"))
        self.socket = self.directory / "s"
        self.process = None
        self.password = None  # what `cli` shows, if the test has set one

    @property
    def url(self):
        return f"unix://{self.socket}"

    def start(self, arguments=()):
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", str(self.socket), "--save", "",
             "--appendonly", "yes", "--appendfsync", "no", "--dir", str(self.directory),
             *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while self.cli("PING") != "PONG":
            assert time.monotonic() < deadline, "redis-server does not answer"
            time.sleep(0.02)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.socket.unlink(missing_ok=True)

    def cli(self, *words):
        login = ["--no-auth-warning", "-a", self.password] if self.password else []
        return subprocess.run(["redis-cli", "-s", str(self.socket), *login, *words],
                              capture_output=True, text=True, timeout=PATIENCE).stdout.strip()

    def paid_calls(self, kind="analysis"):
        return paid_calls_of(self.cli("--raw", "HGETALL", "stats:counters").splitlines(), kind)

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


@unittest.skipUnless(shutil.which("redis-server") or os.environ.get("CI"),
                     "redis-server is not installed")
class RedisTestCase(ServiceTest):
    """A Redis that is not started yet, and services that use it."""

    def setUp(self):
        super().setUp()
        self.redis = self.make_redis()
        self.addCleanup(self.redis.close)

    def make_redis(self):
        return Redis()

    def connected_replicas(self, sandbox, count, **environment):
        """Services on this Redis, connected. One that is late counts as away, and then each replica
        pays for itself; on a busy machine everything is late, which is not what they are for."""
        environment.setdefault("REDIS_TIMEOUT_MS", "5000")
        services = [self.on_redis(sandbox, f"replica-{i}", **environment) for i in range(count)]
        for service in services:
            self.await_stats(service, status="connected")
        return services

    def on_redis(self, sandbox, directory, **environment):
        home = self.directory / directory
        home.mkdir(exist_ok=True)
        return self.service(sandbox, **{"REDIS_URL": self.redis.url, "CACHE_DIR": str(home),
                                        **environment})
