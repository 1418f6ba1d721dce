"""nginx and haproxy in front of a service: each as the program that a site would put there."""

import json
import os
import re
import shutil
import signal
import socket
import time

from harness import PATIENCE, Program

PLACES = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])

NGINX = """
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 256; }}
http {{
  log_format tests escape=json '{{"id":"$http_x_request_id","upstream":"$upstream_addr"}}';
  access_log {directory}/{name}.log tests;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  client_header_timeout 10s;
  client_body_timeout 10s;
  keepalive_timeout 2s;
  upstream service {{ server 127.0.0.1:{port}; keepalive 4; }}
  server {{
    listen unix:{directory}/{name};
    ignore_invalid_headers {strict};
    underscores_in_headers {lenient};
    merge_slashes {strict};
    location / {{
      proxy_pass http://service;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host x;
      proxy_request_buffering {strict};
      proxy_next_upstream off;
    }}
  }}
}}
"""

HAPROXY = """
global
  log stdout format raw local0 info
  hard-stop-after 20s
defaults
  mode http
  log global
  timeout connect 5s
  timeout client 10s
  timeout server 20s
  timeout http-request 10s
  timeout http-keep-alive 2s
  retries 0
  option http-keep-alive
  http-reuse always
  {lenient_option}
frontend tests
  bind unix@{directory}/{name}
  http-request capture req.hdr(X-Request-Id) len 64
  log-format "request %[capture.req.hdr(0)] server %s"
  default_backend service
backend service
  server one 127.0.0.1:{port} pool-max-conn 4
"""


def find(name):
    return shutil.which(name, path=PLACES)


class Proxy(Program):
    """One proxy with connections to the service that it keeps and shares between its clients.

    It listens on a unix socket, so that no test takes another's port. `lenient` lets it pass on
    what it would refuse by default.
    """

    def __init__(self, kind, lenient, directory, port):
        self.kind = kind
        self.directory = directory
        self.name = f"{kind}-{'lenient' if lenient else 'strict'}"
        config = directory / f"{self.name}.conf"
        template = {"nginx": NGINX, "haproxy": HAPROXY}[kind]
        config.write_text(template.format(
            directory=directory, port=port, name=self.name, strict="off" if lenient else "on",
            lenient="on" if lenient else "off",
            lenient_option="option accept-invalid-http-request" if lenient else ""))
        self.log = directory / f"{self.name}.log"
        program = find(kind) or kind
        # haproxy drops lines that a pipe does not take at once; a file takes all of them.
        program, arguments = {
            "nginx": (program, ["-p", str(directory), "-e", "stderr", "-c", str(config)]),
            "haproxy": (shutil.which("sh"), ["-c", 'exec "$0" -db -f "$1" >"$2"', program,
                                             str(config), str(self.log)])}[kind]
        super().__init__(program, arguments, {}, directory)
        self._await_listening()

    def connect(self, timeout=PATIENCE):
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(timeout)
            connection.connect(str(self.directory / self.name))
        except OSError:
            connection.close()
            raise
        return connection

    def _await_listening(self):
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                with self.connect():
                    return
            except OSError:
                assert time.monotonic() < deadline, f"{self.name} does not listen:\n{self.output}"
                assert self.process.poll() is None, f"{self.name} ended:\n{self.output}"
                time.sleep(0.02)

    def stop(self, sig=None):
        """Lets it finish what it has in hand, or it would not log what it has forwarded."""
        graceful = {"nginx": signal.SIGQUIT, "haproxy": signal.SIGUSR1}[self.kind]
        return super().stop(sig or graceful)

    def forwarded(self):
        """The ids of the requests that it gave to the service, in no order; empty without one."""
        if self.kind == "haproxy":
            found = re.findall(r"^request (.*) server one$", self.log.read_text(), re.MULTILINE)
            return ["" if name == "-" else name for name in found]
        lines = self.log.read_text().splitlines()
        entries = [json.loads(line) for line in lines]
        return [entry["id"] for entry in entries if entry["upstream"]
                for _ in entry["upstream"].split(",")]  # one for each time that it was tried
