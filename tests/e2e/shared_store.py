"""A Redis of a test's own, and what tests of services that share it have in common."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from harness import PATIENCE, ServiceTest

NO_REDIS = not shutil.which("redis-server") and not os.environ.get("CI")


class Redis:
    """A redis-server of the test's own, on a unix socket in a directory with a short path."""

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vcr-"))
        self.socket = self.directory / "s"
        self.process = None

    @property
    def url(self):
        return f"unix://{self.socket}"

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", str(self.socket), "--save", "",
             "--appendonly", "yes", "--appendfsync", "always", "--dir", str(self.directory)],
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
        return subprocess.run(["redis-cli", "-s", str(self.socket), *words], capture_output=True,
                              text=True, timeout=PATIENCE).stdout.strip()

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


class SharedStoreTest(ServiceTest):
    def setUp(self):
        super().setUp()
        self.redis = Redis()
        self.addCleanup(self.redis.close)

    def await_stats(self, service, patience=PATIENCE, **wanted):
        deadline = time.monotonic() + patience
        while True:
            stats = service.stats()
            if all(stats[name] == value for name, value in wanted.items()):
                return stats
            self.assertLess(time.monotonic(), deadline, stats)
            time.sleep(0.02)
