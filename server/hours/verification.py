"""Walks the whole hours log and tells whether it is what was written, and whether the entries are what it says.

Pages and files are made of the entries, and papers name the log's newest row: what they say has to be the log's word.
"""

from collections.abc import Callable
from dataclasses import dataclass

from server.hours.log.chain import BEFORE_FIRST, Break, Verifier
from server.store.hours_log import HoursLogRepository

_BATCH = 2_000
"""Rows in memory at once."""
_ENTRIES = 500
"""The same of entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found of the log."""

    count: int
    """Rows that are as they were written, from the first one on."""
    newest: str
    """The hash of the newest one of these."""
    erased: int
    """Texts that were erased."""
    broken: Break | None
    """The first row that is wrong, or missing."""
    noted: int | None
    """The number of the row whose hash was noted; `None`: no row has it."""
    changed: tuple[str, ...]
    """Ids of entries that are not what the log says; nothing is told of them where the log itself is broken."""


async def verify_log(log: HoursLogRepository, advance: Callable[[int], None], noted_hash: str | None = None) -> Verdict:
    """Verify the log, however long it is; `advance` is told of rows and entries that are done. Raises `StoreError`.

    What a server at work adds meanwhile is verified with the rest.
    """
    there = await log.newest_number()
    verifier = Verifier()
    noted = 0 if noted_hash == BEFORE_FIRST else None
    broken: Break | None = None
    after: int | None = None
    while broken is None and (rows := await log.read(after, _BATCH)):
        for row in rows:
            broken = verifier.take(row)
            if broken is not None:
                break
            if verifier.newest == noted_hash:
                noted = verifier.count
        after = rows[-1].number
        advance(len(rows))
    if broken is None and verifier.count < there:
        number = verifier.count + 1
        broken = Break(number, f"Row {number} is missing: row {there} was there, as an entry knows.")
    return Verdict(
        count=verifier.count,
        newest=verifier.newest,
        erased=verifier.erased,
        broken=broken,
        noted=noted,
        changed=await _changed(log, advance) if broken is None else (),
    )


async def _changed(log: HoursLogRepository, advance: Callable[[int], None]) -> tuple[str, ...]:
    changed = list[str]()
    after: str | None = ""
    while after is not None:
        batch = await log.compare(after, _ENTRIES)
        changed += batch.changed
        after = batch.up_to
        advance(batch.count)
    return tuple(changed)
