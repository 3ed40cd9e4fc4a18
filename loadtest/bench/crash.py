"""`crash`: the whole server is killed, again and again, in the middle of a meeting; what becomes of people's hours."""

import asyncio
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import aiohttp
import msgspec

from loadtest.bench.attendees import Attendee
from loadtest.bench.cores import Cores, pinned
from loadtest.bench.crash_truth import Account, Visit, pair_account, person_account
from loadtest.bench.hours_commands import Verdict, verify
from loadtest.bench.report import Comparison, Report, Row, Target, median_of
from loadtest.bench.rest import RestClient
from loadtest.bench.server_process import ServerError, ServerProcess, free_port, running_server, server_environment
from loadtest.documents.crowd import wait_until
from loadtest.documents.page import sign_in
from protocol.hours import HoursEntry
from protocol.record import RecordedMeeting

LOST = Target(Comparison.AT_MOST, 10)
INVENTED = Target(Comparison.AT_MOST, 50)
"""Milliseconds. The server rounds to whole ones, where somebody comes and where they go; what a page may have been
there ends when it has noticed the end, which is never too early."""
NOTHING_BROKEN = Target(Comparison.EXACTLY, 0)
_ROOM = "bench"
_COORDINATOR = "coordinator@bench.example"
_PATIENCE_S = 40.0
_READ_EVERY_S = 0.5
_MS = 1_000


@dataclass(frozen=True, slots=True)
class CrashPlan:
    """How often, and how long everybody is inside before."""

    pairs: int = 15
    crashes: int = 20
    short_s: tuple[float, float] = (8.0, 20.0)
    long_s: tuple[float, float] = (42.0, 47.0)
    """Long enough for an entry in the hours log whatever a crash costs: half a minute is rounded to one."""
    long_every: int = 5
    """So many crashes, and the clean stop in the end, come after a long meeting. 0: none does."""

    @property
    def stays(self) -> list[float]:
        """Return how long everybody is inside, before each crash, and before the clean stop."""
        dice = Random(1)  # noqa: S311 - makes runs alike, hides nothing
        is_long = [self.long_every > 0 and number % self.long_every == 0 for number in range(self.crashes, -1, -1)]
        return [dice.uniform(*(self.long_s if each else self.short_s)) for each in is_long]


QUICK = CrashPlan(crashes=2, short_s=(3.0, 6.0), long_every=0)


@dataclass(frozen=True, slots=True)
class Crashes:
    """What was found. Seconds; accounts by meeting, those that ended with a crash."""

    people: Sequence[Account]
    """Of everybody, for each crash."""
    stopped: Sequence[Account]
    """Of everybody, for the clean stop."""
    pairs: Sequence[Account]
    """What the hours log has of each pair, for each crash after a long meeting."""
    sums: Sequence[Account]
    """What the hours log has of each pair in all."""
    back_s: Sequence[float]
    """From each kill until everybody was inside again."""
    verdict: Verdict


async def measure_crashes(plan: CrashPlan, cores: Cores, report: Report) -> None:
    """Run the plan with servers of its own on one folder."""
    with tempfile.TemporaryDirectory(prefix="roundup-bench-") as folder, pinned(cores.bots):
        report.add(judge_crashes(plan, await _run(Path(folder) / "data", plan, cores)))


def judge_crashes(plan: CrashPlan, found: Crashes) -> Report:
    """Make rows of what was lost, and of what was too much."""
    everything = (*found.people, *found.stopped, *found.pairs)
    rows = [
        Row("crash", "kills of the server with everybody inside", plan.crashes, ""),
        Row("crash", "lost by a person in a crash, median", median_of([one.lost_s for one in found.people]), "s"),
        Row("crash", "lost by a person in a crash, worst", _worst(found.people, _lost), "s", LOST),
        Row("crash", "lost by a person in a clean stop, worst", _worst(found.stopped, _lost), "s"),
        Row("crash", "recorded beyond what passed, worst", _worst(everything, _invented) * _MS, "ms", INVENTED),
    ]
    notes = [
        f"crash: {2 * plan.pairs} people in {plan.pairs} pairs in one meeting, without media; {plan.crashes} kills at"
        f" random moments, seconds {plan.short_s[0]:g} to {plan.short_s[1]:g} after everybody was inside; their own"
        " monotonic clocks say what passed."
    ]
    if found.pairs:
        rows += [
            Row("crash", "lost of a pair's hours in a crash, worst", _worst(found.pairs, _lost), "s", LOST),
            Row(
                "crash",
                "a pair's hours beyond what passed in all, worst",
                _worst(found.sums, _invented) * _MS,
                "ms",
                INVENTED,
            ),
        ]
        notes.append(
            f"crash: of {plan.long_every} meetings one lasted {plan.long_s[0]:g} to {plan.long_s[1]:g} s: shorter ones"
            " are no minute, and not in the hours log; of them, what was recorded of each person was read."
        )
    else:
        notes.append("crash: left out: what the hours log has of pairs; no meeting was long enough for an entry.")
    rows += [
        Row("crash", "logs that do not verify", int(not found.verdict.is_intact), "", NOTHING_BROKEN),
        Row("crash", "rows in the hours log", found.verdict.rows, ""),
        Row("crash", "everybody inside again after a kill, median", median_of(found.back_s), "s"),
    ]
    return Report(rows, notes)


def _lost(one: Account) -> float:
    return one.lost_s


def _invented(one: Account) -> float:
    return one.invented_s


def _worst(accounts: Iterable[Account], figure: Callable[[Account], float]) -> float:
    return max(map(figure, accounts), default=float("nan"))


async def _run(data: Path, plan: CrashPlan, cores: Cores) -> Crashes:
    port = free_port()
    async with running_server(data, cores.server, port=port) as server:
        people, token = await _invite(server, plan.pairs)
    ends: list[float] = []
    back_s: list[float] = []
    for one in people:
        one.start()
    try:
        for number, stay_s in enumerate(plan.stays):
            async with running_server(data, cores.server, port=port) as server:
                await _until(lambda: all(one.is_inside for one in people))
                if ends:
                    back_s.append(time.monotonic() - ends[-1])
                await asyncio.sleep(stay_s)
                if not all(one.is_inside for one in people):
                    raise ServerError("somebody's connection was lost while the server was alive")
                ends.append(time.monotonic())
                if number < plan.crashes:
                    await server.kill()
                    await _until(lambda: not any(one.is_inside for one in people))
        await _until(lambda: not any(one.is_inside for one in people))
    finally:
        outcomes = await asyncio.gather(*(one.close() for one in people), return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    async with running_server(data, cores.server, port=port) as server:
        return await _read(server, token, plan, people, ends, back_s, data)


async def _invite(server: ServerProcess, pairs: int) -> tuple[list[Attendee], str]:
    """Add the room and everybody, and let them sign in. Return them, and a coordinator's API token."""
    await server.add_room(_ROOM)
    names = [f"{side}{number}" for number in range(pairs) for side in ("mentor", "mentee")]
    emails = [f"{name}@bench.example" for name in names]
    links = await server.import_people(emails)
    await server.import_people([_COORDINATOR], "coordinator")
    await server.import_pairs(zip(emails[::2], emails[1::2], strict=True))
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        cookies = [await sign_in(http, link) for link in links]
    people = [Attendee(name, server.url, cookie, _ROOM) for name, cookie in zip(names, cookies, strict=True)]
    return people, await server.create_token(_COORDINATOR)


async def _read(
    server: ServerProcess,
    token: str,
    plan: CrashPlan,
    people: Sequence[Attendee],
    ends: Sequence[float],
    back_s: Sequence[float],
    data: Path,
) -> Crashes:
    """Read what was recorded, and compare."""
    meetings = list(dict.fromkeys(visit.meeting_id for visit in people[0].visits))
    if len(meetings) != plan.crashes + 1:
        raise ServerError(f"people were in {len(meetings)} meetings, not in {plan.crashes + 1}")
    recorded = {each: await _recorded(server, people[0].cookie, each) for each in meetings}
    by_meeting = [[_person_account(one, each, ends, recorded[each]) for one in people] for each in meetings]
    long = [each for each, stay_s in zip(meetings, plan.stays, strict=True) if stay_s >= plan.long_s[0]]
    async with RestClient(server.url, token) as rest:
        entries = await _entries(rest, plan.pairs * len(long))
    verdict = await verify(server_environment(data))
    couples = list(zip(people[::2], people[1::2], strict=True))
    return Crashes(
        people=[account for accounts in by_meeting[:-1] for account in accounts],
        stopped=by_meeting[-1],
        pairs=[
            _pair_account(couple, [each], ends, entries) for each in long if each != meetings[-1] for couple in couples
        ],
        sums=[_pair_account(couple, meetings, ends, entries) for couple in couples],
        back_s=back_s,
        verdict=verdict,
    )


async def _recorded(server: ServerProcess, cookie: str, meeting_id: str) -> Mapping[str, float]:
    """Return how long everybody was in a meeting, by name, as its record says; seconds."""
    url = f"{server.url}/api/rooms/{_ROOM}/meetings/{meeting_id}"
    async with (
        aiohttp.ClientSession(raise_for_status=True) as http,
        http.get(url, headers={"Cookie": cookie}) as answer,
    ):
        meeting = msgspec.json.decode(await answer.read(), type=RecordedMeeting)
    if meeting.closed_at is None:
        raise ServerError("a meeting goes on that is over")
    return {
        person.name: sum((stay.went_at or stay.came_at) - stay.came_at for stay in person.stays) / _MS
        for person in meeting.people
    }


async def _entries(rest: RestClient, expected: int) -> list[HoursEntry]:
    """Return all entries of the hours log once they are there; those of the last meeting may come a little later."""
    for _ in range(round(_PATIENCE_S / _READ_EVERY_S)):
        if len(entries := await rest.entries()) >= expected:
            break
        await asyncio.sleep(_READ_EVERY_S)
    return entries


def _person_account(one: Attendee, meeting_id: str, ends: Sequence[float], recorded: Mapping[str, float]) -> Account:
    return person_account(_visits(one, [meeting_id]), ends, recorded.get(one.name, 0.0))


def _pair_account(
    couple: tuple[Attendee, Attendee], meetings: Collection[str], ends: Sequence[float], entries: Sequence[HoursEntry]
) -> Account:
    one, other = couple
    measured_ms = sum(
        entry.measured_ms or 0
        for entry in entries
        if entry.mentor.name == one.name and entry.meeting is not None and entry.meeting.meeting_id in meetings
    )
    return pair_account(_visits(one, meetings), _visits(other, meetings), ends, measured_ms / _MS)


def _visits(one: Attendee, meetings: Collection[str]) -> list[Visit]:
    return [visit for visit in one.visits if visit.meeting_id in meetings]


async def _until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, not for ever; raises `ServerError`."""
    await wait_until(condition, _PATIENCE_S)
    if not condition():
        raise ServerError(f"not everybody came, or went, within {_PATIENCE_S:g} s")
