"""Signals, limits of the system and the end of the process, each with a paid call in flight."""

import contextlib
import fcntl
import os
import re
import resource
import signal
import socket
import subprocess
import threading
import time

from harness import ADMIN_TOKEN, BUILD, PATIENCE, SANITIZED, ServiceTest, jpeg
from ports import free_ports

GRACEFUL = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGXCPU)
# Their default action would end the process.
OTHERS = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE, signal.SIGALRM, signal.SIGVTALRM,
          signal.SIGPROF, signal.SIGIO, signal.SIGPWR, signal.SIGXFSZ, 16,  # SIGSTKFLT
          signal.SIGRTMIN, signal.SIGRTMIN + 5, signal.SIGRTMAX)
# What a machine that is shared by several test runs may add to a time.
SLACK = 20 if SANITIZED else 4


class SignalTest(ServiceTest):
    @contextlib.contextmanager
    def paid_call(self, sandbox, service, seed, latency_ms=1500):
        """While an upload of its own is at the vendor; afterwards its answers are in the list."""
        before = sandbox.calls()["total"]
        sandbox.behave(latencyMs=latency_ms)
        answers = []

        def upload():
            with contextlib.suppress(OSError):
                answers.append(service.upload(jpeg(seed)))
        client = threading.Thread(target=upload)
        client.start()
        deadline = time.monotonic() + PATIENCE
        while sandbox.calls()["total"] == before:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        yield answers
        client.join()

    def await_end(self, process, seconds):
        """Its exit status; fails when it lives on for longer."""
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.fail(f"it still lives after {seconds} s")


class Signals(SignalTest):
    def test_signals_that_ask_for_the_end_finish_what_is_in_flight(self):
        sandbox = self.sandbox()
        for number, sig in enumerate(GRACEFUL, 1):
            with self.subTest(sig.name):
                service = self.service(sandbox)
                with self.paid_call(sandbox, service, sig.name) as answers:
                    self.assertEqual(service.stop(sig), 0)
                self.assertEqual([answer.status for answer in answers], [200])
                self.assertIn(f"signal={sig.name[3:]}", service.output)
                again = self.service(sandbox)
                self.assertEqual(again.upload(jpeg(sig.name)).cache, "HIT")
                self.assertEqual(again.stop(), 0)
                self.assertEqual(sandbox.charged, number)

    def test_no_other_signal_ends_it(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)
        with self.paid_call(sandbox, service, "others") as answers:
            for sig in OTHERS:
                service.process.send_signal(sig)
        self.assertEqual([answer.status for answer in answers], [200])
        self.assertEqual(service.upload(jpeg("others")).cache, "HIT")
        self.assertEqual(sandbox.charged, 1)
        self.assertEqual(service.stop(), 0)

    def test_a_hang_up_that_was_ignored_at_the_start_stays_ignored(self):
        """As nohup has it."""
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            service = self.service(self.sandbox())
        finally:
            signal.signal(signal.SIGHUP, before)
        service.process.send_signal(signal.SIGHUP)
        self.assertEqual(service.upload(jpeg("nohup")).status, 200)
        self.assertEqual(service.stop(), 0)

    def test_the_second_signal_ends_it_at_once(self):
        sandbox = self.sandbox()
        for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            with self.subTest(sig.name):
                service = self.service(sandbox)
                with self.paid_call(sandbox, service, f"second {sig.name}", 10_000):
                    service.process.send_signal(sig)
                    service.await_line("A signal asks for the end")
                    begun = time.monotonic()
                    self.assertEqual(service.stop(sig), 128 + sig)
                    self.assertLess(time.monotonic() - begun, SLACK)

    def test_one_request_that_comes_as_two_signals_is_one(self):
        """A terminal signals the whole group, and a script in it passes the same on."""
        sandbox = self.sandbox()
        service = self.service(sandbox)
        with self.paid_call(sandbox, service, "echo") as answers:
            service.process.send_signal(signal.SIGINT)
            self.assertEqual(service.stop(signal.SIGTERM), 0)
        self.assertEqual([answer.status for answer in answers], [200])


class FileSizeLimits(SignalTest):
    def test_an_upload_beyond_the_limit_is_an_io_error(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)
        self.assertEqual(service.upload(jpeg("before")).status, 200)
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (3 << 20, 3 << 20))
        problem = self.assertProblem(service.upload(jpeg("large", 8 << 20)), 503, "io_error")
        self.assertNotRegex(problem["error"], r"[A-Z]{2,}_[A-Z]|/tmp")
        line = service.await_line(r"warn .*" + problem["requestId"] + ".*").group(0)
        self.assertRegex(line, r"reason=.*/tmp.*SPOOL_DIR")
        self.assertEqual(service.upload(jpeg("small")).status, 200)
        self.assertEqual(sandbox.charged, 2)
        self.assertEqual(service.stop(), 0)

    def test_a_database_at_the_limit_serves_what_it_has_and_takes_more_when_there_is_room(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, MEMORY_CACHE_MB="0")
        self.assertEqual(service.text("z" * 100).cache, "MISS")
        before = resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (64 << 10, before[1]))
        for number in range(40):
            self.assertEqual(service.text(f"{number} {'x' * 100}").status, 200)
        self.await_stats(service, status="disconnected")
        self.assertEqual(service.text("y" * 100).status, 200)
        self.assertEqual(service.text("z" * 100).cache, "HIT")
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, before)
        self.assertEqual(service.text("w" * 100).cache, "MISS")
        self.await_stats(service, status="embedded")
        self.assertEqual(service.text("w" * 100).cache, "HIT")
        self.assertEqual(service.stop(), 0)
        self.assertNotIn("turned off", service.output)
        told = [line for line in service.lines if "takes no new verdicts; known" in line]
        self.assertEqual(len(told), 1, service.output)

    def test_a_log_file_at_the_limit_is_in_nobodys_way(self):
        sandbox = self.sandbox()
        port = free_ports(1)[0]
        with open(self.directory / "log", "wb") as log:
            process = start(self, port, log, {"CACHE_DIR": "", "DETECTION_SANDBOX_URL": sandbox.url})
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (4096, 4096))
            for _ in range(100):
                self.assertEqual(health(port), b"HTTP/1.1 200")
            process.send_signal(signal.SIGTERM)
            self.assertEqual(self.await_end(process, PATIENCE), 0)
        self.assertLessEqual((self.directory / "log").stat().st_size, 4096)


def start(test, port, output, environment):
    """The service with an output of the test's own."""
    process = subprocess.Popen(
        [str(BUILD / "verdictcache")], cwd=test.directory, stdin=subprocess.DEVNULL, stdout=output,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "HOST": "127.0.0.1", "PORT": str(port),
             "ADMIN_TOKEN": ADMIN_TOKEN, "SHUTDOWN_DELAY_MS": "0", **environment})
    test.addCleanup(process.wait)
    test.addCleanup(process.kill)
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            health(port)
            return process
        except ConnectionRefusedError:
            test.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)


def health(port):
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        connection.sendall(b"GET /api/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return connection.recv(65536)[:12]


class Stops(SignalTest):
    def unread(self, **environment):
        """A service whose output is a full pipe that nobody reads, and its port."""
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        port = free_ports(1)[0]
        try:
            process = start(self, port, writer, {"CACHE_DIR": "", **environment})
        finally:
            os.close(writer)
        for _ in range(100):  # a line each
            self.assertEqual(health(port), b"HTTP/1.1 200")
        return process, port

    def test_an_output_that_nobody_reads_holds_the_stop_for_a_second_at_most(self):
        process, _ = self.unread()
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(self.await_end(process, PATIENCE), 0)
        self.assertLess(time.monotonic() - begun, 1 + SLACK)

    def test_a_full_queue_of_lines_holds_it_no_longer(self):
        process, port = self.unread(LOG_LEVEL="debug")
        request = b"GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n"
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
            with connection.makefile("rb") as answers:
                for _ in range(10_000):  # more lines than the queue holds
                    connection.sendall(request)
                    while (line := answers.readline()) != b"\r\n":
                        if line.lower().startswith(b"content-length:"):
                            length = int(line.split(b":")[1])
                    answers.read(length)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(self.await_end(process, PATIENCE), 0)
        self.assertLess(time.monotonic() - begun, 1 + SLACK)

    def test_the_second_signal_ends_it_at_once_though_nobody_reads_its_output(self):
        sandbox = self.sandbox()
        sandbox.behave(latencyMs=15_000)
        process, port = self.unread(DETECTION_SANDBOX_URL=sandbox.url)
        photo = jpeg("unread")
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as upload:
            upload.sendall(b"POST /api/analysis/file HTTP/1.1\r\nHost: x\r\nContent-Type: "
                           b"image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(photo) + photo)
            deadline = time.monotonic() + PATIENCE
            while sandbox.calls()["total"] == 0:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.02)
            process.send_signal(signal.SIGTERM)
            with self.assertRaises(subprocess.TimeoutExpired):
                process.wait(1.5)  # the call is paid for
            begun = time.monotonic()
            process.send_signal(signal.SIGTERM)
            self.assertEqual(self.await_end(process, PATIENCE), 128 + signal.SIGTERM)
            self.assertLess(time.monotonic() - begun, SLACK)

    def test_half_sent_heads_and_bodies_do_not_hold_the_stop(self):
        service = self.service(self.sandbox())  # a grace period of 20 s
        body = b"POST /api/analysis/file HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n"
        with contextlib.ExitStack() as stack:
            clients = {}
            for name, sent in {
                    "nothing": b"", "part of a head": b"GET /api/health HT",
                    "no body": body + b"Content-Length: 5000\r\n\r\n",
                    "part of a body": body + b"Content-Length: 5000\r\n\r\n\xff\xd8\xff",
                    "part of a chunk": body + b"Transfer-Encoding: chunked\r\n\r\n5\r\n\xff",
                    "waits for 100": body + b"Expect: 100-continue\r\nContent-Length: 50\r\n\r\n",
            }.items():
                clients[name] = stack.enter_context(
                    socket.create_connection(("127.0.0.1", service.port), PATIENCE))
                clients[name].sendall(sent)
            # The bodies are being waited for when this is answered, or a moment later.
            self.assertEqual(service.request("GET", "/api/health").status, 200)
            time.sleep(0.5)
            begun = time.monotonic()
            self.assertEqual(service.stop(signal.SIGTERM), 0)
            self.assertLess(time.monotonic() - begun, 3 + SLACK)
            for name, client in clients.items():
                received = b""
                with contextlib.suppress(ConnectionResetError):
                    while piece := client.recv(65536):
                        received += piece
                with self.subTest(name):
                    whole_head = name not in ("nothing", "part of a head")
                    statuses = re.findall(rb"HTTP/1\.1 ([2-9]\d\d) ", received)
                    self.assertEqual(statuses, [b"503"] if whole_head else [], received)
                    if whole_head:
                        self.assertIn(b'"shutting_down"', received)

    def test_a_body_that_goes_on_arriving_is_taken(self):
        """Known content is answered to the end; what would have to be paid for is not begun."""
        sandbox = self.sandbox()
        service = self.service(sandbox)
        photo = jpeg("arriving", 30_000)
        self.assertEqual(service.upload(photo).cache, "MISS")
        with socket.create_connection(("127.0.0.1", service.port), PATIENCE) as client:
            client.sendall(b"POST /api/analysis/file HTTP/1.1\r\nHost: x\r\nContent-Type: "
                           b"image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(photo))
            client.sendall(photo[:1000])
            time.sleep(0.3)
            service.process.send_signal(signal.SIGTERM)
            for at in range(1000, len(photo), 1000):
                client.sendall(photo[at:at + 1000])
                time.sleep(0.1)
            received = client.recv(65536)
            self.assertTrue(received.startswith(b"HTTP/1.1 200 "), received)
            self.assertIn(b"X-Cache: HIT", received)
        self.assertEqual(service.process.wait(PATIENCE), 0)
        self.assertEqual(sandbox.charged, 1)
