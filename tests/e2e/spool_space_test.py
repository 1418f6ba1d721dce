"""Uploads that arrive at once leave the reserve of SPOOL_DIR's disk free, all of them together."""

import json
import os
import re
import socket
import subprocess
import threading
import time

from harness import PATIENCE, ServiceTest, jpeg

MIB = 1024 * 1024
DISK = 200 * MIB
RESERVE = 64 * MIB
UPLOADS = 60
FIRST = MIB + 150_000  # of each upload: more than what stays in memory


class SpoolSpace(ServiceTest):
    def small_disk(self):
        """A directory on a disk of its own, or None where this process may not mount one."""
        directory = self.directory / "spool"
        directory.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(directory)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        if mounted.returncode != 0:
            return None
        self.addCleanup(subprocess.run, ["umount", "--lazy", str(directory)], check=False)
        return directory

    def test_sixty_uploads_leave_the_reserve(self):
        directory = self.small_disk()
        if directory is None:
            print("no disk can be mounted here; unit_content tests the account of the space")
            return
        app = self.service(self.sandbox(), SPOOL_DIR=str(directory), MAX_UPLOAD_MB="10")
        content = jpeg("spool", DISK // UPLOADS + 100_000)
        begun, grown = threading.Barrier(UPLOADS + 1), threading.Barrier(UPLOADS + 1)
        measured = threading.Event()
        answers = [b""] * UPLOADS

        def upload(index):
            """In three pieces: enough for a file on the disk, all but the last byte, and that byte."""
            body = content[:-1] + bytes([index])
            head = (f"POST /api/analysis/file HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n"
                    f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n").encode()
            with socket.create_connection(("127.0.0.1", app.port), PATIENCE) as connection:
                connection.sendall(head + body[:FIRST])
                begun.wait(PATIENCE)
                try:
                    connection.sendall(body[FIRST:-1])
                except OSError:
                    pass  # refused already; what it was told is still to be read
                grown.wait(PATIENCE)
                measured.wait(PATIENCE)
                try:
                    connection.sendall(body[-1:])
                    while piece := connection.recv(65536):
                        answers[index] += piece
                except OSError:
                    pass

        threads = [threading.Thread(target=upload, args=(index,)) for index in range(UPLOADS)]
        for thread in threads:
            thread.start()
        self.await_free(directory, lambda free: free <= DISK - UPLOADS * MIB)
        begun.wait(PATIENCE)
        lowest = DISK
        while grown.n_waiting < UPLOADS and not grown.broken:
            lowest = min(lowest, self.free(directory))
        grown.wait(PATIENCE)
        lowest = min(lowest, self.await_quiet(directory))
        measured.set()
        for thread in threads:
            thread.join()

        statuses = [re.match(rb"HTTP/1\.1 (\d{3})", answer) for answer in answers]
        taken = sum(1 for found in statuses if found and found.group(1) == b"200")
        refused = [answer for answer, found in zip(answers, statuses)
                   if found and found.group(1) == b"503"]
        self.assertGreaterEqual(lowest, RESERVE)
        self.assertGreater(taken, UPLOADS // 6, statuses)
        self.assertGreater(len(refused), 0, statuses)
        for answer in refused:
            self.assertEqual(json.loads(answer.partition(b"\r\n\r\n")[2])["code"], "io_error")
        # Nothing stays of either, and there is room again.
        self.await_free(directory, lambda free: free == DISK)
        self.assertEqual(app.request("POST", "/api/analysis/file", content,
                                     {"Content-Type": "image/jpeg"}).status, 200)

    @staticmethod
    def free(directory):
        status = os.statvfs(directory)
        return status.f_bavail * status.f_frsize

    def await_free(self, directory, wanted):
        deadline = time.monotonic() + PATIENCE
        while not wanted(self.free(directory)):
            self.assertLess(time.monotonic(), deadline, self.free(directory))
            time.sleep(0.01)

    def await_quiet(self, directory):
        """The least space that was free until nothing was written for a while."""
        lowest, seen, since = DISK, None, time.monotonic()
        while time.monotonic() < since + 0.5:
            free = self.free(directory)
            if free != seen:
                lowest, seen, since = min(lowest, free), free, time.monotonic()
            time.sleep(0.005)
        return lowest
