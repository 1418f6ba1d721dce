#!/usr/bin/env python3
"""Checks tests/spec/one_paid_call.pml in every order of events with the model checker spin.

The protocol must hold; each of its deliberately broken variants must be found out.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

SPEC = pathlib.Path(__file__).with_name("one_paid_call.pml")
CASES = [  # what is checked, how, and whether it must hold
    ("the protocol", {}, True),
    ("one replica while the shared store is away", {"LEASES": 0}, True),
    ("the protocol with a store that loses a lease", {"MAY_LOSE": 1, "MAY_DIE": 0}, True),
    ("the protocol with a replica that is frozen", {"MAY_FREEZE": 1, "MAY_DIE": 0}, True),
    ("broken: the lease is not checked", {"FAULT": 1}, False),
    ("broken: no second look after the claim", {"FAULT": 2}, False),
    ("broken: the key leaves the table before the verdict is kept", {"FAULT": 3, "LEASES": 0}, False),
    ("broken: the lease ends before the verdict is kept", {"FAULT": 4}, False),
    ("broken: a replica pays after a freeze", {"FAULT": 5, "MAY_FREEZE": 1, "MAY_DIE": 0}, False),
    ("broken: what a late renewal puts back is not ended", {"FAULT": 6, "MAY_LOSE": 1, "MAY_DIE": 0}, False),
    ("broken: the keeper ends a lease before the verdict is kept", {"FAULT": 8, "MAY_LOSE": 1, "MAY_DIE": 0}, False),
    ("broken: the journal ends leases of owners that still run", {"FAULT": 7}, False),
]


def errors_of(options, directory):
    """How many errors the checker finds, and what it printed."""
    defines = [f"-D{name}={value}" for name, value in options.items()]
    subprocess.run(["spin", *defines, "-a", str(SPEC)], cwd=directory, check=True,
                   capture_output=True, text=True)
    subprocess.run(["cc", "-O1", "-DSAFETY", "-DVECTORSZ=2048", "-w", "-o", "pan", "pan.c"],
                   cwd=directory, check=True)
    done = subprocess.run(["./pan", "-m100000"], cwd=directory, capture_output=True, text=True,
                          timeout=200)
    for line in done.stdout.splitlines():
        if "errors:" in line:
            return int(line.rsplit("errors:", 1)[1]), done.stdout
    raise SystemExit("the checker did not finish:\n" + done.stdout + done.stderr)


def main():
    if not shutil.which("spin"):
        raise SystemExit("spin is not installed (scripts/setup test)")
    failed = False
    for what, options, must_hold in CASES:
        with tempfile.TemporaryDirectory(prefix="vcache-spec-") as directory:
            errors, output = errors_of(options, directory)
        states = next((line.split()[0] for line in output.splitlines()
                       if "states, stored" in line), "?")
        right = (errors == 0) == must_hold and ("assertion violated" in output) != must_hold
        failed = failed or not right
        print(f"{'ok ' if right else 'BAD'} {what}: {errors} errors in {states} states")
        if not right:
            print(output)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
