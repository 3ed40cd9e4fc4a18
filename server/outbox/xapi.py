"""xAPI: statements to the learning record store that the operator has configured, many in one request.

A statement has its id from what it is about, so that one that is sent twice is there once.
https://github.com/adlnet/xAPI-Spec/blob/1.0.3/xAPI-Communication.md
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp

from server.errors import StartupError
from server.outbox.channel import SENT, Outcome, Verdict, reason_of
from server.outbox.smtp_url import is_loopback
from server.outbox.statements import XAPI
from server.store.outbox import WaitingMessage

BATCH = 50
TIMEOUT_S = 30.0
"""For a whole request and its answer."""
MAX_ANSWER_BYTES = 4_096
"""More of an answer is not read."""
_BROKEN_AT_MOST = 3
"""Statements in a row at which the store breaks; then it is broken, and not they."""
_ONE_IS_WRONG = frozenset({400, 409, 413, 422, 500})
"""What is answered to many statements because of one."""
_NEVER = frozenset({400, 413, 422})


@dataclass(frozen=True, slots=True)
class RecordStore:
    """A learning record store."""

    url: str
    """Of its statements."""
    key: str
    secret: str = field(repr=False)


def parse_record_store(url: str, key: str, secret: str) -> RecordStore:
    """Read where statements go. Raises `StartupError`, which quotes neither key nor secret."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", 0
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not host or port == 0 or "@" in parts.netloc or not url.isprintable():
        raise StartupError("--xapi-url is not understood; it looks like https://lrs.example.org/xapi, without a key.")
    if parts.query or parts.fragment:
        raise StartupError("--xapi-url has something after its path; it looks like https://lrs.example.org/xapi.")
    if parts.scheme == "http" and not is_loopback(host):
        raise StartupError(
            "--xapi-url begins with http:, which would show the key to everybody on the way: use https:."
        )
    if not key or not secret or ":" in key:
        raise StartupError("--xapi-url needs --xapi-key and --xapi-secret, and the key has no colon.")
    return RecordStore(f"{url.rstrip('/').removesuffix('/statements')}/statements", key, secret)


class XapiChannel:
    """Fits `server.outbox.channel.Channel`."""

    name = XAPI
    batch = BATCH

    def __init__(self, store: RecordStore, *, timeout_s: float = TIMEOUT_S) -> None:
        self._store = store
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None

    async def send(self, messages: Sequence[WaitingMessage]) -> Sequence[Outcome]:
        """Try to send statements, and return what came of each."""
        status, outcome = await self._post(messages)
        if status not in _ONE_IS_WRONG or len(messages) == 1:
            return [outcome] * len(messages)
        return await self._send_singly(messages)

    async def close(self) -> None:
        """Close the connection. Idempotent."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _send_singly(self, messages: Sequence[WaitingMessage]) -> Sequence[Outcome]:
        """Find out which one it is."""
        outcomes: list[Outcome] = []
        broken_in_a_row = 0
        for message in messages:
            _, outcome = await self._post([message])
            broken_in_a_row = broken_in_a_row + 1 if outcome.verdict is Verdict.LATER else 0
            if broken_in_a_row == _BROKEN_AT_MOST:
                outcome = Outcome(Verdict.AWAY, outcome.reason)
            outcomes.append(outcome)
            if outcome.verdict is Verdict.AWAY:
                break
        return [*outcomes, *[outcomes[-1]] * (len(messages) - len(outcomes))]

    async def _post(self, messages: Sequence[WaitingMessage]) -> tuple[int, Outcome]:
        """Send statements in one request; return the answer's status, and what it means for a single one."""
        body = f"[{','.join(message.body for message in messages)}]".encode()
        try:
            async with self._open_session().post(self._store.url, data=body, allow_redirects=False) as response:
                text = await _beginning(response)
                return response.status, self._outcome(response.status, text)
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is one
            cause = "it does not answer" if isinstance(error, TimeoutError) else reason_of(str(error))
            return 0, Outcome(Verdict.AWAY, self._withheld(f"the store cannot be reached: {cause}"))

    def _outcome(self, status: int, text: str) -> Outcome:
        # 409: there is one with this id already (4.1.3), which is this one, sent before.
        if status in (200, 204, 409):
            return SENT
        said = self._withheld(f"the store says {status} {reason_of(text)}".rstrip())
        if 300 <= status < 400:
            return Outcome(Verdict.AWAY, f"{said}; it is not followed to another address")
        if status in _NEVER:
            return Outcome(Verdict.NEVER, said)
        return Outcome(Verdict.LATER if status == 500 else Verdict.AWAY, said)

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers={
                    "Authorization": aiohttp.encode_basic_auth(self._store.key, self._store.secret),
                    "X-Experience-API-Version": "1.0.3",
                    "Content-Type": "application/json",
                    "Accept-Encoding": "identity",
                },
                timeout=aiohttp.ClientTimeout(total=self._timeout_s),
                cookie_jar=aiohttp.DummyCookieJar(),
                connector=aiohttp.TCPConnector(limit=1),
                auto_decompress=False,
            )
        return self._session

    def _withheld(self, text: str) -> str:
        return text.replace(self._store.secret, "(secret)").replace(self._store.key, "(key)")


async def _beginning(response: aiohttp.ClientResponse) -> str:
    """Read the beginning of an answer."""
    data = b""
    while len(data) < MAX_ANSWER_BYTES and (more := await response.content.read(MAX_ANSWER_BYTES - len(data))):
        data += more
    return data.decode(errors="replace")
