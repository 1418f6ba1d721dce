"""The local store cannot be written for a while: no upload waits for it, and no verdict is lost."""

import contextlib
import resource
import signal
import sqlite3
import time

from harness import PATIENCE, ServiceTest, at_once, jpeg
from redis_server import RedisTestCase


class LocalWrites(ServiceTest):
    def stored(self):
        path = self.directory / "data" / "verdictcache.db"
        with contextlib.closing(sqlite3.connect(path)) as database:
            return database.execute("SELECT count(*) FROM entries").fetchone()[0]

    def await_stored(self, count):
        deadline = time.monotonic() + PATIENCE
        while self.stored() != count:
            self.assertLess(time.monotonic(), deadline, "it is not written")
            time.sleep(0.05)

    @contextlib.contextmanager
    def locked(self):
        path = self.directory / "data" / "verdictcache.db"
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            yield
            database.execute("ROLLBACK")

    @contextlib.contextmanager
    def full_disk(self, service):
        before = resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (4096, before[1]))
        yield
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, before)

    def longest(self, service, names):
        """The longest of uploads of new contents, one after the other; in seconds."""
        longest = 0.0
        for name in names:
            begun = time.monotonic()
            self.assertEqual(service.upload(jpeg(name, 5000)).cache, "MISS")
            longest = max(longest, time.monotonic() - begun)
        return longest


class WithoutRedis(LocalWrites):
    def test_a_lock_of_another_process_costs_neither_time_nor_a_verdict(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, MEMORY_CACHE_MB="0")
        service.upload(jpeg("before"))
        with self.locked():
            self.assertLess(self.longest(service, ["a"]), 3)
            self.assertLess(self.longest(service, ["b", "c"]), 0.5)
            for name in "abc":  # from what waits in memory
                self.assertEqual(service.upload(jpeg(name, 5000)).cache, "HIT")
        self.await_stored(4)
        service.stop(signal.SIGKILL)
        service = self.service(sandbox)
        for name in "abc":
            self.assertEqual(service.upload(jpeg(name, 5000)).cache, "HIT")
        self.assertEqual(sandbox.charged, 4)

    def test_a_budget_that_cannot_be_asked_holds_up_one_upload_and_forgets_nothing(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, DAILY_BUDGET_USD="10")
        service.upload(jpeg("before"))
        price = service.stats()["cost"]["budget"]["daily"]["spentUsd"]
        with self.locked():
            self.assertLess(self.longest(service, ["a"]), 4)
            self.assertLess(self.longest(service, ["b", "c"]), 0.5)
        self.await_stored(4)
        deadline = time.monotonic() + PATIENCE
        while self.spent() != round(4 * price * 1e6):
            self.assertLess(time.monotonic(), deadline, self.spent())
            time.sleep(0.05)

    def spent(self):
        path = self.directory / "data" / "verdictcache.db"
        with contextlib.closing(sqlite3.connect(path)) as database:
            return database.execute("SELECT micros FROM budget WHERE key LIKE 'budget:%'"
                                    ).fetchone()[0]

    def test_a_disk_that_is_full_for_a_second_loses_nothing_and_needs_no_upload_to_go_on(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, MEMORY_CACHE_MB="0", OUTAGE_CALLS_PER_MINUTE="5")
        service.upload(jpeg("before"))
        with self.full_disk(service):
            self.longest(service, ["a", "b"])
            answers = at_once(6, lambda i: service.upload(jpeg(f"more {i}", 5000)))
            self.assertEqual(sorted(answer.status for answer in answers), [200] * 3 + [503] * 3)
            self.assertEqual(service.upload(jpeg("a", 5000)).cache, "HIT")
            self.assertEqual(service.upload(jpeg("before")).cache, "HIT")
        self.await_stored(6)
        paid = sandbox.charged
        self.assertEqual(paid, 6)
        self.longest(service, ["after 1", "after 2"])
        service.stop(signal.SIGKILL)
        service = self.service(sandbox)
        self.assertEqual(service.upload(jpeg("a", 5000)).cache, "HIT")
        self.assertEqual(sandbox.charged, paid + 2)


class WithRedis(LocalWrites, RedisTestCase):
    def setUp(self):
        super().setUp()
        self.redis.start()

    def test_no_answer_waits_for_the_local_copy(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, REDIS_URL=self.redis.url)
        service.upload(jpeg("before"))
        self.await_stored(1)
        with self.locked():
            self.assertLess(self.longest(service, ["a"]), 0.9)
            self.assertLess(self.longest(service, ["b", "c"]), 0.3)
        self.await_stored(4)

    def test_what_redis_does_not_take_waits_in_memory_while_the_disk_does_not_either(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, REDIS_URL=self.redis.url, MEMORY_CACHE_MB="0",
                               OUTAGE_PATIENCE_MS="100")
        service.upload(jpeg("before"))
        self.await_stored(1)
        with self.locked():
            self.redis.kill()
            self.longest(service, ["a", "b"])
            self.assertEqual(service.upload(jpeg("a", 5000)).cache, "HIT")
            self.redis.start()
            deadline = time.monotonic() + PATIENCE
            while self.redis.paid_calls() != 3:
                self.assertLess(time.monotonic(), deadline, self.redis.paid_calls())
                time.sleep(0.05)
        self.await_stored(3)
        self.assertEqual(self.redis.paid_calls(), 3)
        self.assertEqual(sandbox.charged, 3)
