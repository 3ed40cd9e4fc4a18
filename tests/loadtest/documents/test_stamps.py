from loadtest.bots.delay import Samples
from loadtest.documents.stamps import MAX_AUTHORS, StampFinder, author_code, now_us, write_stamp


def test_every_author_has_a_code_of_their_own() -> None:
    codes = [author_code(number) for number in range(MAX_AUTHORS)]
    assert len(set(codes)) == MAX_AUTHORS
    assert {len(code) for code in codes} == {2}


def test_stamps_of_others_are_found_with_their_ages_and_ones_own_are_not() -> None:
    at_us = now_us() - 20_000
    data = b"\x01" + b"\xff".join(write_stamp(author, at_us).encode() for author in ("aa", "ab", "ac")) + b"@zz not one"
    ages = Samples()
    finder = StampFinder("ab")
    finder.find(data, ages)
    assert (finder.found, len(ages)) == (2, 2)
    assert 20 <= ages.quantile_ms(0.0) < 10_000


def test_who_is_nobody_finds_all() -> None:
    finder = StampFinder()
    finder.find(write_stamp("aa", 1).encode() * 3, Samples())
    assert finder.found == 3
