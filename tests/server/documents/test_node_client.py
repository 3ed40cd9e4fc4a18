"""The Yjs that browsers have, against our server: what Node's pages and pycrdt's see is the same."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from protocol.document_requests import DocumentCreated
from protocol.documents import MAX_UPLOAD_BYTES, DocumentKind
from tests.support.documents import OpenDocument
from tests.support.gateway import RunningGateway, running_gateway
from tests.support.yjs_page import MISSING, YjsError, YjsPage

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)

ANA, BEN, CARA = (f"{name}@school.example" for name in ("ana", "ben", "cara"))


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    async with running_gateway(tmp_path, room_grace_s=0) as gateway:
        yield gateway


class Trio:
    """Two pages with Yjs and one with pycrdt, all in one document."""

    def __init__(self, ana: YjsPage, ben: YjsPage, cara: OpenDocument) -> None:
        self.ana, self.ben, self.cara = ana, ben, cara

    async def save(self, page: YjsPage) -> None:
        """Have what a page has changed kept, and everybody hear of it."""
        seq = await page.do("save")
        for other in (self.ana, self.ben):
            await other.do("until", seq=seq)
        await self.cara.until(seq)

    async def shown(self) -> Any:
        """Return what all three show."""
        of_ana, of_ben = await self.ana.shown(), await self.ben.shown()
        assert of_ana == of_ben
        copy = self.cara.copy
        assert of_ana == {"elements": copy.shown(), "points": copy.points(), "notes": str(copy.notes)}
        return of_ana


async def gather(server: RunningGateway, kind: DocumentKind) -> Trio:
    cara = await server.enter(CARA)
    created = await cara.ask(DocumentCreated, kind=kind.value, title="Today")
    document_id = created.document.document_id
    of_cara = OpenDocument(cara, document_id)
    await of_cara.open()
    ana, ben = await YjsPage.enter(server, ANA), await YjsPage.enter(server, BEN)
    for page in (ana, ben):
        await page.do("open", document_id=document_id)
    return Trio(ana, ben, of_cara)


@pytest.fixture
async def board(server: RunningGateway) -> Trio:
    return await gather(server, DocumentKind.BOARD)


@pytest.fixture
async def notes(server: RunningGateway) -> Trio:
    return await gather(server, DocumentKind.NOTES)


async def test_all_draw_and_all_see_it(board: Trio) -> None:
    await board.ana.do("set", values={"a": '{"x":1}', "emoji": "👩\u200d🏫 😀"})
    await board.save(board.ana)
    await board.ben.do("set", values={"a": '{"x":2}'})
    await board.ben.do("stroke", key="line", points=[1, 2.5, -70_000, 2**40])
    await board.save(board.ben)
    await board.ana.do("stroke", key="line", points=[5])
    await board.save(board.ana)
    seq = await board.cara.draw(b="3")
    for page in (board.ana, board.ben):
        await page.do("until", seq=seq)
    assert await board.shown() == {
        "elements": {"a": '{"x":2}', "emoji": "👩\u200d🏫 😀", "b": "3"},
        "points": {"line": [1, 2.5, -70_000, 2**40, 5]},
        "notes": "",
    }


async def test_what_two_draw_without_a_line_is_merged(board: Trio) -> None:
    await board.ana.do("set", values={"a": "1", "b": "1"})
    await board.save(board.ana)
    for page in (board.ana, board.ben):
        await page.do("disconnect")
    await board.ana.do("set", values={"a": "2"})
    await board.ana.do("stroke", key="line", points=[1])
    await board.ben.do("erase", key="b")
    await board.ben.do("set", values={"c": "3"})
    for page in (board.ana, board.ben, board.ana):
        await page.do("disconnect")
        await page.connect()
        await page.do("open")
    await board.cara.open()
    shown = await board.shown()
    assert (shown["elements"], shown["points"]) == ({"a": "2", "c": "3"}, {"line": [1]})


async def test_undoing_undoes_one_s_own(board: Trio) -> None:
    await board.ana.do("set", values={"a": "1"})
    await board.save(board.ana)
    await board.ben.do("set", values={"b": "2"})
    await board.save(board.ben)
    await board.ana.do("erase", key="a")
    await board.save(board.ana)
    await board.ana.do("undo")
    await board.save(board.ana)
    assert (await board.shown())["elements"] == {"a": "1", "b": "2"}
    await board.ana.do("undo")
    await board.save(board.ana)
    assert (await board.shown())["elements"] == {"b": "2"}


async def test_a_large_update_comes_in_parts(board: Trio) -> None:
    picture = "".join(chr(33 + (number * number) % 89) for number in range(300_000))
    await board.ana.do("set", values={"picture": picture})
    await board.save(board.ana)
    assert (await board.shown())["elements"] == {"picture": picture}


async def test_parts_that_are_sent_again_are_there_once(board: Trio) -> None:
    picture = "".join(chr(33 + (number * number) % 89) for number in range(150_000))
    await board.ana.do("set", values={"picture": picture})
    seq = await board.ana.do("save", times=2)
    await board.ben.do("until", seq=seq)
    await board.cara.until(seq)
    assert (await board.shown())["elements"] == {"picture": picture}


async def test_a_board_that_is_more_than_one_update_may_be_is_cleared_and_brought_back(board: Trio) -> None:
    await board.ben.do("set", values={f"{number}": f"{number} " * 600 for number in range(2_000)})
    await board.save(board.ben)
    shown = await board.shown()
    assert sum(map(len, shown["elements"].values())) > MAX_UPLOAD_BYTES
    await board.ana.do("clear")
    await board.save(board.ana)
    assert (await board.shown())["elements"] == {}
    await board.ana.do("bring_back")
    await board.save(board.ana)
    assert await board.shown() == shown


async def test_notes_are_written_together(notes: Trio) -> None:
    await notes.ana.do("write", text="Goals of today 😀", marks={"bold": {}})
    await notes.save(notes.ana)
    await notes.ben.do("type", at=5, text=", big ones,")
    await notes.save(notes.ben)
    await notes.ben.do("write", text="اهداف 👩\u200d🏫")
    await notes.save(notes.ben)
    shown = await notes.shown()
    assert "Goals, big ones, of today 😀" in shown["notes"]
    assert "اهداف 👩\u200d🏫" in shown["notes"]


@pytest.mark.parametrize("text", ["\ud83d", "a\ud83d", "\ude00b", "\ud83d\ud83d\ude00"])
async def test_halves_of_characters_are_no_trouble(notes: Trio, text: str) -> None:
    """JavaScript's strings may have them; on the wire they are replacement characters."""
    await notes.ana.do("write", text=text)
    await notes.save(notes.ana)
    await notes.ben.do("type", at=0, text="x")
    await notes.save(notes.ben)
    await notes.cara.open()
    assert "\ufffd" in str(notes.cara.copy.notes)
    assert (await notes.ben.shown())["notes"] == str(notes.cara.copy.notes)


async def test_one_emoji_is_replaced_by_another_of_the_same_first_half(notes: Trio) -> None:
    await notes.ana.do("write", text="a😀b😀c")
    await notes.save(notes.ana)
    await notes.ben.do("type", at=1, remove=2, text="😁")
    await notes.save(notes.ben)
    await notes.ana.do("type", at=3, text="x")
    await notes.save(notes.ana)
    assert "a😁xb😀c" in (await notes.shown())["notes"]
    fresh = OpenDocument(notes.cara.page, notes.cara.document_id)
    await fresh.open()
    assert "a😁xb😀c" in str(fresh.copy.notes)


@pytest.mark.parametrize("change", [{"remove": 1, "text": ""}, {"remove": 0, "text": "x"}], ids=["deleted", "parted"])
async def test_who_cuts_a_character_in_half_is_refused(notes: Trio, change: dict[str, Any]) -> None:
    await notes.ana.do("write", text="a😀b")
    await notes.save(notes.ana)
    await notes.ben.do("type", at=2, **change)
    with pytest.raises(YjsError, match="bad_request"):
        await notes.ben.do("save")
    await notes.ana.do("type", at=3, text="x")
    seq = await notes.ana.do("save")
    await notes.cara.until(seq)
    assert "a😀xb" in str(notes.cara.copy.notes)


async def test_half_a_character_is_kept_as_another_one(notes: Trio) -> None:
    half, first = "\ud83d", "a\ufffdb"
    await notes.ana.do("write", text=f"a{half}b", marks={"link": {"href": f"https://x.example/{half}?q=\u00e9"}})
    await notes.save(notes.ana)
    shown = str(notes.cara.copy.notes)
    assert first in shown
    assert "https://x.example/\ufffd?q=\u00e9" in shown


async def test_what_is_refused_is_said(board: Trio) -> None:
    await board.ana.do("write", text="on a board")
    with pytest.raises(YjsError, match="bad_request"):
        await board.ana.do("save")
