"""Bad input: a clear problem, nothing paid, and the connection in a known state afterwards."""

import http.client
import re
import socket

import raw_requests
from harness import ADMIN_TOKEN, PATIENCE, Answer, ServiceTest, form, jpeg

PHOTO = jpeg("bad input", 2_000)


class BadInput(ServiceTest):
    def setUp(self):
        super().setUp()
        self.box = self.sandbox()
        self.app = self.service(self.box, MAX_UPLOAD_MB="1")

    def tearDown(self):
        self.assertEqual(self.box.calls()["total"], 0)
        self.assertEqual(self.app.request("GET", "/api/health").status, 200)

    def post(self, path, body, content_type):
        return self.app.request("POST", path, body, {"Content-Type": content_type})

    def test_files(self):
        body, content_type = form(PHOTO, name="picture")
        self.assertProblem(self.post("/api/analysis/file", body, content_type), 400, "bad_request")
        once, content_type = form(PHOTO)
        twice = once.replace(b"--xYzZy--\r\n", b"") + once
        self.assertProblem(self.post("/api/analysis/file", twice, content_type), 400, "bad_request")
        self.assertProblem(self.app.upload(b""), 400, "bad_request")
        self.assertProblem(self.app.upload(b"hello, I am a text file. " * 9), 415,
                           "unsupported_media_type")
        self.assertProblem(self.post("/api/analysis/file", b"{}", "application/json"), 415,
                           "unsupported_media_type")
        self.assertProblem(self.app.upload(jpeg(0, 1_100_000)), 413, "too_large")

    def test_texts(self):
        self.assertProblem(self.app.text("x" * 49), 422, "text_too_short")
        self.assertProblem(self.app.text("x" * 5001), 422, "text_too_long")
        self.assertProblem(self.post("/api/analysis/text", b"\xff" * 60, "text/plain"), 400,
                           "invalid_utf8")
        self.assertProblem(self.post("/api/analysis/text", b'{"text": ', "application/json"), 400,
                           "bad_request")
        self.assertProblem(self.post("/api/analysis/text", PHOTO, "image/jpeg"), 415,
                           "unsupported_media_type")

    def test_what_is_not_understood_is_named_and_nothing_is_paid(self):
        def refused(answer):
            self.assertIn("no_store", self.assertProblem(answer, 400, "bad_request")["error"])

        text = "x" * 60
        plain, urlencoded = "text/plain", "application/x-www-form-urlencoded"
        for path in ("/api/analysis/text", "/api/text-analysis/analyze"):
            refused(self.post(path + "?no_store=1", text, plain))
            refused(self.post(path, '{"text":"%s","no_store":true}' % text, "application/json"))
            refused(self.post(path, f"text={text}&no_store=1", urlencoded))
            twice = self.post(path, f"text={text}&text={text}", urlencoded)
            self.assertProblem(twice, 400, "bad_request")
        refused(self.post("/api/analysis/file?no_store", PHOTO, "image/jpeg"))
        more, content_type = form(b"true", name="no_store")
        both = more.replace(b"--xYzZy--\r\n", b"") + form(PHOTO)[0]
        refused(self.post("/api/analysis/file", both, content_type))

    def test_a_switch_that_the_sandbox_does_not_know_is_refused(self):
        for switches in ({"latency_ms": 5}, {"vendor": 5}):
            with self.assertRaisesRegex(AssertionError, next(iter(switches))):
                self.box.behave("ok", **switches)

    def test_paths_methods_and_keys(self):
        self.assertProblem(self.app.request("GET", "/api/nothing"), 404, "not_found")
        self.assertProblem(self.app.request("POST", "/api/nothing", b"x" * 1000), 404, "not_found")
        wrong = self.app.request("DELETE", "/api/analysis/file")
        self.assertProblem(wrong, 405, "method_not_allowed")
        self.assertIn("POST", wrong.headers["allow"])
        self.assertProblem(self.app.request("GET", "/api/admin/cache/stats"), 401,
                           "unauthenticated")
        self.assertProblem(self.app.admin("POST", "/api/admin/cache/clear", token="not the token"),
                           401, "unauthenticated")
        self.assertProblem(self.app.request("GET", "/api/analysis/xyz"), 400, "bad_request")

    def test_too_large_by_its_length_is_refused_before_the_body_is_sent(self):
        received = self.app.raw(
            b"POST /api/analysis/file HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n"
            b"Content-Length: 99999999\r\nExpect: 100-continue\r\n\r\n")
        self.assertTrue(received.startswith(b"HTTP/1.1 413 "), received)
        self.assertIn(b'"too_large"', received)
        self.assertNotIn(b"100 Continue", received)
        self.assertIn(b"connection: close", received.lower())

    def test_a_refusal_reaches_a_client_that_sends_on(self):
        """Closing at once would reset the connection and lose the answer (rule H6)."""
        with socket.create_connection(("127.0.0.1", self.app.port), PATIENCE) as connection:
            connection.sendall(b"POST /api/analysis/file HTTP/1.1\r\nHost: x\r\n"
                               b"Content-Type: application/json\r\nContent-Length: 900000\r\n\r\n")
            connection.sendall(b"x" * 900_000)
            received = b""
            while piece := connection.recv(65536):
                received += piece
        self.assertTrue(received.startswith(b"HTTP/1.1 415 "), received)

    def test_the_connection_lives_on_after_a_refusal_that_read_the_body(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.app.port, timeout=PATIENCE)
        for _ in range(3):
            connection.request("POST", "/api/analysis/text", b"short",
                               {"Content-Type": "text/plain"})
            answer = connection.getresponse()
            self.assertEqual(answer.status, 422)
            answer.read()
        port = connection.sock.getsockname()[1]
        connection.request("GET", "/api/health")
        self.assertEqual(connection.getresponse().status, 200)
        self.assertEqual(connection.sock.getsockname()[1], port)
        connection.close()

    def assertAnswers(self, requests):
        """The service gives these answers and no more, and closes."""
        for request in requests:
            with self.subTest(request.name):
                received = self.app.raw(request.data)
                statuses = re.findall(rb"HTTP/1\.1 (\d{3}) ", received)
                self.assertEqual(tuple(map(int, statuses)), request.answers, received)

    def test_raw_attacks_are_refused_and_closed(self):
        self.assertAnswers(raw_requests.attacks())

    def test_unusual_requests_are_answered_in_step(self):
        self.assertAnswers(raw_requests.unusual())

    def test_the_rest_of_an_aborted_upload_is_never_a_request(self):
        """What lies in the body of a refused upload must not be executed (rule H5)."""
        inner = b"GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n"
        received = self.app.raw(
            b"POST /api/analysis/file HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % (len(inner) + 100_000) + inner + b"x" * 100_000)
        self.assertTrue(received.startswith(b"HTTP/1.1 415 "), received[:200])
        self.assertEqual(received.count(b"HTTP/1.1 "), 1, received)

    def test_an_unknown_expectation_is_ignored(self):
        """It is never answered with 417, which the library would follow by running the route (rule H7)."""
        body = b"short"
        received = self.app.raw(
            b"POST /api/analysis/text HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nExpect: tea\r\n"
            b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        self.assertTrue(received.startswith(b"HTTP/1.1 422 "), received[:200])
        self.assertEqual(received.count(b"HTTP/1.1 "), 1, received)

    def test_pages_can_read_refusals_and_send_what_tracing_adds(self):
        """A browser shows its page a CORS error wherever these fields are missing (rule S8)."""
        origin = {"Origin": "https://site.example"}
        app = self.service(self.box, CACHE_DIR="", CORS_ORIGINS=origin["Origin"],
                           MAX_HEADER_BYTES="5000", MAX_HEADER_FIELDS="16", MAX_TARGET_BYTES="300")
        preflight = app.request("OPTIONS", "/api/analysis/file", headers={
            **origin, "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "baggage,content-type,sentry-trace,traceparent"})
        self.assertEqual(preflight.status, 204)
        allowed = preflight.headers["access-control-allow-headers"].lower().split(", ")
        self.assertLessEqual({"baggage", "content-type", "sentry-trace", "traceparent"},
                             set(allowed))
        refusals = [app.request("GET", "/" + "p" * 300, headers=origin),
                    app.request("GET", "/", headers={**origin, "X": "x" * 5_000}),
                    app.request("GET", "/", headers={**origin, **{f"X-{i}": "" for i in range(16)}}),
                    app.request("POST", "/", headers={**origin, "Transfer-Encoding": "gzip"})]
        for answer, status, code in zip(refusals, (431, 431, 431, 501),
                                        ("head_too_large",) * 3 + ("not_implemented",)):
            self.assertProblem(answer, status, code)
            self.assertEqual(answer.headers["access-control-allow-origin"], origin["Origin"])
            self.assertEqual(answer.headers["x-content-type-options"], "nosniff")
        self.assertIn("5000 bytes", refusals[1].json["error"])

        own = self.service(self.box, CACHE_DIR="", CORS_ORIGINS=origin["Origin"], CORS_HEADERS="X-Own")
        preflight = own.request("OPTIONS", "/api/analysis/file", headers={
            **origin, "Access-Control-Request-Method": "POST"})
        self.assertEqual(preflight.headers["access-control-allow-headers"],
                         "Authorization, Cache-Control, Content-Digest, Content-Type, "
                         "Last-Event-ID, Prefer, Repr-Digest, X-Api-Key, X-Request-Id, X-Own")
        self.assertNotIn("access-control-allow-credentials", preflight.headers)
        cookies = self.service(self.box, CACHE_DIR="", CORS_ORIGINS=origin["Origin"],
                               CORS_CREDENTIALS="1")
        self.assertEqual(cookies.request("GET", "/", headers=origin)
                         .headers["access-control-allow-credentials"], "true")

    def test_a_name_or_token_as_clients_write_it_and_no_field_twice(self):
        self.assertProblem(self.post("/api/analysis/text", b"text=" + b"x" * 60 + b"&text=" + b"y" * 60,
                                     "application/x-www-form-urlencoded"), 400, "bad_request")
        lone = self.post("/api/analysis/text", b'{"text": "\\ud83d' + b"x" * 60 + b'"}',
                         "application/json")
        self.assertIn("surrogate", self.assertProblem(lone, 400, "bad_request")["error"])
        stats = self.app.request("GET", "/api/admin/cache/stats",
                                 headers={"Authorization": f"bearer   {ADMIN_TOKEN}"})
        self.assertEqual(stats.status, 200)

    def test_who_is_turned_away_gets_the_header_fields_that_everybody_gets(self):
        """The 503 of the full gate is made by the function that makes all answers (rule H23)."""
        small = self.service(self.box, CACHE_DIR="", MAX_CONNECTIONS_PER_ADDRESS="1",
                             CORS_ORIGINS="https://site.example")
        one = http.client.HTTPConnection("127.0.0.1", small.port, timeout=PATIENCE)
        self.addCleanup(one.close)
        one.request("GET", "/api/nothing")
        ordinary = Answer(one.getresponse())
        refused = small.request("GET", "/api/nothing")
        self.assertProblem(refused, 503, "overloaded")
        self.assertEqual(refused.headers["retry-after"], "1")
        self.assertEqual(refused.headers["connection"], "close")
        self.assertEqual(ordinary.headers["keep-alive"], "timeout=115")
        self.assertEqual(set(refused.headers),
                         set(ordinary.headers) - {"keep-alive"} | {"retry-after"})
        for name in ("cache-control", "content-security-policy", "referrer-policy", "vary",
                     "x-content-type-options"):
            self.assertEqual(refused.headers[name], ordinary.headers[name])
        small.await_line(r"Request .*status=503.*outcome=overloaded")
