"""Ports for programs that cannot be given port 0."""

import contextlib
import random
import socket

# Below those that the system gives to outgoing connections: of these, every test beside this one
# opens hundreds, and one of them may be taken before the program comes to listen on it.
FIRST, LAST = 10_000, 32_767


def free_ports(count):
    """So many different ports of loopback that were free a moment ago."""
    with contextlib.ExitStack() as stack:
        ports = []
        while len(ports) < count:
            probe = stack.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", random.SystemRandom().randint(FIRST, LAST)))
                ports.append(probe.getsockname()[1])
        return ports
