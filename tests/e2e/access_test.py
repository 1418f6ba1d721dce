"""Who may use the service: keys, signed tokens, other sites' pages, and a start without any access."""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import time

from harness import ADMIN_TOKEN, BUILD, PATIENCE, ServiceTest, jpeg

JWT_SECRET = "kJ7vQ2mXw9dR4tYb6nHc3sLf8gZp5aEu"
SITE_KEY = "u6Zt4wPa9Mk2Bq7Ds1"
READER = "n3Rf5yHs1Gc8Jv0Xe7"
TEXT = b"Fifty characters or more of any text that somebody wants to have judged."


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwt(claims, secret=JWT_SECRET, header=None):
    parts = [header or {"alg": "HS256", "typ": "JWT"}, {"exp": int(time.time()) + 60, **claims}]
    text = ".".join(base64url(json.dumps(part).encode()) for part in parts)
    mac = hmac.digest(secret.encode(), text.encode(), hashlib.sha256)
    return f"{text}.{base64url(mac)}"


class AccessTest(ServiceTest):
    def analyse(self, service, **headers):
        return service.request("POST", "/api/analysis/text", TEXT,
                               {"Content-Type": "text/plain", **headers})

    def run_to_end(self, *arguments, **environment):
        clean = {key: value for key, value in os.environ.items()
                 if key in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")}
        return subprocess.run([str(BUILD / "verdictcache"), *arguments], cwd=self.directory,
                              env={**clean, "PORT": "0", "CACHE_DIR": "", **environment},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE)


class Callers(AccessTest):
    def test_each_kind_of_credentials_is_taken_and_named_in_the_log(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, JWT_SECRET=JWT_SECRET, API_KEYS=f"site:{SITE_KEY}",
                               ADMIN_TOKENS=f"support:{READER}:read")
        self.assertEqual(self.analyse(service).status, 401)
        self.assertEqual(service.upload(jpeg(1)).status, 401)
        self.assertEqual(sandbox.charged, 0)
        self.assertEqual(self.analyse(service, **{"X-Api-Key": SITE_KEY}).cache, "MISS")
        for token in (SITE_KEY, jwt({"sub": "u1"}), ADMIN_TOKEN):
            answer = self.analyse(service, Authorization=f"Bearer {token}")
            self.assertEqual((answer.status, answer.cache), (200, "HIT"))
        self.assertEqual(self.analyse(service, Authorization=f"Bearer {READER}").status, 403)
        for caller in ("key:site", "user:u1", "admin:ADMIN_TOKEN", "admin:support"):
            service.await_line(f"Request .* caller={caller}( |$)")
        self.assertEqual(sandbox.charged, 1)
        for secret in (SITE_KEY, READER, ADMIN_TOKEN, JWT_SECRET, jwt({"sub": "u1"})[:40]):
            self.assertNotIn(secret, service.output)

    def test_administrators_by_role_and_by_token_and_readers_who_clear_nothing(self):
        service = self.service(JWT_SECRET=JWT_SECRET, ADMIN_USER_IDS="42",
                               ADMIN_TOKENS=f"support:{READER}:read")

        clears = [base + name for base in ("/api/admin/cache/", "/api/cache/")
                  for name in ("clear", "clear-all", "invalidate-pattern", "invalidate/text")]

        def statuses(token):
            reads = {service.admin("GET", path, token=token).status
                     for path in ("/api/admin/cache/stats", "/api/cache/stats")}
            changes = {service.admin("POST", path, {"pattern": "*"} if "pattern" in path else None,
                                     token=token).status for path in clears}
            self.assertEqual((len(reads), len(changes)), (1, 1), token)
            return [*reads, *changes]

        self.assertEqual(statuses(jwt({"sub": "u1", "role": "ADMIN"})), [200, 200])
        self.assertEqual(statuses(jwt({"userId": 42})), [200, 200])
        self.assertEqual(statuses(jwt({"sub": "u1", "role": "USER"})), [403, 403])
        self.assertEqual(statuses(READER), [200, 403])
        self.assertEqual(statuses("wrong"), [401, 401])
        service.await_line("Cache cleared .*caller=user:42")
        service.await_line("warn .*A try at the admin routes was refused .*client=127.0.0.1")

    def test_all_wrong_tokens_get_one_answer(self):
        service = self.service(JWT_SECRET=JWT_SECRET)
        answers = set()
        for token in ("x", jwt({}, secret="x" * 32), jwt({"exp": 1}), jwt({"nbf": 9e9}),
                      jwt({"exp": None}), jwt({}, header={"alg": "none"}),
                      jwt({}, header={"alg": "HS512"}), "x" * 9000):
            answer = self.analyse(service, Authorization=f"Bearer {token}")
            self.assertIn("Bearer", answer.headers["www-authenticate"])
            answers.add((answer.status, answer.json["code"], answer.json["error"]))
        self.assertEqual(answers, {(401, "unauthenticated",
                                    "The credentials are wrong or no longer valid.")})

    def test_secrets_from_files(self):
        keys = self.directory / "keys"
        keys.write_text(f"site:{SITE_KEY}\n")
        service = self.service(API_KEYS_FILE=str(keys))
        self.assertEqual(self.analyse(service).status, 401)
        self.assertEqual(self.analyse(service, **{"X-Api-Key": SITE_KEY}).status, 503)  # no vendor
        both = self.run_to_end(HOST="127.0.0.1", API_KEYS_FILE=str(keys), API_KEYS=SITE_KEY)
        self.assertEqual((both.returncode, SITE_KEY in both.stderr), (2, False))
        self.assertIn("API_KEYS and API_KEYS_FILE are both set", both.stderr)
        (self.directory / "empty").write_text(" \n")
        for path, words in (("/no/such/file", "cannot be read"), (str(self.directory), "directory"),
                            (str(self.directory / "empty"), "holds nothing")):
            refused = self.run_to_end(HOST="127.0.0.1", ADMIN_TOKEN_FILE=path)
            self.assertEqual(refused.returncode, 2)
            self.assertRegex(refused.stderr, f"ADMIN_TOKEN_FILE names a file that .*{words}|"
                                             f"ADMIN_TOKEN_FILE names a file that is a {words}")
            self.assertNotIn(path, refused.stderr)

    def test_a_public_key_that_is_none_stops_the_start(self):
        for pem in ("-----BEGIN PUBLIC KEY-----\\nAAAA\\n-----END PUBLIC KEY-----",
                    "-----BEGIN RSA PRIVATE KEY-----"):
            for arguments in ([], ["--check-config"]):
                refused = self.run_to_end(*arguments, HOST="127.0.0.1", JWT_PUBLIC_KEY=pem)
                self.assertEqual(refused.returncode, 2)
                self.assertIn("JWT_PUBLIC_KEY", refused.stderr)


class SafeByDefault(AccessTest):
    def test_a_paid_vendor_on_an_open_port_is_refused_with_the_ways_out(self):
        for arguments in ([], ["--check-config"]):
            refused = self.run_to_end(*arguments, SAPLING_API_KEY="k")
            self.assertEqual(refused.returncode, 2)
            for way in ("API_KEYS", "JWT_SECRET", "ACCESS=open"):
                self.assertIn(way, refused.stderr)
        for way in ({"ACCESS": "open"}, {"API_KEYS": SITE_KEY}, {"HOST": "127.0.0.1"},
                    {"DETECTION_SANDBOX_URL": "http://127.0.0.1:1"}):
            taken = self.run_to_end("--check-config", SAPLING_API_KEY="k", **way)
            self.assertEqual(taken.returncode, 0, taken.stderr)

    def test_the_start_warns_of_a_vendor_without_a_budget(self):
        sandbox = self.sandbox()
        words = "No budget limits what the vendors are paid"
        self.service(sandbox).await_line(f"warn .*{words}")
        careful = self.service(sandbox, DAILY_BUDGET_USD="5")
        careful.await_line("Listening")
        self.assertNotIn(words, careful.output)

    def test_a_form_on_another_site_spends_nothing(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, CORS_ORIGINS="https://www.example.com")
        for fields in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"},
                       {"Origin": "null"}, {"Sec-Fetch-Site": "same-site", "Origin": "http://x.y"}):
            refused = self.analyse(service, **fields)
            self.assertEqual((refused.status, refused.json["code"]), (403, "foreign_site"))
        self.assertEqual(sandbox.charged, 0)
        own = f"http://127.0.0.1:{service.port}"
        for fields in ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, {"Origin": own},
                       {"Sec-Fetch-Site": "cross-site", "Origin": "https://www.example.com"}):
            self.assertEqual(self.analyse(service, **fields).status, 200)
        # The page's own forms: under no-referrer they would come with `Origin: null`.
        self.assertEqual(service.request("GET", "/").headers["referrer-policy"], "same-origin")

    def test_a_name_that_was_rebound_to_the_service_gets_nothing(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)
        rebound = self.analyse(service, Host="evil.example:8080")
        self.assertEqual((rebound.status, rebound.json["code"]), (421, "misdirected"))
        self.assertEqual(service.request("GET", "/api/admin/cache/stats", None, {
            "Host": "evil.example", "Authorization": f"Bearer {ADMIN_TOKEN}"}).status, 421)
        for host in ("localhost", "127.0.0.1:1", "[::1]", "verdictcache:8080", "app.localhost"):
            self.assertEqual(self.analyse(service, Host=host).status, 200)
        self.assertEqual(service.request("GET", "/api/health", None, {"Host": "a.probe"}).status, 200)
        self.assertEqual(sandbox.charged, 1)

    def test_allowed_hosts_and_what_the_platform_names(self):
        service = self.service(ALLOWED_HOSTS="*.example.com",
                               RENDER_EXTERNAL_HOSTNAME="verdicts.onrender.com")
        for host, status in (("a.example.com", 503), ("verdicts.onrender.com", 503),
                             ("evil.example", 421)):
            self.assertEqual(self.analyse(service, Host=host).status, status)
        guarded = self.service(API_KEYS=SITE_KEY)  # whose name does not matter: it has no key
        self.assertEqual(self.analyse(guarded, Host="any.example", **{"X-Api-Key": SITE_KEY}).status,
                         503)
