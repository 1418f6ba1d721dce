"""scripts/run: what it starts, what it says, and that nothing is left behind."""

import os
import signal
import unittest

from programs import Workplace, alive, eventually


class Run(unittest.TestCase):
    def setUp(self):
        self.place = Workplace()
        self.addCleanup(self.place.remove)

    def wait_until_answering(self):
        answering = eventually(lambda: "answers on" in self.place.read("stderr.log"))
        self.assertTrue(answering, self.place.read("stderr.log"))

    def test_starts_the_sandbox_when_no_vendor_is_configured_and_says_so(self):
        self.place.start()
        self.wait_until_answering()
        said = self.place.read("stderr.log")
        self.assertIn("detector-sandbox stands in", said)
        self.assertIn(f"http://localhost:{self.place.port}/api/analysis/file", said)
        self.assertIn("http://127.0.0.1:", self.place.read("service.log"))
        self.assertTrue(alive(self.place.pid("sandbox")))

    def test_a_credential_in_the_environment_means_no_sandbox(self):
        self.place.start(SAPLING_API_KEY="key")
        self.wait_until_answering()
        self.assertEqual(self.place.read("sandbox.pid"), "")
        self.assertEqual(self.place.read("service.log"), "[] ")

    def test_credentials_in_the_env_file_are_found_however_they_are_written(self):
        for line in ("OPENAI_API_KEY=k", "export OPENAI_API_KEY='k'", '  OPENAI_API_KEY = "k" # x'):
            with self.subTest(line):
                place = Workplace()
                self.addCleanup(place.remove)
                (place.root / ".env").write_text(f"# keys\n{line}\n")
                place.start()
                self.assertTrue(eventually(lambda: "answers on" in place.read("stderr.log")))
                self.assertEqual(place.read("sandbox.pid"), "")

    def test_empty_and_commented_credentials_are_none(self):
        (self.place.root / ".env").write_text(
            "OPENAI_API_KEY=\nSAPLING_API_KEY=''\n#SIGHTENGINE_API_SECRET=s\nSIGHTENGINE_API_SECRET= # s\n")
        self.place.start()
        self.wait_until_answering()
        self.assertIn("stands in", self.place.read("stderr.log"))

    def test_a_port_in_the_env_file_is_where_it_is_looked_for(self):
        (self.place.root / ".env").write_text(f"PORT={self.place.port}\n")
        # The fake reads the environment only: the script must not have needed it there.
        text = (self.place.bin / "verdictcache").read_text()
        self.place.write_program(
            "verdictcache", text.replace('os.environ["PORT"]', str(self.place.port)))
        self.place.start(PORT="")
        self.wait_until_answering()

    def check_stopped_by(self, send):
        process = self.place.start()
        self.wait_until_answering()
        service, sandbox = self.place.pid("service"), self.place.pid("sandbox")
        send(process)
        self.assertEqual(process.wait(timeout=20), 0)
        self.assertEqual(self.place.read("signals.log"), str(int(signal.SIGTERM)))
        self.assertFalse(alive(service))
        self.assertFalse(alive(sandbox))

    def test_sigterm_stops_both_and_reaches_the_service_once(self):
        self.check_stopped_by(lambda process: process.send_signal(signal.SIGTERM))

    def test_ctrl_c_goes_to_the_whole_group_and_reaches_the_service_once(self):
        self.check_stopped_by(lambda process: os.killpg(process.pid, signal.SIGINT))

    def test_killed_outright_it_leaves_no_orphan(self):
        process = self.place.start()
        self.wait_until_answering()
        service, sandbox = self.place.pid("service"), self.place.pid("sandbox")
        process.kill()
        process.wait()
        self.assertTrue(eventually(lambda: not alive(service) and not alive(sandbox)))

    def test_the_exit_status_is_the_services_and_the_sandbox_goes_too(self):
        process = self.place.start(FAKE_EXIT="2")
        self.assertEqual(process.wait(timeout=20), 2)
        self.assertFalse(alive(self.place.pid("sandbox")))
        self.assertNotIn("answers on", self.place.read("stderr.log"))

    def test_a_sandbox_that_does_not_start_ends_it_with_what_it_said(self):
        self.place.write_program("detector-sandbox", "#!/bin/sh\necho no port for me\nexit 3\n")
        process = self.place.start()
        self.assertEqual(process.wait(timeout=30), 1)
        self.assertIn("no port for me", self.place.read("stderr.log"))
        self.assertEqual(self.place.read("service.pid"), "")

    def test_options_reach_the_service(self):
        process = self.place.start("--version", FAKE_EXIT="7")
        self.assertEqual(process.wait(timeout=20), 7)
        self.assertIn("--version", self.place.read("service.log"))
        self.assertEqual(self.place.read("sandbox.pid"), "")

    def build_with(self, cmake):
        """scripts/run with a cmake of our own, which logs its arguments."""
        self.place.write_program("cmake", f'#!/bin/sh\necho "$*" >>cmake.log\n{cmake}\n')
        path = f"{self.place.bin}:{os.environ['PATH']}"
        return self.place.start(PATH=path, VERDICTCACHE_BIN_DIR="", SKIP_SETUP="1", FAKE_EXIT="5")

    def test_builds_the_programs_and_configures_once(self):
        cmake = ("mkdir -p build/release && touch build/release/build.ninja\n"
                 "cp bin/verdictcache bin/detector-sandbox build/release/\n"
                 "for i in 1 2 3 4; do echo \"[$i/4] Building\"; done")
        for _ in range(2):
            self.assertEqual(self.build_with(cmake).wait(timeout=30), 5)
        self.assertEqual(self.place.read("cmake.log").splitlines(), [
            "--preset release -DBUILD_TESTING=OFF",
            *["--build --preset release --target verdictcache vcachectl detector-sandbox"] * 2])
        self.assertIn("  2 of 4\n", self.place.read("stderr.log"))

    def test_a_build_that_fails_shows_its_output_and_starts_nothing(self):
        self.assertEqual(self.build_with("echo what went wrong\nexit 1").wait(timeout=30), 1)
        self.assertIn("what went wrong", self.place.read("stderr.log"))
        self.assertEqual(self.place.read("service.log"), "")


if __name__ == "__main__":
    unittest.main()
