"""Checks of one value against its own series: range, unit, jump, runs, extremes, totals, samples."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from qingtian.domain.quality.causes import Cause, Doubt
from qingtian.domain.quality.measured import JUDGED_MARKS, Measured, last_place, plain
from qingtian.domain.quality.plans import HOUR_S, Plan, QualityRules, Slip
from qingtian.domain.quality.state import SeriesState, run_seconds, sound_facts

CLEAR = 5  # without a history a value must lie so many times above what is usual to be in another unit
NEIGHBOUR = 1.5  # the value before is a neighbour when it is at most so many periods away


def check_value(
    rules: QualityRules, plan: Plan, row: Measured, held: SeriesState | None, *, burning: bool, cycle: str
) -> list[Doubt]:
    """Doubts about one value; a slip of the unit explains its range and its jump, which are then not named.

    Args:
        plan: limits of the series.
        held: the series before this value.
        burning: whether a small value cannot be a stopped stack.
        cycle: realtime, minute, hour or day.
    """
    value = row.value
    found: list[Doubt] = []
    if row.sampled_at is not None and held is not None:
        _sample(rules, plan, row, held, found)
    if value is None or row.mark not in JUDGED_MARKS:
        return found
    low, high = plan.low, plan.high
    outside = high is not None and (value > high or value < low)  # type: ignore[operator]
    slip = _slip(plan, value, held, row.period_start, burning=burning) if plan.slips else None
    if slip is not None:
        found.append(slip)
    elif outside:
        found.append(_outside(plan, value, held))
    elif plan.rate is not None and held is not None:
        _jump(plan, row, value, held, found)
    if held is not None and held.start is not None:
        if held.figures is not None and value == held.figures[0]:
            _run(plan, row, value, held, found)
        if value < 0 and plan.negative_s:
            _negative(plan, row, held, found)
        if cycle == "realtime" and row.total is not None and held.total is not None:
            _falling(rules, plan, row, held, found)
    least, most = row.minimum, row.maximum
    if (least is not None and least > value) or (most is not None and most < value):
        _extremes(rules, row, value, found)
    return found


def _outside(plan: Plan, value: Decimal, held: SeriesState | None) -> Doubt:
    facts = {"value": plain(value), "low": plain(plan.low or Decimal(0)), "high": plain(plan.high or Decimal(0))}
    return Doubt(Cause.OUT_OF_RANGE, plan.range_row, facts | {"unit": plan.unit} | sound_facts(held))


def _slip(plan: Plan, value: Decimal, held: SeriesState | None, start: datetime, *, burning: bool) -> Doubt | None:
    for slip in plan.slips:
        if value <= 0 or slip.low <= value <= slip.high:
            continue
        mended = value / slip.factor
        if not slip.low <= mended <= slip.high or (slip.factor < 1 and not burning):
            continue
        sound = _sound(held, start, plan)
        if sound is None or sound <= 0:
            if slip.alone and value >= CLEAR * slip.high:
                return _slipped(plan, slip, value, mended, None)
        elif sound <= mended * slip.band and mended <= sound * slip.band:
            return _slipped(plan, slip, value, mended, sound)
    return None


def _slipped(plan: Plan, slip: Slip, value: Decimal, mended: Decimal, sound: Decimal | None) -> Doubt:
    facts = {"value": plain(value), "unit": plan.unit, "factor": plain(slip.factor), "mended": plain(_shown(mended))}
    return Doubt(Cause.UNIT_SLIP, slip.row_id, facts if sound is None else facts | {"usual": plain(_shown(sound))})


def _jump(plan: Plan, row: Measured, value: Decimal, held: SeriesState, found: list[Doubt]) -> None:
    before, at = held.sound, held.sound_at
    if before is None or at is None or plan.rate is None:
        return
    if not _leaps(plan, before, value) or (row.period_start - at).total_seconds() > NEIGHBOUR * max(row.period_s, 1):
        return
    if held.back is not None and not _leaps(plan, held.back, value):
        return  # it has come back from a jump
    facts = {
        "value": plain(value),
        "before": plain(before),
        "step": plain(abs(value - before)),
        "limit": plain(plan.rate),
        "unit": plan.unit,
    }
    found.append(Doubt(Cause.JUMP, plan.rate_row, facts))


def _leaps(plan: Plan, one: Decimal, other: Decimal) -> bool:
    small, large = (one, other) if one < other else (other, one)
    return large - small > plan.rate and large > plan.rate_factor * small  # type: ignore[operator]


def _run(plan: Plan, row: Measured, value: Decimal, held: SeriesState, found: list[Doubt]) -> None:
    """A run of equal figures; zeros have a rule of their own, since a stopped channel rightly shows them."""
    start = row.period_start
    if held.start is None or start - held.start > plan.reach:
        return
    if held.figures != (value, row.minimum, row.maximum):
        return
    length = run_seconds(held.since, start, row.period_s, plan.lookback_s)
    if value == 0:
        if plan.zero_s and length > plan.zero_s:
            found.append(_lasting(Cause.ZERO_RUN, plan.zero_row, plan, value, length, plan.zero_s))
        return
    steps = abs(value) / min(plan.step, last_place(value))
    band = next((one for one in reversed(plan.bands) if steps >= one.steps), None)
    if band is not None and band.limit_s and length > band.limit_s:
        found.append(_lasting(Cause.PERSISTENCE, band.row_id, plan, value, length, band.limit_s))


def _negative(plan: Plan, row: Measured, held: SeriesState, found: list[Doubt]) -> None:
    start, value = row.period_start, row.value
    if held.negative_since is None or held.start is None or value is None:
        return
    if start - held.start > plan.reach or value >= (plan.negative_below or 0):
        return
    length = run_seconds(held.negative_since, start, row.period_s, plan.lookback_s)
    if length > plan.negative_s:
        found.append(_lasting(Cause.NEGATIVE_RUN, plan.negative_row, plan, value, length, plan.negative_s))


def _lasting(cause: Cause, row_id: str, plan: Plan, value: Decimal, length: int, limit: int) -> Doubt:
    facts = {"value": plain(value), "unit": plan.unit, "hours": _hours(length), "limit": _hours(limit)}
    return Doubt(cause, row_id, facts)


def _falling(rules: QualityRules, plan: Plan, row: Measured, held: SeriesState, found: list[Doubt]) -> None:
    """A running total falls inside one day; it may begin anew at midnight."""
    now, before, seen = row.total, held.total, held.seen
    if now is None or before is None or seen is None or now >= before:
        return
    if seen.date() == row.period_start.date() and seen < row.period_start:
        facts = {"total": plain(now), "before": plain(before)}
        found.append(Doubt(Cause.TOTAL_FALLS, rules.cause_row(Cause.TOTAL_FALLS), facts))


def _sample(rules: QualityRules, plan: Plan, row: Measured, held: SeriesState, found: list[Doubt]) -> None:
    sampled, seen = row.sampled_at, held.seen
    if sampled is None or seen is None or sampled != held.sampled_at or seen >= row.period_start:
        return
    if (row.period_start - seen).total_seconds() <= plan.lookback_s:
        facts = {"sampled_at": sampled.isoformat(timespec="seconds")}
        found.append(Doubt(Cause.STALE_SAMPLE, rules.cause_row(Cause.STALE_SAMPLE), facts))


def _extremes(rules: QualityRules, row: Measured, value: Decimal, found: list[Doubt]) -> None:
    """Minimum <= mean <= maximum; figures may be rounded to different places."""
    least, most = row.minimum, row.maximum
    below = least is not None and least - value > _rounding(least, value)
    above = most is not None and value - most > _rounding(most, value)
    if below or above:
        named = {"value": value, "minimum": least, "maximum": most}
        facts = {name: plain(figure) for name, figure in named.items() if figure is not None}
        cause = Cause.EXTREMES_DISORDERED
        found.append(Doubt(cause, rules.cause_row(cause), facts))


def _sound(held: SeriesState | None, start: datetime, plan: Plan) -> Decimal | None:
    if held is None or held.sound is None or held.sound_at is None:
        return None
    return held.sound if (start - held.sound_at).total_seconds() <= plan.lookback_s else None


def _rounding(*figures: Decimal) -> Decimal:
    """Half a step of the figure that is printed most coarsely."""
    exponents = [figure.as_tuple().exponent for figure in figures]
    coarsest = max(one if isinstance(one, int) else 0 for one in exponents)
    return Decimal(1).scaleb(min(coarsest, 0)) / 2


def _shown(value: Decimal) -> Decimal:
    return round(value, 6)


def _hours(seconds: int) -> str:
    return plain(round(Decimal(seconds) / HOUR_S, 2))
