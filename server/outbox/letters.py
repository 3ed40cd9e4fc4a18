"""Letters: what an e-mail says, as it waits in the outbox. Whom it goes to is looked up when it is sent. Pure."""

import msgspec

from server.store.outbox import NewMessage

MAIL = "mail"


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A subject of one line, and plain text."""

    subject: str
    text: str


def letter(key: str, person_id: str, subject: str, text: str) -> NewMessage:
    """Return an e-mail to somebody; one with the same key is sent once."""
    body = msgspec.json.encode(Letter(subject=subject, text=text)).decode()
    return NewMessage(MAIL, f"{MAIL}:{key}", body, person_id)
