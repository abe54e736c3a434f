"""From a frame to the values of the series, and from a value back to its frame."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from qingtian.domain.hj212 import Decoded
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.present.doubts import doubts_of
from qingtian.interfaces.api.present.frame_told import problem_out
from qingtian.interfaces.api.present.numbers import text
from qingtian.interfaces.api.present.provenance import frame_id
from qingtian.interfaces.api.present.words.problems import CLOCK_AHEAD, CLOCK_BEHIND, Problem, refusal
from qingtian.interfaces.api.schemas.frames import BecameOut, Stored
from qingtian.interfaces.telemetry import telemetry_store
from qingtian.telemetry.devices import DeviceProfile
from qingtian.telemetry.ingest.loop import units_of
from qingtian.telemetry.ingest.mapping import map_frame
from qingtian.telemetry.rejects.reasons import known_reason
from qingtian.telemetry.spool import SpoolRecord, Verdict
from qingtian.telemetry.store import ClockSkew, Observation

INSTANT = timedelta(seconds=1)


def mapping_problems(
    decoded: Decoded, record: SpoolRecord, profile: DeviceProfile | None
) -> Iterable[tuple[str, Problem]]:
    """What is wrong with a frame's time."""
    if profile is None or record.verdict is not Verdict.ACCEPTED or not decoded.ok:
        return
    mapped = map_frame(decoded, record, profile, units_of(profile))
    reason = known_reason(mapped.quarantined.reason) if mapped.quarantined is not None else None
    if reason is not None:
        yield reason.value, refusal(reason)
    elif mapped.skew is not None:
        yield clock_problem(mapped.skew)


def clock_problem(skew: ClockSkew) -> tuple[str, Problem]:
    """A clock error in words."""
    ahead = skew.skew_s > 0
    problem = CLOCK_AHEAD if ahead else CLOCK_BEHIND
    minutes = max(1, round(abs(skew.skew_s) / 60))
    return "clock_ahead" if ahead else "clock_behind", problem.told(problem.text.filled(minutes=minutes))


def became(decoded: Decoded, record: SpoolRecord, profile: DeviceProfile | None) -> list[BecameOut]:
    """What each value of a frame is in the series now; of a refused frame only what was taken in after all."""
    if profile is None or not decoded.ok:
        return []
    rows = map_frame(decoded, record, profile, units_of(profile)).rows
    if not rows:
        return []
    first = rows[0]
    shown = telemetry_store().window(first.cycle, first.period_start, first.period_start + INSTANT, sites=[first.site])
    by_pollutant = {row.pollutant: row for row in shown if row.period_start == first.period_start}
    found = [_became(row, by_pollutant.get(row.pollutant), record) for row in rows]
    return found if record.verdict is Verdict.ACCEPTED else [one for one in found if one.stored in ("current", "same")]


def _became(row: Observation, stored: Observation | None, record: SpoolRecord) -> BecameOut:
    name, now = law.pollutant_name(row.pollutant), stored or row
    return BecameOut(
        site=row.site,
        pollutant=row.pollutant,
        name_zh=name.zh,
        name_en=name.en,
        cycle=row.cycle.value,
        period_start=row.period_start,
        value=text(row.value),
        unit=row.unit,
        mark=row.mark,
        valid=now.valid if _state(row, stored, record) == "current" else row.valid,
        causes=[problem_out(code, one) for code, one in doubts_of(now)],
        stored=_state(row, stored, record),
        version=stored.version if stored is not None else None,
        frame=frame_id(stored) if stored is not None else None,
    )


def _state(row: Observation, stored: Observation | None, record: SpoolRecord) -> Stored:
    if stored is None:
        return "not_stored"
    if (stored.segment, stored.frame_offset) == (record.position.segment, record.position.offset):
        return "current"
    same = (stored.value, stored.mark, stored.converted) == (row.value, row.mark, row.converted)
    return "same" if same else "superseded"
