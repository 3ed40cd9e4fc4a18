"""What a page says about the media that it receives and sends, and what that means for who looks and listens.

The script runs in the page; the arithmetic is pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

STATS_SCRIPT = """
(() => {
  const connections = [];
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...everything) {
      super(...everything);
      connections.push(this);
    }
  };
  const moves = { pictures: [], sounds: [] };
  const note = (instants) => {
    instants.push(Date.now());
    if (instants.length > 4_000) instants.splice(0, 2_000);
  };
  let pictureAt = performance.now();
  const watched = new WeakSet();
  const isRemote = (tile) => tile.dataset.self === undefined || tile.dataset.self === "false";
  const look = () => {
    for (const tile of document.querySelectorAll("[data-participant-id]")) {
      for (const video of isRemote(tile) ? tile.querySelectorAll("video") : []) {
        if (watched.has(video)) continue;
        watched.add(video);
        const onPicture = () => {
          pictureAt = performance.now();
          note(moves.pictures);
          video.requestVideoFrameCallback(onPicture);
        };
        video.requestVideoFrameCallback(onPicture);
      }
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true, attributes: true });
  const open = () => connections.filter(({ connectionState }) => connectionState !== "closed");
  let played = 0;
  setInterval(() => {
    const receivers = open().flatMap((connection) => connection.getReceivers());
    const sources = receivers
      .filter(({ track }) => track.kind === "audio")
      .flatMap((receiver) => receiver.getSynchronizationSources());
    const last = Math.max(0, ...sources.map(({ timestamp }) => timestamp));
    if (last > played) note(moves.sounds);
    played = Math.max(played, last);
  }, 50);
  window.roundupMoves = () => ({ taken_at_ms: Date.now(), ...moves });
  window.roundupLayersSent = () => {
    const senders = open().flatMap((connection) => connection.getSenders());
    const camera = senders.find(({ track }) => track?.kind === "video");
    return camera?.getParameters().encodings.filter(({ active }) => active).length ?? 0;
  };
  window.roundupStats = async () => {
    const reports = [];
    for (const connection of open()) {
      reports.push(...(await connection.getStats()).values());
    }
    return { taken_at_ms: performance.now(), no_picture_ms: performance.now() - pictureAt, reports };
  };
})();
"""
"""What a page tells of the others' media, and its own.

`await roundupStats()` returns everything that its connections know, and for how long no picture came. `roundupMoves()`
returns the instants (of `Date.now()`) at which pictures were presented and, looked at every 50 ms, sound had been
played; `roundupLayersSent()` how many of the camera's layers are to be encoded.
"""

_OPEN_FREEZE_S = 0.3
"""So long without a picture is a freeze that has not ended yet; the browser counts it only when it has."""


@dataclass(frozen=True, slots=True)
class Reading:
    """`roundupStats` at one instant."""

    taken_at_s: float
    no_picture_s: float
    reports: tuple[Mapping[str, Any], ...]

    @classmethod
    def parse(cls, answer: Mapping[str, Any]) -> "Reading":
        """Take the script's answer."""
        return cls(answer["taken_at_ms"] / 1_000, answer["no_picture_ms"] / 1_000, tuple(answer["reports"]))


@dataclass(frozen=True, slots=True)
class Moves:
    """`roundupMoves` at one instant: when pictures and sound went on, all in ms."""

    taken_at_ms: float
    pictures_ms: tuple[float, ...]
    sounds_ms: tuple[float, ...]

    @classmethod
    def parse(cls, answer: Mapping[str, Any]) -> "Moves":
        """Take the script's answer."""
        return cls(answer["taken_at_ms"], tuple(answer["pictures"]), tuple(answer["sounds"]))


@dataclass(frozen=True, slots=True)
class CallQuality:
    """What somebody got of a call between two readings. NaN is what cannot be told."""

    concealed_percent: float
    """Of the sound that was played: made up by the browser because the packets were not there."""
    frozen_percent: float
    """Of the time: the picture stood."""
    frames_per_s: float
    freezes: int
    round_trip_ms: float
    """By the last answer to a consent check."""
    nacks: int
    """Packets asked for again, video."""
    plis: int
    retransmitted: int
    """Video packets that came as a retransmission."""
    lost_audio_percent: float
    playout_delay_ms: float
    """How long sound waited in the jitter buffer."""


def compare_readings(before: Reading, after: Reading) -> CallQuality:
    """Return what happened in between. Streams that brought nothing are left out: silent audio slots, paused video."""
    audio = _differences(before, after, "audio")
    video = _differences(before, after, "video")
    duration_s = after.taken_at_s - before.taken_at_s
    frozen_s = sum(stream["totalFreezesDuration"] for stream in video)
    if after.no_picture_s > _OPEN_FREEZE_S:
        frozen_s += min(after.no_picture_s, duration_s)
    is_seen = any(stream["framesDecoded"] for stream in video)
    packets = _total(audio, "packetsReceived") + _total(audio, "packetsLost")
    return CallQuality(
        concealed_percent=_percent(_total(audio, "concealedSamples"), _total(audio, "totalSamplesReceived")),
        frozen_percent=min(100.0, _percent(frozen_s, duration_s)) if is_seen else 100.0,
        frames_per_s=_total(video, "framesDecoded") / duration_s,
        freezes=int(_total(video, "freezeCount")),
        round_trip_ms=_round_trip_ms(after),
        nacks=int(_total(video, "nackCount")),
        plis=int(_total(video, "pliCount")),
        retransmitted=int(_total(video, "retransmittedPacketsReceived")),
        lost_audio_percent=_percent(_total(audio, "packetsLost"), packets),
        playout_delay_ms=_ratio(1_000 * _total(audio, "jitterBufferDelay"), _total(audio, "jitterBufferEmittedCount")),
    )


_COUNTED = (
    "packetsReceived",
    "packetsLost",
    "concealedSamples",
    "totalSamplesReceived",
    "jitterBufferDelay",
    "jitterBufferEmittedCount",
    "totalFreezesDuration",
    "freezeCount",
    "framesDecoded",
    "nackCount",
    "pliCount",
    "retransmittedPacketsReceived",
)


def _differences(before: Reading, after: Reading, kind: str) -> list[dict[str, float]]:
    """Return how much each incoming stream's counters grew, of those that brought packets."""
    earlier = {report["id"]: report for report in _incoming(before, kind)}
    grown = [
        {name: report.get(name, 0) - earlier.get(report["id"], {}).get(name, 0) for name in _COUNTED}
        for report in _incoming(after, kind)
    ]
    return [stream for stream in grown if stream["packetsReceived"] > 0]


def _incoming(reading: Reading, kind: str) -> list[Mapping[str, Any]]:
    return [report for report in reading.reports if report["type"] == "inbound-rtp" and report["kind"] == kind]


def _round_trip_ms(reading: Reading) -> float:
    """Return the longest of the page's connections, which all take the same line."""
    trips = [
        1_000 * report["currentRoundTripTime"]
        for report in reading.reports
        if report["type"] == "candidate-pair" and report.get("nominated") and "currentRoundTripTime" in report
    ]
    return max(trips, default=float("nan"))


def _total(streams: Sequence[Mapping[str, float]], name: str) -> float:
    return sum(stream[name] for stream in streams)


def _percent(part: float, whole: float) -> float:
    return _ratio(100 * part, whole)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")
