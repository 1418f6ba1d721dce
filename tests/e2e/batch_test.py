"""Several contents in one request: batches of files, and look-ups of many hashes."""

import hashlib
import json
import unittest

from harness import ServiceTest, jpeg
from redis_server import RedisTestCase


def batch(files, **fields):
    """A form with these files, and its type."""
    parts = [(f'name="{name}"', value.encode()) for name, value in fields.items()]
    parts += [(f'name="files"; filename="{i}.jpg"', content) for i, content in enumerate(files)]
    body = b"".join(b"--xYzZy\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n"
                    + content + b"\r\n" for head, content in parts)
    return body + b"--xYzZy--\r\n", "multipart/form-data; boundary=xYzZy"


def send_batch(service, files, path="/api/analysis/batch", **fields):
    body, kind = batch(files, **fields)
    return service.request("POST", path, body, {"Content-Type": kind})


def look_up(service, *contents, **more):
    hashes = [hashlib.sha256(content).hexdigest() for content in contents]
    return service.request("POST", "/api/analysis/lookup", json.dumps({"hashes": hashes, **more}),
                           {"Content-Type": "application/json"})


class Batches(ServiceTest):
    def test_each_file_has_its_outcome_and_identical_ones_are_paid_once(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)
        files = [jpeg(1), b"no picture at all" * 10, jpeg(2), jpeg(1), jpeg(1), b""]
        answer = send_batch(service, files, type="image", maxAttempts="3")
        self.assertEqual(answer.status, 200, answer.body)
        results = answer.json["results"]
        self.assertEqual([result["success"] for result in results],
                         [True, False, True, True, True, False])
        self.assertEqual(results[1]["code"], "unsupported_media_type")
        self.assertEqual(results[3]["analysis"]["fileName"], "3.jpg")
        self.assertEqual((answer.json["succeeded"], answer.json["failed"]), (4, 2))
        self.assertEqual(sandbox.charged, 2)
        for name in ("0.jpg", "2.jpg"):
            service.await_line(f"Cache MISS file={name} ")
        again = send_batch(service, [jpeg(2), jpeg(1)], path="/api/upload/advanced")
        self.assertEqual([result["cache"]["status"] for result in again.json["results"]],
                         ["HIT", "HIT"])
        self.assertProblem(send_batch(service, [jpeg(3)] * 21), 400, "bad_request")
        self.assertEqual(sandbox.charged, 2)

    def test_a_vendor_that_fails_halfway_leaves_what_was_done(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, DETECTION_RETRIES="0")
        self.assertEqual(service.upload(jpeg(4)).status, 200)
        sandbox.behave("error500")
        results = send_batch(service, [jpeg(4), jpeg(5)]).json["results"]
        self.assertEqual(results[0]["cache"]["status"], "HIT")
        self.assertFalse(results[1]["success"])
        self.assertNotIn("sightengine", results[1]["error"].lower())


class ManyHashes(RedisTestCase):
    def gets(self):
        stats = self.redis.cli("INFO", "commandstats")
        return {name: int(line.split("calls=")[1].split(",")[0])
                for line in stats.splitlines() if ":" in line
                for name in [line.split(":")[0].removeprefix("cmdstat_")] if name in ("get", "mget")}

    def test_many_hashes_are_one_command(self):
        self.redis.start()
        sandbox = self.sandbox()
        service, other = self.connected_replicas(sandbox, 2)
        known = [jpeg(i) for i in range(5)]
        self.assertEqual(send_batch(service, known).json["succeeded"], 5)
        before = self.gets()
        answer = look_up(other, *known, *(jpeg(i) for i in range(100, 195)))
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.json["known"], 5)
        self.assertEqual([result["known"] for result in answer.json["results"]],
                         [True] * 5 + [False] * 95)
        after = self.gets()
        self.assertEqual(after.get("mget", 0) - before.get("mget", 0), 1)
        self.assertEqual(after.get("get", 0), before.get("get", 0))
        self.assertEqual(look_up(other, *known, kind="text").json["known"], 0)
        self.assertEqual(sandbox.charged, 5)


if __name__ == "__main__":
    unittest.main()
