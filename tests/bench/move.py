"""What it takes to copy a cache out of a store and into another: time, memory, pauses of Redis."""

import contextlib
import http.client
import json
import os
import pathlib
import sys
import tempfile
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
SEED = """
for i = tonumber(ARGV[1]), tonumber(ARGV[2]) do
  local hash = string.format('%064x', i * 2654435761)
  redis.call('SET', 'analysis:' .. hash,
             '{"aiScore":12,"analyzedAt":"2026-11-21T10:00:00Z","details":{"x":"' .. string.rep('x', 400) ..
             '"},"cache":{"v":1,"sha256":"' .. hash .. '","kind":"analysis",' ..
             '"storedAt":"2026-11-21T10:00:00Z","costMicros":10000,"mediaType":"image/jpeg","bytes":7}}',
             'EX', 500000)
end"""
SEED_AT_ONCE = 20_000
SLOW_MICROS = 10_000
LONGEST = 900  # seconds


class Mover:
    """Sends and takes copies of one service."""

    def __init__(self, service, token):
        self._service = service
        self._token = token

    def _connection(self):
        return contextlib.closing(
            http.client.HTTPConnection("127.0.0.1", self._service.port, timeout=LONGEST))

    def export(self, file):
        """The number of entries that the last line states."""
        tail = b""
        with self._connection() as connection:
            connection.request("GET", "/api/admin/cache/export",
                               headers={"Authorization": f"Bearer {self._token}"})
            answer = connection.getresponse()
            with open(file, "wb") as out:
                while piece := answer.read(1 << 20):
                    out.write(piece)
                    tail = (tail + piece)[-500:]
        last = json.loads(tail.splitlines()[-1])
        if not last.get("end"):
            raise SystemExit(f"the export is not complete: {last}")
        return last["entries"]

    def take(self, file):
        """How many entries were new, and how many were there."""
        with self._connection() as connection, open(file, "rb") as body:
            connection.request("POST", "/api/admin/cache/import", body,
                               {"Authorization": f"Bearer {self._token}",
                                "Content-Length": str(os.path.getsize(file))})
            answer = json.loads(connection.getresponse().read())
        if not answer.get("success") or answer["refused"] or not answer["complete"]:
            raise SystemExit(f"the import failed: {answer}")
        return answer["imported"], answer["kept"]


def seed(redis, entries):
    for first in range(1, entries + 1, SEED_AT_ONCE):
        redis.cli("EVAL", SEED, "0", str(first), str(min(first + SEED_AT_ONCE - 1, entries)))


def print_statistics(service):
    """How long the statistics take beside so many entries."""
    times = []
    for _ in range(50):
        begun = time.perf_counter()
        service.stats()
        times.append((time.perf_counter() - begun) * 1_000)
    times.sort()
    print(f"Statistics beside these entries: median {times[25]:.1f} ms, slowest {times[-1]:.1f} ms.\n",
          flush=True)


def measure(entries):
    """Prints a row for each step. The programs are those of VCACHE_BUILD_DIR."""
    sys.path.insert(0, str(TESTS / "e2e"))
    import harness
    import redis_server

    with contextlib.ExitStack() as stack:
        directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vcache-bench-")))
        redis = redis_server.Redis()
        stack.callback(redis.close)
        redis.start(["--appendonly", "no"])
        redis.cli("CONFIG", "SET", "slowlog-log-slower-than", str(SLOW_MICROS))

        def start(name, **environment):
            home = directory / name
            home.mkdir()
            service = harness.Service(home, CACHE_DIR=str(home), **environment)  # without a vendor
            stack.callback(service.stop)
            return service, Mover(service, harness.ADMIN_TOKEN)

        def row(step, service, action, expected):
            redis.cli("SLOWLOG", "RESET")
            before = service.resident_kib()
            begun = time.monotonic()
            result = action()
            took = time.monotonic() - begun
            if result != expected:
                raise SystemExit(f"{step}: {result} in place of {expected}")
            print(f"| {step} | {took:.1f} | {entries / took:,.0f} | "
                  f"{(service.peak_kib() - before) / 1024:.1f} | {redis.cli('SLOWLOG', 'LEN')} |", flush=True)

        shared, of_shared = start("shared", REDIS_URL=redis.url)
        shared.await_line("Redis is connected")
        seed(redis, entries)
        print_statistics(shared)
        print("| step | s | entries a second | memory at most, MiB more | pauses of Redis over 10 ms |")
        print("|---|---|---|---|---|", flush=True)
        first, second = directory / "redis.ndjson", directory / "sqlite.ndjson"
        row("export from Redis", shared, lambda: of_shared.export(first), entries)
        redis.cli("FLUSHALL", "ASYNC")
        row("import into an empty Redis", shared, lambda: of_shared.take(first), (entries, 0))
        row("the same once more", shared, lambda: of_shared.take(first), (0, entries))
        alone, of_alone = start("alone")
        row("import into an empty SQLite", alone, lambda: of_alone.take(first), (entries, 0))
        row("export from SQLite", alone, lambda: of_alone.export(second), entries)
        row("the same once more", alone, lambda: of_alone.take(second), (0, entries))
