"""Uploads that arrive at once leave the reserve of SPOOL_DIR's disk free, all of them together."""

import json
import os
import re
import socket
import subprocess
import threading

from harness import PATIENCE, ServiceTest, jpeg

MIB = 1024 * 1024
DISK = 200 * MIB
RESERVE = 64 * MIB
UPLOADS = 60


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
        all_there = threading.Barrier(UPLOADS + 1)
        measured = threading.Event()
        answers = [b""] * UPLOADS

        def upload(index):
            """All but the last byte; the rest when every spool is as large as it becomes."""
            body = content[:-1] + bytes([index])
            head = (f"POST /api/analysis/file HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n"
                    f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n").encode()
            with socket.create_connection(("127.0.0.1", app.port), PATIENCE) as connection:
                try:
                    connection.sendall(head + body[:-1])
                except OSError:
                    pass  # refused already; what it was told is still to be read
                all_there.wait(PATIENCE)
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
        all_there.wait(PATIENCE)
        # What was sent may not be written yet: the lowest point comes with the last writes.
        lowest = free = self.free(directory)
        while True:
            threading.Event().wait(0.2)
            before, free = free, self.free(directory)
            lowest = min(lowest, free)
            if free == before:
                break
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
        self.assertEqual(self.free(directory), DISK)
        self.assertEqual(app.request("POST", "/api/analysis/file", content,
                                     {"Content-Type": "image/jpeg"}).status, 200)

    @staticmethod
    def free(directory):
        status = os.statvfs(directory)
        return status.f_bavail * status.f_frsize
