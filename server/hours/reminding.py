"""Looks once a day how pairs stand, and has people told what is new, in one letter each.

A server that is started later that day looks again. Who got a letter on a day gets none more on it: what is new waits.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

import structlog

from server.clock import Clock
from server.hours.overview import Overviews
from server.hours.pair_book import Bookkeeper
from server.hours.reminders import Day, PairToday, Reminder, letter_of, reminders_of
from server.logs import log_failure
from server.store.hours_figures import HoursFiguresRepository
from server.store.outbox import NewMessage
from server.store.reminders import ReminderRepository
from server.store.requirements import RequirementRepository

LOOK_AT = time(7)
"""In the programme's time zone, so that a letter is there before the first meeting."""
LONG = timedelta(days=7)
"""An entry that has waited so long is told to coordinators."""
NEWS = timedelta(days=8)
"""Of a log to which nothing was added for so long coordinators know already: a look may be later than a week ago."""
_CHECK_EVERY_S = 300.0

Letter = Callable[[str, str, str, str], NewMessage]
"""From a key, a person's id, a subject and a text."""

_log = structlog.get_logger(__name__)


class Reminding:
    """The task that looks once a day."""

    def __init__(
        self,
        requirements: RequirementRepository,
        figures: HoursFiguresRepository,
        repository: ReminderRepository,
        clock: Clock,
        *,
        letter: Letter,
        url: str,
    ) -> None:
        """Letters lead to `url`, the page with the reader's hours."""
        self._requirements = requirements
        self._figures = figures
        self._repository = repository
        self._clock = clock
        self._letter = letter
        self._url = url
        self._looked_on: date | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin. Today's look is done at once where its time has passed: whoever was told before is not told again."""
        self._task = asyncio.create_task(self._run(), name="hours: reminders")

    async def close(self) -> None:
        """Stop. Idempotent."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def look_if_due(self) -> int:
        """Look, if today's look is due; return how many letters were written. Raises `StoreError`."""
        zone = await self._requirements.zone()
        now = datetime.fromtimestamp(self._clock.now_ms() / 1_000, zone)
        if now.time() < LOOK_AT or self._looked_on == now.date():
            return 0
        count = await self.look()
        self._looked_on = now.date()
        return count

    async def look(self) -> int:
        """Have people told what they have not been told; return how many letters were written. Raises `StoreError`."""
        if not (await self._requirements.policy()).reminders:
            return 0
        day = await self._day()
        reminders = await asyncio.to_thread(reminders_of, day)
        told = await self._repository.told([one.key for one in reminders])
        by_person: dict[str, list[Reminder]] = {}
        for one in reminders:
            if one.key not in told:
                by_person.setdefault(one.person_id, []).append(one)
        written = 0
        for person_id, new in by_person.items():
            written += await self._tell(day, person_id, new)
        return written

    async def _tell(self, day: Day, person_id: str, reminders: Sequence[Reminder]) -> bool:
        """Have a letter written, unless the reader got one on this day; tell whether it was."""
        subject, text = letter_of(day.people[person_id], reminders, self._url)
        letter = self._letter(f"reminders:{person_id}:{day.today.isoformat()}", person_id, subject, text)
        return await self._repository.tell(letter, [one.key for one in reminders], at=self._clock.now_ms())

    async def _day(self) -> Day:
        # Made for this look only: what it keeps is not needed before tomorrow.
        overview = await Overviews(self._requirements, self._figures, self._clock).of_all()
        keeper = Bookkeeper(overview.agreements, overview.today)
        now = self._clock.now_ms()
        found = await self._repository.circumstances(long_before=now - LONG // timedelta(milliseconds=1))
        newest, news_since = found.newest_row, now - NEWS // timedelta(milliseconds=1)
        pairs = await asyncio.to_thread(
            lambda: [PairToday(status=book.status, plan=keeper.plan(book)) for book in overview.books.values()]
        )
        return Day(
            today=overview.today,
            pairs=sorted(pairs, key=lambda pair: pair.status.pair_id),
            people=found.people,
            coordinators=found.coordinators,
            waiting=found.waiting,
            disputed=found.disputed,
            waiting_long=found.waiting_long,
            log_head=None if newest is None or newest.at < news_since else (newest.number, newest.hash),
        )

    async def _run(self) -> None:
        while True:
            try:
                written = await self.look_if_due()
            except Exception as error:  # noqa: BLE001 - the next look tells what this one has not
                log_failure(_log, "not_reminded", error)
            else:
                if written:
                    _log.info("reminded", letters=written)
            await asyncio.sleep(_CHECK_EVERY_S)
