"""A TCP proxy: what a page's signalling goes through when its network is to be lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

Address = tuple[str, int]

_CHUNK_BYTES = 1 << 16


@asynccontextmanager
async def running_wire(server: Address) -> AsyncIterator["Wire"]:
    """Run a proxy on a free port of 127.0.0.1 until the block ends."""
    wire = Wire(server)
    listener = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    wire.address = listener.sockets[0].getsockname()
    try:
        yield wire
    finally:
        listener.close()
        await wire.close()


class Wire:
    """All connections that go through it. They end at both sides only when it is closed."""

    def __init__(self, server: Address) -> None:
        self.address: Address = ("", 0)
        """Where clients connect to."""
        self._server = server
        self._flows: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one connection, and pass on what comes from either side."""
        self._writers.append(writer)
        with suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection(*self._server)
            self._writers.append(far_writer)
            for source, sink in ((reader, far_writer), (far_reader, writer)):
                flow = asyncio.create_task(_flow(source, sink))
                self._flows.add(flow)
                flow.add_done_callback(self._flows.discard)

    def abandon_connections(self) -> None:
        """Pass nothing more on over the present connections, without a word to either side; new ones are served."""
        for flow in self._flows:
            flow.cancel()

    async def close(self) -> None:
        """End all connections."""
        flows = list(self._flows)
        self.abandon_connections()
        await asyncio.gather(*flows, return_exceptions=True)
        for writer in self._writers:
            writer.close()


async def _flow(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Pass bytes on until one side ends, then end the other."""
    with suppress(OSError):
        while data := await source.read(_CHUNK_BYTES):
            sink.write(data)
            await sink.drain()
    sink.close()
