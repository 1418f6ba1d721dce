"""Two processes on one CACHE_DIR, without a shared store: they pay once, and clear together."""

import signal
import threading
import time

from harness import PATIENCE, ServiceTest, at_once, jpeg


class TwoProcesses(ServiceTest):
    def setUp(self):
        super().setUp()
        self.vendor = self.sandbox()
        self.services = [self.service(self.vendor) for _ in range(2)]

    def test_uploads_at_once_are_paid_for_once(self):
        self.vendor.behave(latencyMs=1000)
        answers = at_once(8, lambda i: self.services[i % 2].upload(jpeg("together")))
        self.assertEqual({answer.status for answer in answers}, {200})
        self.assertEqual(self.vendor.charged, 1)
        self.assertEqual(sorted(answer.cache for answer in answers), ["COALESCED"] * 7 + ["MISS"])

    def test_what_one_clears_the_other_does_not_serve_from_memory(self):
        one, other = self.services
        for photo in (jpeg("a"), jpeg("b")):
            self.assertEqual(one.upload(photo).cache, "MISS")
            self.assertEqual(other.upload(photo).cache, "HIT")
            self.assertEqual(other.upload(photo).cache, "HIT")
        cleared = one.admin("POST", "/api/admin/cache/clear", {"pattern": "*"})
        self.assertEqual(cleared.status, 200)
        self.assertEqual(other.upload(jpeg("a")).cache, "MISS")
        self.assertEqual(other.upload(jpeg("b")).cache, "MISS")
        self.assertEqual(one.upload(jpeg("a")).cache, "HIT")

    def test_a_process_that_dies_in_its_call_does_not_hold_up_the_other(self):
        one, other = self.services
        self.vendor.behave(latencyMs=60_000)
        waiting = threading.Thread(target=lambda: self.ask_in_vain(one))
        waiting.start()
        deadline = time.monotonic() + PATIENCE
        while self.vendor.calls()["total"] == 0:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        self.vendor.behave(latencyMs=0)
        one.stop(signal.SIGKILL)
        waiting.join()
        begun = time.monotonic()
        self.assertEqual(other.upload(jpeg("orphan")).cache, "MISS")
        self.assertLess(time.monotonic() - begun, 3)

    def test_what_fails_in_one_pauses_both(self):
        self.vendor.behave("error500")
        failed = self.services[0].upload(jpeg("bad"))
        self.assertEqual(failed.status, 503)
        calls = self.vendor.calls()["total"]
        self.assertEqual(self.services[1].upload(jpeg("bad")).status, 503)
        self.assertEqual(self.vendor.calls()["total"], calls)

    def ask_in_vain(self, service):
        try:
            service.upload(jpeg("orphan"))
        except OSError:
            pass  # it was killed
        except Exception as error:  # http.client: the answer was cut
            self.assertIn("Remote", type(error).__name__ + str(error))
