"""The vendors' own clients from npm against detector-sandbox: what they accept is true enough."""

import json
import pathlib
import shutil
import subprocess
import unittest

from harness import BUILD, ServiceTest, jpeg

SOURCE = pathlib.Path(__file__).resolve().parents[1] / "official_clients" / "vendors"
PLACE = BUILD / "official_clients" / "vendors"  # nothing is installed into the source tree


def install(source=SOURCE, place=PLACE, program="check.mjs"):
    """Installs exactly what the lock file names, once for each state of it."""
    lock = (source / "package-lock.json").read_bytes()
    done = place / "installed-lock.json"
    place.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", program):
        shutil.copy(source / name, place / name)
    if done.exists() and done.read_bytes() == lock:
        return
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=place,
                   check=True, capture_output=True, timeout=200)
    done.write_bytes(lock)


class OfficialClients(ServiceTest):
    @classmethod
    def setUpClass(cls):
        if shutil.which("npm") is None:
            raise unittest.SkipTest("npm is not installed")
        try:
            install()
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise unittest.SkipTest(f"the registry was not reached: {error}") from error

    def ask(self, client):
        """What the client understood; the sandbox must have charged it for one call."""
        sandbox = self.sandbox()
        photo = self.directory / "photo.jpg"
        photo.write_bytes(jpeg(1))
        run = subprocess.run(["node", "check.mjs", client, sandbox.url, str(photo)], cwd=PLACE,
                             capture_output=True, text=True, timeout=60)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(sandbox.calls()["byVendor"][client]["charged"], 1)
        return json.loads(run.stdout)

    def test_reality_defender_uploads_waits_and_reads_a_verdict(self):
        node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
        if int(node.stdout.lstrip("v").split(".")[0]) < 20:  # Debian 12 has 18
            self.skipTest("this client wants Node.js 20")
        said = self.ask("realitydefender")
        self.assertIn(said["status"], ("MANIPULATED", "AUTHENTIC"))
        self.assertTrue(0 <= said["score"] <= 1, said)

    def test_copyleaks_logs_in_and_reads_a_share(self):
        said = self.ask("copyleaks")
        self.assertTrue(0 <= said["score"] <= 1, said)
        self.assertEqual(said["credits"], 1)

    def test_openai_reads_a_judgement_and_a_request_id(self):
        said = self.ask("openai")
        self.assertTrue(0 <= said["score"] <= 1, said)
        self.assertTrue(said["requestId"])  # the server's own: it names every answer

    def test_sapling_reads_a_score(self):
        self.assertTrue(0 <= self.ask("sapling")["score"] <= 1)

    def test_sightengine_reads_a_score_and_a_refusal(self):
        said = self.ask("sightengine")
        self.assertEqual((said["status"], said["refused"]), ("success", "credentials_error"))
        self.assertTrue(0 <= said["score"] <= 1, said)
