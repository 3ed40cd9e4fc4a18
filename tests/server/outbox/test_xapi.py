"""Statements to a real HTTP server on this machine that behaves like a learning record store, or does not."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Sequence

import pytest
from aiohttp import web

from server.errors import StartupError
from server.outbox.channel import Outcome
from server.outbox.xapi import MAX_ANSWER_BYTES, XapiChannel, parse_record_store
from server.store.outbox import WaitingMessage
from tests.support.record_store import STORE_KEY, STORE_SECRET, RecordStore, record_store


@pytest.fixture
async def store() -> AsyncIterator[RecordStore]:
    async with record_store() as running:
        yield running


def channel_to(store: RecordStore, *, secret: str = STORE_SECRET, timeout_s: float = 5.0) -> XapiChannel:
    return XapiChannel(parse_record_store(store.url, STORE_KEY, secret), timeout_s=timeout_s)


def waiting(*ids: str, verb: str = "attended") -> list[WaitingMessage]:
    bodies = [json.dumps({"id": one, "verb": verb}) for one in ids]
    return [WaitingMessage(number, f"k{number}", body, 1, 1, 0, None) for number, body in enumerate(bodies)]


async def send(store: RecordStore, *ids: str, timeout_s: float = 5.0, verb: str = "attended") -> Sequence[Outcome]:
    channel = channel_to(store, timeout_s=timeout_s)
    try:
        async with asyncio.timeout(20):
            return await channel.send(waiting(*ids, verb=verb))
    finally:
        await channel.close()
        await channel.close()


def verdicts(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.verdict.name for outcome in outcomes]


async def test_fifty_statements_are_one_request(store: RecordStore) -> None:
    ids = [f"s{number}" for number in range(XapiChannel.batch)]
    assert set(verdicts(await send(store, *ids))) == {"SENT"}
    assert (list(store.statements), store.requests) == (ids, 1)


async def test_what_is_there_already_was_sent(store: RecordStore) -> None:
    await send(store, "s1", "s2")
    assert verdicts(await send(store, "s1", "s2", "s3")) == ["SENT"] * 3
    assert verdicts(await send(store, "s1", verb="approved")) == ["SENT"], "409: another one has its id"
    assert verdicts(await send(store, "s1", "s4", verb="approved")) == ["SENT", "SENT"]
    assert store.statements == {"s1": "attended", "s2": "attended", "s3": "attended", "s4": "approved"}


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_one_that_is_refused_for_good_stops_no_other(store: RecordStore, status: int) -> None:
    store.refused["s2"] = status
    outcomes = await send(store, "s1", "s2", "s3")
    assert verdicts(outcomes) == ["SENT", "NEVER", "SENT"]
    assert outcomes[1].reason == f"the store says {status} not s2"
    assert list(store.statements) == ["s1", "s3"]


async def test_one_that_the_store_breaks_at_stops_no_other(store: RecordStore) -> None:
    store.refused["s1"] = 500
    assert verdicts(await send(store, "s1", "s2", "s3")) == ["LATER", "SENT", "SENT"]


async def test_a_store_that_breaks_at_everything_is_left_alone(store: RecordStore) -> None:
    ids = [f"s{number}" for number in range(20)]
    store.refused = dict.fromkeys(ids, 500)
    outcomes = await send(store, *ids)
    assert verdicts(outcomes) == ["LATER", "LATER", *["AWAY"] * 18]
    assert store.requests == 4


@pytest.mark.parametrize("status", [401, 403, 404, 405, 429, 502, 503, 504])
async def test_a_store_that_takes_nothing_is_away(store: RecordStore, status: int) -> None:
    store.refused = {"s1": status}
    outcomes = await send(store, "s1", "s2")
    assert verdicts(outcomes) == ["AWAY", "AWAY"]
    assert store.requests == 1


async def test_a_redirect_is_not_followed(store: RecordStore) -> None:
    async def redirect(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": "/xapi/statements?elsewhere=1"})

    store.answer = redirect
    [outcome] = await send(store, "s1")
    assert outcome.verdict.name == "AWAY"
    assert "not followed" in outcome.reason
    assert store.requests == 1


async def test_a_store_that_hangs_holds_nothing_up_for_long(store: RecordStore) -> None:
    release = asyncio.Event()

    async def hang(_request: web.Request) -> web.StreamResponse | None:
        await release.wait()
        return None

    store.answer = hang
    outcomes = await send(store, "s1", "s2", timeout_s=0.2)
    release.set()
    assert verdicts(outcomes) == ["AWAY", "AWAY"]
    assert outcomes[0].reason == "the store cannot be reached: it does not answer"


async def test_an_answer_that_trickles_in_for_ever_is_not_waited_for(store: RecordStore) -> None:
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
async def test_an_endless_answer_is_not_read(store: RecordStore, is_compressed: bool) -> None:
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
    assert ("xxxx" in outcome.reason) != is_compressed, "nothing is unpacked that might be larger than it looks"


async def test_a_store_that_dies_in_the_middle_is_away(store: RecordStore) -> None:
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
        store = RecordStore(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/xapi")
        assert verdicts(await send(store, "s1")) == ["AWAY"]
    [outcome] = await send(store, "s1")
    assert outcome.verdict.name == "AWAY"
    assert outcome.reason.startswith("the store cannot be reached: ")


async def test_neither_key_nor_secret_is_in_a_reason(store: RecordStore) -> None:
    async def repeat(request: web.Request) -> web.StreamResponse:
        return web.Response(status=400, text=f"{STORE_KEY} {STORE_SECRET}\r\n\x1b[31m{request.path}")

    store.answer = repeat
    [outcome] = await send(store, "s1")
    assert outcome.reason == "the store says 400 (key) (secret) [31m/xapi/statements"
    assert STORE_SECRET not in repr(parse_record_store(store.url, STORE_KEY, STORE_SECRET))


async def test_a_wrong_secret_waits_for_the_right_one(store: RecordStore) -> None:
    channel = channel_to(store, secret="other")
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
    assert parse_record_store(url, STORE_KEY, STORE_SECRET).url == statements


@pytest.mark.parametrize(
    ("url", "key", "secret"),
    [
        ("lrs.example.org", STORE_KEY, STORE_SECRET),
        ("ftp://lrs.example.org", STORE_KEY, STORE_SECRET),
        ("https://", STORE_KEY, STORE_SECRET),
        ("https://lrs.example.org:0", STORE_KEY, STORE_SECRET),
        ("https://[::1", STORE_KEY, STORE_SECRET),
        ("https://a:sesame@lrs.example.org", STORE_KEY, STORE_SECRET),
        ("https://lrs.example.org?x=1", STORE_KEY, STORE_SECRET),
        ("https://lrs.example.org#x", STORE_KEY, STORE_SECRET),
        ("https://lrs.example.org/\r\nx", STORE_KEY, STORE_SECRET),
        ("http://lrs.example.org/xapi", STORE_KEY, STORE_SECRET),
        ("https://lrs.example.org/xapi", "", STORE_SECRET),
        ("https://lrs.example.org/xapi", STORE_KEY, ""),
        ("https://lrs.example.org/xapi", "a:b", STORE_SECRET),
    ],
)
def test_what_is_no_store_is_refused_without_a_secret(url: str, key: str, secret: str) -> None:
    with pytest.raises(StartupError, match="--xapi-url") as refusal:
        parse_record_store(url, key, secret)
    assert "sesame" not in str(refusal.value)
