"""The codes of failed acknowledgements and of closed connections."""

from enum import StrEnum


class ErrorCode(StrEnum):
    """Why a request failed. Codes are part of the protocol: a page decides by the code, a person reads the text."""

    BAD_REQUEST = "bad_request"
    """The message is malformed: unknown name, missing or wrong field."""
    TOO_LARGE = "too_large"
    """The message, or a text in it, is longer than allowed."""
    TOO_MANY = "too_many"
    """Requests, connections or producers beyond the limit; try again later."""
    NOT_SIGNED_IN = "not_signed_in"
    LINK_INVALID = "link_invalid"
    """The sign-in link is unknown, expired or revoked."""
    FORBIDDEN = "forbidden"
    """The permission table says no."""
    NOT_FOUND = "not_found"
    """No such room, message, transport, producer or consumer (or not one's own)."""
    NOT_IN_ROOM = "not_in_room"
    """The connection has not joined a room yet."""
    VERSION_MISMATCH = "version_mismatch"
    """Page and server speak different protocol versions: reload."""
    CANNOT_CONSUME = "cannot_consume"
    """The endpoint's capabilities do not cover this producer's codec."""
    MEDIA_UNAVAILABLE = "media_unavailable"
    """The media worker is being restarted; media comes back by itself."""
    TOO_SLOW = "too_slow"
    """The connection could not keep up and was closed; it resumes on reconnect."""
    SERVER_STOPPING = "server_stopping"
    INTERNAL_ERROR = "internal_error"
    """The server's fault; nothing about it is told to the page."""
