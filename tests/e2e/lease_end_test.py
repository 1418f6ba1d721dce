"""A lease ends when its owner does, and only then: long calls, lost leases, killed and stopped owners."""

import signal
import threading
import time

from harness import PATIENCE, SANITIZED, jpeg
from redis_server import RedisTestCase

SOON = 12 if SANITIZED else 6  # a lease that nobody ends lives for 40 s


class LeaseEndTest(RedisTestCase):
    def setUp(self):
        super().setUp()
        self.redis.start()
        self.vendor = self.sandbox()

    def begin_upload(self, service, content, answers=None):
        """Uploads in the background, until the vendor has been called."""
        before = self.vendor.calls()["total"]

        def run():
            try:
                answer = service.upload(content)
            except OSError:
                return  # its service was killed or stopped
            if answers is not None:
                answers.append(answer)

        thread = threading.Thread(target=run)
        thread.start()
        self.addCleanup(thread.join)
        deadline = time.monotonic() + PATIENCE
        while self.vendor.calls()["total"] == before:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        return thread

    def await_lease(self, patience):
        deadline = time.monotonic() + patience
        while not self.redis.cli("--raw", "KEYS", "lease:*"):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def test_a_call_that_outlives_three_lives_of_its_lease_is_the_only_one(self):
        payer, other = self.connected_replicas(self.vendor, 2, LEASE_LIFE_MS="3000")
        self.vendor.behave("ok", latencyMs=9_000)
        answers = []
        self.begin_upload(payer, jpeg("long"), answers).join(0.5)
        second = other.upload(jpeg("long"))
        self.assertEqual((second.status, second.cache), (200, "COALESCED"))
        self.assertEqual(self.vendor.charged, 1)

    def test_a_lease_that_redis_lost_is_put_back_at_the_next_renewal(self):
        payer, other = self.connected_replicas(self.vendor, 2, LEASE_LIFE_MS="3000")
        self.vendor.behave("ok", latencyMs=9_000)
        self.begin_upload(payer, jpeg("long"))
        self.redis.cli("FLUSHALL")
        self.await_lease(PATIENCE)
        self.assertEqual(other.upload(jpeg("long")).cache, "COALESCED")
        self.assertEqual(self.vendor.charged, 1)

    def test_a_lease_that_a_restart_of_redis_lost_is_put_back_on_connection(self):
        payer, other = self.connected_replicas(self.vendor, 2)
        self.vendor.behave("ok", latencyMs=9_000)
        self.begin_upload(payer, jpeg("long"))
        self.redis.cli("FLUSHALL")
        self.redis.cli("CLIENT", "KILL", "TYPE", "normal")
        self.redis.cli("CLIENT", "KILL", "TYPE", "pubsub")
        self.await_lease(SOON)  # a renewal would come after 20 s
        self.assertEqual(other.upload(jpeg("long")).cache, "COALESCED")
        self.assertEqual(self.vendor.charged, 1)

    def check_that_the_other_pays_soon(self, other, content):
        self.vendor.behave("ok")
        begun = time.monotonic()
        self.assertEqual(other.upload(content).cache, "MISS")
        self.assertLess(time.monotonic() - begun, SOON)
        self.assertEqual(self.redis.cli("--raw", "KEYS", "lease:*"), "")

    def test_a_killed_owner_that_starts_again_ends_its_leases(self):
        payer, other = self.connected_replicas(self.vendor, 2)
        self.vendor.behave("ok", latencyMs=20_000)
        self.begin_upload(payer, jpeg("orphan"))
        payer.stop(signal.SIGKILL)
        self.on_redis(self.vendor, "replica-0")
        self.check_that_the_other_pays_soon(other, jpeg("orphan"))

    def test_a_stop_that_cuts_off_a_call_ends_its_lease(self):
        payer, other = self.connected_replicas(self.vendor, 2, SHUTDOWN_GRACE_MS="1000")
        self.vendor.behave("ok", latencyMs=20_000)
        self.begin_upload(payer, jpeg("cut off"))
        payer.stop()
        self.check_that_the_other_pays_soon(other, jpeg("cut off"))
