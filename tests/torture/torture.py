#!/usr/bin/env python3
"""Three replicas on one Redis, contents by Zipf's law, and faults: who is paid for twice?

The vendor is this program's own. It keeps a ledger of calls by content and knows of each call whether
its answer reached the replica. A content may be paid for once, and once more for each answer that was
lost with its replica. Anything beyond that is an excess, counted for the phase in which it came.

While a Redis evicts, single entries go and nobody hears of it. The replica that paid has a copy and
must not pay again. Another one has none and may: such calls are counted apart, as without a copy.
What is still gone when the eviction ends may cost that later.

    tests/torture/torture.py [--seconds-per-phase 12] [--seed 1] [PHASE ...]

VCACHE_BUILD_DIR says where the programs are. Exit status 1: an excess, a wrong score, an answer that
took too long, a lease that is left, or counts that differ from the ledger.
"""

import argparse
import collections
import hashlib
import itertools
import os
import pathlib
import random
import resource
import shutil
import signal
import struct
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from faulty_link import FaultyLink  # noqa: E402
from harness import BUILD, Service  # noqa: E402
from paid_vendor import Ledger, Vendor, score_of  # noqa: E402
from replicable_redis import ReplicableRedis, await_true  # noqa: E402

REPLICAS = 3
CONTENTS = 300
NEW_PER_SECOND = 8
CLIENTS = 24
LONGEST_ANSWER = 35.0
SETTLE = 30.0
LEASE_LIFE = 15  # seconds; longer than any silence of Redis here, also on a busy machine
WALL_CLOCK = BUILD / "tests" / "libwall_clock.so"
CLOCK_STEPS = (-10 * 86_400, -3_600, -40, 40, 3_600, 10 * 86_400)  # seconds


def text_of(number):
    return f"The text with the number {number}, which is long enough for a vendor to judge it at all."


def key_of(text):
    return "text:" + hashlib.sha256(text.encode()).hexdigest()


class Torture:
    def __init__(self, seed, seconds, directory):
        self.random = random.Random(seed)
        self.seconds = seconds
        self.directory = directory
        self.ledger = Ledger(may_lack_copies=("evicted",))
        self.vendor = Vendor(self.ledger, seed)
        self.redis = ReplicableRedis()
        self.redis.start()
        self.links = [FaultyLink(self.redis.socket, seed + i) for i in range(REPLICAS)]
        self.replicas = [self.start_replica(i) for i in range(REPLICAS)]
        self.failures = collections.Counter()  # (phase, what): how often
        self.kills = 0
        self.answers = 0
        self.slowest = 0.0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._begun = time.monotonic()
        weights = [1 / rank for rank in range(1, CONTENTS + 1)]
        self._cumulative = list(itertools.accumulate(weights))

    def start_replica(self, index):
        home = self.directory / f"replica-{index}"
        home.mkdir(exist_ok=True)
        self.step_clock(index, 0)
        return Service(home, CACHE_DIR=str(home / "data"), MEMORY_CACHE_MB="1", MEMORY_CACHE_TTL="2",
                       LD_PRELOAD=str(WALL_CLOCK), VCACHE_WALL_CLOCK=str(home / "clock"),
                       REDIS_URL=f"redis://127.0.0.1:{self.links[index].port}",
                       CUSTOM_URL=self.vendor.url(index), CUSTOM_KINDS="text",
                       CUSTOM_BODY='{"text":"{text}"}', CUSTOM_SCORE_POINTER="/result/probability",
                       CUSTOM_SCORE_MAX="100", CUSTOM_COST_USD="0.004", CUSTOM_MAX_CONCURRENCY="64",
                       CUSTOM_TIMEOUT_MS="8000", DETECTORS_TEXT="custom",
                       CALL_TIMEOUT_MS="10000", LEASE_LIFE_MS=str(LEASE_LIFE * 1_000),
                       # No silence here is an outage, however busy the machine is.
                       OUTAGE_PATIENCE_MS="20000", OUTAGE_CALLS_PER_MINUTE="0", OUTAGE_CALLS_TOTAL="0")

    def step_clock(self, index, seconds):
        """Steps the wall clock of a replica, to so much before or after the system's."""
        file = os.open(self.directory / f"replica-{index}" / "clock", os.O_RDWR | os.O_CREAT, 0o600)
        os.pwrite(file, struct.pack("=q", seconds * 1_000_000), 0)  # in place: the replica has it mapped
        os.close(file)

    # --- load

    def client(self, seed):
        chance = random.Random(seed)
        while not self._stop.is_set():
            self.ask(text_of(self.choose(chance)), chance.randrange(REPLICAS))
            time.sleep(chance.uniform(0, 0.1))

    def choose(self, chance):
        """A content that all phases share, or one that came up a moment ago, so that each phase has
        some that are paid for."""
        if chance.random() < 0.8:
            return chance.choices(range(CONTENTS), cum_weights=self._cumulative)[0]
        newest = int((time.monotonic() - self._begun) * NEW_PER_SECOND)
        return CONTENTS + max(0, newest - int(chance.expovariate(1 / NEW_PER_SECOND)))

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
        self.kills += 1
        self.replicas[index].process.kill()
        self.replicas[index].process.wait()
        self.replicas[index] = self.start_replica(index)

    def disk_full(self):
        """For a replica, which meanwhile may also lose its connections."""
        time.sleep(self.random.uniform(0.3, 1))
        index = self.random.randrange(REPLICAS)
        pid = self.replicas[index].process.pid
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, before[1]))
        time.sleep(self.random.uniform(0.1, 1))
        if self.random.random() < 0.5:
            self.links[index].cut()
        time.sleep(self.random.uniform(0.1, 1))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)

    def clock_stepped(self):
        time.sleep(self.random.uniform(0.3, 1))
        index = self.random.randrange(REPLICAS)
        self.step_clock(index, self.random.choice(CLOCK_STEPS))
        time.sleep(self.random.uniform(0.3, 2.5))
        self.step_clock(index, 0)

    def redis_killed(self):
        time.sleep(self.random.uniform(0.5, 2))
        self.redis.kill()
        time.sleep(self.random.uniform(0, 2))
        self.redis.start()  # with what its append-only file has

    def failed_over(self):
        """The old primary goes on as a replica, and the address leads to it for a moment longer.
        Nobody but a Sentinel cuts the connections to it."""
        old, new = self.redis, self.redis.hand_over()
        self.redis = new
        time.sleep(self.random.uniform(0, 2))
        for link in self.links:
            link.lead_to(new.socket)
        if self.random.random() < 0.5:
            for link in self.links:
                link.cut()
        await_true("replicas stay with the old primary", lambda: old.clients() == 0)
        old.close()
        time.sleep(self.random.uniform(0.5, 2))

    def full(self):
        time.sleep(self.random.uniform(0.5, 2))
        self.redis.cli("CONFIG", "SET", "maxmemory", "1")
        time.sleep(self.random.uniform(0.3, 1.5))
        self.redis.cli("CONFIG", "SET", "maxmemory", "0")

    def evicted(self):
        """The entries that were not used for the longest time have to go, for a while."""
        self.redis.cli("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        used = int(self.redis.cli("INFO", "memory").split("used_memory:")[1].split()[0])
        self.redis.cli("CONFIG", "SET", "maxmemory", str(used - self.random.randrange(100_000)))
        time.sleep(self.random.uniform(0.5, 2))
        self.redis.cli("CONFIG", "SET", "maxmemory", "0")
        time.sleep(self.random.uniform(0.2, 0.5))

    def note_evicted(self):
        kept = set(self.redis.cli("--raw", "KEYS", "text:*").split())
        self.ledger.note_lost(
            text for text in self.ledger.settled_texts() if key_of(text) not in kept)

    def flushed(self):
        time.sleep(self.random.uniform(1, 3))
        self.redis.cli("FLUSHALL")

    def redis_emptied(self):
        time.sleep(self.random.uniform(1, 3))
        self.redis.kill()
        shutil.rmtree(self.redis.directory / "appendonlydir")
        time.sleep(self.random.uniform(0, 2))
        self.redis.start()

    PHASES = ("well", "cut", "stalled", "frozen", "replica_killed", "disk_full", "clock_stepped",
              "redis_killed", "failed_over", "full", "evicted", "flushed", "redis_emptied")
    LOSE_COUNTERS = ("evicted", "flushed", "redis_emptied")

    # --- the run

    def run(self, phases):
        """The statistics are compared before the first phase that loses them."""
        self.run_phases([phase for phase in phases if phase not in self.LOSE_COUNTERS])
        self.compare_statistics()
        if losing := [phase for phase in phases if phase in self.LOSE_COUNTERS]:
            self.run_phases(losing)

    def run_phases(self, phases):
        self._stop.clear()
        seeds = [self.random.randrange(1 << 30) for _ in range(CLIENTS)]
        clients = [threading.Thread(target=self.client, args=(seed,)) for seed in seeds]
        for each in clients:
            each.start()
        try:
            for phase in phases:
                self.ledger.phase = phase
                until = time.monotonic() + self.seconds
                while time.monotonic() < until:
                    getattr(self, phase)()
                if phase == "evicted":
                    self.note_evicted()
                print(f"{phase}: {self.answers} answers, calls and lost answers "
                      f"{self.ledger.total()}, excess {len(self.ledger.excess())}", flush=True)
        finally:
            self._stop.set()
            for each in clients:
                each.join()
        self.settle()

    def settle(self):
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
            time.sleep(LEASE_LIFE + 1)  # a killed owner's
            held = [lease for lease in held if self.redis.cli("EXISTS", lease) == "1"]
        self.failures["end", "leases that are left"] += len(held)

    def compare_statistics(self):
        calls, lost = self.ledger.total()
        counted = self.redis.paid_calls("text")
        # A replica that is killed between its note of a call and the call counts one too many.
        if not calls - lost <= counted <= calls + self.kills:
            self.failures["end", f"counted {counted} of {calls} calls, {lost} lost"] += 1

    def report(self):
        excess = self.ledger.excess()
        for _, calls in excess[:20]:
            print("paid too often: " + "; ".join(
                f"replica {call.replica} in {call.phase}, {call.begun:.2f} to "
                f"{call.ended or 0:.2f} s{', lost' if call.lost else ''}" for call in calls))
        by_phase = collections.Counter(call.phase for call, _ in excess)
        print(f"{self.answers} answers, the slowest after {self.slowest:.1f} s; calls and lost "
              f"answers {self.ledger.total()}; excess by phase {dict(by_phase)}; without a copy "
              f"{self.ledger.without_copy()}; "
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
    parser.add_argument("--list", action="store_true", help="only names the phases")
    parser.add_argument("phases", nargs="*", metavar="PHASE", help=", ".join(Torture.PHASES))
    options = parser.parse_args()
    if options.list:
        print("\n".join(Torture.PHASES))
        return 0
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
