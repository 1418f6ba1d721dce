"""What an administrator removes and reads: exactly what was asked for, and true figures."""

import hashlib
import json
import time

from harness import ServiceTest, jpeg
from redis_server import RedisTestCase

CLEAR = "/api/admin/cache/clear"
SECRET = "a secret of more than thirty-two bytes"


def name_of(content):
    return "analysis:" + hashlib.sha256(content).hexdigest()


class ClearingCases:
    """The same for every store; `start` gives a service on it."""

    def clear(self, service, **order):
        answer = service.admin("POST", CLEAR, order)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def test_what_is_not_understood_is_named_and_removes_nothing(self):
        sandbox = self.sandbox()
        service = self.start(sandbox, "a")
        service.upload(jpeg(1))
        for order, named in (({"pattern": "text:*", "dry_run": True}, "dry_run"),
                             ({"patern": "text:*"}, "patern"),
                             ({"key": "analysis:" + 64 * "0"}, "key"),
                             ({"pattern": ["text:*"]}, "pattern"),
                             ({"dryRun": "true"}, "dryRun")):
            problem = self.assertProblem(service.admin("POST", CLEAR, order), 400, "bad_request")
            self.assertIn(named, problem["error"])
        for query in ("?pattern=text:*&dryRun=true", "?dryRun=1"):
            problem = self.assertProblem(service.admin("POST", CLEAR + query), 400, "bad_request")
            self.assertIn('"dryRun"', problem["error"])
        twice = service.request("POST", CLEAR, '{"dryRun":true,"dryRun":false}',
                                {"Authorization": "Bearer an-admin-token-for-tests"})
        self.assertProblem(twice, 400, "bad_request")
        self.assertEqual(service.upload(jpeg(1)).cache, "HIT")
        tried = self.clear(service, dryRun=True)
        self.assertEqual((tried["cleared"], tried["dryRun"]), (1, True))
        self.assertEqual(service.upload(jpeg(1)).cache, "HIT")
        self.assertEqual(self.clear(service)["cleared"], 1)
        self.assertEqual(service.upload(jpeg(1)).cache, "MISS")
        self.assertEqual(service.admin("POST", CLEAR).json["cleared"], 1)  # no body at all

    def test_what_an_answer_names_can_be_removed_with_a_secret_and_without(self):
        sandbox = self.sandbox()
        for secret in ("", SECRET):
            service = self.start(sandbox, "secret" if secret else "plain", KEY_SECRET=secret)
            for seed in (2, 3):
                service.upload(jpeg(seed))
            named = service.upload(jpeg(2)).json["cache"]["key"]
            self.assertEqual(named, name_of(jpeg(2)))
            self.assertEqual(self.clear(service, pattern=named, dryRun=True)["cleared"], 1)
            done = self.clear(service, pattern=named)
            self.assertEqual((done["cleared"], done["pattern"]), (1, named))
            self.assertEqual(self.clear(service, pattern=named)["cleared"], 0)
            look = service.request("HEAD", "/api/analysis/" + named.split(":")[1])
            self.assertEqual(look.status, 404)
            self.assertEqual(service.upload(jpeg(3)).cache, "HIT")
            if secret:
                some = service.admin("POST", CLEAR, {"pattern": name_of(jpeg(3))[:20] + "*"})
                self.assertIn("KEY_SECRET", self.assertProblem(some, 400, "bad_request")["error"])
                self.assertEqual(service.upload(jpeg(3)).cache, "HIT")
            self.assertEqual(self.clear(service, pattern="analysis:*")["cleared"], 1)
            service.stop()

    def test_look_ups_raise_neither_hits_nor_what_was_saved(self):
        sandbox = self.sandbox()
        service = self.start(sandbox, "a")
        service.upload(jpeg(4))
        digest = hashlib.sha256(jpeg(4)).hexdigest()
        for _ in range(50):
            self.assertEqual(service.request("HEAD", f"/api/analysis/{digest}").status, 200)
        self.assertEqual(service.request("GET", "/api/analysis/" + 64 * "0").status, 404)
        stats = service.stats()
        self.assertEqual((stats["hits"], stats["misses"]), ("0", "1"))
        self.assertEqual(stats["cost"]["saved"], 0)
        self.assertEqual(stats["lookups"], {"total": 51, "hits": 50})
        self.assertEqual(stats["cost"]["spared"], 0.5)
        service.upload(jpeg(4))
        service.stop()  # what was counted is stored, and read again
        stats = self.start(sandbox, "a").stats()
        self.assertEqual((stats["hits"], stats["cost"]["saved"]), ("1", 0.01))
        self.assertEqual(stats["lookups"], {"total": 51, "hits": 50})
        self.assertEqual(stats["cost"]["today"]["spared"], 0.5)


class EmbeddedTest(ClearingCases, ServiceTest):
    def start(self, sandbox, directory, **environment):
        home = self.directory / directory
        home.mkdir(exist_ok=True)
        return self.service(sandbox, CACHE_DIR=str(home), **environment)

    def test_memory_alone_tells_what_it_removed(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, CACHE_DIR="", KEY_SECRET=SECRET)
        for seed in (5, 6):
            service.upload(jpeg(seed))
        self.assertEqual(self.clear(service, pattern=name_of(jpeg(5)))["cleared"], 1)
        self.assertEqual(self.clear(service)["cleared"], 1)
        self.assertEqual(service.upload(jpeg(6)).cache, "MISS")


class RedisClearingTest(ClearingCases, RedisTestCase):
    def setUp(self):
        super().setUp()
        self.redis.start()

    def start(self, sandbox, directory, **environment):
        service = self.on_redis(sandbox, directory, **environment)
        self.await_stats(service, status="connected")
        return service

    def test_another_replica_forgets_what_is_cleared_by_the_contents_hash(self):
        sandbox = self.sandbox()
        one = self.start(sandbox, "one", KEY_SECRET=SECRET)
        two = self.start(sandbox, "two", KEY_SECRET=SECRET)
        for seed in (7, 8):
            one.upload(jpeg(seed))
            self.assertEqual(two.upload(jpeg(seed)).cache, "HIT")
        self.assertNotIn(hashlib.sha256(jpeg(7)).hexdigest(), self.redis.cli("KEYS", "*"))
        # Two replicas hold it in memory, one of them on disk as well: it is one entry.
        self.assertEqual(self.clear(one, pattern=name_of(jpeg(7)))["cleared"], 1)
        deadline = time.monotonic() + 10
        path = "/api/analysis/" + hashlib.sha256(jpeg(7)).hexdigest()
        while two.request("HEAD", path).status != 404:
            self.assertLess(time.monotonic(), deadline, "the other replica still answers it")
            time.sleep(0.02)
        self.assertEqual(two.upload(jpeg(8)).cache, "HIT")
        self.assertEqual(two.upload(jpeg(7)).cache, "MISS")
        self.assertEqual(sandbox.charged, 3)

    def test_what_waits_for_a_full_redis_is_counted_once(self):
        sandbox = self.sandbox()
        service = self.start(sandbox, "a", KEY_SECRET=SECRET)
        service.upload(jpeg(9))
        self.redis.cli("CONFIG", "SET", "maxmemory", "1")
        service.upload(jpeg(10))
        self.assertGreaterEqual(service.stats()["pendingWrites"], 1)
        self.assertEqual(self.clear(service, dryRun=True)["cleared"], 2)
        self.assertEqual(self.clear(service, pattern=name_of(jpeg(10)))["cleared"], 1)
        self.assertEqual(self.clear(service)["cleared"], 1)
        self.assertEqual(self.clear(service)["cleared"], 0)
        for seed in (9, 10):
            self.assertEqual(service.upload(jpeg(seed)).cache, "MISS")

    def test_entries_of_the_service_before(self):
        picture, lasting = jpeg(11), jpeg(12)
        plain = {"aiScore": 12, "isAi": False, "provider": "before"}
        self.redis.cli("SET", name_of(picture), json.dumps(plain), "EX", "5000")
        self.redis.cli("SET", name_of(lasting), json.dumps(plain))
        sandbox = self.sandbox()
        service = self.start(sandbox, "a")
        tiers = []  # while the service begins to listen to the others it may forget its memory
        deadline = time.monotonic() + 10
        while "memory" not in tiers:
            self.assertLess(time.monotonic(), deadline, tiers)
            answer = service.upload(picture)
            self.assertEqual(answer.cache, "HIT")
            self.assertNotIn("age", answer.headers)
            analysis, cache = answer.json["analysis"], answer.json["cache"]
            tiers.append(cache["tier"])
            self.assertEqual(analysis["aiScore"], 12)
            self.assertIsNone(analysis["analyzedAt"])
            self.assertIsNone(cache["ageSeconds"])
            self.assertTrue(4900 < cache["ttlSeconds"] <= 5000, cache)
            self.assertIsNotNone(analysis["expiresAt"])
            self.assertEqual(cache["savedUsd"], 0.01)
            self.assertEqual((analysis["bytes"], analysis["mediaType"]),
                             (len(picture), "image/jpeg"))
        digest = hashlib.sha256(lasting).hexdigest()
        found = service.request("GET", f"/api/analysis/{digest}").json
        self.assertIsNone(found["analysis"]["expiresAt"])
        self.assertIsNone(found["analysis"]["bytes"])
        self.assertIsNone(found["cache"]["ttlSeconds"])
        self.assertEqual(tiers[0], "redis")
        self.assertAlmostEqual(service.stats()["cost"]["saved"], 0.01 * len(tiers))
        self.assertEqual(service.stats()["cost"]["spared"], 0.01)
        self.assertEqual(sandbox.charged, 0)
