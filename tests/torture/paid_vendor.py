"""The vendor of the torture test: judges texts, and keeps a ledger of what it was paid for."""

import collections
import dataclasses
import hashlib
import http.server
import json
import math
import random
import threading
import time


def score_of(text):
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % 101


@dataclasses.dataclass
class Call:
    phase: str
    replica: int
    begun: float  # seconds since the ledger began
    ended: float = None
    lost: bool = False  # its answer reached nobody


class Ledger:
    """Calls by content. Thread-safe."""

    def __init__(self, may_lack_copies=()):
        """In these phases the shared store loses single entries, and a replica that never paid for a
        content may pay for it once. So it may after them, for what `note_lost` names."""
        self._lock = threading.Lock()
        self._begun = time.monotonic()
        self._calls = collections.defaultdict(list)  # by text
        self._may_lack_copies = may_lack_copies
        self._lost_by_store = {}  # text: when
        self.phase = "start"

    def begin(self, text, replica):
        call = Call(self.phase, replica, time.monotonic() - self._begun)
        with self._lock:
            self._calls[text].append(call)
        return call

    def end(self, call, lost):
        with self._lock:
            call.lost = lost
            call.ended = time.monotonic() - self._begun

    def settled_texts(self):
        """Those whose calls have ended a while ago: what they brought is stored."""
        with self._lock:
            now = time.monotonic() - self._begun
            return [text for text, calls in self._calls.items()
                    if all(call.ended and call.ended < now - 1 for call in calls)]

    def note_lost(self, texts):
        """The shared store has lost these single entries, and nobody has put them back yet."""
        with self._lock:
            now = time.monotonic() - self._begun
            self._lost_by_store.update(dict.fromkeys(texts, now))

    def _judge(self):
        """(call, all calls of its text, whether its replica lacked a copy) for each call beyond the
        first and beyond the lost answers."""
        for text, calls in self._calls.items():
            spare = sum(call.lost for call in calls)
            for at, call in enumerate(calls[1:], 1):
                if spare > 0:
                    spare -= 1
                    continue
                # An answer that was lost left no copy where it was lost.
                had_copy = call.replica in [earlier.replica for earlier in calls[:at]
                                            if not earlier.lost]
                lost_at = self._lost_by_store.get(text, math.inf)
                put_back = any(lost_at < earlier.begun for earlier in calls[:at])
                may_lack = call.phase in self._may_lack_copies or (lost_at < call.begun and not put_back)
                yield call, calls, not had_copy and may_lack

    def excess(self):
        with self._lock:
            return [(call, list(calls)) for call, calls, lacked in self._judge() if not lacked]

    def without_copy(self):
        with self._lock:
            return sum(lacked for _, _, lacked in self._judge())

    def total(self):
        """Calls, and those whose answer was lost."""
        with self._lock:
            calls = [call for calls in self._calls.values() for call in calls]
            return len(calls), sum(call.lost for call in calls)


class Vendor:
    """Judges `{"text"}` after a random time, from 50 ms to 1.5 s."""

    def __init__(self, ledger, seed):
        vendor = self
        self._random = random.Random(seed)
        self._lock = threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                text = json.loads(body)["text"]
                call = ledger.begin(text, int(self.path.rsplit("/", 1)[1]))
                time.sleep(vendor.pause())
                answer = json.dumps({"result": {"probability": score_of(text)}}).encode()
                try:
                    # A replica that was killed has closed; one that is frozen reads it later.
                    self.connection.settimeout(0.001)
                    try:
                        if self.connection.recv(1) == b"":
                            raise ConnectionResetError
                    except TimeoutError:
                        pass
                    self.connection.settimeout(10)
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)
                    ledger.end(call, lost=False)
                except OSError:
                    ledger.end(call, lost=True)
                    self.close_connection = True

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a replica that was killed amid a request

        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def url(self, replica):
        return f"http://127.0.0.1:{self._server.server_port}/detect/{replica}"

    def pause(self):
        with self._lock:
            return self._random.uniform(0.05, 1.5)

    def close(self):
        self._server.shutdown()
