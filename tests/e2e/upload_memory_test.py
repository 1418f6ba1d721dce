"""A large video on its way to a vendor stays out of the service's memory."""

import fcntl
import http.client
import random
import socket
import struct
import termios
import time
import unittest

from harness import PATIENCE, SANITIZED, ServiceTest

MIB = 1024 * 1024
HEAD = bytes.fromhex("00000018667479706d703432000000006d70343269736f6d")  # an MP4's first box


def video(mebibytes, seed):
    """The bytes of an MP4 as pieces, the same for the same seed; never whole in this process."""
    piece = random.Random(seed).randbytes(MIB - len(HEAD))
    for _ in range(mebibytes):
        yield HEAD + piece


@unittest.skipIf(SANITIZED, "sanitizers need memory of their own")
class UploadMemory(ServiceTest):
    def check_stays_small(self, **environment):
        sandbox = self.sandbox()
        service = self.service(sandbox, MAX_UPLOAD_MB="300",
                               **{name: value.replace("SANDBOX", sandbox.url)
                                  for name, value in environment.items()})

        def upload(mebibytes, seed):
            answer = service.request("POST", "/api/analysis/file", video(mebibytes, seed),
                                     {"Content-Type": "video/mp4"}, timeout=120)
            self.assertEqual((answer.status, answer.cache), (200, "MISS"), answer.body)

        upload(4, 1)  # threads, buffers and TLS tables that any upload needs
        before = service.peak_kib()
        upload(200, 2)
        self.assertLess(service.peak_kib() - before, 16 * 1024)
        self.assertEqual(sandbox.charged, 2)

    def test_many_uploads_in_memory_share_what_there_is(self):
        service = self.service(self.sandbox(), SPOOL_MEMORY_MB="64", SPOOL_PERCENT_PER_ADDRESS="100")
        size = MIB - 1024
        before = service.resident_kib()
        clients = []
        try:
            for _ in range(760):
                client = socket.create_connection(("127.0.0.1", service.port), PATIENCE)
                clients.append(client)
                client.sendall(b"POST /api/analysis/file HTTP/1.1\r\nHost: localhost\r\n"
                               b"Content-Type: video/mp4\r\nContent-Length: %d\r\n\r\n" % size)
                client.sendall(next(video(1, 3))[:size - 1])
            # All but their last byte has been read: there is no more in any socket.
            self.assertEqual(service.request("GET", "/api/health").status, 200)
            self.await_sockets_read(clients)
            self.assertLess(service.resident_kib() - before, (64 + 64) * 1024)
            for client in clients[:3]:
                client.sendall(b"x")
                self.assertEqual(self.status_of(client), 200)
        finally:
            for client in clients:
                client.close()

    @staticmethod
    def await_sockets_read(clients):
        """Until the service's kernel has taken everything, and the service has read that."""
        deadline = time.monotonic() + PATIENCE
        while any(struct.unpack("i", fcntl.ioctl(client, termios.TIOCOUTQ, b"\0" * 4))[0]
                  for client in clients):
            if time.monotonic() > deadline:
                raise AssertionError("the service does not read its uploads")
            time.sleep(0.05)
        time.sleep(1)

    @staticmethod
    def status_of(client):
        answer = http.client.HTTPResponse(client)
        answer.begin()
        answer.read()
        return answer.status

    def test_as_a_form(self):
        self.check_stays_small(DETECTORS_VIDEO="hive", HIVE_API_KEY="key",
                               HIVE_BASE_URL="SANDBOX/hive/api/v3")  # Sightengine takes 50 MB

    def test_to_a_signed_url(self):
        self.check_stays_small(DETECTORS_VIDEO="realitydefender", REALITYDEFENDER_API_KEY="key",
                               REALITYDEFENDER_BASE_URL="SANDBOX/realitydefender")

    def test_as_a_body_of_its_own(self):
        self.check_stays_small(DETECTORS_VIDEO="custom", CUSTOM_URL="SANDBOX/custom/detect",
                               CUSTOM_KINDS="video", CUSTOM_SCORE_POINTER="/result/probability",
                               CUSTOM_SCORE_MAX="100", CUSTOM_HEADERS="Authorization: Bearer k")
