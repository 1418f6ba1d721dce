"""A request's W3C trace: in its log line, and at a detector of one's own that asks for it."""

import http.server
import json
import threading
import unittest

from harness import ServiceTest

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


class Detector(http.server.ThreadingHTTPServer):
    """A detector on loopback that notes the fields of its requests."""

    def __init__(self):
        self.fields = []
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.fields.append(dict(self.headers.items()))
        body = b'{"score": 12}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Traces(ServiceTest):
    def setUp(self):
        super().setUp()
        self.detector = Detector()
        self.addCleanup(self.detector.server_close)
        self.addCleanup(self.detector.shutdown)
        self.service_ = self.service(
            DETECTORS_TEXT="custom", CUSTOM_KINDS="text",
            CUSTOM_URL=f"http://127.0.0.1:{self.detector.server_port}/detect",
            CUSTOM_BODY='{"text": "{text}"}', CUSTOM_SCORE_POINTER="/score", CUSTOM_SCORE_MAX="100",
            CUSTOM_HEADERS="traceparent: {traceparent} | X-Mode: strict")

    def analyse(self, text, **fields):
        answer = self.service_.request("POST", "/api/analysis/text",
                                       json.dumps({"text": text.ljust(60, ".")}),
                                       {"Content-Type": "application/json", **fields})
        self.assertEqual(answer.status, 200, answer.body)
        return self.detector.fields[-1]

    def test_it_is_in_the_log_and_goes_on_to_the_detector(self):
        sent = self.analyse("one", traceparent=PARENT, **{"X-Request-Id": "traced"})
        self.assertEqual((sent["traceparent"], sent["X-Mode"]), (PARENT, "strict"))
        self.service_.await_line(f"Request .*request_id=traced trace_id={TRACE}")

    def test_none_and_a_malformed_one_are_no_trace(self):
        for text, fields in (("two", {}), ("three", {"traceparent": PARENT.upper()})):
            sent = self.analyse(text, **fields, **{"X-Request-Id": f"of-{text}"})
            self.assertNotIn("traceparent", sent)
            self.assertEqual(sent["X-Mode"], "strict")
            line = self.service_.await_line(f"Request .*request_id=of-{text}.*").group(0)
            self.assertNotIn("trace_id", line)


if __name__ == "__main__":
    unittest.main()
