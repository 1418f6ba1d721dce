"""scripts/count-commands: what a hit, a miss and an idle minute cost the Redis stays in its budget."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

import harness

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts/count-commands"


@unittest.skipUnless(shutil.which("redis-server") or os.environ.get("CI"),
                     "redis-server is not installed")
class CountCommands(unittest.TestCase):
    def run_script(self, *arguments, build=harness.BUILD):
        return subprocess.run([sys.executable, "-B", str(SCRIPT), *arguments], text=True,
                              env={**os.environ, "VCACHE_BUILD_DIR": str(build)},
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=200)

    def test_everything_is_within_its_budget_and_what_is_not_is_told(self):
        done = self.run_script("--budget", "flush of counters=0")
        rows = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|", done.stdout, re.MULTILINE))
        self.assertEqual(rows["memory hit"], "0", done.stdout + done.stderr)
        self.assertEqual(rows["hit"], "1")
        self.assertLessEqual(float(rows["miss with its look-up"]), 7)
        self.assertEqual(rows["flush of counters"], "1")
        self.assertLessEqual(6 * float(rows["flush of counters"]) +
                             float(rows["fold of counters"]) / 3, 12)
        self.assertIn("1 GET", done.stdout)
        self.assertEqual(done.stdout.count("EXCEEDED"), 1)
        self.assertEqual(done.returncode, 1)

    def test_what_it_cannot_do_is_said(self):
        self.assertIn("--idle", self.run_script("--help").stdout)
        nothing = self.run_script(build="/nonexistent")
        self.assertEqual(nothing.returncode, 2)
        self.assertIn("verdictcache is not there", nothing.stderr)
        self.assertEqual(self.run_script("--budget", "lunch=3").returncode, 2)
