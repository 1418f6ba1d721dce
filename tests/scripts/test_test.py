"""scripts/test: its counts are true, and what did not run never passes."""

import shutil
import signal
import subprocess
import unittest

from programs import ROOT, Workplace, alive, eventually

PROJECT = """cmake_minimum_required(VERSION 3.25)
project(probe NONE)
enable_testing()
find_program(TRUE true)
find_program(FALSE false)
"""
SCRIPT_TEST = """import unittest
class Probe(unittest.TestCase):
    def test_one(self):
        self.assertTrue({outcome})
"""


class Test(unittest.TestCase):
    def setUp(self):
        self.place = Workplace()
        self.addCleanup(self.place.remove)
        self.root = self.place.root
        for name in ("docs/architecture.md", "docs/pitfalls.md", "Dockerfile", ".dockerignore", "render.yaml",
                     "CMakePresets.json", ".clang-format",
                     ".env.example"):
            (self.root / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, self.root / name)
        (self.root / "tests/scripts").mkdir(parents=True)
        self.write_script_test("True")
        # Stages that have tests of their own or need compiled programs.
        for name in ("check-image", "setup"):
            (self.root / "scripts" / name).write_text("#!/bin/sh\nexit 0\n")

    def write_script_test(self, outcome):
        (self.root / "tests/scripts/probe_test.py").write_text(SCRIPT_TEST.format(outcome=outcome))

    def run_tests(self, tests, *arguments, **environment):
        (self.root / "CMakeLists.txt").write_text(PROJECT + tests)
        arguments = arguments or ("--preset", "dev")
        done = subprocess.run([self.root / "scripts/test", *arguments], text=True, check=False,
                              capture_output=True, stdin=subprocess.DEVNULL,
                              env=self.place.environment(**environment))
        self.output = done.stdout + done.stderr
        return done.returncode, done.stdout.splitlines()[-1]

    def test_counts_what_passed_and_what_failed(self):
        tests = "add_test(NAME a COMMAND ${TRUE})\nadd_test(NAME b COMMAND ${TRUE})\n"
        self.assertEqual(self.run_tests(tests), (0, "3 passed, 0 failed"))
        status, last = self.run_tests(tests + "add_test(NAME c COMMAND ${FALSE})\n")
        self.assertEqual((status, last), (1, "3 passed, 1 failed"))
        self.assertIn("test-dev failed", self.output)

    def test_sums_over_the_presets_and_each_has_a_line_with_its_time(self):
        status, last = self.run_tests("add_test(NAME a COMMAND ${TRUE})\n", "--jobs", "2")
        self.assertEqual((status, last), (0, "4 passed, 0 failed"), self.output)
        for stage in ("format", "shell", "includes", "build-asan", "test-tsan"):
            self.assertRegex(self.output, rf"(?m)^{stage} +ok +\d+ s$")

    def test_quick_runs_unit_tests_of_the_release_only(self):
        status, last = self.run_tests(
            "add_test(NAME a COMMAND ${TRUE})\nadd_test(NAME b COMMAND ${FALSE})\n"
            "set_tests_properties(a PROPERTIES LABELS unit)\n", "--quick")
        self.assertEqual((status, last), (0, "2 passed, 0 failed"), self.output)

    def test_no_test_at_all_is_a_failure(self):
        status, last = self.run_tests("")
        self.assertEqual((status, last), (1, "1 passed, 1 failed"))

    def test_a_program_that_is_missing_is_a_failure(self):
        status, last = self.run_tests("add_test(NAME a COMMAND /nonexistent)\n"
                                      "add_test(NAME b COMMAND ${TRUE})\n")
        self.assertEqual((status, last), (1, "2 passed, 1 failed"), self.output)

    def test_a_skipped_test_passes_on_a_laptop_and_fails_in_ci(self):
        tests = ("add_test(NAME a COMMAND ${TRUE})\nadd_test(NAME b COMMAND ${FALSE})\n"
                 "set_tests_properties(b PROPERTIES SKIP_RETURN_CODE 1)\n")
        self.assertEqual(self.run_tests(tests), (0, "2 passed, 0 failed"))
        self.assertEqual(self.run_tests(tests, CI="true"), (1, "2 passed, 1 failed"))

    def test_a_build_that_fails_is_one_failure(self):
        self.assertEqual(self.run_tests("message(FATAL_ERROR no)\n"), (1, "1 passed, 1 failed"))

    def test_a_build_that_was_begun_early_fails_alone(self):
        status, last = self.run_tests(
            "if(VCACHE_SANITIZE STREQUAL address,undefined)\nmessage(FATAL_ERROR no)\nendif()\n"
            "add_test(NAME a COMMAND ${TRUE})\n", "--jobs", "2")
        self.assertEqual((status, last), (1, "3 passed, 1 failed"), self.output)
        self.assertRegex(self.output, r"(?m)^build-asan +FAILED")
        self.assertRegex(self.output, r"(?m)^test-tsan +ok")

    @staticmethod
    def sleepers():
        return subprocess.run(["pgrep", "-x", "-f", "sleep 1000.5"], text=True, check=False,
                              capture_output=True).stdout.split()

    def test_no_compiler_outlives_the_script(self):
        (self.root / "CMakeLists.txt").write_text(
            PROJECT + "add_custom_target(slow ALL COMMAND sleep 1000.5)\n")
        with subprocess.Popen([self.root / "scripts/test", "--preset", "dev"], text=True,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              stdin=subprocess.DEVNULL, env=self.place.environment()) as script:
            self.assertTrue(eventually(self.sleepers))
            sleeping = self.sleepers()
            script.send_signal(signal.SIGTERM)
        self.assertTrue(eventually(lambda: not any(alive(pid) for pid in sleeping)))

    def test_each_check_can_fail(self):
        (self.root / "src/core").mkdir(parents=True)
        (self.root / "src/core/a.cpp").write_text('#include "vcache/app/a.h"\nint  x;\n')
        (self.root / "scripts/broken").write_text("#!/bin/bash\necho $1 `date`\n")
        (self.root / "tests/utils.py").write_text("")
        (self.root / ".dockerignore").write_text("")
        self.write_script_test("False")
        status, last = self.run_tests("add_test(NAME a COMMAND ${TRUE})\n")
        self.assertEqual((status, last), (1, "1 passed, 6 failed"), self.output)


if __name__ == "__main__":
    unittest.main()
