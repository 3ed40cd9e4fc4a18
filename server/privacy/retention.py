"""How long a programme keeps what, as data, to and from JSON."""

from typing import Annotated

import msgspec

from server.hours.described import read_described

MAX_DAYS = 36_500
LEAST_PRESENCE_DAYS = 30
"""Hours are looked at, and disputed, within a month."""
LEAST_SIGN_IN_DAYS = 1
LEAST_AUDIT_DAYS = 365


class Retention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """For how many days what is kept. The hours log, and what it was worked out from in sums, is kept for good."""

    presence_days: Annotated[int, msgspec.Meta(ge=LEAST_PRESENCE_DAYS, le=MAX_DAYS)] = 400
    """Connections and what happened with them, after the end of their meeting. Sums of attendance stay."""
    sign_in_days: Annotated[int, msgspec.Meta(ge=LEAST_SIGN_IN_DAYS, le=MAX_DAYS)] = 400
    """Sign-in links and API tokens, after they worked last."""
    audit_days: Annotated[int, msgspec.Meta(ge=LEAST_AUDIT_DAYS, le=MAX_DAYS)] = 1_826
    """The trail of what was done to people and looked at."""


_decoder = msgspec.json.Decoder(Retention)


def read_retention(text: str | bytes | None) -> Retention:
    """Return what JSON describes; `None`: as by default. Raises `UserError` with one sentence."""
    return Retention() if text is None else read_described(text, _decoder, "retention")


def write_retention(retention: Retention) -> str:
    """Return it as JSON."""
    return msgspec.json.encode(retention).decode()
