import pytest

from protocol.permissions import TABLE, is_permitted, permitted_requests
from protocol.requests import REQUESTS
from protocol.roles import ProgrammeRole, RoomRole, RoomState, default_room_role


def test_the_table_has_a_row_for_every_request_in_every_state() -> None:
    for state in RoomState:
        assert set(TABLE[state]) == set(REQUESTS)


def test_an_observer_is_silent() -> None:
    permitted = permitted_requests(RoomRole.OBSERVER, RoomState.LIVE)
    assert not {"chat_send", "chat_typing", "media_produce", "media_producer_update"} & set(permitted)
    assert {"chat_page", "media_consume"} <= set(permitted)


def test_the_audience_writes_but_is_not_seen() -> None:
    assert is_permitted(RoomRole.AUDIENCE, "chat_send", RoomState.LIVE)
    assert not is_permitted(RoomRole.AUDIENCE, "media_produce", RoomState.LIVE)


@pytest.mark.parametrize("role", RoomRole)
def test_an_idle_room_can_only_be_joined(role: RoomRole) -> None:
    assert permitted_requests(role, RoomState.IDLE) == ("room_join",)


def test_an_unknown_request_is_nobodys() -> None:
    assert not is_permitted(RoomRole.HOST, "room_explode", RoomState.LIVE)


def test_those_who_run_the_programme_are_hosts() -> None:
    hosts = {role for role in ProgrammeRole if default_room_role(role) is RoomRole.HOST}
    assert hosts == {ProgrammeRole.FACILITATOR, ProgrammeRole.COORDINATOR}
