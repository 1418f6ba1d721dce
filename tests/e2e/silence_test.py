"""A shared store that falls silent for a moment, or has lost its data, costs no paid call."""

import hashlib
import signal
import threading
import time

from faulty_link import FaultyLink
from harness import SANITIZED, at_once, jpeg
from redis_server import RedisTestCase

CROWD = 40


class Silence(RedisTestCase):
    """One replica has paid; another, without memory and disk, is asked."""

    def setUp(self):
        super().setUp()
        self.redis.start()
        self.vendor = self.sandbox()
        self.payer = self.on_redis(self.vendor, "payer", MEMORY_CACHE_MB="0")
        self.other = self.on_redis(self.vendor, "other", MEMORY_CACHE_MB="0", CACHE_DIR="")
        for service in (self.payer, self.other):
            self.await_stats(service, status="connected")

    def pay_for(self, count):
        known = [jpeg(f"known {i}") for i in range(count)]
        for content in known:
            self.assertEqual(self.payer.upload(content).cache, "MISS")
        self.assertEqual(self.vendor.charged, count)
        return known

    def assert_known(self, service, known):
        answers = at_once(CROWD, lambda i: service.upload(known[i % len(known)]))
        self.assertEqual([answer.status for answer in answers], [200] * CROWD)
        self.assertEqual(self.vendor.charged, len(known))

    def test_cut_connections(self):
        known = self.pay_for(8)
        for _ in range(5):
            self.redis.cli("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            self.assert_known(self.other, known)

    def test_a_server_that_stalls(self):
        known = self.pay_for(8)
        for milliseconds in ("400", "1000", "1800"):
            self.redis.cli("CLIENT", "PAUSE", milliseconds, "ALL")
            self.assert_known(self.other, known)

    def test_a_service_that_is_frozen_amid_its_requests(self):
        known = self.pay_for(8)
        for seconds in (1.5, 4):
            thaw = threading.Timer(seconds, self.other.process.send_signal, [signal.SIGCONT])
            # The replies arrive while it is frozen, after the commands' time.
            self.redis.cli("CLIENT", "PAUSE", "200", "ALL")
            freeze = threading.Timer(0.1, self.other.process.send_signal, [signal.SIGSTOP])
            freeze.start()
            thaw.start()
            self.assert_known(self.other, known)
            thaw.join()

    def test_an_outage_delays_the_first_only(self):
        self.redis.kill()
        begun = time.monotonic()
        self.assertEqual(self.other.upload(jpeg("first")).cache, "MISS")
        first = time.monotonic() - begun
        begun = time.monotonic()
        self.assertEqual(self.other.upload(jpeg("second")).cache, "MISS")
        second = time.monotonic() - begun
        self.assertGreater(first, 2)  # OUTAGE_PATIENCE_MS
        self.assertLess(second, 5 if SANITIZED else 1)

    def test_a_store_that_lost_its_data_is_given_what_the_payer_has(self):
        known = self.pay_for(8)
        self.redis.cli("FLUSHALL")
        self.assert_known(self.payer, known)
        self.assert_known(self.other, known)  # put back
        self.redis.cli("DEL", self.redis.cli("--raw", "KEYS", "analysis:*").split()[0])
        self.assert_known(self.payer, known)

    def test_after_a_loss_the_one_that_is_asked_waits_for_what_the_others_put_back(self):
        known = self.pay_for(8)
        for service in (self.payer, self.other):
            self.assertEqual(service.stats()["cost"]["paidCalls"], 8)
        for _ in range(2):
            self.redis.cli("FLUSHALL")
            self.assert_known(self.other, known)
            self.assertEqual(self.other.stats()["cost"]["paidCalls"], 8)
            self.assertEqual(self.redis.paid_calls(), 8)

    def test_a_clear_in_another_database_clears_nothing_here(self):
        known = self.pay_for(2)
        neighbour = self.on_redis(self.vendor, "neighbour", REDIS_URL=f"{self.redis.url}?db=1")
        self.await_stats(neighbour, status="connected")
        self.assertEqual(neighbour.upload(known[0]).cache, "MISS")
        self.assertEqual(neighbour.admin("POST", "/api/admin/cache/clear").json["cleared"], 1)
        self.redis.kill()
        for content in known:
            self.assertEqual(self.payer.upload(content).cache, "HIT")  # from its own disk

    def test_a_clear_wins_over_the_payers_copies(self):
        known = self.pay_for(2)
        cleared = self.other.admin("POST", "/api/admin/cache/clear")
        self.assertEqual(cleared.status, 200, cleared.body)
        for content in known:
            self.assertEqual(self.payer.upload(content).cache, "MISS")


class BehindLink(RedisTestCase):
    """One replica at Redis, and another behind a link that can be made bad."""

    def setUp(self):
        super().setUp()
        self.redis.start()
        self.vendor = self.sandbox()
        self.link = FaultyLink(self.redis.socket)
        self.addCleanup(self.link.close)
        self.near = self.on_redis(self.vendor, "near")
        self.behind = self.behind_link("behind")

    def behind_link(self, directory, **environment):
        service = self.on_redis(self.vendor, directory,
                                REDIS_URL=f"redis://127.0.0.1:{self.link.port}", **environment)
        self.await_stats(service, status="connected")
        service.await_line("Redis events are received")
        return service

    def look_up(self, content):
        digest = hashlib.sha256(content).hexdigest()
        return self.behind.request("GET", f"/api/analysis/{digest}?kind=analysis").status

    def await_cleared(self, content):
        """Its memory is cleared once its connection for events is back."""
        deadline = time.monotonic() + 10
        while self.look_up(content) == 200:
            self.assertLess(time.monotonic(), deadline, "the clear is not heard")
            time.sleep(0.02)


class StrandedConnections(BehindLink):
    """A balancer drops the open connections of a replica without a word; new ones are good."""

    def test_a_late_command_lets_the_next_clear_be_heard(self):
        known = jpeg("known")
        self.assertEqual(self.behind.upload(known).cache, "MISS")
        self.link.strand()
        cleared = self.near.admin("POST", "/api/admin/cache/clear")
        self.assertEqual(cleared.json["cleared"], 1)
        self.assertEqual(self.look_up(known), 200)  # not heard, and nobody knows
        self.look_up(jpeg("unknown"))
        self.await_cleared(known)

    def test_a_lost_subscription_lets_the_command_connection_be_replaced(self):
        patient = self.behind_link("patient", REDIS_TIMEOUT_MS="5000")
        self.link.strand()
        begun = time.monotonic()
        self.redis.cli("CLIENT", "KILL", "TYPE", "pubsub")
        patient.await_line("a second connection is answered, and this one is not")
        self.assertLess(time.monotonic() - begun, 4)  # before any command was late
        self.await_stats(patient, status="connected")


class MissedClears(BehindLink):
    """A clear while a replica is cut off covers what that replica has yet to deliver."""

    def test_what_waited_is_cleared_too_but_counted(self):
        self.link.fault = "cut"
        self.await_stats(self.behind, status="disconnected")
        self.assertEqual(self.behind.upload(jpeg("before")).cache, "MISS")
        self.assertEqual(self.behind.text("Of another kind. " * 20).cache, "MISS")
        cleared = self.near.admin("POST", "/api/admin/cache/clear", {"pattern": "analysis:*"})
        self.assertEqual(cleared.status, 200, cleared.body)
        self.assertEqual(self.behind.upload(jpeg("after")).cache, "MISS")
        self.link.fault = None
        self.await_stats(self.behind, status="connected", pendingWrites=0)
        self.assertEqual(self.near.upload(jpeg("after")).cache, "HIT")
        self.assertEqual(len(self.redis.cli("--raw", "KEYS", "text:*").split()), 1)
        self.assertEqual(len(self.redis.cli("--raw", "KEYS", "analysis:*").split()), 1)
        self.assertEqual([self.redis.paid_calls(kind) for kind in ("analysis", "text")], [2, 1])
        self.await_cleared(jpeg("before"))
        self.assertEqual(self.behind.upload(jpeg("before")).cache, "MISS")  # nor in a copy
