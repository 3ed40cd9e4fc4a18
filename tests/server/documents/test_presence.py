"""Where people are in a document."""

import pytest

from protocol.documents import DocumentPresence
from server.documents.presence import MAX_CLIENTS, PresenceBoard


class Told:
    """Counts how often there was something to be told."""

    def __init__(self) -> None:
        self.times = 0
        self.board = PresenceBoard(self._tell_later)

    def _tell_later(self) -> None:
        self.times += 1


@pytest.fixture
def told() -> Told:
    return Told()


def at(client: int, state: bytes | None = b"{}", person: str = "ana") -> DocumentPresence:
    return DocumentPresence(participant_id=person, client=client, state=state)


def test_what_is_told_is_the_newest_of_each_once(told: Told) -> None:
    board = told.board
    for state in (b"1", b"2", b"3"):
        assert board.set("c1", at(1, state))
    assert board.set("c2", at(2, person="ben"))
    assert told.times == 1, "what comes until it is told is told together"
    assert board.take_news() == (at(1, b"3"), at(2, person="ben"))
    assert board.take_news() == ()
    board.set("c1", at(1, b"4"))
    assert told.times == 2
    assert board.all() == (at(1, b"4"), at(2, person="ben"))


def test_whoever_goes_is_told_of_as_gone(told: Told) -> None:
    board = told.board
    board.set("c1", at(1))
    board.set("c1", at(2))
    board.take_news()
    board.remove("c1")
    board.remove("c1")
    assert board.take_news() == (at(1, None), at(2, None))
    assert board.all() == ()
    assert told.times == 2


def test_who_is_nowhere_any_more_is_told_of_once(told: Told) -> None:
    board = told.board
    board.set("c1", at(1))
    board.take_news()
    assert board.set("c1", at(1, None))
    assert board.set("c1", at(1, None))
    assert board.take_news() == (at(1, None),)
    assert told.times == 2


def test_another_connection_s_client_is_not_one_s_own(told: Told) -> None:
    board = told.board
    board.set("c1", at(1, b"mine"))
    assert not board.set("c2", at(1, b"forged", person="ben"))
    assert not board.set("c2", at(1, None, person="ben"))
    assert board.all() == (at(1, b"mine"),)
    board.remove("c1")
    assert board.set("c2", at(1, person="ben")), "it is free again"


def test_a_connection_has_only_so_many_clients(told: Told) -> None:
    board = told.board
    assert all(board.set("c1", at(client)) for client in range(MAX_CLIENTS))
    assert not board.set("c1", at(MAX_CLIENTS))
    assert board.set("c1", at(0, b"moved"))
    assert board.set("c1", at(1, None))
    assert board.set("c1", at(MAX_CLIENTS))
    assert len(board.all()) == MAX_CLIENTS


def test_news_of_clients_that_never_were_is_bounded(told: Told) -> None:
    for client in range(1_000):
        told.board.set("c1", at(client, None))
    assert told.board.take_news() == ()
