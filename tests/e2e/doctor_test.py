"""`vcachectl doctor` as an operator runs it, and what the service says of credentials at its start."""

import json
import os
import socket
import subprocess
import time

from harness import ADMIN_TOKEN, BUILD, PATIENCE, jpeg
from redis_server import RedisTestCase
from rest_api import TOKEN, RestApi

PASSWORD = "the-password-of-redis"
SECRETS = {"SIGHTENGINE_API_SECRET": "a-secret-of-sightengine", "OPENAI_API_KEY": "a-key-of-openai",
           "AIORNOT_API_KEY": "a-key-of-aiornot", "COPYLEAKS_API_KEY": "a-key-of-copyleaks",
           "SAPLING_API_KEY": "a-key-of-sapling"}


class CheckedTestCase(RedisTestCase):
    def vendors(self, sandbox):
        """Every vendor that can be checked and one that cannot, pointed at the sandbox."""
        return {**SECRETS, "SIGHTENGINE_API_USER": "user", "COPYLEAKS_EMAIL": "me@site.example",
                "SIGHTENGINE_BASE_URL": sandbox.url + "/sightengine/1.0",
                "SAPLING_BASE_URL": sandbox.url + "/sapling",
                "OPENAI_BASE_URL": sandbox.url + "/openai/v1",
                "AIORNOT_BASE_URL": sandbox.url + "/aiornot",
                "COPYLEAKS_BASE_URL": sandbox.url + "/copyleaks",
                "COPYLEAKS_LOGIN_URL": sandbox.url + "/copyleaks"}


class DoctorTest(CheckedTestCase):
    def doctor(self, *arguments, command=("doctor",), **environment):
        """Runs it to its end; whatever comes out, no secret may be in it."""
        clean = {key: value for key, value in os.environ.items()
                 if key in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")}
        done = subprocess.run([str(BUILD / "vcachectl"), *command, *arguments], cwd=self.directory,
                              env={**clean, "ADMIN_TOKEN": ADMIN_TOKEN, "HOST": "127.0.0.1",
                                   **environment},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE)
        for secret in (*SECRETS.values(), PASSWORD, "another-password", ADMIN_TOKEN, TOKEN):
            self.assertNotIn(secret, done.stdout + done.stderr)
        return done

    def checks(self, *arguments, **environment):
        """Exit status and the checks by name; of several of one name, the list of them."""
        done = self.doctor("--json", *arguments, **environment)
        report = json.loads(done.stdout)
        self.assertEqual(report["ok"], done.returncode == 0, done.stdout)
        by_name = {}
        for check in report["checks"]:
            by_name.setdefault(check["check"], []).append(check)
        return done.returncode, by_name

    def with_password(self, password):
        return f"unix://{self.redis.socket}?password={password}"

    def start_redis(self):
        self.redis.start(["--requirepass", PASSWORD, "--protected-mode", "no"]
                         if self.redis.password else [])

    def assertStatus(self, check, status, *words):
        self.assertEqual(check["status"], status, check)
        text = check["message"] + " " + check.get("advice", "")
        for word in words:
            self.assertIn(word, text)

    def test_all_is_well_and_nothing_was_called_or_written(self):
        self.redis.password = PASSWORD
        self.start_redis()
        sandbox = self.sandbox()
        (self.directory / ".env").write_text(f"REDIS_URL='{self.with_password(PASSWORD)}'\n")
        before = sorted(self.directory.iterdir())
        status, checks = self.checks(**self.vendors(sandbox))
        self.assertEqual(status, 0, checks)
        self.assertStatus(checks["configuration"][0], "ok", str(self.directory / ".env"))
        self.assertStatus(checks["store"][0], "ok", "CACHE_DIR")
        self.assertStatus(checks["spool"][0], "ok", "SPOOL_DIR")
        self.assertStatus(checks["redis"][0], "ok", " ms")
        self.assertStatus(checks["redis"][1], "ok", "takes writes")
        for vendor in ("sightengine", "openai", "aiornot", "copyleaks"):
            self.assertStatus(checks["vendor " + vendor][0], "ok", "accepted")
        self.assertStatus(checks["vendor sapling"][0], "warn", "not checked")
        self.assertEqual(sandbox.calls()["total"], 0)
        self.assertEqual(self.redis.cli("DBSIZE"), "0")
        self.assertEqual(sorted(self.directory.iterdir()), before)

        lines = self.doctor(**self.vendors(sandbox)).stdout.splitlines()
        self.assertTrue(all(line.startswith(("ok    ", "warn  ", "      ")) for line in lines), lines)

    def test_wrong_keys_fail_and_name_the_variables(self):
        sandbox = self.sandbox()
        sandbox.behave("credentials", vendor="sightengine")
        status, checks = self.checks(**{**self.vendors(sandbox), "OPENAI_MODEL": "no-such-model"})
        self.assertEqual(status, 1)
        self.assertStatus(checks["vendor sightengine"][0], "fail", "SIGHTENGINE_API_SECRET")
        self.assertStatus(checks["vendor openai"][0], "fail", "OPENAI_MODEL")
        self.assertStatus(checks["vendor aiornot"][0], "ok")
        text = self.doctor(**self.vendors(sandbox))
        self.assertEqual(text.returncode, 1)
        self.assertRegex(text.stdout, r"(?m)^FAIL  vendor sightengine .*SIGHTENGINE_API_USER")
        self.assertEqual(sandbox.calls()["total"], 0)

    def test_a_vendor_that_is_away_is_not_known_and_no_failure(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
        status, checks = self.checks(SIGHTENGINE_API_USER="user", SIGHTENGINE_BASE_URL=nobody,
                                     SIGHTENGINE_API_SECRET=SECRETS["SIGHTENGINE_API_SECRET"])
        self.assertEqual(status, 0)
        self.assertStatus(checks["vendor sightengine"][0], "warn", "not known")
        self.assertStatus(checks["vendors"][0], "warn", "None judges text")

    def test_redis_down_and_wrong_password(self):
        self.redis.password = PASSWORD
        begun = time.monotonic()
        status, checks = self.checks(REDIS_URL=self.with_password(PASSWORD))
        self.assertEqual(status, 1)
        self.assertStatus(checks["redis"][0], "fail", "not available", "REDIS_URL")
        self.start_redis()
        for wrong in ("another-password", ""):
            status, checks = self.checks(
                REDIS_URL=self.with_password(wrong) if wrong else self.redis.url)
            self.assertEqual(status, 1)
            self.assertStatus(checks["redis"][0], "fail", "password", "credentials")
        self.assertLess(time.monotonic() - begun, 20)

    def test_a_redis_that_takes_no_writes_is_told_and_not_tried(self):
        self.redis.start()
        for settings, words in ((["maxmemory", "1"], "OOM"), (["maxmemory", "0"], None)):
            self.redis.cli("CONFIG", "SET", *settings)
            status, checks = self.checks(REDIS_URL=self.redis.url)
            self.assertEqual(status, 1 if words else 0, checks)
            self.assertStatus(checks["redis"][1], "fail" if words else "ok", words or "takes writes")
        self.redis.cli("REPLICAOF", "127.0.0.1", "1")
        status, checks = self.checks(REDIS_URL=self.redis.url)
        self.assertEqual(status, 1)
        self.assertStatus(checks["redis"][1], "fail", "READONLY", "master")
        self.assertEqual(self.redis.cli("DBSIZE"), "0")

    def test_a_redis_that_evicts_is_told_here_and_at_the_start(self):
        self.redis.start(["--maxmemory-policy", "allkeys-lru"])
        status, checks = self.checks(REDIS_URL=self.redis.url)
        self.assertEqual(status, 0, checks)
        self.assertStatus(checks["redis"][2], "warn", "allkeys-lru", "noeviction")
        service = self.on_redis(self.sandbox(), "a")
        service.await_line(r"warn.*Redis removes keys when it is full.*policy=allkeys-lru")
        self.redis.cli("CLIENT", "KILL", "TYPE", "pubsub")
        service.await_line(r"Redis events are not received")
        self.await_stats(service, status="connected")
        self.assertEqual(service.output.count("Redis removes keys"), 1)

    def test_upstash_over_rest(self):
        self.redis.start()
        api = RestApi(self.redis)
        self.addCleanup(api.kill)
        api.start()
        rest = {"UPSTASH_REDIS_REST_URL": api.url, "UPSTASH_REDIS_REST_TOKEN": TOKEN,
                "REDIS_TIMEOUT_MS": "2000"}
        status, checks = self.checks(**rest)
        self.assertEqual(status, 0, checks)
        self.assertStatus(checks["redis"][0], "ok", api.url)
        self.assertStatus(checks["redis"][1], "ok", "takes writes")
        status, checks = self.checks(**{**rest, "UPSTASH_REDIS_REST_TOKEN": "another-password"})
        self.assertEqual(status, 1)
        self.assertStatus(checks["redis"][0], "fail", "UPSTASH_REDIS_REST_TOKEN")
        self.assertEqual(self.redis.cli("DBSIZE"), "0")

    def test_bad_variables_are_named_and_the_exit_status_is_2(self):
        (self.directory / ".env").write_text("CACHE_DIRR=/tmp\n")
        status, checks = self.checks(PORT="eighty", REDIS_URL="http://:another-password@x",
                                     CHECK_CREDENTIALS="yes")
        self.assertEqual(status, 2)
        told = " ".join(check["message"] for check in checks["configuration"])
        for name in ("PORT is refused (6 characters", "REDIS_URL", "CHECK_CREDENTIALS"):
            self.assertIn(name, told)
        self.assertNotIn("eighty", told)
        self.assertEqual(list(checks), ["configuration"])
        status, checks = self.checks()
        self.assertEqual(status, 0)
        self.assertStatus(checks["configuration"][1], "warn", "CACHE_DIRR", "misspelt")
        (self.directory / ".env").write_text("PORT=1\nthis is no assignment\n")
        self.assertEqual(self.doctor().returncode, 2)

    def test_directories_that_cannot_be_used(self):
        (self.directory / "file").write_text("in the way")
        for bad in (str(self.directory / "file"), str(self.directory / "file" / "below")):
            status, checks = self.checks(CACHE_DIR=bad, SPOOL_DIR=str(self.directory / "none"))
            self.assertEqual(status, 1)
            self.assertStatus(checks["store"][0], "fail", "CACHE_DIR", bad)
            self.assertStatus(checks["spool"][0], "fail", "SPOOL_DIR")
        data = self.directory / "data"
        data.mkdir()
        (data / "verdictcache.db").write_bytes(b"this is not a database" * 1000)
        status, checks = self.checks()
        self.assertEqual(status, 1)
        self.assertStatus(checks["store"][0], "fail", "damaged")
        status, checks = self.checks(CACHE_DIR="")
        self.assertEqual(status, 0)
        self.assertStatus(checks["store"][0], "warn", "CACHE_DIR")

    def test_the_store_of_a_running_service_is_looked_at_and_left_alone(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)
        self.assertEqual(service.upload(jpeg(1)).cache, "MISS")
        status, checks = self.checks(CACHE_DIR="./data")
        self.assertEqual(status, 0)
        self.assertStatus(checks["store"][0], "ok", "can be written")
        service.stop()
        self.assertEqual(self.service(sandbox).upload(jpeg(1)).cache, "HIT")

    def test_a_sandbox_in_place_of_the_vendors_is_no_proof_of_credentials(self):
        sandbox = self.sandbox()
        status, checks = self.checks(DETECTION_SANDBOX_URL=sandbox.url, **SECRETS,
                                     SIGHTENGINE_API_USER="user", COPYLEAKS_EMAIL="me@site.example")
        self.assertEqual(status, 0)
        self.assertStatus(checks["vendors"][0], "warn", "no credentials are checked")
        self.assertFalse([name for name in checks if name.startswith("vendor ")])

    def test_what_is_not_understood_is_64(self):
        for wrong in (["frobnicate"], ["doctor", "--jason"], [], ["--jason"]):
            done = self.doctor(*wrong, command=())
            self.assertEqual((done.returncode, done.stdout), (64, ""))
            self.assertIn("--help", done.stderr)
        self.assertIn("doctor", self.doctor(command=("--help",)).stdout)
        self.assertRegex(self.doctor(command=("--version",)).stdout, r"^vcachectl \d+\.\d+\.\d+\n$")


class StartTest(CheckedTestCase):
    """The same checks as log lines of the service."""

    def test_each_vendor_has_its_line_and_the_service_serves_all_the_same(self):
        sandbox = self.sandbox()
        sandbox.behave("credentials", vendor="copyleaks-login")
        service = self.service(sandbox, **self.vendors(sandbox))
        service.await_line(r"info .*Credentials: accepted.*vendor=sightengine")
        service.await_line(r"info .*Credentials: accepted.*vendor=openai")
        service.await_line(r"info .*Credentials: accepted.*vendor=aiornot")
        service.await_line(r"warn .*Credentials: not checked.*vendor=sapling")
        service.await_line(r"error.*Credentials: refused.*vendor=copyleaks.*COPYLEAKS_API_KEY")
        self.assertEqual(sandbox.calls()["total"], 0)
        self.assertEqual(service.request("GET", "/api/health").status, 200)
        self.assertEqual(service.stop(), 0)
        for secret in SECRETS.values():
            self.assertNotIn(secret, service.output)

    def test_the_first_answer_does_not_wait_for_vendors_and_a_stop_not_for_long(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, says nothing
            begun = time.monotonic()
            service = self.service(
                SIGHTENGINE_API_USER="user",
                SIGHTENGINE_API_SECRET=SECRETS["SIGHTENGINE_API_SECRET"],
                SIGHTENGINE_BASE_URL=f"http://127.0.0.1:{silent.getsockname()[1]}")
            self.assertEqual(service.request("GET", "/api/health").status, 200)
            self.assertLess(time.monotonic() - begun, 4, "the check takes 5 s")
            self.assertNotIn("Credentials:", service.output)
            begun = time.monotonic()
            self.assertEqual(service.stop(), 0)
            self.assertLess(time.monotonic() - begun, 10)
            service.await_line(r"warn .*Credentials: not known.*vendor=sightengine")

    def test_it_can_be_turned_off_and_a_sandbox_is_not_asked(self):
        sandbox = self.sandbox()
        for quiet in ({**self.vendors(sandbox), "CHECK_CREDENTIALS": "0"},
                      {"DETECTION_SANDBOX_URL": sandbox.url}):
            service = self.service(**quiet)
            self.assertEqual(service.request("GET", "/api/health").status, 200)
            self.assertEqual(service.stop(), 0)
            self.assertNotIn("Credentials:", service.output)
