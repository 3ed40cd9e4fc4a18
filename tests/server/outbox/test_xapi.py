"""Statements to a real HTTP server on this machine that behaves like a learning record store, or does not."""

import asyncio
import base64
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from server.errors import StartupError
from server.outbox.channel import Outcome
from server.outbox.xapi import MAX_ANSWER_BYTES, XapiChannel, parse_record_store
from server.store.outbox import WaitingMessage

KEY, SECRET = "roundup", "open sesame"


@dataclass
class Store:
    """A learning record store: keeps statements by id, and takes all of a request or nothing."""

    url: str = ""
    statements: dict[str, str] = field(default_factory=dict)
    requests: int = 0
    answer: Callable[[web.Request], Awaitable[web.StreamResponse | None]] | None = None
    """Given first say."""
    refused: dict[str, int] = field(default_factory=dict)
    """Statuses of statements that it does not take."""

    async def post(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        if self.answer is not None and (answer := await self.answer(request)) is not None:
            return answer
        credentials = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        if request.headers["Authorization"] != f"Basic {credentials}":
            return web.Response(status=401)
        assert request.headers["X-Experience-API-Version"] == "1.0.3"
        assert request.content_type == "application/json"
        sent = await request.json()
        for statement in sent:
            if statement["id"] in self.refused:
                return web.Response(status=self.refused[statement["id"]], text=f"not {statement['id']}")
            known = self.statements.get(statement["id"])
            if known is not None and known != statement["verb"]:
                return web.Response(status=409)
        self.statements |= {statement["id"]: statement["verb"] for statement in sent}
        return web.json_response([statement["id"] for statement in sent])

    def channel(self, *, secret: str = SECRET, timeout_s: float = 5.0) -> XapiChannel:
        return XapiChannel(parse_record_store(self.url, KEY, secret), timeout_s=timeout_s)


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    store = Store()
    application = web.Application()
    application.router.add_post("/xapi/statements", store.post)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    store.url = f"http://127.0.0.1:{runner.addresses[0][1]}/xapi/"
    yield store
    await runner.cleanup()


def waiting(*ids: str, verb: str = "attended") -> list[WaitingMessage]:
    bodies = [json.dumps({"id": one, "verb": verb}) for one in ids]
    return [WaitingMessage(number, f"k{number}", body, 1, 1, 0, None) for number, body in enumerate(bodies)]


async def send(store: Store, *ids: str, timeout_s: float = 5.0, verb: str = "attended") -> Sequence[Outcome]:
    channel = store.channel(timeout_s=timeout_s)
    try:
        async with asyncio.timeout(20):
            return await channel.send(waiting(*ids, verb=verb))
    finally:
        await channel.close()
        await channel.close()


def verdicts(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.verdict.name for outcome in outcomes]


async def test_fifty_statements_are_one_request(store: Store) -> None:
    ids = [f"s{number}" for number in range(XapiChannel.batch)]
    assert set(verdicts(await send(store, *ids))) == {"SENT"}
    assert (list(store.statements), store.requests) == (ids, 1)


async def test_what_is_there_already_was_sent(store: Store) -> None:
    await send(store, "s1", "s2")
    assert verdicts(await send(store, "s1", "s2", "s3")) == ["SENT"] * 3
    assert verdicts(await send(store, "s1", verb="approved")) == ["SENT"], "409: another one has its id"
    assert verdicts(await send(store, "s1", "s4", verb="approved")) == ["SENT", "SENT"]
    assert store.statements == {"s1": "attended", "s2": "attended", "s3": "attended", "s4": "approved"}


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_one_that_is_refused_for_good_stops_no_other(store: Store, status: int) -> None:
    store.refused["s2"] = status
    outcomes = await send(store, "s1", "s2", "s3")
    assert verdicts(outcomes) == ["SENT", "NEVER", "SENT"]
    assert outcomes[1].reason == f"the store says {status} not s2"
    assert list(store.statements) == ["s1", "s3"]


async def test_one_that_the_store_breaks_at_stops_no_other(store: Store) -> None:
    store.refused["s1"] = 500
    assert verdicts(await send(store, "s1", "s2", "s3")) == ["LATER", "SENT", "SENT"]


async def test_a_store_that_breaks_at_everything_is_left_alone(store: Store) -> None:
    ids = [f"s{number}" for number in range(20)]
    store.refused = dict.fromkeys(ids, 500)
    outcomes = await send(store, *ids)
    assert verdicts(outcomes) == ["LATER", "LATER", *["AWAY"] * 18]
    assert store.requests == 4


@pytest.mark.parametrize("status", [401, 403, 404, 405, 429, 502, 503, 504])
async def test_a_store_that_takes_nothing_is_away(store: Store, status: int) -> None:
    store.refused = {"s1": status}
    outcomes = await send(store, "s1", "s2")
    assert verdicts(outcomes) == ["AWAY", "AWAY"]
    assert store.requests == 1


async def test_a_redirect_is_not_followed(store: Store) -> None:
    async def redirect(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": "/xapi/statements?elsewhere=1"})

    store.answer = redirect
    [outcome] = await send(store, "s1")
    assert outcome.verdict.name == "AWAY"
    assert "not followed" in outcome.reason
    assert store.requests == 1


async def test_a_store_that_hangs_holds_nothing_up_for_long(store: Store) -> None:
    release = asyncio.Event()

    async def hang(_request: web.Request) -> web.StreamResponse | None:
        await release.wait()
        return None

    store.answer = hang
    outcomes = await send(store, "s1", "s2", timeout_s=0.2)
    release.set()
    assert verdicts(outcomes) == ["AWAY", "AWAY"]
    assert outcomes[0].reason == "the store cannot be reached: it does not answer"


async def test_an_answer_that_trickles_in_for_ever_is_not_waited_for(store: Store) -> None:
    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=400)
        await response.prepare(request)
        for _ in range(200):
            await response.write(b".")
            await asyncio.sleep(0.02)
        return response

    store.answer = trickle
    assert verdicts(await send(store, "s1", timeout_s=0.3)) == ["AWAY"]


@pytest.mark.parametrize("is_compressed", [False, True])
async def test_an_endless_answer_is_not_read(store: Store, is_compressed: bool) -> None:
    written = 0

    async def flood(request: web.Request) -> web.StreamResponse:
        nonlocal written
        response = web.StreamResponse(status=400, headers={"Content-Encoding": "gzip"} if is_compressed else {})
        await response.prepare(request)
        piece = gzip.compress(b"x" * 10_000_000) if is_compressed else b"x" * 65_536
        for _ in range(1_000):
            await response.write(piece)
            written += len(piece)
        return response

    store.answer = flood
    [outcome] = await send(store, "s1")
    assert outcome.verdict.name == "NEVER"
    assert len(outcome.reason) < MAX_ANSWER_BYTES
    assert written < 8_000_000


async def test_a_store_that_dies_in_the_middle_is_away(store: Store) -> None:
    async def die(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    store.answer = die
    assert verdicts(await send(store, "s1", "s2")) == ["AWAY", "AWAY"]


async def test_what_is_no_http_is_away() -> None:
    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        store = Store(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/xapi")
        assert verdicts(await send(store, "s1")) == ["AWAY"]
    [outcome] = await send(store, "s1")
    assert outcome.verdict.name == "AWAY"
    assert outcome.reason.startswith("the store cannot be reached: ")


async def test_neither_key_nor_secret_is_in_a_reason(store: Store) -> None:
    async def repeat(request: web.Request) -> web.StreamResponse:
        return web.Response(status=400, text=f"{KEY} {SECRET}\r\n\x1b[31m{request.path}")

    store.answer = repeat
    [outcome] = await send(store, "s1")
    assert outcome.reason == "the store says 400 (key) (secret) [31m/xapi/statements"
    assert SECRET not in repr(parse_record_store(store.url, KEY, SECRET))


async def test_a_wrong_secret_waits_for_the_right_one(store: Store) -> None:
    channel = store.channel(secret="other")
    assert verdicts(await channel.send(waiting("s1"))) == ["AWAY"]
    await channel.close()
    assert verdicts(await send(store, "s1")) == ["SENT"]


@pytest.mark.parametrize(
    ("url", "statements"),
    [
        ("https://lrs.example.org/xapi", "https://lrs.example.org/xapi/statements"),
        ("https://lrs.example.org/xapi/", "https://lrs.example.org/xapi/statements"),
        ("https://lrs.example.org/xapi/statements", "https://lrs.example.org/xapi/statements"),
        ("https://lrs.example.org:8443", "https://lrs.example.org:8443/statements"),
        ("http://localhost:8080/xapi", "http://localhost:8080/xapi/statements"),
    ],
)
def test_the_address_of_statements_follows_from_the_stores(url: str, statements: str) -> None:
    assert parse_record_store(url, KEY, SECRET).url == statements


@pytest.mark.parametrize(
    ("url", "key", "secret"),
    [
        ("lrs.example.org", KEY, SECRET),
        ("ftp://lrs.example.org", KEY, SECRET),
        ("https://", KEY, SECRET),
        ("https://lrs.example.org:0", KEY, SECRET),
        ("https://[::1", KEY, SECRET),
        ("https://a:sesame@lrs.example.org", KEY, SECRET),
        ("https://lrs.example.org?x=1", KEY, SECRET),
        ("https://lrs.example.org#x", KEY, SECRET),
        ("https://lrs.example.org/\r\nx", KEY, SECRET),
        ("http://lrs.example.org/xapi", KEY, SECRET),
        ("https://lrs.example.org/xapi", "", SECRET),
        ("https://lrs.example.org/xapi", KEY, ""),
        ("https://lrs.example.org/xapi", "a:b", SECRET),
    ],
)
def test_what_is_no_store_is_refused_without_a_secret(url: str, key: str, secret: str) -> None:
    with pytest.raises(StartupError, match="--xapi-url") as refusal:
        parse_record_store(url, key, secret)
    assert "sesame" not in str(refusal.value)
