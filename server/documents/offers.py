"""Updates that are offered to a document, and which of them may become part of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from protocol.errors import ErrorCode
from server.documents.beginning import MAX_NEW_CLIENTS
from server.documents.fullness import Fullness
from server.documents.replica import Replica
from server.documents.update import Span, Update
from server.errors import UserError

MAX_CLIENTS = 20_000
"""Every page that ever changed a document is a client of it."""


@dataclass(slots=True)
class Offer:
    """An update that waits to be kept."""

    person_id: str | None
    """Whose it is; `None`: the server's own."""
    data: bytes
    update: Update
    on_kept: Callable[[int], None]
    on_refused: Callable[[Exception], None]
    is_answered: bool = False

    def kept(self, seq: int) -> None:
        """Tell the number of the change that it became part of."""
        self.is_answered = True
        self.on_kept(seq)

    def refused(self, error: Exception) -> None:
        """Say why it is not kept, unless it has its answer: what fails later is that of the others."""
        if not self.is_answered:
            self.is_answered = True
            self.on_refused(error)


def admitted(
    offers: Sequence[Offer],
    replica: Replica,
    fullness: Fullness,
    roots: frozenset[str],
    authors: Mapping[int, str | None],
) -> tuple[list[Offer], dict[int, str | None]]:
    """Refuse what cannot be kept. Return the rest, and whose the clients in it are that nobody knew before.

    `roots` are the shared types that the document may have, `authors` whose its clients are.
    """
    known = dict(replica.state)
    new_authors: dict[int, str | None] = {}
    accepted: list[Offer] = []
    size = types = 0
    for offer in offers:
        spans = list(offer.update.news(known))
        try:
            if not offer.update.roots <= roots:
                raise UserError(ErrorCode.BAD_REQUEST, "Documents of this kind have no such part.")
            if offer.update.is_missing(known):
                raise UserError(ErrorCode.OUT_OF_SYNC, "Something before this update is missing.")
            if spans and not fullness.has_room(size, types + offer.update.types):
                raise UserError(ErrorCode.DOCUMENT_FULL, "This page is full. Begin a new one.")
            claims = _claims(offer.person_id, spans, authors, new_authors)
            if replica.cuts(offer.data, offer.update, known):
                raise UserError(ErrorCode.BAD_REQUEST, "This cuts a character in half.")
            new_authors |= claims
        except UserError as error:
            offer.refused(error)
            continue
        known.update((span.client, span.end) for span in spans)
        if spans:
            size, types = size + len(offer.data), types + offer.update.types
        accepted.append(offer)
    return accepted, new_authors


def _claims(
    person_id: str | None, spans: Sequence[Span], authors: Mapping[int, str | None], claimed: Mapping[int, str | None]
) -> dict[int, str | None]:
    """Return the clients that are new, as the person's. Raises `UserError` when one is somebody else's."""
    claims: dict[int, str | None] = {}
    for span in spans:
        owner = authors.get(span.client, claimed.get(span.client, person_id))
        if owner != person_id:
            raise UserError(ErrorCode.FORBIDDEN, "This is written in somebody else's name.")
        if span.client not in authors:
            claims[span.client] = person_id
    if len(claims) > MAX_NEW_CLIENTS or len(authors) + len(claims) > MAX_CLIENTS:
        raise UserError(ErrorCode.TOO_MANY, "Too many pages have changed this document.")
    return claims
