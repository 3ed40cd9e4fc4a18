from itertools import islice

from protocol.room import Source
from protocol.rtp import MediaKind
from server.media.endpoint import MAX_MIDS, MediaConsumer, MediaProducer, MediaTransport
from server.media.worker.messages import MID_BYTES


def transport() -> MediaTransport:
    return MediaTransport("tr_1", "page", "ana", "recv", None)


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


def test_ssrcs_are_free_again_with_their_consumer() -> None:
    one = transport()
    ssrcs = tuple(one.take_ssrc() for _ in range(2))
    producer = MediaProducer("pr_1", "ben", Source.CAMERA, MediaKind.VIDEO, transport(), {}, is_paused=False)
    consumer = MediaConsumer("co_1", producer, ssrcs)
    one.consumers["co_1"] = consumer
    assert one._ssrcs == set(ssrcs)
    one.give_back(consumer)
    one.give_back(consumer)
    assert not one._ssrcs
    assert not one.consumers
