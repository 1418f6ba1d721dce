"""What replicas promise each other, with Redis over TLS and with a Redis Cluster."""

import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

import replicas_test
from harness import PATIENCE
from ports import free_ports
from redis_server import Redis

CROWDS = ("test_a_crowd_for_one_image_on_three_replicas_is_one_call",
          "test_a_crowd_for_one_text_is_one_call",
          "test_fifty_images_interleaved_are_fifty_calls",
          "test_when_the_payer_is_killed_the_others_pay_once_more_after_its_lease")


class TlsRedis(Redis):
    """Reached by TLS with a certificate of its own authority; `cli` still takes the unix socket."""

    def start(self):
        (self.port,) = free_ports(1)
        self.certificate = self.directory / "cert.pem"
        key = self.directory / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", key, "-out", self.certificate], check=True, capture_output=True)
        super().start(["--tls-port", str(self.port), "--tls-cert-file", str(self.certificate),
                       "--tls-key-file", str(key), "--tls-ca-cert-file", str(self.certificate),
                       "--tls-auth-clients", "no"])

    @property
    def url(self):
        return f"rediss://localhost:{self.port}/0?tls_ca={self.certificate}"


class ClusterRedis:
    """Three masters of a Redis Cluster. `cli` asks all of them and puts the answers together."""

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vcr-"))
        self.processes = []

    def start(self):
        # The bus has a port of its own, 10000 above by default.
        ports = free_ports(6)
        self.ports, buses = ports[:3], ports[3:]
        for port, bus in zip(self.ports, buses):
            home = self.directory / str(port)
            home.mkdir()
            self.processes.append(subprocess.Popen(
                ["redis-server", "--port", str(port), "--cluster-port", str(bus), "--bind",
                 "127.0.0.1", "--cluster-enabled", "yes", "--save", "", "--dir", str(home)],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        nodes = [f"127.0.0.1:{port}" for port in self.ports]
        self._until(lambda: all(self._ask(port, "PING") == "PONG" for port in self.ports))
        subprocess.run(["redis-cli", "--cluster", "create", *nodes, "--cluster-yes"], check=True,
                       capture_output=True, timeout=PATIENCE)
        self._until(lambda: all("cluster_state:ok" in self._ask(port, "CLUSTER", "INFO")
                                for port in self.ports))

    def _until(self, done):
        deadline = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < deadline, "the cluster does not come up"
            time.sleep(0.05)

    def _ask(self, port, *words):
        return subprocess.run(["redis-cli", "-p", str(port), *words], capture_output=True, text=True,
                              timeout=PATIENCE).stdout.strip()

    @property
    def url(self):
        return "redis+cluster://" + ",".join(f"127.0.0.1:{port}" for port in self.ports)

    def cli(self, *words):
        return "\n".join(filter(None, (self._ask(port, *words) for port in self.ports)))

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


def load_tests(loader, _tests, _pattern):
    suite = unittest.TestSuite()
    for case in (ReplicasOverTls, ReplicasOnACluster):
        suite.addTests(case(name) for name in CROWDS)
    return suite


class ReplicasOverTls(replicas_test.ReplicasTest):
    def make_redis(self):
        return TlsRedis()


class ReplicasOnACluster(replicas_test.ReplicasTest):
    def make_redis(self):
        return ClusterRedis()


if __name__ == "__main__":
    unittest.main()
