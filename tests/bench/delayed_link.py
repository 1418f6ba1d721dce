#!/usr/bin/env python3
"""A link with a round trip: forwards TCP to a unix socket, each piece so much later.

    tests/bench/delayed_link.py SOCKET ROUND_TRIP_MS     prints the port of loopback that it listens on

Pieces overtake none, and any number of them is under way at once, as on a wire.
"""

import asyncio
import sys


async def forward(reader, writer, delay):
    loop = asyncio.get_running_loop()
    under_way = asyncio.Queue()

    async def deliver():
        while (arrival := await under_way.get()) is not None:
            due, piece = arrival
            await asyncio.sleep(due - loop.time())
            writer.write(piece)
        writer.close()

    delivery = asyncio.create_task(deliver())
    try:
        while piece := await reader.read(65536):
            under_way.put_nowait((loop.time() + delay, piece))
    except OSError:
        pass
    under_way.put_nowait(None)
    await delivery


async def main(target, round_trip_ms):
    delay = round_trip_ms / 2_000

    async def accept(reader, writer):
        server_reader, server_writer = await asyncio.open_unix_connection(target)
        await asyncio.gather(forward(reader, server_writer, delay),
                             forward(server_reader, writer, delay), return_exceptions=True)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
