"""A real Redis that is full, wants a password, or comes late: what the statistics and the log say."""

import time

from harness import SANITIZED
from redis_server import RedisTestCase
from steady_load import content

WEEK = 604_800
MONTH = 2_592_000
MARGIN = 2.0 if SANITIZED else 0.5  # for a busy machine


class States(RedisTestCase):
    """What the statistics and the log say while Redis is there but of no use."""

    def setUp(self):
        super().setUp()
        self.box = self.sandbox()
        self.paid_at = {}

    def connected(self):
        self.redis.start()
        service = self.on_redis(self.box, "a", OUTAGE_CALLS_PER_MINUTE="0")
        self.await_stats(service, status="connected")
        return service

    def pay(self, service, count):
        """Each content is new: a miss, then a hit."""
        for number in range(len(self.paid_at), len(self.paid_at) + count):
            what = content("state", number)
            self.assertEqual(what.send(service).cache, "MISS")
            self.paid_at[what] = time.monotonic()
            self.assertEqual(what.send(service).cache, "HIT")

    def assertDelivered(self, service, patience=5):
        self.await_stats(service, patience + MARGIN, status="connected", pendingWrites=0,
                         state="WARMING")  # too few look-ups for more
        for what, paid_at in self.paid_at.items():
            life = WEEK if what.kind == "analysis" else MONTH
            left = life - (time.monotonic() - paid_at)
            self.assertAlmostEqual(int(self.redis.cli("TTL", what.key)), left, delta=2)
        self.assertEqual(self.box.charged, len(self.paid_at))

    def count_lines(self, service, pattern):
        return sum(pattern in line for line in service.output.splitlines())

    def test_a_full_redis(self):
        service = self.connected()
        self.pay(service, 3)
        for times in (1, 2):
            self.redis.cli("CONFIG", "SET", "maxmemory-policy", "noeviction")
            self.redis.cli("CONFIG", "SET", "maxmemory", "1")
            self.pay(service, 12)
            stats = self.await_stats(service, 1 + MARGIN, state="DEGRADED")
            self.assertEqual(stats["status"], "connected")  # it still answers look-ups
            self.assertGreaterEqual(stats["pendingWrites"], 12)
            time.sleep(1)  # deliveries are tried and refused
            self.assertEqual(self.count_lines(service, "Redis takes no new verdicts"), times)
            self.assertEqual(self.count_lines(service, "wait in the local store:"), times)
            self.redis.cli("CONFIG", "SET", "maxmemory", "0")
            self.assertDelivered(service, patience=15)
            self.assertEqual(self.count_lines(service, "Redis takes new verdicts again"), times)
            self.assertEqual(self.count_lines(service, "is in the shared store"), times)

    def test_a_redis_that_wants_a_password_all_of_a_sudden(self):
        service = self.connected()
        self.pay(service, 3)
        self.redis.cli("CONFIG", "SET", "requirepass", "swordfish")
        self.redis.password = "swordfish"
        # Who is in may stay; who comes anew is asked.
        self.redis.cli("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        self.await_stats(service, 1 + MARGIN, status="disconnected", state="DEGRADED")
        self.pay(service, 12)
        self.assertGreaterEqual(service.stats()["pendingWrites"], 12)
        service.await_line(r"warn.*Redis is not available.*password")
        time.sleep(1)
        # It was lost, then found to want a password; however often it was tried since.
        self.assertEqual(self.count_lines(service, "Redis is not available address="), 2)
        self.redis.cli("CONFIG", "SET", "requirepass", "")
        self.redis.password = None
        self.assertDelivered(service, patience=15)
        self.assertEqual(self.count_lines(service, "Redis is connected"), 2)
        self.assertNotIn("swordfish", service.output)

    def test_a_redis_that_comes_after_the_service(self):
        service = self.on_redis(self.box, "a", OUTAGE_CALLS_PER_MINUTE="0")
        stats = service.stats()
        self.assertEqual((stats["status"], stats["state"]), ("disconnected", "DEGRADED"))
        self.pay(service, 10)
        time.sleep(2)  # so that it tries to connect less and less often
        self.redis.start()
        self.await_stats(service, 2 + MARGIN, status="connected")
        self.assertDelivered(service, patience=3)
        self.assertEqual(self.count_lines(service, "Redis is connected"), 1)
