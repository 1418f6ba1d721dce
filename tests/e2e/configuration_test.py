"""What operators write into files and variables, also by accident: shown to nobody, told with the reason."""

import functools
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import unittest
import unittest.mock

from harness import ADMIN_TOKEN, BUILD, PATIENCE, ServiceTest, jpeg

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECRET = "mk7xqz91kdmpa3vb8nt2wy5ur0cj4hfe"  # in the place of any secret


def variables():
    """The names of all variables, as .env.example has them."""
    return re.findall(r"^# ([A-Z][A-Z0-9_]*)=", (ROOT / ".env.example").read_text(), re.M)


def listing(directory):
    """Everything below a directory, with what would tell a change."""
    return sorted((str(path), path.lstat().st_mode, path.is_dir() or path.lstat().st_mtime_ns)
                  for path in directory.rglob("*"))


class ConfigurationTest(ServiceTest):
    def run_to_end(self, *arguments, program="verdictcache", **environment):
        keep = ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")
        clean = {name: os.environ[name] for name in keep if name in os.environ}
        return subprocess.run([str(BUILD / program), *arguments], cwd=self.directory,
                              env={**clean, **environment}, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=PATIENCE)

    def check(self, **environment):
        return self.run_to_end("--check-config", **{"HOST": "127.0.0.1", "PORT": "0", **environment})

    def every_way(self, **environment):
        """What check-config, start and doctor say, all of it."""
        said = [self.check(**environment)]
        if said[0].returncode != 0:  # else it would serve
            said.append(self.run_to_end(**environment))
        said.append(self.run_to_end("doctor", program="vcachectl", **environment))
        return said, "".join(done.stdout + done.stderr for done in said)


class Secrets(ConfigurationTest):
    def test_no_value_that_is_refused_is_shown(self):
        names = variables()
        self.assertGreater(len(names), 100)
        for value in (SECRET + " " + SECRET, f"'{SECRET}'", f"https:/user:{SECRET}@h/",
                      f"https://user:{SECRET}@h.example/{SECRET}?token={SECRET}#{SECRET}",
                      f"http://{SECRET}", f"1{SECRET}", f"{SECRET}\n{SECRET}"):
            with self.subTest(value):
                said, text = self.every_way(**{name: value for name in names})
                self.assertEqual({done.returncode for done in said}, {2})
                self.assertNotIn(SECRET, text)
                for name in ("OPENAI_BASE_URL", "UPSTASH_REDIS_REST_URL", "REDIS_URL", "PORT"):
                    self.assertTrue(f"{name} is refused" in text, name)

    def test_no_value_that_is_taken_and_not_declared_harmless_is_shown(self):
        sandbox = self.sandbox()
        settings = {
            "ADMIN_TOKEN": SECRET, "KEY_SECRET": SECRET, "SIGHTENGINE_API_USER": SECRET,
            "SIGHTENGINE_API_SECRET": SECRET, "SAPLING_API_KEY": SECRET, "OPENAI_API_KEY": SECRET,
            "COPYLEAKS_EMAIL": SECRET, "COPYLEAKS_API_KEY": SECRET, "CUSTOM_API_KEY": SECRET,
            "CUSTOM_URL": f"https://127.0.0.1:1/{SECRET}?api_key={SECRET}", "CUSTOM_KINDS": "text",
            "CUSTOM_SCORE_POINTER": "/score", "CUSTOM_STATE_POINTER": "/state",
            "CUSTOM_STATE_DONE": "done", "CUSTOM_STATE_PENDING": "wait", "CUSTOM_ID_POINTER": "/id",
            "CUSTOM_POLL_URL": f"https://127.0.0.1:1/{SECRET}/{{id}}?api_key={SECRET}",
            "CUSTOM_FORM_FIELDS": f"key={SECRET} | k={{key}}",
            "CUSTOM_HEADERS": f"X-Key: {SECRET}", "CUSTOM_BODY": f'{{"t":"{{text}}","k":"{SECRET}"}}',
            **{name: f"{sandbox.url}/{SECRET}" for name in (
                "SAPLING_BASE_URL", "OPENAI_BASE_URL", "SIGHTENGINE_BASE_URL", "COPYLEAKS_BASE_URL",
                "COPYLEAKS_LOGIN_URL")},
            "UPSTASH_REDIS_REST_URL": f"https://127.0.0.1:1/{SECRET}",
            "UPSTASH_REDIS_REST_TOKEN": SECRET}
        said, text = self.every_way(**settings)
        self.assertEqual(said[0].returncode, 0, said[0].stderr)
        self.assertNotIn(SECRET, text)
        self.assertIn("CUSTOM_URL=https://127.0.0.1:1/…", said[0].stdout)
        for demo in ({}, {"DETECTION_SANDBOX_URL": f"{sandbox.url}/{SECRET}"}):
            said, text = self.every_way(**settings, **demo)
            self.assertNotIn(SECRET, text)
            service = self.service(**settings, **demo)
            service.text("A text that is long enough to be judged by somebody, or so it seems.")
            service.upload(jpeg(1))
            service.stop()
            self.assertNotIn(SECRET, service.output)
            self.assertIn("127.0.0.1", service.output)

    def test_arguments_are_shown_up_to_what_may_be_a_secret(self):
        for program in ("verdictcache", "vcachectl"):
            wrong = self.run_to_end(f"--admin-token={SECRET}", program=program)
            self.assertIn("--admin-token", wrong.stderr)
            self.assertNotIn(SECRET, wrong.stderr)

    def test_tokens_that_everybody_guesses_stop_the_start(self):
        for token in ("passwordpassword", "1234567890123456", "abababababababab"):
            for name in ("ADMIN_TOKEN", "KEY_SECRET"):
                refused = self.run_to_end(**{name: token * 2})
                self.assertEqual(refused.returncode, 2)
                self.assertIn(f"{name} is refused", refused.stderr)
                self.assertIn("openssl rand -hex 32", refused.stderr)
                self.assertNotIn(token, refused.stderr)
        made = subprocess.run(["openssl", "rand", "-hex", "32"], capture_output=True, text=True,
                              check=True).stdout
        self.assertEqual(self.check(ADMIN_TOKEN=made, KEY_SECRET=made).returncode, 0)


class EnvFile(ConfigurationTest):
    def write(self, text, mode=0o600):
        (self.directory / ".env").write_text(text)
        (self.directory / ".env").chmod(mode)

    def test_a_directory_in_its_place_stops_the_start(self):
        (self.directory / ".env").mkdir()
        said, text = self.every_way()
        self.assertEqual({done.returncode for done in said}, {2})
        for done in said:
            self.assertIn(".env is a directory", done.stdout + done.stderr)
        self.assertIn("mount", text)

    def test_what_is_there_and_cannot_be_read_stops_the_start(self):
        (self.directory / ".env").symlink_to("nowhere")
        refused = self.check()
        self.assertEqual(refused.returncode, 2)
        self.assertIn(".env is there but cannot be read", refused.stderr)

    def test_a_link_to_a_file_is_read_and_so_is_an_empty_device(self):
        (self.directory / "elsewhere").write_text("MAX_UPLOAD_MB=7\n")
        (self.directory / ".env").symlink_to("elsewhere")
        self.assertIn("MAX_UPLOAD_MB=7\n", self.check().stdout)
        (self.directory / ".env").unlink()
        (self.directory / ".env").symlink_to("/dev/null")
        self.assertEqual(self.check().returncode, 0)

    def test_bad_lines_are_told_with_the_files_name_and_not_quoted(self):
        self.write(f"{SECRET}\nPORT=1\nADMIN_TOKEN='{SECRET}\n{SECRET.upper()[:8]}{SECRET}=\n")
        said, text = self.every_way()
        self.assertEqual({done.returncode for done in said}, {2})
        self.assertIn('verdictcache: .env: line 1: no "="\n.env: line 3: ', said[0].stderr)
        self.assertNotIn(SECRET, text)

    def test_a_line_of_a_secret_that_passes_for_a_name_is_not_shown(self):
        self.write(f"ADMIN_TOKEN={SECRET}\nQ{SECRET}=\n")
        service = self.service()
        service.await_line(r"warn.*not known.*name=.*a name of 33 characters")
        self.assertNotIn(SECRET, service.output)

    def test_secrets_that_others_may_read_are_one_warning(self):
        for mode, text, expected in ((0o644, f"KEY_SECRET={SECRET}\n", 1), (0o640, f"KEY_SECRET={SECRET}\n", 1),
                                     (0o600, f"KEY_SECRET={SECRET}\n", 0), (0o400, f"KEY_SECRET={SECRET}\n", 0),
                                     (0o644, "MAX_UPLOAD_MB=7\n", 0)):
            with self.subTest(oct(mode) + text):
                (self.directory / ".env").unlink(missing_ok=True)
                self.write(text, mode)
                service = self.service()
                self.assertEqual(service.stop(), 0)
                self.assertEqual(len(re.findall("(?m)^.*warn.*chmod 600 .env", service.output)), expected)
                self.assertEqual(f"mode={mode:04o}" in service.output, bool(expected))
                doctor = self.run_to_end("doctor", program="vcachectl").stdout
                self.assertEqual(doctor.count("chmod 600 .env"), expected)

    def test_one_file_is_not_read_in_two_ways_in_silence(self):
        line = f"KEY_SECRET=\"{SECRET}\""
        self.write(line + "\n")
        self.assertEqual(self.check().returncode, 0)
        (self.directory / ".env").unlink()
        # What `docker run --env-file` makes of the same line.
        said, text = self.every_way(**dict([line.split("=", 1)]))
        self.assertEqual({done.returncode for done in said}, {2})
        self.assertIn("KEY_SECRET is refused", text)
        self.assertIn("quotes", text)
        self.assertNotIn(SECRET, text)


class CheckConfig(ConfigurationTest):
    """It fails as the start would, and changes nothing."""

    def both_refuse(self, *words, **environment):
        environment = {"HOST": "127.0.0.1", "PORT": "0", **environment}
        before = listing(self.directory)
        checked = self.check(**environment)
        self.assertEqual(listing(self.directory), before)
        started = self.run_to_end(**environment)
        for done in (checked, started):
            self.assertEqual(done.returncode, 2, done.stdout)
            for word in words:
                self.assertIn(word, done.stderr)
        self.assertIn("CACHE_DIR=", checked.stdout)
        self.assertEqual(checked.stderr.splitlines()[0].removeprefix("verdictcache: "),
                         started.stderr.splitlines()[0].removeprefix("verdictcache: "))

    def test_a_file_where_a_directory_should_be(self):
        (self.directory / "file").write_text("in the way")
        for bad in ("file", "file/below", "file/below/more"):
            path = str(self.directory / bad)
            self.both_refuse("CACHE_DIR", bad, CACHE_DIR=path)
            self.both_refuse("SPOOL_DIR", bad, SPOOL_DIR=path, CACHE_DIR="")
        self.both_refuse("SPOOL_DIR", SPOOL_DIR=str(self.directory / "none"), CACHE_DIR="")

    def test_directories_that_cannot_be_written(self):
        # /proc refuses root too.
        self.both_refuse("CACHE_DIR", "/proc/none", CACHE_DIR="/proc/none")
        self.both_refuse("CACHE_DIR", "/proc/self", CACHE_DIR="/proc/self")
        self.both_refuse("SPOOL_DIR", "/proc", SPOOL_DIR="/proc", CACHE_DIR="")
        if os.geteuid() == 0:
            return
        locked = self.directory / "locked"
        locked.mkdir(mode=0o500)
        self.both_refuse("CACHE_DIR", CACHE_DIR=str(locked))
        self.both_refuse("CACHE_DIR", CACHE_DIR=str(locked / "below"))
        self.both_refuse("SPOOL_DIR", SPOOL_DIR=str(locked), CACHE_DIR="")

    def test_a_database_that_is_a_directory_or_of_a_newer_version(self):
        data = self.directory / "data"
        (data / "verdictcache.db").mkdir(parents=True)
        self.both_refuse("CACHE_DIR", "verdictcache.db", CACHE_DIR=str(data))
        (data / "verdictcache.db").rmdir()
        self.assertEqual(self.service(CACHE_DIR=str(data)).stop(), 0)
        with (data / "verdictcache.db").open("r+b") as database:
            database.seek(60)
            database.write((99).to_bytes(4, "big"))
        self.both_refuse("newer version", CACHE_DIR=str(data))

    def test_a_taken_port(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            self.both_refuse("127.0.0.1", port, PORT=port, CACHE_DIR="")
        self.assertEqual(self.check(PORT=port).returncode, 0)
        self.both_refuse("Cannot listen on 192.0.2.1", HOST="192.0.2.1", CACHE_DIR="")

    def test_a_file_of_certificates_that_is_none(self):
        (self.directory / "ca.pem").write_text("no certificate")
        rest = {"UPSTASH_REDIS_REST_URL": "https://127.0.0.1:1", "UPSTASH_REDIS_REST_TOKEN": "t"}
        for name in ("ca.pem", "none.pem"):
            path = str(self.directory / name)
            self.both_refuse("UPSTASH_REDIS_REST_CA", CACHE_DIR="", UPSTASH_REDIS_REST_CA=path, **rest)
            self.both_refuse("REDIS_URL", CACHE_DIR="", REDIS_URL=f"rediss://127.0.0.1:1?tls_ca={path}")
        self.both_refuse("REDIS_URL", "port", CACHE_DIR="", REDIS_URL="redis://127.0.0.1:99999")

    def test_everything_that_is_wrong_is_told_at_once(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            checked = self.check(PORT=str(taken.getsockname()[1]), CACHE_DIR="/proc/none", SPOOL_DIR="/proc/none")
        self.assertEqual(checked.returncode, 2)
        for word in ("CACHE_DIR", "SPOOL_DIR", "Cannot listen"):
            self.assertIn(word, checked.stderr)

    def test_it_leaves_nothing_behind(self):
        before = listing(self.directory)
        for directory in ("data", "./a/b/c", str(self.directory / "x" / "y"), "a/../b/"):
            self.assertEqual(self.check(CACHE_DIR=directory).returncode, 0)
            self.assertEqual(listing(self.directory), before)

    def test_a_store_in_use_is_left_as_it_is(self):
        service = self.service(self.sandbox())
        self.assertEqual(service.upload(jpeg(1)).cache, "MISS")
        self.assertEqual(self.check(CACHE_DIR="./data").returncode, 0)
        self.assertEqual(service.upload(jpeg(1)).cache, "HIT")
        self.assertEqual(service.upload(jpeg(2)).cache, "MISS")
        busy = self.check(PORT=str(service.port))
        self.assertEqual(busy.returncode, 2)
        self.assertIn(str(service.port), busy.stderr)
        self.assertEqual(service.request("GET", "/api/health").status, 200)


class FullStore(ServiceTest):
    def test_a_store_at_its_limit_is_a_few_lines_and_not_one_for_each_verdict(self):
        # Python ignores the signal of the limit, and so do its children: writes fail with EFBIG.
        self.assertEqual(signal.getsignal(signal.SIGXFSZ), signal.SIG_IGN)
        inheriting = functools.partial(subprocess.Popen, restore_signals=False)
        popen = unittest.mock.patch.object(subprocess, "Popen", inheriting)
        popen.start()
        self.addCleanup(popen.stop)
        for budget in ({}, {"DAILY_BUDGET_USD": "1000"}):
            with self.subTest(budget):
                service = self.service(self.sandbox(), CACHE_DIR=f"./data{len(budget)}", **budget)
                self.assertEqual(service.upload(jpeg(0)).status, 200)
                resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (4096, 4096))
                for seed in range(1, 41):
                    self.assertEqual(service.upload(jpeg(seed)).status, 200)
                service.stop()
                told = [re.sub(r"^\S+ | \w+=.*", "", line) for line in service.lines
                        if re.search(r" (warn|error) ", line)]
                for message in ("warn  Verdicts wait in memory: the local store does not take them",
                                "error Verdicts that were paid for are lost: the local store did not take them",
                                "warn  Statistics wait in memory: the store does not take them"):
                    self.assertIn(message, told)
                self.assertEqual(sorted(set(told)), sorted(told))  # none of them twice


if __name__ == "__main__":
    unittest.main()
