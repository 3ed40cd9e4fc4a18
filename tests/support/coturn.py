"""A real coturn on the loopback address, started with what `roundup coturn-config` prints."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from server.turn.credentials import TurnCredentials, create_credentials
from tests.support.certificate import make_certificate
from tests.support.command import roundup

HOST = "127.0.0.1"
SECRET = "0123456789abcdef0123456789abcdef"
RELAY_PORTS = "20000-29999"
_START_TIMEOUT_S = 30


@dataclass(frozen=True)
class Coturn:
    """A relay that only leads to this machine's 127.0.0.1."""

    udp_url: str
    tcp_url: str
    tls_url: str
    port: int
    tls_port: int
    secret_file: Path
    certificate: Path

    def credentials(self, expires_at_s: int) -> TurnCredentials:
        """Make what coturn must take until then."""
        return create_credentials(SECRET, "somebody", expires_at_s)


def _free_port() -> int:
    """Return a port that is free for TCP and for UDP."""
    for _ in range(50):
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind((HOST, 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            return int(tcp.getsockname()[1])
    raise AssertionError("no port is free for both TCP and UDP")


@asynccontextmanager
async def running_coturn(folder: Path) -> AsyncIterator[Coturn]:
    """Run coturn with its files in `folder`, which exists."""
    if shutil.which("turnserver") is None:
        pytest.skip("coturn is not installed")
    port, tls_port = _free_port(), _free_port()
    cert, key = make_certificate(folder)
    secret_file = folder / "turn.secret"
    secret_file.write_text(f"{SECRET}\n")
    plain = f"turn:{HOST}:{port}?transport="
    coturn = Coturn(f"{plain}udp", f"{plain}tcp", f"turns:{HOST}:{tls_port}", port, tls_port, secret_file, cert)
    printed = roundup(
        *("coturn-config", "--turn-urls", f"{coturn.udp_url},{coturn.tcp_url},{coturn.tls_url}"),
        *("--turn-secret-file", secret_file, "--announce-ip", HOST, "--listen-ip", HOST),
        *("--relay-ports", RELAY_PORTS, "--tls-cert", cert, "--tls-key", key),
    )
    assert printed.code == 0, printed.err
    file = folder / "turnserver.conf"
    file.write_text(printed.out)
    # The database of a coturn that runs on this machine for good stays untouched.
    own = ("--pidfile", folder / "turnserver.pid", "--userdb", folder / "turndb")
    log = folder / "coturn.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *map(str, ("turnserver", "-c", file, *own)), stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        async with asyncio.timeout(_START_TIMEOUT_S):
            while not (_listens(port) and _listens(tls_port)):
                assert process.returncode is None, log.read_text()
                await asyncio.sleep(0.02)  # it tells nobody when it is ready
        assert "Bad configuration" not in log.read_text(), "it knows every line"
        yield coturn
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((HOST, port)) == 0
