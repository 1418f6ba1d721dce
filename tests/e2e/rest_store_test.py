"""The shared store over HTTPS: services that reach their Redis by Upstash's REST API alone."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import time
import unittest

from harness import BUILD, PATIENCE, at_once, jpeg
from redis_server import RedisTestCase
from rest_api import TOKEN, RestApi

CLIENTS = pathlib.Path(__file__).resolve().parents[1] / "official_clients"
WEEK = 604_800


class RestStoreTest(RedisTestCase):
    def setUp(self):
        super().setUp()
        self.redis.start()
        self.api = RestApi(self.redis)
        self.addCleanup(self.api.kill)
        self.api.start()

    def on_rest(self, sandbox, directory, **environment):
        home = self.directory / directory
        home.mkdir(exist_ok=True)
        return self.service(sandbox, **{
            "UPSTASH_REDIS_REST_URL": self.api.url, "UPSTASH_REDIS_REST_TOKEN": TOKEN,
            "CACHE_DIR": str(home), "REDIS_TIMEOUT_MS": "2000", **environment})

    def test_a_photograph_twice_with_a_restart_between(self):
        sandbox = self.sandbox()
        service = self.on_rest(sandbox, "a")
        service.await_line(r"Store: Redis.*url=.?http://127\.0\.0\.1")
        self.await_stats(service, status="connected", backend="upstash-rest")
        self.assertEqual(service.upload(jpeg(1)).cache, "MISS")
        self.assertEqual(service.stop(), 0)
        self.assertNotIn(TOKEN, service.output)

        service = self.on_rest(sandbox, "b")  # nothing on its own disk
        self.await_stats(service, status="connected")
        again = service.upload(jpeg(1))
        self.assertEqual(again.cache, "HIT")
        self.assertIn("detail=redis", again.headers["cache-status"])
        self.assertEqual(sandbox.charged, 1)
        self.assertEqual(service.stats()["cost"]["paidCalls"], 1)
        ready = service.request("GET", "/api/health/ready").json
        self.assertEqual(ready["store"], {"backend": "upstash-rest", "available": True})

        (key,) = self.redis.cli("--raw", "KEYS", "analysis:*").split()
        self.assertAlmostEqual(int(self.redis.cli("TTL", key)), WEEK, delta=10)
        entry = json.loads(self.redis.cli("--raw", "GET", key))
        self.assertEqual(entry["cache"]["sha256"], key.partition(":")[2])
        self.assertLessEqual({"aiScore", "isAi", "confidence", "verdict", "provider"}, entry.keys())

    def test_over_rest_and_over_tcp_it_is_one_cache(self):
        sandbox = self.sandbox()
        rest = self.on_rest(sandbox, "a", CACHE_COMPRESS_MIN_BYTES="0")
        home = self.directory / "b"
        home.mkdir()
        tcp = self.service(sandbox, REDIS_URL=self.redis.url, CACHE_DIR=str(home),
                           CACHE_COMPRESS_MIN_BYTES="0")
        for service in (rest, tcp):
            self.await_stats(service, status="connected")
        self.assertEqual(rest.upload(jpeg(2)).cache, "MISS")
        self.assertEqual(tcp.upload(jpeg(2)).cache, "HIT")
        self.assertEqual(tcp.upload(jpeg(3)).cache, "MISS")
        self.assertEqual(rest.upload(jpeg(3)).cache, "HIT")
        self.assertEqual(sandbox.charged, 2)
        cleared = rest.admin("POST", "/api/admin/cache/clear", {"pattern": "analysis:*"}).json
        self.assertEqual(cleared["cleared"], 2)

    def test_many_at_once_on_two_replicas_pay_once(self):
        sandbox = self.sandbox()
        replicas = [self.on_rest(sandbox, name) for name in "ab"]
        for service in replicas:
            self.await_stats(service, status="connected")
        sandbox.behave("ok", latencyMs=500)
        answers = at_once(16, lambda i: replicas[i % 2].upload(jpeg(7)))
        self.assertEqual([answer.status for answer in answers], [200] * 16)
        self.assertEqual(sandbox.charged, 1)
        self.assertEqual(sum(answer.cache == "MISS" for answer in answers), 1)

    def test_a_clear_reaches_the_memory_of_the_other_replica(self):
        sandbox = self.sandbox()
        one, two = [self.on_rest(sandbox, name) for name in "ab"]
        for service in (one, two):
            self.await_stats(service, status="connected")
            service.await_line("Redis events are received")
        digest = one.upload(jpeg(8)).json["analysis"]["sha256"]
        self.assertIn("detail=redis", two.upload(jpeg(8)).headers["cache-status"])
        self.assertIn("detail=memory", two.upload(jpeg(8)).headers["cache-status"])
        one.admin("POST", "/api/admin/cache/clear", {"pattern": "analysis:*"})
        deadline = time.monotonic() + 5
        while two.request("GET", f"/api/analysis/{digest}").status != 404:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)

    def test_a_wrong_token_is_said_and_the_service_runs_on(self):
        sandbox = self.sandbox()
        service = self.on_rest(sandbox, "a", UPSTASH_REDIS_REST_TOKEN="hunter2")
        service.await_line(r"Redis is not available.*refused.*token")
        self.assertEqual(service.stats()["status"], "disconnected")
        self.assertEqual(service.upload(jpeg(4)).cache, "MISS")
        self.assertEqual(service.upload(jpeg(4)).cache, "HIT")
        self.assertEqual(sandbox.charged, 1)
        service.stop()
        self.assertNotIn("hunter2", service.output)
        self.assertEqual(len(re.findall(r"Redis is not available .*state=", service.output)), 1)

    def test_an_api_that_dies_and_comes_back_gets_everything_once(self):
        sandbox = self.sandbox()
        service = self.on_rest(sandbox, "a", MEMORY_CACHE_MB="0")
        self.await_stats(service, status="connected")
        self.assertEqual(service.upload(jpeg(10)).cache, "MISS")
        self.api.kill()
        for seed in range(11, 21):
            self.assertEqual(service.upload(jpeg(seed)).cache, "MISS")
        self.assertEqual(service.stats()["status"], "disconnected")
        for seed in range(11, 21):
            self.assertEqual(service.upload(jpeg(seed)).cache, "HIT")
        self.assertGreaterEqual(service.stats()["pendingWrites"], 10)

        self.api.start()
        self.await_stats(service, patience=10, status="connected", pendingWrites=0)
        self.assertEqual(len(self.redis.cli("--raw", "KEYS", "analysis:*").split()), 11)
        for seed in range(10, 21):
            again = service.upload(jpeg(seed))
            self.assertEqual(again.cache, "HIT")
            self.assertIn("detail=redis", again.headers["cache-status"])
        self.assertEqual(sandbox.charged, 11)
        self.assertEqual(self.redis.paid_calls(), 11)
        self.assertEqual(len(re.findall(r"Redis is not available .*state=", service.output)), 1)

    def test_settings_that_contradict_each_other_stop_the_start(self):
        for environment, words in (
                ({"UPSTASH_REDIS_REST_URL": self.api.url}, ["UPSTASH_REDIS_REST_TOKEN"]),
                ({"UPSTASH_REDIS_REST_TOKEN": "hunter2"}, ["UPSTASH_REDIS_REST_URL"]),
                ({"UPSTASH_REDIS_REST_URL": self.api.url, "UPSTASH_REDIS_REST_TOKEN": "hunter2",
                  "REDIS_URL": "redis://user:hunter2@localhost"},
                 ["REDIS_URL", "UPSTASH_REDIS_REST_URL"]),
                ({"UPSTASH_REDIS_REST_URL": self.api.url, "UPSTASH_REDIS_REST_TOKEN": "hunter2",
                  "UPSTASH_REDIS_REST_CA": "/nonexistent.pem"}, ["UPSTASH_REDIS_REST_CA"])):
            bad = subprocess.run([str(BUILD / "verdictcache")], cwd=self.directory,
                                 env={"PATH": os.environ["PATH"], "PORT": "0", **environment},
                                 stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                 timeout=PATIENCE)
            self.assertEqual(bad.returncode, 2, bad.stderr)
            for word in words:
                self.assertIn(word, bad.stderr)
            self.assertNotIn("hunter2", bad.stderr + bad.stdout)
        shown = subprocess.run([str(BUILD / "verdictcache"), "--check-config"], cwd=self.directory,
                               env={"PATH": os.environ["PATH"],
                                    "UPSTASH_REDIS_REST_URL": self.api.url,
                                    "UPSTASH_REDIS_REST_TOKEN": "hunter2"},
                               stdin=subprocess.DEVNULL, capture_output=True, text=True,
                               timeout=PATIENCE)
        self.assertIn("UPSTASH_REDIS_REST_TOKEN=********", shown.stdout)
        self.assertNotIn("hunter2", shown.stdout + shown.stderr)

    def test_upstash_and_redis_own_clients_see_what_we_see(self):
        """The stand-in is held against @upstash/redis, that against ioredis, and ours against both."""
        if not (shutil.which("node") and shutil.which("npm")):
            if os.environ.get("CI"):
                self.fail("node and npm are not installed")
            self.skipTest("node and npm are not installed")
        install_clients()
        sandbox = self.sandbox()
        service = self.on_rest(sandbox, "a")
        self.await_stats(service, status="connected")
        answer = service.upload(jpeg(5)).json
        done = subprocess.run(
            ["node", "--test", "--test-reporter=tap"], cwd=CLIENTS, capture_output=True, text=True, timeout=120,
            env={**os.environ, "REST_URL": self.api.url, "REST_TOKEN": TOKEN,
                 "REDIS_SOCKET": str(self.redis.socket), "ENTRY_KEY": answer["cache"]["key"],
                 "ENTRY_SCORE": str(answer["analysis"]["aiScore"])})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"# pass [1-9]")
        self.assertRegex(done.stdout, r"# skipped 0")


def install_clients():
    """`npm ci`, when what is installed is not what the lock file says."""
    lock = CLIENTS / "package-lock.json"
    installed = CLIENTS / "node_modules" / ".package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    for attempt in range(3):  # a registry has its moments
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=CLIENTS,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=150)
        if done.returncode == 0:
            return
        time.sleep(attempt)
    message = "npm ci failed:\n" + done.stdout + done.stderr
    if os.environ.get("CI"):
        raise AssertionError(message)
    raise unittest.SkipTest(message)


if __name__ == "__main__":
    unittest.main()
