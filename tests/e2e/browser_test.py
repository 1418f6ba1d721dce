"""What pages in a real browser, Debian's Chromium, can do with the service, and what they cannot."""

import contextlib
import http.server
import json
import pathlib
import shutil
import socket
import subprocess
import threading
import unittest

from harness import BUILD, PATIENCE, ServiceTest, jpeg
from official_clients_test import install

SOURCE = pathlib.Path(__file__).resolve().parents[1] / "official_clients" / "browser"
PLACE = BUILD / "official_clients" / "browser"
OVER = 100 << 20  # far over the limit, and sent without asking


class EmptyPage(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>page</title>")

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def taken_connection(port):
    """One that uploads all the time, fast enough not to be cut where room is short."""
    over = threading.Event()
    with socket.create_connection(("127.0.0.1", port)) as only:
        only.sendall(b"POST /api/analysis/file HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n"
                     b"Content-Length: 90000000\r\n\r\n" + jpeg("endless"))

        def upload():
            while not over.wait(0.05):
                only.sendall(bytes(8192))

        uploading = threading.Thread(target=upload)
        uploading.start()
        try:
            yield
        finally:
            over.set()
            uploading.join()


class Browser(ServiceTest):
    @classmethod
    def setUpClass(cls):
        cls.browser = shutil.which("chromium")
        if cls.browser is None or shutil.which("npm") is None:
            raise unittest.SkipTest("chromium or npm is not installed")
        try:
            install(SOURCE, PLACE, "pages.mjs")
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise unittest.SkipTest(f"the registry was not reached: {error}") from error

    def origin(self):
        """A site of its own. `localhost` is another site than 127.0.0.1, where the service is."""
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage)
        threading.Thread(target=server.serve_forever).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"http://localhost:{server.server_port}"

    def pages(self, **places):
        ran = subprocess.run(["node", "pages.mjs"], cwd=PLACE, capture_output=True, text=True,
                             input=json.dumps({"browser": self.browser, **places}), timeout=120)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return json.loads(ran.stdout)

    def test_pages_of_allowed_origins_read_everything_and_others_spend_nothing(self):
        sandbox = self.sandbox()
        allowed, foreign = self.origin(), self.origin()
        service = self.service(sandbox, CORS_ORIGINS=allowed, MAX_UPLOAD_MB="1")
        crowded = self.service(sandbox, CORS_ORIGINS=allowed, CACHE_DIR="", MAX_CONNECTIONS="1")
        with taken_connection(crowded.port):
            told = self.pages(service=f"http://127.0.0.1:{service.port}", allowed=allowed,
                              foreign=foreign, crowded=f"http://127.0.0.1:{crowded.port}", large=OVER)
        self.assertEqual(told["uploads"]["status"], 200)
        for name in ("x-cache", "cache-status", "x-request-id"):
            self.assertIn(name, told["uploads"]["headers"])
        self.assertEqual(told["again"]["headers"]["x-cache"], "HIT")
        self.assertEqual(told["removes"]["code"], "method_not_allowed")
        self.assertEqual((told["refused"]["status"], told["refused"]["code"]), (413, "too_large"))
        self.assertEqual((told["crowded"]["status"], told["crowded"]["code"]), (503, "overloaded"))
        self.assertIn("retry-after", told["crowded"]["headers"])
        self.assertEqual(told["foreign"], {"failed": "TypeError"})
        self.assertEqual(told["form"]["status"], 403)
        self.assertEqual(sandbox.charged, 1)
        # The end of the large upload was the browser's, not ours.
        self.assertEqual(service.request("GET", "/api/health").status, 200)


class TooLarge(ServiceTest):
    def test_curl_is_told_and_not_cut_off(self):
        if shutil.which("curl") is None:
            self.skipTest("curl is not installed")
        service = self.service(self.sandbox(), MAX_UPLOAD_MB="1")
        large = self.directory / "large"
        with large.open("wb") as file:
            file.truncate(OVER)
        for expect in ("100-continue", ""):
            with self.subTest(expect=expect):
                ran = subprocess.run(
                    ["curl", "-sS", "--max-time", str(int(PATIENCE)), "-H", f"Expect: {expect}".strip(),
                     "-H", "Content-Type: image/jpeg", "-w", "%{http_code}", "-o", "/dev/null",
                     "--data-binary", f"@{large}",
                     f"http://127.0.0.1:{service.port}/api/analysis/file"],
                    capture_output=True, text=True, check=False)
                self.assertEqual((ran.returncode, ran.stdout), (0, "413"), ran.stderr)

    def test_a_client_that_sends_all_of_it_before_it_reads_is_not_reset(self):
        service = self.service(self.sandbox(), MAX_UPLOAD_MB="1")
        with socket.create_connection(("127.0.0.1", service.port), PATIENCE) as client:
            client.sendall(b"POST /api/analysis/file HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg"
                           b"\r\nContent-Length: %d\r\n\r\n" % OVER)
            piece = b"x" * (1 << 20)
            for _ in range(OVER // len(piece)):
                client.sendall(piece)  # a reset would fail it
            received = b""
            while more := client.recv(65536):
                received += more
        self.assertTrue(received.startswith(b"HTTP/1.1 413 "), received)
