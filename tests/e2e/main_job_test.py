"""The main job: pay once, answer from the cache, tell the administrator."""

import hashlib
import json
import signal
import urllib.parse

from harness import ServiceTest, at_once, jpeg


class MainJob(ServiceTest):
    def test_a_photograph_twice_costs_one_call_also_after_a_restart(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)
        photo = jpeg(1)
        first = service.upload(photo)
        second = service.upload(photo)
        self.assertEqual((first.status, first.cache), (200, "MISS"), first.body)
        self.assertEqual((second.status, second.cache), (200, "HIT"), second.body)
        self.assertEqual(first.json["analysis"]["aiScore"], second.json["analysis"]["aiScore"])
        self.assertEqual(first.json["analysis"]["sha256"], hashlib.sha256(photo).hexdigest())
        self.assertIn("fwd=uri-miss; stored", first.headers["cache-status"])
        self.assertRegex(second.headers["cache-status"], r"^VerdictCache; hit; ttl=\d+; detail=")
        self.assertEqual(sandbox.charged, 1)
        service.await_line(r"Cache MISS file=photo\.jpg kind=analysis digest=[0-9a-f]{12}")
        service.await_line(r"Cache HIT file=photo\.jpg kind=analysis digest=[0-9a-f]{12}")

        self.assertEqual(service.stop(), 0)
        again = self.service(sandbox)
        after = again.upload(photo)
        self.assertEqual(after.cache, "HIT")
        self.assertIn("detail=sqlite", after.headers["cache-status"])
        self.assertEqual(after.json["analysis"]["aiScore"], first.json["analysis"]["aiScore"])
        self.assertEqual(sandbox.charged, 1)

    def test_name_type_and_boundary_do_not_matter(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)
        photo = jpeg(2)
        self.assertEqual(service.upload(photo).cache, "MISS")
        self.assertEqual(service.upload(photo, file_name="x.png").cache, "HIT")
        self.assertEqual(service.upload(photo, media_type="text/plain").cache, "HIT")
        self.assertEqual(service.upload(photo, boundary="another.boundary_1").cache, "HIT")
        raw = service.request("POST", "/api/analysis/file", photo, {"Content-Type": "image/webp"})
        self.assertEqual(raw.cache, "HIT")
        chunked = service.request("POST", "/api/analysis/file",
                                  iter([photo[:100], photo[100:]]), {"Content-Type": "image/jpeg"})
        self.assertEqual(chunked.cache, "HIT")
        self.assertEqual(sandbox.charged, 1)

    def test_one_text_in_three_forms_is_one_call(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)
        lines = ["It was a dark and stormy night; the rain fell in torrents,", "caf\u00e9 \U0001f600"]
        as_json = service.request(
            "POST", "/api/analysis/text", json.dumps({"text": "\n".join(lines)}),
            {"Content-Type": "application/json"})
        as_form = service.request(
            "POST", "/api/text-analysis/analyze",
            urllib.parse.urlencode({"text": "\r\n".join(lines) + "\r\n"}),
            {"Content-Type": "application/x-www-form-urlencoded"})
        as_plain = service.text("\n".join(lines))
        self.assertEqual([as_json.cache, as_form.cache, as_plain.cache], ["MISS", "HIT", "HIT"],
                         as_json.body)
        self.assertEqual(sandbox.charged, 1)

    def test_200_simultaneous_uploads_are_one_call(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)
        sandbox.behave(latencyMs=4000)
        photo = jpeg(3, 200_000)
        answers = at_once(200, lambda _: service.upload(photo))
        self.assertEqual({answer.status for answer in answers}, {200})
        caches = [answer.cache for answer in answers]
        self.assertEqual(caches.count("MISS"), 1)
        self.assertEqual(caches.count("COALESCED"), 199)
        self.assertEqual(len({answer.json["analysis"]["aiScore"] for answer in answers}), 1)
        self.assertEqual(sandbox.charged, 1)

    def test_hash_first_look_up_needs_no_upload(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)
        photo = jpeg(4)
        path = "/api/analysis/" + hashlib.sha256(photo).hexdigest()
        self.assertProblem(service.request("GET", path), 404, "not_cached")
        service.upload(photo)
        known = service.request("GET", path)
        self.assertEqual((known.status, known.cache), (200, "HIT"))
        head = service.request("HEAD", path)
        self.assertEqual((head.status, head.body), (200, b""))
        self.assertEqual(head.headers["content-length"], known.headers["content-length"])

    def test_statistics_and_clear(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)
        for _ in range(3):
            service.upload(jpeg(5))
        service.upload(jpeg(6))
        for _ in range(2):
            self.assertEqual(service.text("x" * 1500).status, 200)
        stats = service.stats()
        self.assertEqual((stats["hits"], stats["misses"]), ("3", "3"))
        self.assertEqual(stats["hitRate"], 50.0)
        self.assertEqual(stats["status"], "embedded")
        # Two images at 0.01; a text of 1,500 characters is two started thousands at 0.005.
        self.assertEqual(stats["cost"]["spent"], 0.03)
        self.assertEqual(stats["cost"]["saved"], 0.03)
        self.assertEqual(stats["cost"]["today"]["spent"], 0.03)
        self.assertEqual(stats["cost"]["paidCalls"], 3)
        self.assertEqual(stats["byKind"]["text"]["hits"], 1)

        cleared = service.admin("POST", "/api/admin/cache/clear", {"pattern": "analysis:*"}).json
        self.assertEqual(cleared["cleared"], 2)
        self.assertEqual(service.upload(jpeg(5)).cache, "MISS")
        self.assertEqual(service.text("x" * 1500).cache, "HIT")
        service.await_line(r"Cache cleared .*pattern=analysis:\* .*by=127\.0\.0\.1")

    def test_costs_survive_kill_9(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)
        self.assertEqual(service.upload(jpeg(7)).cache, "MISS")
        self.assertEqual(service.stop(signal.SIGKILL), -signal.SIGKILL)
        again = self.service(sandbox)
        self.assertEqual(again.stats()["cost"]["spent"], 0.01)
        self.assertEqual(again.upload(jpeg(7)).cache, "HIT")
        self.assertEqual(sandbox.charged, 1)

    def test_two_processes_share_one_directory(self):
        sandbox = self.sandbox()
        one = self.service(sandbox)
        two = self.service(sandbox)
        self.assertEqual(one.upload(jpeg(8)).cache, "MISS")
        self.assertEqual(two.upload(jpeg(8)).cache, "HIT")
        self.assertEqual(sandbox.charged, 1)

    def test_the_sandbox_as_vendor_is_marked_and_kept_apart(self):
        sandbox = self.sandbox()
        demo = self.service(DETECTION_SANDBOX_URL=sandbox.url)
        answer = demo.upload(jpeg(9))
        self.assertTrue(answer.json["analysis"]["demo"])
        self.assertEqual(demo.upload(jpeg(9)).cache, "HIT")
        demo.stop()
        real = self.service(sandbox)
        self.assertEqual(real.upload(jpeg(9)).cache, "MISS")
        self.assertNotIn("demo", real.upload(jpeg(9)).json["analysis"])
