"""Proxies in front of the service: no bytes become more requests there than the proxy made of them.

A proxy shares its connections to us between its clients. Where it and we see the end of a request at
different places, one client's bytes become another client's request, or its answer.
"""

import collections
import http.client
import json
import os
import re
import time
import unittest

import proxies
import raw_requests
from harness import PATIENCE, ServiceTest, at_once

QUIET = 0.25  # seconds without a byte after which nothing more is expected


def receive(connection, answers=None):
    """What comes until the other side closes, is quiet, or so many answers have come."""
    connection.settimeout(QUIET if answers is None else PATIENCE)
    received = b""
    try:
        while piece := connection.recv(65536):
            received += piece
            if answers is not None and len(statuses(received)) >= answers:
                connection.settimeout(QUIET / 10)
    except (TimeoutError, ConnectionError):
        pass
    return received


def read_answer(stream):
    """The next answer with a length: its status, header fields and body."""
    line = stream.readline()
    assert line.startswith(b"HTTP/1.1 "), line
    headers = http.client.parse_headers(stream)
    return int(line.split()[1]), headers, stream.read(int(headers["content-length"]))


def statuses(received):
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", received)]


def ours(received):
    """How many of the answers are the service's; the proxy has refusals of its own."""
    return received.lower().count(b"\r\nx-request-id: ")


class ProxyTest:
    """The tests of one kind of proxy; a class below names it."""
    KIND = None
    LENIENT = False

    def setUp(self):
        super().setUp()
        self.app = self.service(self.sandbox(), LOG_FORMAT="json")
        self.proxy = self._ending(
            proxies.Proxy(self.KIND, self.LENIENT, self.directory, self.app.port))
        self.asked = 0

    def ask(self, connection, name):
        """A benign request; fails unless its own answer comes back."""
        path = f"/api/analysis/{self.asked:064x}"
        self.asked += 1
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nX-Request-Id: {name}\r\n\r\n".encode())
        with connection.makefile("rb") as stream:
            status, headers, body = read_answer(stream)
        self.assertEqual(status, 404, body)
        self.assertEqual(headers["x-request-id"], name)
        self.assertEqual(json.loads(body)["instance"], path)

    def ask_a_few(self, name):
        """More than the proxy keeps connections to the service: all of them are tried."""
        for number in range(6):
            with self.proxy.connect() as connection:
                self.ask(connection, f"benign.{name}.{number}".replace(" ", "-"))

    def finish(self):
        """Ends both; the ids of what the proxy forwarded, and of what the service answered."""
        self.proxy.stop()
        forwarded = collections.Counter(self.proxy.forwarded())
        self.app.stop()
        lines = [json.loads(line) for line in self.app.lines]
        answered = collections.Counter(
            line["request_id"] if "." in line["request_id"] else ""  # an id that we made
            for line in lines if line["msg"] == "Request")
        return forwarded, answered

    def assertNoMoreThanForwarded(self):
        forwarded, answered = self.finish()
        unnamed = answered.pop("", 0)
        self.assertEqual(answered - forwarded, collections.Counter(),
                         "the service saw requests that nobody sent")
        # A refused head has no name of its own, so it is one of those that were never answered.
        self.assertLessEqual(unnamed, (forwarded - answered).total())
        self.assertGreater(answered.total(), 0)
        return forwarded, answered

    def test_connections_to_the_service_are_kept_and_shared(self):
        """Without it no other test here would show anything."""
        for number in range(20):
            with self.proxy.connect() as connection:
                self.ask(connection, f"kept.{number}")
        # Not all of its sockets: the service's own calls of vendors come and go meanwhile.
        self.assertIn(self.app.established_connections(), range(1, 5))

    def test_no_attack_becomes_more_requests_than_were_sent(self):
        for attack in raw_requests.attacks() + raw_requests.unfinished():
            with self.subTest(attack.name):
                with self.proxy.connect() as connection:
                    connection.sendall(attack.data)
                    received = receive(connection)
                self.assertLessEqual(ours(received), attack.requests, received)
                self.ask_a_few(attack.name)
        self.assertNoMoreThanForwarded()

    def test_unusual_requests_have_their_own_answers(self):
        for unusual in raw_requests.unusual():
            with self.subTest(unusual.name):
                with self.proxy.connect() as connection:
                    connection.sendall(unusual.data)
                    received = receive(connection, len(unusual.answers))
                self.assertLessEqual(ours(received), unusual.requests, received)
                self.ask_a_few(unusual.name)
        self.assertNoMoreThanForwarded()

    def test_a_request_split_at_every_byte_is_one_request(self):
        sent = collections.Counter()
        for whole in raw_requests.to_split():
            with self.subTest(whole.name):
                for at in range(1, len(whole.data)):
                    with self.proxy.connect() as connection:
                        connection.sendall(whole.data[:at])
                        time.sleep(0.001)
                        connection.sendall(whole.data[at:])
                        with connection.makefile("rb") as stream:
                            answers = [read_answer(stream)[0] for _ in whole.answers]
                    self.assertEqual(answers, list(whole.answers), at)
                    for number in range(len(whole.answers)):
                        sent[raw_requests.identity(whole.name, number + 1)] += 1
        _, answered = self.finish()
        self.assertEqual(answered, sent)

    def test_clients_at_once_among_attackers_get_their_own_answers(self):
        attacks = raw_requests.attacks()

        def act(index):
            for number in range(25):
                with self.proxy.connect() as connection:
                    if index % 2:
                        self.ask(connection, f"crowd.{index}.{number}")
                    else:
                        connection.sendall(attacks[(25 * index + number) % len(attacks)].data)
        at_once(8, act)
        self.ask_a_few("after the crowd")
        self.assertNoMoreThanForwarded()


def for_each_proxy():
    """A class of tests for each proxy, as it is installed and as lenient as it can be made."""
    for kind in ("nginx", "haproxy"):
        for lenient in (False, True):
            name = f"{'Lenient' if lenient else 'Strict'}{kind.capitalize()}"
            made = type(name, (ProxyTest, ServiceTest), {"KIND": kind, "LENIENT": lenient})
            there = proxies.find(kind) or os.environ.get("CI")
            yield name, unittest.skipUnless(there, f"{kind} is not installed")(made)


globals().update(for_each_proxy())
