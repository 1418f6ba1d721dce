"""scripts/nightly: counts its stages, hands its seed on, and says what it leaves out."""

import re
import shutil
import subprocess
import unittest

from programs import ROOT, Workplace

PROJECT = """cmake_minimum_required(VERSION 3.25)
project(probe NONE)
add_custom_target(verdictcache)
add_custom_target(wall_clock)
"""
TORTURE = """import sys
if "--list" in sys.argv:
    print("one\\ntwo")
else:
    print("torture", *sys.argv[1:])
    sys.exit({status})
"""


class Nightly(unittest.TestCase):
    def setUp(self):
        self.place = Workplace()
        self.addCleanup(self.place.remove)
        root = self.place.root
        shutil.copy(ROOT / "CMakePresets.json", root)
        (root / "CMakeLists.txt").write_text(PROJECT)
        (root / "tests/torture").mkdir(parents=True)
        (root / "tests/fuzz/corpus/head").mkdir(parents=True)
        # Without the compiler of the fuzz targets.
        self.tools = root / "tools"
        self.tools.mkdir()
        for name in ("bash", "cat", "cmake", "dirname", "env", "ls", "mkdir", "ninja", "nproc", "python3",
                     "tail", "wc"):
            (self.tools / name).symlink_to(shutil.which(name))

    def run_nightly(self, *arguments, torture=0):
        (self.place.root / "tests/torture/torture.py").write_text(TORTURE.format(status=torture))
        done = subprocess.run([self.place.root / "scripts/nightly", *arguments], text=True, check=False,
                              capture_output=True, stdin=subprocess.DEVNULL,
                              env=self.place.environment(PATH=str(self.tools)))
        self.output = done.stdout + done.stderr
        return done.returncode, self.output.splitlines()[-1]

    def test_a_night_without_a_fault(self):
        self.assertEqual(self.run_nightly("--seed", "7", "--minutes", "1"), (0, "2 passed, 0 failed"),
                         self.output)
        self.assertIn("torture --seed 7 --seconds-per-phase 30", self.output)
        self.assertIn("fuzz is left out: clang++-14 is not installed", self.output)

    def test_a_failed_torture_fails_the_night_and_shows_its_seed(self):
        self.assertEqual(self.run_nightly(torture=1), (1, "1 passed, 1 failed"), self.output)
        seed = re.search(r"(?m)^seed (\d+)$", self.output).group(1)
        self.assertIn(f"torture --seed {seed} ", self.output)

    def test_an_option_that_it_does_not_know(self):
        self.assertEqual(self.run_nightly("--hours", "1")[0], 64)
