"""A link that can be made bad: forwards TCP to a unix socket, and spoils what goes over it."""

import contextlib
import random
import socket
import threading
import time

DELAY = 2.0  # seconds, in each direction
TRICKLE = 0.02  # seconds for each byte
CORRUPT_EVERY = 97  # bytes that the server sends


class FaultyLink:
    """Listens on a free port of loopback, with a thread for each direction of each connection.

    `fault` is None, "cut", "delay", "trickle" or "corrupt", and holds for bytes that come later.
    """

    def __init__(self, target, seed=1):
        self._target = str(target)
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._sockets = set()  # guarded by _lock
        self._stranded = set()  # guarded by _lock; some of _sockets
        self._changed = threading.Event()  # there is a new fault, or none any more
        self._fault = None
        self.closed = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def strand(self):
        """Drops the open connections without a word, like a balancer: they stay open, and nothing
        goes over them any more. New ones are good."""
        with self._lock:
            self._stranded |= self._sockets

    @property
    def fault(self):
        return self._fault

    @fault.setter
    def fault(self, fault):
        self._fault = fault
        self._changed.set()
        self._changed = threading.Event()
        if fault == "cut":
            self.cut()

    def cut(self):
        """Ends all connections now."""
        with self._lock:
            sockets = list(self._sockets)
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def lead_to(self, target):
        """Connections that come later lead there."""
        self._target = str(target)

    def close(self):
        self.closed = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._changed.set()
        self.cut()

    def _accept(self):
        while not self.closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self._target)
            except OSError:
                client.close()
                server.close()
                continue
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._sockets |= {client, server}
            ends = threading.Barrier(2)  # whoever comes last closes both
            for source, sink, corruptible in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._forward, args=(source, sink, corruptible, ends),
                                 daemon=True).start()

    def _forward(self, source, sink, corruptible, ends):
        passed = 0
        try:
            while piece := source.recv(65536):
                if corruptible and self._fault == "corrupt":
                    piece = self._corrupt(piece, passed)
                passed += len(piece)
                with self._lock:
                    if source in self._stranded:
                        continue
                self._send(sink, piece)
        except OSError:
            pass
        for each in (source, sink):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        if ends.wait() == 0:
            with self._lock:
                self._sockets -= {source, sink}
                self._stranded -= {source, sink}
            source.close()
            sink.close()

    @staticmethod
    def _corrupt(piece, passed):
        # What becomes of a digit is no digit, so that no damage looks like another number.
        return bytes(byte ^ 0x15 if (passed + i) % CORRUPT_EVERY == 0 else byte
                     for i, byte in enumerate(piece, 1))

    def _send(self, sink, piece):
        changed, fault = self._changed, self._fault
        if fault == "cut":
            sink.sendall(piece[:self._random.randrange(len(piece))])
            raise ConnectionAbortedError
        if fault == "delay":
            changed.wait(DELAY)
        if fault == "trickle":
            for at in range(len(piece)):
                if changed.wait(TRICKLE):
                    sink.sendall(piece[at:])
                    return
                sink.sendall(piece[at:at + 1])
            return
        sink.sendall(piece)
