"""The database's failures, in words for those who run the server. What each back end reports, it knows itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from server.errors import StoreError

OVERDUE = "it does not answer in time"


def sentence(name: str, reason: str) -> str:
    """Return what an operator is told of the database that goes by `name`."""
    return f"The database {name} cannot be used: {reason}."


@contextmanager
def explained(name: str, why: Callable[[BaseException], str | None]) -> Iterator[None]:
    """Raise `StoreError` where the database is at fault, as `why` tells. Mistakes in statements stay as they are."""
    try:
        yield
    except StoreError:
        raise
    except Exception as error:
        reason = why(error)
        if reason is None:
            raise
        raise StoreError(sentence(name, reason)) from error
