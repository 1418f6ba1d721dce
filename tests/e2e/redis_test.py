"""The shared store as a site has it: several services, one Redis, and days when it is away."""

import os
import signal
import statistics
import subprocess
import time

from harness import BUILD, PATIENCE, jpeg
from redis_server import RedisTestCase

WEEK = 604_800
MONTH = 2_592_000


class RedisTest(RedisTestCase):
    def test_a_photograph_twice_and_what_lies_in_redis(self):
        self.redis.start()
        sandbox = self.sandbox()
        service = self.on_redis(sandbox, "a", MEMORY_CACHE_MB="0")
        service.await_line(r"Store: Redis.*unix:")
        self.await_stats(service, status="connected")
        first = service.upload(jpeg(1))
        self.assertEqual(first.cache, "MISS")
        second = service.upload(jpeg(1))
        self.assertEqual(second.cache, "HIT")
        self.assertIn("detail=redis", second.headers["cache-status"])
        self.assertEqual(sandbox.charged, 1)

        (key,) = self.redis.cli("--raw", "KEYS", "analysis:*").split()
        self.assertAlmostEqual(int(self.redis.cli("TTL", key)), WEEK, delta=1)
        value = self.redis.cli("--raw", "GET", key)
        for name in ("aiScore", "isAi", "confidence", "verdict", "provider"):
            self.assertIn(f'"{name}":', value)
        service.text("A text that is long enough to be judged by a vendor, and is sent once.")
        (key,) = self.redis.cli("--raw", "KEYS", "text:*").split()
        self.assertAlmostEqual(int(self.redis.cli("TTL", key)), MONTH, delta=1)

        stats = service.stats()
        self.assertEqual((stats["backend"], stats["isAvailable"]), ("redis", True))
        self.assertEqual(stats["pendingWrites"], 0)
        ready = service.request("GET", "/api/health/ready").json
        self.assertEqual(ready["store"], {"backend": "redis", "available": True})

    def test_two_services_pay_once_for_what_they_share(self):
        self.redis.start()
        sandbox = self.sandbox()
        one = self.on_redis(sandbox, "a")
        two = self.on_redis(sandbox, "b")
        for service in (one, two):
            self.await_stats(service, status="connected")
        self.assertEqual(one.upload(jpeg(2)).cache, "MISS")
        self.assertEqual(two.upload(jpeg(2)).cache, "HIT")
        self.assertEqual(two.upload(jpeg(3)).cache, "MISS")
        self.assertEqual(one.upload(jpeg(3)).cache, "HIT")
        self.assertEqual(sandbox.charged, 2)
        cleared = one.admin("POST", "/api/admin/cache/clear", {"pattern": "analysis:*"}).json
        self.assertEqual(cleared["cleared"], 2)

    def test_a_redis_that_dies_in_the_middle_costs_nothing_twice(self):
        self.redis.start()
        sandbox = self.sandbox()
        service = self.on_redis(sandbox, "a", MEMORY_CACHE_MB="0")
        self.await_stats(service, status="connected")
        self.assertEqual(service.upload(jpeg(10)).cache, "MISS")
        self.redis.kill()
        self.await_stats(service, patience=1, status="disconnected", state="DEGRADED")
        for seed in range(11, 21):
            self.assertEqual(service.upload(jpeg(seed)).cache, "MISS")
        for seed in range(11, 21):  # what is paid for in the outage is known in the outage
            again = service.upload(jpeg(seed))
            self.assertEqual(again.cache, "HIT")
            self.assertIn("detail=sqlite", again.headers["cache-status"])
        self.assertGreaterEqual(service.stats()["pendingWrites"], 10)
        self.assertEqual(service.stats()["cost"]["paidCalls"], 11)
        self.assertEqual(service.request("GET", "/api/health/ready").json["status"], "degraded")

        self.redis.start()
        self.await_stats(service, patience=5, status="connected", pendingWrites=0)
        self.assertEqual(len(self.redis.cli("--raw", "KEYS", "analysis:*").split()), 11)
        for seed in range(10, 21):
            again = service.upload(jpeg(seed))
            self.assertEqual(again.cache, "HIT")
            self.assertIn("detail=redis", again.headers["cache-status"])
        self.assertEqual(sandbox.charged, 11)
        self.assertEqual(service.stats()["cost"]["paidCalls"], 11)
        self.assertEqual(self.redis.paid_calls(), 11)
        self.assertEqual(service.output.count("wait in the local store"), 1)
        # Another replica, with nothing on its own disk, knows it all.
        other = self.on_redis(sandbox, "b")
        self.await_stats(other, status="connected")
        self.assertEqual(other.upload(jpeg(15)).cache, "HIT")

    def test_a_redis_that_hangs_slows_nobody_for_long_and_costs_nothing_twice(self):
        self.redis.start()
        sandbox = self.sandbox()
        service = self.on_redis(sandbox, "a", MEMORY_CACHE_MB="0", OUTAGE_CALLS_PER_MINUTE="0")
        self.await_stats(service, status="connected")
        self.redis.process.send_signal(signal.SIGSTOP)
        times = []
        for seed in range(40, 60):
            begun = time.monotonic()
            self.assertEqual(service.upload(jpeg(seed)).cache, "MISS")
            times.append(time.monotonic() - begun)
        self.assertLess(statistics.median(times), 0.2, times)
        self.await_stats(service, patience=1, status="disconnected")
        self.redis.process.send_signal(signal.SIGCONT)
        self.await_stats(service, patience=5, status="connected", pendingWrites=0)
        for seed in range(40, 60):
            self.assertEqual(service.upload(jpeg(seed)).cache, "HIT")
        self.assertEqual(sandbox.charged, 20)
        self.assertEqual(self.redis.paid_calls(), 20)

    def test_a_redis_that_is_down_at_start_is_no_reason_not_to_start(self):
        sandbox = self.sandbox()
        service = self.on_redis(sandbox, "a", OUTAGE_CALLS_PER_MINUTE="2")
        self.assertEqual(service.stats()["status"], "disconnected")
        self.assertEqual(service.upload(jpeg(30)).cache, "MISS")
        self.assertEqual(service.upload(jpeg(31)).cache, "MISS")
        refused = service.upload(jpeg(32))
        self.assertProblem(refused, 503, "overloaded")
        self.assertLessEqual(int(refused.headers["retry-after"]), 60)
        self.assertEqual(service.upload(jpeg(30)).cache, "HIT")
        self.assertEqual(sandbox.charged, 2)
        # Ended and started again meanwhile: nothing is lost.
        service.stop()
        service = self.on_redis(sandbox, "a")
        self.assertEqual(service.upload(jpeg(31)).cache, "HIT")
        self.redis.start()
        self.await_stats(service, patience=5, status="connected", pendingWrites=0)
        self.assertEqual(service.upload(jpeg(32)).cache, "MISS")
        self.assertEqual(len(self.redis.cli("--raw", "KEYS", "analysis:*").split()), 3)

    def test_a_redis_url_shows_no_password_and_must_be_one(self):
        service = self.service(REDIS_URL="rediss://user:hunter2@127.0.0.1:1/3")
        service.await_line(r"Store: Redis.*127\.0\.0\.1:1.*tls=true")
        service.stop()
        self.assertNotIn("hunter2", service.output)
        bad = subprocess.run([str(BUILD / "verdictcache")], cwd=self.directory,
                             env={"PATH": os.environ["PATH"], "PORT": "0",
                                  "REDIS_URL": "redis://user:hunter2@host:notaport"},
                             stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             timeout=PATIENCE)
        self.assertEqual(bad.returncode, 2)
        self.assertIn("REDIS_URL", bad.stderr)
        self.assertNotIn("hunter2", bad.stderr + bad.stdout)
