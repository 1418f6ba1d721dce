"""A copy of what is kept: complete or visibly not, and never in memory as a whole."""

import json
import socket
import time

from harness import ADMIN_TOKEN, SANITIZED, ServiceTest, jpeg
from redis_server import RedisTestCase

EXPORT = "/api/admin/cache/export"
MANY = 8_000 if SANITIZED else 40_000  # entries of two kilobytes

# Entries as other software writes them, of two kilobytes each.
SEED = """
for i = 1, tonumber(ARGV[1]) do
  redis.call('SET', string.format('analysis:%064x', i),
             '{"aiScore":12,"provider":"before","text":"' .. string.rep('x', 2000) .. '"}',
             'EX', 5000 + i)
end"""


def lines_of(body):
    return [json.loads(line) for line in body.splitlines()]


class EmbeddedExportTest(ServiceTest):
    def test_one_line_for_each_entry_and_one_for_the_end(self):
        service = self.service(self.sandbox(), CACHE_DIR=str(self.directory))
        for seed in range(5):
            service.upload(jpeg(seed, 1_000))
        service.text("A text of some length, which a person or a machine may have written. " * 2)
        answer = service.admin("GET", EXPORT)
        self.assertEqual(answer.headers["content-type"], "application/x-ndjson")
        lines = lines_of(answer.body)
        self.assertEqual(lines[-1], {"end": True, "entries": 6})
        self.assertEqual(len({line["key"] for line in lines[:-1]}), 6)
        for line in lines[:-1]:
            self.assertTrue(line["key"].startswith(line["kind"] + ":"))
            self.assertGreater(line["ttlMs"], 604_000_000)
            self.assertEqual(line["value"]["cache"]["sha256"], line["key"].split(":")[1])
        texts = lines_of(service.admin("GET", EXPORT + "?match=text:*").body)
        self.assertEqual([len(texts), texts[-1]["entries"]], [2, 1])
        self.assertEqual(service.request("GET", EXPORT).status, 401)
        self.assertProblem(service.admin("GET", EXPORT + "?match=%5B"), 400, "bad_request")


class RedisExportTest(RedisTestCase):
    def setUp(self):
        super().setUp()
        self.redis.start()
        self.redis.cli("EVAL", SEED, "0", str(MANY))  # before anybody waits for Redis
        self.app = self.on_redis(self.sandbox(), "a")
        self.await_stats(self.app, status="connected")

    def begin(self):
        """A client that asks for the export and does not read it yet."""
        client = socket.create_connection(("127.0.0.1", self.app.port))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        self.addCleanup(client.close)
        client.settimeout(30)
        client.sendall(f"GET {EXPORT} HTTP/1.0\r\nHost: localhost\r\n"
                       f"Authorization: Bearer {ADMIN_TOKEN}\r\n\r\n".encode())
        return client

    def test_a_client_that_does_not_read_costs_no_memory(self):
        before = self.app.resident_kib()
        client = self.begin()
        time.sleep(1)  # nothing tells that it stands still
        with client.makefile("rb") as answer:
            text = answer.read()
        lines = text.split(b"\r\n\r\n", 1)[1].splitlines()
        self.assertEqual(json.loads(lines[-1]), {"end": True, "entries": MANY})
        self.assertEqual(len({line[:90] for line in lines[:-1]}), MANY)
        if not SANITIZED:  # sanitizers keep freed memory for their own ends
            self.assertLess(self.app.peak_kib() - before, 32 * 1024)
        self.assertEqual(self.app.upload(jpeg(1)).status, 200)

    def test_a_store_that_goes_away_leaves_a_last_line_that_says_so(self):
        client = self.begin()
        self.assertIn(b"200 OK", client.recv(1_000))
        self.redis.kill()
        with client.makefile("rb") as answer:
            last = json.loads(answer.read().splitlines()[-1])
        self.assertEqual((last["end"], last["code"]), (False, "store_unavailable"))
        self.assertLess(last["entries"], MANY)
        self.app.await_line("warn .*An export ended early")
