"""Fuzz targets of what reads a single packet: any bytes are read or refused, and what is read lies inside of them."""

import os

from aioice import stun

from server.media.worker import rtcp, rtp, vp8
from server.media.worker.ice_lite import Checked, Credentials, IceAgent, IceLite
from server.media.worker.path import Path

CREDENTIALS = Credentials("d241c7e8c0898435", "0ff9fdfb000001c46e962a91f00f8771")
"""Of the transport to which the checks in the corpus were sent."""
_SOMEWHERE = Path(("::ffff:192.0.2.1", 4_000, 0, 0), None)


def read_rtp(data: bytes) -> rtp.RtpHeader | None:
    """Read a header with its extensions, and what a retransmission says it is."""
    header = rtp.parse_header(data, len(data))
    if header is None:
        return None
    assert 12 <= header.payload_at <= header.payload_end <= len(data)
    assert header.extensions_end <= header.payload_at
    found = [rtp.read_extension(data, header, extension_id) for extension_id in range(1, 16)]
    assert all(extension is None or len(extension) <= len(data) for extension in found)
    number = rtp.original_sequence(data, header)
    assert number is None or 0 <= number <= 0xFFFF
    return header


def read_rtcp(data: bytes) -> list[rtcp.Message]:
    """Read a compound."""
    messages = rtcp.parse(data)
    assert len(messages) <= len(data)
    for message in messages:
        if isinstance(message, rtcp.Nack):
            assert len(message.sequences) <= 17 * len(data) // 4, "no packet asks for more than its bytes can name"
            assert all(0 <= sequence <= 0xFFFF for sequence in message.sequences)
    return messages


def read_vp8(data: bytes) -> vp8.Vp8Descriptor | None:
    """Read a payload descriptor, and write another picture id into it."""
    descriptor = vp8.parse_descriptor(data)
    if descriptor is None:
        return None
    assert descriptor.picture_id_at + (descriptor.picture_id_mask > 0x7F) < len(data)
    assert descriptor.tl0_index_at < len(data)
    if descriptor.picture_id_at:
        changed = bytearray(data)
        other = descriptor.picture_id ^ descriptor.picture_id_mask
        vp8.write_picture_id(changed, descriptor.picture_id_at, other, descriptor.picture_id_mask)
        assert vp8.parse_descriptor(changed) == descriptor._replace(picture_id=other)
    return descriptor


def receive_check(data: bytes) -> Checked[str] | None:
    """Take bytes as a STUN datagram."""
    ice: IceLite[str] = IceLite()
    agent = IceAgent("transport", CREDENTIALS)
    ice.add(agent)
    checked = ice.receive(data, _SOMEWHERE, 1.0)
    assert len(ice.owners) == len(agent.paths) <= 1
    assert checked is None or len(checked.answer) <= len(data), "no amplifier"
    return checked


def receive_signed_check(data: bytes) -> Checked[str] | None:
    """Take bytes as the attributes of a check whose sender knows the password."""
    username = f"{CREDENTIALS.username_fragment}:x".encode()
    body = b"\x00\x06" + len(username).to_bytes(2, "big") + username + bytes(-len(username) % 4)
    body += data[: 0xFFFF - len(body) - 24]
    head = b"\x00\x01" + len(body).to_bytes(2, "big") + stun.COOKIE.to_bytes(4, "big") + os.urandom(12)
    integrity = stun.message_integrity(head + body, CREDENTIALS.password.encode())
    return receive_check(stun.set_body_length(head + body + b"\x00\x08\x00\x14" + integrity, len(body) + 24))
