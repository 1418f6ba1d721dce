"""CACHE_MODE=shadow: a site measures what the cache would save before it trusts it."""

import unittest

from harness import ServiceTest, at_once, jpeg


class Shadow(ServiceTest):
    def test_every_request_is_paid_for_and_what_would_be_saved_is_counted(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, CACHE_MODE="shadow")
        for seed in (1, 1, 1, 2):
            answer = service.upload(jpeg(seed))
            self.assertEqual((answer.status, answer.cache), (200, "BYPASS"))
            self.assertFalse(answer.json["analysis"]["fromCache"])
        self.assertEqual(sandbox.charged, 4)
        sha256 = answer.json["analysis"]["sha256"]
        self.assertEqual(service.request("GET", f"/api/analysis/{sha256}").status, 404)
        stats = service.stats()
        self.assertEqual(stats["mode"], "shadow")
        self.assertEqual(stats["shadow"]["hits"], 2)
        self.assertEqual(stats["shadow"]["misses"], 2)
        self.assertEqual(stats["shadow"]["hitRate"], 50.0)
        self.assertAlmostEqual(stats["shadow"]["wouldHaveSaved"], stats["cost"]["spent"] / 2, places=6)
        self.assertEqual((stats["hits"], stats["misses"], stats["cost"]["saved"]), ("0", "0", 0))
        self.assertEqual(stats["cost"]["paidCalls"], 4)
        metrics = service.admin("GET", "/metrics").body.decode()
        self.assertIn('verdictcache_shadow_hits_total{kind="analysis"} 2', metrics)
        self.assertIn('verdictcache_misses_total{kind="analysis"} 0', metrics)

    def test_simultaneous_requests_share_no_call(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, CACHE_MODE="shadow")
        answers = at_once(8, lambda _: service.upload(jpeg(7)))
        self.assertEqual([answer.cache for answer in answers], ["BYPASS"] * 8)
        self.assertEqual(sandbox.charged, 8)

    def test_what_was_learnt_serves_once_the_cache_is_on(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, CACHE_MODE="shadow")
        service.upload(jpeg(1))
        self.assertEqual(service.stop(), 0)
        service = self.service(sandbox)
        self.assertEqual(service.upload(jpeg(1)).cache, "HIT")
        self.assertEqual(service.stats()["mode"], "on")
        self.assertNotIn("shadow", service.stats())


if __name__ == "__main__":
    unittest.main()
