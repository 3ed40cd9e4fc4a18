"""Chat in a live room, over real connections and a real database."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from protocol.events import ChatMessageSent, ChatTypingNotice
from protocol.replay import CHAT_SNAPSHOT_MESSAGES
from protocol.room import ChatMessage
from protocol.wire import MAX_CHAT_CHARACTERS, MAX_CHAT_PAGE
from server.chat.feature import TYPING_EVERY_S
from server.store.chat import ChatRepository
from server.store.sqlite.backend import FILE_NAME
from tests.support.clock import ManualClock
from tests.support.gateway import ROOM, RunningGateway, running_gateway
from tests.support.page import Page, RequestError
from tests.support.waiting import until

ANA, BEN = "ana@school.example", "ben@school.example"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    async with running_gateway(tmp_path, room_grace_s=0) as gateway:
        yield gateway


def texts(page: Page) -> list[str]:
    assert page.snapshot is not None
    return [message.text for message in page.snapshot.chat.messages]


async def end_meeting(server: RunningGateway, *pages: Page) -> None:
    """Let everybody leave, and wait until the meeting is closed."""
    for page in pages:
        await page.request("room_leave")
    await until(lambda: not server.directory.meetings)


async def test_a_message_is_kept_before_anybody_sees_it(server: RunningGateway) -> None:
    ana, ben = await server.enter(ANA), await server.enter(BEN)
    reply = await ana.request("chat_send", text="hello\r\nthere\0")
    sent = await ben.next_event("chat_sent")
    assert reply["message"]["text"] == sent.message.text == "hello\nthere"
    assert (sent.message.name, sent.message.message_id) == ("Ana", reply["message"]["message_id"])
    assert [row["text"] for row in await server.sql("SELECT text FROM chat_message")] == ["hello\nthere"]


async def test_nothing_is_told_that_could_not_be_kept(server: RunningGateway) -> None:
    ana, ben = await server.enter(ANA), await server.enter(BEN)
    await server.sql("ALTER TABLE chat_message RENAME TO gone")
    with capture_logs() as logs, pytest.raises(RequestError, match="internal_error"):
        await ana.request("chat_send", text="lost?", request_id="1")
    assert [log["request"] for log in logs if log["event"] == "request_failed"] == ["chat_send"]
    await server.sql("ALTER TABLE gone RENAME TO chat_message")
    await ana.request("chat_send", text="lost?", request_id="1")  # what was typed can be sent again as it is
    await ben.next_event("chat_sent")
    assert texts(ben) == ["lost?"]
    assert len(await server.sql("SELECT * FROM chat_message")) == 1


async def test_while_nothing_can_be_kept_everybody_is_soon_told_to_try_again(
    server: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0
    append = ChatRepository.append

    async def counted(*arguments: Any) -> ChatMessage:
        nonlocal tries
        tries += 1
        return await append(*arguments)

    monkeypatch.setattr(ChatRepository, "append", counted)
    ana, ben = await server.enter(ANA), await server.enter(BEN)
    fields = [{"text": f"message {number}", "request_id": f"{number}"} for number in range(6)]
    with closing(sqlite3.connect(server.data_dir / FILE_NAME, check_same_thread=False)) as other_program:
        await asyncio.to_thread(other_program.execute, "BEGIN IMMEDIATE")
        with capture_logs() as logs:
            answers = await asyncio.gather(*(ana.request("chat_send", **f) for f in fields), return_exceptions=True)
        other_program.rollback()
    assert [error.code for error in answers if isinstance(error, RequestError)] == ["unavailable"] * 6
    assert tries < 6  # whoever was first has waited for all
    failed = [log for log in logs if log["event"] == "store_failed"]
    assert len(failed) == 6
    assert all("locked" in log["reason"] for log in failed), "those who gave up with the first know why"
    for f in fields:
        await ana.request("chat_send", **f)
    await ben.next_event("chat_sent", nth=6)
    assert texts(ben) == [f["text"] for f in fields]


async def test_messages_are_told_in_the_order_of_their_ids(server: RunningGateway) -> None:
    pages = [await server.enter(f"p{number}@school.example") for number in range(4)]
    await asyncio.gather(
        *(page.request("chat_send", text=f"{number}.{n}") for n in range(15) for number, page in enumerate(pages))
    )
    for page in pages:
        await page.next_event("chat_sent", nth=60)
        ids = [event.message.message_id for event in page.events if isinstance(event, ChatMessageSent)]
        assert ids == sorted(ids)
        assert len(ids) == len(set(ids)) == 60
        assert page.snapshot is not None
        assert len(page.snapshot.chat.messages) == CHAT_SNAPSHOT_MESSAGES
        assert page.snapshot.chat.has_more
    [meeting] = server.directory.meetings
    assert meeting.snapshot() == pages[0].snapshot


async def test_a_message_waits_for_the_one_before_it_to_be_told(
    server: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, may_go_on, is_kept = ChatRepository.append, asyncio.Event(), asyncio.Event()

    async def append_slowly(*arguments: Any) -> ChatMessage:
        message = await append(*arguments)
        if message.text == "first":
            is_kept.set()
            await may_go_on.wait()
        return message

    monkeypatch.setattr(ChatRepository, "append", append_slowly)
    ana, ben = await server.enter(ANA), await server.enter(BEN)
    first = asyncio.create_task(ana.request("chat_send", text="first"))
    await is_kept.wait()
    second = asyncio.create_task(ben.request("chat_send", text="second"))
    await asyncio.wait([second], timeout=0.05)
    may_go_on.set()
    await asyncio.gather(first, second)
    await ana.next_event("chat_sent", nth=2)
    assert texts(ana) == ["first", "second"]


@pytest.mark.parametrize(
    ("text", "code"), [("", "bad_request"), (" \n", "bad_request"), ("x" * (MAX_CHAT_CHARACTERS + 1), "too_large")]
)
async def test_blank_and_endless_messages_are_refused(server: RunningGateway, text: str, code: str) -> None:
    ana = await server.enter(ANA)
    with pytest.raises(RequestError, match=code):
        await ana.request("chat_send", text=text)
    assert await server.sql("SELECT * FROM chat_message") == []


async def test_the_longest_message_arrives(server: RunningGateway) -> None:
    ana, ben = await server.enter(ANA), await server.enter(BEN)
    await ana.request("chat_send", text="𝄞" * MAX_CHAT_CHARACTERS)
    assert (await ben.next_event("chat_sent")).message.text == "𝄞" * MAX_CHAT_CHARACTERS


async def test_the_history_is_there_in_the_next_meeting_and_read_page_by_page(server: RunningGateway) -> None:
    ana = await server.enter(ANA)
    for number in range(120):
        await ana.request("chat_send", text=str(number))
    await end_meeting(server, ana)
    joined = await ana.join(ROOM)
    assert joined.snapshot is not None
    chat = joined.snapshot.chat
    assert [message.text for message in chat.messages] == [str(n) for n in range(70, 120)]
    assert chat.has_more
    page = await ana.request("chat_page", before=chat.messages[0].message_id)
    assert len(page["messages"]) == MAX_CHAT_PAGE
    assert page["has_more"]
    rest = await ana.request("chat_page", before=page["messages"][0]["message_id"], limit=30)
    assert [message["text"] for message in rest["messages"]] == [str(n) for n in range(20)]
    assert not rest["has_more"]
    for fields in ({"before": -1}, {"before": 1, "limit": MAX_CHAT_PAGE + 1}, {"before": 1, "limit": 0}):
        with pytest.raises(RequestError, match="bad_request"):
            await ana.request("chat_page", **fields)
    everything = await ana.request("chat_page", before=2**63 + 5)
    assert everything["messages"][-1]["text"] == "119"


async def test_a_short_history_has_no_more_until_it_outgrows_the_snapshot(server: RunningGateway) -> None:
    ana = await server.enter(ANA)
    assert ana.snapshot is not None
    assert not ana.snapshot.chat.has_more
    for number in range(CHAT_SNAPSHOT_MESSAGES):
        await ana.request("chat_send", text=str(number))
    [meeting] = server.directory.meetings
    assert not meeting.snapshot().chat.has_more
    await ana.request("chat_send", text="one more")
    assert meeting.snapshot().chat.has_more
    await ana.until_seq(meeting.snapshot().seq)
    assert ana.snapshot == meeting.snapshot()


async def test_rooms_do_not_hear_each_other(server: RunningGateway) -> None:
    ana = await server.enter(ANA)
    ben = await server.connect(BEN)
    await ben.join("lounge")
    await ana.request("chat_send", text="in the one")
    await ben.request("chat_send", text="in the other")
    await ben.next_event("chat_sent")
    assert texts(ben) == ["in the other"]
    history = await ben.request("chat_page", before=100)
    assert [message["text"] for message in history["messages"]] == ["in the other"]


async def test_a_person_goes_on_reading_where_they_stopped(server: RunningGateway) -> None:
    ana, ben = await server.enter(ANA), await server.enter(BEN)
    ids = [(await ben.request("chat_send", text=str(n)))["message"]["message_id"] for n in range(3)]
    await ana.request("chat_read", up_to=ids[1])
    await ana.request("chat_read", up_to=ids[0])
    second_tab = await server.enter(ANA)
    assert second_tab.joined is not None
    assert second_tab.joined.you.chat_read_up_to == ids[1]
    await ana.request("chat_read", up_to=2**62)  # not beyond what there is
    await end_meeting(server, ana, ben, second_tab)
    assert (await ana.join(ROOM)).you.chat_read_up_to == ids[2]
    assert (await ben.join(ROOM)).you.chat_read_up_to == 0


async def test_a_request_is_kept_once_even_over_a_new_meeting(server: RunningGateway) -> None:
    ana = await server.enter(ANA)
    first = await ana.request("chat_send", text="once", request_id="1")
    await end_meeting(server, ana)
    await ana.join(ROOM)
    assert await ana.request("chat_send", text="once", request_id="1") == first
    assert texts(ana) == ["once"]
    [meeting] = server.directory.meetings
    assert meeting.snapshot() == ana.snapshot
    assert len(await server.sql("SELECT * FROM chat_message")) == 1


async def test_a_read_mark_that_is_long_in_coming_holds_up_nobody_else(
    server: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, ben = await server.connect(ANA), await server.enter(BEN)
    sent = await ben.request("chat_send", text="x")
    gate, asked = asyncio.Event(), asyncio.Event()
    read_up_to = ChatRepository.read_up_to

    async def slow(*arguments: Any) -> int:
        if not asked.is_set():
            asked.set()
            await gate.wait()
        return await read_up_to(*arguments)

    monkeypatch.setattr(ChatRepository, "read_up_to", slow)
    joining = asyncio.create_task(ana.join(ROOM))
    await asked.wait()
    await asyncio.wait_for(server.enter("cleo@school.example"), timeout=2)
    assert not joining.done()
    await ben.request("chat_read", up_to=sent["message"]["message_id"])
    gate.set()
    assert (await joining).you.chat_read_up_to == 0


async def test_a_room_whose_history_cannot_be_read_opens_all_the_same(server: RunningGateway) -> None:
    ana = await server.enter(ANA)
    await ana.request("chat_send", text="before")
    await end_meeting(server, ana)
    await server.sql("ALTER TABLE chat_message RENAME TO gone")
    with capture_logs() as logs:
        joined = await ana.join(ROOM)
    assert [log["hook"] for log in logs if log["event"] == "hook_failed"] == ["on_meeting_opened"]
    assert joined.snapshot is not None
    assert (joined.snapshot.chat.messages, joined.snapshot.chat.has_more) == ((), True)
    await server.sql("ALTER TABLE gone RENAME TO chat_message")
    assert len((await ana.request("chat_page", before=1_000))["messages"]) == 1


class TestTyping:
    """Notices of who is typing are told sparingly and kept nowhere."""

    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock()

    @pytest.fixture
    async def server(self, tmp_path: Path, clock: ManualClock) -> AsyncIterator[RunningGateway]:
        async with running_gateway(tmp_path, clock=clock) as gateway:
            yield gateway

    async def typing(self, page: Page, *states: bool) -> None:
        for is_typing in states:
            await page.request("chat_typing", is_typing=is_typing)

    async def heard(self, page: Page) -> list[bool]:
        """Return what a page has heard by now: a message of its own comes after everything before it."""
        seen = sum(isinstance(event, ChatMessageSent) for event in page.events)
        await page.request("chat_send", text="now")
        await page.next_event("chat_sent", nth=seen + 1)
        return [notice.is_typing for notice in page.notices if isinstance(notice, ChatTypingNotice)]

    async def test_the_others_are_told_and_oneself_is_not(self, server: RunningGateway) -> None:
        ana, ben, tab = await server.enter(ANA), await server.enter(BEN), await server.enter(ANA)
        await self.typing(ana, True, False)
        assert await self.heard(ben) == [True, False]
        assert await self.heard(ana) == []
        assert await self.heard(tab) == []
        assert ana.snapshot == ben.snapshot

    async def test_repetitions_are_told_once_a_while(self, server: RunningGateway, clock: ManualClock) -> None:
        ana, ben = await server.enter(ANA), await server.enter(BEN)
        await self.typing(ana, False, True, True, True, False, False, True, False, True)
        assert await self.heard(ben) == [True, False]
        clock.advance(seconds=TYPING_EVERY_S)
        await self.typing(ana, True, True)
        clock.advance(seconds=TYPING_EVERY_S)
        await self.typing(ana, True)
        assert await self.heard(ben) == [True, False, True, True]
