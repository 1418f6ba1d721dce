"""/metrics as Prometheus reads it: its checker, its server, our rules and our dashboard."""

import json
import pathlib
import re
import shutil
import subprocess
import time
import unittest
import urllib.parse
import urllib.request

from harness import ADMIN_TOKEN, PATIENCE, ServiceTest
from ports import free_ports

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
METRICS_TOKEN = "s4Xn9cVb2Lr7Gt5Kw1-scraper"
TEXT = "A text that is sent twice, so that the second answer comes from the cache at no cost."


class Metrics(ServiceTest):
    def setUp(self):
        super().setUp()
        self.app = self.service(self.sandbox(), METRICS_TOKEN=METRICS_TOKEN)
        self.assertEqual(self.app.text(TEXT).cache, "MISS")
        self.assertEqual(self.app.text(TEXT).cache, "HIT")

    def scrape(self, token=METRICS_TOKEN):
        return self.app.request("GET", "/metrics", None, {"Authorization": f"Bearer {token}"})

    def figures(self):
        """By name and labels, as they stand in the text."""
        lines = self.scrape().body.decode().splitlines()
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
                for line in lines if not line.startswith("#")}

    def counted(self, requests):
        """The figures, once that many analyses are counted: a request is when its answer is sent."""
        deadline = time.monotonic() + PATIENCE
        while True:
            figures = self.figures()
            seen = figures.get('verdictcache_http_requests_total{route="analysis",status="2xx"}')
            if seen == requests:
                return figures
            self.assertLess(time.monotonic(), deadline, f"{seen} requests are counted")
            time.sleep(0.02)

    def test_the_figures_are_those_of_the_statistics(self):
        figures, stats = self.counted(2), self.app.stats()
        self.assertEqual(figures['verdictcache_hits_total{kind="text",tier="memory"}'], 1)
        self.assertEqual(figures['verdictcache_misses_total{kind="text"}'], 1)
        spent = figures['verdictcache_spent_usd_total{kind="text",vendor="sapling"}']
        self.assertAlmostEqual(spent, stats["cost"]["spent"], places=6)
        self.assertAlmostEqual(figures['verdictcache_saved_usd_total{kind="text"}'],
                               stats["cost"]["saved"], places=6)
        self.assertEqual(figures["verdictcache_store_up"], 1)

    def test_it_is_for_its_token_and_administrators(self):
        self.assertEqual(self.scrape().status, 200)
        self.assertEqual(self.scrape(ADMIN_TOKEN).status, 200)
        self.assertEqual(self.scrape("wrong-token-of-some-length").status, 401)
        self.assertEqual(self.app.admin("GET", "/api/admin/cache/stats", token=METRICS_TOKEN).status, 403)

    def test_the_checker_has_nothing_against_names_and_types(self):
        done = subprocess.run(["promtool", "check", "metrics"], input=self.scrape().body.decode(),
                              text=True, check=False, capture_output=True)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_a_prometheus_scrapes_it_and_evaluates_our_rules(self):
        folder = self.directory / "prometheus"
        shutil.copytree(DEPLOY / "prometheus", folder)
        (folder / "metrics_token").write_text(METRICS_TOKEN)
        configuration = folder / "prometheus.yaml"
        configuration.write_text(
            configuration.read_text().replace("localhost:8080", f"127.0.0.1:{self.app.port}")
            .replace("scrape_interval: 15s", "scrape_interval: 1s\n  evaluation_interval: 1s"))
        port = free_ports(1)[0]
        server = subprocess.Popen(
            ["prometheus", f"--config.file={configuration}", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)

        def ask(path):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/{path}", timeout=5) as answer:
                return json.load(answer)["data"]

        def eventually(condition):
            deadline = time.monotonic() + PATIENCE
            while time.monotonic() < deadline:
                try:
                    if found := condition():
                        return found
                except OSError:
                    pass
                time.sleep(0.2)
            raise AssertionError("Prometheus has nothing to show")

        query = "query?query=" + urllib.parse.quote('verdictcache_hits_total{kind="text",tier="memory"}')
        found = eventually(lambda: ask(query)["result"])
        self.assertEqual(found[0]["value"][1], "1")
        written = (DEPLOY / "prometheus/alerts.yaml").read_text().count("- alert:")
        eventually(lambda: len([rule for group in ask("rules")["groups"] for rule in group["rules"]
                                if rule["health"] == "ok"]) == written)
        # Every query of the dashboard is one, and names series that exist.
        series = {name.split("{")[0] for name in self.figures()}
        for panel in json.loads((DEPLOY / "grafana/verdictcache.json").read_text())["panels"]:
            for target in panel["targets"]:
                ask("query?query=" + urllib.parse.quote(target["expr"]))
                for name in re.findall(r"verdictcache_\w+", target["expr"]):
                    self.assertIn(name, series)
        for name in re.findall(r"verdictcache_\w+", (DEPLOY / "prometheus/alerts.yaml").read_text()):
            self.assertIn(name, series)


if __name__ == "__main__":
    unittest.main()
