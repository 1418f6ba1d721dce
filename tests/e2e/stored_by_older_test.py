"""What an older version left in its stores is served by this one, and nothing is paid again.

The folder stored_by_0_1 holds what version 0.1 wrote: SQLite as SQL, Redis as the replies of DUMP,
alive until 2036. It was made by that version, and can be made again:

    VCACHE_BUILD_DIR=<build of that version> python3 stored_by_older_test.py write
"""

import base64
import contextlib
import json
import pathlib
import socket
import sqlite3
import sys
import unittest

from crash_test import UNFINISHED, CrashTest
from harness import jpeg
from redis_server import RedisTestCase

FILES = pathlib.Path(__file__).with_name("stored_by_0_1")
DATABASE = "verdictcache.db"
TTL = {"CACHE_TTL_ANALYSIS": str(3660 * 86400), "CACHE_TTL_TEXT": str(3660 * 86400)}
ALONE = ((1, 2), "A text that a version before was paid to judge, and that nobody pays for again.")
SHARED = ((3, 4), "Another text, which was judged long ago, and which replicas share in Redis.")
KILLED = 5  # a photograph in whose call the service was killed
IN_OUTAGE = 6  # a photograph that was paid for while Redis was away


def ask(service, contents):
    """The answers to each photograph and to the text."""
    photographs, text = contents
    return [*(service.upload(jpeg(seed)) for seed in photographs), service.text(text)]


class RawRedis:
    """Commands and replies as bytes, which redis-cli does not give."""

    def __init__(self, redis):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(redis.socket))
        self._replies = self._socket.makefile("rb")

    def __call__(self, *words):
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self._socket.sendall(b"*%d\r\n" % len(words) +
                             b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
        return self._reply()

    def close(self):
        self._replies.close()
        self._socket.close()

    def _reply(self):
        line = self._replies.readline().rstrip(b"\r\n")
        kind, rest = line[:1], line[1:]
        if kind == b"-":
            raise AssertionError(rest.decode())
        if kind == b"$":
            return self._replies.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return [self._reply() for _ in range(int(rest))]
        return rest


class StoredByOlder(RedisTestCase):
    def load(self, name):
        """A directory with the local store of that name."""
        directory = self.directory / name
        directory.mkdir(mode=0o700)
        with contextlib.closing(sqlite3.connect(directory / DATABASE)) as database:
            database.executescript((FILES / f"{name}.sql").read_text())
        (directory / DATABASE).chmod(0o600)
        return directory

    def load_redis(self):
        redis = RawRedis(self.redis)
        for row in json.loads((FILES / "redis.json").read_text()):
            redis("RESTORE", row["key"], max(row["expiresAt"], 0), base64.b64decode(row["dump"]),
                  "ABSTTL")
        redis.close()

    def test_a_local_store_is_read_and_served(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, CACHE_DIR=str(self.load("alone")), DAILY_BUDGET_USD="5",
                               **TTL)
        self.assertEqual([answer.cache for answer in ask(service, ALONE)], ["HIT"] * 3)
        self.assertEqual(sandbox.charged, 0)
        cost = service.stats()["cost"]
        self.assertEqual((cost["paidCalls"], cost["spent"], cost["unknownCharges"]),
                         (4, 0.025, 1))
        service.await_line(UNFINISHED)  # of the call that it was killed in
        self.assertEqual(service.upload(jpeg(9)).cache, "MISS")  # and it is written to

    def test_redis_and_what_waits_for_it_are_read_and_served(self):
        self.redis.start()
        self.load_redis()
        sandbox = self.sandbox()
        self.load("beside_redis")
        one = self.on_redis(sandbox, "beside_redis", MEMORY_CACHE_MB="0", **TTL)
        self.await_stats(one, status="connected", pendingWrites=0)
        two = self.on_redis(sandbox, "b", MEMORY_CACHE_MB="0", **TTL)
        self.await_stats(two, status="connected")
        for service in (one, two):
            self.assertEqual([answer.cache for answer in ask(service, SHARED)], ["HIT"] * 3)
            answer = service.upload(jpeg(IN_OUTAGE))
            self.assertEqual(answer.cache, "HIT")
            self.assertIn("detail=redis", answer.headers["cache-status"])
        self.assertEqual(sandbox.charged, 0)
        self.assertEqual(one.stats()["cost"]["paidCalls"], 4)


class Writer(StoredByOlder, CrashTest):
    """Makes the files, with the programs of the version that is to be kept."""

    def save(self, directory, name):
        with contextlib.closing(sqlite3.connect(directory / DATABASE)) as database:
            lines = list(database.iterdump())
            for pragma in ("user_version", "application_id"):
                value = database.execute(f"PRAGMA {pragma}").fetchone()[0]
                lines.append(f"PRAGMA {pragma} = {value};")
        (FILES / f"{name}.sql").write_text("\n".join(lines) + "\n")

    def save_redis(self):
        redis = RawRedis(self.redis)
        rows = [{"key": key.decode(), "expiresAt": int(redis("PEXPIRETIME", key)),
                 "dump": base64.b64encode(redis("DUMP", key)).decode()}
                for key in sorted(redis("KEYS", "*"))]
        redis.close()
        (FILES / "redis.json").write_text(json.dumps(rows, indent=1) + "\n")

    def write(self):
        FILES.mkdir(exist_ok=True)
        sandbox = self.sandbox()
        alone = self.directory / "a"
        alone.mkdir()
        service = self.service(sandbox, CACHE_DIR=str(alone), DAILY_BUDGET_USD="5", **TTL)
        ask(service, ALONE)
        self.assertEqual([answer.cache for answer in ask(service, ALONE)], ["HIT"] * 3)
        self.assertEqual(service.stop(), 0)
        self.crash_in_a_call(sandbox, jpeg(KILLED), CACHE_DIR=str(alone), **TTL)
        self.save(alone, "alone")

        self.redis.start()
        service = self.on_redis(sandbox, "r", DAILY_BUDGET_USD="5", **TTL)
        self.await_stats(service, status="connected")
        ask(service, SHARED)
        self.redis.kill()
        self.await_stats(service, status="disconnected")
        self.assertEqual(service.upload(jpeg(IN_OUTAGE)).cache, "MISS")
        self.assertEqual(service.stop(), 0)
        self.save(self.directory / "r", "beside_redis")
        self.redis.start()
        self.save_redis()


def load_tests(loader, _standard, _pattern):  # not those of what is imported
    return loader.loadTestsFromTestCase(StoredByOlder)


if __name__ == "__main__":
    if sys.argv[1:] == ["write"]:
        result = unittest.TextTestRunner().run(Writer("write"))
        sys.exit(not result.wasSuccessful())
    unittest.main()
