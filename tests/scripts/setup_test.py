"""scripts/setup: installs what is missing, no more, without asking, and starts nothing."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from programs import ROOT

DPKG_QUERY = """#!/bin/sh
case $* in *Provides*) printf 'installed %s\\n' "$PROVIDED"; exit 0 ;; esac
for name in $INSTALLED; do printf 'installed:%s ' "$name"; done
printf 'config-files:libssl-dev '
exit 1
"""
APT_GET = """#!/bin/sh
echo "$DEBIAN_FRONTEND $*" >>"$LOG"
if [ -t 0 ]; then echo "reads the terminal" >>"$LOG"; fi
"""
RECORD = """#!/bin/sh
echo "$(basename "$0") $*" >>"$LOG"
"""
ID = "#!/bin/sh\necho ${FAKE_UID:-0}\n"


class Setup(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)
        for name, text in (("dpkg-query", DPKG_QUERY), ("apt-get", APT_GET), ("systemctl", RECORD),
                           ("sudo", "#!/bin/sh\nexit 1\n"), ("id", ID), ("rm", RECORD)):
            (self.root / name).write_text(text)
            (self.root / name).chmod(0o755)
        # A policy of the machine is respected, so this test touches nothing outside its folder.
        self.release = self.root / "os-release"
        self.release.write_text('ID=debian\nVERSION_ID="12"\n')

    def setup(self, *arguments, installed=(), **extra):
        environment = {
            "PATH": f"{self.root}:{os.environ['PATH']}", "LOG": str(self.root / "log"),
            "OS_RELEASE_FILE": str(self.release), "POLICY_FILE": str(self.root / "policy-rc.d"),
            "INSTALLED": " ".join(installed)} | extra
        return subprocess.run([ROOT / "scripts/setup", *arguments], env=environment, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)

    def log(self):
        path = self.root / "log"
        return path.read_text().splitlines() if path.exists() else []

    def packages(self, *groups):
        return self.setup("--list", *groups).stdout.split()

    def test_installs_only_what_is_missing_without_a_question(self):
        there = [name for name in self.packages("build") if name not in ("cmake", "libssl-dev")]
        self.assertEqual(self.setup("build", installed=there).returncode, 0)
        installs = [line for line in self.log() if " install " in line]
        self.assertEqual(len(installs), 1, self.log())
        self.assertTrue(installs[0].startswith("noninteractive -q -y "), installs)
        # libssl-dev was removed but left its configuration: it is missing.
        self.assertEqual(installs[0].split()[-2:], ["cmake", "libssl-dev"])

    def test_does_nothing_when_all_is_there(self):
        done = self.setup(installed=self.packages())
        self.assertEqual((done.returncode, done.stdout, self.log()), (0, "", []))

    def test_what_an_installed_package_provides_is_not_installed_beside_it(self):
        there = [name for name in self.packages("test") if name != "npm"]
        provided = {"PROVIDED": "nodejs-dev, node-types-node (= 20.1), npm"}
        self.assertEqual(self.setup("test", installed=there, **provided).returncode, 0)
        self.assertEqual(self.log(), [])
        self.setup("test", installed=there, PROVIDED="nodejs-dev, npm-run, cnpm")
        self.assertTrue(any(line.endswith(" npm") for line in self.log()), self.log())

    def test_forbids_daemons_while_installing_and_takes_the_policy_away(self):
        (self.root / "apt-get").write_text('#!/bin/sh\ncat "$POLICY_FILE" >>"$LOG"\n')
        (self.root / "rm").unlink()
        self.setup("test")
        self.assertIn("exit 101", self.log())
        self.assertFalse((self.root / "policy-rc.d").exists())

    def test_a_policy_of_the_machine_stays(self):
        (self.root / "policy-rc.d").write_text("mine\n")
        self.setup("test")
        self.assertEqual((self.root / "policy-rc.d").read_text(), "mine\n")

    def test_no_server_is_enabled_for_the_next_boot(self):
        self.setup("test")
        for server in ("redis-server", "nginx", "haproxy"):
            self.assertIn(f"systemctl --quiet disable {server}.service", self.log())

    def test_a_server_that_was_there_before_is_left_alone(self):
        self.setup("test", installed=["redis-server", "nginx"])
        log = "".join(self.log())
        self.assertNotIn("disable redis-server", log)
        self.assertNotIn("disable nginx", log)
        self.assertIn("disable haproxy", log)

    def test_another_system_gets_a_clear_message_and_the_list(self):
        self.release.write_text('ID=fedora\nVERSION_ID=41\n')
        done = self.setup("runtime")
        self.assertEqual(done.returncode, 1)
        self.assertIn("fedora 41", done.stderr)
        self.assertIn("libsqlite3-0", done.stderr)
        self.assertEqual(self.setup("runtime", SKIP_SETUP="1").returncode, 0)
        self.assertEqual(self.log(), [])

    def test_without_root_and_sudo_it_says_what_to_run(self):
        done = self.setup("runtime", FAKE_UID="1000")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"sudo .*scripts/setup runtime")
        self.assertEqual(self.log(), [])

    def test_an_unknown_group_is_refused(self):
        self.assertEqual(self.setup("everything").returncode, 64)

    def test_the_image_has_the_certificates_rule_T8(self):
        self.assertLessEqual({"ca-certificates", "openssl"}, set(self.packages("runtime")))


if __name__ == "__main__":
    unittest.main()
