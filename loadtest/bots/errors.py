"""What can go wrong with a bot, in one tree.

BotError
├── SignInError       the link did not sign anybody in
├── RequestError      a request was refused, or not answered
├── CapabilityError   the router lacks a codec that every browser sends
└── TransportError    ICE or DTLS did not connect
"""


class BotError(Exception):
    """Base of all errors of bots; says in one sentence what the server did not do."""


class SignInError(BotError):
    """The link did not sign anybody in."""


class RequestError(BotError):
    """A request was answered with an error, or not at all."""

    def __init__(self, request: str, code: str, text: str) -> None:
        super().__init__(f"{request}: {code}: {text}")
        self.code = code


class CapabilityError(BotError):
    """The router lacks a codec that every browser and every bot sends."""


class TransportError(BotError):
    """A transport that could not be connected, and why."""
