"""Who changed what: the audit trail, on one replica, on others, after a restart and an outage."""

import json
import signal
import unittest

from access_test import JWT_SECRET, READER, jwt
from harness import ADMIN_TOKEN, ServiceTest, jpeg
from redis_server import RedisTestCase

AUDIT = "/api/admin/audit"
CLEAR = "/api/admin/cache/clear"


class AuditTest(ServiceTest):
    def trail(self, service, query=""):
        answer = service.admin("GET", AUDIT + query)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def actions(self, service):
        return [(change["action"], change["target"], change["count"], change["outcome"])
                for change in self.trail(service)["changes"]]


class OneReplica(AuditTest):
    def setUp(self):
        super().setUp()
        self.sandbox_ = self.sandbox()

    def test_it_says_who_did_what_from_where_and_to_how_many(self):
        service = self.service(self.sandbox_, TRUSTED_PROXY_HOPS="1",
                               JWT_SECRET=JWT_SECRET, ADMIN_USER_IDS="42")
        service.request("POST", "/api/analysis/file", jpeg(1),
                        {"Authorization": f"Bearer {jwt({'sub': '7'})}",
                         "Content-Type": "image/jpeg"})
        answer = service.request("POST", CLEAR, json.dumps({"pattern": "analysis:*"}),
                                 {"Authorization": f"Bearer {jwt({'sub': '42'})}",
                                  "X-Forwarded-For": "203.0.113.9", "X-Request-Id": "clear-1"})
        self.assertEqual((answer.status, answer.json["cleared"]), (200, 1), answer.body)
        (change,) = self.trail(service)["changes"]
        expected = {"action": "cache.clear", "target": "analysis:*", "count": 1, "outcome": "done",
                    "caller": "user:42", "address": "203.0.113.9", "requestId": "clear-1"}
        self.assertEqual({name: change[name] for name in expected}, expected)
        self.assertRegex(change["at"], r"^\d{4}-\d\d-\d\dT[\d:.]+Z$")
        service.await_line(r"warn +Cache cleared pattern=analysis:\* entries=1 by=203\.0\.113\.9 "
                           r"caller=user:42 request_id=clear-1")

    def test_each_way_to_change_something_is_in_it_and_trying_is_not(self):
        service = self.service(self.sandbox_, JWT_SECRET=JWT_SECRET)
        service.admin("POST", CLEAR, {"pattern": "text:*", "dryRun": True})
        self.assertEqual(self.actions(service), [])
        service.admin("POST", "/api/admin/cache/invalidate/text")
        service.admin("POST", "/api/cache/clear-all")
        service.admin("DELETE", "/api/admin/users/eve/history")
        self.assertEqual(self.actions(service), [("history.erase", "user:eve", 0, "done"),
                                                 ("cache.clear", "*", 0, "done"),
                                                 ("cache.clear", "text:*", 0, "done")])
        page = self.trail(service, "?page=2&limit=2")
        self.assertEqual((page["page"], page["pages"], page["total"]), (2, 2, 3))
        self.assertEqual([one["target"] for one in page["changes"]], ["text:*"])
        for query in ("?limit=0", "?limit=101", "?pages=1", "?page=x"):
            refused = service.admin("GET", AUDIT + query)
            self.assertEqual((refused.status, refused.json["code"]), (400, "bad_request"), query)

    def test_it_is_for_administrators(self):
        service = self.service(self.sandbox_, JWT_SECRET=JWT_SECRET,
                               ADMIN_TOKENS=f"support:{READER}:read")
        self.assertEqual(service.request("GET", AUDIT).status, 401)
        user = {"Authorization": f"Bearer {jwt({'sub': '7'})}"}
        self.assertEqual(service.request("GET", AUDIT, None, user).status, 403)
        self.assertEqual(service.admin("GET", AUDIT, token=READER).status, 200)

    def test_it_survives_a_kill_and_a_user_whose_name_is_like_its_own(self):
        service = self.service(self.sandbox_, AUDIT_ENTRIES="2")
        for pattern in ("text:*", "analysis:*", "*"):
            service.admin("POST", CLEAR, {"pattern": pattern})
        service.stop(signal.SIGKILL)
        again = self.service(self.sandbox_, AUDIT_ENTRIES="2")
        kept = [("cache.clear", "*", 0, "done"), ("cache.clear", "analysis:*", 0, "done")]
        self.assertEqual(self.actions(again), kept)
        again.admin("DELETE", "/api/admin/users/administrators/history")
        self.assertEqual(self.actions(again)[1:], kept[:1])

    def test_without_one_the_answer_says_why(self):
        for off in ({"AUDIT_ENTRIES": "0"}, {"CACHE_DIR": ""}):
            service = self.service(self.sandbox_, **off)
            service.admin("POST", CLEAR, {"pattern": "*"})
            service.await_line(r"Cache cleared pattern=\*")
            answer = service.admin("GET", AUDIT)
            self.assertEqual(answer.status, 404)
            self.assertIn("AUDIT_ENTRIES", answer.json["error"])


class Replicas(RedisTestCase, AuditTest):
    def test_another_replica_tells_it_at_once(self):
        self.redis.start()
        one, other = self.connected_replicas(self.sandbox(), 2)
        one.admin("POST", CLEAR, {"pattern": "text:*"})
        self.assertEqual(self.actions(other), [("cache.clear", "text:*", 0, "done")])

    def test_a_clear_that_the_store_refuses_is_told_once_it_is_back(self):
        self.redis.start()
        (service,) = self.connected_replicas(self.sandbox(), 1)
        self.redis.kill()
        self.await_stats(service, status="disconnected")
        self.assertEqual(service.admin("POST", CLEAR, {"pattern": "*"}).status, 503)
        service.await_line("A change by an administrator failed.*action=cache.clear")
        self.redis.start()
        self.await_stats(service, status="connected")
        self.assertEqual(self.actions(service), [("cache.clear", "*", 0, "failed")])
        service.await_line("Records are in the store again of=\"?audit trail")
        self.assertTrue(service.admin("GET", AUDIT, token=ADMIN_TOKEN).json["changes"][0]["reason"])


if __name__ == "__main__":
    unittest.main()
