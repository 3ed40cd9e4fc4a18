"""What somebody is to do, for their home page, and ticking it from there.

A tick is a change of the notes like any other: the server's own, kept before it is told, seen at once by who has the
notes open. Whose an item is says the document, not the table made of it.
"""

import hashlib
import secrets
from collections import Counter
from functools import partial

from pycrdt import Doc, TransactionEvent

from protocol.documents import DocumentKind
from protocol.errors import ErrorCode
from protocol.permissions import is_permitted
from protocol.roles import ProgrammeRole, RoomRole, RoomState, default_room_role
from protocol.room import Person
from protocol.tasks import MAX_TASKS, Task, TaskList
from server.clock import Clock
from server.documents.live_documents import LiveDocuments
from server.documents.notes.action_items import action_items, set_done
from server.documents.notes.reader import read_notes
from server.documents.replica import NO_STATE
from server.documents.task_reader import TaskReader
from server.errors import UserError
from server.store.action_items import ActionItemRepository, NotesPlace
from server.store.documents import DocumentKey
from server.store.queue import WriteQueue

_READING = frozenset(role for role in RoomRole if is_permitted(role, "document_open", RoomState.LIVE))
"""Who may read notes may see, and tick, what is theirs in them."""
MAX_TICKS_A_MINUTE = 40
"""Of one person: each reads all of the notes."""
_CLIENT_BYTES = 4
"""As Yjs draws the numbers of its clients."""


class Tasks:
    """The action items of everybody."""

    def __init__(self, items: ActionItemRepository, documents: LiveDocuments, reader: TaskReader, clock: Clock) -> None:
        self._items = items
        self._documents = documents
        self._reader = reader
        self._queue = WriteQueue("The tick before is not kept yet.")
        self._clock = clock
        self._minute = 0
        self._ticks = Counter[str]()
        """Of the present minute, by person."""
        self._secret = secrets.token_bytes(32)

    async def open_tasks(self, person: Person) -> TaskList:
        """Return what somebody is to do, in the rooms whose notes they may read."""
        items, has_more = await self._items.open_items(
            person.person_id, default_room_role(person.role), _READING, MAX_TASKS
        )
        tasks = (
            Task(
                document_id=item.document_id,
                item_id=item.item_id,
                room_id=item.room_id,
                text=item.text,
                due=None if item.due is None else item.due.isoformat(),
            )
            for item in items
        )
        return TaskList(tasks=tuple(tasks), has_more=has_more)

    async def set_done(self, person: Person, document_id: str, item_id: str, *, is_done: bool) -> None:
        """Tick an item of somebody's, or untick it; the table knows it when this returns.

        Whoever may read the notes may say of what is theirs that it is done, also who writes nothing else there; where
        notes are locked, only hosts. Raises `UserError`: there is no such item, it is somebody else's, the notes are
        locked or broken, or it was too much within a minute; `StoreError`.
        """
        self._count(person.person_id)
        self._documents.allowances.check(person.person_id)
        place = await self._items.find_place(document_id, person.person_id)
        role = None if place is None else _role_in(place, person.role)
        if place is None or role not in _READING:
            raise UserError(ErrorCode.NOT_FOUND, "This task is not there any more.")
        if place.is_locked and role is not RoomRole.HOST:
            raise UserError(ErrorCode.DOCUMENT_LOCKED, "Only hosts change these notes just now.")
        async with self._queue.turn():
            await self._tick(place.key, person.person_id, item_id, is_done=is_done)
        self._documents.allowances.use(person.person_id, await self._reader.read_or_log(place.key))

    async def _tick(self, key: DocumentKey, person_id: str, item_id: str, *, is_done: bool) -> None:
        async with self._documents.using(key, DocumentKind.NOTES) as live:
            whole = (await live.open(person_id, NO_STATE)).update
            tick = partial(_ticked, whole, self._client(key), person_id, item_id, is_done=is_done)
            change = await self._documents.allowances.in_thread(person_id, tick)
            if change is not None:
                await live.submit(None, change)

    def _count(self, person_id: str) -> None:
        minute = int(self._clock.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._ticks = minute, Counter()
        self._ticks[person_id] += 1
        if self._ticks[person_id] > MAX_TICKS_A_MINUTE:
            raise UserError(ErrorCode.TOO_MANY, "That is a lot at once. Try again in a minute.")

    def _client(self, key: DocumentKey) -> int:
        """Return the Yjs client under which this server ticks in a document.

        One for all ticks, because documents have room for so many clients; one that no page can guess and claim first.
        Ticks have to come one after the other: each goes on from where the client was.
        """
        name = f"{key.document_id} {key.epoch}".encode()
        digest = hashlib.blake2b(name, key=self._secret, digest_size=_CLIENT_BYTES).digest()
        return int.from_bytes(digest)


def _role_in(place: NotesPlace, role: ProgrammeRole) -> RoomRole:
    return default_room_role(role) if place.role is None else place.role


def _ticked(whole: bytes, client: int, person_id: str, item_id: str, *, is_done: bool) -> bytes | None:
    """Return the update that ticks an item, `None` where it is so already. Raises `UserError`."""
    doc: Doc = Doc(client_id=client)  # type: ignore[type-arg]
    doc.apply_update(whole)
    owner_id = next((item.owner_id for item in action_items(read_notes(doc)) if item.item_id == item_id), None)
    if owner_id is None:
        raise UserError(ErrorCode.NOT_FOUND, "This task is not in the notes any more.")
    if owner_id != person_id:
        raise UserError(ErrorCode.FORBIDDEN, "This task is somebody else's.")
    changes: list[bytes] = []

    def on_transaction(event: TransactionEvent) -> None:
        changes.append(event.update)

    subscription = doc.observe(on_transaction)
    set_done(doc, item_id, is_done=is_done)
    doc.unobserve(subscription)
    return changes[-1] if changes else None
