"""Traffic as a site has it: so many requests a second, whatever becomes of the ones before."""

import concurrent.futures
import dataclasses
import hashlib
import itertools
import random
import threading
import time

from harness import jpeg

SLOTS = 64  # requests that may be under way at once


@dataclasses.dataclass(frozen=True)
class Content:
    kind: str  # "analysis" or "text"
    data: bytes

    @property
    def sha256(self):
        return hashlib.sha256(self.data).hexdigest()

    @property
    def key(self):
        """Where Redis has it."""
        return f"{self.kind}:{self.sha256}"

    def send(self, service):
        return service.upload(self.data) if self.kind == "analysis" else service.text(
            self.data.decode())


def content(name, number):
    """The content of that name and number: four photographs, then a text, and so on."""
    if number % 5 == 4:
        text = f"This is text {number} of {name}, and it is long enough for a vendor to judge it."
        return Content("text", text.encode())
    return Content("analysis", jpeg(f"{name} {number}", 2_000))


@dataclasses.dataclass(frozen=True)
class Sent:
    content: Content
    begun: float  # time.monotonic()
    seconds: float
    answer: object  # harness.Answer, or the exception that came in place of one


class SteadyLoad:
    """Sends to a service from a thread of its own: new contents and known ones, turn by turn.

    A known one is a content that was answered before, so it must never be paid for again.
    """

    def __init__(self, service, name, rate=50, seed=1):
        self.service = service
        self.name = name
        self.rate = rate
        self.known = []
        self.sent = []
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._random = random.Random(seed)
        self._stop = threading.Event()
        self._thread = None

    def __enter__(self):
        self._stop.clear()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _run(self):
        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(SLOTS) as pool:
            for turn in itertools.count():
                if self._stop.wait(max(0, begun + turn / self.rate - time.monotonic())):
                    return
                pool.submit(self._send, self._next(next(self._numbers)))

    def _next(self, number):
        with self._lock:
            if number % 2 and self.known:
                return self._random.choice(self.known)
        return content(self.name, number)

    def _send(self, what):
        begun = time.monotonic()
        try:
            answer = what.send(self.service)
        except OSError as e:
            answer = e
        sent = Sent(what, begun, time.monotonic() - begun, answer)
        with self._lock:
            self.sent.append(sent)
            if getattr(answer, "status", None) == 200:
                self.known.append(what)

    @property
    def contents(self):
        return {sent.content for sent in self.sent}

    def between(self, begin, end):
        return [sent for sent in self.sent if begin <= sent.begun < end]

    def check(self, test):
        """No request failed, and each got the verdict of its own content, always the same."""
        scores = {}
        for sent in self.sent:
            test.assertEqual(getattr(sent.answer, "status", sent.answer), 200,
                             getattr(sent.answer, "body", None))
            analysis = sent.answer.json["analysis"]
            test.assertEqual(analysis["sha256"], sent.content.sha256)
            test.assertEqual(scores.setdefault(sent.content, analysis["aiScore"]),
                             analysis["aiScore"], "one content, two verdicts")
