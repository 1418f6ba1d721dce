"""DETECTION_MODE=fallback: vendors are asked one after another, and who was asked and paid is seen
at the vendors' stand-in."""

import socket

from harness import ServiceTest, jpeg

WEEK = 604_800


class Fallback(ServiceTest):
    def chain(self, sandbox, **settings):
        """Sightengine first, then AI or Not."""
        return self.service(sandbox, **{
            "DETECTION_MODE": "fallback", "DETECTORS_IMAGE": "sightengine,aiornot",
            "AIORNOT_API_KEY": "aiornot-secret", "AIORNOT_BASE_URL": sandbox.url + "/aiornot",
            "DETECTION_RETRIES": "0", **settings})

    def asked(self, sandbox):
        """How often each vendor was called, and how often it took money for that."""
        counts = sandbox.calls()["byVendor"]
        return [(counts.get(vendor, {}).get("total", 0), counts.get(vendor, {}).get("charged", 0))
                for vendor in ("sightengine", "aiornot")]

    def assertAnsweredBySecond(self, answer, error):
        self.assertEqual((answer.status, answer.cache), (200, "MISS"), answer.body)
        analysis = answer.json["analysis"]
        self.assertEqual(analysis["provider"], "aiornot")
        self.assertEqual(analysis["consensus"], "1/1")
        self.assertNotIn("partial", analysis)
        first, second = analysis["sources"]
        self.assertEqual((first["provider"], first["score"], first["error"]),
                         ("sightengine", None, error))
        self.assertEqual((second["provider"], second["score"]), ("aiornot", analysis["aiScore"]))

    def test_the_first_that_answers_is_the_only_one_paid(self):
        sandbox = self.sandbox()
        service = self.chain(sandbox)
        service.await_line(r"Vendors.*kind=image.*names=sightengine,aiornot.*mode=fallback")
        answer = service.upload(jpeg("one"))
        self.assertEqual((answer.status, answer.cache), (200, "MISS"), answer.body)
        self.assertEqual([source["provider"] for source in answer.json["analysis"]["sources"]],
                         ["sightengine"])
        self.assertEqual(service.upload(jpeg("one")).cache, "HIT")
        self.assertEqual(self.asked(sandbox), [(1, 1), (0, 0)])

    def test_whatever_befalls_the_first_the_second_answers_and_that_is_kept_its_whole_life(self):
        sandbox = self.sandbox()
        service = self.chain(sandbox)
        # The error that is told, what the vendor takes, what we must reckon with.
        cases = {"rate_limit": ("vendor_unavailable", 0, 0), "close": ("vendor_unavailable", 1, 1),
                 "unavailable": ("vendor_unavailable", 0, 0),
                 "error500": ("vendor_unavailable", 0, 1),
                 "credentials": ("vendor_refused", 0, 0), "refuse_media": ("vendor_refused", 0, 0),
                 "broken_json": ("vendor_invalid_answer", 1, 1),
                 "not_a_score": ("vendor_invalid_answer", 1, 1)}
        in_vain = unknown = 0
        for number, (mode, (error, charged, uncertain)) in enumerate(cases.items(), 1):
            with self.subTest(mode):
                sandbox.behave(mode, times=1, vendor="sightengine")
                photo = jpeg(f"fallback {mode}")
                answer = service.upload(photo)
                self.assertAnsweredBySecond(answer, error)
                in_vain += charged
                unknown += uncertain
                self.assertEqual(self.asked(sandbox), [(number, in_vain), (number, number)])
                known = service.upload(photo)
                self.assertEqual(known.cache, "HIT")
                self.assertGreater(known.json["cache"]["ttlSeconds"], WEEK - 60)
                self.assertEqual(sandbox.calls()["total"], 2 * number)
        # What may have been charged in vain is never taken for free.
        self.assertEqual(service.stats()["cost"]["unknownCharges"], unknown)

    def test_a_first_vendor_that_is_down_costs_nothing_and_one_that_is_slow_its_time_limit(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            closed = f"http://127.0.0.1:{unused.getsockname()[1]}"
            sandbox = self.sandbox()
            service = self.chain(sandbox, SIGHTENGINE_BASE_URL=closed)
            self.assertAnsweredBySecond(service.upload(jpeg("down")), "vendor_unavailable")
            self.assertEqual(service.stats()["cost"]["unknownCharges"], 0)
            self.assertEqual(self.asked(sandbox), [(0, 0), (1, 1)])
        self.directory = self.directory / "slow"  # a cache of its own
        self.directory.mkdir()
        slow = self.chain(sandbox, SIGHTENGINE_TIMEOUT_MS="500")
        sandbox.behave(latencyMs=5000, vendor="sightengine")
        self.assertAnsweredBySecond(slow.upload(jpeg("slow")), "vendor_timeout")
        self.assertEqual(slow.stats()["cost"]["unknownCharges"], 1)

    def test_a_vendor_that_is_left_alone_is_passed_over_at_once(self):
        sandbox = self.sandbox()
        service = self.chain(sandbox)
        sandbox.behave("error500", vendor="sightengine")
        for number in range(8):
            self.assertAnsweredBySecond(service.upload(jpeg(f"broken {number}")),
                                        "vendor_unavailable")
        self.assertEqual(self.asked(sandbox), [(5, 0), (8, 8)])
        ready = service.request("GET", "/api/health/ready").json
        self.assertEqual(ready["vendorStates"]["sightengine"]["state"], "open")
        self.assertEqual(ready["status"], "ready")  # somebody judges images still
        sandbox.behave("quota", vendor="aiornot")
        both = service.upload(jpeg("nobody"))
        self.assertProblem(both, 503, "vendor_unavailable")
        self.assertLessEqual(int(both.headers["retry-after"]), 10)  # the first is back sooner
        self.assertEqual(self.asked(sandbox), [(5, 0), (9, 8)])

    def test_when_all_fail_the_first_ones_error_is_told(self):
        sandbox = self.sandbox()
        service = self.chain(sandbox)
        sandbox.behave("broken_json")
        self.assertProblem(service.upload(jpeg("all")), 502, "vendor_invalid_answer")
        self.assertEqual(self.asked(sandbox), [(1, 1), (1, 1)])
        self.assertEqual(service.stats()["cost"]["unknownCharges"], 2)

    def test_the_budget_holds_the_dearest_path_and_gets_back_what_was_not_needed(self):
        sandbox = self.sandbox()
        service = self.chain(sandbox, DAILY_BUDGET_USD="0.035", SIGHTENGINE_COST_USD="0.01",
                             AIORNOT_COST_USD="0.01")

        def remaining():
            return round(service.stats()["cost"]["budget"]["daily"]["remainingUsd"], 6)
        self.assertEqual(service.upload(jpeg("cheap")).status, 200)
        self.assertEqual(remaining(), 0.025)  # the second was not asked
        sandbox.behave("close", times=1, vendor="sightengine")
        self.assertEqual(service.upload(jpeg("dear")).status, 200)
        self.assertEqual(remaining(), 0.005)  # the first may have charged
        problem = self.assertProblem(service.upload(jpeg("none left")), 503, "budget_exhausted")
        self.assertIn("budget", problem["error"])
        self.assertEqual(self.asked(sandbox), [(2, 2), (1, 1)])
