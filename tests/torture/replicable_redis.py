"""A redis-server that hands its place to a new one, as a managed Redis does behind one address."""

import time

from harness import PATIENCE
from ports import free_ports
from redis_server import Redis


def await_true(what, condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


class ReplicableRedis(Redis):
    """One that replicas reach, by a port of loopback."""

    def __init__(self):
        super().__init__()
        self.port = free_ports(1)[0]

    def start(self, arguments=()):
        super().start(["--port", str(self.port), "--bind", "127.0.0.1",
                       "--repl-diskless-sync-delay", "0", *arguments])

    def hand_over(self):
        """A new primary that has all that this one had; this one is its replica from now on."""
        successor = ReplicableRedis()
        successor.start(["--replicaof", f"127.0.0.1 {self.port}"])
        await_true("the replica does not get the data",
                   lambda: "master_link_status:up" in successor.cli("INFO", "replication"))
        # Not before the primary has heard so, and the file is rewritten: a kill would lose it.
        await_true("the replica is not taken for one",
                   lambda: "state=online" in self.cli("INFO", "replication"))
        await_true("the append-only file is not written",
                   lambda: "aof_rewrite_in_progress:0" in successor.cli("INFO", "persistence"))
        self.cli("FAILOVER")
        await_true("the replica is not promoted",
                   lambda: "role:master" in successor.cli("INFO", "replication"))
        return successor

    def clients(self):
        """How many services send it commands."""
        return self.cli("CLIENT", "LIST", "TYPE", "normal").count("name=verdictcache")
