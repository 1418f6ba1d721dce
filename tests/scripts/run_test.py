"""scripts/run: what it starts, what it says, and that nothing is left behind."""

import json
import os
import pathlib
import re
import signal
import subprocess
import unittest

from programs import ROOT, Workplace, alive, eventually


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

    def test_a_credential_in_a_file_of_its_own_means_no_sandbox(self):
        self.place.start(SAPLING_API_KEY_FILE="/run/secrets/sapling")
        self.wait_until_answering()
        self.assertEqual(self.place.read("sandbox.pid"), "")

    def test_says_that_analyses_need_credentials_where_they_do(self):
        self.place.start(API_KEYS="v8Qm2xKd7Lp4Tz9Wb6")
        self.wait_until_answering()
        said = self.place.read("stderr.log")
        self.assertIn("Authorization: Bearer", said)
        self.assertNotIn("v8Qm2xKd7Lp4Tz9Wb6", said)

    def test_the_key_of_each_vendor_of_the_table_means_no_sandbox(self):
        table = (ROOT / "include/vcache/core/vendor_table.h").read_text()
        keys = re.findall(r'\.key = {\s*"([A-Z_]+)"', table)
        self.assertGreater(len(keys), 5)
        self.assertEqual(len(keys), table.count(".key = {"))
        for key in [*keys, "CUSTOM_URL"]:
            with self.subTest(key):
                place = Workplace()
                self.addCleanup(place.remove)
                place.start(**{key: "key"})
                self.assertTrue(eventually(lambda: "answers on" in place.read("stderr.log")))
                self.assertEqual(place.read("sandbox.pid"), "")

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
        self.place.start(PORT=None)
        self.wait_until_answering()

    def test_the_environment_hides_the_env_file_also_when_it_is_empty(self):
        (self.place.root / ".env").write_text("SAPLING_API_KEY=key\n")
        self.place.start(SAPLING_API_KEY="")
        self.wait_until_answering()
        self.assertIn("stands in", self.place.read("stderr.log"))

    def test_lines_of_the_env_file_are_read_as_the_service_reads_them(self):
        text = (self.place.root / "scripts/run").read_text()
        functions = text[text.index("# Without white space"):text.index("# One line that counts")]
        for line, value in (("PORT=1", "1"), ("\ufeffPORT=1", "1"), (" export\tPORT = 1 ", "1"),
                            ("PORT=1\r", "1"), ("PORT=' 1 '", "1"), ('PORT="1" # c', "1"),
                            ("PORT=1 # c", "1"), ("PORT=1\t#c", "1"), ("PORT=#1", "#1"),
                            ("PORT= # c", ""), ("PORT=a#b", "a#b"), ("PORT=a#b # c # d", "a#b"),
                            ("PORT='a # b'", "a # b"), ("PORT=''", ""), ("PORT=", ""),
                            ("XPORT=1", ""), ("PORTX=1", ""), ("#PORT=1", ""), ("PORT=$HOME", "$HOME"),
                            ("PORT=it's", "it's"), ("PORT=*", "*"), ("A=1\nPORT=2", "2")):
            with self.subTest(line):
                (self.place.root / ".env").write_text(line + "\n", newline="")
                done = subprocess.run(["bash", "-euo", "pipefail", "-c", functions + "setting PORT"],
                                      cwd=self.place.root, capture_output=True, text=True, timeout=20,
                                      env={"PATH": os.environ["PATH"], "HOME": "/root"})
                self.assertEqual((done.stdout, done.stderr), (value, ""))

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

    def test_a_copied_tree_builds_its_own_sources(self):
        """With the real CMake: the old folder's sources are still there, and must not be built."""
        for name in ("verdictcache", "detector-sandbox"):
            self.place.write_program(name, f"#!/bin/sh\necho of the old folder >service.log\nexit 3\n")
        (self.place.root / "CMakePresets.json").write_text(json.dumps({
            "version": 4,
            "configurePresets": [{"name": "release", "generator": "Ninja",
                                  "binaryDir": "${sourceDir}/build/${presetName}"}],
            "buildPresets": [{"name": "release", "configurePreset": "release"}]}))
        (self.place.root / "CMakeLists.txt").write_text("""
            cmake_minimum_required(VERSION 3.25)
            project(programs LANGUAGES NONE)
            add_custom_target(vcachectl)
            foreach(name verdictcache detector-sandbox)
              add_custom_command(OUTPUT made-${name} DEPENDS bin/${name}
                COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_SOURCE_DIR}/bin/${name} ${name}
                COMMAND ${CMAKE_COMMAND} -E touch made-${name})
              add_custom_target(${name} DEPENDS made-${name})
            endforeach()
        """)
        real = {"VERDICTCACHE_BIN_DIR": "", "SKIP_SETUP": "1"}
        self.assertEqual(self.place.start("--version", **real).wait(timeout=60), 3)
        copy = self.place.copied()
        self.addCleanup(copy.remove)
        for name in ("verdictcache", "detector-sandbox"):
            copy.write_program(name, "#!/bin/sh\necho of the new folder >service.log\nexit 4\n")
        for again in (False, True):
            with self.subTest(again=again):
                self.assertEqual(copy.start("--version", **real).wait(timeout=60), 4,
                                 copy.read("stderr.log"))
                self.assertEqual(copy.read("service.log"), "of the new folder\n")
                self.assertEqual("afresh" in copy.read("stderr.log"), not again)
        self.assertEqual(self.place.start("--version", **real).wait(timeout=60), 3)
        self.assertNotIn("afresh", self.place.read("stderr.log"))

    def test_a_tree_behind_a_link_is_no_other_folder(self):
        cmake = ("mkdir -p build/release && touch build/release/build.ninja\n"
                 f"echo CMAKE_HOME_DIRECTORY:INTERNAL={self.place.root}-link >build/release/CMakeCache.txt\n"
                 "cp bin/verdictcache bin/detector-sandbox build/release/")
        link = pathlib.Path(f"{self.place.root}-link")
        link.symlink_to(self.place.root)
        self.addCleanup(link.unlink)
        for _ in range(2):
            self.assertEqual(self.build_with(cmake).wait(timeout=30), 5)
        self.assertNotIn("--fresh", self.place.read("cmake.log"))
        self.assertEqual(self.place.read("cmake.log").count("--preset release -D"), 1)

    def test_a_build_that_fails_shows_its_output_and_starts_nothing(self):
        self.assertEqual(self.build_with("echo what went wrong\nexit 1").wait(timeout=30), 1)
        self.assertIn("what went wrong", self.place.read("stderr.log"))
        self.assertEqual(self.place.read("service.log"), "")


if __name__ == "__main__":
    unittest.main()
