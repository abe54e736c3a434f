"""Shifted columns: the values of one pollutant stand under its neighbour's name, for several of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from math import log

from qingtian.domain.quality.causes import Cause, Doubt
from qingtian.domain.quality.limits import ScreenRelation
from qingtian.domain.quality.measured import JUDGED_MARKS, Measured
from qingtian.domain.quality.plans import FramePlan
from qingtian.domain.quality.state import SiteState, sound_facts

MOVED = Decimal("1.5")  # two values must have moved by this factor before a shift is looked for at all
Known = list[tuple[str, int, float, float]]  # code, position in the frame, value, last sound value


def check_shift(plan: FramePlan, rows: Sequence[Measured], state: SiteState) -> dict[int, Doubt]:
    """Doubts of a shift by one column, up or down.

    A shift is proved by at least `least` neighbours in the order of the columns whose values stand near the last sound
    values of their neighbours (mean |ln| within `tolerance`) and far from their own (mean |ln| from `apart` on).
    """
    for relation in plan.columns:
        if sum(_moved(row, state) for row in rows) < 2:
            return {}
        known = _known(plan, relation, rows, state)
        if len(known) > (relation.least or 0):
            for by in (1, -1):
                run = _best(relation, known, by)
                if run:
                    return {known[i][1]: _doubt(relation, known, i, by, state) for i in run}
    return {}


def _moved(row: Measured, state: SiteState) -> bool:
    """Whether a value lies far from the last sound one: most frames hold no two of them."""
    held = state.series.get(row.pollutant)
    value = row.value
    if held is None or value is None or held.sound is None or value == held.sound:
        return False
    return value > MOVED * held.sound or held.sound > MOVED * value


def _known(plan: FramePlan, relation: ScreenRelation, rows: Sequence[Measured], state: SiteState) -> Known:
    found: dict[str, tuple[int, float, float]] = {}
    for index, row in enumerate(rows):
        if row.pollutant in relation.items and row.value is not None and row.mark in JUDGED_MARKS and row.value > 0:
            sound = _sound(state, row.pollutant, row.period_start, plan.plans[index].lookback_s)
            if sound is not None and sound > 0:
                found[row.pollutant] = (index, float(row.value), sound)
    return [(code, *found[code]) for code in relation.items if code in found]


def _sound(state: SiteState, code: str, start: datetime, within_s: int) -> float | None:
    held = state.series.get(code)
    if held is None or held.sound is None or held.sound_at is None:
        return None
    return float(held.sound) if (start - held.sound_at).total_seconds() <= within_s else None


def _best(relation: ScreenRelation, known: Known, by: int) -> list[int]:
    """Positions of the stretch that a shift by so many columns explains best; empty when none proves it."""
    tolerance, apart = float(relation.tolerance or 0), float(relation.apart or 0)
    least = relation.least or 0
    place = {code: index for index, (code, *_) in enumerate(known)}
    order = [code for code in relation.items if code in place]
    pairs = [(i, i - by) for i in range(len(order)) if 0 <= i - by < len(order)]
    near = [abs(log(known[i][2] / known[j][3])) for i, j in pairs]
    own = [abs(log(known[i][2] / known[i][3])) for i, _ in pairs]
    best: list[int] = []
    gained = 0.0
    for first in range(len(pairs)):
        for last in range(first + least, len(pairs) + 1):
            count = last - first
            close = sum(near[first:last]) / count <= tolerance and max(near[first:last]) <= 2 * tolerance
            gain = sum(own[first:last]) - sum(near[first:last])
            if close and sum(own[first:last]) / count >= apart and gain > gained:
                best, gained = [pairs[k][0] for k in range(first, last)], gain
    return best


def _doubt(relation: ScreenRelation, known: Known, i: int, by: int, state: SiteState) -> Doubt:
    code, _, value, sound = known[i]
    holds, _, _, theirs = known[i - by]
    facts = {"value": f"{value:g}", "holds": holds, "usual": f"{sound:g}", "theirs": f"{theirs:g}"}
    return Doubt(Cause.COLUMN_SHIFT, relation.row_id, facts | sound_facts(state.series.get(code)))
