"""Each route has one name: whatever else a lax server would read as that name is refused.

A proxy's rule (`deny /api/admin`) compares the path as it was sent. Nothing may reach a route by another.
"""

import pathlib
import re
import unittest

from harness import ADMIN_TOKEN, ServiceTest, jpeg

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "api.md"
HASH = "0" * 64


def documented_routes():
    """The methods and paths of the table in docs/api.md."""
    table = DOCS.read_text().split("\n## ")[0]
    routes = []
    for row in re.findall(r"^\| (`.*?) \|", table, re.M):
        methods = ["GET"]
        for name in re.findall(r"`([^`]+)`", row):
            *method, path = name.split()
            methods = method or methods
            if path.startswith("/"):
                path = re.sub(r"<[^>]*>", HASH, path.split("?")[0])
                routes.append((methods[0].replace("HEAD", "GET"), path))
    return routes


class Paths(ServiceTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.routes = documented_routes()

    def setUp(self):
        super().setUp()
        self.box = self.sandbox()
        self.app = self.service(self.box)

    def ask(self, method, path):
        """The status and the body of the answer to these bytes; the caller is an administrator."""
        received = self.app.raw(
            f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN_TOKEN}\r\n"
            f"Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
        return int(received.split()[1]), received

    def test_the_documented_names_are_there(self):
        self.assertGreaterEqual(len(self.routes), 9)
        for method, path in self.routes:
            with self.subTest(path):
                status, received = self.ask(method, path)
                self.assertNotIn(b"There is nothing at this path", received)
                self.assertNotEqual(status, 405)

    def test_an_escape_that_hides_a_letter_or_a_slash_is_malformed(self):
        for method, path in self.routes:
            letter = f"%{ord(path[1:2] or 'x'):02x}"
            last = f"%{ord(path[-1]):02X}"
            for hidden in ("/" + letter + path[2:], path[:-1] + last, path.replace("/", "/%2e/", 1),
                           "/x%2f.." + path, "/x%5C.." + path, "/x\\.." + path,
                           path.replace("/api/", "/api%2F")):
                if hidden == path:
                    continue
                with self.subTest(hidden):
                    status, received = self.ask(method, hidden)
                    self.assertEqual(status, 400, received)
                    self.assertIn(b'"bad_request"', received)
                    self.assertIn(b"\r\nConnection: close\r\n", received)

    def test_a_doubled_or_trailing_slash_is_nothing(self):
        for method, path in self.routes:
            others = {path + "/", path + "//", "/" + path, path.replace("/api/", "/api//"),
                      path.replace("/", "//"), path + "/?x=1", path + "/."} - {path, "/", "/?x=1"}
            for other in others:
                # Behind the entries stands a key, and a dot is a malformed one: 400.
                if other in ("//?x=1", "/.", "/api/admin/cache/entries/."):
                    continue
                with self.subTest(other):
                    status, received = self.ask(method, other)
                    self.assertEqual(status, 404, received)
                    self.assertIn(b"There is nothing at this path", received)
                    self.assertNotIn(b"\r\nLocation:", received)

    def test_two_types_of_one_body_are_malformed_and_cost_nothing(self):
        photo = jpeg("two types")
        for first, second in (("image/jpeg", "text/plain"), ("image/jpeg", "image/jpeg"),
                              ("text/plain", "image/jpeg")):
            with self.subTest(first + " " + second):
                received = self.app.raw(
                    b"POST /api/analysis/file HTTP/1.1\r\nHost: x\r\nContent-Type: "
                    + first.encode() + b"\r\ncontent-type: " + second.encode()
                    + b"\r\nContent-Length: %d\r\n\r\n" % len(photo) + photo)
                self.assertTrue(received.startswith(b"HTTP/1.1 400 "), received)
        self.assertEqual(self.box.calls()["total"], 0)


if __name__ == "__main__":
    unittest.main()
