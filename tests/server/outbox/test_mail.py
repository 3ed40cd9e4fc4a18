"""E-mail to a real SMTP server on this machine: one that takes it, and those that do not."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from email.headerregistry import Address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from server.outbox.channel import Outcome, Verdict
from server.outbox.letters import letter
from server.outbox.mail import MailChannel
from server.outbox.smtp_url import SmtpServer
from server.store.outbox import Addressee, WaitingMessage
from tests.support.certificate import make_contexts
from tests.support.clock import ManualClock
from tests.support.smtp import MAIL_PASSWORD, Mailbox, smtp_server

ANA = Addressee("Ana Lima", "ana@school.example", is_removed=False)
SENDER = Address("Roundup", addr_spec="roundup@school.example")


def channel_to(mailbox: Mailbox, **fields: Any) -> MailChannel:
    """Make a channel to a server."""
    tls = fields.pop("tls", None)
    timeout_s = fields.pop("timeout_s", 5.0)
    taking_timeout_s = fields.pop("taking_timeout_s", timeout_s)
    clock = fields.pop("clock", ManualClock())
    defaults: dict[str, Any] = {"host": "127.0.0.1", "port": mailbox.port, "is_tls": False, "needs_tls": False}
    server = SmtpServer(**defaults | fields)
    return MailChannel(
        server,
        SENDER,
        "rooms.example.org",
        clock,
        tls=tls,
        timeout_s=timeout_s,
        taking_timeout_s=taking_timeout_s,
    )


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    async with smtp_server() as running:
        yield running


def waiting(
    key: str = "k1", to: Addressee | None = ANA, subject: str = "Hours", text: str = "Hello.\n"
) -> WaitingMessage:
    message = letter(key, "person_1", subject, text)
    return WaitingMessage(1, message.key, message.body, 1, 1, 0, to)


def verdicts(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.verdict.name for outcome in outcomes]


async def test_a_letter_arrives_as_it_was_written(mailbox: Mailbox) -> None:
    text = "Buenos días, Ana:\n.\n.. a line of dots\nFrom here on: ✓ " + "long " * 300 + "\n"
    outcomes = await channel_to(mailbox).send([waiting(subject="Sus horas: ¿45 minutos?", text=text)])
    assert verdicts(outcomes) == ["SENT"]
    [(sender, recipients, message, raw)] = mailbox.got
    assert (sender, recipients) == ("roundup@school.example", ["ana@school.example"])
    assert message["From"] == "Roundup <roundup@school.example>"
    assert message["To"] == "Ana Lima <ana@school.example>"
    assert message["Subject"] == "Sus horas: ¿45 minutos?"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Sun, 15 Jun 2025 15:06:40 +0000"
    assert message.get_content_type() == "text/plain"
    assert message.get_content().replace("\r\n", "\n") == text
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998


async def test_a_letter_that_is_sent_twice_is_one_to_the_mailbox(mailbox: Mailbox) -> None:
    await channel_to(mailbox).send([waiting("k1"), waiting("k2")])
    await channel_to(mailbox).send([waiting("k1")])
    ids = [message["Message-ID"] for _, _, message, _ in mailbox.got]
    assert ids[0] == ids[2] != ids[1]
    assert all(one.endswith("@school.example>") for one in ids)
    assert mailbox.connections == 2, "one for each batch"


@pytest.mark.parametrize(
    "hostile",
    [
        "Ana\r\nBcc: eve@evil.example",
        "Ana\nSubject: other",
        "Ana\r\n\r\nbody",
        "Ana\r\n.\r\nMAIL FROM:<x@y.z>",
        "\x00\x0b\x0c\x1b[31m",
        "Ana\u2028Bcc: eve@evil.example\u0085x",
        'Ana" <eve@evil.example>, "',
        "Ana <eve@evil.example>,",
        "=?utf-8?q?=0D=0ABcc=3A_eve?=",
        "a" * 5_000,
        "é" * 500,
    ],
)
async def test_neither_a_name_nor_a_subject_writes_a_header(mailbox: Mailbox, hostile: str) -> None:
    to = Addressee(hostile, ANA.email, is_removed=False)
    assert verdicts(await channel_to(mailbox).send([waiting(to=to, subject=hostile)])) == ["SENT"]
    [(_, recipients, message, raw)] = mailbox.got
    assert recipients == [ANA.email]
    assert [one.addr_spec for one in message["To"].addresses] == [ANA.email]
    assert sorted(message.keys()) == sorted(
        [
            *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress"),
            *("Content-Type", "Content-Transfer-Encoding", "MIME-Version"),
        ]
    )
    assert message.get_content() == "Hello.\r\n"
    assert b"\r\nBcc" not in raw


@pytest.mark.parametrize(
    "address",
    [
        "a>b@school.example",
        "a,b@school.example",
        '"a@school.example',
        "a<x@school.example",
        "a;b@[x]",
        "<>@<>",
        "@",
        "a@",
    ],
)
async def test_a_strange_address_is_one_address_or_none(mailbox: Mailbox, address: str) -> None:
    to = Addressee("Eve", address, is_removed=False)
    [outcome] = await channel_to(mailbox).send([waiting(to=to)])
    assert outcome.verdict in (Verdict.SENT, Verdict.NEVER)
    for _, recipients, message, _ in mailbox.got:
        assert len(recipients) == len(message["To"].addresses) == 1


async def test_an_address_in_other_scripts_is_sent_where_the_server_takes_it(mailbox: Mailbox) -> None:
    to = Addressee("Niña", "niña@school.example", is_removed=False)
    [outcome] = await channel_to(mailbox).send([waiting(to=to)])
    assert outcome == Outcome(Verdict.NEVER, "the server takes no address with other letters than a to z")
    async with smtp_server(enable_SMTPUTF8=True) as modern:
        assert verdicts(await channel_to(modern).send([waiting(to=to)])) == ["SENT"]
        assert modern.got[0][1] == ["niña@school.example"]
    to = Addressee("Ana", "ana@bücher.example", is_removed=False)
    assert verdicts(await channel_to(mailbox).send([waiting(to=to)])) == ["SENT"]
    assert mailbox.got[0][1] == ["ana@xn--bcher-kva.example"]


@pytest.mark.parametrize("to", [None, Addressee("Ana", "ana@school.example", is_removed=True)])
async def test_who_was_removed_gets_nothing_and_the_server_is_not_even_asked(
    mailbox: Mailbox, to: Addressee | None
) -> None:
    assert verdicts(await channel_to(mailbox).send([waiting(to=to)])) == ["NEVER"]
    assert mailbox.connections == 0


async def test_a_body_that_is_no_letter_stops_no_other(mailbox: Mailbox) -> None:
    broken = WaitingMessage(1, "k", "{", 1, 1, 0, ANA)
    assert verdicts(await channel_to(mailbox).send([broken, waiting()])) == ["NEVER", "SENT"]


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("450 4.2.1 busy", "LATER"),
        ("452 4.2.2 full", "LATER"),
        ("550 5.1.1 no such user", "NEVER"),
        ("554 5.7.1 relay denied", "NEVER"),
    ],
)
async def test_a_refused_recipient_is_no_others_matter(mailbox: Mailbox, answer: str, verdict: str) -> None:
    mailbox.on_recipient = lambda address: answer if address.startswith("bad") else "250 OK"
    bad = waiting(to=Addressee("Bad", "bad@school.example", is_removed=False))
    outcomes = await channel_to(mailbox).send([waiting("k1"), bad, waiting("k2")])
    assert verdicts(outcomes) == ["SENT", verdict, "SENT"]
    assert outcomes[1].reason == f"the server says {answer}"
    assert mailbox.connections == 1


@pytest.mark.parametrize(("answer", "verdict"), [("451 4.3.0 later", "LATER"), ("554 5.6.0 spam", "NEVER")])
async def test_a_refused_text_is_no_others_matter(mailbox: Mailbox, answer: str, verdict: str) -> None:
    answers = iter([answer])

    async def once(_server: SMTP) -> str:
        return next(answers, "250 OK")

    mailbox.on_data = once
    assert verdicts(await channel_to(mailbox).send([waiting("k1"), waiting("k2")])) == [verdict, "SENT"]


@pytest.mark.parametrize("answer", ["550 5.7.1 not you", "451 4.7.1 not now"])
async def test_a_refused_sender_is_put_right_some_day(mailbox: Mailbox, answer: str) -> None:
    mailbox.on_sender = lambda _address: answer
    assert verdicts(await channel_to(mailbox).send([waiting()])) == ["LATER"]


async def test_a_server_that_ends_the_connection_now_and_then_gets_the_rest_over_another(mailbox: Mailbox) -> None:
    answers = iter(["250 OK", "421 4.7.0 too many on this connection"])

    async def closing(_server: SMTP) -> str:
        return next(answers, "250 OK")

    mailbox.on_data = closing
    outcomes = await channel_to(mailbox).send([waiting(f"k{number}") for number in range(4)])
    assert verdicts(outcomes) == ["SENT", "LATER", "SENT", "SENT"]
    assert mailbox.connections == 2


async def test_a_server_that_dies_in_the_middle_is_away_after_two_times(mailbox: Mailbox) -> None:
    async def die(server: SMTP) -> str:
        assert isinstance(server.transport, asyncio.Transport)
        server.transport.abort()
        return "250 OK"

    mailbox.on_data = die
    outcomes = await channel_to(mailbox).send([waiting(f"k{number}") for number in range(4)])
    assert verdicts(outcomes) == ["LATER", "LATER", "AWAY", "AWAY"]
    assert outcomes[0].reason == "the server was lost while it was sent"


async def test_a_server_that_hangs_holds_nothing_up_for_long(mailbox: Mailbox) -> None:
    release = asyncio.Event()

    async def hang(_server: SMTP) -> str:
        await release.wait()
        return "250 OK"

    mailbox.on_data = hang
    # Long enough for what is answered at once, however busy the machine is.
    async with asyncio.timeout(30):
        outcomes = await channel_to(mailbox, timeout_s=1.5).send([waiting(f"k{number}") for number in range(3)])
    assert verdicts(outcomes) == ["LATER", "LATER", "AWAY"]
    assert outcomes[0].reason == "the server did not answer while it was sent"
    release.set()


async def test_a_server_that_looks_at_letters_for_long_gets_each_once(mailbox: Mailbox) -> None:
    # Long enough for all that is answered at once, however busy the machine is.
    answers_within_s = 1.5

    async def look(_server: SMTP) -> str:
        if len(mailbox.got) == 1:
            await asyncio.sleep(answers_within_s + 0.2)
        return "250 OK"

    mailbox.on_data = look
    channel = channel_to(mailbox, timeout_s=answers_within_s, taking_timeout_s=20.0)
    assert verdicts(await channel.send([waiting("k1"), waiting("k2")])) == ["SENT", "SENT"]
    assert len(mailbox.got) == 2


async def test_what_was_sent_is_told_before_all_of_a_slow_batch_is(mailbox: Mailbox) -> None:
    clock = ManualClock()

    async def look(_server: SMTP) -> str:
        clock.advance(seconds=200)
        return "250 OK"

    mailbox.on_data = look
    outcomes = await channel_to(mailbox, clock=clock).send([waiting(f"k{number}") for number in range(4)])
    assert verdicts(outcomes) == ["SENT", "SENT"]
    assert len(mailbox.got) == 2


@pytest.mark.parametrize(
    "greeting", [b"", b"554 no service\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 70_000]
)
async def test_what_is_no_mail_server_is_away(greeting: bytes) -> None:
    has_ended = asyncio.Event()

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            writer.write(greeting)
            await reader.read()
            writer.close()
            await writer.wait_closed()
        has_ended.set()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    mailbox = Mailbox(port=server.sockets[0].getsockname()[1])
    async with server, asyncio.timeout(20):
        outcomes = await channel_to(mailbox, timeout_s=0.2).send([waiting(), waiting("k2")])
        await has_ended.wait()
    assert verdicts(outcomes) == ["AWAY", "AWAY"]


async def test_where_nobody_listens_is_away() -> None:
    async with smtp_server() as gone:
        pass
    outcomes = await channel_to(gone).send([waiting()])
    assert verdicts(outcomes) == ["AWAY"]
    assert outcomes[0].reason.startswith("the server cannot be reached: ")


async def test_without_tls_nothing_leaves_the_machine(mailbox: Mailbox) -> None:
    outcomes = await channel_to(mailbox, needs_tls=True, user="roundup", password=MAIL_PASSWORD).send([waiting()])
    assert verdicts(outcomes) == ["AWAY"]
    assert "STARTTLS" in outcomes[0].reason
    assert (mailbox.logins, mailbox.got) == ([], [])


@pytest.mark.parametrize("is_tls", [False, True])
async def test_with_tls_it_signs_in_and_sends(tmp_path: Path, is_tls: bool) -> None:
    ours, trusting = make_contexts(tmp_path)
    options = {"implicit_tls": ours} if is_tls else {"tls_context": ours, "require_starttls": True}
    async with smtp_server(**options) as mailbox:
        where = {"host": "localhost", "is_tls": is_tls, "needs_tls": True, "user": "roundup", "password": MAIL_PASSWORD}
        assert verdicts(await channel_to(mailbox, tls=trusting, **where).send([waiting()])) == ["SENT"]
        assert [(one.login, one.password) for one in mailbox.logins] == [(b"roundup", MAIL_PASSWORD.encode())]
        outcomes = await channel_to(mailbox, **where).send([waiting()])
        assert verdicts(outcomes) == ["AWAY"], "a certificate that nobody vouches for"
        assert "certificate" in outcomes[0].reason.lower()
        assert len(mailbox.logins) == 1


async def test_a_wrong_password_is_in_no_reason(mailbox: Mailbox) -> None:
    outcomes = await channel_to(mailbox, user="roundup", password="other sesame").send([waiting()])
    assert outcomes == [Outcome(Verdict.AWAY, "the server does not take user name and password (535)")]
    mailbox.on_recipient = lambda _address: f"450 {MAIL_PASSWORD} {MAIL_PASSWORD}"
    [outcome] = await channel_to(mailbox, user="roundup", password=MAIL_PASSWORD).send([waiting()])
    assert outcome.reason == "the server says 450 (password) (password)"
