"""All that is kept about one person, as a ZIP of JSON files that says what is in it."""

import asyncio
import zipfile
from collections import deque
from collections.abc import Mapping, Sequence
from io import BytesIO

import msgspec

from protocol.errors import ErrorCode
from server.clock import Clock
from server.errors import UserError
from server.store.personal import PersonalRepository, Record

MAX_PER_HOUR = 3
"""Of one person's own: each reads all tables."""
_HOUR_S = 3_600.0
_MAX_ASKING = 10_000
"""Who is remembered to have asked; beyond, who did so longest ago is not."""

DESCRIPTIONS: Mapping[str, str] = {
    "person": "name, e-mail address and role",
    "pairs": "mentor and mentee, and from when to when",
    "leave": "days on which a pair's mentor or mentee was away, and who stood in",
    "room_roles": "what the person is in a room, where that was set",
    "meetings": "the meetings that the person was in",
    "attendance": "how long the person was in each, in milliseconds, and how much of it with sound or pictures",
    "connections": "every connection of a browser of theirs to a meeting, from when to when",
    "presence_events": "what happened with these connections: joined, left, microphone on, how long they spoke",
    "hours": "entries of the hours log of their pairs as they are now",
    "hours_log": "every step of these entries, with its author, its time and its hash",
    "hours_steps_taken": "those of the steps that the person took: confirmed, disputed, entered",
    "chat_messages": "what they wrote in the chat of rooms",
    "chat_read": "up to which message they have read in which room",
    "action_items": "what they are to do, as notes of rooms say",
    "documents_begun": "pages of boards, and notes, that they began; what is in these belongs to the room",
    "pictures_added": "pictures that they put on a board of a room",
    "letters": "what was, or is to be, sent to them by e-mail, or about them to a learning record store",
    "sign_in_links": "their personal links, without what would sign anybody in",
    "sign_in_sessions": "browsers that are signed in as them",
    "api_tokens": "their API tokens, without the secrets",
    "audit": "what was done to or by them, and who looked at their hours",
    "names": "what the people and rooms are called that stand in the other files by their ids",
}


class PersonalExports:
    """Makes exports, one at a time: each may be some megabytes."""

    def __init__(self, repository: PersonalRepository, clock: Clock) -> None:
        self._repository = repository
        self._clock = clock
        self._turn = asyncio.Lock()
        self._asked: dict[str, deque[float]] = {}

    async def make(self, person_id: str) -> bytes:
        """Return a ZIP of all that is kept about somebody. Raises `StoreError`."""
        async with self._turn:
            found = await self._repository.collect(person_id)
            return await asyncio.to_thread(_pack, found)

    async def make_own(self, person_id: str) -> bytes:
        """Return what is kept about who asks. Raises `UserError` when they have asked too often; `StoreError`."""
        now = self._clock.monotonic()
        asked = self._asked.pop(person_id, deque())
        while asked and asked[0] <= now - _HOUR_S:
            asked.popleft()
        self._asked[person_id] = asked
        if len(self._asked) > _MAX_ASKING:
            del self._asked[next(iter(self._asked))]
        if len(asked) >= MAX_PER_HOUR:
            raise UserError(ErrorCode.TOO_MANY, "You have asked for this a few times. Try again in an hour.")
        asked.append(now)
        return await self.make(person_id)


def _pack(found: Mapping[str, Sequence[Record]]) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("README.txt", _readme(found))
        for name, rows in found.items():
            file.writestr(f"{name}.json", msgspec.json.format(msgspec.json.encode(rows), indent=2))
    return packed.getvalue()


def _readme(found: Mapping[str, Sequence[Record]]) -> str:
    lines = [f"{name}.json ({len(rows)}): {DESCRIPTIONS[name]}" for name, rows in found.items()]
    return "\n".join(
        (
            "This is all that Roundup keeps about one person, as it was when this file was made.",
            "",
            "Each file is a list in JSON. Instants are in UTC, durations in milliseconds where their name ends in _ms.",
            "What others wrote is in here only where it is about this person's hours. What was drawn and written",
            "together, on boards and in notes, belongs to the room, and is taken along from there.",
            "",
            *lines,
            "",
        )
    )
