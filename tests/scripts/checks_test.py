"""check-style, check-deploy, check-image and healthcheck: each says no where it must."""

import http.server
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading
import unittest

from programs import ROOT, free_port


def run(script, *arguments, **environment):
    done = subprocess.run([ROOT / "scripts" / script, *map(str, arguments)], text=True, check=False,
                          capture_output=True, env={"PATH": "/usr/bin:/bin"} | environment)
    return done.returncode, done.stderr.splitlines()


class Tree(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


class CheckStyle(Tree):
    def offences_of(self, name, text):
        self.write(name, text)
        status, offences = run("check-style", self.root)
        (self.root / name).unlink()
        self.assertEqual(status, 1 if offences else 0)
        return offences

    def test_what_is_well_written_passes(self):
        self.assertEqual(self.offences_of(
            "src/net/a.cpp", "// never sleep_for; TO" "DO(#12): later\nauto x = clock.Now();\n"
            "return std::unique_ptr<A>(new A(x));\n"), [])

    def test_length_counts_for_code_and_not_for_prose(self):
        self.assertEqual(self.offences_of("src/core/a.cpp", "\n" * 400), [])
        self.assertEqual(self.offences_of("src/core/a.cpp", "\n" * 401),
                         ["src/core/a.cpp:401: 401 lines; split it (at most 400)"])
        self.assertEqual(self.offences_of("docs/a.md", "\n" * 900), [])

    def test_each_rule_names_file_and_line(self):
        home = "/ho" "me/me"
        for name, line in (
                ("tests/unit/a.cpp", "std::this_thread::sleep_for(1s);"),
                ("src/cache/a.cpp", "usleep(5);"),
                ("src/cache/a.cpp", "auto now = std::chrono::steady_clock::now();"),
                ("include/vcache/net/a.h", "auto x = getenv(name);"),
                ("tests/integration/a.cpp", "httplib::Client client(host);"),
                ("src/http/a.cpp", "server.set_payload_max_length(5);"),
                ("src/net/a.cpp", "redisFormatCommand(&out, text);"),
                ("src/content/a.cpp", "EVP_DigestInit(c, EVP_sha256());"),
                ("src/net/a.cpp", "curl_easy_setopt(h, CURLOPT_VERBOSE, 1L);"),
                ("src/core/a.cpp", "auto* x = new Thing(1);"),
                ("src/core/a.cpp", "using namespace std;"),
                ("src/core/a.cpp", "// TO" "DO later"),
                ("docs/a.md", f"see {home}/file")):
            with self.subTest(line):
                offences = self.offences_of(name, f"\n{line}\n")
                self.assertEqual(len(offences), 1, offences)
                self.assertTrue(offences[0].startswith(f"{name}:2: "), offences)

    def test_a_rule_without_an_entry_is_refused(self):
        self.write("docs/pitfalls.md", "- **R1.** text\n- **R4. Text.** more\n")
        self.assertEqual(self.offences_of("src/redis/a.cpp", "// rules R1 and R4, rule R4\n"), [])
        self.assertEqual(self.offences_of("src/redis/a.cpp", "\n// rules R1, R2 and R4\n"),
                         ["src/redis/a.cpp:2: rule R2 is not in docs/pitfalls.md"])

    def test_vague_names_are_refused(self):
        for name in ("src/core/utils.cpp", "src/common/a.cpp", "tests/test_helpers.py"):
            self.assertEqual(len(self.offences_of(name, "")), 1)
        self.assertEqual(self.offences_of("src/core/commonly.cpp", ""), [])


class CheckDeploy(Tree):
    def setUp(self):
        super().setUp()
        for name in ("Dockerfile", ".dockerignore", "render.yaml"):
            self.write(name, (ROOT / name).read_text())
        names = [line.split(":")[1].strip() for line in (ROOT / "render.yaml").read_text().splitlines()
                 if line.strip().startswith("- key:")]
        self.example = "# All of them\n" + "".join(f"# {name}=\n" for name in names)
        self.write(".env.example", self.example)

    def check(self, name, old, new):
        text = (self.root / name).read_text()
        self.assertIn(old, text)
        self.write(name, text.replace(old, new))
        status, offences = run("check-deploy", self.root)
        self.write(name, text)
        self.assertEqual((status, len(offences)), (1, 1), offences)
        return offences[0]

    def test_files_that_agree_pass(self):
        self.assertEqual(run("check-deploy", self.root), (0, []))

    def test_names_are_those_of_the_example(self):
        self.assertIn("LOG_FORMAT is no variable", self.check(".env.example", "# LOG_FORMAT=\n", ""))
        self.assertIn("OTHER_API_KEY is a secret", self.check(
            ".env.example", "# All", "OTHER_API_KEY=\n# All"))

    def test_a_secret_has_no_value_in_the_blueprint(self):
        self.assertIn("KEY_SECRET", self.check(
            "render.yaml", "- key: KEY_SECRET\n        sync: false", "- key: KEY_SECRET\n        value: x"))
        for name in ("ADMIN_TOKEN", "API_KEYS"):
            for other in ("value: x", "sync: false", "generateValue: false"):
                self.assertIn(name, self.check(
                    "render.yaml", f"- key: {name}\n        generateValue: true",
                    f"- key: {name}\n        {other}"))

    def test_the_blueprint_limits_what_a_day_costs_and_asks_for_nothing_that_works_not_alone(self):
        self.assertIn("DAILY_BUDGET_USD", self.check(
            "render.yaml", 'DAILY_BUDGET_USD\n        value: "10"', "DAILY_BUDGET_USD\n        sync: false"))
        self.write(".env.example", self.example + "# CUSTOM_API_KEY=\n")
        self.assertEqual(run("check-deploy", self.root), (0, []))
        self.assertIn("CUSTOM_API_KEY", self.check(
            "render.yaml", "- key: LOG_FORMAT",
            "- key: CUSTOM_API_KEY\n        sync: false\n      - key: LOG_FORMAT"))

    def test_the_blueprint_has_the_fields_of_the_reference_and_a_region(self):
        self.assertIn("region", self.check("render.yaml", "region: frankfurt", "region: mars"))
        self.assertIn("regoin", self.check("render.yaml", "    plan:", "    regoin: ohio\n    plan:"))
        self.assertIn("sizeGb", self.check("render.yaml", "sizeGB: 1", "sizeGB: 1\n      sizeGb: 1"))

    def test_the_platform_waits_longer_than_the_service_rule_P1(self):
        self.assertIn("rule P1", self.check("render.yaml", "Seconds: 40", "Seconds: 20"))
        self.assertIn("rule P1", self.check("render.yaml", "Seconds: 40", "Seconds: 301"))

    def test_the_disk_is_where_the_store_is(self):
        self.assertIn("CACHE_DIR", self.check(
            "render.yaml", "- key: CACHE_DIR\n        value: /var/lib/verdictcache",
            "- key: CACHE_DIR\n        value: /tmp"))

    def test_numbers_are_quoted_and_the_health_path_is_there(self):
        self.assertIn("quote", self.check("render.yaml", '"20000"', "20000"))
        self.assertIn("health", self.check("render.yaml", "/api/health", "/"))

    def test_the_image_runs_as_nobodys_root_and_stops_by_signal(self):
        for old, new in (("USER 10001:10001", "USER root"), ("USER 10001:10001", "USER 0:0"),
                         ("STOPSIGNAL SIGTERM", "STOPSIGNAL SIGINT"),
                         ('ENTRYPOINT ["verdictcache"]', "ENTRYPOINT verdictcache"),
                         ("HEALTHCHECK", "# "), ("EXPOSE 8080", "EXPOSE 80")):
            with self.subTest(new):
                self.check("Dockerfile", old, new)

    def test_nothing_hidden_reaches_the_build(self):
        self.check(".dockerignore", "!src", "!.env")
        self.check(".dockerignore", "*\n", "\n")

    def test_unreadable_files_are_failures(self):
        self.check("render.yaml", "services:", "services: [")
        (self.root / ".env.example").unlink()
        self.assertEqual(run("check-deploy", self.root)[0], 1)


class CheckImage(unittest.TestCase):
    def test_a_library_without_its_package_and_a_package_without_a_use(self):
        program = shutil.which("cmake")
        status, offences = run("check-image", program, "--packages", "libc6", "procps")
        self.assertEqual(status, 1)
        self.assertTrue(any("libstdc++.so.6 (package libstdc++6)" in line for line in offences))
        self.assertTrue(any("needs package procps" in line for line in offences))

    def test_dependencies_of_packages_count(self):
        self.assertEqual(run("check-image", "/usr/bin/curl", "--packages", "libcurl4"), (0, []))

    def test_no_program_is_a_failure(self):
        self.assertEqual(run("check-image", "/nonexistent")[0], 1)

    def test_each_program_is_looked_at_and_a_package_need_serve_one_of_them_only(self):
        self.assertEqual(run("check-image", "/usr/bin/curl", "/bin/true", "--packages", "libcurl4"),
                         (0, []))
        status, offences = run("check-image", "/bin/true", "/usr/bin/curl", "--packages", "libc6")
        self.assertEqual(status, 1)
        self.assertTrue(any("libcurl" in line for line in offences), offences)
        self.assertEqual(run("check-image", "/bin/true", "/nonexistent")[0], 1)


class Healthcheck(unittest.TestCase):
    def serve(self, status):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status if self.path == "/api/health" else 404)
                self.end_headers()

            def log_message(self, *arguments):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return str(server.server_port)

    def test_only_200_is_healthy(self):
        self.assertEqual(run("healthcheck", PORT=self.serve(200))[0], 0)
        self.assertEqual(run("healthcheck", PORT=self.serve(200), HOST="127.0.0.1")[0], 0)
        self.assertEqual(run("healthcheck", PORT=self.serve(503))[0], 1)
        self.assertEqual(run("healthcheck", PORT=str(free_port()))[0], 1)

    def test_a_server_that_says_nothing_is_not_waited_for(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            self.assertNotEqual(run("healthcheck", PORT=str(silent.getsockname()[1]))[0], 0)


if __name__ == "__main__":
    unittest.main()
