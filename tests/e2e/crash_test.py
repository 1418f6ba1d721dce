"""What a killed process leaves behind: the next one tells which paid calls nobody saw the end of."""

import re
import signal
import threading
import time

from harness import PATIENCE, jpeg
from redis_server import RedisTestCase

UNFINISHED = r"error.*A paid call was under way when its process ended"


class CrashTest(RedisTestCase):
    def crash_in_a_call(self, sandbox, content, **environment):
        """Kills a service while the vendor works on `content`."""
        service = self.service(sandbox, **environment)
        sandbox.behave(latencyMs=20_000)
        before = sandbox.calls()["total"]

        def ask():
            try:
                service.upload(content)
            except OSError:
                pass  # as intended: the service dies first

        client = threading.Thread(target=ask)
        client.start()
        deadline = time.monotonic() + PATIENCE
        while sandbox.calls()["total"] == before:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        self.assertEqual(service.stop(signal.SIGKILL), -signal.SIGKILL)
        client.join()
        sandbox.behave()
        self.assertNotRegex(service.output, UNFINISHED)

    def told(self, service):
        return [line for line in service.lines if re.search(UNFINISHED, line)]

    def cost(self, service, status):
        """Paid calls and those of unknown charge, once the store serves."""
        cost = self.await_stats(service, status=status)["cost"]
        return cost["paidCalls"], cost["unknownCharges"]

    def check_that_it_is_told_once(self, status, **environment):
        sandbox = self.sandbox()
        self.crash_in_a_call(sandbox, jpeg(1), **environment)

        again = self.service(sandbox, **environment)
        line = again.await_line(UNFINISHED + r".*").group(0)
        self.assertRegex(line, r"kind=analysis digest=[0-9a-f]{12} "
                               r"begun=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ price_usd=0\.0\d*[1-9]")
        self.assertEqual(self.cost(again, status), (1, 1))
        self.assertEqual(again.stop(), 0)
        self.assertEqual(len(self.told(again)), 1)

        third = self.service(sandbox, **environment)
        self.assertEqual(third.upload(jpeg(2)).cache, "MISS")  # with an end: nothing to tell
        self.assertEqual(third.stop(signal.SIGKILL), -signal.SIGKILL)
        fourth = self.service(sandbox, **environment)
        self.assertEqual(self.cost(fourth, status), (2, 1))
        if "REDIS_URL" in environment:  # counts of a start before Redis was connected wait on disk
            self.await_stats(fourth, pendingWrites=0)
        self.assertEqual(fourth.stop(), 0)
        self.assertEqual(self.told(third) + self.told(fourth), [])

    def test_a_call_that_a_crash_cut_off_is_told_at_the_next_start(self):
        self.check_that_it_is_told_once("embedded")

    def test_with_redis_too_the_journal_is_on_disk_and_the_count_in_redis(self):
        self.redis.start()
        self.check_that_it_is_told_once("connected", REDIS_URL=self.redis.url)
        self.assertEqual(self.redis.paid_calls(), 2)

    def test_a_living_process_on_the_same_disk_is_left_alone(self):
        sandbox = self.sandbox()
        first = self.service(sandbox)
        sandbox.behave(latencyMs=2_000)
        answers = []
        client = threading.Thread(target=lambda: answers.append(first.upload(jpeg(3))))
        client.start()
        deadline = time.monotonic() + PATIENCE
        while sandbox.calls()["total"] == 0:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        second = self.service(sandbox)
        client.join()
        self.assertEqual([answer.status for answer in answers], [200])
        self.assertEqual(second.stop(), 0)
        self.assertEqual(self.told(second), [])
