"""What somebody is told of without asking: in the statistics, the metrics and the log."""

import time

from harness import PATIENCE, ServiceTest
from redis_server import RedisTestCase
from steady_load import content


class Alerts(RedisTestCase):
    """A Redis that goes and comes back."""

    def codes(self, service):
        return [alert["code"] for alert in service.stats()["alerts"]]

    def await_codes(self, service, *wanted):
        """An alert is raised, and is over, some seconds after its cause."""
        deadline = time.monotonic() + 2 * PATIENCE
        while (codes := self.codes(service)) != list(wanted):
            self.assertLess(time.monotonic(), deadline, codes)
            time.sleep(0.2)

    def is_active(self, service, alert):
        lines = service.admin("GET", "/metrics").body.decode().splitlines()
        (line,) = [line for line in lines
                   if line.startswith(f'verdictcache_alert_active{{alert="{alert}"}}')]
        return line.endswith(" 1")

    def test_a_redis_that_goes_and_comes_back(self):
        self.redis.start()
        service = self.on_redis(self.sandbox(), "a")
        self.await_stats(service, status="connected")
        self.assertEqual(self.codes(service), [])
        self.assertFalse(self.is_active(service, "store_away"))
        self.redis.kill()
        self.await_codes(service, "store_away")
        (alert,) = service.stats()["alerts"]
        self.assertEqual(alert["severity"], "warning")
        self.assertIn("does not serve", alert["message"])
        self.assertRegex(alert["since"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertTrue(self.is_active(service, "store_away"))
        self.assertFalse(self.is_active(service, "vendor_away"))
        self.redis.start()
        self.await_stats(service, status="connected", state="WARMING")  # at once
        self.await_codes(service)
        self.assertFalse(self.is_active(service, "store_away"))
        self.assertEqual(service.output.count("Alert raised"), 1)
        self.assertEqual(service.output.count("Alert is over"), 1)


class Money(ServiceTest):
    def test_a_budget_that_is_used_up(self):
        service = self.service(self.sandbox(), DAILY_BUDGET_USD="0.05")
        deadline = time.monotonic() + PATIENCE
        number = 0
        while [alert["code"] for alert in service.stats()["alerts"]] != ["budget_nearly_spent", "budget_spent"]:
            content("budget", number).send(service)
            number += 1
            self.assertLess(time.monotonic(), deadline, service.stats())
            time.sleep(0.2)
        stats = service.stats()
        self.assertEqual(stats["state"], "DEGRADED")
        self.assertEqual([alert["subject"] for alert in stats["alerts"]], ["all:day", "all:day"])
        self.assertEqual([reason["code"] for reason in stats["reasons"]],
                         ["budget_nearly_spent", "budget_spent"])
