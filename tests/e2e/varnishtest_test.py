"""The framing of requests, by scripts of another project's HTTP test program.

It has a reader and a writer of HTTP of its own, so it does not share a mistake with ours.
"""

import pathlib
import subprocess
import unittest

from harness import PATIENCE, ServiceTest

SCRIPTS = sorted((pathlib.Path(__file__).parent / "vtc").glob("*.vtc"))


class Scripts(ServiceTest):
    def setUp(self):
        super().setUp()
        self.app = self.service(self.sandbox())

    def test_all_scripts(self):
        self.assertGreaterEqual(len(SCRIPTS), 4)
        for script in SCRIPTS:
            with self.subTest(script.name):
                done = subprocess.run(
                    ["varnishtest", "-t", str(int(PATIENCE)), "-Dservice=127.0.0.1:%d" % self.app.port,
                     str(script)], cwd=self.directory, env={"PATH": "/usr/bin:/bin",
                                                            "TMPDIR": str(self.directory)},
                    text=True, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                self.assertEqual(done.returncode, 0, done.stdout)

    def test_a_script_whose_expectation_fails_is_noticed(self):
        script = self.directory / "wrong.vtc"
        script.write_text('varnishtest "wrong"\nclient c1 -connect ${service} {\n\ttxreq -url /api/health\n'
                          "\trxresp\n\texpect resp.status == 404\n} -run\n")
        done = subprocess.run(
            ["varnishtest", "-Dservice=127.0.0.1:%d" % self.app.port, str(script)],
            cwd=self.directory, text=True, check=False, capture_output=True)
        self.assertNotEqual(done.returncode, 0)


if __name__ == "__main__":
    unittest.main()
