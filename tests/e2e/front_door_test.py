"""Clients that are slow on purpose, and crowds: nobody else waits for them, and no thread does."""

import asyncio
import contextlib
import re
import resource
import socket
import threading
import time
import unittest

from harness import PATIENCE, SANITIZED, ServiceTest, form, jpeg

MANY = 300 if SANITIZED else 1500
THREADS = 64  # far fewer than any of the crowds here


def allow_many_sockets():
    """How many this process, and the service too, may open from now on."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def threads_of(service):
    with open(f"/proc/{service.process.pid}/status") as status:
        return int(re.search(r"Threads:\s+(\d+)", status.read())[1])


class SlowClients(ServiceTest):
    HEAD = (b"POST /api/analysis/file HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n"
            b"Content-Length: 50000000\r\n")

    def setUp(self):
        super().setUp()
        allow_many_sockets()
        self.service_ = self.service(self.sandbox(), MAX_CONNECTIONS_PER_ADDRESS="4000",
                                     MEMORY_CACHE_MB="8")
        self.known = jpeg("known")
        self.assertEqual(self.service_.upload(self.known).status, 200)

    @contextlib.contextmanager
    def crowd(self, *sent):
        """Connections from another address; each sends its bytes and then waits."""
        with contextlib.ExitStack() as stack:
            connections = []
            for i in range(MANY):
                connection = stack.enter_context(socket.socket())
                connection.settimeout(PATIENCE)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                connection.bind(("127.0.0.2", 0))
                connection.connect(("127.0.0.1", self.service_.port))
                connection.sendall(sent[i % len(sent)])
                connections.append(connection)
            yield connections

    def check_others_are_served(self):
        for _ in range(20):
            begin = time.monotonic()
            self.assertEqual(self.service_.upload(self.known).cache, "HIT")
            self.assertEqual(self.service_.request("GET", "/api/health").status, 200)
            # Each of the crowd would hold a worker for ten seconds and more.
            self.assertLess(time.monotonic() - begin, 5)
        self.assertLess(threads_of(self.service_), THREADS)

    def test_heads_without_bodies(self):
        chunked = self.HEAD.replace(b"Content-Length: 50000000", b"Transfer-Encoding: chunked")
        with self.crowd(self.HEAD + b"\r\n", chunked + b"\r\n", self.HEAD + b"\r\n\xff\xd8\xff",
                        self.HEAD[:40], self.HEAD + b"Expect: 100-continue\r\n\r\n", b""):
            self.check_others_are_served()

    def test_trickling_bodies(self):
        with self.crowd(self.HEAD + b"\r\n\xff\xd8\xff\xe0") as connections:
            stop = threading.Event()

            def trickle():
                while not stop.wait(0.2):
                    for connection in connections:
                        with contextlib.suppress(OSError):
                            connection.send(b"x" * 200)

            trickling = threading.Thread(target=trickle)
            trickling.start()
            try:
                self.check_others_are_served()
            finally:
                stop.set()
                trickling.join()

    def test_answers_that_nobody_reads(self):
        requests = b"GET /api/health/ready HTTP/1.1\r\nHost: x\r\n\r\n" * 200
        with self.crowd(requests):
            self.check_others_are_served()


@unittest.skipIf(SANITIZED, "the crowd is too large for a sanitizer's memory")
class Crowd(ServiceTest):
    async def ask(self, port, body, results):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(body)
        head = await reader.readuntil(b"\r\n\r\n")
        results.append((int(head.split()[1]), re.search(rb"X-Cache: (\w+)", head)[1].decode()))
        writer.close()

    def test_a_new_picture_that_everybody_uploads_is_paid_once_and_holds_no_threads(self):
        crowd = min(10_000, allow_many_sockets() - 2_000)
        sandbox = self.sandbox()
        service = self.service(sandbox, MAX_CONNECTIONS=str(crowd + 100),
                               MAX_CONNECTIONS_PER_ADDRESS=str(crowd + 100))
        sandbox.behave(latencyMs=4000)
        content, kind = form(jpeg("viral", 20_000))
        request = (f"POST /api/analysis/file HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n"
                   f"Content-Length: {len(content)}\r\n\r\n").encode() + content
        results, most = [], []
        stop = threading.Event()

        def watch():
            while not stop.wait(0.1):
                most.append(threads_of(service))

        async def everybody():
            await asyncio.gather(*(self.ask(service.port, request, results) for _ in range(crowd)))

        watching = threading.Thread(target=watch)
        watching.start()
        try:
            asyncio.run(everybody())
        finally:
            stop.set()
            watching.join()
        self.assertEqual([status for status, _ in results], [200] * crowd)
        self.assertEqual(sum(cache == "MISS" for _, cache in results), 1)
        self.assertGreater(sum(cache == "COALESCED" for _, cache in results), 1000)
        self.assertEqual(sandbox.charged, 1)
        self.assertLess(max(most), THREADS)
        self.assertLess(service.peak_kib(), 200 * 1024)


if __name__ == "__main__":
    unittest.main()
