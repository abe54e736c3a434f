"""Checks of the values of one moment against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from qingtian.domain.quality.causes import Cause, Doubt
from qingtian.domain.quality.conversion import Conversion
from qingtian.domain.quality.limits import ScreenRelation
from qingtian.domain.quality.measured import JUDGED_MARKS, Measured, plain
from qingtian.domain.quality.plans import FramePlan, in_cubic_metres, in_milligrams, spelt
from qingtian.domain.quality.state import SiteState

Found = dict[int, list[Doubt]]  # doubts by position in the frame
NEIGHBOUR = 1.5  # the frame before is at most so many periods away
MG_PER_KG = Decimal(1_000_000)


def check_relations(plan: FramePlan, rows: Sequence[Measured], state: SiteState) -> Found:
    """Doubts that only values together can give.

    Args:
        plan: what holds for frames of this shape.
        rows: values that came together.
        state: the site before them; it holds values of the same moment that came in an earlier frame.
    """
    found: Found = {}
    if plan.total is not None and any(row.total is not None for row in rows):
        _totals(plan.total, rows, found)
    if plan.conversion is not None:
        _converted(plan.conversion, rows, state, found)
    if not (plan.not_above or plan.of_day or plan.means):
        return found
    place = _places(rows)
    for relation in plan.not_above:
        _not_above(relation, rows, place, state, found)
    for relation in plan.of_day:
        _maximum_of_day(relation, rows, place, found)
    for relation in plan.means:
        _mean_of_hours(relation, rows, place, state, found)
    return found


def _places(rows: Sequence[Measured]) -> dict[str, int]:
    return {row.pollutant: index for index, row in enumerate(rows) if _judged(row)}


def _judged(row: Measured) -> bool:
    return row.value is not None and row.mark in JUDGED_MARKS


def _note(found: Found, index: int, doubt: Doubt) -> None:
    found.setdefault(index, []).append(doubt)


def _not_above(
    relation: ScreenRelation, rows: Sequence[Measured], place: Mapping[str, int], state: SiteState, found: Found
) -> None:
    """The first item is part of the second: PM2.5 is part of PM10."""
    values = [_value_at(code, rows, place, state) for code in relation.items]
    part, whole = values
    if part is None or whole is None or part[1] != whole[1] or part[0] - whole[0] <= (relation.tolerance or 0):
        return
    facts = {"part": plain(part[0]), "whole": plain(whole[0]), "unit": part[1]}
    for code in relation.items:
        if code in place:
            _note(found, place[code], Doubt(Cause.PM25_ABOVE_PM10, relation.row_id, facts))


def _value_at(
    code: str, rows: Sequence[Measured], place: Mapping[str, int], state: SiteState
) -> tuple[Decimal, str] | None:
    """A value of this moment: of this frame, or of an earlier one of the same period."""
    if code in place:
        row = rows[place[code]]
        return None if row.value is None else (row.value, spelt(row.unit))
    held = state.series.get(code)
    if held is None or held.value is None or held.start != rows[0].period_start:
        return None
    return held.value, spelt(held.unit)


def _maximum_of_day(relation: ScreenRelation, rows: Sequence[Measured], place: Mapping[str, int], found: Found) -> None:
    """An hour is at most the largest of the last 24 hours, to which it belongs."""
    hour, day = relation.items
    if hour not in place or day not in place:
        return
    now, most = rows[place[hour]].value, rows[place[day]].value
    if now is None or most is None or now - most <= (relation.tolerance or 0):
        return
    facts = {"value": plain(now), "other": plain(most), "item": day}
    for code in relation.items:
        _note(found, place[code], Doubt(Cause.O3_SWAPPED, relation.row_id, facts))


def _mean_of_hours(
    relation: ScreenRelation, rows: Sequence[Measured], place: Mapping[str, int], state: SiteState, found: Found
) -> None:
    """The second item is the mean of the last hours of the first; exchanged when only the reverse is true."""
    hour, mean = relation.items
    if hour not in place or mean not in place:
        return
    first, second = _recent_mean(relation, hour, rows, place, state), _recent_mean(relation, mean, rows, place, state)
    now, smooth = rows[place[hour]].value, rows[place[mean]].value
    if first is None or second is None or now is None or smooth is None:
        return
    exchanged = abs(now - second) <= (relation.tolerance or 0) and abs(smooth - first) >= (relation.apart or 0)
    # A mean of hours moves less than the hours do.
    if exchanged and _travel(mean, rows, place, state) > 2 * _travel(hour, rows, place, state):
        facts = {"value": plain(now), "other": plain(smooth), "item": mean, "mean": plain(round(first, 1))}
        for code in relation.items:
            _note(found, place[code], Doubt(Cause.O3_SWAPPED, relation.row_id, facts))


def _travel(code: str, rows: Sequence[Measured], place: Mapping[str, int], state: SiteState) -> Decimal:
    held = state.series.get(code)
    values = [value for _, value in (held.recent if held else ())] + [rows[place[code]].value or Decimal(0)]
    return sum((abs(one - other) for one, other in pairwise(values)), Decimal(0))


def _recent_mean(
    relation: ScreenRelation, code: str, rows: Sequence[Measured], place: Mapping[str, int], state: SiteState
) -> Decimal | None:
    row, held = rows[place[code]], state.series.get(code)
    since = row.period_start - timedelta(hours=float((relation.constant or Decimal(1)) - 1))
    values = [value for at, value in (held.recent if held else ()) if since <= at < row.period_start]
    values.append(row.value or Decimal(0))
    return sum(values, Decimal(0)) / len(values) if len(values) >= (relation.least or 1) else None


def _totals(relation: ScreenRelation, rows: Sequence[Measured], found: Found) -> None:
    """Cou of a period against flow x concentration x time (kg), and of the flow against flow x time (m3)."""
    place = _places(rows)
    code = next((item for item in relation.items if item in place), None)
    flow = rows[place[code]] if code is not None else None
    scale = in_cubic_metres(flow.unit) if flow is not None else None
    if flow is None or flow.value is None or scale is None or flow.period_s <= 0:
        return
    volume = flow.value * scale * flow.period_s  # m3
    for index, row in enumerate(rows):
        if row.total is None or row.value is None or row.mark not in JUDGED_MARKS:
            continue
        expected = volume if row is flow else _mass(row, volume)
        least = relation.tolerance or Decimal(0)
        if expected is None or max(expected, row.total) < least:
            continue
        low, high = relation.low or Decimal(0), relation.high or Decimal(0)
        if not expected * low <= row.total <= expected * high:
            facts = {"total": plain(row.total), "expected": plain(round(expected, 6))}
            _note(found, index, Doubt(Cause.TOTAL_MISMATCH, relation.row_id, facts))


def _mass(row: Measured, volume: Decimal) -> Decimal | None:
    """Mass of a pollutant in a volume, kg; a concentration per litre counts a thousandfold per m3."""
    unit = spelt(row.unit)
    scale = in_milligrams(unit)
    if scale is None or row.value is None:
        return None
    per_m3 = 1000 if unit.endswith("/L") else 1
    return row.value * scale * per_m3 * volume / MG_PER_KG


def _converted(conversion: Conversion, rows: Sequence[Measured], state: SiteState, found: Found) -> None:
    """The reference oxygen that a converted value implies is that of the period before, and lies below air's."""
    oxygen, at = conversion.measured(rows), state.reference_at
    if oxygen is None:
        return
    before = at is not None and (rows[0].period_start - at).total_seconds() <= NEIGHBOUR * max(rows[0].period_s, 1)
    for index, row in enumerate(rows):
        implied = conversion.implied(row, oxygen)
        if implied is None:
            continue
        usual = state.reference if before else None
        possible = -conversion.tolerance <= implied <= conversion.air - 1
        if possible and (usual is None or abs(implied - usual) <= conversion.tolerance):
            continue
        facts = {
            "value": plain(row.value or Decimal(0)),
            "converted": plain(row.converted or Decimal(0)),
            "oxygen": f"{oxygen:.2f}",
            "implied": f"{implied:.2f}",
        }
        facts |= {} if usual is None else {"usual": repr(usual)}
        _note(found, index, Doubt(Cause.CONVERSION_MISMATCH, conversion.row_id, facts))
