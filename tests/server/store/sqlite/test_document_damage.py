"""Damage to what is stored of a document."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.store.documents import Change, DocumentBrokenError, DocumentKey, DocumentRepository, Version
from tests.support.document_store import DocumentStore, document_store


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


def change(key: DocumentKey, seq: int) -> Change:
    return Change(key, seq, 100 + seq, f"change {seq}".encode(), {})


async def snapshot(repository: DocumentRepository, key: DocumentKey, seq: int) -> None:
    await repository.keep_snapshot(key, Version(seq, 100 + seq), whole(seq), lambda _versions: ())


def whole(seq: int) -> bytes:
    return f"all up to {seq}".encode() * 20


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
