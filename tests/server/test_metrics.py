"""Figures for Prometheus."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from prometheus_client.parser import text_string_to_metric_families

from server.metrics import LAG_SAMPLE_EVERY_S, LoopLagSampler, Metrics, Occupancy
from server.outbox.courier import ChannelFigures

NOBODY = Occupancy(rooms=0, participants=0, connections=0, tasks=1)


@dataclass
class Counted:
    bounds: Sequence[float] = ()
    counts: Sequence[int] = ()
    total: float = 0.0


@dataclass
class Worker:
    port: int
    packets_in: int = 0
    packets_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    drops: Mapping[str, int] = field(default_factory=dict)
    lost_in: int = 0
    lost_out: int = 0
    nacks_in: int = 0
    nacks_out: int = 0
    keyframe_requests_in: int = 0
    keyframe_requests_out: int = 0
    retransmissions_in: int = 0
    retransmissions_out: int = 0
    piped_in: int = 0
    piped_out: int = 0
    datagrams: Counted = field(default_factory=Counted)
    refused_datagrams: int = 0
    delays: Counted = field(default_factory=Counted)
    transports: int = 0
    producers: int = 0
    consumers: int = 0
    tcp_connections: int = 0
    tasks: int = 0
    open_files: int = 0
    cpu_s: float = 0.0
    loop_lag_s: float = 0.0
    deaths: int = 0
    failed_starts: int = 0


def samples(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Map names and label values (in order of the labels) to values."""
    body, content_type = metrics.render("text/plain")
    assert content_type.startswith("text/plain")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


def test_figures_are_those_of_the_moment_they_are_asked_for() -> None:
    now = [Occupancy(rooms=1, participants=2, connections=3, tasks=4)]
    workers = [
        Worker(
            8810,
            packets_in=10,
            bytes_in=1_000,
            packets_out=20,
            bytes_out=2_000,
            transports=4,
            tcp_connections=3,
            cpu_s=1.5,
        )
    ]
    metrics = Metrics(lambda: now[0], lambda: workers)
    first = samples(metrics)
    assert (first["roundup_rooms_live",], first["roundup_participants",], first["roundup_connections",]) == (1, 2, 3)
    assert first["roundup_tasks",] == 4
    assert first["roundup_media_packets_total", "in", "8810"] == 10
    assert first["roundup_media_packets_total", "out", "8810"] == 20
    assert first["roundup_media_bytes_total", "out", "8810"] == 2_000
    assert first["roundup_media_transports", "8810"] == 4
    assert first["roundup_media_tcp_connections", "8810"] == 3
    assert first["roundup_media_cpu_seconds_total", "8810"] == 1.5
    now[0] = Occupancy(rooms=0, participants=0, connections=0, tasks=1)
    workers.append(Worker(8811, deaths=2, failed_starts=3, drops={"not_authentic": 7}, tasks=5, open_files=13))
    second = samples(metrics)
    assert second["roundup_rooms_live",] == 0
    assert second["roundup_media_worker_deaths_total", "8811"] == 2
    assert second["roundup_media_worker_failed_starts_total", "8811"] == 3
    assert second["roundup_media_drops_total", "not_authentic", "8811"] == 7
    assert (second["roundup_media_tasks", "8811"], second["roundup_media_open_files", "8811"]) == (5, 13)


def test_each_direction_is_counted_for_itself() -> None:
    worker = Worker(
        8810,
        lost_in=1,
        lost_out=2,
        nacks_in=3,
        nacks_out=4,
        keyframe_requests_in=5,
        keyframe_requests_out=6,
        retransmissions_in=7,
        retransmissions_out=8,
        piped_in=9,
        piped_out=10,
    )
    found = samples(Metrics(lambda: NOBODY, lambda: [worker]))
    names = ("packets_lost", "nacks", "keyframe_requests", "retransmissions", "piped_packets")
    counts = [found[f"roundup_media_{name}_total", way, "8810"] for name in names for way in ("in", "out")]
    assert counts == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]


def test_a_distribution_becomes_buckets_that_count_what_is_below_too() -> None:
    worker = Worker(8810, delays=Counted((0.001, 0.05), (5, 2, 1), 0.19), refused_datagrams=3)
    found = samples(Metrics(lambda: NOBODY, lambda: [worker]))
    name = "roundup_media_forwarding_delay_seconds"
    assert [found[f"{name}_bucket", bound, "8810"] for bound in ("0.001", "0.05", "+Inf")] == [5, 7, 8]
    assert (found[f"{name}_count", "8810"], found[f"{name}_sum", "8810"]) == (8, 0.19)
    assert found["roundup_media_datagram_packets_count", "8810"] == 0, "before the first report"
    assert found["roundup_media_refused_datagrams_total", "8810"] == 3


def test_joins_are_counted_by_how_long_they_took() -> None:
    metrics = Metrics(lambda: NOBODY, list)
    for seconds in (0.004, 0.2, 3):
        metrics.observe_join(seconds)
    found = samples(metrics)
    assert found["roundup_join_seconds_count",] == 3
    assert found["roundup_join_seconds_bucket", "0.005"] == 1
    assert found["roundup_join_seconds_bucket", "0.25"] == 2


def test_heartbeats_of_presence_are_counted_by_how_long_they_took() -> None:
    metrics = Metrics(lambda: NOBODY, list)
    for seconds in (0.004, 0.04):
        metrics.observe_heartbeat(seconds)
    found = samples(metrics)
    name = "roundup_presence_heartbeat_seconds"
    assert (found[f"{name}_count",], found[f"{name}_bucket", "0.005"], found[f"{name}_bucket", "0.05"]) == (2, 1, 2)


def test_two_servers_in_one_process_have_figures_of_their_own() -> None:
    one, other = (Metrics(lambda: NOBODY, list) for _ in range(2))
    one.observe_join(1)
    assert samples(other)["roundup_join_seconds_count",] == 0


def test_openmetrics_is_spoken_to_those_who_ask_for_it() -> None:
    body, content_type = Metrics(lambda: NOBODY, list).render("application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")


async def test_a_loop_that_is_kept_busy_shows_as_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    lags: list[float] = []
    is_sampled = asyncio.Event()

    def observe(seconds: float) -> None:
        lags.append(seconds)
        is_sampled.set()

    loop = asyncio.get_running_loop()
    time, busy_s = loop.time, 0.0
    monkeypatch.setattr(loop, "time", lambda: time() + busy_s)
    sampler = LoopLagSampler(observe)
    sampler.start()
    await asyncio.sleep(0)
    busy_s = 100.0  # to the loop it is as if one callback had taken so long
    async with asyncio.timeout(30):
        await is_sampled.wait()
    await sampler.close()
    await sampler.close()
    assert lags[0] >= busy_s - LAG_SAMPLE_EVERY_S


def test_the_outbox_is_told_by_channel() -> None:
    channel = ChannelFigures(name="mail", waiting=3, oldest_s=90.5, sent=10, failed=4, given_up=1)
    figures = samples(Metrics(lambda: NOBODY, tuple, outbox=lambda: [channel]))
    assert figures["roundup_outbox_waiting", "mail"] == 3
    assert figures["roundup_outbox_oldest_seconds", "mail"] == 90.5
    outcomes = {"sent": 10, "failed": 4, "given_up": 1}
    assert {one: figures["roundup_outbox_attempts_total", "mail", one] for one in outcomes} == outcomes


def test_the_hours_log_is_counted_once_it_is_known() -> None:
    rows: list[int | None] = [None]
    metrics = Metrics(lambda: NOBODY, tuple, hours_log_rows=lambda: rows[0])
    assert ("roundup_hours_log_rows",) not in samples(metrics)
    for rows[0] in (0, 12, 9):
        assert samples(metrics)["roundup_hours_log_rows",] == rows[0]
