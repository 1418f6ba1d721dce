"""The program as an operator meets it: arguments, configuration, signals, log."""

import hashlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

from harness import ADMIN_TOKEN, BUILD, PATIENCE, ServiceTest, jpeg


class ProcessTest(ServiceTest):
    def run_to_end(self, *arguments, **environment):
        return subprocess.run([str(BUILD / "verdictcache"), *arguments], cwd=self.directory,
                              env={"PATH": os.environ["PATH"], **environment},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE)

    def test_help_version_and_unknown_arguments(self):
        self.assertIn("--check-config", self.run_to_end("--help").stdout)
        self.assertRegex(self.run_to_end("--version").stdout, r"^verdictcache \d+\.\d+\.\d+\n$")
        wrong = self.run_to_end("--serve")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("--serve", wrong.stderr)

    def test_every_bad_value_is_named_and_the_exit_status_is_2(self):
        bad = self.run_to_end(PORT="eighty", MAX_UPLOAD_MB="-1", ADMIN_TOKEN="short")
        self.assertEqual(bad.returncode, 2)
        for name in ("PORT is refused (6 characters, letters)", "MAX_UPLOAD_MB", "ADMIN_TOKEN"):
            self.assertIn(name, bad.stderr)
        for value in ("eighty", "short"):
            self.assertNotIn(value, bad.stderr.replace("shorter", ""))

    def test_check_config_masks_secrets_and_reads_env_files(self):
        (self.directory / ".env").write_text(
            "# comment\nexport PORT=9999\nADMIN_TOKEN='from-the-file,quoted'\nLOG_LEVEL=debug\n")
        shown = self.run_to_end("--check-config", LOG_LEVEL="warn")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn("PORT=9999", shown.stdout)
        self.assertIn("LOG_LEVEL=warn", shown.stdout)
        self.assertIn("ADMIN_TOKEN=********", shown.stdout)
        self.assertNotIn("from-the-file", shown.stdout)
        (self.directory / ".env").write_text("PORT=1\nthis is no assignment\n")
        broken = self.run_to_end("--check-config")
        self.assertEqual(broken.returncode, 2)
        self.assertIn('.env: line 2: no "="', broken.stderr)

    def test_a_taken_port_stops_the_start(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            second = self.run_to_end(HOST="127.0.0.1", PORT=port)
        self.assertEqual(second.returncode, 2)
        self.assertIn(port, second.stderr)

    def test_an_unusable_cache_directory_stops_the_start(self):
        (self.directory / "file").write_text("in the way")
        bad = self.run_to_end(HOST="127.0.0.1", PORT="0", CACHE_DIR=str(self.directory / "file"))
        self.assertEqual(bad.returncode, 2)
        self.assertIn("CACHE_DIR", bad.stderr)

    def test_an_unusable_spool_directory_stops_the_start(self):
        bad = self.run_to_end(HOST="127.0.0.1", PORT="0", SPOOL_DIR=str(self.directory / "none"))
        self.assertEqual(bad.returncode, 2)
        self.assertIn("SPOOL_DIR", bad.stderr)

    def test_a_misspelt_name_in_the_env_file_is_pointed_at(self):
        (self.directory / ".env").write_text("ADMIN_TOKN=0123456789abcdefg\n")
        service = self.service()
        service.await_line(r"warn.*not known.*name=ADMIN_TOKN")
        self.assertNotIn("0123456789abcdefg", service.output)

    def test_a_damaged_database_is_in_nobodys_way(self):
        data = self.directory / "data"
        data.mkdir()
        (data / "verdictcache.db").write_bytes(b"this is not a database" * 1000)
        sandbox = self.sandbox()
        service = self.service(sandbox)
        service.await_line("verdictcache.db")
        self.assertEqual(service.upload(jpeg(1)).cache, "MISS")
        self.assertEqual(service.upload(jpeg(1)).cache, "HIT")
        self.assertEqual(service.stats()["status"], "disconnected")

    def test_the_start_says_what_is_configured_and_what_is_missing(self):
        service = self.service(CACHE_DIR="", ADMIN_TOKEN="")
        service.await_line(r"warn.*Store: none.*CACHE_DIR")
        service.await_line(r"warn.*none for this kind.*SIGHTENGINE_API_USER.*kind=image")
        service.await_line(r"warn.*none for this kind.*SAPLING_API_KEY.*kind=text")
        service.await_line(r"warn.*Admin routes.*ADMIN_TOKEN")
        self.assertEqual(service.admin("GET", "/api/admin/cache/stats").status, 403)

    def test_log_lines_as_json(self):
        service = self.service(self.sandbox(), LOG_FORMAT="json")
        service.upload(jpeg(2), file_name='odd"\u202ename.jpg')
        service.stop()
        lines = [json.loads(line) for line in service.lines]
        request = next(line for line in lines if line["msg"] == "Request")
        self.assertEqual((request["status"], request["outcome"]), (200, "MISS"))
        self.assertTrue(request["time"].endswith("Z"))
        self.assertEqual(request["level"], "info")
        miss = next(line for line in lines if line["msg"] == "Cache MISS")
        self.assertEqual(miss["file"], 'odd"\\xe2\\x80\\xaename.jpg')

    def test_nobody_writes_fields_of_a_log_line(self):
        service = self.service(self.sandbox())
        service.request("GET", "/a%22%20status=200%20b=%1Bc")
        service.upload(jpeg(5), file_name="p.jpg (000000000000...) kind=analysis saved_usd=999")
        service.stop()
        request = next(line for line in service.lines if "status=404" in line)
        self.assertIn(r' path="/a\" status=200 b=\x1bc" status=404 ', request)
        miss = next(line for line in service.lines if "Cache MISS" in line)
        self.assertIn(' Cache MISS file="p.jpg (000000000000...) kind=analysis saved_usd=999" '
                      'kind=analysis digest=', miss)

    def test_with_a_key_secret_no_line_bears_digits_of_a_plain_hash(self):
        photo = jpeg(6)
        plain = hashlib.sha256(photo).hexdigest()
        for secret in ("", "a-key-secret-of-more-than-32-characters"):
            service = self.service(self.sandbox(), KEY_SECRET=secret, LOG_LEVEL="debug")
            service.request("GET", "/api/analysis/" + plain)
            service.upload(photo)
            service.upload(photo)
            service.request("GET", "/api/analysis/" + plain.upper())
            service.admin("POST", "/api/admin/cache/clear", {"pattern": "analysis:" + plain})
            service.stop()
            self.assertEqual(plain[:8] in service.output.lower(), not secret)
            self.assertRegex(service.output, r"Cache HIT .*digest=[0-9a-f]{12} ")

    def test_sigterm_finishes_what_is_in_flight(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)
        sandbox.behave(latencyMs=1500)
        answers = []
        client = threading.Thread(target=lambda: answers.append(service.upload(jpeg(3))))
        client.start()
        deadline = time.monotonic() + PATIENCE
        while sandbox.calls()["total"] == 0:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        self.assertEqual(service.stop(signal.SIGTERM), 0)
        client.join()
        self.assertEqual([answer.status for answer in answers], [200])
        again = self.service(sandbox)
        self.assertEqual(again.upload(jpeg(3)).cache, "HIT")

    def test_sigterm_does_not_wait_for_idle_or_slow_connections(self):
        service = self.service(self.sandbox(), SHUTDOWN_GRACE_MS="1000")
        with socket.create_connection(("127.0.0.1", service.port)) as idle, \
                socket.create_connection(("127.0.0.1", service.port)) as slow:
            idle.sendall(b"GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertTrue(idle.recv(4096).startswith(b"HTTP/1.1 200"))
            slow.sendall(b"POST /api/analysis/file HTTP/1.1\r\nHost: x\r\n"
                         b"Content-Type: image/jpeg\r\nContent-Length: 1000\r\n\r\n\xff\xd8")
            begun = time.monotonic()
            self.assertEqual(service.stop(signal.SIGTERM), 0)
            self.assertLess(time.monotonic() - begun, 10)

    def test_without_any_cache_everything_is_still_answered(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, CACHE_MODE="off")
        self.assertEqual(service.upload(jpeg(4)).cache, "BYPASS")
        self.assertEqual(service.upload(jpeg(4)).cache, "BYPASS")
        self.assertEqual(sandbox.charged, 2)
        stats = service.stats()
        self.assertEqual(stats["mode"], "off")
        self.assertEqual(stats["state"], "DOWN")
        self.assertEqual([reason["code"] for reason in stats["reasons"]], ["no_store"])
        self.assertIn("every analysis is paid for", stats["reasons"][0]["message"])
        self.assertFalse((pathlib.Path(self.directory) / "data").exists())

    def test_the_token_is_not_in_the_process_title(self):
        service = self.service(self.sandbox())
        title = pathlib.Path(f"/proc/{service.process.pid}/cmdline").read_bytes()
        self.assertNotIn(ADMIN_TOKEN.encode(), title)
