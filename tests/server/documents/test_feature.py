"""Boards and notes of a live room, over real connections and a real database."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from protocol.document_requests import (
    DocumentAuthors,
    DocumentCreated,
    DocumentHistory,
    DocumentList,
    DocumentVersionFound,
)
from protocol.documents import DOCUMENTS_IN_SNAPSHOT, MAX_UPDATE_BYTES, DocumentInfo, DocumentKind, Presenter
from protocol.events import DocumentChanged
from protocol.roles import RoomRole
from server.documents import catalogue
from server.documents.allowance import ALLOWANCE_S
from server.documents.desk import Desk
from server.documents.feature import DocumentsFeature
from server.documents.salvage import salvage
from server.errors import StoreError
from server.store.documents import Change, DocumentRepository
from tests.server.documents.hostile_updates import beside_everything
from tests.support.documents import OpenDocument, PageDocument, read_passage
from tests.support.gateway import ROOM, RunningGateway, running_gateway
from tests.support.page import Page, RequestError
from tests.support.waiting import until

PICTURE = "".join(chr(33 + (number * number) % 89) for number in range(400_000))
ANA, BEN, HOST, OBSERVER = (f"{name}@school.example" for name in ("ana", "ben", "host", "observer"))


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    async with running_gateway(tmp_path, room_grace_s=0) as gateway:
        yield gateway


async def enter_as(server: RunningGateway, email: str, role: RoomRole) -> Page:
    page = await server.connect(email)
    room = await server.rooms.find_room(ROOM)
    assert room is not None
    [person_id] = [row["person_id"] for row in await server.sql(f"SELECT person_id FROM person WHERE email='{email}'")]
    await server.rooms.set_room_role(room.room_id, person_id, role, actor="test", at=1)
    await page.join(ROOM)
    return page


async def begin(page: Page, kind: DocumentKind = DocumentKind.BOARD, **fields: Any) -> DocumentInfo:
    created = await page.ask(DocumentCreated, kind=kind.value, title="Today", **fields)
    return created.document


async def open_board(page: Page, document: DocumentInfo) -> OpenDocument:
    board = OpenDocument(page, document.document_id)
    await board.open()
    return board


def listed(page: Page) -> list[DocumentInfo]:
    assert page.snapshot is not None
    return list(page.snapshot.documents.documents)


async def refusal(page: Page, name: str, **fields: Any) -> str:
    with pytest.raises(RequestError) as error:
        await page.request(name, **fields)
    return error.value.code


def desk_of(server: RunningGateway) -> Desk:
    [meeting] = server.directory.meetings
    [feature] = [one for one in meeting._features if isinstance(one, DocumentsFeature)]
    return feature._desk


async def end_meeting(server: RunningGateway, *pages: Page) -> None:
    for page in pages:
        await page.request("room_leave")
    await until(lambda: not server.directory.meetings and not server.directory._closings)


class TestList:
    async def test_everybody_sees_what_is_begun_now_and_later(self, server: RunningGateway) -> None:
        ana, ben = await server.enter(ANA), await server.enter(BEN)
        board = await begin(ana)
        await ben.next_event("document_added")
        notes = await begin(ben, DocumentKind.NOTES)
        await ana.next_event("document_added", nth=2)
        assert listed(ana) == listed(ben) == [board, notes]
        late = await server.enter("late@school.example")
        assert listed(late) == [board, notes]
        await end_meeting(server, ana, ben, late)
        again = await server.enter(ANA)
        assert listed(again) == [board, notes]

    async def test_two_who_begin_at_once_end_up_together(self, server: RunningGateway) -> None:
        ana, ben = await server.enter(ANA), await server.enter(BEN)
        first, second = await asyncio.gather(begin(ana), begin(ben))
        assert first == second
        next_day = await asyncio.gather(begin(ana, after=first.document_id), begin(ben, after=first.document_id))
        assert next_day[0] == next_day[1] != first

    async def test_one_person_begins_so_many_and_what_is_refused_does_not_count(
        self, server: RunningGateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(catalogue, "CREATED_BY_ONE", 2)
        ana, ben = await server.enter(ANA), await server.enter(BEN)
        junk = {"kind": "board", "title": "Junk", "update": b"junk"}
        newest = None
        for _ in range(2):
            assert await refusal(ana, "document_create", **junk, after=newest) == "bad_request"
            newest = (await begin(ana, after=newest)).document_id
        assert await refusal(ana, "document_create", kind="board", title="More", after=newest) == "too_many"
        await begin(ben, after=newest)

    async def test_what_a_page_begins_with_is_charged_to_who_begins_it(self, server: RunningGateway) -> None:
        ana, ben = await server.enter(ANA), await server.enter(BEN)
        row, _ = beside_everything(500, 1)
        allowances = desk_of(server)._documents.allowances
        begun = await begin(ana, DocumentKind.NOTES, update=row)
        [person_id] = allowances._uses
        allowances.use(person_id, 2 * ALLOWANCE_S)
        more = {"kind": "notes", "title": "More", "after": begun.document_id}
        assert await refusal(ana, "document_create", **more) == "too_many"
        await begin(ben, DocumentKind.NOTES, after=begun.document_id)

    async def test_a_title_is_changed_by_those_who_may_write(self, server: RunningGateway) -> None:
        ana, observer = await server.enter(ANA), await enter_as(server, OBSERVER, RoomRole.OBSERVER)
        board = await begin(ana)
        await ana.request("document_rename", document_id=board.document_id, title="  Goals\nof today ")
        await ana.next_event("document_changed")
        assert [one.title for one in listed(ana)] == ["Goals of today"]
        for title, code in (("\u200b ", "bad_request"), ("x" * 81, "too_large"), ("x" * 10_000, "too_large")):
            assert await refusal(ana, "document_rename", document_id=board.document_id, title=title) == code
        assert await refusal(observer, "document_rename", document_id=board.document_id, title="Mine") == "forbidden"

    async def test_a_removed_page_comes_back_where_it_was(self, server: RunningGateway) -> None:
        host = await enter_as(server, HOST, RoomRole.HOST)
        first = await begin(host)
        second = await begin(host, after=first.document_id)
        await host.request("document_remove", document_id=first.document_id)
        await host.request("document_remove", document_id=first.document_id)
        await host.next_event("document_removed")
        assert listed(host) == [second]
        assert await refusal(host, "document_open", document_id=first.document_id) == "not_found"
        await host.request("document_restore", document_id=first.document_id)
        await host.next_event("document_added", nth=3)
        assert listed(host) == [first, second]

    async def test_earlier_pages_are_read_page_by_page(self, server: RunningGateway) -> None:
        ana = await server.enter(ANA)
        documents = [await begin(ana)]
        for _ in range(DOCUMENTS_IN_SNAPSHOT + 2):
            documents.append(await begin(ana, after=documents[-1].document_id))
        await ana.next_event("document_added", nth=len(documents))
        assert listed(ana) == documents[3:]
        late = await server.enter(BEN)
        assert late.snapshot is not None
        assert late.snapshot.documents.has_more
        assert listed(late) == documents[3:]
        page = await late.ask(DocumentList, before=documents[3].document_id, limit=2)
        assert (list(page.documents), page.has_more) == (documents[1:3], True)
        page = await late.ask(DocumentList, before=documents[1].document_id, limit=2)
        assert (list(page.documents), page.has_more) == (documents[:1], False)

    async def test_an_answer_about_earlier_pages_is_no_older_than_what_was_told(
        self, server: RunningGateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ana = await server.enter(ANA)
        first = await begin(ana)
        second = await begin(ana, after=first.document_id)
        has_read, may_answer = asyncio.Event(), asyncio.Event()
        read = DocumentRepository.page

        async def slow(*args: Any) -> Any:
            documents = await read(*args)
            has_read.set()
            await may_answer.wait()
            return documents

        monkeypatch.setattr(DocumentRepository, "page", slow)
        asking = asyncio.create_task(ana.ask(DocumentList, before=second.document_id))
        await has_read.wait()
        renaming = asyncio.create_task(ana.request("document_rename", document_id=first.document_id, title="Goals"))
        await asyncio.wait([renaming], timeout=0.2)
        told = [event for event in ana.events if isinstance(event, DocumentChanged)]
        may_answer.set()
        [answered] = (await asking).documents
        assert answered.title == ("Goals" if told else "Today")
        await renaming
        await ana.next_event("document_changed")

    async def test_pages_of_another_room_are_not_found(self, server: RunningGateway) -> None:
        ana, ben = await server.enter(ANA), await server.connect(BEN)
        board = await begin(ana)
        await ben.join("lounge")
        for name, fields in (
            ("document_open", {}),
            ("document_update", {"epoch": 1, "update": PageDocument().draw(a="1")}),
            ("document_rename", {"title": "Ours"}),
            ("document_versions", {}),
        ):
            assert await refusal(ben, name, document_id=board.document_id, **fields) == "not_found"


class TestPresenter:
    async def test_whoever_presents_is_followed_until_they_stop_or_go(self, server: RunningGateway) -> None:
        host, ana, ben = await enter_as(server, HOST, RoomRole.HOST), await server.enter(ANA), await server.enter(BEN)
        board = await begin(ana)
        await ana.request("document_present", document_id=board.document_id)
        await ben.next_event("presenter_changed")
        assert ana.joined is not None
        assert ben.snapshot is not None
        expected = Presenter(participant_id=ana.joined.you.participant_id, document=board)
        assert ben.snapshot.documents.presenter == expected
        assert await refusal(ben, "document_present", document_id=None) == "forbidden"
        await host.request("document_present", document_id=None)
        await ben.next_event("presenter_changed", nth=2)
        await ana.request("document_present", document_id=board.document_id)
        await ana.request("room_leave")
        await ben.next_event("presenter_changed", nth=4)
        assert ben.snapshot.documents.presenter is None

    async def test_whoever_follows_knows_the_page_however_old_it_is(self, server: RunningGateway) -> None:
        host, ana = await enter_as(server, HOST, RoomRole.HOST), await server.enter(ANA)
        first = latest = await begin(ana)
        for _ in range(DOCUMENTS_IN_SNAPSHOT):
            latest = await begin(ana, after=latest.document_id)
        await ana.request("document_present", document_id=first.document_id)
        late = await server.enter(BEN)
        await host.request("document_lock", document_id=first.document_id, is_locked=True)
        await late.next_event("document_changed")
        for page in (late, await server.enter("later@school.example")):
            assert page.snapshot is not None
            assert page.snapshot.documents.presenter is not None
            assert first.document_id not in [one.document_id for one in listed(page)]
            assert page.snapshot.documents.presenter.document == msgspec.structs.replace(first, is_locked=True)

    async def test_notes_are_not_presented(self, server: RunningGateway) -> None:
        ana = await server.enter(ANA)
        notes = await begin(ana, DocumentKind.NOTES)
        assert await refusal(ana, "document_present", document_id=notes.document_id) == "bad_request"


class TestPagesThatAreNotInTheList:
    async def test_a_lock_holds_though_an_earlier_look_at_the_page_ends_after_it(
        self, server: RunningGateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        host, ana = await enter_as(server, HOST, RoomRole.HOST), await server.enter(ANA)
        old = await begin(host)
        desk_of(server)._catalogue._known.clear()  # as if there were sixty newer ones
        looking = Held(DocumentRepository.find)
        monkeypatch.setattr(DocumentRepository, "find", looking)
        opening = asyncio.create_task(open_board(ana, old))
        await looking.is_held.wait()
        await host.request("document_lock", document_id=old.document_id, is_locked=True)
        looking.may_go_on.set()
        board = await opening
        with pytest.raises(RequestError, match="document_locked"):
            await board.draw(mine="1")
        await host.request("document_rename", document_id=old.document_id, title="Old")
        assert await server.sql("SELECT title, is_locked FROM document") == [{"title": "Old", "is_locked": 1}]


class TestContent:
    async def test_what_one_draws_the_others_see_and_tomorrow_too(self, server: RunningGateway) -> None:
        ana, ben = await server.enter(ANA), await server.enter(BEN)
        document = await begin(ana)
        of_ana, of_ben = await open_board(ana, document), await open_board(ben, document)
        await of_ben.until(await of_ana.draw(circle="1"))
        await of_ana.until(await of_ben.draw(square="2"))
        assert of_ana.copy.shown() == of_ben.copy.shown() == {"circle": "1", "square": "2"}
        await end_meeting(server, ana, ben)
        again = await open_board(await server.enter(BEN), document)
        assert again.copy.shown() == {"circle": "1", "square": "2"}

    async def test_a_template_is_there_from_the_beginning(self, server: RunningGateway) -> None:
        ana, template = await server.enter(ANA), PageDocument()
        document = await begin(ana, update=template.draw(title="1"))
        assert (await open_board(ana, document)).copy.shown() == {"title": "1"}

    @pytest.mark.parametrize("update", [b"\x01", b"\x01\x01\x05\x07\x00", b"junk"])
    async def test_nothing_is_begun_with_what_is_no_template(self, server: RunningGateway, update: bytes) -> None:
        ana = await server.enter(ANA)
        assert await refusal(ana, "document_create", kind="board", title="T", update=update) == "bad_request"
        assert await server.sql("SELECT * FROM document") == []

    async def test_what_was_drawn_while_the_line_was_lost_is_merged(self, server: RunningGateway) -> None:
        ana, ben = await server.enter(ANA), await server.enter(BEN)
        document = await begin(ana)
        of_ana, of_ben = await open_board(ana, document), await open_board(ben, document)
        await ana.break_line()
        of_ana.copy.draw(offline="1")
        await of_ben.draw(meanwhile="2")
        await ana.come_back()
        await of_ana.open()
        await of_ben.until(of_ana.seq + 1)
        assert of_ana.copy.shown() == of_ben.copy.shown() == {"offline": "1", "meanwhile": "2"}

    async def test_what_arrives_twice_changes_nothing(self, server: RunningGateway) -> None:
        ana = await server.enter(ANA)
        board = await open_board(ana, await begin(ana))
        update = board.copy.draw(a="1")
        assert await board.send(update) == await board.send(update) == 1
        assert len(await server.sql("SELECT * FROM document_update")) == 1

    async def test_what_leaves_something_out_is_refused(self, server: RunningGateway) -> None:
        ana = await server.enter(ANA)
        board = await open_board(ana, await begin(ana))
        board.copy.draw(a="1")
        with pytest.raises(RequestError, match="out_of_sync"):
            await board.draw(b="2")
        await board.open()  # sends both
        fresh = await open_board(await server.enter(BEN), listed(ana)[0])
        assert fresh.copy.shown() == {"a": "1", "b": "2"}

    async def test_nobody_writes_in_somebody_elses_name(self, server: RunningGateway) -> None:
        ana, ben = await server.enter(ANA), await server.enter(BEN)
        document = await begin(ana)
        of_ana, of_ben = await open_board(ana, document), await open_board(ben, document)
        await of_ana.draw(a="1")
        forged = PageDocument(of_ana.copy.doc.client_id)
        forged.receive(of_ana.copy.updates[0])
        with pytest.raises(RequestError, match="forbidden"):
            await of_ben.send(forged.draw(a="forged"))
        authors = await ben.ask(DocumentAuthors, document_id=document.document_id)
        assert [(author.name, author.clients) for author in authors.authors] == [("Ana", (of_ana.copy.doc.client_id,))]

    async def test_another_device_of_the_same_person_is_welcome(self, server: RunningGateway) -> None:
        laptop, phone = await server.enter(ANA), await server.enter(ANA)
        document = await begin(laptop)
        on_laptop, on_phone = await open_board(laptop, document), await open_board(phone, document)
        await on_phone.until(await on_laptop.draw(a="1"))
        await on_laptop.until(await on_phone.draw(b="2"))
        assert on_laptop.copy.shown() == on_phone.copy.shown() == {"a": "1", "b": "2"}

    @pytest.mark.parametrize("role", [RoomRole.AUDIENCE, RoomRole.OBSERVER])
    async def test_who_only_watches_reads_and_does_not_write(self, server: RunningGateway, role: RoomRole) -> None:
        ana, watching = await server.enter(ANA), await enter_as(server, OBSERVER, role)
        document = await begin(ana)
        of_ana, watched = await open_board(ana, document), await open_board(watching, document)
        await watched.until(await of_ana.draw(a="1"))
        assert watched.copy.shown() == {"a": "1"}
        with pytest.raises(RequestError, match="forbidden"):
            await watched.draw(b="2")
        state = {"document_id": document.document_id, "client": 1, "state": b"{}"}
        assert await refusal(watching, "document_presence", **state) == "forbidden"

    async def test_a_locked_page_is_changed_by_hosts_only(self, server: RunningGateway) -> None:
        host, ana = await enter_as(server, HOST, RoomRole.HOST), await server.enter(ANA)
        document = await begin(ana)
        of_host, of_ana = await open_board(host, document), await open_board(ana, document)
        assert await refusal(ana, "document_lock", document_id=document.document_id, is_locked=True) == "forbidden"
        await host.request("document_lock", document_id=document.document_id, is_locked=True)
        await ana.next_event("document_changed")
        assert [one.is_locked for one in listed(ana)] == [True]
        with pytest.raises(RequestError, match="document_locked"):
            await of_ana.draw(mine="1")
        assert (
            await refusal(ana, "document_rename", document_id=document.document_id, title="Mine") == "document_locked"
        )
        await of_host.draw(theirs="1")
        await host.request("document_rename", document_id=document.document_id, title="Theirs")
        await host.request("document_lock", document_id=document.document_id, is_locked=False)
        await of_ana.open()
        assert of_ana.copy.shown() == {"mine": "1", "theirs": "1"}

    async def test_a_long_update_comes_in_parts_and_is_read_by_everybody_for_themselves(
        self, server: RunningGateway
    ) -> None:
        ana, ben = await server.enter(ANA), await server.enter(BEN)
        document = await begin(ana)
        of_ana, of_ben = await open_board(ana, document), await open_board(ben, document)
        await of_ben.until(await of_ana.draw(picture=PICTURE))
        assert of_ben.copy.shown() == {"picture": PICTURE}

    async def test_parts_that_are_sent_again_are_there_once(self, server: RunningGateway) -> None:
        ana, ben = await server.enter(ANA), await server.enter(BEN)
        document = await begin(ana)
        of_ana, of_ben = await open_board(ana, document), await open_board(ben, document)
        update = of_ana.copy.draw(picture=PICTURE)
        for offset in range(0, len(update), MAX_UPDATE_BYTES):
            await of_ana.send_part(update, offset)
            if offset + MAX_UPDATE_BYTES < len(update):
                await of_ana.send_part(update, offset)
        await of_ben.until(1)
        assert of_ben.copy.shown() == {"picture": PICTURE}
        # What the page did not hear of is kept and forgotten: it finds out by opening again.
        with pytest.raises(RequestError, match="out_of_sync"):
            await of_ana.send_part(update, offset)
        await of_ana.open()
        assert of_ana.seq == 1

    async def test_a_part_alone_is_no_update(self, server: RunningGateway) -> None:
        ana = await server.enter(ANA)
        board = await open_board(ana, await begin(ana))
        update = board.copy.draw(picture=PICTURE)
        for offset in (MAX_UPDATE_BYTES, len(update) // MAX_UPDATE_BYTES * MAX_UPDATE_BYTES):
            with pytest.raises(RequestError, match="out_of_sync"):
                await board.send_part(update, offset)
        assert await board.send(update) == 1

    async def test_opening_again_does_not_disturb_what_is_being_sent(self, server: RunningGateway) -> None:
        ana, ben = await server.enter(ANA), await server.enter(BEN)
        document = await begin(ana)
        of_ana, of_ben = await open_board(ana, document), await open_board(ben, document)
        update = of_ben.copy.draw(picture=PICTURE)
        await of_ana.draw(meanwhile="1")
        for offset in range(0, len(update), MAX_UPDATE_BYTES):
            seq = await of_ben.send_part(update, offset)
            await ben.request("document_open", document_id=document.document_id)
        await of_ana.until(seq)
        assert of_ana.copy.shown() == {"picture": PICTURE, "meanwhile": "1"}

    async def test_more_than_can_be_added_at_once_is_refused(self, server: RunningGateway) -> None:
        ana = await server.enter(ANA)
        board = await open_board(ana, await begin(ana))
        with pytest.raises(RequestError, match="too_large"):
            await board.draw(picture="x" * 5_000_000)
        board.copy = PageDocument()
        assert await board.draw(small="1") == 1

    @pytest.mark.parametrize(
        "update",
        [
            b"",
            b"\xff" * 40,
            bytes.fromhex("01010100"),
            # 4 bytes that claim four thousand million blocks.
            b"\xff\xff\xff\xff\x0f\x01\x00",
        ],
    )
    async def test_what_is_no_update_hurts_nobody(self, server: RunningGateway, update: bytes) -> None:
        ana, ben = await server.enter(ANA), await server.enter(BEN)
        document = await begin(ana)
        of_ana, of_ben = await open_board(ana, document), await open_board(ben, document)
        with pytest.raises(RequestError, match="bad_request"):
            await of_ben.send(update)
        await of_ben.until(await of_ana.draw(a="1"))
        assert of_ben.copy.shown() == {"a": "1"}

    async def test_notes_have_no_elements(self, server: RunningGateway) -> None:
        ana = await server.enter(ANA)
        notes = await open_board(ana, await begin(ana, DocumentKind.NOTES))
        with pytest.raises(RequestError, match="bad_request"):
            await notes.draw(a="1")

    async def test_a_page_that_is_not_open_is_not_changed(self, server: RunningGateway) -> None:
        ana = await server.enter(ANA)
        board = await open_board(ana, await begin(ana))
        await ana.request("document_close", document_id=board.document_id)
        with pytest.raises(RequestError, match="out_of_sync"):
            await board.draw(a="1")


class TestPresence:
    async def test_the_others_see_where_somebody_is_until_they_go(self, server: RunningGateway) -> None:
        ana, ben = await server.enter(ANA), await server.enter(BEN)
        document = await begin(ana)
        await open_board(ana, document)
        await open_board(ben, document)
        state = {"document_id": document.document_id, "client": 7}
        await ana.request("document_presence", **state, state=b'{"x":1}')
        await ana.request("document_presence", **state, state=b'{"x":2}')
        told = await ben.next_event("document_presence")
        assert ana.joined is not None
        assert [(one.participant_id, one.client) for one in told.presences] == [(ana.joined.you.participant_id, 7)]
        late = await server.enter("late@school.example")
        opened = await OpenDocument(late, document.document_id).open()
        assert [one.state for one in opened.presences] == [b'{"x":2}']
        await ana.break_line()
        await until(lambda: any(one.state is None for n in ben.notices for one in getattr(n, "presences", ())))

    async def test_nobody_is_somewhere_in_somebody_elses_place(self, server: RunningGateway) -> None:
        ana, ben = await server.enter(ANA), await server.enter(BEN)
        document = await begin(ana)
        await open_board(ana, document)
        await open_board(ben, document)
        fields = {"document_id": document.document_id, "client": 7, "state": b"{}"}
        await ana.request("document_presence", **fields)
        assert await refusal(ben, "document_presence", **fields) == "not_found"
        assert await refusal(ben, "document_presence", **{**fields, "state": b"x" * 5_000}) == "bad_request"


class TestHistory:
    async def test_the_end_of_a_meeting_is_a_version_and_in_its_record(self, server: RunningGateway) -> None:
        ana = await server.enter(ANA)
        document = await begin(ana)
        board = await open_board(ana, document)
        await board.draw(a="1")
        assert ana.snapshot is not None
        meeting_id = ana.snapshot.meeting.meeting_id
        await end_meeting(server, ana)
        again = await server.enter(ANA)
        later = await open_board(again, document)
        await later.draw(b="2")
        await end_meeting(server, again)
        third = await server.enter(BEN)
        first, second = await server.sql("SELECT meeting_id, seq FROM meeting_document ORDER BY seq")
        assert (first["meeting_id"], first["seq"], second["seq"]) == (meeting_id, 1, 2)
        history = await third.ask(DocumentHistory, document_id=document.document_id)
        assert [version.seq for version in history.versions] == [1, 2]
        found = await third.ask(DocumentVersionFound, document_id=document.document_id, seq=1)
        copy = PageDocument()
        copy.receive(await read_passage(third, found.update))
        assert copy.shown() == {"a": "1"}
        assert await refusal(third, "document_version", document_id=document.document_id, seq=9) == "not_found"

    async def test_what_was_begun_from_a_template_is_in_the_record_though_nobody_touched_it(
        self, server: RunningGateway
    ) -> None:
        ana = await server.enter(ANA)
        document = await begin(ana, update=PageDocument().draw(title="1"))
        await begin(ana, DocumentKind.NOTES)
        await end_meeting(server, ana)
        [record] = await server.sql("SELECT document_id, seq FROM meeting_document")
        assert record == {"document_id": document.document_id, "seq": 1}

    async def test_a_meeting_that_changed_nothing_records_nothing(self, server: RunningGateway) -> None:
        ana = await server.enter(ANA)
        document = await begin(ana)
        await open_board(ana, document)
        await end_meeting(server, ana)
        assert await server.sql("SELECT * FROM meeting_document") == []


class TestFaults:
    async def test_what_cannot_be_kept_is_not_told_and_comes_later(self, server: RunningGateway) -> None:
        ana, ben = await server.enter(ANA), await server.enter(BEN)
        document = await begin(ana)
        of_ana, of_ben = await open_board(ana, document), await open_board(ben, document)
        await of_ana.draw(a="1")
        await of_ben.until(1)
        await server.sql("CREATE TRIGGER full BEFORE INSERT ON document_update BEGIN SELECT RAISE(FAIL, 'no'); END")
        update = of_ana.copy.draw(b="2")
        with pytest.raises(RequestError):
            await of_ana.send(update)
        fresh = await open_board(await server.enter("late@school.example"), document)
        assert fresh.copy.shown() == {"a": "1"}, "what was not kept is nobody's"
        await server.sql("DROP TRIGGER full")
        await of_ben.until(await of_ana.send(update))
        assert of_ben.copy.shown() == {"a": "1", "b": "2"}

    async def test_a_broken_page_is_shown_as_broken_kept_aside_and_begun_anew(self, server: RunningGateway) -> None:
        host, reader = await enter_as(server, HOST, RoomRole.HOST), await server.enter(ANA)
        document = await begin_broken(server, host)
        stored = await server.sql("SELECT * FROM document_update")
        assert await refusal(host, "document_open", document_id=document.document_id) == "document_broken"
        await host.next_event("document_changed")
        assert [one.health for one in listed(host)] == ["broken"]
        await host.request("document_begin_anew", document_id=document.document_id)
        await reader.next_event("document_changed", nth=2)
        assert [(one.health, one.epoch) for one in listed(reader)] == [("good", 2)], "who opens it again knows when"
        await until(lambda: not desk_of(server)._documents._places)
        fresh = OpenDocument(host, document.document_id)
        assert (await fresh.open()).epoch == 2
        assert fresh.copy.shown() == {"e0": "1", "e1": "1"}
        assert await server.sql("SELECT * FROM document_update WHERE epoch = 1") == stored
        late = {"document_id": document.document_id, "epoch": 1, "update": PageDocument().draw(late="1")}
        assert await refusal(host, "document_update", **late) == "out_of_sync"
        await fresh.draw(after="1")

    async def test_what_became_of_a_page_while_it_was_salvaged_stays_so(
        self, server: RunningGateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        host = await enter_as(server, HOST, RoomRole.HOST)
        document = await begin_broken(server, host)
        salvaging = Held(DocumentRepository.readable_contents)
        monkeypatch.setattr(DocumentRepository, "readable_contents", salvaging)
        anew = asyncio.create_task(host.request("document_begin_anew", document_id=document.document_id))
        await salvaging.is_held.wait()
        await host.request("document_rename", document_id=document.document_id, title="Renamed")
        await host.request("document_lock", document_id=document.document_id, is_locked=True)
        salvaging.may_go_on.set()
        await anew
        [stored] = await server.sql("SELECT title, is_locked, epoch FROM document")
        assert stored == {"title": "Renamed", "is_locked": 1, "epoch": 2}
        assert [(one.title, one.is_locked) for one in listed(host)] == [("Renamed", True)]

    @pytest.mark.parametrize("broken_seq", [1, 3])
    async def test_two_hosts_who_begin_a_page_anew_at_once_end_up_in_the_same_epoch(
        self, server: RunningGateway, monkeypatch: pytest.MonkeyPatch, broken_seq: int
    ) -> None:
        host, other = await enter_as(server, HOST, RoomRole.HOST), await enter_as(server, BEN, RoomRole.HOST)
        document = await begin_broken(server, host, broken_seq)
        salvaging = Held(DocumentRepository.readable_contents)
        monkeypatch.setattr(DocumentRepository, "readable_contents", salvaging)
        first, second = (
            asyncio.create_task(page.request("document_begin_anew", document_id=document.document_id))
            for page in (host, other)
        )
        await salvaging.is_held.wait()
        await other.request("document_page", before=document.document_id)  # what it asked before is under way
        salvaging.may_go_on.set()
        await asyncio.wait([first, second], return_when=asyncio.FIRST_COMPLETED)
        of_host = await open_board(host, document)
        await asyncio.gather(first, second)
        assert await of_host.draw(new="1") > 0, "who works in it already is not put out"
        assert await server.sql("SELECT epoch FROM document") == [{"epoch": 2}]

    async def test_a_page_is_salvaged_beside_everything_else(
        self, server: RunningGateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        threads = list[threading.Thread]()

        def salvage_and_tell(*args: Any) -> Change | None:
            threads.append(threading.current_thread())
            return salvage(*args)

        monkeypatch.setattr("server.documents.desk.salvage", salvage_and_tell)
        host = await enter_as(server, HOST, RoomRole.HOST)
        document = await begin_broken(server, host)
        await host.request("document_begin_anew", document_id=document.document_id)
        assert threading.main_thread() not in threads
        assert len(threads) == 1

    async def test_a_page_that_was_begun_anew_though_it_seemed_to_fail_is_found(
        self, server: RunningGateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        change = DocumentRepository.change

        async def keep_and_fail(*args: Any) -> None:
            await change(*args)
            raise StoreError("The answer got lost.")

        host = await enter_as(server, HOST, RoomRole.HOST)
        document = await begin_broken(server, host)
        with monkeypatch.context() as patch:
            patch.setattr(DocumentRepository, "change", keep_and_fail)
            assert await refusal(host, "document_begin_anew", document_id=document.document_id) == "unavailable"
        assert await refusal(host, "document_begin_anew", document_id=document.document_id) == "out_of_sync"
        board = await open_board(host, document)
        assert (board.epoch, board.copy.shown()) == (2, {"e0": "1", "e1": "1"})

    async def test_what_is_whole_is_not_begun_anew(self, server: RunningGateway) -> None:
        host = await enter_as(server, HOST, RoomRole.HOST)
        document = await begin(host)
        assert await refusal(host, "document_begin_anew", document_id=document.document_id) == "bad_request"


class Held:
    """In the place of a method that reads: what it has read first is held back for a while."""

    def __init__(self, method: Callable[..., Awaitable[Any]]) -> None:
        self._method = method
        self.is_held = asyncio.Event()
        self.may_go_on = asyncio.Event()

    def __get__(self, instance: object, _owner: type) -> Callable[..., Awaitable[Any]]:
        async def call(*args: Any) -> Any:
            read = await self._method(instance, *args)
            if not self.is_held.is_set():
                self.is_held.set()
                await self.may_go_on.wait()
            return read

        return call


async def begin_broken(server: RunningGateway, host: Page, broken_seq: int = 3) -> DocumentInfo:
    """Begin a page of which the changes from one on cannot be read."""
    document = await begin(host)
    board = await open_board(host, document)
    for number in range(4):
        await board.draw(**{f"e{number}": "1"})
    await host.request("document_close", document_id=document.document_id)
    await until_resting(server)
    await server.sql("DELETE FROM document_snapshot")
    await server.sql(f"UPDATE document_update SET data = x'0000' WHERE seq = {broken_seq}")
    return document


async def until_resting(server: RunningGateway) -> None:
    """Wait until the page that was closed is kept in one piece."""
    async with asyncio.timeout(10):
        while not await server.sql("SELECT * FROM document_snapshot"):
            pass
