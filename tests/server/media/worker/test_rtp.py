from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters
from aiortc.rtp import HeaderExtensions, HeaderExtensionsMap, RtpPacket
from hypothesis import given
from hypothesis import strategies as st

from server.media.messages import ABS_SEND_TIME_ID, AUDIO_LEVEL_ID, MID_ID
from server.media.worker import rtp
from tests.server.media.worker.rig import rtp_packet

uint7, uint16, uint32 = (st.integers(0, 2**bits - 1) for bits in (7, 16, 32))
payloads = st.binary(max_size=300)
MOST_EXTENSION_BYTES = 64


@given(st.binary(max_size=200), st.integers(1, 15))
def test_any_bytes_are_parsed_or_refused(data: bytes, extension_id: int) -> None:
    header = rtp.parse_header(data, len(data))
    if header is not None:
        assert 12 <= header.payload_at <= header.payload_end <= len(data)
        extension = rtp.read_extension(data, header, extension_id)
        assert extension is None or len(extension) <= len(data)
        rtp.original_sequence(data, header)


@given(
    payload_type=uint7,
    marker=st.booleans(),
    sequence=uint16,
    timestamp=uint32,
    ssrc=uint32,
    csrc=st.lists(uint32, max_size=15),
    payload=payloads,
    padding=st.integers(0, 255),
)
def test_a_header_is_read_as_another_library_wrote_it(
    payload_type: int,
    marker: bool,
    sequence: int,
    timestamp: int,
    ssrc: int,
    csrc: list[int],
    payload: bytes,
    padding: int,
) -> None:
    packet = RtpPacket(
        payload_type=payload_type,
        marker=int(marker),
        sequence_number=sequence,
        timestamp=timestamp,
        ssrc=ssrc,
        payload=payload,
    )
    packet.csrc = csrc
    packet.padding_size = padding
    data = packet.serialize()
    header = rtp.parse_header(data, len(data))
    assert header is not None
    assert header[:5] == (payload_type, marker, sequence, timestamp, ssrc)
    assert data[header.payload_at : header.payload_end] == payload


@given(
    st.dictionaries(st.integers(1, 14), st.binary(min_size=1, max_size=16), max_size=6).filter(
        lambda extensions: sum(1 + len(data) for data in extensions.values()) <= MOST_EXTENSION_BYTES
    ),
    payloads,
)
def test_extensions_are_found_by_id(extensions: dict[int, bytes], payload: bytes) -> None:
    elements = b"".join(bytes((key << 4 | len(data) - 1,)) + data for key, data in extensions.items())
    packet = rtp_packet(1, payload, extensions=elements)
    header = rtp.parse_header(packet, len(packet))
    assert header is not None
    assert packet[header.payload_at :] == payload
    for extension_id in range(1, 15):
        assert rtp.read_extension(packet, header, extension_id) == extensions.get(extension_id)


@given(
    st.dictionaries(st.integers(1, 255), st.binary(max_size=40), max_size=6).filter(
        lambda extensions: sum(2 + len(data) for data in extensions.values()) <= MOST_EXTENSION_BYTES
    )
)
def test_two_byte_extensions_are_found_by_id(extensions: dict[int, bytes]) -> None:
    elements = b"".join(bytes((key, len(data))) + data for key, data in extensions.items())
    elements += bytes(-len(elements) % 4)
    packet = rtp_packet(1, b"")[:12] + b"\x10\x00" + (len(elements) // 4).to_bytes(2, "big") + elements
    packet = bytes((packet[0] | 0x10,)) + packet[1:]
    header = rtp.parse_header(packet, len(packet))
    assert header is not None
    for extension_id, data in extensions.items():
        assert rtp.read_extension(packet, header, extension_id) == data


def test_all_extensions_that_are_negotiated_are_read_at_their_longest() -> None:
    values = {1: b"m" * 16, 2: b"r" * 16, 3: b"p" * 16, 4: b"abs", 5: b"o"}
    elements = b"".join(bytes((key, len(data))) + data for key, data in values.items())
    elements += bytes(-len(elements) % 4)
    head = b"\x90" + rtp_packet(1, b"")[1:12] + b"\x10\x00" + (len(elements) // 4).to_bytes(2, "big")
    header = rtp.parse_header(head + elements, len(head + elements))
    assert header is not None
    assert {key: rtp.read_extension(head + elements, header, key) for key in values} == values


def test_a_packet_with_more_extensions_than_could_be_of_use_is_refused() -> None:
    most = rtp_packet(1, b"x", extensions=bytes(MOST_EXTENSION_BYTES))
    more = rtp_packet(1, b"x", extensions=bytes(MOST_EXTENSION_BYTES + 4))
    assert rtp.parse_header(most, len(most)) is not None
    assert rtp.parse_header(more, len(more)) is None


def test_a_packet_shorter_than_it_says_is_refused() -> None:
    packet = rtp_packet(1, b"", extensions=b"\x10a")
    assert rtp.parse_header(packet, len(packet)) is not None
    assert rtp.parse_header(packet, len(packet) - 1) is None
    assert rtp.parse_header(b"\xa0" + rtp_packet(1, b"\xff")[1:], 13) is None


def _consumer_packet(payload: bytes, *, sequence: int = 7, extension_id: int = 0, value: int = 0) -> bytes:
    buffer = bytearray(rtp.HEADER_BYTES)
    rtp.write_header(
        buffer,
        0,
        payload_type=101,
        is_marked=True,
        sequence=sequence,
        timestamp=90_000,
        send_time=0xABCDEF,
        extension_id=extension_id,
        extension_value=value,
    )
    return bytes(buffer) + payload


def _as_subscriber(packet: bytes, ssrc: int, mid: str) -> bytes:
    prefix = rtp.subscriber_prefix(ssrc, mid)
    assert len(prefix) == rtp.PREFIX_BYTES
    return packet[: rtp.PREFIX_AT] + prefix + packet[rtp.PREFIX_AT + rtp.PREFIX_BYTES :]


def _extension_map() -> HeaderExtensionsMap:
    known = HeaderExtensionsMap()
    known.configure(
        RTCRtpParameters(
            headerExtensions=[
                RTCRtpHeaderExtensionParameters(id=MID_ID, uri="urn:ietf:params:rtp-hdrext:sdes:mid"),
                RTCRtpHeaderExtensionParameters(
                    id=ABS_SEND_TIME_ID, uri="http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
                ),
                RTCRtpHeaderExtensionParameters(id=AUDIO_LEVEL_ID, uri="urn:ietf:params:rtp-hdrext:ssrc-audio-level"),
            ]
        )
    )
    return known


@given(payloads, uint16, uint32, st.integers(0, 127))
def test_another_library_reads_what_subscribers_get(payload: bytes, sequence: int, ssrc: int, level: int) -> None:
    packet = _consumer_packet(payload, sequence=sequence, extension_id=AUDIO_LEVEL_ID, value=0x80 | level)
    read = RtpPacket.parse(_as_subscriber(packet, ssrc, "m0z9"), _extension_map())
    assert (read.payload_type, read.marker, read.sequence_number, read.timestamp, read.ssrc) == (
        101,
        1,
        sequence,
        90_000,
        ssrc,
    )
    assert read.payload == payload
    expected = HeaderExtensions(mid="m0z9", abs_send_time=0xABCDEF, audio_level=(True, level))
    assert read.extensions == expected


def test_without_a_translated_extension_there_is_padding() -> None:
    packet = _as_subscriber(_consumer_packet(b"x"), 1, "m000")
    assert RtpPacket.parse(packet, _extension_map()).extensions == HeaderExtensions(mid="m000", abs_send_time=0xABCDEF)


@given(payloads, uint16, uint16)
def test_a_retransmission_unwraps_to_the_original(payload: bytes, sequence: int, rtx_sequence: int) -> None:
    stored = _consumer_packet(payload)
    sent = rtp.retransmission(
        stored,
        original_sequence=sequence,
        payload_type=102,
        sequence=rtx_sequence,
        prefix=rtp.subscriber_prefix(6, "m001"),
        send_time=0x123456,
    )
    header = rtp.parse_header(sent, len(sent))
    assert header is not None
    assert (header.payload_type, header.is_marked, header.sequence, header.timestamp, header.ssrc) == (
        102,
        True,
        rtx_sequence,
        90_000,
        6,
    )
    assert rtp.original_sequence(sent, header) == sequence
    assert sent[header.payload_at + 2 : header.payload_end] == payload
    assert rtp.read_extension(sent, header, MID_ID) == b"m001"
    assert rtp.read_extension(sent, header, ABS_SEND_TIME_ID) == b"\x12\x34\x56"


def test_a_probe_has_no_original_sequence() -> None:
    packet = rtp_packet(1, b"\x05")
    header = rtp.parse_header(packet, len(packet))
    assert header is not None
    assert rtp.original_sequence(packet, header) is None


@given(st.integers(1 << 16, 1 << 40), st.integers(-0x7FFF, 0x7FFF))
def test_sequence_numbers_unwrap_to_the_nearest(highest: int, distance: int) -> None:
    sequence = highest + distance
    assert rtp.unwrap_sequence(sequence & 0xFFFF, highest) == sequence


def test_abs_send_time_is_seconds_in_6_18_fixed_point() -> None:
    assert rtp.abs_send_time(1.5) == 3 << 17
    assert rtp.abs_send_time(64.25) == 1 << 16


def test_rtcp_is_told_by_its_second_byte() -> None:
    assert [byte for byte in range(256) if rtp.is_rtcp(byte)] == list(range(192, 224))
