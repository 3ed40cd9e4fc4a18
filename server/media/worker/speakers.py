"""Who is speaking, from the audio levels that publishers write into every packet (RFC 6464).

Three lengths of time, after Volfin and Cohen, "Dominant speaker identification for multipoint videoconferencing"
(Computer Speech and Language 27, 2013), made simple enough to be cheap for every packet:

- two packets of voice, and somebody counts as talking: first syllables must not wait;
- a score over the last second and a half ranks those who talk at the same time: a cough is loud, but not for long;
- 0.6 s of voice, and somebody may become the dominant speaker, whose picture comes first on a slow line: a cough is
  too short.

Pure: time is an argument (seconds of a monotonic clock).
"""

import math

ONSET_PACKETS = 2
"""So many packets of voice in a row make somebody talk: 40 ms."""
PAUSE_S = 0.3
"""Among too many who talk, whoever was not heard for so long comes after the others."""
HOLD_S = 1.0
"""Who was not heard for so long has stopped talking; pauses between words and sentences are shorter."""
SCORE_S = 1.5
"""Time constant of the score."""
LEAD = 1.2
"""A score must be so many times another one to overtake it."""
DOMINANT_AFTER_S = 0.6
UPDATE_INTERVAL_S = 0.1
"""How often to call `update`."""

NO_LEVEL = 0x80 | 30
"""For packets of a publisher that does not write levels: always voice, so whoever cannot tell is heard."""

_SILENT = 127
_VOICE_FLAG = 0x80
_MARGIN = 12
"""Voice is so many decibels louder than the speaker's own background noise."""
_NO_FLAG_MARGIN = 6
"""More is needed where the publisher does not say that it is voice."""
_LOWEST_FLOOR = _SILENT - 67
_HIGHEST_FLOOR = _SILENT - 42
"""Background noise is taken to be between these. Below, whispers would be lost; above, loud music would be noise."""
_FLOOR_RISE = 2.0
"""Decibels a second. Speech falls back to the background between words, so its floor never rises far."""
_LONGEST_PACKET_S = 0.06
_GAP_S = 0.1
"""After a longer one, packets are not in a row: with DTX a silent publisher sends one in 400 ms."""


class _Voice:
    """What is known of one publisher. Loudness is 0 (silent) to 127 (full scale), in decibels."""

    __slots__ = ("floor", "heard", "heard_s", "last_at", "name", "run", "score", "talks", "voice_at")

    def __init__(self, name: str) -> None:
        self.name = name
        self.floor = float(_LOWEST_FLOOR)
        self.last_at = self.voice_at = -math.inf
        self.run = 0
        self.talks = False
        self.score = self.heard = self.heard_s = 0.0
        """While talking: the score, loudness × time since it was last brought up to date, and how long in all."""


class Speakers:
    """The unmuted publishers of a room, in order: who is talking now, then who talked last, then who never did."""

    def __init__(self) -> None:
        self._voices: dict[str, _Voice] = {}
        self._talking: list[_Voice] = []
        self._silent: list[_Voice] = []
        self._updated_at = self._now = 0.0
        self.dominant: str | None = None
        """Whoever talks most. Stays in silence, until somebody else takes over or the speaker is removed."""

    @property
    def talking(self) -> tuple[str, ...]:
        """Who is talking now, the most important first."""
        return tuple(voice.name for voice in self._talking)

    def is_talking(self, speaker: str) -> bool:
        """Tell whether a publisher is talking now."""
        voice = self._voices.get(speaker)
        return voice is not None and voice.talks

    def active(self, limit: int) -> tuple[str, ...]:
        """Return the first `limit` of all publishers. Everybody is in it when there are no more."""
        order = self._talking[:limit]
        order += self._silent[: limit - len(order)]
        return tuple(voice.name for voice in order)

    def heard(self, limit: int) -> tuple[str, ...]:
        """Return whom to let hear: the first `limit`, but not those who pause while too many others talk."""
        if len(self._talking) <= limit:
            return self.active(limit)
        since = self._now - PAUSE_S
        order = sorted(self._talking, key=lambda voice: voice.voice_at < since)
        return tuple(voice.name for voice in order[:limit])

    def add(self, speaker: str) -> None:
        """Take a publisher in, as the last one. Idempotent."""
        if speaker not in self._voices:
            voice = self._voices[speaker] = _Voice(speaker)
            self._silent.append(voice)

    def remove(self, speaker: str) -> None:
        """Forget a publisher that left or was muted. Idempotent."""
        if (voice := self._voices.pop(speaker, None)) is None:
            return
        (self._talking if voice.talks else self._silent).remove(voice)
        if self.dominant == speaker:
            self.dominant = None

    def put(self, speaker: str, level: int, now: float) -> bool:
        """Take note of a packet's level byte: voice flag and -dBov (RFC 6464 section 3).

        Returns whether the speaker has just begun to talk, or goes on after a pause: either changes who is `heard`.
        Unknown speakers are ignored.
        """
        voice = self._voices.get(speaker)
        if voice is None:
            return False
        loudness = _SILENT - (level & _SILENT)
        gap = now - voice.last_at
        voice.last_at = self._now = now
        seconds = min(_LONGEST_PACKET_S, gap)
        floor = voice.floor
        if loudness < floor:
            voice.floor = floor = max(_LOWEST_FLOOR, loudness)
        elif floor < _HIGHEST_FLOOR:
            voice.floor = floor = min(floor + _FLOOR_RISE * seconds, _HIGHEST_FLOOR)
        if loudness < floor + _MARGIN + (0 if level & _VOICE_FLAG else _NO_FLAG_MARGIN):
            voice.run = 0
            return False
        was_pausing, voice.voice_at = now - voice.voice_at > PAUSE_S, now
        if voice.talks:
            voice.heard += loudness * seconds
            voice.heard_s += seconds
            return was_pausing
        voice.run = voice.run + 1 if gap < _GAP_S else 1
        if voice.run < ONSET_PACKETS:
            return False
        self._begin(voice)
        return True

    def update(self, now: float) -> None:
        """Bring the order up to date with the time that has passed. Packets need not come for that."""
        decay = math.exp(-max(0.0, now - self._updated_at) / SCORE_S)
        self._updated_at = self._now = now
        for voice in self._talking:
            voice.score = voice.score * decay + voice.heard / SCORE_S
            voice.heard = 0.0
        self._end_silent(now)
        talking = self._talking
        for start in range(1, len(talking)):
            at = start
            while at and talking[at].score > LEAD * talking[at - 1].score:
                talking[at - 1], talking[at] = talking[at], talking[at - 1]
                at -= 1
        for voice in talking:
            if voice.heard_s >= DOMINANT_AFTER_S:
                self.dominant = voice.name
                break

    def _begin(self, voice: _Voice) -> None:
        voice.talks = True
        voice.run = 0
        voice.score = voice.heard = voice.heard_s = 0.0
        self._silent.remove(voice)
        self._talking.append(voice)

    def _end_silent(self, now: float) -> None:
        ended = [voice for voice in self._talking if now - voice.voice_at > HOLD_S]
        if not ended:
            return
        for voice in sorted(ended, key=lambda voice: voice.voice_at):
            voice.talks = False
            self._talking.remove(voice)
            self._silent.insert(0, voice)
