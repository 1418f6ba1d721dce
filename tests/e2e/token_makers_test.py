"""Tokens as sites make them, by jose and jsonwebtoken from npm, against the service."""

import json
import pathlib
import shutil
import subprocess
import unittest

from harness import BUILD, ServiceTest
from official_clients_test import install

SOURCE = pathlib.Path(__file__).resolve().parents[1] / "official_clients" / "tokens"
PLACE = BUILD / "official_clients" / "tokens"
SECRET = "kJ7vQ2mXw9dR4tYb6nHc3sLf8gZp5aEu"
TEXT = b"Fifty characters or more of any text that somebody wants to have judged."


def openssl(*arguments, stdin=""):
    return subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, text=True,
                          check=True).stdout


class TokenMakers(ServiceTest):
    @classmethod
    def setUpClass(cls):
        if shutil.which("npm") is None:
            raise unittest.SkipTest("npm is not installed")
        try:
            install(SOURCE, PLACE, "make.mjs")
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise unittest.SkipTest(f"the registry was not reached: {error}") from error
        cls.rsa = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
        cls.ec = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
        made = subprocess.run(["node", "make.mjs"], cwd=PLACE, capture_output=True, text=True,
                              input=json.dumps({"secret": SECRET, "rsa": cls.rsa, "ec": cls.ec}),
                              timeout=60, check=True)
        cls.tokens = json.loads(made.stdout)

    def accepted(self, **environment):
        """Which algorithms a service takes tokens of, of all that were made; the rest is 401."""
        sandbox = self.sandbox()
        # Wrong tokens are many here.
        service = self.service(sandbox, RATE_LIMIT_FAILED_TRIES="0",
                               JWT_ISSUER="https://site.example/", JWT_AUDIENCE="verdicts",
                               **environment)
        taken = set()
        for made in self.tokens:
            with self.subTest(made["maker"], alg=made["alg"]):
                bearer = {"Authorization": f"Bearer {made['token']}"}
                answer = service.request("POST", "/api/analysis/text", TEXT,
                                         {"Content-Type": "text/plain", **bearer})
                self.assertIn(answer.status, (200, 401), answer.body)
                stats = service.request("GET", "/api/admin/cache/stats", None, bearer)
                rights = 200 if made["claims"].get("role") == "ADMIN" else 403
                self.assertEqual(stats.status, rights if answer.status == 200 else 401)
                if answer.status == 200:
                    taken.add((made["maker"], made["alg"]))
        return taken

    def test_each_kind_of_key_takes_its_own_algorithm_and_no_other(self):
        def both(alg):
            return {("jose", alg), ("jsonwebtoken", alg)}

        rsa = openssl("pkey", "-pubout", stdin=self.rsa)
        ec = openssl("pkey", "-pubout", stdin=self.ec)
        self.assertEqual(self.accepted(JWT_SECRET=SECRET), both("HS256"))
        self.assertEqual(self.accepted(JWT_PUBLIC_KEY=rsa), both("RS256"))
        self.assertEqual(self.accepted(JWT_PUBLIC_KEY=ec.replace("\n", "\\n")), both("ES256"))
        self.assertEqual(self.accepted(JWT_PUBLIC_KEY=rsa + ec, JWT_SECRET=SECRET),
                         both("HS256") | both("RS256") | both("ES256"))
