"""A link to Redis that cuts, delays, trickles or corrupts: nobody fails, nothing is paid twice."""

import random
import threading
import time

from faulty_link import FaultyLink
from harness import SANITIZED
from redis_server import RedisTestCase
from steady_load import SteadyLoad

PATIENCE = 60 if SANITIZED else 20  # until all is delivered


class Asker:
    """Looks known contents up, and remembers every verdict that it is given."""

    def __init__(self, service, load):
        self.service, self.load = service, load
        self.answers = []  # content, status, analysis
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _run(self):
        choice = random.Random(7)
        while not self._stop.wait(0.01):
            known = list(self.load.known)
            if known:
                self.ask(choice.choice(known))

    def ask(self, what):
        answer = self.service.request("GET", f"/api/analysis/{what.sha256}?kind={what.kind}")
        self.answers.append((what, answer.status, answer.json.get("analysis")))
        return answer

    def check(self, test):
        truth = {sent.content: sent.answer.json["analysis"] for sent in self.load.sent}
        for what, status, analysis in self.answers:
            if status != 200:
                # Nothing is known of it as far as can be told; never somebody else's verdict.
                test.assertIn(status, (404, 503))
                continue
            test.assertEqual(analysis["sha256"], what.sha256)
            test.assertEqual(analysis["aiScore"], truth[what]["aiScore"])


class FaultyLinks(RedisTestCase):
    def setUp(self):
        super().setUp()
        self.redis.start()
        self.link = FaultyLink(self.redis.socket)
        self.addCleanup(self.link.close)
        self.box = self.sandbox()
        behind = {"REDIS_URL": f"redis://127.0.0.1:{self.link.port}", "OUTAGE_CALLS_PER_MINUTE": "0"}
        self.app = self.on_redis(self.box, "a", **behind)
        self.memoryless = self.on_redis(self.box, "b", MEMORY_CACHE_MB="0", **behind)
        for service in (self.app, self.memoryless):
            self.await_stats(service, status="connected")

    def drill(self, fault, seconds=4):
        with SteadyLoad(self.app, fault) as load, Asker(self.memoryless, load) as asker:
            time.sleep(1)
            self.link.fault = fault
            time.sleep(seconds)
            self.link.fault = None
            time.sleep(1)
        self.await_stats(self.app, PATIENCE, status="connected", pendingWrites=0)
        load.check(self)
        asker.check(self)
        self.assertGreater(len(asker.answers), 20)
        self.assertEqual(self.box.charged, len(load.contents), "something was paid for twice")
        # What lies in Redis is the truth, and all of it.
        healthy = self.on_redis(self.box, "c", MEMORY_CACHE_MB="0")
        self.await_stats(healthy, status="connected")
        final = Asker(healthy, load)
        for what in load.contents:
            self.assertEqual(final.ask(what).status, 200)
        final.check(self)
        paid = sum(map(self.redis.paid_calls, ("analysis", "text")))
        self.assertEqual(paid, len(load.contents))

    def test_a_link_that_is_cut_in_the_middle_of_replies(self):
        self.drill("cut")

    def test_a_link_that_delays_everything_by_two_seconds(self):
        self.drill("delay")

    def test_a_link_that_trickles(self):
        self.drill("trickle")

    def test_a_link_that_corrupts_replies(self):
        self.drill("corrupt")
