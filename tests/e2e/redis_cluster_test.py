"""The shared store on a Redis Cluster: six servers, and a day when one of them dies."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest

from harness import BUILD, PATIENCE, ServiceTest, jpeg
from ports import free_ports
from redis_server import paid_calls_of

SLOTS = 16_384
MASTERS = 3


class Cluster:
    """Six redis-servers of the test's own: three masters, the three behind them their replicas."""

    def __init__(self, *arguments):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vcc-"))
        numbers = free_ports(4 * MASTERS)
        self.ports, self.bus_ports = numbers[:2 * MASTERS], numbers[2 * MASTERS:]
        self.processes = []
        for index, (port, bus) in enumerate(zip(self.ports, self.bus_ports)):
            home = self.directory / str(index)
            home.mkdir()
            self.processes.append(subprocess.Popen(
                ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--cluster-enabled",
                 "yes", "--cluster-port", str(bus), "--cluster-node-timeout", "1000",
                 "--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0",
                 "--save", "", "--dir", str(home), *arguments],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        self._form()

    @property
    def url(self):
        return "redis+cluster://" + ",".join(f"127.0.0.1:{port}" for port in self.ports[:MASTERS])

    def cli(self, index, *words):
        return subprocess.run(["redis-cli", "-p", str(self.ports[index]), "--raw", *words],
                              capture_output=True, text=True, timeout=PATIENCE).stdout.strip()

    def await_that(self, holds, what):
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, what
            time.sleep(0.05)

    def _form(self):
        everyone = range(2 * MASTERS)
        for index in everyone:
            self.await_that(lambda i=index: self.cli(i, "PING") == "PONG", "no answer")
            self.cli(index, "CLUSTER", "SET-CONFIG-EPOCH", str(index + 1))
        for index in range(MASTERS):
            self.cli(index, "CLUSTER", "ADDSLOTSRANGE", str(index * SLOTS // MASTERS),
                     str((index + 1) * SLOTS // MASTERS - 1))
        for index in everyone[1:]:
            self.cli(0, "CLUSTER", "MEET", "127.0.0.1", str(self.ports[index]),
                     str(self.bus_ports[index]))

        def have_met(index):
            return ("cluster_known_nodes:6" in self.cli(index, "CLUSTER", "INFO")
                    and "handshake" not in self.cli(index, "CLUSTER", "NODES"))

        for index in everyone:
            self.await_that(lambda i=index: have_met(i), "they do not meet")
        for index in everyone[MASTERS:]:
            self.cli(index, "CLUSTER", "REPLICATE", self.cli(index - MASTERS, "CLUSTER", "MYID"))
        for index in everyone[MASTERS:]:
            self.await_that(lambda i=index: "master_link_status:up" in self.cli(
                i, "INFO", "replication"), "a replica without a master")
        self.await_that(self.is_whole, "the cluster is not whole")

    def await_replica(self, master):
        """Until its replica has all that was written to it; WAIT is about its own connection only."""
        def offset(name):
            return int(re.search(rf"{name}(\d+)", self.cli(master, "INFO", "replication"))[1])
        written = offset("master_repl_offset:")
        self.await_that(lambda: offset(",offset=") >= written, "a replica does not keep up")

    def is_whole(self):
        return all("cluster_state:ok" in self.cli(index, "CLUSTER", "INFO")
                   for index in range(2 * MASTERS) if self.processes[index].poll() is None)

    def owner_of(self, key):
        """The index of the master that has the key's slot; None when nobody has."""
        for index in range(2 * MASTERS):
            if self.cli(index, "EXISTS", key).isdigit():
                return index
        return None

    def keys(self, pattern):
        """Of all masters."""
        found = []
        for index in range(2 * MASTERS):
            if "role:master" in self.cli(index, "INFO", "replication"):
                found += self.cli(index, "KEYS", pattern).split()
        return found

    def kill(self, index):
        self.processes[index].kill()
        self.processes[index].wait()

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


@unittest.skipUnless(shutil.which("redis-server") or os.environ.get("CI"),
                     "redis-server is not installed")
class RedisClusterTest(ServiceTest):
    def cluster(self, *arguments):
        cluster = Cluster(*arguments)
        self.addCleanup(cluster.close)
        return cluster

    def on_cluster(self, cluster, sandbox, directory, **environment):
        home = self.directory / directory
        home.mkdir(exist_ok=True)
        service = self.service(sandbox, REDIS_URL=cluster.url, CACHE_DIR=str(home),
                               MEMORY_CACHE_MB="0", **environment)
        self.await_stats(service, status="connected")
        return service

    def test_photographs_on_all_masters_and_after_a_restart(self):
        cluster = self.cluster()
        sandbox = self.sandbox()
        service = self.on_cluster(cluster, sandbox, "a")
        service.await_line(r"Store: Redis Cluster.*redis\+cluster://127")
        for seed in range(20):
            self.assertEqual(service.upload(jpeg(seed)).cache, "MISS")
        again = service.upload(jpeg(0))
        self.assertEqual(again.cache, "HIT")
        self.assertIn("detail=redis", again.headers["cache-status"])
        stats = service.stats()
        self.assertEqual((stats["backend"], stats["isAvailable"]), ("redis-cluster", True))
        self.assertEqual(stats["cost"]["paidCalls"], 20)
        owners = {cluster.owner_of(key) for key in cluster.keys("analysis:*")}
        self.assertEqual(owners, {0, 1, 2})
        service.stop()
        service = self.on_cluster(cluster, sandbox, "b")  # with nothing on its own disk
        for seed in range(20):
            self.assertEqual(service.upload(jpeg(seed)).cache, "HIT")
        self.assertEqual(sandbox.charged, 20)
        cleared = service.admin("POST", "/api/admin/cache/clear", {"pattern": "analysis:*"}).json
        self.assertEqual(cleared["cleared"], 20)
        self.assertEqual(cluster.keys("analysis:*"), [])

    def master_dies(self, *arguments):
        cluster = self.cluster(*arguments)
        sandbox = self.sandbox()
        service = self.on_cluster(cluster, sandbox, "a", OUTAGE_CALLS_PER_MINUTE="0")
        for seed in range(100, 130):
            self.assertEqual(service.upload(jpeg(seed)).cache, "MISS")
        victim = cluster.owner_of("{stats}:counters")
        for index in range(MASTERS):
            cluster.await_replica(index)
        cluster.kill(victim)
        for seed in range(130, 160):
            answer = service.upload(jpeg(seed))
            self.assertEqual((answer.status, answer.cache), (200, "MISS"))
        cluster.await_that(lambda: cluster.owner_of("{stats}:counters") == victim + MASTERS,
                           "the replica is not promoted")
        self.await_stats(service, status="connected", pendingWrites=0)
        for seed in range(100, 160):
            again = service.upload(jpeg(seed))
            self.assertEqual(again.cache, "HIT")
            self.assertIn("detail=redis", again.headers["cache-status"])
        self.assertEqual(sandbox.charged, 60)
        self.assertEqual(service.stats()["cost"]["paidCalls"], 60)
        lines = cluster.cli(victim + MASTERS, "HGETALL", "{stats}:counters").splitlines()
        self.assertEqual(paid_calls_of(lines), 60)
        self.assertLessEqual(service.output.count("Redis Cluster is not available"), 2)

    def test_a_master_that_dies_costs_nothing_twice(self):
        self.master_dies()

    def test_a_master_that_dies_while_the_other_slots_go_on(self):
        self.master_dies("--cluster-require-full-coverage", "no")

    def test_a_cluster_has_one_database(self):
        bad = subprocess.run([str(BUILD / "verdictcache")], cwd=self.directory,
                             env={"PATH": os.environ["PATH"], "PORT": "0",
                                  "REDIS_URL": "redis+cluster://u:hunter2@host:1,other:2/3"},
                             stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             timeout=PATIENCE)
        self.assertEqual(bad.returncode, 2)
        self.assertIn("REDIS_URL", bad.stderr)
        self.assertIn("database 0", bad.stderr)
        self.assertNotIn("hunter2", bad.stderr + bad.stdout)
