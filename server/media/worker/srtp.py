"""SRTP in place: libsrtp's four functions on buffers that are allocated once.

The only file that knows pylibsrtp. `protect` and its kin are libsrtp's own functions, called without a wrapper because
the hot loop runs them a hundred thousand times a second: `protect(context, pointer, length)` works on `length[0]`
bytes at `pointer`, stores the new length there and returns 0, or an error code.
"""

import socket
from dataclasses import dataclass
from typing import Any

import pylibsrtp
from pylibsrtp import Policy
from pylibsrtp._binding import ffi, lib

REPLAY_WINDOW = 1_024
_SENT_WINDOW = 256
"""Packets that came late are sent late, but not that late; a larger window costs time for every packet."""
RTP_TRAILER_BYTES = 16
"""At most so many bytes are added to an RTP packet."""
RTCP_TRAILER_BYTES = 20

protect = lib.srtp_protect
protect_rtcp = lib.srtp_protect_rtcp
unprotect = lib.srtp_unprotect
unprotect_rtcp = lib.srtp_unprotect_rtcp


@dataclass(frozen=True, slots=True)
class Profile:
    """An SRTP protection profile: its name in OpenSSL, its number in libsrtp, and sizes in bytes."""

    name: bytes
    libsrtp_profile: int
    key_bytes: int
    salt_bytes: int
    tag_bytes: int


PROFILES = (
    Profile(b"SRTP_AEAD_AES_128_GCM", Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12, 16),
    Profile(b"SRTP_AES128_CM_SHA1_80", Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14, 10),
)
"""What we negotiate, the preferred first (RFC 7714, RFC 5764)."""


@dataclass(frozen=True, slots=True, repr=False)
class SrtpKeys:
    """Master keys with salts, as DTLS exported them (RFC 5764 section 4.2)."""

    profile: Profile
    inbound: bytes
    outbound: bytes

    @classmethod
    def from_exported(cls, profile: Profile, material: bytes, *, is_client: bool) -> "SrtpKeys":
        """Cut `material` (client key, server key, client salt, server salt) into the two directions."""
        key, salt = profile.key_bytes, profile.salt_bytes
        client = material[:key] + material[2 * key : 2 * key + salt]
        server = material[key : 2 * key] + material[2 * key + salt : 2 * key + 2 * salt]
        return cls(profile, server, client) if is_client else cls(profile, client, server)

    def outbound_session(self, *, may_repeat: bool = False) -> "SrtpSession":
        """Return a new session for what we send. `may_repeat`: it protects again what it has protected before.

        Who asks for that answers for it that a packet with the same number has the same bytes: anything else under
        the same number would give the key away (RFC 7714 section 8.4).
        """
        return SrtpSession(self.profile, self.outbound, is_inbound=False, may_repeat=may_repeat)


class Buffer:
    """Memory that both Python and libsrtp can see, with a place for a length."""

    __slots__ = ("_memory", "length", "pointer", "view")

    def __init__(self, size: int) -> None:
        self._memory = ffi.new("unsigned char[]", size)
        self.view = memoryview(ffi.buffer(self._memory)).cast("B")
        self.pointer: Any = self._memory
        self.length: Any = ffi.new("int *")

    def pointer_at(self, offset: int) -> Any:
        """Return a pointer into the memory, valid as long as this object."""
        return self._memory + offset

    def address_at(self, offset: int) -> int:
        """Return the machine address of a byte, valid as long as this object."""
        return int(ffi.cast("uintptr_t", self._memory + offset))


class SrtpSession:
    """One direction of one transport. `context` is what libsrtp's functions take; it lives as long as this object."""

    __slots__ = ("_session", "context", "tag_bytes")

    def __init__(self, profile: Profile, key: bytes, *, is_inbound: bool, may_repeat: bool = False) -> None:
        policy = Policy(
            key=key,
            ssrc_type=Policy.SSRC_ANY_INBOUND if is_inbound else Policy.SSRC_ANY_OUTBOUND,
            srtp_profile=profile.libsrtp_profile,
        )
        policy.allow_repeat_tx = may_repeat
        policy.window_size = REPLAY_WINDOW if is_inbound else _SENT_WINDOW
        self._session = pylibsrtp.Session(policy)
        self.context: Any = self._session._srtp[0]  # noqa: SLF001 - the handle that the functions above take
        self.tag_bytes = profile.tag_bytes

    def forget(self, ssrc: int) -> None:
        """Free what the session holds for a stream. No error when it holds nothing."""
        lib.srtp_remove_stream(self.context, socket.htonl(ssrc))
