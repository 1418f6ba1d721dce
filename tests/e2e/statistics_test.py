"""The statistics of two replicas over a restart, a kill and an outage, against the test's own count."""

import collections
import signal
import time

from harness import PATIENCE, jpeg
from redis_server import RedisTestCase

# In millionths of a dollar. Odd on purpose: a cent that is lost shows.
PRICES = {"sightengine": 12_345, "sapling": 777, "aiornot": 3_001}
VENDORS = {"analysis": ("sightengine", "aiornot"), "text": ("sapling", "aiornot")}
FLUSH = 10  # seconds


def text_of(name):
    """Long enough for both vendors, and within what the first thousand characters cost."""
    return f"A text for the statistics that is long enough to be judged, by the name of {name}. " * 7


def micros(dollars):
    return round(dollars * 1_000_000)


class Statistics(RedisTestCase):
    def setUp(self):
        super().setUp()
        self.redis.start()
        self.vendor = self.sandbox()
        self.environment = {
            "AIORNOT_API_KEY": "aiornot-secret", "AIORNOT_BASE_URL": self.vendor.url + "/aiornot",
            "DETECTION_RETRIES": "0",
            **{f"{name.upper()}_COST_USD": f"{price / 1e6:.6f}" for name, price in PRICES.items()}}
        self.counted = collections.Counter()
        self.begun = time.strftime("%Y-%m-%dT%H", time.gmtime())

    def start(self, name):
        service = self.on_redis(self.vendor, name, REDIS_TIMEOUT_MS="5000", **self.environment)
        self.await_stats(service, status="connected")
        return service

    def ask(self, service, kind, name, expected):
        """Has something analysed, and counts it as the service should."""
        answer = (service.upload(jpeg(name)) if kind == "analysis" else
                  service.text(text_of(name)))
        self.assertEqual((answer.status, answer.cache), (200, expected), answer.body[:300])
        self.counted["hits" if expected == "HIT" else "misses", kind] += 1
        if expected == "HIT":
            self.counted["hits by", kind, answer.json["cache"]["tier"]] += 1
        for vendor in VENDORS[kind]:
            if expected == "HIT":
                self.counted["saved", kind] += PRICES[vendor]
                continue
            for counter, amount in (("paidCalls", 1), ("spent", PRICES[vendor])):
                self.counted[counter, kind] += amount
                self.counted[counter, kind, vendor] += amount

    def fail(self, service, name):
        """A text for which no vendor has an answer; nobody charges for that."""
        self.vendor.behave("rate_limit")
        self.assertEqual(service.text(text_of(name)).status, 503)
        self.vendor.behave("ok")
        self.counted["misses", "text"] += 1
        self.counted["errors", "text"] += 1
        for vendor in VENDORS["text"]:
            self.counted["failures", "text", vendor] += 1

    def counts_of(self, cache, kind):
        """What the statistics tell of a kind in `byKind`, `series` or `total`, as `counted` has it."""
        found = collections.Counter()
        for name in ("hits", "misses", "errors", "paidCalls"):
            found[name, kind] = int(cache[name])
        for tier, hits in cache["hitsByTier"].items():
            found["hits by", kind, tier] = hits
        for name in ("spent", "saved"):
            found[name, kind] = micros(cache[name])
        for vendor, its in cache.get("byVendor", {}).items():
            found["paidCalls", kind, vendor] = its["paidCalls"]
            found["failures", kind, vendor] = its["failures"]
            found["spent", kind, vendor] = micros(its["spent"])
        return +found  # without zeros

    def check(self, service):
        stats = service.stats()
        for kind in VENDORS:
            mine = +collections.Counter({key: count for key, count in self.counted.items()
                                         if key[1] == kind})
            whole = dict(stats["byKind"][kind])
            whole["byVendor"] = {vendor: its["byKind"][kind]
                                 for vendor, its in stats["byVendor"].items()}
            self.assertEqual(self.counts_of(whole, kind), mine, kind)
            for by, begin in (("hour", self.begun), ("day", self.begun[:10]),
                              ("month", self.begun[:10])):
                told = service.admin("GET", "/api/admin/cache/stats"
                                     f"?by={by}&from={begin}&kind={kind}").json["cache"]
                self.assertEqual(self.counts_of(told["total"], kind), mine, (by, kind))
                summed = sum((self.counts_of(each, kind) for each in told["series"]),
                             collections.Counter())
                self.assertEqual(summed, mine, (by, kind))

    def await_flushed(self, service):
        """Until another replica's hits have come to Redis."""
        hits = sum(count for key, count in self.counted.items() if key[0] == "hits")
        self.await_stats(service, patience=PATIENCE + FLUSH, hits=str(hits))

    def test_every_figure_is_the_tests_own_count(self):
        one, two = self.start("one"), self.start("two")
        for kind in VENDORS:
            for i in range(7):
                first, second = (one, two) if i % 2 else (two, one)
                self.ask(first, kind, f"photo {i}", "MISS")
                for _ in range(i):
                    self.ask(second, kind, f"photo {i}", "HIT")
        self.await_flushed(one)
        self.await_flushed(two)
        self.check(one)

        one.stop(signal.SIGTERM)  # what it counted last is flushed
        one = self.start("one")
        self.await_flushed(two)
        self.check(two)
        two.stop(signal.SIGKILL)  # what it counted is in Redis by now
        two = self.start("two")
        self.check(two)

        self.redis.kill()
        self.await_stats(one, status="disconnected")
        self.ask(one, "analysis", "in the outage", "MISS")
        self.ask(one, "text", "in the outage", "MISS")
        self.ask(one, "text", "in the outage", "HIT")
        told = one.admin("GET", "/api/admin/cache/stats?by=hour")
        self.assertProblem(told, 503, "store_unavailable")
        self.redis.start()
        for service in (one, two):
            self.await_stats(service, status="connected")
        self.await_stats(one, pendingWrites=0)
        self.fail(two, "afterwards")
        self.await_flushed(two)
        self.check(two)
        one.stop(signal.SIGTERM)
        self.check(two)
        told = two.admin("GET", "/api/admin/cache/stats?vendor=aiornot").json["cache"]["total"]
        self.assertEqual(micros(told["spent"]),
                         sum(count for key, count in self.counted.items()
                             if key[0] == "spent" and key[-1] == "aiornot"))

        totals = two.stats()
        one = self.start("one")
        ended = two.admin("POST", "/api/admin/cache/counters/reset", {}).json["ended"]
        self.assertEqual(ended["since"], totals["since"])
        self.assertEqual((ended["hits"], micros(ended["spent"])),
                         (int(totals["hits"]), micros(totals["cost"]["spent"])))
        after = one.stats()
        self.assertEqual((after["hits"], after["misses"], after["byVendor"]), ("0", "0", {}))
        self.assertGreater(after["since"], totals["since"])
        self.assertEqual(after["cost"]["today"], totals["cost"]["today"])
