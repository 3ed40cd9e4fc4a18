from aiortc.rtp import RtcpPacket, RtcpRtpfbPacket
from hypothesis import given
from hypothesis import strategies as st

from loadtest.bots.nack import build_nack


@given(start=st.integers(0, 65_535), steps=st.lists(st.integers(1, 40), min_size=1, max_size=40))
def test_another_library_reads_the_same_numbers_also_over_the_wrap(start: int, steps: list[int]) -> None:
    lost = []
    for step in steps:
        start += step
        lost.append(start & 0xFFFF)
    (parsed,) = RtcpPacket.parse(build_nack(1, 7, lost))
    assert isinstance(parsed, RtcpRtpfbPacket)
    assert (parsed.fmt, parsed.ssrc, parsed.media_ssrc) == (1, 1, 7)
    assert [sequence & 0xFFFF for sequence in parsed.lost] == lost


def test_neighbours_share_an_item() -> None:
    assert build_nack(1, 7, [10, 11, 26, 27])[12:] == bytes.fromhex("000a 8001 001b 0000")
    assert build_nack(1, 7, [65_535, 0])[12:] == bytes.fromhex("ffff 0001")
