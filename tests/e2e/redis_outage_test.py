"""Drills with a real Redis: it stands still or dies under load, and answers are timed.

VCACHE_DRILL_SECONDS sets how long the outages under load last, and has their figures printed.
"""

import os
import signal
import statistics
import threading
import time

from harness import SANITIZED
from redis_server import RedisTestCase
from steady_load import SteadyLoad, content

DRILL = float(os.environ.get("VCACHE_DRILL_SECONDS", 6))
REDIS_TIMEOUT = 0.25  # the default of REDIS_TIMEOUT_MS
OUTAGE_PATIENCE = 2.5  # the default of OUTAGE_PATIENCE_MS
MARGIN = 2.0 if SANITIZED else 0.5  # for a busy machine


def look_up(connection, what):
    connection.request("GET", f"/api/analysis/{what.sha256}")
    answer = connection.getresponse()
    answer.read()
    return answer


class Watcher:
    """Looks one content up again and again on a service without memory tier, and takes the time."""

    def __init__(self, service, what):
        self.service, self.what = service, what
        self.seconds, self.statuses = [], set()
        self._stop = threading.Event()

    def __enter__(self):
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _run(self):
        with self.service.kept_connection() as connection:
            while not self._stop.wait(0.01):
                begun = time.perf_counter()
                answer = look_up(connection, self.what)
                self.seconds.append(time.perf_counter() - begun)
                self.statuses.add(answer.status)

    @property
    def median(self):
        return statistics.median(self.seconds)


class Outages(RedisTestCase):
    """50 requests a second, half of them for known contents, through an outage of Redis."""

    def setUp(self):
        super().setUp()
        self.redis.start()
        self.box = self.sandbox()
        self.app = self.on_redis(self.box, "a", OUTAGE_CALLS_PER_MINUTE="0")
        self.memoryless = self.on_redis(self.box, "b", OUTAGE_CALLS_PER_MINUTE="0",
                                        MEMORY_CACHE_MB="0")
        for service in (self.app, self.memoryless):
            self.await_stats(service, status="connected")

    def drill(self, name, begin_outage, end_outage):
        before, during = content("before", 0), content("during", 0)
        self.assertEqual(before.send(self.memoryless).cache, "MISS")
        with SteadyLoad(self.app, name) as load:
            with Watcher(self.memoryless, before) as in_redis:
                time.sleep(2)
            broken = time.monotonic()
            begin_outage()
            self.assertEqual(during.send(self.memoryless).cache, "MISS")
            with Watcher(self.memoryless, during) as away:
                time.sleep(max(0.1, broken + DRILL - time.monotonic()))
            for service in (self.app, self.memoryless):
                stats = service.stats()
                self.assertEqual((stats["status"], stats["state"]), ("disconnected", "DEGRADED"))
            healed = time.monotonic()
            end_outage()
            time.sleep(2)
        for service in (self.app, self.memoryless):
            self.await_stats(service, patience=5 + MARGIN + DRILL / 3, status="connected",
                             pendingWrites=0)
        self.report(name, load, broken, healed, in_redis, away)
        self.check(load, broken, healed)
        self.assertEqual((in_redis.statuses, away.statuses), ({200}, {200}))
        if not SANITIZED:
            self.assertLess(away.median - in_redis.median, 0.001)
        contents = load.contents | {before, during}
        self.assertEqual(self.box.charged, len(contents), "something was paid for twice")
        keys = self.redis.cli("--raw", "KEYS", "*:*").split()
        self.assertLessEqual({what.key for what in contents}, set(keys))
        paid = sum(map(self.redis.paid_calls, ("analysis", "text")))
        self.assertEqual(paid, len(contents))

    def check(self, load, broken, healed):
        load.check(self)
        usual = statistics.median(sent.seconds for sent in load.between(0, broken))
        delayed = [sent for sent in load.sent if sent.seconds > usual + REDIS_TIMEOUT / 2]
        # New content waits for Redis until the outage is believed, and then nothing waits any more.
        believed = broken + REDIS_TIMEOUT + OUTAGE_PATIENCE
        for sent in delayed:
            limit = max(believed, sent.begun + REDIS_TIMEOUT)
            self.assertLess(sent.begun + sent.seconds, limit + usual + MARGIN)
        if SANITIZED:
            return
        # What waited is then paid for all at once. From its end on nothing is late, but for what a
        # busy machine holds up now and then: without a breaker it would be all of them.
        begin = max((sent.begun + sent.seconds for sent in delayed if sent.begun < believed),
                    default=believed) + REDIS_TIMEOUT
        late = [sent.begun - broken for sent in delayed if begin < sent.begun < healed]
        self.assertLessEqual(len(late), 0.01 * len(load.between(begin, healed)), late)

    def report(self, name, load, broken, healed, in_redis, away):
        if "VCACHE_DRILL_SECONDS" not in os.environ:
            return
        phases = {"before": (0, broken), "first second": (broken, broken + 1),
                  "the rest of it": (broken + 1, healed), "after": (healed, time.monotonic())}
        print(f"\n{name}, {DRILL:.0f} s at {load.rate} requests a second; milliseconds:")
        for phase, (begin, end) in phases.items():
            taken = sorted(1000 * sent.seconds for sent in load.between(begin, end))
            print(f"  {phase:15} {len(taken):5} requests, median {statistics.median(taken):6.2f}, "
                  f"99th {taken[int(0.99 * (len(taken) - 1))]:6.1f}, most {taken[-1]:6.1f}")
        for phase, watcher in (("from Redis", in_redis), ("from the local store", away)):
            print(f"  {len(watcher.seconds):5} look-ups without memory tier {phase}: "
                  f"median {1000 * watcher.median:.3f}, most {1000 * max(watcher.seconds):.1f}")

    def test_a_redis_that_stands_still(self):
        process = self.redis.process
        self.drill("Redis stands still", lambda: process.send_signal(signal.SIGSTOP),
                   lambda: process.send_signal(signal.SIGCONT))

    def test_a_redis_that_is_killed(self):
        self.drill("Redis is killed", self.redis.kill, self.redis.start)
