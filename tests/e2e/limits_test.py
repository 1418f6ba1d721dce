"""Limits of the system: open files, and what a crash may leave behind."""

import http.client
import os
import pathlib
import re
import resource
import signal
import subprocess
import unittest

from harness import ADMIN_TOKEN, BUILD, PATIENCE, SANITIZED, Answer, ServiceTest, form, jpeg
from ports import free_ports


def limit_of(process, name):
    """The soft and the hard limit of a process (proc(5))."""
    text = pathlib.Path(f"/proc/{process.pid}/limits").read_text()
    return re.search(rf"^{name} +(\S+) +(\S+)", text, re.M).groups()


class LimitsTest(ServiceTest):
    def start(self, soft, hard, **details):
        """A service of its own limits; it ends with the test."""
        def lower():
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            resource.setrlimit(resource.RLIMIT_CORE, (4096, 8192))
        environment = {"PATH": os.environ["PATH"], "HOST": "127.0.0.1", "CACHE_DIR": "",
                       "PORT": str(free_ports(1)[0]), "ADMIN_TOKEN": ADMIN_TOKEN,
                       **details.pop("environment", {})}
        process = subprocess.Popen(
            [str(BUILD / "verdictcache"), *details.pop("arguments", [])], cwd="/",
            env=environment, preexec_fn=lower, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, **details)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def lines_until_it_listens(self, process):
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "Listening" in line:
                return "".join(lines)
        self.fail("".join(lines))


class OpenFiles(LimitsTest):
    def test_the_limit_is_raised_to_the_hard_one(self):
        process = self.start(256, 8192)
        said = self.lines_until_it_listens(process)
        self.assertEqual(limit_of(process, "Max open files"), ("8192", "8192"))
        self.assertNotIn("MAX_CONNECTIONS", said)

    def test_a_limit_below_the_connections_is_told_and_kept_within(self):
        process = self.start(200, 200)
        said = self.lines_until_it_listens(process)
        line = re.search(r"warn .*MAX_CONNECTIONS.*", said).group(0)
        for field in ("limit=200", "max_connections=4096", "needed=5120", "taken=100"):
            self.assertIn(field, line)
        self.assertRegex(said, r"Limits .*connections=100\b")

    def test_a_limit_that_leaves_nothing_stops_the_start(self):
        for arguments in ([], ["--check-config"]):
            process = self.start(63, 63, arguments=arguments)
            self.assertEqual(process.wait(PATIENCE), 2)
            self.assertIn("hard limit of open files is 63", process.stdout.read())

    @unittest.skipIf("undefined" in os.environ.get("VCACHE_SANITIZE", ""),
                     "the sanitizer reads memory through a pipe, for which no descriptor is left")
    def test_a_full_table_is_no_fault_of_the_vendor(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)
        with service.kept_connection() as connection:
            def ask(method, path, body=None, **fields):
                connection.request(method, path, body, fields)
                return Answer(connection.getresponse())

            def upload(seed):
                body, content_type = form(jpeg(seed))
                return ask("POST", "/api/analysis/file", body, **{"Content-Type": content_type})
            self.assertEqual(upload("before").cache, "MISS")
            # The check at the start has a connection of its own, and frees its descriptor later.
            service.await_line("Credentials: accepted vendor=sightengine")
            before = resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE)
            used = {int(name) for name in os.listdir(f"/proc/{service.process.pid}/fd")}
            full = next(number for number in range(4096) if number not in used)
            resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, (full, before[1]))
            for number in range(8):  # more than open a circuit breaker
                problem = self.assertProblem(upload(f"full {number}"), 503, "io_error")
                self.assertNotIn("descriptor", problem["error"])
                service.await_line(r"warn .*" + problem["requestId"] + ".*no descriptor left")
            self.assertEqual(upload("before").cache, "HIT")
            ready = ask("GET", "/api/health/ready").json
            self.assertEqual(ready["vendorStates"]["sightengine"], {"state": "closed"})
            # A new client is turned away, and does not make the service spin or end.
            with self.assertRaises((ConnectionError, http.client.HTTPException)):
                service.request("GET", "/api/health")
            large = jpeg("spooled", 3 << 20)
            self.assertProblem(ask("POST", "/api/analysis/file", large,
                                   **{"Content-Type": "image/jpeg"}), 503, "io_error")
            resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, before)
        self.assertEqual(service.upload(jpeg("full 0")).cache, "MISS")
        self.assertEqual(sandbox.charged, 2)
        self.assertNotIn("out of order", service.output)
        self.assertEqual(service.stop(), 0)


class CoreDumps(LimitsTest):
    def dumpable(self, process):
        """Whether its memory may be read and dumped: else its files in /proc are root's."""
        return os.stat(f"/proc/{process.pid}/environ").st_uid != 0

    def start_as_somebody(self, **environment):
        user = 65534 if os.geteuid() == 0 else None
        return self.start(4096, 4096, environment=environment, user=user)

    def test_a_crash_leaves_no_memory_behind(self):
        process = self.start_as_somebody()
        self.lines_until_it_listens(process)
        self.assertEqual(limit_of(process, "Max core file size"), ("0", "0"))
        self.assertFalse(self.dumpable(process))
        process.send_signal(signal.SIGSEGV)
        status = process.wait(PATIENCE)
        if not SANITIZED:  # a sanitizer handles the signal itself
            self.assertEqual(status, -signal.SIGSEGV)

    def test_it_may_where_that_is_allowed(self):
        process = self.start_as_somebody(ALLOW_CORE_DUMPS="1")
        self.lines_until_it_listens(process)
        if not SANITIZED:  # a sanitizer has a limit of its own
            self.assertEqual(limit_of(process, "Max core file size"), ("4096", "8192"))
        self.assertTrue(self.dumpable(process))
