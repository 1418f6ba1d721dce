"""Long work: `Prefer: respond-async`, the job's state, and its server-sent events."""

import hashlib
import http.client
import json
import signal
import threading
import time

from harness import PATIENCE, ServiceTest, form, jpeg
from redis_server import RedisTestCase
from specification import specification

ASYNC = {"Prefer": "respond-async"}


def begin(service, content):
    body, content_type = form(content)
    return service.request("POST", "/api/analysis/file", body,
                           {"Content-Type": content_type, **ASYNC})


def told(data):
    """What is wrong with the data of an event, or None."""
    return specification().schemas.check({"$ref": "#/components/schemas/JobAnswer"})(data)


class Events:
    """Reads the events of a job one by one."""

    def __init__(self, service, path, last=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE)
        self.connection.request("GET", path, headers={"Last-Event-ID": last} if last else {})
        self.response = self.connection.getresponse()

    def __iter__(self):
        try:
            yield from self._read()
        finally:
            self.close()

    def _read(self):
        event = {}
        while line := self.response.readline():
            line = line.decode().rstrip("\n")
            if not line and "data" in event:
                if wrong := told(event["data"]):
                    raise AssertionError(f"not as docs/openapi.json says: data{wrong}")
                yield event
                event = {}
            name, _, value = line.partition(": ")
            if name in ("id", "event", "data"):
                event[name] = json.loads(value) if name == "data" else value

    def close(self):
        self.response.close()
        self.connection.close()


class Jobs:
    """What all of these tests need of a service."""

    def await_state(self, service, path, *states):
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = service.request("GET", path)
            if answer.status == 200 and answer.json["job"]["state"] in states:
                return answer.json
            self.assertLess(time.monotonic(), deadline, answer.body)
            time.sleep(0.05)

    def check_done(self, seen, content):
        self.assertEqual(seen["job"]["state"], "done")
        self.assertTrue(seen["success"])
        self.assertEqual(seen["analysis"]["sha256"], hashlib.sha256(content).hexdigest())
        self.assertIsNotNone(seen["analysis"]["aiScore"])


class JobsTest(Jobs, ServiceTest):
    def setUp(self):
        super().setUp()
        self.vendor = self.sandbox()
        self.service_ = self.service(self.vendor)

    def test_from_202_by_events_to_the_verdict(self):
        self.vendor.behave("ok", latencyMs=1500)
        content = jpeg("slow", 2_000_000)
        accepted = begin(self.service_, content)
        self.assertEqual(accepted.status, 202)
        path = accepted.headers["location"]
        self.assertEqual(path, f"/api/jobs/analysis-{hashlib.sha256(content).hexdigest()}")
        self.assertEqual(accepted.headers["preference-applied"], "respond-async")
        events = Events(self.service_, path + "/events")
        self.assertEqual(events.response.status, 200)
        self.assertEqual(events.response.getheader("Content-Type"), "text/event-stream")
        seen = list(events)
        stages = [event["data"]["job"]["stage"] for event in seen[:-1]]
        self.assertTrue(set(stages) <= {"not_known", "sending", "vendor_working"}, stages)
        self.assertIn("vendor_working", stages)
        self.assertEqual(seen[-1]["event"], "done")
        self.check_done(seen[-1]["data"], content)
        self.assertEqual(self.vendor.charged, 1)
        self.check_done(self.service_.request("GET", path).json, content)
        # Known content is answered at once, and a client that has the last event does not come again.
        known = begin(self.service_, content)
        self.assertEqual((known.status, known.cache), (200, "HIT"))
        again = Events(self.service_, path + "/events", seen[-1]["id"])
        self.assertEqual(again.response.status, 204)
        again.close()

    def test_resuming_tells_only_what_is_new(self):
        self.vendor.behave("ok", latencyMs=2000)
        path = begin(self.service_, jpeg("resumed")).headers["location"]
        events = Events(self.service_, path + "/events")
        for first in events:
            if first["data"]["job"]["stage"] == "vendor_working":
                break
        events.close()
        resumed = list(Events(self.service_, path + "/events", first["id"]))
        self.assertEqual([event["event"] for event in resumed], ["done"])

    def test_a_second_uploader_joins_and_a_closed_page_loses_nothing(self):
        self.vendor.behave("ok", latencyMs=1500)
        content = jpeg("joined")
        first = begin(self.service_, content)
        second = begin(self.service_, content)
        self.assertEqual((first.status, second.status), (202, 202))
        self.assertEqual(first.headers["location"], second.headers["location"])
        page = Events(self.service_, first.headers["location"] + "/events")
        next(iter(page))
        page.close()
        seen = self.await_state(self.service_, first.headers["location"], "done")
        self.check_done(seen, content)
        self.assertEqual(self.vendor.charged, 1)

    def test_who_uploads_without_the_preference_shares_the_call(self):
        self.vendor.behave("ok", latencyMs=1000)
        content = jpeg("mixed")
        self.assertEqual(begin(self.service_, content).status, 202)
        answer = self.service_.upload(content)
        self.assertEqual((answer.status, answer.cache), (200, "COALESCED"))
        self.assertEqual(self.vendor.charged, 1)

    def test_a_failure_is_told_as_a_problem_and_the_next_upload_begins_anew(self):
        self.vendor.behave("error500", latencyMs=300)
        service = self.service(self.vendor, DETECTION_RETRIES="0", FAILURE_PAUSE="0")
        content = jpeg("fails")
        path = begin(service, content).headers["location"]
        failed = self.await_state(service, path, "failed")
        self.assertFalse(failed["success"])
        self.assertTrue(failed["problem"]["code"].startswith("vendor_"), failed)
        events = list(Events(service, path + "/events"))
        self.assertEqual([event["event"] for event in events], ["failed"])
        self.vendor.behave("ok")
        self.assertIn(begin(service, content).status, (200, 202))
        self.check_done(self.await_state(service, path, "done"), content)

    def test_texts_and_unknown_jobs(self):
        self.vendor.behave("ok", latencyMs=300)
        text = "A text that nobody has sent before, long enough to be judged by a vendor."
        answer = self.service_.request("POST", "/api/analysis/text", text.encode(),
                                       {"Content-Type": "text/plain", **ASYNC})
        self.assertEqual(answer.status, 202)
        self.await_state(self.service_, answer.headers["location"], "done")
        for path in ("analysis-" + "0" * 64, "text-" + "0" * 64, "analysis-12", "nothing"):
            self.assertProblem(self.service_.request("GET", f"/api/jobs/{path}"), 404, "not_found")

    def test_a_stop_ends_the_stream_properly_and_the_verdict_is_there_after_a_restart(self):
        self.vendor.behave("ok", latencyMs=1500)
        content = jpeg("restarted")
        path = begin(self.service_, content).headers["location"]
        events = Events(self.service_, path + "/events")
        seen = []
        reader = threading.Thread(target=lambda: seen.extend(events))  # fails on a cut chunk
        reader.start()
        time.sleep(0.3)
        self.assertEqual(self.service_.stop(), 0)
        reader.join(PATIENCE)
        self.assertTrue(seen)
        again = self.service(self.vendor)
        self.check_done(again.request("GET", path).json, content)
        self.assertEqual(self.vendor.charged, 1)

    def test_streams_are_bounded(self):
        self.vendor.behave("ok", latencyMs=3000)
        service = self.service(self.vendor, MAX_EVENT_STREAMS="1")
        path = begin(service, jpeg("bounded")).headers["location"]
        first = Events(service, path + "/events")
        reading = iter(first)  # closes the stream when it is let go of
        next(reading)
        self.assertProblem(service.request("GET", path + "/events"), 503, "overloaded")
        first.close()
        deadline = time.monotonic() + PATIENCE
        while (second := Events(service, path + "/events")).response.status != 200:
            second.close()
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        second.close()

    def test_access_is_that_of_analyses(self):
        service = self.service(self.vendor, API_KEYS="site:a-key-that-is-long-enough")
        answer = service.request("GET", "/api/jobs/analysis-" + "0" * 64)
        self.assertProblem(answer, 401, "unauthenticated")


class JobsOfReplicasTest(Jobs, RedisTestCase):
    def setUp(self):
        super().setUp()
        self.redis.start()
        self.vendor = self.sandbox()
        self.first, self.second = self.connected_replicas(self.vendor, 2)

    def test_another_replica_tells_how_far_it_is(self):
        self.vendor.behave("ok", latencyMs=6000)
        content = jpeg("elsewhere")
        path = begin(self.first, content).headers["location"]
        self.await_state(self.second, path, "running")
        seen = list(Events(self.second, path + "/events"))
        self.assertEqual(seen[0]["event"], "progress")
        self.assertEqual(seen[-1]["event"], "done")
        self.check_done(seen[-1]["data"], content)
        self.assertEqual(self.vendor.charged, 1)
        self.assertIn("job:analysis:", self.redis.cli("--raw", "KEYS", "job:*"))

    def test_an_uploader_on_another_replica_joins(self):
        self.vendor.behave("ok", latencyMs=2500)
        content = jpeg("two replicas")
        path = begin(self.first, content).headers["location"]
        self.assertEqual(begin(self.second, content).headers["location"], path)
        seen = list(Events(self.second, path + "/events"))
        self.assertIn("waiting_for_replica", [event["data"]["job"]["stage"] for event in seen])
        self.check_done(seen[-1]["data"], content)
        self.assertEqual(self.vendor.charged, 1)

    def test_a_failure_is_told_by_another_replica_too(self):
        self.vendor.behave("broken_json", latencyMs=300)
        path = begin(self.first, jpeg("fails elsewhere")).headers["location"]
        self.await_state(self.first, path, "failed")
        failed = self.await_state(self.second, path, "failed")
        self.assertTrue(failed["problem"]["code"].startswith("vendor_"), failed)

    def test_a_job_whose_owner_was_killed_is_begun_anew_by_who_sends_it_again(self):
        self.vendor.behave("ok", latencyMs=20_000)
        content = jpeg("orphan")
        path = begin(self.first, content).headers["location"]
        self.await_state(self.second, path, "running")
        self.first.stop(signal.SIGKILL)
        self.vendor.behave("ok")
        key = "job:analysis:" + hashlib.sha256(content).hexdigest()
        state = json.loads(self.redis.cli("--raw", "GET", key))
        state["atMs"] -= 61_000  # as if a minute had passed
        self.redis.cli("SET", key, json.dumps(state), "PX", "100000")
        self.redis.cli("DEL", "lease:{analysis:" + hashlib.sha256(content).hexdigest() + "}")
        self.await_state(self.second, path, "lost")
        self.assertIn(begin(self.second, content).status, (200, 202))
        self.check_done(self.await_state(self.second, path, "done"), content)
