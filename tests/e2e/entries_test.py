"""What is kept, as administrators see it: page by page, one entry, and the removal of one."""

import hashlib
import time

from harness import ServiceTest, jpeg
from redis_server import RedisTestCase

ENTRIES = "/api/admin/cache/entries"
READER = "a-token-that-only-reads"
SECRET = "a secret of more than thirty-two bytes"


def key_of(content):
    return "analysis:" + hashlib.sha256(content).hexdigest()


def small(seed):
    return jpeg(seed, 2_000)


class EntriesCases:
    """The same for every store; `start` gives a service on it."""

    def page(self, service, query="", token=None):
        answer = service.admin("GET", ENTRIES + query, **({"token": token} if token else {}))
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.json["count"], len(answer.json["entries"]))
        return answer.json

    def walk(self, service, limit, match="*", between=lambda: None):
        keys, cursor = [], ""
        for _ in range(200):
            page = self.page(service, f"?limit={limit}&match={match}&cursor={cursor}")
            self.assertLessEqual(page["count"], limit)
            keys += [entry["key"] for entry in page["entries"]]
            cursor = page["nextCursor"]
            if cursor is None:
                return keys
            between()
        self.fail("the walk does not end")

    def test_entries_that_stay_are_seen_while_others_come_and_go(self):
        service = self.start(self.sandbox(), "a")
        for seed in range(60):
            service.upload(small(seed))
        self.assertEqual(sorted(self.walk(service, 7)), sorted(key_of(small(s)) for s in range(60)))
        changes = iter(range(0, 60, 2))

        def change():
            seed = next(changes, None)
            if seed is not None:
                self.assertEqual(
                    service.admin("DELETE", f"{ENTRIES}/{key_of(small(seed))}").status, 200)
                service.upload(small(1_000 + seed))

        seen = self.walk(service, 5, between=change)
        for seed in range(1, 60, 2):
            self.assertIn(key_of(small(seed)), seen)

    def test_what_an_entry_tells(self):
        service = self.start(self.sandbox(), "a", ADMIN_TOKENS=f"eye:{READER}:read")
        service.upload(small(1))
        service.text("A text of some length, which a person or a machine may have written. " * 2)
        one = self.page(service, "?match=analysis:*", READER)["entries"]
        self.assertEqual([entry["key"] for entry in one], [key_of(small(1))])
        self.assertEqual((one[0]["bytes"], one[0]["mediaType"], one[0]["costUsd"]),
                         (len(small(1)), "image/jpeg", 0.01))
        self.assertTrue(604_000 < one[0]["ttlSeconds"] <= 604_800, one)
        self.assertTrue(0 <= one[0]["ageSeconds"] < 60, one)
        self.assertEqual(one[0]["vendors"], ["sightengine"])
        self.assertEqual(len(self.page(service, "?match=text:*")["entries"]), 1)
        digits = key_of(small(1))[len("analysis:"):]
        for match in (digits[:6], digits, "analysis:" + digits[:8] + "*"):
            self.assertEqual(self.walk(service, 10, match), [key_of(small(1))], match)
        self.assertEqual(self.walk(service, 10, "user:*"), [])
        shown = service.admin("GET", f"{ENTRIES}/{digits}", token=READER).json["entry"]
        self.assertEqual(shown["stored"]["cache"]["sha256"], digits)
        self.assertEqual(shown["stored"]["aiScore"], shown["aiScore"])
        for method, path in (("GET", ENTRIES), ("GET", f"{ENTRIES}/{digits}"),
                             ("DELETE", f"{ENTRIES}/{digits}")):
            self.assertEqual(service.request(method, path).status, 401)
        refused = service.admin("DELETE", f"{ENTRIES}/{digits}", token=READER)
        self.assertProblem(refused, 403, "forbidden")
        self.assertEqual(service.upload(small(1)).cache, "HIT")

    def test_bad_questions_are_named(self):
        service = self.start(self.sandbox(), "a")
        for query, named in (("?match=%5B", "pattern"), ("?match=" + 300 * "a", "128"),
                             ("?limit=0", "1000"), ("?cursor=x", "cursor"), ("?page=2", "page")):
            problem = self.assertProblem(service.admin("GET", ENTRIES + query), 400, "bad_request")
            self.assertIn(named, problem["error"])
        gone = service.admin("DELETE", f"{ENTRIES}/{key_of(small(9))}")
        self.assertProblem(gone, 404, "not_cached")

    def test_with_a_secret_the_stored_name_is_shown_and_both_names_find_it(self):
        service = self.start(self.sandbox(), "s", KEY_SECRET=SECRET)
        service.upload(small(1))
        [stored] = self.walk(service, 10)
        self.assertNotEqual(stored, key_of(small(1)))
        for name in (stored, key_of(small(1))):
            found = service.admin("GET", f"{ENTRIES}/{name}").json["entry"]
            self.assertEqual(found["key"], stored)
        self.assertEqual(service.admin("DELETE", f"{ENTRIES}/{key_of(small(1))}").status, 200)
        self.assertEqual(service.upload(small(1)).cache, "MISS")
        self.assertEqual(service.admin("DELETE", f"{ENTRIES}/{stored}").status, 200)
        self.assertEqual(service.upload(small(1)).cache, "MISS")


class EmbeddedEntriesTest(EntriesCases, ServiceTest):
    def start(self, sandbox, directory, **environment):
        home = self.directory / directory
        home.mkdir(exist_ok=True)
        return self.service(sandbox, CACHE_DIR=str(home), **environment)

    def test_memory_alone_has_no_listing(self):
        service = self.service(self.sandbox(), CACHE_DIR="")
        problem = self.assertProblem(service.admin("GET", ENTRIES), 404, "not_found")
        self.assertIn("CACHE_DIR", problem["error"])


class RedisEntriesTest(EntriesCases, RedisTestCase):
    def setUp(self):
        super().setUp()
        self.redis.start()

    def start(self, sandbox, directory, **environment):
        service = self.on_redis(sandbox, directory, **environment)
        self.await_stats(service, status="connected")
        return service

    def test_one_is_gone_on_every_replica(self):
        sandbox = self.sandbox()
        one, two = self.start(sandbox, "one"), self.start(sandbox, "two")
        one.upload(small(1))
        self.assertEqual(two.upload(small(1)).cache, "HIT")
        self.assertEqual(one.admin("DELETE", f"{ENTRIES}/{key_of(small(1))}").status, 200)
        deadline = time.monotonic() + 10
        path = "/api/analysis/" + key_of(small(1))[len("analysis:"):]
        while two.request("HEAD", path).status != 404:
            self.assertLess(time.monotonic(), deadline, "the other replica still answers it")
            time.sleep(0.02)
        self.assertEqual(two.upload(small(1)).cache, "MISS")

    def test_while_redis_is_away_nothing_is_shown(self):
        service = self.start(self.sandbox(), "a")
        service.upload(small(1))
        self.redis.kill()
        self.await_stats(service, status="disconnected")
        self.assertProblem(service.admin("GET", ENTRIES), 503, "store_unavailable")
