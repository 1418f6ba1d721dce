"""Several replicas on one Redis: one paid call for one content, whatever happens to the others."""

import hashlib
import signal
import threading
import time

from harness import SANITIZED, at_once, jpeg
from redis_server import RedisTestCase

REPLICAS = 3
CROWD = 300 if SANITIZED else 1000


class ReplicasTest(RedisTestCase):
    def setUp(self):
        super().setUp()
        self.redis.start()
        self.vendor = self.sandbox()

    def replicas(self, count=REPLICAS, **environment):
        return self.connected_replicas(self.vendor, count, **environment)

    def crowd(self, services, act, size=CROWD):
        """The answers to `act(service, i)`, spread over the services, a hundred at a time."""
        turns = threading.BoundedSemaphore(330)

        def run(i):
            with turns:
                return act(services[i % len(services)], i)
        return at_once(size, run)

    def test_a_crowd_for_one_image_on_three_replicas_is_one_call(self):
        services = self.replicas()
        self.vendor.behave("ok", latencyMs=500)
        answers = self.crowd(services, lambda service, _: service.upload(jpeg("viral")))
        self.assertEqual({answer.status for answer in answers}, {200})
        self.assertEqual(len({answer.json["analysis"]["aiScore"] for answer in answers}), 1)
        ways = [answer.cache for answer in answers]
        self.assertEqual(ways.count("MISS"), 1, {way: ways.count(way) for way in set(ways)})
        self.assertEqual(self.vendor.charged, 1)
        self.assertEqual(self.redis.cli("--raw", "KEYS", "lease:*"), "")
        self.assertEqual(sum(service.output.count("Cache MISS") for service in services), 1)

    def test_a_crowd_for_one_text_is_one_call(self):
        services = self.replicas()
        self.vendor.behave("ok", latencyMs=300)
        text = "A text that three replicas are asked to judge at the same moment, by a crowd."
        answers = self.crowd(services, lambda service, _: service.text(text), 150)
        self.assertEqual({answer.status for answer in answers}, {200})
        self.assertEqual(self.vendor.charged, 1)

    def test_fifty_images_interleaved_are_fifty_calls(self):
        services = self.replicas()
        self.vendor.behave("ok", latencyMs=100)
        answers = self.crowd(services, lambda service, i: service.upload(jpeg(f"of fifty {i % 50}")),
                             300)
        self.assertEqual({answer.status for answer in answers}, {200})
        self.assertEqual(self.vendor.charged, 50)

    def test_when_the_payer_is_killed_the_others_pay_once_more_after_its_lease(self):
        services = self.replicas(CALL_TIMEOUT_MS="3000", LEASE_LIFE_MS="3500")
        self.vendor.behave("ok", latencyMs=2000, times=1)
        payer, *others = services
        lost = threading.Thread(target=lambda: self.assertRaises(
            Exception, payer.upload, jpeg("orphan")))
        lost.start()
        self.await_lease()
        begun = time.monotonic()
        answers = []
        waiting = [threading.Thread(target=lambda s=s: answers.append(s.upload(jpeg("orphan"))))
                   for s in others * 5]
        for thread in waiting:
            thread.start()
        time.sleep(0.3)
        payer.stop(signal.SIGKILL)
        lost.join()
        for thread in waiting:
            thread.join()
        self.assertEqual({answer.status for answer in answers}, {200})
        self.assertEqual(len({answer.json["analysis"]["aiScore"] for answer in answers}), 1)
        self.assertGreater(time.monotonic() - begun, 2)  # not before the lease was over
        self.assertEqual(self.vendor.charged, 2)
        self.assertEqual([answer.cache for answer in answers].count("MISS"), 1)

    def await_lease(self):
        deadline = time.monotonic() + 10
        while not self.redis.cli("--raw", "KEYS", "lease:*"):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def test_replicas_with_other_vendors_pay_once_each_with_same_detectors(self):
        text = "A text that two sets of vendors judge in turns, again and again, for one price each."
        digest = hashlib.sha256(text.encode()).hexdigest()
        services = [self.on_redis(self.vendor, f"of-{vendor}", DETECTORS_TEXT=vendor,
                                  CACHE_SAME_DETECTORS="1", MEMORY_CACHE_MB="0",
                                  OPENAI_API_KEY="openai-secret",
                                  OPENAI_BASE_URL=self.vendor.url + "/openai/v1",
                                  REDIS_TIMEOUT_MS="5000") for vendor in ("sapling", "openai")]
        for service in services:
            self.await_stats(service, status="connected")
        ways = [services[i % 2].text(text).cache for i in range(8)]
        self.assertEqual(ways, ["MISS"] * 2 + ["HIT"] * 6)
        self.assertEqual(self.vendor.charged, 2)
        for service, vendor in zip(services, ("sapling", "openai")):
            found = service.request("GET", f"/api/analysis/{digest}?kind=text").json
            self.assertEqual(found["analysis"]["provider"], vendor)
            self.assertEqual(found["cache"]["key"], f"text:{digest}")
        cleared = services[0].admin("POST", "/api/admin/cache/clear", {"pattern": f"text:{digest}"})
        self.assertEqual(cleared.json["cleared"], 2, cleared.json)

    def test_a_failure_is_shared_by_all_who_wait_on_all_replicas(self):
        services = self.replicas(DETECTION_RETRIES="0")
        self.vendor.behave("broken_json", latencyMs=500, times=1)
        answers = self.crowd(services, lambda service, _: service.upload(jpeg("unlucky")), 60)
        self.assertEqual({answer.status for answer in answers}, {502})
        self.assertEqual(self.vendor.charged, 1)
        time.sleep(1.1)
        self.assertEqual(services[1].upload(jpeg("unlucky")).cache, "MISS")

    def test_a_budget_of_a_hundred_calls_pays_for_a_hundred_of_two_hundred_contents(self):
        services = self.replicas(DAILY_BUDGET_USD="1.00", SIGHTENGINE_COST_USD="0.01")
        known = services[0].upload(jpeg("known before"))
        self.assertEqual(known.cache, "MISS")
        answers = self.crowd(services, lambda service, i: service.upload(jpeg(f"of many {i}")), 200)
        statuses = [answer.status for answer in answers]
        self.assertEqual((statuses.count(200), statuses.count(503)), (99, 101))
        self.assertEqual(self.vendor.charged, 100)
        for answer in answers:
            if answer.status == 503:
                self.assertProblem(answer, 503, "budget_exhausted")
                self.assertGreater(int(answer.headers["retry-after"]), 0)
        for service in services:  # what is known is answered all the same
            self.assertEqual(service.upload(jpeg("known before")).cache, "HIT")
        daily = services[1].stats()["cost"]["budget"]["daily"]
        self.assertEqual((daily["limitUsd"], daily["remainingUsd"]), (1.0, 0.0))

    def test_a_clear_reaches_the_memory_of_all_replicas_within_a_second(self):
        one, two = self.replicas(2)
        two.await_line("Redis events are received")  # the beginning of which empties its memory
        one.upload(jpeg("cleared"))
        self.assertEqual(two.upload(jpeg("cleared")).cache, "HIT")
        self.assertIn("detail=memory", two.upload(jpeg("cleared")).headers["cache-status"])
        one.admin("POST", "/api/admin/cache/clear", {"pattern": "analysis:*"})
        deadline = time.monotonic() + 1
        while self.known(two, "cleared"):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)

    def known(self, service, seed):
        digest = hashlib.sha256(jpeg(seed)).hexdigest()
        return service.request("GET", f"/api/analysis/{digest}").status == 200

    def test_a_clear_that_was_missed_is_made_up_for_on_reconnection(self):
        one, two = self.replicas(2)
        one.upload(jpeg("missed"))
        self.assertTrue(self.known(two, "missed"))
        for service in (one, two):
            service.process.send_signal(signal.SIGSTOP)
        # Their connections end, and somebody clears meanwhile.
        self.redis.cli("CLIENT", "KILL", "TYPE", "pubsub")
        self.redis.cli("INCR", "events:clears")
        self.redis.cli("DEL", *self.redis.cli("--raw", "KEYS", "analysis:*").split())
        for service in (one, two):
            service.process.send_signal(signal.SIGCONT)
        deadline = time.monotonic() + 3
        while self.known(one, "missed") or self.known(two, "missed"):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        # Nor is it found when Redis is gone, although it was paid for here.
        self.redis.kill()
        self.await_stats(one, status="disconnected")
        self.assertFalse(self.known(one, "missed"))

    def test_what_was_paid_for_before_an_outage_is_not_paid_for_again_in_it(self):
        (service,) = self.replicas(1, MEMORY_CACHE_MB="0")
        self.assertEqual(service.upload(jpeg("before")).cache, "MISS")
        self.redis.kill()
        self.await_stats(service, status="disconnected")
        self.assertEqual(service.upload(jpeg("before")).cache, "HIT")
        self.assertEqual(self.vendor.charged, 1)

    def test_redis_stopped_in_the_middle_costs_no_more_than_one_call_a_replica(self):
        # Another's lease that was seen before is believed in for its life.
        services = self.replicas(OUTAGE_CALLS_PER_MINUTE="0", LEASE_LIFE_MS="10000")
        self.vendor.behave("ok", latencyMs=300)
        stop = threading.Timer(0.15, self.redis.kill)
        stop.start()
        answers = self.crowd(services, lambda service, i: service.upload(jpeg(f"amid {i % 10}")), 240)
        stop.join()
        self.assertEqual({answer.status for answer in answers}, {200})
        self.assertLessEqual(self.vendor.charged, 10 * REPLICAS)
        self.redis.start()
        for service in services:
            self.await_stats(service, status="connected", pendingWrites=0)
        charged = self.vendor.charged
        self.assertEqual(len(self.redis.cli("--raw", "KEYS", "analysis:*").split()), 10)
        for service in services:
            for i in range(10):
                self.assertEqual(service.upload(jpeg(f"amid {i}")).cache, "HIT")
        self.assertEqual(self.vendor.charged, charged)
