"""Who may call the administrators' routes: each of them, by the table of docs/api.md."""

import re
import unittest

from access_test import JWT_SECRET, READER, jwt
from harness import ADMIN_TOKEN, ServiceTest
from paths_test import DOCS, HASH

OPEN_METHODS = ("GET", "HEAD")
PROXY = {"TRUSTED_PROXY_HOPS": "1"}


def admin_routes():
    """Method and path of each route that the table marks as the administrators'."""
    table = DOCS.read_text().split("\n## ")[0]
    routes = []
    for row in re.findall(r"^\| (`.*?) \| .*\(admin\) \|$", table, re.M):
        methods, alone = ["GET"], []
        for name in re.findall(r"`([^`]+)`", row):
            *named, path = name.split()
            if not path.startswith("/"):  # the first of `GET`, `DELETE /path`
                alone.append(path)
                continue
            methods = alone + named or methods
            alone = []
            routes += [(method, re.sub(r"<[^>]*>", HASH, path)) for method in methods]
    return routes


class AdminAccess(ServiceTest):
    def setUp(self):
        super().setUp()
        self.routes = admin_routes()
        self.service_ = self.service(JWT_SECRET=JWT_SECRET, ADMIN_TOKENS=f"support:{READER}:read",
                                     RATE_LIMIT_FAILED_TRIES="2", **PROXY)

    def ask(self, method, path, token=None, client="192.0.2.1"):
        headers = {"X-Forwarded-For": client}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self.service_.request(method, path, None, headers)

    def test_the_table_names_them_all(self):
        self.assertGreaterEqual(len(self.routes), 21)
        for path in ("/api/admin/cache/import", "/api/cache/clear-all", "/api/test/cache",
                     "/api/admin/audit", "/api/admin/cache/counters/reset"):
            self.assertIn(path, [route for _, route in self.routes])

    def test_nobody_a_user_and_a_reader(self):
        for number, (method, path) in enumerate(self.routes):
            with self.subTest(f"{method} {path}"):
                client = f"198.51.100.{number}"  # who fails is slowed down
                self.assertProblem(self.ask(method, path, client=client), 401, "unauthenticated")
                self.assertProblem(self.ask(method, path, jwt({"sub": "7"}), client), 403, "forbidden")
                reader = self.ask(method, path, READER, client)
                if method in OPEN_METHODS:
                    self.assertNotIn(reader.status, (401, 403), reader.body)
                else:
                    self.assertProblem(reader, 403, "forbidden")

    def test_guesses_close_each_of_them(self):
        for number in range(3):
            guess = self.ask("GET", self.routes[0][1], f"a-guess-of-many-{number}")
            self.assertIn(guess.status, (401, 429))
        for method, path in self.routes:
            with self.subTest(f"{method} {path}"):
                closed = self.ask(method, path, ADMIN_TOKEN)
                self.assertProblem(closed, 429, "rate_limited")
                self.assertGreater(int(closed.headers["retry-after"]), 0)


if __name__ == "__main__":
    unittest.main()
