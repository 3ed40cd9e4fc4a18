import pylibsrtp
import pytest
from pylibsrtp import Policy

from server.media.worker.srtp import (
    PROFILES,
    RTCP_TRAILER_BYTES,
    RTP_TRAILER_BYTES,
    Buffer,
    Profile,
    SrtpKeys,
    SrtpSession,
    protect,
    protect_rtcp,
    unprotect,
    unprotect_rtcp,
)
from tests.server.media.worker.rig import rtp_packet

both_profiles = pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name.decode())


def keys_of(profile: Profile) -> SrtpKeys:
    material = bytes(range(2 * (profile.key_bytes + profile.salt_bytes)))
    return SrtpKeys.from_exported(profile, material, is_client=True)


def theirs(profile: Profile, key: bytes, ssrc_type: int) -> pylibsrtp.Session:
    return pylibsrtp.Session(Policy(key=key, ssrc_type=ssrc_type, srtp_profile=profile.libsrtp_profile))


def run(function: "type[protect]", session: SrtpSession, data: bytes) -> tuple[int, bytes]:
    buffer = Buffer(2_000)
    buffer.view[: len(data)] = data
    buffer.length[0] = len(data)
    status = function(session.context, buffer.pointer, buffer.length)
    return status, bytes(buffer.view[: buffer.length[0]])


def test_exported_material_is_cut_as_rfc_5764_says() -> None:
    profile = PROFILES[0]
    material = b"C" * 16 + b"S" * 16 + b"c" * 12 + b"s" * 12
    client = SrtpKeys.from_exported(profile, material, is_client=True)
    server = SrtpKeys.from_exported(profile, material, is_client=False)
    assert client.outbound == server.inbound == b"C" * 16 + b"c" * 12
    assert server.outbound == client.inbound == b"S" * 16 + b"s" * 12
    assert "C" * 16 not in repr(client)


@both_profiles
def test_a_session_that_may_repeat_protects_again_with_the_same_result(profile: Profile) -> None:
    session = keys_of(profile).outbound_session(may_repeat=True)
    first = run(protect, session, rtp_packet(1, b"hello"))
    assert first[0] == 0
    assert run(protect, session, rtp_packet(2, b"goodbye"))[0] == 0
    assert run(protect, session, rtp_packet(1, b"hello")) == first


@both_profiles
def test_what_we_protect_another_binding_unprotects(profile: Profile) -> None:
    keys = keys_of(profile)
    session = SrtpSession(profile, keys.outbound, is_inbound=False)
    packet = rtp_packet(1, b"hello" * 50)
    status, data = run(protect, session, packet)
    assert status == 0
    assert run(protect, session, packet)[0] != 0, "the same number again would betray the key"
    assert len(data) == len(packet) + session.tag_bytes <= len(packet) + RTP_TRAILER_BYTES
    assert theirs(profile, keys.outbound, Policy.SSRC_ANY_INBOUND).unprotect(data) == packet


@both_profiles
def test_what_another_binding_protects_we_unprotect_once(profile: Profile) -> None:
    keys = keys_of(profile)
    packet = rtp_packet(1, b"hello" * 50)
    data = theirs(profile, keys.inbound, Policy.SSRC_ANY_OUTBOUND).protect(packet)
    session = SrtpSession(profile, keys.inbound, is_inbound=True)
    assert run(unprotect, session, data) == (0, packet)
    assert run(unprotect, session, data)[0] != 0, "a replay"
    assert run(unprotect, session, data[:-1] + bytes((data[-1] ^ 1,)))[0] != 0, "a forgery"


@both_profiles
def test_rtcp_goes_there_and_back(profile: Profile) -> None:
    keys = keys_of(profile)
    compound = bytes.fromhex("80c90001deadbeef")
    status, data = run(protect_rtcp, SrtpSession(profile, keys.outbound, is_inbound=False), compound)
    assert status == 0
    assert len(data) <= len(compound) + RTCP_TRAILER_BYTES
    assert run(unprotect_rtcp, SrtpSession(profile, keys.outbound, is_inbound=True), data) == (0, compound)


def test_a_forgotten_stream_may_begin_again() -> None:
    profile = PROFILES[0]
    session = SrtpSession(profile, keys_of(profile).outbound, is_inbound=False)
    assert run(protect, session, rtp_packet(9_000, b"x"))[0] == 0
    assert run(protect, session, rtp_packet(1_000, b"x"))[0] != 0, "far behind the last one"
    session.forget(1_111)
    session.forget(1_111)
    assert run(protect, session, rtp_packet(1_000, b"x"))[0] == 0
