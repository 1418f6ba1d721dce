"""What a request may ask of the cache, digests that are checked, and bodies that are never asked for."""

import base64
import hashlib
import socket
import unittest

from harness import PATIENCE, ServiceTest, at_once, form, jpeg
from redis_server import RedisTestCase

SITE_KEY = "u6Zt4wPa9Mk2Bq7Ds1"


def digest_of(body):
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


class Sending:
    def send(self, service, content, control="", **headers):
        body, kind = form(content)
        return service.request("POST", "/api/analysis/file", body, {
            "Content-Type": kind, "X-Api-Key": SITE_KEY, "Cache-Control": control, **headers})


class CacheControl(Sending, ServiceTest):
    def test_new_verdicts_no_trace_and_no_money(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, API_KEYS=f"site:{SITE_KEY}")
        picture = jpeg(1)
        self.assertProblem(self.send(service, picture, "only-if-cached"), 504, "only_if_cached")
        self.assertEqual(self.send(service, picture, "no-store").cache, "BYPASS")
        self.assertProblem(self.send(service, picture, "only-if-cached"), 504, "only_if_cached")
        self.assertEqual(sandbox.charged, 1)
        self.assertEqual(self.send(service, picture).cache, "MISS")
        anew = self.send(service, picture, "no-cache")
        self.assertEqual(anew.cache, "MISS")
        self.assertIn("fwd=request", anew.headers["cache-status"])
        self.assertEqual(self.send(service, picture, "only-if-cached").cache, "HIT")
        self.assertEqual(self.send(service, picture, "max-age=3600").cache, "HIT")
        self.assertEqual(sandbox.charged, 3)
        sandbox.behave("error500")
        self.assertGreaterEqual(self.send(service, picture, "no-cache").status, 500)
        self.assertEqual(self.send(service, picture).cache, "HIT")

    def test_while_the_service_is_open_nobody_spends_with_it(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)
        for control in ("", "no-cache", "no-store", "max-age=0"):
            self.assertEqual(self.send(service, jpeg(2), control).status, 200)
        self.assertEqual(sandbox.charged, 1)


class Replicas(Sending, RedisTestCase):
    def test_new_verdicts_on_two_replicas_at_once_are_one_call(self):
        self.redis.start()
        sandbox = self.sandbox()
        replicas = self.connected_replicas(sandbox, 2, API_KEYS=f"site:{SITE_KEY}")
        sandbox.behave(latencyMs=1500)
        unknown = jpeg(3)
        controls = ("no-cache", "")  # of one replica, of the other
        answers = at_once(8, lambda i: self.send(replicas[i % 2], unknown, controls[i % 2]))
        self.assertEqual({answer.status for answer in answers}, {200})
        self.assertEqual(sandbox.charged, 1)
        answers = at_once(8, lambda i: self.send(replicas[i % 2], unknown, "no-cache"))
        self.assertEqual({answer.status for answer in answers}, {200})
        self.assertEqual(sandbox.charged, 2)


class Digests(Sending, ServiceTest):
    def test_a_body_that_is_not_the_one_stated_is_refused_before_anything_is_paid(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)
        body, kind = form(jpeg(4))

        def send(digest):
            return service.request("POST", "/api/analysis/file", body,
                                   {"Content-Type": kind, "Content-Digest": digest})
        self.assertProblem(send(digest_of(b"other")), 400, "digest_mismatch")
        self.assertProblem(send("sha-256=abc"), 400, "bad_request")
        self.assertEqual(sandbox.charged, 0)
        self.assertEqual(send(digest_of(body)).cache, "MISS")
        self.assertEqual(send("crc32=:AAAAAA==:").cache, "HIT")


class Expectations(RedisTestCase):
    def head(self, content, *fields):
        return ("POST /api/analysis/file HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n"
                f"Content-Length: {len(content)}\r\nExpect: 100-continue\r\nConnection: close\r\n"
                + "".join(f"{field}\r\n" for field in fields) + "\r\n").encode()

    def exchange(self, service, content, *fields):
        """The answer, and whether the body was asked for."""
        with socket.create_connection(("127.0.0.1", service.port), PATIENCE) as connection:
            connection.sendall(self.head(content, *fields))
            received = connection.recv(65536)
            asked = received.startswith(b"HTTP/1.1 100 ")
            if asked:
                connection.sendall(content)
                received = received.partition(b"\r\n\r\n")[2]
            while piece := connection.recv(65536):
                received += piece
            return received.decode(), asked

    def test_the_body_of_a_known_content_is_not_asked_for(self):
        self.redis.start()
        sandbox = self.sandbox()
        service, other = self.connected_replicas(sandbox, 2, API_KEYS=f"site:{SITE_KEY}")
        picture = jpeg(5, 300_000)
        fields = (f"Repr-Digest: {digest_of(picture)}", f"X-Api-Key: {SITE_KEY}")
        answer, asked = self.exchange(service, picture, *fields)
        self.assertTrue(asked)
        self.assertIn("X-Cache: MISS", answer)
        for replica in (service, other):  # from memory, from Redis
            answer, asked = self.exchange(replica, picture, *fields)
            self.assertFalse(asked)
            self.assertRegex(answer, r"^HTTP/1.1 200 ")
            self.assertIn("X-Cache: HIT", answer)
            self.assertIn("Connection: close", answer)
        # A digest reads and never writes: the body is another one.
        answer, asked = self.exchange(service, jpeg(6), f"Repr-Digest: {digest_of(jpeg(7))}",
                                      f"X-Api-Key: {SITE_KEY}")
        self.assertTrue(asked)
        self.assertIn("digest_mismatch", answer)
        # Nobody without a key learns what is known.
        answer, asked = self.exchange(service, picture, fields[0])
        self.assertFalse(asked)
        self.assertRegex(answer, r"^HTTP/1.1 401 ")
        answer, asked = self.exchange(service, picture, *fields, "Cache-Control: no-cache")
        self.assertTrue(asked)
        self.assertIn("X-Cache: MISS", answer)
        self.assertEqual(sandbox.charged, 2)


if __name__ == "__main__":
    unittest.main()
