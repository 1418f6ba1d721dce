"""What somebody is told of without asking: in the statistics, the metrics and the log."""

import base64
import hashlib
import hmac
import http.server
import json
import threading
import time

from harness import PATIENCE, ServiceTest, jpeg
from redis_server import RedisTestCase
from steady_load import content


SECRET = "a-secret-of-the-webhook"


class Receiver(http.server.ThreadingHTTPServer):
    """Takes what is posted, after it has failed so often."""

    def __init__(self, failures):
        super().__init__(("127.0.0.1", 0), ReceiverHandler)
        self.failures = failures
        self.posts = []  # (headers, body), also of failed attempts
        self.changed = threading.Condition()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/services/a-secret-path"

    def await_posts(self, count):
        with self.changed:
            arrived = self.changed.wait_for(lambda: len(self.posts) >= count, 2 * PATIENCE)
        assert arrived, self.posts
        return self.posts


class ReceiverHandler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        with self.server.changed:
            self.server.posts.append((self.headers, body))
            fails = len(self.server.posts) <= self.server.failures
            self.server.changed.notify_all()
        self.send_response(500 if fails else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


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
        receiver = Receiver(failures=2)
        self.addCleanup(receiver.server_close)
        self.addCleanup(receiver.shutdown)
        self.redis.start()
        service = self.on_redis(self.sandbox(), "a", ALERT_WEBHOOK_URL=receiver.url,
                                ALERT_WEBHOOK_SECRET=SECRET)
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
        posts = receiver.await_posts(3)
        self.assertEqual(len({headers["webhook-id"] for headers, _ in posts}), 1)
        for headers, body in posts:
            self.assertSigned(headers, body)
        told = json.loads(posts[2][1])
        self.assertEqual((told["type"], told["data"]["code"]), ("alert.raised", "store_away"))
        self.assertEqual(told["data"]["message"], alert["message"])
        self.assertIn(alert["message"], told["text"])
        self.assertEqual(told["content"], told["text"])
        self.assertTrue(told["instance"].endswith(f":{service.port}"))
        self.redis.start()
        self.await_stats(service, status="connected", state="WARMING")  # at once
        self.await_codes(service)
        self.assertFalse(self.is_active(service, "store_away"))
        headers, body = receiver.await_posts(4)[3]
        self.assertSigned(headers, body)
        over = json.loads(body)
        self.assertEqual((over["type"], over["data"]["code"]), ("alert.resolved", "store_away"))
        self.assertNotEqual(headers["webhook-id"], posts[0][0]["webhook-id"])
        self.assertEqual(service.output.count("Alert raised"), 1)
        self.assertEqual(service.output.count("Alert is over"), 1)
        self.assertEqual(len(receiver.posts), 4)
        for secret in (SECRET, "a-secret-path"):
            self.assertNotIn(secret, service.output)

    def assertSigned(self, headers, body):
        self.assertLess(abs(int(headers["webhook-timestamp"]) - time.time()), PATIENCE)
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        mac = hmac.digest(SECRET.encode(), signed, hashlib.sha256)
        self.assertEqual(headers["webhook-signature"], "v1," + base64.b64encode(mac).decode())


class Vendors(ServiceTest):
    def await_alert(self, service, code):
        deadline = time.monotonic() + PATIENCE
        while not (found := [alert for alert in service.stats()["alerts"] if alert["code"] == code]):
            self.assertLess(time.monotonic(), deadline, service.stats())
            time.sleep(0.2)
        return found[0]

    def test_a_vendor_that_fails_again_and_again(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, DETECTION_RETRIES="0")
        sandbox.behave("error500")
        for number in range(6):
            service.upload(jpeg(f"away {number}", 2_000))
        self.assertEqual(self.await_alert(service, "vendor_away")["subject"], "sightengine")
        self.assertEqual(self.await_alert(service, "unknown_charges")["severity"], "warning")
        self.assertEqual(service.stats()["state"], "DEGRADED")

    def test_a_vendor_that_refuses_its_credentials(self):
        sandbox = self.sandbox()
        sandbox.behave("credentials", vendor="copyleaks-login")
        service = self.service(COPYLEAKS_EMAIL="me@site.example", COPYLEAKS_API_KEY="wrong",
                               COPYLEAKS_BASE_URL=sandbox.url + "/copyleaks",
                               COPYLEAKS_LOGIN_URL=sandbox.url + "/copyleaks")
        alert = self.await_alert(service, "credentials_refused")
        self.assertEqual((alert["subject"], alert["severity"]), ("copyleaks", "critical"))
        self.assertIn("COPYLEAKS_API_KEY", alert["message"])


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
