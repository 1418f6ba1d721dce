"""A cache that moves: out of one store into another and back, and what an import refuses."""

import hashlib
import json
import unittest

from harness import ADMIN_TOKEN, SANITIZED, ServiceTest, jpeg
from redis_server import RedisTestCase

EXPORT = "/api/admin/cache/export"
IMPORT = "/api/admin/cache/import"
READER = "a-token-that-only-reads"
SECRET = "a secret of more than thirty-two bytes"

# Entries as the service writes them, of two kilobytes each, with lives of their own.
SEED = """
for i = 1, tonumber(ARGV[1]) do
  local hash = string.format('%064x', i)
  redis.call('SET', 'analysis:' .. hash,
             '{"aiScore":12,"analyzedAt":"2026-11-21T10:00:00Z","details":{"x":"' .. string.rep('x', 1800) ..
             '"},"cache":{"v":1,"sha256":"' .. hash .. '","kind":"analysis",' ..
             '"storedAt":"2026-11-21T10:00:00Z","costMicros":10000,"mediaType":"image/jpeg","bytes":7}}',
             'EX', 5000 + i)
end"""


def lines_of(body):
    return [json.loads(line) for line in body.splitlines()]


def small(seed):
    return jpeg(seed, 2_000)


class ImportCase(ServiceTest):
    def post(self, service, body, token=ADMIN_TOKEN):
        return service.request("POST", IMPORT, body, {"Authorization": f"Bearer {token}"})

    def take(self, service, body):
        answer = self.post(service, body)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def export(self, service):
        lines = lines_of(service.admin("GET", EXPORT).body)
        self.assertTrue(lines[-1]["end"])
        return {line["key"]: line for line in lines[:-1]}

    def local(self, sandbox, name, **environment):
        home = self.directory / name
        home.mkdir(exist_ok=True)
        return self.service(sandbox, CACHE_DIR=str(home), **environment)


class EmbeddedImportTest(ImportCase):
    def test_a_warm_cache_for_a_new_service(self):
        sandbox = self.sandbox()
        old = self.local(sandbox, "old")
        for seed in range(4):
            old.upload(small(seed))
        copy = old.admin("GET", EXPORT).body
        old.stop()
        new = self.local(sandbox, "new", ADMIN_TOKENS=f"eye:{READER}:read")
        self.assertProblem(self.post(new, copy, READER), 403, "forbidden")
        self.assertEqual(new.request("POST", IMPORT, copy).status, 401)
        self.assertEqual(self.take(new, copy), {"success": True, "imported": 4, "kept": 0,
                                                "refused": 0, "complete": True, "errors": []})
        new.await_line("warn .*Cache import rest=\"0 kept, 0 refused\" imported=4 .*caller=admin:ADMIN_TOKEN")
        for seed in range(4):
            answer = new.upload(small(seed))
            self.assertEqual((answer.cache, answer.json["cache"]["savedUsd"]), ("HIT", 0.01))
        before = self.export(new)
        again = self.take(new, copy)
        self.assertEqual((again["imported"], again["kept"]), (0, 4))
        for key, line in self.export(new).items():
            self.assertLessEqual(line.pop("ttlMs"), before[key].pop("ttlMs"))
            self.assertEqual(line, before[key])
        self.assertEqual(sandbox.charged, 4)

    def test_a_damaged_line_is_named_by_its_number(self):
        sandbox = self.sandbox()
        service = self.local(sandbox, "a")
        service.upload(small(1))
        service.upload(small(2))
        lines = service.admin("GET", EXPORT).body.splitlines(keepends=True)
        service.admin("POST", "/api/admin/cache/clear")
        damaged = lines[0] + lines[1][:-30] + b"\n" + b'{"key":"lease:x"}\n' + b"x" * 600_000 + b"\n"
        report = self.take(service, damaged)
        self.assertEqual((report["imported"], report["refused"], report["complete"]), (1, 3, False))
        self.assertEqual([error["line"] for error in report["errors"]], [2, 3, 4])
        self.assertIn("512 KiB", report["errors"][2]["reason"])
        self.assertEqual([service.upload(small(1)).cache, service.upload(small(2)).cache].count("HIT"), 1)

    def test_a_plain_copy_goes_into_a_cache_with_a_secret_but_not_back(self):
        sandbox = self.sandbox()
        plain, keyed = self.local(sandbox, "p"), self.local(sandbox, "k", KEY_SECRET=SECRET)
        plain.upload(small(1))
        self.assertEqual(self.take(keyed, plain.admin("GET", EXPORT).body)["imported"], 1)
        self.assertEqual(keyed.upload(small(1)).cache, "HIT")
        [stored] = self.export(keyed)
        self.assertNotIn(hashlib.sha256(small(1)).hexdigest(), stored)
        back = self.take(plain, keyed.admin("GET", EXPORT).body)
        self.assertEqual((back["imported"], back["refused"]), (0, 1))
        self.assertIn("KEY_SECRET", back["errors"][0]["reason"])


class RedisImportTest(ImportCase, RedisTestCase):
    def test_from_redis_into_an_empty_sqlite_and_back(self):
        self.redis.start()
        self.redis.cli("EVAL", SEED, "0", "3000")
        sandbox = self.sandbox()
        shared = self.on_redis(sandbox, "r")
        self.await_stats(shared, status="connected")
        copy = shared.admin("GET", EXPORT).body
        before = self.export(shared)
        self.assertEqual(len(before), 3_000)
        local = self.local(sandbox, "l")
        self.assertEqual(self.take(local, copy)["imported"], 3_000)
        moved = local.admin("GET", EXPORT).body
        shared.admin("POST", "/api/admin/cache/clear")
        self.assertEqual(self.export(shared), {})
        self.assertEqual(self.take(shared, moved)["imported"], 3_000)
        after = self.export(shared)
        self.assertEqual(after.keys(), before.keys())
        for key, line in after.items():
            self.assertTrue(0 <= before[key]["ttlMs"] - line["ttlMs"] < 60_000, key)
            line["value"]["cache"].pop("expiresAt")
            for name, value in before[key]["value"]["cache"].items():
                self.assertEqual(line["value"]["cache"][name], value, key)
        again = self.take(shared, copy)
        self.assertEqual((again["imported"], again["kept"]), (0, 3_000))

    def test_a_newer_verdict_stays(self):
        self.redis.start()
        sandbox = self.sandbox()
        service = self.on_redis(sandbox, "r")
        self.await_stats(service, status="connected")
        service.upload(small(1))
        lines = lines_of(service.admin("GET", EXPORT).body)
        older, newer = json.loads(json.dumps(lines[0])), lines[0]
        older["value"].update(aiScore=1)
        older["value"]["cache"]["storedAt"] = "2020-01-01T00:00:00Z"
        self.assertEqual(self.take(service, json.dumps(older).encode())["kept"], 1)
        newer["value"].update(aiScore=99)
        newer["value"]["cache"]["storedAt"] = "2036-01-01T00:00:00Z"
        self.assertEqual(self.take(service, json.dumps(newer).encode())["imported"], 1)
        self.assertEqual(self.take(service, json.dumps(older).encode())["kept"], 1)
        self.assertEqual(self.export(service)[newer["key"]]["value"]["aiScore"], 99)

    @unittest.skipIf(SANITIZED, "sanitizers keep freed memory, and take too long for 60 MB")
    def test_a_body_above_the_limit_of_an_upload_is_not_kept_in_memory(self):
        self.redis.start()
        self.redis.cli("EVAL", SEED, "0", "10000")
        sandbox = self.sandbox()
        shared = self.on_redis(sandbox, "r")
        self.await_stats(shared, status="connected")
        copy = shared.admin("GET", EXPORT).body  # 20 MB
        self.assertGreater(len(copy), 20_000_000)
        local = self.local(sandbox, "l", MAX_UPLOAD_MB="1")
        before = local.peak_kib()
        report = self.take(local, copy + copy + copy)
        self.assertEqual((report["imported"], report["kept"]), (10_000, 20_000))
        self.assertLess(local.peak_kib() - before, 32 * 1024)

    def test_while_the_store_is_away_nothing_is_taken(self):
        self.redis.start()
        service = self.on_redis(self.sandbox(), "r")
        self.await_stats(service, status="connected")
        service.upload(small(1))
        copy = service.admin("GET", EXPORT).body
        self.redis.kill()
        self.await_stats(service, status="disconnected")
        self.assertProblem(self.post(service, copy), 503, "store_unavailable")
