#!/usr/bin/env python3
"""Three replicas on one Redis, contents by Zipf's law, and faults: who is paid for twice?

The vendor is this program's own. It keeps a ledger of calls by content and knows of each call whether
its answer reached the replica. A content may be paid for once, and once more for each answer that was
lost with its replica. Anything beyond that is an excess, counted for the phase in which it came.

    tests/torture/torture.py [--seconds-per-phase 12] [--seed 1] [PHASE ...]

VCACHE_BUILD_DIR says where the programs are. Exit status 1: an excess, a wrong score, an answer that
took too long, a lease that is left, or counts that differ from the ledger.
"""

import argparse
import collections
import hashlib
import http.server
import itertools
import json
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from faulty_link import FaultyLink  # noqa: E402
from harness import Service  # noqa: E402
from redis_server import Redis  # noqa: E402

REPLICAS = 3
CONTENTS = 300
CLIENTS = 24
LONGEST_ANSWER = 35.0
SETTLE = 30.0


def text_of(number):
    return f"The text with the number {number}, which is long enough for a vendor to judge it at all."


def score_of(text):
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % 101


class Ledger:
    """Calls by content. Thread-safe."""

    def __init__(self):
        self._lock = threading.Lock()
        self.calls = collections.defaultdict(list)  # text: [phase]
        self.lost = collections.Counter()           # text: answers that reached nobody
        self.phase = "start"

    def begin(self, text):
        with self._lock:
            self.calls[text].append(self.phase)

    def lose(self, text):
        with self._lock:
            self.lost[text] += 1

    def excess(self):
        """(text, phase) for each call beyond the first and beyond the lost answers."""
        with self._lock:
            return [(text, phase) for text, phases in self.calls.items()
                    for phase in phases[1 + self.lost[text]:]]

    def total(self):
        with self._lock:
            return sum(map(len, self.calls.values())), sum(self.lost.values())


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
                ledger.begin(text)
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
                except OSError:
                    ledger.lose(text)
                    self.close_connection = True

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/detect"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def pause(self):
        with self._lock:
            return self._random.uniform(0.05, 1.5)

    def close(self):
        self._server.shutdown()


class Torture:
    def __init__(self, seed, seconds, directory):
        self.random = random.Random(seed)
        self.seconds = seconds
        self.directory = directory
        self.ledger = Ledger()
        self.vendor = Vendor(self.ledger, seed)
        self.redis = Redis()
        self.redis.start()
        self.links = [FaultyLink(self.redis.socket, seed + i) for i in range(REPLICAS)]
        self.replicas = [self.start_replica(i) for i in range(REPLICAS)]
        self.failures = collections.Counter()  # (phase, what): how often
        self.answers = 0
        self.slowest = 0.0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        weights = [1 / rank for rank in range(1, CONTENTS + 1)]
        self._cumulative = list(itertools.accumulate(weights))

    def start_replica(self, index):
        home = self.directory / f"replica-{index}"
        home.mkdir(exist_ok=True)
        return Service(home, CACHE_DIR=str(home / "data"), MEMORY_CACHE_MB="1", MEMORY_CACHE_TTL="2",
                       REDIS_URL=f"redis://127.0.0.1:{self.links[index].port}",
                       CUSTOM_URL=self.vendor.url, CUSTOM_KINDS="text",
                       CUSTOM_BODY='{"text":"{text}"}', CUSTOM_SCORE_POINTER="/result/probability",
                       CUSTOM_SCORE_MAX="100", CUSTOM_COST_USD="0.004", CUSTOM_MAX_CONCURRENCY="64",
                       CUSTOM_TIMEOUT_MS="8000", DETECTORS_TEXT="custom",
                       CALL_TIMEOUT_MS="10000", LEASE_LIFE_MS="5000",
                       # No silence here is an outage, however busy the machine is.
                       OUTAGE_PATIENCE_MS="8000", OUTAGE_CALLS_PER_MINUTE="0", OUTAGE_CALLS_TOTAL="0")

    # --- load

    def client(self, seed):
        chance = random.Random(seed)
        while not self._stop.is_set():
            number = chance.choices(range(CONTENTS), cum_weights=self._cumulative)[0]
            self.ask(text_of(number), chance.randrange(REPLICAS))
            time.sleep(chance.uniform(0, 0.1))

    def ask(self, text, index):
        phase = self.ledger.phase
        begun = time.monotonic()
        try:
            answer = self.replicas[index].request(
                "POST", "/api/analysis/text", text.encode(), {"Content-Type": "text/plain"},
                timeout=LONGEST_ANSWER + 10)
        except OSError:
            answer = None  # a replica that is killed
        took = time.monotonic() - begun
        with self._lock:
            self.answers += 1
            self.slowest = max(self.slowest, took)
            if took > LONGEST_ANSWER:
                self.failures[phase, "answers over 35 s"] += 1
            if answer is not None and answer.status == 200:
                if answer.json["analysis"]["aiScore"] != score_of(text):
                    self.failures[phase, "wrong scores"] += 1
            elif answer is not None and answer.status not in (502, 503, 504):
                self.failures[phase, f"status {answer.status}"] += 1

    # --- phases: each is called again and again until its time is over

    def well(self):
        time.sleep(0.5)

    def cut(self):
        time.sleep(self.random.uniform(0.1, 1))
        self.random.choice(self.links).cut()

    def stalled(self):
        time.sleep(self.random.uniform(0.5, 2))
        self.redis.cli("CLIENT", "PAUSE", str(self.random.randrange(100, 1_500)), "ALL")

    def frozen(self):
        time.sleep(self.random.uniform(0.2, 1))
        process = self.random.choice(self.replicas).process
        process.send_signal(signal.SIGSTOP)
        time.sleep(self.random.uniform(0.3, 2.5))
        process.send_signal(signal.SIGCONT)

    def replica_killed(self):
        time.sleep(self.random.uniform(0.5, 2))
        index = self.random.randrange(REPLICAS)
        self.replicas[index].process.kill()
        self.replicas[index].process.wait()
        self.replicas[index] = self.start_replica(index)

    def redis_killed(self):
        time.sleep(self.random.uniform(0.5, 2))
        self.redis.kill()
        time.sleep(self.random.uniform(0, 2))
        self.redis.start()  # with what its append-only file has

    def flushed(self):
        time.sleep(self.random.uniform(1, 3))
        self.redis.cli("FLUSHALL")

    def redis_emptied(self):
        time.sleep(self.random.uniform(1, 3))
        self.redis.kill()
        shutil.rmtree(self.redis.directory / "appendonlydir")
        time.sleep(self.random.uniform(0, 2))
        self.redis.start()

    def full(self):
        time.sleep(self.random.uniform(0.5, 2))
        self.redis.cli("CONFIG", "SET", "maxmemory", "1")
        time.sleep(self.random.uniform(0.3, 1.5))
        self.redis.cli("CONFIG", "SET", "maxmemory", "0")

    PHASES = ("well", "cut", "stalled", "frozen", "replica_killed", "redis_killed", "full", "flushed",
              "redis_emptied")

    # --- the run

    def run(self, phases):
        seeds = [self.random.randrange(1 << 30) for _ in range(CLIENTS)]
        clients = [threading.Thread(target=self.client, args=(seed,)) for seed in seeds]
        for each in clients:
            each.start()
        for phase in phases:
            self.ledger.phase = phase
            until = time.monotonic() + self.seconds
            while time.monotonic() < until:
                getattr(self, phase)()
            print(f"{phase}: {self.answers} answers, calls and lost answers {self.ledger.total()}, "
                  f"excess {len(self.ledger.excess())}", flush=True)
        self._stop.set()
        for each in clients:
            each.join()
        self.settle(bool({"flushed", "redis_emptied"} & set(phases)))

    def settle(self, counters_were_lost):
        until = time.monotonic() + SETTLE
        while time.monotonic() < until:
            states = [replica.stats() for replica in self.replicas]
            if all(state["status"] == "connected" and state["pendingWrites"] == 0 for state in states):
                break
            time.sleep(0.2)
        else:
            self.failures["end", "replicas that do not recover"] += 1
        time.sleep(1)
        leases = self.redis.cli("--raw", "KEYS", "lease:*").split()
        held = [lease for lease in leases if not self.redis.cli("GET", lease).startswith("!")]
        if held:
            time.sleep(6)  # a killed owner's lease: LEASE_LIFE_MS
            held = [lease for lease in held if self.redis.cli("EXISTS", lease) == "1"]
        self.failures["end", "leases that are left"] += len(held)
        if not counters_were_lost:
            calls, lost = self.ledger.total()
            counted = self.redis.paid_calls("text")
            if not calls - lost <= counted <= calls:
                self.failures["end", f"counted {counted} of {calls} calls, {lost} lost"] += 1

    def report(self):
        excess = collections.Counter(phase for _, phase in self.ledger.excess())
        print(f"{self.answers} answers, the slowest after {self.slowest:.1f} s; calls and lost "
              f"answers {self.ledger.total()}; excess by phase {dict(excess)}; "
              f"failures { {key: n for key, n in self.failures.items() if n} }")
        return not excess and not any(self.failures.values())

    def close(self):
        for replica in self.replicas:
            replica.process.kill()
            replica.process.wait()
        for link in self.links:
            link.close()
        self.redis.close()
        self.vendor.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds-per-phase", type=float, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("phases", nargs="*", metavar="PHASE", help=", ".join(Torture.PHASES))
    options = parser.parse_args()
    unknown = set(options.phases) - set(Torture.PHASES)
    if unknown:
        parser.error(f"no such phase: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="vcache-torture-") as directory:
        torture = Torture(options.seed, options.seconds_per_phase, pathlib.Path(directory))
        try:
            torture.run(options.phases or Torture.PHASES)
            return 0 if torture.report() else 1
        finally:
            torture.close()


if __name__ == "__main__":
    sys.exit(main())
