"""The README's vendor by configuration, with exactly the lines that it shows."""

import pathlib
import re
import threading
import time

from harness import ServiceTest, jpeg

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"
SHOWN = "http://127.0.0.1:9090"


def shown_settings():
    """The blocks of README.md that set CUSTOM_ variables, each as a dictionary."""
    blocks = re.findall(r"```\n(?:HOST=.*\n)?((?:CUSTOM_[A-Z_]+=.*\n)+)```", README.read_text())
    return [dict(line.split("=", 1) for line in block.splitlines()) for block in blocks]


class CustomVendor(ServiceTest):
    def configure(self, sandbox, *settings):
        lines = {name: value for block in settings for name, value in block.items()}
        text = "".join(f"{name}={value}\n" for name, value in lines.items())
        (self.directory / ".env").write_text(text.replace(SHOWN, sandbox.url))

    def check_verdicts(self, sandbox):
        service = self.service()
        image = service.upload(jpeg(1))
        self.assertEqual((image.status, image.cache), (200, "MISS"), image.body)
        analysis = image.json["analysis"]
        self.assertEqual(analysis["provider"], "custom")
        self.assertEqual(analysis["confidence"], 80)
        self.assertEqual(service.upload(jpeg(1)).cache, "HIT")
        text = service.text("A text of fifty characters or more, with \"quotes\" and {text} in it.")
        self.assertEqual((text.status, text.cache), (200, "MISS"), text.body)
        calls = sandbox.calls()
        self.assertEqual(calls["byVendor"]["custom"], {"total": 2, "charged": 2, "costMicros": 8000})
        self.assertEqual(service.stats()["cost"]["spent"], 0.008)
        self.assertEqual(service.stop(), 0)
        return analysis["aiScore"]

    def test_the_ten_lines_of_the_readme_are_enough_and_so_are_those_of_a_slow_vendor(self):
        ten, slow = shown_settings()
        self.assertEqual(len(ten), 10)
        sandbox = self.sandbox()
        self.configure(sandbox, ten)
        at_once = self.check_verdicts(sandbox)
        self.directory = self.directory / "second"  # a cache of its own
        self.directory.mkdir()
        another = self.sandbox()
        self.configure(another, ten, slow)
        self.assertEqual(self.check_verdicts(another), at_once)

    def test_a_stop_ends_the_wait_for_a_result_and_counts_what_it_may_have_cost(self):
        ten, slow = shown_settings()
        sandbox = self.sandbox()
        self.configure(sandbox, ten, slow, {"CUSTOM_POLL_INTERVAL_MS": "60000"})
        service = self.service(SHUTDOWN_GRACE_MS="2000")
        asking = threading.Thread(target=lambda: service.upload(jpeg(2)))
        asking.start()
        while sandbox.charged == 0:
            time.sleep(0.05)
        self.assertEqual(service.stop(), 0)
        asking.join()
        self.assertIn("A vendor may have charged", service.output)
        self.assertIn("Stopped", service.output)
