"""What users see of their own past analyses, on one replica, on others, and after a restart."""

import hashlib
import json
import time
import unittest
import urllib.parse

from access_test import JWT_SECRET, jwt
from harness import PATIENCE, ServiceTest, form, jpeg
from redis_server import RedisTestCase

ACCESS = {"JWT_SECRET": JWT_SECRET, "API_KEYS": "site:u6Zt4wPa9Mk2Bq7Ds1"}


class HistoryTest(ServiceTest):
    def eventually(self, holds):
        deadline = time.monotonic() + PATIENCE
        while not holds():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def ask(self, service, user, method, path, body=None, **headers):
        return service.request(method, path, body,
                               {"Authorization": f"Bearer {jwt({'sub': user})}", **headers})

    def upload(self, service, user, content, **details):
        body, content_type = form(content, **details)
        answer = self.ask(service, user, "POST", "/api/analysis/file", body,
                          **{"Content-Type": content_type})
        self.assertEqual(answer.status, 200, answer.body)
        return answer

    def history(self, service, user, query=""):
        answer = self.ask(service, user, "GET", f"/api/analysis/history{query}")
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json


class Histories(HistoryTest):
    def setUp(self):
        super().setUp()
        self.sandbox_ = self.sandbox()
        self.service_ = self.service(self.sandbox_, **ACCESS)

    def test_an_id_leads_back_to_its_analysis_for_its_user_only(self):
        service = self.service_
        made = self.upload(service, "eve", jpeg(1), file_name="holiday.jpg").json["analysis"]
        self.upload(service, "adam", jpeg(1), file_name="mine.jpg")
        page = self.history(service, "eve")
        self.assertEqual((page["pages"], page["counts"]["total"]), (1, 1))
        self.assertEqual(page["counts"]["byType"], {"IMAGE": 1})
        (listed,) = page["analyses"]
        for name in ("id", "createdAt", "fileName", "sha256", "aiScore", "verdict", "bytes"):
            self.assertEqual(listed[name], made[name], name)
        shown = self.ask(service, "eve", "GET", f"/api/analysis/{made['id']}")
        self.assertEqual(shown.status, 200)
        self.assertTrue(shown.json["verdictKept"])
        for name in ("id", "createdAt", "fileName", "sources", "details"):
            self.assertEqual(shown.json["analysis"][name], made[name], name)
        for method in ("GET", "DELETE"):
            refused = self.ask(service, "adam", method, f"/api/analysis/{made['id']}")
            self.assertEqual((refused.status, refused.json["code"]), (404, "not_found"))
        # The verdict may go; what was noted stays.
        service.admin("POST", "/api/admin/cache/clear", {"pattern": "*"})
        shown = self.ask(service, "eve", "GET", f"/api/analysis/{made['id']}").json
        self.assertEqual((shown["verdictKept"], shown["analysis"]["aiScore"]),
                         (False, made["aiScore"]))
        removed = self.ask(service, "eve", "DELETE", f"/api/analysis/{made['id']}")
        self.assertEqual(removed.status, 200)
        self.assertEqual(self.history(service, "eve")["analyses"], [])
        self.assertEqual(len(self.history(service, "adam")["analyses"]), 1)

    def test_pages_and_what_they_refuse(self):
        for number in range(5):
            self.upload(self.service_, "eve", jpeg(number), file_name=f"{number}.jpg")
        names = []
        for page in (1, 2, 3, 4):
            shown = self.history(self.service_, "eve", f"?page={page}&limit=2")
            self.assertEqual((shown["page"], shown["pages"]), (page, 3))
            names.append([one["fileName"] for one in shown["analyses"]])
        self.assertEqual(names, [["4.jpg", "3.jpg"], ["2.jpg", "1.jpg"], ["0.jpg"], []])
        for query in ("?page=0", "?limit=101", "?limit=x", "?pages=1", "?page=1&page=2"):
            refused = self.ask(self.service_, "eve", "GET", f"/api/analysis/history{query}")
            self.assertEqual((refused.status, refused.json["code"]), (400, "bad_request"), query)

    def test_it_is_for_users(self):
        service = self.service_
        self.assertEqual(service.request("GET", "/api/analysis/history").status, 401)
        refused = service.admin("GET", "/api/analysis/history")
        self.assertEqual((refused.status, refused.json["code"]), (403, "forbidden"))
        key = {"X-Api-Key": "u6Zt4wPa9Mk2Bq7Ds1"}
        self.assertEqual(service.request("GET", "/api/analysis/history", None, key).status, 200)
        erase = "/api/admin/users/eve/history"
        self.assertEqual(self.ask(service, "eve", "DELETE", erase).status, 403)
        self.assertEqual(service.request("DELETE", erase).status, 401)

    def test_an_administrator_erases_a_user(self):
        user = "auth0|eve@example.org"
        self.upload(self.service_, user, jpeg(1))
        self.upload(self.service_, "adam", jpeg(1))
        path = f"/api/admin/users/{urllib.parse.quote(user)}/history"
        erased = self.service_.admin("DELETE", path)
        self.assertEqual((erased.status, erased.json["erased"]), (200, 1), erased.body)
        self.service_.await_line("A history was erased .*caller=admin:ADMIN_TOKEN")
        self.assertEqual(self.history(self.service_, user)["analyses"], [])
        self.assertEqual(len(self.history(self.service_, "adam")["analyses"]), 1)

    def test_a_batch_is_found_again(self):
        boundary = "xYzZy"
        body = b"".join(
            f"--{boundary}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{n}.jpg\"\r\n"
            f"Content-Type: image/jpeg\r\n\r\n".encode() + jpeg(n, 5_000) + b"\r\n"
            for n in (1, 2)) + f"--{boundary}--\r\n".encode()
        made = self.ask(self.service_, "eve", "POST", "/api/analysis/batch", body,
                        **{"Content-Type": f"multipart/form-data; boundary={boundary}"})
        self.assertEqual(made.status, 200, made.body)
        self.upload(self.service_, "eve", jpeg(3))
        transaction = made.json["transactionId"]
        for route in ("/api/analysis/batch", "/api/upload/advanced"):
            found = self.ask(self.service_, "eve", "GET", f"{route}?transaction={transaction}").json
            self.assertEqual(sorted(one["fileName"] for one in found["analyses"]),
                             ["1.jpg", "2.jpg"])
            counts = self.ask(self.service_, "eve", "GET", f"{route}?stats=true").json["counts"]
            self.assertEqual(counts["byType"], {"IMAGE": 2})
            images = self.ask(self.service_, "eve", "GET", f"{route}?images=true").json
            self.assertEqual(len(images["analyses"]), 2)
        other = self.ask(self.service_, "adam", "GET", f"{route}?transaction={transaction}")
        self.assertEqual(other.status, 404)

    def test_a_job_is_noted_when_it_is_done(self):
        self.sandbox_.behave(latencyMs=500)
        body, content_type = form(jpeg(1), file_name="later.jpg")
        begun = self.ask(self.service_, "eve", "POST", "/api/analysis/file", body,
                         **{"Content-Type": content_type, "Prefer": "respond-async"})
        self.assertEqual(begun.status, 202)
        self.assertEqual(self.history(self.service_, "eve")["analyses"], [])
        self.service_.await_line("Paid call finished")
        self.eventually(lambda: [one["fileName"] for one in
                                 self.history(self.service_, "eve")["analyses"]] == ["later.jpg"])

    def test_it_survives_a_restart(self):
        made = self.upload(self.service_, "eve", jpeg(1)).json["analysis"]
        self.service_.stop()
        again = self.service(self.sandbox_, **ACCESS)
        self.assertEqual(self.history(again, "eve")["analyses"][0]["id"], made["id"])

    def test_names_of_files_can_stay_out_of_it(self):
        quiet = self.service(self.sandbox_, HISTORY_FILE_NAMES="0", HISTORY_ENTRIES="2", **ACCESS)
        for number in range(3):
            self.upload(quiet, "ada", jpeg(number), file_name="secret.jpg")
        page = self.history(quiet, "ada")
        self.assertEqual([one["fileName"] for one in page["analyses"]], [None, None])

    def test_none_is_kept_without_entries(self):
        off = self.service(self.sandbox_, HISTORY_ENTRIES="0", **ACCESS)
        self.upload(off, "eve", jpeg(1))
        refused = self.ask(off, "eve", "GET", "/api/analysis/history")
        self.assertEqual((refused.status, refused.json["code"]), (404, "not_found"))


class Replicas(RedisTestCase, HistoryTest):
    def test_another_replica_tells_it_too(self):
        self.redis.start()
        one, other = self.connected_replicas(self.sandbox(), 2, **ACCESS)
        made = self.upload(one, "eve", jpeg(1)).json["analysis"]
        self.eventually(lambda: [record["id"] for record in self.history(other, "eve")["analyses"]]
                        == [made["id"]])


class OwnLookUps(HistoryTest):
    def test_nothing_tells_what_others_had_analysed(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, LOOKUP_SCOPE="own", **ACCESS)
        content = jpeg(1)
        digest = hashlib.sha256(content).hexdigest()
        self.upload(service, "eve", content)
        look_up = f"/api/analysis/{digest}"
        unknown = self.ask(service, "adam", "GET", look_up)
        never = self.ask(service, "adam", "GET", "/api/analysis/" + "0" * 64)
        self.assertEqual((unknown.status, never.status), (404, 404))
        same = {"requestId": "", "instance": ""}  # what names the request
        self.assertEqual({**unknown.json, **same}, {**never.json, **same})
        self.assertEqual(self.ask(service, "eve", "GET", look_up).status, 200)
        self.assertEqual(service.admin("GET", look_up).status, 200)
        many = self.ask(service, "adam", "POST", "/api/analysis/lookup",
                        json.dumps({"hashes": [digest]}), **{"Content-Type": "application/json"})
        self.assertEqual(many.json["known"], 0)
        body, content_type = form(content)
        only = self.ask(service, "adam", "POST", "/api/analysis/file", body,
                        **{"Content-Type": content_type, "Cache-Control": "only-if-cached"})
        self.assertEqual(only.status, 504)
        # The upload itself costs nothing again, and does not say why.
        known = self.upload(service, "adam", content)
        new = self.upload(service, "adam", jpeg(2))
        for answer in (known, new):
            self.assertIsNone(answer.cache)
            self.assertIsNone(answer.headers.get("Age"))
            self.assertIsNone(answer.headers.get("Cache-Status"))
            self.assertIsNone(answer.json["cache"])
            for name in ("fromCache", "analyzedAt", "expiresAt"):
                self.assertIsNone(answer.json["analysis"][name], name)
        self.assertEqual(sandbox.charged, 2)
        self.assertEqual(self.ask(service, "adam", "GET", look_up).status, 200)
        job = self.ask(service, "adam", "GET", f"/api/jobs/analysis-{digest}")
        self.assertEqual(job.status, 404)


if __name__ == "__main__":
    unittest.main()
