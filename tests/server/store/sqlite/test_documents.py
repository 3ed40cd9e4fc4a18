"""Documents as they are stored: what every database must do, and what becomes of damage."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from protocol.documents import DocumentKind
from server.store.documents import (
    Change,
    DocumentBrokenError,
    DocumentKey,
    DocumentRepository,
    OutOfTurnError,
    Version,
)
from tests.support.document_store import MEETING, DocumentStore, document_store

BOARD, NOTES = DocumentKind.BOARD, DocumentKind.NOTES


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[DocumentStore]:
    async with document_store(tmp_path) as store:
        yield store


@pytest.fixture
def repository(store: DocumentStore) -> DocumentRepository:
    return store.repository


@pytest.fixture
async def key(store: DocumentStore) -> DocumentKey:
    return await store.begin()


def change(
    key: DocumentKey, seq: int, data: bytes | None = None, authors: dict[int, str | None] | None = None
) -> Change:
    return Change(key, seq, 100 + seq, f"change {seq}".encode() if data is None else data, authors or {})


def keep_all(_versions: Sequence[Version]) -> Iterable[Version]:
    return ()


def keep_none(versions: Sequence[Version]) -> Iterable[Version]:
    return versions


async def snapshot(repository: DocumentRepository, key: DocumentKey, seq: int, **fields: object) -> None:
    await repository.keep_snapshot(key, Version(seq, 100 + seq), whole(seq), keep_all, **fields)  # type: ignore[arg-type]


def whole(seq: int) -> bytes:
    return f"all up to {seq}".encode() * 20


class TestDocuments:
    async def test_a_document_is_found_as_it_was_kept(
        self, store: DocumentStore, repository: DocumentRepository
    ) -> None:
        document = store.document("document_x", kind=NOTES)
        await repository.create(document)
        assert await repository.find("document_x") == document
        assert await repository.find("document_y") is None

    async def test_what_changes_of_it_is_kept(self, store: DocumentStore, repository: DocumentRepository) -> None:
        document = store.document("document_x")
        await repository.create(document)
        changed = replace(document, title="Goals", is_locked=True, removed_at=9)
        await repository.change(changed)
        assert await repository.find("document_x") == changed
        await repository.change(document)
        assert await repository.find("document_x") == document

    async def test_pages_go_back_from_the_newest_without_what_was_removed(
        self, store: DocumentStore, repository: DocumentRepository
    ) -> None:
        documents = [store.document(f"document_{n}", created_at=n // 2) for n in range(7)]
        for document in documents:
            await repository.create(document)
        await repository.create(store.document("elsewhere", room_id=store.other_room_id))
        await repository.change(replace(documents[5], removed_at=9))
        left = [document for document in documents if document is not documents[5]]
        assert await repository.page(store.room_id, None, 2) == (left[4:], True)
        assert await repository.page(store.room_id, left[4], 3) == (left[1:4], True)
        assert await repository.page(store.room_id, documents[5], 3) == (left[2:5], True)
        assert await repository.page(store.room_id, left[1], 3) == (left[:1], False)
        assert await repository.page(store.room_id, left[0], 3) == ([], False)

    async def test_the_newest_of_a_kind_is_found(self, store: DocumentStore, repository: DocumentRepository) -> None:
        assert await repository.newest(store.room_id, BOARD) is None
        first, second = store.document("document_1"), store.document("document_2", created_at=2)
        for document in (first, second, store.document("document_3", kind=NOTES, created_at=3)):
            await repository.create(document)
        assert await repository.newest(store.room_id, BOARD) == second
        await repository.change(replace(second, removed_at=9))
        assert await repository.newest(store.room_id, BOARD) == first
        assert await repository.newest(store.other_room_id, BOARD) is None


class TestContents:
    async def test_changes_are_what_a_document_consists_of(
        self, store: DocumentStore, repository: DocumentRepository, key: DocumentKey
    ) -> None:
        other = await store.begin()
        assert (await repository.contents(key)).updates == ()
        await repository.append([change(key, 1, authors={7: store.ana, 8: None}), change(key, 2), change(other, 1)])
        contents = await repository.contents(key)
        assert (contents.seq, contents.updates, contents.snapshot_seq) == (2, (b"change 1", b"change 2"), 0)
        assert contents.authors == {7: store.ana, 8: None}

    async def test_a_new_document_has_its_beginning(self, store: DocumentStore, repository: DocumentRepository) -> None:
        key = DocumentKey("document_1", 1)
        await store.begin(first=change(key, 1, b"template", {7: store.ana}))
        contents = await repository.contents(key)
        assert (contents.seq, contents.updates, contents.authors) == (1, (b"template",), {7: store.ana})

    async def test_changes_are_kept_all_or_none(
        self, store: DocumentStore, repository: DocumentRepository, key: DocumentKey
    ) -> None:
        other = await store.begin()
        await repository.append([change(key, 1)])
        with pytest.raises(OutOfTurnError):
            await repository.append([change(other, 1), change(key, 1, b"another")])
        assert (await repository.contents(other)).seq == 0
        assert (await repository.contents(key)).updates == (b"change 1",)

    async def test_a_client_has_one_author(
        self, store: DocumentStore, repository: DocumentRepository, key: DocumentKey
    ) -> None:
        await repository.append([change(key, 1, authors={7: store.ana, 9: None})])
        with pytest.raises(OutOfTurnError):
            await repository.append([change(key, 2, authors={7: store.ben})])
        await repository.append([change(key, 2, authors={8: store.ben, 2**53 - 1: store.ana})])
        authors = await repository.authors(key.document_id)
        assert [(one.name, one.client) for one in authors] == [("Ana", 7), ("Ana", 2**53 - 1), ("Ben", 8)]

    async def test_an_epoch_is_a_new_beginning_and_leaves_the_one_before_as_it_is(
        self, store: DocumentStore, repository: DocumentRepository, key: DocumentKey
    ) -> None:
        await repository.append([change(key, 1, authors={7: store.ana}), change(key, 2)])
        await snapshot(repository, key, 2)
        document = await repository.find(key.document_id)
        assert document is not None
        anew = DocumentKey(key.document_id, 2)
        await repository.change(replace(document, epoch=2), change(anew, 1, b"salvaged"))
        contents = await repository.contents(anew)
        assert (contents.seq, contents.updates, contents.authors) == (1, (b"salvaged",), {7: store.ana})
        assert await repository.versions(anew) == []
        assert (await repository.contents(key)).updates == (whole(2),)


class TestSnapshots:
    async def test_contents_are_a_snapshot_and_what_came_after(
        self, repository: DocumentRepository, key: DocumentKey
    ) -> None:
        await repository.append([change(key, seq) for seq in range(1, 4)])
        await snapshot(repository, key, 2)
        contents = await repository.contents(key)
        assert (contents.seq, contents.updates, contents.snapshot_seq) == (3, (whole(2), b"change 3"), 2)
        assert await repository.versions(key) == [Version(2, 102)]
        assert await repository.version(key, 2) == whole(2)
        assert await repository.version(key, 3) is None

    async def test_changes_go_when_two_snapshots_cover_them(
        self, store: DocumentStore, repository: DocumentRepository, key: DocumentKey
    ) -> None:
        async def seqs() -> list[object]:
            return [row["seq"] for row in await store.sql("SELECT seq FROM document_update ORDER BY seq")]

        await repository.append([change(key, seq) for seq in range(1, 6)])
        await snapshot(repository, key, 2)
        assert await seqs() == [1, 2, 3, 4, 5]
        await snapshot(repository, key, 4)
        assert await seqs() == [3, 4, 5]
        await snapshot(repository, key, 4)
        await snapshot(repository, key, 3)
        assert [version.seq for version in await repository.versions(key)] == [2, 4], "an older one is not kept"

    async def test_thinning_leaves_the_newest_two_and_every_record(
        self, store: DocumentStore, repository: DocumentRepository, key: DocumentKey
    ) -> None:
        await repository.append([change(key, seq) for seq in range(1, 7)])
        for seq in range(1, 6):
            await snapshot(repository, key, seq, **({"meeting_id": MEETING} if seq == 2 else {}))
        await repository.keep_snapshot(key, Version(6, 106), whole(6), keep_none)
        assert [version.seq for version in await repository.versions(key)] == [2, 5, 6]
        assert await repository.version(key, 2) == whole(2)

    async def test_a_record_is_of_the_newest_moment_also_when_that_was_kept_before(
        self, store: DocumentStore, repository: DocumentRepository, key: DocumentKey
    ) -> None:
        await store.hold_meeting("meeting_2")
        await repository.append([change(key, 1), change(key, 2)])
        await snapshot(repository, key, 1, meeting_id=MEETING)
        await snapshot(repository, key, 2)
        await snapshot(repository, key, 2, meeting_id="meeting_2")
        await snapshot(repository, key, 2, meeting_id="meeting_2")
        records = await store.sql("SELECT meeting_id, epoch, seq FROM meeting_document ORDER BY seq")
        assert [tuple(record.values()) for record in records] == [(MEETING, 1, 1), ("meeting_2", 1, 2)]


class TestDamage:
    """Snapshots of 2 and 4, and changes up to 6."""

    @pytest.fixture
    async def damaged(self, store: DocumentStore, repository: DocumentRepository, key: DocumentKey) -> DocumentStore:
        await repository.append([change(key, seq) for seq in range(1, 7)])
        await snapshot(repository, key, 2)
        await snapshot(repository, key, 4)
        return store

    async def flip(self, store: DocumentStore, table: str, *seqs: int) -> None:
        """Turn a bit of what is stored under these numbers."""
        for seq in seqs:
            [row] = await store.sql(f"SELECT data FROM {table} WHERE seq = {seq}")
            data = bytearray(row["data"])  # type: ignore[call-overload]
            data[len(data) // 2] ^= 4
            await store.sql(f"UPDATE {table} SET data = x'{data.hex()}' WHERE seq = {seq}")

    async def reads(self, repository: DocumentRepository, key: DocumentKey) -> tuple[bytes, ...]:
        contents = await repository.contents(key)
        assert contents == await repository.readable_contents(key)
        return contents.updates

    async def reads_up_to(self, repository: DocumentRepository, key: DocumentKey) -> int:
        """Return how far a broken document can be read."""
        with pytest.raises(DocumentBrokenError):
            await repository.contents(key)
        return (await repository.readable_contents(key)).seq

    async def test_undamaged_it_is_whole(
        self, damaged: DocumentStore, repository: DocumentRepository, key: DocumentKey
    ) -> None:
        assert await self.reads(repository, key) == (whole(4), b"change 5", b"change 6")

    async def test_a_damaged_snapshot_is_made_up_for_by_the_one_before(
        self, damaged: DocumentStore, repository: DocumentRepository, key: DocumentKey
    ) -> None:
        await self.flip(damaged, "document_snapshot", 4)
        assert await self.reads(repository, key) == (whole(2), *(f"change {seq}".encode() for seq in range(3, 7)))
        assert await repository.version(key, 4) is None

    async def test_without_any_snapshot_it_is_broken(
        self, damaged: DocumentStore, repository: DocumentRepository, key: DocumentKey
    ) -> None:
        await self.flip(damaged, "document_snapshot", 2, 4)
        assert await self.reads_up_to(repository, key) == 0

    async def test_a_damaged_change_is_the_end_of_what_can_be_read(
        self, damaged: DocumentStore, repository: DocumentRepository, key: DocumentKey
    ) -> None:
        await self.flip(damaged, "document_update", 6)
        assert await self.reads_up_to(repository, key) == 5

    async def test_so_is_a_missing_one(
        self, damaged: DocumentStore, repository: DocumentRepository, key: DocumentKey
    ) -> None:
        await damaged.sql("DELETE FROM document_update WHERE seq = 5")
        assert await self.reads_up_to(repository, key) == 4

    async def test_what_a_damaged_snapshot_covered_and_nothing_else_has_is_missed(
        self, damaged: DocumentStore, repository: DocumentRepository, key: DocumentKey
    ) -> None:
        await self.flip(damaged, "document_snapshot", 4)
        await damaged.sql("DELETE FROM document_update WHERE seq >= 4")
        assert await self.reads_up_to(repository, key) == 3

    @pytest.mark.parametrize("column", ["checksum = checksum + 1", "data = x''", "data = x'78'"])
    async def test_a_snapshot_is_damaged_in_any_way(
        self, damaged: DocumentStore, repository: DocumentRepository, key: DocumentKey, column: str
    ) -> None:
        await damaged.sql(f"UPDATE document_snapshot SET {column} WHERE seq = 4")
        assert (await self.reads(repository, key))[0] == whole(2)

    @pytest.mark.parametrize("size", [0, -1, 1, 2**62])
    async def test_a_wrong_size_is_not_believed(
        self, damaged: DocumentStore, repository: DocumentRepository, key: DocumentKey, size: int
    ) -> None:
        await damaged.sql(f"UPDATE document_snapshot SET size = {size}")
        assert (await self.reads(repository, key))[0] == whole(4)
