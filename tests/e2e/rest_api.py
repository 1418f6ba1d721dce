"""Upstash's REST API in front of a test's Redis."""

import pathlib
import subprocess
import sys

STAND_IN = pathlib.Path(__file__).resolve().parents[1] / "support" / "upstash_rest_stand_in.py"
TOKEN = "a-token-of-the-stand-in"


class RestApi:
    """The stand-in in front of a Redis; on the same port again after `kill`."""

    def __init__(self, redis, port=0):
        self.redis = redis
        self.port = port
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, "-B", str(STAND_IN), "--redis", str(self.redis.socket), "--token", TOKEN,
             "--port", str(self.port)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        self.port = int(self.url.rsplit(":", 1)[1])

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None
