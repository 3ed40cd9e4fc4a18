"""A connection to PostgreSQL, with limits to what it may take, and the locks that all of Roundup's processes know."""

from collections.abc import Mapping

import asyncpg

from server.errors import StoreError
from server.store.failures import sentence
from server.store.location import DatabaseUrl
from server.store.postgresql.failures import CONNECTING, why_not_connected

TURN = 0x726F_756E_6475_7001
"""Advisory lock of the transaction that writes."""
CLAIM = 0x726F_756E_6475_7002
"""Advisory lock of the one server on the database."""

CONNECT_TIMEOUT_S = 5.0
COMMAND_TIMEOUT_S = 6.0
"""Longer than the database gives a statement: what only the network can be the reason of."""
_SETTINGS = {
    "application_name": "roundup",
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    # A process that hangs in the middle of a transaction keeps the others out.
    "idle_in_transaction_session_timeout": "10s",
    # The other end may be gone without a word. The database then lets go of what it held.
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "synchronous_commit": "on",
    "DateStyle": "ISO",  # as days are read where they come as text
    "jit": "off",  # compiling costs more than our statements take
}


async def connect(url: DatabaseUrl, settings: Mapping[str, str]) -> asyncpg.Connection:
    """Connect, with `settings` of the database besides ours. Raises `StoreError`, without a secret in it."""
    try:
        return await asyncpg.connect(
            url.text,
            timeout=CONNECT_TIMEOUT_S,
            command_timeout=COMMAND_TIMEOUT_S,
            server_settings=_SETTINGS | dict(settings),
        )
    except CONNECTING as error:
        raise StoreError(sentence(url.name, why_not_connected(error))) from error
