from server.media.worker.quota import (
    MAX_DTLS_PER_S,
    MAX_NACKS_PER_S,
    MAX_OCTETS_PER_S,
    MAX_PACKETS_AT_ONCE,
    MAX_PACKETS_PER_S,
    MAX_RTCP_OCTETS_PER_S,
    MAX_RTCP_PER_S,
    Quota,
)
from tests.server.media.worker.rig import Rig, rtp_packet
from tests.server.media.worker.test_producer import payload, two_sides

CAMERA_AND_SCREEN_BPS = 10_000_000


def test_what_a_page_sends_in_the_worst_case_is_allowed() -> None:
    quota = Quota()
    packets = CAMERA_AND_SCREEN_BPS // 8 // 1_100 + 50
    assert all(quota.take_media(1_150) for _ in range(2 * packets))


def test_a_camera_a_screen_and_sound_are_allowed_for_ever_over_a_line_that_loses_a_fifth() -> None:
    quota = Quota()
    camera_while_probing, screen, sound = 240, 320, 50
    for _ in range(20):
        assert all(quota.take_media(1_150) for _ in range(2 * (camera_while_probing + screen + sound)))
        quota.refill()


def test_what_piled_up_while_a_line_stood_still_is_allowed_to_come_at_once() -> None:
    quota, silent_s = Quota(), 3
    for _ in range(silent_s):
        quota.refill()
    assert all(quota.take_media(1_000) for _ in range(MAX_PACKETS_AT_ONCE))
    assert silent_s * 650 + 2 * 650 < MAX_PACKETS_AT_ONCE


def test_bytes_are_limited() -> None:
    quota = Quota()
    assert sum(quota.take_media(1_400) for _ in range(MAX_PACKETS_AT_ONCE)) == MAX_OCTETS_PER_S // 1_400
    quota.refill()
    assert quota.take_media(1_400)


def test_packets_are_limited() -> None:
    quota = Quota()
    assert sum(quota.take_media(40) for _ in range(2 * MAX_PACKETS_AT_ONCE)) == MAX_PACKETS_AT_ONCE
    for _ in range(3):
        quota.refill()
        assert sum(quota.take_media(40) for _ in range(2 * MAX_PACKETS_AT_ONCE)) == MAX_PACKETS_PER_S


def test_dtls_is_limited_and_nothing_of_it_goes_off_the_media() -> None:
    quota = Quota()
    assert sum(quota.take_dtls() for _ in range(2 * MAX_DTLS_PER_S)) == MAX_DTLS_PER_S
    assert quota.take_media(1_400)
    quota.refill()
    assert quota.take_dtls()


def test_nacks_and_other_rtcp_are_limited_apart() -> None:
    quota = Quota()
    assert sum(quota.take_rtcp(60, is_nack=True) for _ in range(2 * MAX_NACKS_PER_S)) == MAX_NACKS_PER_S
    assert sum(quota.take_rtcp(60, is_nack=False) for _ in range(2 * MAX_RTCP_PER_S)) == MAX_RTCP_PER_S
    quota.refill()
    assert quota.take_rtcp(60, is_nack=True)
    assert quota.take_rtcp(60, is_nack=False)


def test_long_compounds_are_limited_by_their_bytes() -> None:
    quota = Quota()
    for is_nack in (True, False):
        assert sum(quota.take_rtcp(1_300, is_nack=is_nack) for _ in range(150)) == MAX_RTCP_OCTETS_PER_S // 1_300
        assert not quota.take_rtcp(1_300, is_nack=not is_nack)
        quota.refill()


async def test_who_floods_the_worker_is_cut_off_for_the_rest_of_a_second(rig: Rig) -> None:
    publisher, subscriber = await two_sides(rig)
    counters = rig.worker.plumbing.counters
    for number in range(MAX_PACKETS_AT_ONCE + 200):
        publisher.send_raw(b"\x80\x60" + bytes(10) + b"not SRTP")
        if number % 100 == 99:
            await rig.drained()
    publisher.send_rtp(rtp_packet(1, b"too much"))
    await rig.drained()
    assert counters.drops["over_limit"] == 201
    rig.tick()
    publisher.send_rtp(rtp_packet(2, b"again"))
    assert payload(await subscriber.next_rtp()) == b"again"


async def test_a_flood_of_dtls_is_cut_off_and_does_the_media_no_harm(rig: Rig) -> None:
    publisher, subscriber = await two_sides(rig)
    rig.tick()
    for number in range(MAX_DTLS_PER_S + 50):
        publisher.send_raw(b"\x16\xfe\xfd" + bytes(60))
        if number % 50 == 49:
            await rig.drained()
    await rig.drained()
    assert rig.worker.plumbing.counters.drops["over_limit"] == 50
    publisher.send_rtp(rtp_packet(1, b"unharmed"))
    assert payload(await subscriber.next_rtp()) == b"unharmed"
