"""What the service costs a Redis that bills by the command stays within its budget."""

import os
import pathlib
import subprocess
import unittest

from harness import BUILD

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts/count-commands"


class Commands(unittest.TestCase):
    def test_each_thing_is_within_its_budget(self):
        done = subprocess.run([SCRIPT], text=True, check=False, capture_output=True,
                              env={**os.environ, "VCACHE_BUILD_DIR": str(BUILD)})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        rows = [line.split(" | ") for line in done.stdout.splitlines()[2:]]
        counted = {row[0].lstrip("| "): float(row[1]) for row in rows}
        self.assertGreaterEqual(len(counted), 12, done.stdout)
        self.assertEqual((counted["memory hit"], counted["hit"]), (0, 1), done.stdout)
        self.assertGreater(counted["miss with its look-up"], 2, done.stdout)


if __name__ == "__main__":
    unittest.main()
