"""From one decoded frame to observations: pure, with the reason when it cannot be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from qingtian.domain.hj212 import Decoded, read_number
from qingtian.domain.hj212.numbers import NoNumber
from qingtian.domain.quality import Cause, Doubt, causes_of, pack_doubts
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.devices import DeviceProfile
from qingtian.telemetry.ingest.splits import INCOMPLETE
from qingtian.telemetry.ingest.times import clock_skew, in_future, parse_time
from qingtian.telemetry.spool.format import SpoolRecord
from qingtian.telemetry.store.port import ClockSkew, Cycle, Observation, Origin, Quarantined
from qingtian.telemetry.values import number

CYCLE_OF = {"2011": Cycle.REALTIME, "2051": Cycle.MINUTE, "2061": Cycle.HOUR, "2031": Cycle.DAY}
# HJ 212-2017 table of system codes; a hint, since real frames carry wrong ones.
MEDIUM_OF = {"21": "surface_water", "22": "ambient", "31": "flue_gas", "32": "waste_water"}
SHOWN_TEXT = 40  # characters of a text that is no number
HOUR_S, DAY_S = 3600, 86400
UnitOf = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a frame became.

    Args:
        rows: observations, maybe none (a command answer, a log).
        quarantined: why the content was refused.
        skew: the clock error that the frame shows.
        medium: what the site measures, as quality control needs it.
    """

    rows: tuple[Observation, ...] = ()
    quarantined: Quarantined | None = None
    skew: ClockSkew | None = None
    medium: str = ""


def map_frame(decoded: Decoded, record: SpoolRecord, profile: DeviceProfile, unit_of: UnitOf) -> Mapped:
    """Observations of a data frame (2011, 2051, 2061, 2031); other commands carry none.

    Args:
        decoded: the frame.
        record: where and when it was stored.
        profile: its device.
        unit_of: default unit of a registered pollutant code.
    """
    cycle = CYCLE_OF.get(decoded.cn)
    if cycle is None:
        return Mapped()
    received_at = record.received_at.astimezone(SHANGHAI)
    sent = decoded.data_time or ""
    data_time = parse_time(sent, profile.wire.utc_offset_minutes)
    if data_time is None:
        return Mapped(quarantined=quarantine(record, profile.mn, "impossible_time", f"DataTime={sent[:40]!r}"))
    period_s = period_seconds(cycle, profile)
    missing_of = (decoded.pnum or 0) if INCOMPLETE in decoded.warnings else 0
    skew = _skew(decoded, record, profile, cycle=cycle, data_time=data_time, period_s=period_s)
    if in_future(data_time, received_at):
        detail = f"DataTime={data_time.isoformat()} arrived {received_at.isoformat()}"
        return Mapped(quarantined=quarantine(record, profile.mn, "future_time", detail), skew=skew)
    rows = [
        _observation(
            code,
            values,
            record,
            profile,
            unit_of,
            cycle=cycle,
            start=data_time,
            conflict=code in decoded.conflicts,
            skew=skew,
            missing_of=missing_of,
        )
        for code, values in decoded.items.items()
    ]
    medium = profile.medium or medium_by_system(decoded.header.get("ST", ""))
    return Mapped(rows=tuple(row for row in rows if row is not None), skew=skew, medium=medium)


def medium_by_system(system: str) -> str:
    """What a system code (ST) says of the medium, where the register says nothing; empty when it proves nothing.

    >>> medium_by_system("22"), medium_by_system("31"), medium_by_system("91")
    ('ambient', 'flue_gas', '')
    """
    return MEDIUM_OF.get(system.strip(), "")


def period_seconds(cycle: Cycle, profile: DeviceProfile) -> int:
    """Length of the period that one value of a device stands for, s."""
    return {
        Cycle.REALTIME: profile.realtime_interval_s,
        Cycle.MINUTE: profile.minute_interval_s,
        Cycle.HOUR: HOUR_S,
        Cycle.DAY: DAY_S,
    }[cycle]


def quarantine(record: SpoolRecord, mn: str, reason: str, detail: str) -> Quarantined:
    """A stored frame that gives no observations, with the reason."""
    return Quarantined(
        mn=mn,
        reason=reason,
        detail=detail,
        received_at=record.received_at.astimezone(SHANGHAI),
        frame_hash=record.sha256,
        segment=record.position.segment,
        frame_offset=record.position.offset,
        peer=record.peer,
    )


def _observation(
    code: str,
    values: Mapping[str, str],
    record: SpoolRecord,
    profile: DeviceProfile,
    unit_of: UnitOf,
    *,
    cycle: Cycle,
    start: datetime,
    conflict: bool,
    skew: ClockSkew | None,
    missing_of: int,
) -> Observation | None:
    main, converted = ("Rtd", "ZsRtd") if cycle is Cycle.REALTIME else ("Avg", "ZsAvg")
    if not any(name in values for name in (main, converted, "Min", "Max", "Cou", "Flag")):
        return None
    registered, sentinels = profile.code_map.get(code, code), profile.wire.sentinel_numbers
    value = number(values.get(main), sentinels)
    doubts = _doubts(values.get(main, ""), value, sentinels, conflict=conflict, skew=skew, missing_of=missing_of)
    sampled = values.get("SampleTime")
    return Observation(
        profile.site,
        registered,
        cycle,
        start,
        value,
        number(values.get("Min"), sentinels),
        number(values.get("Max"), sentinels),
        number(values.get("Cou"), sentinels),
        number(values.get(converted), sentinels),
        profile.units.get(registered) or profile.units.get(code) or unit_of(registered),
        # Two different values under one code prove a fault of the sender, whatever it marks.
        "D" if conflict else values.get("Flag", "").strip().upper()[:1],
        Origin.DEVICE,
        profile.simulated,
        record.sha256,
        record.position.segment,
        record.position.offset,
        received_at=record.received_at.astimezone(SHANGHAI),
        period_s=period_seconds(cycle, profile),
        sampled_at=parse_time(sampled, profile.wire.utc_offset_minutes) if sampled else None,
        qc=causes_of(doubts) if doubts else (),
        qc_facts=pack_doubts(doubts) if doubts else "",
    )


def _doubts(
    text: str,
    value: Decimal | None,
    sentinels: Set[Decimal],
    *,
    conflict: bool,
    skew: ClockSkew | None,
    missing_of: int,
) -> list[Doubt]:
    """What the frame itself gives reason to doubt; everything else needs the rows before it."""
    found: list[Doubt] = []
    if value is None and text.strip():
        reason = read_number(text, sentinels).reason
        cause = Cause.SENTINEL if reason is NoNumber.SENTINEL else Cause.UNREADABLE
        found.append(Doubt(cause, "", {"text": text.strip()[:SHOWN_TEXT]}))
    if conflict:
        found.append(Doubt(Cause.CONFLICTING_VALUES, "", {"value": text.strip()[:SHOWN_TEXT]}))
    if skew is not None:
        found.append(Doubt(Cause.CLOCK_ERROR, "", {"minutes": f"{skew.skew_s / 60:.1f}"}))
    if missing_of:
        found.append(Doubt(Cause.RECORD_INCOMPLETE, "", {"parts": str(missing_of)}))
    return found


def _skew(
    decoded: Decoded, record: SpoolRecord, profile: DeviceProfile, *, cycle: Cycle, data_time: datetime, period_s: int
) -> ClockSkew | None:
    received_at = record.received_at.astimezone(SHANGHAI)
    refused = in_future(data_time, received_at)
    skew = clock_skew(
        cycle,
        data_time,
        timedelta(seconds=period_s),
        received_at,
        sent_at=parse_time(decoded.qn or "", profile.wire.utc_offset_minutes),
        back_filled=decoded.backfill,
    )
    if not skew and refused:
        skew = data_time - received_at
    if not skew:
        return None
    return ClockSkew(
        mn=profile.mn,
        site=profile.site,
        data_time=data_time,
        received_at=received_at,
        skew_s=int(skew.total_seconds()),
        frame_hash=record.sha256,
        quarantined=refused,
    )
