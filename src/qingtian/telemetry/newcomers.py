"""Devices that send and are not registered: what their kept frames tell about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from qingtian.domain.hj212 import Decoded, Edition, decode
from qingtian.telemetry.ingest.mapping import CYCLE_OF
from qingtian.telemetry.ingest.times import parse_time
from qingtian.telemetry.spool.format import SpoolRecord
from qingtian.telemetry.store.port import Cycle

SAMPLES = 200  # frames that a guess looks at
MOST_CODES = 200
MINUTE_INTERVALS_S = tuple(60 * minutes for minutes in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30))  # MinInterval
_MAIN = ("Rtd", "Avg", "ZsRtd", "ZsAvg", "Data", "Cou", "Min", "Max")


class Medium(StrEnum):
    """What a device measures; the beginning of its codes decides, ST is a hint only (protocol notes, section 3)."""

    AIR = "air"
    WATER = "water"
    NOISE = "noise"
    PROCESS = "process"
    UNKNOWN = "unknown"


_OF_LETTER: Mapping[str, Medium] = {
    "a": Medium.AIR,
    "w": Medium.WATER,
    "L": Medium.NOISE,
    "e": Medium.PROCESS,
    "g": Medium.PROCESS,
}
_OF_ST: Mapping[str, Medium] = {
    "21": Medium.WATER,
    "22": Medium.AIR,
    "23": Medium.NOISE,
    "24": Medium.WATER,
    "27": Medium.AIR,
    "31": Medium.AIR,
    "32": Medium.WATER,
    "33": Medium.WATER,
    "36": Medium.NOISE,
    "39": Medium.AIR,
    "51": Medium.PROCESS,
    "52": Medium.PROCESS,
}


@dataclass(frozen=True, slots=True)
class SentCode:
    """One code that a device sends.

    Args:
        code: as sent.
        attribute: which value the sample is.
        sample: newest value as sent.
        mark: its data mark.
        at: DataTime of the sample; None when it was unusable.
        frames: how many of the looked-at frames had it.
    """

    code: str
    attribute: str
    sample: str
    mark: str
    at: datetime | None
    frames: int


@dataclass(frozen=True, slots=True)
class Guess:
    """What a device seems to be.

    Args:
        edition: edition by Flag; None when the frames do not agree.
        medium: by its codes, else by ST.
        st: system codes as sent, most often first.
        cycles: what it sends.
        minute_interval_s: distance of its minute data, s; None when it cannot be told.
        realtime_interval_s: distance of its real-time data, s; None when it cannot be told.
        codes: what it measures.
        encrypted: its data area cannot be read without a key.
        has_password: it sends a PW.
        wants_answer: it asks for acknowledgement, so it sends again until it is registered.
    """

    edition: int | None
    medium: Medium
    st: tuple[str, ...]
    cycles: tuple[Cycle, ...]
    minute_interval_s: int | None
    realtime_interval_s: int | None
    codes: tuple[SentCode, ...]
    encrypted: bool
    has_password: bool
    wants_answer: bool


def guess(records: Iterable[SpoolRecord]) -> Guess:
    """What the newest frames of one device tell.

    Args:
        records: frames, newest first.
    """
    frames = [decode(record.raw) for record in records]
    editions = {frame.version for frame in frames}
    systems = Counter(frame.st for frame in frames if frame.st)
    codes = _codes(frames)
    times = _data_times(frames)
    return Guess(
        edition=int(next(iter(editions)).value) if len(editions) == 1 and Edition.UNKNOWN not in editions else None,
        medium=_medium(codes, systems),
        st=tuple(st for st, _ in systems.most_common()),
        cycles=tuple(cycle for cycle in Cycle if cycle in times),
        minute_interval_s=_nearest(_step(times.get(Cycle.MINUTE, ()))),
        realtime_interval_s=_step(times.get(Cycle.REALTIME, ())),
        codes=codes,
        encrypted=any(frame.encrypted for frame in frames),
        has_password=any(frame.header.get("PW") for frame in frames),
        wants_answer=any(frame.ack_requested for frame in frames),
    )


def sent_password(records: Iterable[SpoolRecord]) -> str:
    """PW of the newest frame that has one; empty when none has."""
    return next((pw for record in records if (pw := decode(record.raw).header.get("PW", ""))), "")


def _codes(frames: Sequence[Decoded]) -> tuple[SentCode, ...]:
    counts = Counter(code for frame in frames for code in frame.items)
    found: dict[str, SentCode] = {}
    for frame in frames:
        for code, values in frame.items.items():
            if code in found or len(found) >= MOST_CODES:
                continue
            attribute = next((name for name in _MAIN if name in values), next(iter(values), ""))
            at = parse_time(frame.data_time or "")
            found[code] = SentCode(code, attribute, values.get(attribute, ""), values.get("Flag", ""), at, counts[code])
    return tuple(sorted(found.values(), key=lambda one: one.code))


def _medium(codes: Sequence[SentCode], systems: Counter[str]) -> Medium:
    media = Counter(_OF_LETTER[one.code[0]] for one in codes if one.code[:1] in _OF_LETTER and one.code[1:2].isdigit())
    if media:
        return media.most_common(1)[0][0]
    return next((_OF_ST[st] for st, _ in systems.most_common() if st in _OF_ST), Medium.UNKNOWN)


def _data_times(frames: Sequence[Decoded]) -> dict[Cycle, list[datetime]]:
    times: dict[Cycle, list[datetime]] = {}
    for frame in frames:
        cycle, at = CYCLE_OF.get(frame.cn), parse_time(frame.data_time or "")
        if cycle is not None:
            times.setdefault(cycle, []).extend([] if at is None else [at])
    return times


def _step(times: Sequence[datetime]) -> int | None:
    """The most frequent distance of neighbouring times, s."""
    distinct = sorted(set(times))
    steps = Counter((later - earlier) // timedelta(seconds=1) for earlier, later in pairwise(distinct))
    return steps.most_common(1)[0][0] if steps else None


def _nearest(seconds: int | None) -> int | None:
    return seconds if seconds in MINUTE_INTERVALS_S else None
