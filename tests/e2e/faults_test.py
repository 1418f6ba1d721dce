"""When vendors, clients and disks fail: no verdict is made up, nothing is left behind."""

import contextlib
import os
import pathlib
import signal
import socket
import threading
import time

from harness import ADMIN_TOKEN, PATIENCE, SANITIZED, ServiceTest, at_once, form, jpeg


class VendorFaults(ServiceTest):
    def test_without_a_vendor_503_and_the_log_and_administrators_learn_the_variables(self):
        service = self.service()
        body, content_type = form(jpeg(1))
        for path, content, media_type, variable in (
                ("/api/analysis/file", body, content_type, "SIGHTENGINE_API_USER"),
                ("/api/analysis/text", b"x" * 60, "text/plain", "SAPLING_API_KEY")):
            headers = {"Content-Type": media_type}
            problem = self.assertProblem(service.request("POST", path, content, headers), 503,
                                         "no_vendor_configured")
            self.assertNotRegex(problem["error"], r"[A-Z]{2,}_[A-Z]")
            self.assertIn("requestId", problem["error"])
            line = service.await_line(r"warn .*" + problem["requestId"] + r".*").group(0)
            self.assertIn(variable, line)
            headers["Authorization"] = f"Bearer {ADMIN_TOKEN}"
            problem = self.assertProblem(service.request("POST", path, content, headers), 503,
                                         "no_vendor_configured")
            self.assertIn(variable, problem["error"])
        self.assertEqual(service.stats()["memory"]["entries"], 0)

    def wait_as_told(self, failed):
        """Until the content of a failed analysis may be asked for again."""
        wait = int(failed.headers["retry-after"])
        self.assertLessEqual(wait, 30)
        time.sleep(wait + 0.05)

    def test_a_failing_vendor_is_an_error_and_the_next_try_pays_anew(self):
        sandbox = self.sandbox()
        # One call for each try, so that a mode of one call meets one upload.
        service = self.service(sandbox, SIGHTENGINE_TIMEOUT_MS="1500", DETECTION_RETRIES="0")
        cases = {"error500": {503, 502}, "rate_limit": {503}, "broken_json": {502},
                 "empty": {502}, "close": {502, 503}, "cut": {502, 503}, "not_a_score": {502}}
        for number, (mode, statuses) in enumerate(cases.items()):
            with self.subTest(mode):
                photo = jpeg(f"fault {number}")
                sandbox.behave(mode, times=1)
                failed = service.upload(photo)
                self.assertIn(failed.status, statuses, failed.body)
                self.assertEqual(failed.cache, "MISS")
                self.assertFalse(failed.json["success"])
                charged = sandbox.charged
                paused = service.upload(photo)  # the same error, and nobody is asked
                self.assertEqual(paused.status, failed.status)
                self.assertEqual(sandbox.charged, charged)
                self.wait_as_told(failed)
                self.assertEqual(service.upload(photo).cache, "MISS")
                self.assertEqual(service.upload(photo).cache, "HIT")
        sandbox.behave("ok", latencyMs=4000)
        slow = service.upload(jpeg("slow"))
        self.assertProblem(slow, 504, "vendor_timeout")
        sandbox.behave("ok")
        self.wait_as_told(slow)
        self.assertEqual(service.upload(jpeg("slow")).cache, "MISS")
        # Known content is answered while the vendor is down.
        sandbox.stop(signal.SIGKILL)
        self.assertEqual(service.upload(jpeg("slow")).cache, "HIT")
        self.assertIn(service.upload(jpeg("new")).status, {502, 503})

    def test_what_cost_nothing_is_tried_again_and_the_user_gets_the_verdict(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)
        for number, mode in enumerate(("rate_limit", "unavailable"), 1):
            sandbox.behave(mode, times=2)
            answer = service.upload(jpeg(f"patience with {mode}"))
            self.assertEqual((answer.status, answer.cache), (200, "MISS"), answer.body)
            self.assertEqual(sandbox.calls()["total"], 3 * number)
            self.assertEqual(sandbox.charged, number)

    def test_what_may_have_been_charged_is_not_tried_again(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, DETECTION_RETRIES="5")
        sandbox.behave("close", times=1)
        self.assertFalse(service.upload(jpeg("once")).json["success"])
        self.assertEqual(sandbox.calls()["total"], 1)

    def test_a_vendor_never_sees_more_calls_at_once_than_allowed(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, SIGHTENGINE_MAX_CONCURRENCY="4")
        sandbox.behave("ok", latencyMs=100)
        answers = at_once(100, lambda i: service.upload(jpeg(f"crowd {i}", 2_000)))
        self.assertEqual({answer.cache for answer in answers}, {"MISS"})
        self.assertEqual({answer.status for answer in answers}, {200})
        self.assertEqual(sandbox.charged, 100)
        self.assertEqual(sandbox.calls()["maxConcurrent"], 4)

    def test_a_vendor_whose_quota_is_used_up_is_left_alone_and_others_are_not(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)
        sandbox.behave("quota", vendor="sightengine")
        for number in range(3):
            refused = service.upload(jpeg(f"quota {number}"))
            self.assertProblem(refused, 503, "vendor_unavailable")
            self.assertGreater(int(refused.headers["retry-after"]), 3500)
        self.assertEqual(sandbox.calls()["total"], 1)
        service.await_line(r"warn .*left alone .*sightengine")
        self.assertEqual(service.text("z" * 80).status, 200)

    def test_a_vendor_that_fails_again_and_again_is_left_alone(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)
        sandbox.behave("error500")
        answers = [service.upload(jpeg(f"fault {number}")) for number in range(8)]
        self.assertEqual({answer.status for answer in answers}, {503})
        self.assertEqual(sandbox.calls()["total"], 5)
        self.assertLessEqual(int(answers[-1].headers["retry-after"]), 10)

    def test_readiness_tells_which_vendor_is_left_alone_and_for_how_long(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)

        def ready():
            answer = service.request("GET", "/api/health/ready")
            self.assertEqual(answer.status, 200)
            return answer.json
        service.upload(jpeg("known"))
        works = {"state": "closed"}
        self.assertEqual(ready()["status"], "ready")
        self.assertEqual(ready()["vendorStates"], {"sapling": works, "sightengine": works})
        sandbox.behave("quota", vendor="sightengine")
        self.assertEqual(service.upload(jpeg("new")).status, 503)
        told = ready()
        self.assertEqual(told["status"], "degraded")
        self.assertEqual(told["vendors"]["image"], ["sightengine"])
        self.assertEqual(told["vendorStates"]["sapling"], works)
        self.assertEqual(told["vendorStates"]["sightengine"]["state"], "open")
        self.assertGreater(told["vendorStates"]["sightengine"]["retryAfterSeconds"], 3500)
        self.assertEqual(service.upload(jpeg("known")).cache, "HIT")

    def test_readiness_follows_a_vendor_until_it_works_again(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)

        def state():
            return service.request("GET", "/api/health/ready").json["vendorStates"]["sightengine"]
        sandbox.behave("error500")
        for number in range(5):
            service.upload(jpeg(f"down {number}"))
        self.assertEqual(state()["state"], "open")
        sandbox.behave(latencyMs=1500)
        time.sleep(state()["retryAfterSeconds"] + 0.1)
        self.assertEqual(state(), {"state": "open", "retryAfterSeconds": 0})
        probe = threading.Thread(target=lambda: service.upload(jpeg("probe")))
        probe.start()
        deadline = time.monotonic() + PATIENCE
        while state()["state"] != "probing":
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        probe.join()
        self.assertEqual(state(), {"state": "closed"})

    def test_an_unknown_charge_is_counted_and_logged(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)
        sandbox.behave("close", times=1)
        service.upload(jpeg("gone"))
        self.assertEqual(service.stats()["cost"]["unknownCharges"], 1)
        self.assertEqual(sandbox.charged, 1)
        service.await_line(r"error .*vendor may have charged")

    def test_no_secret_reaches_the_log_an_answer_or_the_statistics(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, LOG_LEVEL="debug")
        answers = [service.upload(jpeg("s")), service.text("y" * 80),
                   service.request("GET", "/api/health/ready"),
                   service.admin("GET", "/api/admin/cache/stats"),
                   service.admin("GET", "/api/admin/cache/stats", token="a-wrong-token")]
        sandbox.behave("error500")
        answers.append(service.upload(jpeg("t")))
        service.stop()
        everything = service.output + "".join(
            str(answer.headers) + answer.body.decode() for answer in answers)
        for secret in ("sightengine-secret", "sapling-secret", "an-admin-token", "a-wrong-token",
                       "y" * 40):
            self.assertNotIn(secret, everything)


class Secrets(ServiceTest):
    """No vendor's key reaches a log line at debug level or an answer, however its calls end."""

    MODES = ("ok", "credentials", "refuse_media", "rate_limit", "error500", "broken_json", "close")
    VENDORS = {"AIORNOT": "/aiornot", "GPTZERO": "/gptzero/v2", "HIVE": "/hive/api/v3",
               "OPENAI": "/openai/v1", "PANGRAM": "/pangram", "SAPLING": "/sapling",
               "SIGHTENGINE": "/sightengine/1.0"}

    def test_no_vendors_key_is_seen_anywhere(self):
        sandbox = self.sandbox()
        keys = {vendor: f"{vendor.lower()}-key-that-nobody-sees" for vendor in self.VENDORS}
        settings = {f"{vendor}_API_KEY": key for vendor, key in keys.items()}
        settings["SIGHTENGINE_API_USER"] = "user"
        settings["SIGHTENGINE_API_SECRET"] = settings.pop("SIGHTENGINE_API_KEY")
        for vendor, base in self.VENDORS.items():
            settings[f"{vendor}_BASE_URL"] = sandbox.url + base
        service = self.service(LOG_LEVEL="debug", DETECTION_RETRIES="0", **settings)
        answers = []
        for number, mode in enumerate(self.MODES):
            sandbox.behave(mode)
            answers += [service.upload(jpeg(mode)), service.text(f"{number} {'y' * 300}")]
        answers += [service.request("GET", "/api/health/ready"), service.admin(
            "GET", "/api/admin/cache/stats")]
        called = sandbox.calls()["byVendor"]
        self.assertEqual(set(called), {vendor.lower() for vendor in self.VENDORS})
        service.stop()
        everything = service.output + "".join(
            str(answer.headers) + answer.body.decode() for answer in answers)
        for vendor, key in keys.items():
            self.assertNotIn(key, everything, vendor)


class Uploads(ServiceTest):
    MEGABYTE = 1024 * 1024

    def _begin(self, service, length):
        connection = socket.create_connection(("127.0.0.1", service.port), PATIENCE)
        connection.sendall(b"POST /api/analysis/file HTTP/1.1\r\nHost: x\r\n"
                           b"Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % length)
        return connection

    def _await_spool(self, service, megabytes):
        """Until the upload lies in its unlinked file."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if any("(deleted)" in name and str(self.directory) in name
                   for name in service.open_files()):
                return
            time.sleep(0.02)
        self.fail("no unlinked spool file was seen")

    def _visible_files(self, spool):
        return [name for name in pathlib.Path(spool).rglob("*")]

    def test_300_megabytes_cost_little_memory_and_leave_nothing(self):
        spool = self.directory / "spool"
        spool.mkdir()
        sandbox = self.sandbox()
        service = self.service(sandbox, MAX_UPLOAD_MB="500", SPOOL_DIR=str(spool),
                               SIGHTENGINE_TIMEOUT_MS="120000")
        service.upload(jpeg("warm"))
        before = service.resident_kib()
        highest = before
        size = 300 * self.MEGABYTE
        piece = os.urandom(self.MEGABYTE)
        with self._begin(service, size) as connection:
            connection.sendall(jpeg("head", self.MEGABYTE)[:self.MEGABYTE])
            for _ in range(299):
                connection.sendall(piece)
                highest = max(highest, service.resident_kib())
            connection.settimeout(200)
            answer = b""
            while b"\r\n\r\n" not in answer:
                received = connection.recv(65536)
                self.assertTrue(received, answer)
                answer += received
                highest = max(highest, service.resident_kib())
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 "), answer[:300])
        self.assertEqual(self._visible_files(spool), [])
        if not SANITIZED:  # sanitizers keep freed memory for their own ends
            self.assertLess(highest - before, 16 * 1024)

    def test_a_client_that_leaves_half_way_leaves_nothing(self):
        spool = self.directory / "spool"
        spool.mkdir()
        sandbox = self.sandbox()
        service = self.service(sandbox, SPOOL_DIR=str(spool))
        connection = self._begin(service, 50 * self.MEGABYTE)
        connection.sendall(jpeg("half", 8 * self.MEGABYTE))
        self._await_spool(service, 8)
        self.assertEqual(self._visible_files(spool), [])
        connection.close()
        deadline = time.monotonic() + PATIENCE
        while any("(deleted)" in name and str(spool) in name for name in service.open_files()):
            self.assertLess(time.monotonic(), deadline, "the spool stays open")
            time.sleep(0.02)
        self.assertEqual(sandbox.calls()["total"], 0)
        self.assertEqual(service.request("GET", "/api/health").status, 200)

    def test_a_killed_process_leaves_nothing(self):
        spool = self.directory / "spool"
        spool.mkdir()
        service = self.service(self.sandbox(), SPOOL_DIR=str(spool))
        with self._begin(service, 50 * self.MEGABYTE) as connection:
            connection.sendall(jpeg("half", 8 * self.MEGABYTE))
            self._await_spool(service, 8)
            service.stop(signal.SIGKILL)
        self.assertEqual(self._visible_files(spool), [])

    def test_clients_that_left_take_no_place_from_others(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, MAX_WAITERS="3")
        sandbox.behave(latencyMs=6000)
        photo, other = jpeg("crowded"), jpeg("quiet")
        with contextlib.ExitStack() as crowd:
            for i in range(9):
                connection = crowd.enter_context(self._begin(service, len(photo)))
                connection.sendall(photo)
                deadline = time.monotonic() + PATIENCE
                while i == 0 and sandbox.calls()["total"] == 0:  # the first one leads
                    self.assertLess(time.monotonic(), deadline)
                    time.sleep(0.02)
        time.sleep(1)  # four times as long as their leaving may go unnoticed
        answers = at_once(3, lambda _: service.upload(photo))
        self.assertEqual([answer.status for answer in answers], [200, 200, 200])
        sandbox.behave()
        self.assertEqual(service.upload(other).status, 200)
        self.assertEqual(sandbox.charged, 2)

    def test_who_waited_for_somebody_elses_call_is_told_when_to_ask_again(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, MAX_WAIT_MS="1000")
        sandbox.behave(latencyMs=3000)
        photo = jpeg("patience")
        answers = at_once(3, lambda _: service.upload(photo))
        self.assertEqual(sorted(answer.status for answer in answers), [200, 503, 503])
        for answer in answers:
            if answer.status == 503:
                self.assertProblem(answer, 503, "overloaded")
                self.assertEqual(answer.headers["retry-after"], "5")
        self.assertEqual(service.upload(photo).cache, "HIT")
        self.assertEqual(sandbox.charged, 1)

    def test_a_client_that_hangs_up_does_not_cancel_what_is_paid(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)
        sandbox.behave(latencyMs=1500)
        photo = jpeg("impatient")
        connection = self._begin(service, len(photo))
        connection.sendall(photo)
        deadline = time.monotonic() + PATIENCE
        while sandbox.calls()["total"] == 0:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        connection.close()
        answer = service.upload(photo)
        self.assertIn(answer.cache, {"COALESCED", "HIT"})
        self.assertEqual(sandbox.charged, 1)

    def test_many_uploads_at_once_are_each_their_own(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)
        answers = at_once(32, lambda i: service.upload(jpeg(f"mine {i}", 30_000 + i)))
        self.assertEqual({answer.cache for answer in answers}, {"MISS"})
        self.assertEqual(len({answer.json["analysis"]["sha256"] for answer in answers}), 32)
        self.assertEqual(sandbox.charged, 32)
