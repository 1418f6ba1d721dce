"""Stops that nobody notices: first not ready, then no new clients, then what is in flight."""

import collections
import http.client
import os
import signal
import socket
import subprocess
import threading
import time
import unittest

import proxies
from harness import PATIENCE, SANITIZED, Answer, ServiceTest
from ports import free_ports

# As docs/operations.md advises.
CONFIG = """
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  upstream service {{
    server 127.0.0.1:{first} max_fails=0;
    server 127.0.0.1:{second} max_fails=0;
    keepalive 16;
  }}
  server {{
    listen unix:{directory}/nginx;
    location / {{
      proxy_pass http://service;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host x;
    }}
  }}
}}
"""


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("x", timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self.path)


class Load:
    """Clients that ask all the time: look-ups, a known text, new texts; each new one once."""

    def __init__(self, path, clients):
        self.path = path
        self.over = threading.Event()
        self.outcomes = collections.Counter()
        self.new_texts = 0
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.ask_on, args=(n,)) for n in range(clients)]
        for thread in self.threads:
            thread.start()

    def ask_on(self, client):
        connection = UnixConnection(self.path)
        number = 0
        while not self.over.is_set():
            number += 1
            text = None
            if number % 3 == 0:
                text = "k" * 60
            elif number % 3 == 1:
                text = f"{client} {number} " + "n" * 60
            outcome = self.ask(connection, text)
            with self.lock:
                self.outcomes[outcome] += 1
                self.new_texts += number % 3 == 1
        connection.close()

    def ask(self, connection, text):
        try:
            if text is None:
                connection.request("GET", "/api/analysis/" + "0" * 64)
            else:
                connection.request("POST", "/api/analysis/text", text.encode(),
                                   {"Content-Type": "text/plain"})
            answer = Answer(connection.getresponse())
            return answer.status, b"" if answer.status < 500 else answer.body[-300:]
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return 0, repr(error)

    def finish(self):
        self.over.set()
        for thread in self.threads:
            thread.join()


class RollingRestart(ServiceTest):
    def replica(self, sandbox, port):
        directory = self.directory / str(port)
        directory.mkdir(exist_ok=True)
        return self.service(sandbox, PORT=str(port), CACHE_DIR=str(directory),
                            SHUTDOWN_DELAY_MS="1000")

    def test_two_replicas_behind_nginx_lose_no_request(self):
        nginx = proxies.find("nginx")
        if nginx is None and not os.environ.get("CI"):
            self.skipTest("nginx is not installed")
        sandbox = self.sandbox()
        sandbox.behave(latencyMs=50)
        first, second = free_ports(2)
        replicas = {port: self.replica(sandbox, port) for port in (first, second)}
        config = self.directory / "nginx.conf"
        config.write_text(CONFIG.format(directory=self.directory, first=first, second=second))
        proxy = subprocess.Popen([nginx, "-p", str(self.directory), "-e", "stderr", "-c", config])
        self.addCleanup(proxy.wait)
        self.addCleanup(proxy.kill)
        deadline = time.monotonic() + PATIENCE
        while not os.path.exists(self.directory / "nginx"):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        load = Load(str(self.directory / "nginx"), clients=8)
        try:
            for _ in range(1 if SANITIZED else 2):
                for port in (first, second):
                    time.sleep(0.5)
                    self.assertEqual(replicas[port].stop(), 0)
                    replicas[port] = self.replica(sandbox, port)
            time.sleep(0.5)
        finally:
            load.finish()
        failed = {key: count for key, count in load.outcomes.items() if key[0] not in (200, 404)}
        self.assertEqual(failed, {}, load.outcomes)
        self.assertGreater(load.outcomes[200, b""], 200)
        # The known text once for each replica; nginx sent no new one twice.
        self.assertLessEqual(sandbox.charged, load.new_texts + 2)
        self.assertGreaterEqual(sandbox.charged, load.new_texts)


class Notice(ServiceTest):
    def test_before_a_stop_it_is_not_ready_and_goes_on_as_ever(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, SHUTDOWN_DELAY_MS="3000")
        ready = service.request("GET", "/api/health/ready")
        self.assertEqual((ready.status, ready.headers["connection"]), (200, "keep-alive"))
        with service.kept_connection() as kept, service.kept_connection() as idle:
            for connection in (kept, idle):
                connection.request("GET", "/api/health")
                self.assertEqual(Answer(connection.getresponse()).headers["connection"],
                                 "keep-alive")
            service.process.send_signal(signal.SIGTERM)
            service.await_line("Not ready from now on.*delay_ms=3000")
            ready = service.request("GET", "/api/health/ready")
            self.assertEqual((ready.status, ready.json["status"]), (503, "stopping"))
            # Kept connections are told at their next answer.
            kept.request("GET", "/api/health")
            alive = Answer(kept.getresponse())
            self.assertEqual((alive.status, alive.headers["connection"]), (200, "close"))
            self.assertNotIn("keep-alive", alive.headers)
            self.assertEqual(service.text("during the delay " + "x" * 60).cache, "MISS")
            self.assertNotIn("Stopping:", service.output)
            self.assertEqual(service.process.wait(PATIENCE), 0)
        self.assertEqual(sandbox.charged, 1)

    def test_the_delay_is_a_part_of_the_grace_and_somebody_at_a_terminal_does_not_wait(self):
        for sig, environment, least, most in (
                (signal.SIGTERM, {"SHUTDOWN_DELAY_MS": "60000", "SHUTDOWN_GRACE_MS": "1000"}, 0.5, 8),
                (signal.SIGINT, {"SHUTDOWN_DELAY_MS": "60000"}, 0, 8)):
            with self.subTest(sig.name):
                service = self.service(self.sandbox(), **environment)
                begun = time.monotonic()
                self.assertEqual(service.stop(sig), 0)
                self.assertGreaterEqual(time.monotonic() - begun, least)
                self.assertLess(time.monotonic() - begun, most)


if __name__ == "__main__":
    unittest.main()
