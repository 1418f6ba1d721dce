"""How much one caller may ask for: over replicas, through a proxy, and at the admin routes."""

import concurrent.futures
import hashlib
import re
import time

from harness import ADMIN_TOKEN, ServiceTest
from redis_server import RedisTestCase

TEXTS = 3296  # so many of one stranger were once paid for in 5 s


def text(number):
    return f"A new text of a stranger that nobody has ever seen before, number {number}."


class RateLimits(ServiceTest):
    def test_a_flood_of_new_texts_is_paid_for_up_to_the_limit_only(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, RATE_LIMIT_PAID_PER_MINUTE="50")
        begun = time.monotonic()

        def flood(numbers):
            statuses = []
            with service.kept_connection() as connection:
                for number in numbers:
                    connection.request("POST", "/api/analysis/text", text(number),
                                       {"Content-Type": "text/plain"})
                    response = connection.getresponse()
                    response.read()
                    statuses.append(response.status)
                    if response.will_close:
                        connection.close()
            return statuses

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            parts = list(pool.map(flood, [range(i, TEXTS, 16) for i in range(16)]))
        statuses = [status for part in parts for status in part]
        minutes = 1 + (time.monotonic() - begun) / 60
        self.assertEqual(set(statuses), {200, 429})
        self.assertEqual(statuses.count(200), sandbox.charged)
        self.assertLessEqual(sandbox.charged, 50 * minutes)
        self.assertGreaterEqual(sandbox.charged, 49)
        # What is known is answered, and the refusal says when more is.
        known = next(i for i, status in zip(range(0, TEXTS, 16), parts[0]) if status == 200)
        self.assertEqual(service.text(text(known)).cache, "HIT")
        refused = service.text(text("the last"))
        problem = self.assertProblem(refused, 429, "rate_limited")
        self.assertEqual(refused.headers["retry-after"], str(problem["retryAfterSeconds"]))
        self.assertEqual(refused.headers["ratelimit-policy"], '"paid-minute";q=50;w=60')
        self.assertRegex(refused.headers["ratelimit"], r'^"paid-minute";r=0;t=\d+$')

    def test_clients_behind_a_proxy_are_counted_and_logged_each_for_itself(self):
        service = self.service(TRUSTED_PROXIES="127.0.0.0/8", RATE_LIMIT_LOOKUPS="2")
        path = "/api/analysis/" + hashlib.sha256(b"").hexdigest()

        def look_up(*forwarded):
            return service.request("GET", path,
                                   headers={"X-Forwarded-For": ", ".join(forwarded)}).status

        self.assertEqual([look_up("192.0.2.1") for _ in range(3)], [404, 404, 429])
        self.assertEqual(look_up("192.0.2.2"), 404)
        # What a client claims before the proxy's entry helps nothing; a /64 is one client.
        self.assertEqual(look_up("203.0.113.9", "192.0.2.1"), 429)
        self.assertEqual([look_up(f"2001:db8:1:2::{i}") for i in (1, 2, 3)], [404, 404, 429])
        service.await_line(r"Request .*status=429 .*client=192\.0\.2\.1 ")
        self.assertNotIn("client=127.0.0.1", service.output)

    def test_guesses_at_an_admin_token_are_slowed_then_refused_and_told_to_the_log(self):
        service = self.service(TRUSTED_PROXY_HOPS="1", RATE_LIMIT_FAILED_TRIES="4")

        def stats(token, client):
            begun = time.monotonic()
            answer = service.request("GET", "/api/admin/cache/stats", headers={
                "Authorization": f"Bearer {token}", "X-Forwarded-For": client})
            return answer, time.monotonic() - begun

        for number in range(4):
            answer, seconds = stats(f"a-guess-of-many-{number}", "192.0.2.66")
            self.assertEqual(answer.status, 401)
            self.assertGreaterEqual(seconds, 0.1 * 2 ** number)
        answer, _ = stats("another-guess", "192.0.2.66")
        self.assertProblem(answer, 429, "rate_limited")
        self.assertGreater(int(answer.headers["retry-after"]), 0)
        self.assertEqual(stats(ADMIN_TOKEN, "192.0.2.66")[0].status, 429)
        self.assertEqual(stats(ADMIN_TOKEN, "192.0.2.67")[0].status, 200)
        service.await_line(r"warn .*Too many wrong credentials .*client=192\.0\.2\.66")

    def test_a_key_with_a_budget_of_its_own(self):
        sandbox = self.sandbox()
        keys = ("site:u6Zt4wPa9Mk2Bq7Ds1:budget=0.02,slow:n3Rf5yHs1Gc8Jv0Xe7:rate=1/m,"
                "free:k8Wd3mTq6Vx1Lr9Zb4")
        service = self.service(sandbox, API_KEYS=keys, SAPLING_COST_USD="0.01")

        def analyse(number, key):
            return service.request("POST", "/api/analysis/text", text(number),
                                   {"Content-Type": "text/plain", "X-Api-Key": key})

        site, slow, free = (entry.split(":")[1] for entry in keys.split(","))
        self.assertEqual([analyse(i, site).status for i in range(3)], [200, 200, 429])
        self.assertGreater(int(analyse(2, site).headers["retry-after"]), 0)
        self.assertEqual(analyse(1, site).cache, "HIT")
        self.assertEqual(analyse(2, free).status, 200)
        self.assertEqual([analyse(2, slow).status for _ in range(2)], [200, 429])


class SharedRateLimits(RedisTestCase):
    def test_two_replicas_share_a_limit(self):
        self.redis.start()
        vendor = self.sandbox()
        one, two = self.connected_replicas(vendor, 2, RATE_LIMIT_PAID_PER_DAY="6")
        self.assertEqual([one.text(text(i)).status for i in range(4)], [200] * 4)
        self.assertEqual(two.text(text(4)).status, 200)
        deadline = time.monotonic() + 25

        def left(service):
            fields = service.text(text(0)).headers["ratelimit"]
            return int(re.search(r'"paid-day";r=(\d+)', fields).group(1))

        # Each hears of the other with its next exchange after a paid analysis of its own.
        while not self.redis.cli("KEYS", "rates:d*"):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        while left(two) > 1:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.2)
        self.assertEqual(two.text(text(5)).status, 200)
        self.assertProblem(two.text(text(6)), 429, "rate_limited")
        self.assertEqual(vendor.charged, 6)
        key = self.redis.cli("--raw", "KEYS", "rates:d*")
        self.assertGreater(int(self.redis.cli("TTL", key)), 86_400)
        self.assertNotIn("127.0.0.1", self.redis.cli("--raw", "HGETALL", key))
        # Without the store each goes on counting for itself.
        self.redis.kill()
        self.await_stats(two, status="disconnected")
        self.assertProblem(two.text(text(7)), 429, "rate_limited")
