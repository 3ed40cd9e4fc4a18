"""Answers in parts."""

import random
import zlib

import pytest

from protocol.documents import Passage
from protocol.errors import ErrorCode
from server.documents.passages import MAX_PASSAGES, PART_BYTES, Reading
from server.errors import UserError

NOISE = random.Random(1).randbytes(3 * PART_BYTES)


@pytest.fixture
def reading() -> Reading:
    return Reading()


def rest_of(reading: Reading, passage: Passage) -> bytes:
    packed = passage.data
    while len(packed) < passage.size:
        packed += reading.read(passage.passage_id, len(packed))
    return zlib.decompress(packed)


class TestReading:
    @pytest.mark.parametrize("data", [b"", b"short", NOISE[:PART_BYTES], NOISE])
    async def test_all_of_it_is_read(self, reading: Reading, data: bytes) -> None:
        passage = await reading.begin(data)
        assert len(passage.data) <= PART_BYTES
        assert rest_of(reading, passage) == data

    async def test_what_has_been_read_is_gone(self, reading: Reading) -> None:
        passage = await reading.begin(NOISE)
        rest_of(reading, passage)
        for passage_id, offset in ((passage.passage_id, 0), (passage.passage_id, PART_BYTES), ("none", 0)):
            with pytest.raises(UserError) as error:
                reading.read(passage_id, offset)
            assert error.value.code is ErrorCode.NOT_FOUND

    async def test_nothing_is_read_beyond_the_end(self, reading: Reading) -> None:
        passage = await reading.begin(NOISE)
        with pytest.raises(UserError):
            reading.read(passage.passage_id, passage.size)

    async def test_those_that_nobody_reads_make_room(self, reading: Reading) -> None:
        passages = [await reading.begin(NOISE) for _ in range(MAX_PASSAGES + 1)]
        with pytest.raises(UserError):
            rest_of(reading, passages[0])
        for passage in passages[1:]:
            assert rest_of(reading, passage) == NOISE
