from itertools import islice

import pytest

from server.media.endpoint import MAX_MIDS, EndpointMedia, MediaTransport
from server.media.messages import MID_BYTES


def transport() -> MediaTransport:
    return MediaTransport("tr_1", EndpointMedia("page", "ana"), "recv", None)


def test_mids_are_never_given_twice_and_look_like_no_number() -> None:
    one = transport()
    mids = list(islice(iter(one.take_mid, None), 3_000))
    assert len(set(mids)) == 3_000
    assert {len(mid) for mid in mids} == {MID_BYTES}
    assert all(mid[0] == "m" and mid.isalnum() and mid.islower() for mid in mids)


def test_mids_end() -> None:
    one = transport()
    one._mids = MAX_MIDS - 1
    assert one.has_mids
    assert one.take_mid() == "mzzz"
    assert not one.has_mids


def test_ssrcs_are_never_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([70_000, 70_000, 3, 70_001])
    monkeypatch.setattr("secrets.randbits", lambda _: next(drawn))
    one = transport()
    assert [one.take_ssrc(), one.take_ssrc()] == [70_000, 70_001]
