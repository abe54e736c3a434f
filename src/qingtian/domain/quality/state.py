"""What quality control remembers: a little per series, so that it can be made again from stored rows at any time.

The state at a moment is a fold over the rows before it. It never reaches further back than the longest run that is
judged, so folding the last stored rows gives the same state as having seen every row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from qingtian.domain.quality.causes import Cause, Facts, unpack_doubts
from qingtian.domain.quality.conversion import Conversion
from qingtian.domain.quality.measured import JUDGED_MARKS, Measured, plain
from qingtian.domain.quality.plans import Plan

ZERO = Decimal(0)
Figures = tuple[Decimal, Decimal | None, Decimal | None]


@dataclass(slots=True)
class SeriesState:
    """One series.

    Args:
        start: period of the last judged value.
        figures: its value, minimum and maximum.
        since: where the run of equal figures began.
        negative_since: where the run of negative values began; None when the last one is not negative.
        sound: the last value, as it would be in its own unit and column, and when.
        back: the value before a jump, to which the series may return.
        unit: unit of the last judged value.
        seen: period of the last row, judged or not.
        total, sampled_at: accumulated amount and time of the sample of that row.
        recent: (period, value) of the newest values, where a relation needs them.
    """

    start: datetime | None = None
    figures: Figures | None = None
    since: datetime | None = None
    negative_since: datetime | None = None
    sound: Decimal | None = None
    sound_at: datetime | None = None
    back: Decimal | None = None
    unit: str = ""
    total: Decimal | None = None
    sampled_at: datetime | None = None
    seen: datetime | None = None
    recent: tuple[tuple[datetime, Decimal], ...] = ()

    @property
    def value(self) -> Decimal | None:
        """The last judged value."""
        return self.figures[0] if self.figures else None


@dataclass(slots=True)
class SiteState:
    """Every series of one site, cycle and origin.

    Args:
        newest: newest period that was seen.
        series: per pollutant.
        reference: reference oxygen that the converted values of the last frame agreed on, percent; None without any.
        reference_at: period of that frame.
    """

    newest: datetime | None = None
    series: dict[str, SeriesState] = field(default_factory=dict)
    reference: float | None = None
    reference_at: datetime | None = None


def fold(state: SiteState, rows: Sequence[Measured], plans: Sequence[Plan], conversion: Conversion | None) -> None:
    """Bring the rows of one frame into the state, in place.

    Args:
        rows: rows of one period that came together, with the doubts they are stored with.
        plans: the plan of each.
        conversion: how converted values come about; None where nothing is converted.
    """
    start = rows[0].period_start
    again = state.newest == start
    series, doubted = state.series, False
    for row, plan in zip(rows, plans, strict=True):
        held = series.get(row.pollutant)
        if held is None:
            held = series[row.pollutant] = SeriesState()
        held.seen, held.total, held.sampled_at = start, row.total, row.sampled_at
        value = row.value
        if value is not None and row.mark in JUDGED_MARKS:
            _fold_value(held, row, value, plan)
            doubted = doubted or bool(row.qc_facts)
    if state.newest is None or start > state.newest:
        state.newest = start
    if doubted:
        _give_back_shifted(state, rows)
    if conversion is not None:
        reference = conversion.agreed(rows)
        if reference is not None or not again:
            state.reference, state.reference_at = reference, start


def _fold_value(held: SeriesState, row: Measured, value: Decimal, plan: Plan) -> None:
    start, last = row.period_start, held.figures
    figures = (value, row.minimum, row.maximum)
    near = held.start is not None and start - held.start <= plan.reach
    if not near or last is None or value != last[0] or figures != last:
        held.since = start
    if value >= ZERO:
        held.negative_since = None
    elif held.negative_since is None or not near:
        held.negative_since = start
    held.start, held.figures, held.unit = start, figures, row.unit
    if plan.recent:
        held.recent = (*held.recent[1 - plan.recent :], (start, value))
    if row.qc_facts:
        _fold_doubted(held, row, value)
    else:
        held.sound, held.sound_at, held.back = value, start, None


def _fold_doubted(held: SeriesState, row: Measured, value: Decimal) -> None:
    """A doubted value still tells what the sound one would be; its facts carry what it was compared with."""
    facts = {one.cause: one.facts for one in unpack_doubts(row.qc_facts)}
    held.back = None
    for cause in (Cause.COLUMN_SHIFT, Cause.OUT_OF_RANGE):
        if cause in facts:
            held.sound, held.sound_at = _told(facts[cause])
            return
    if Cause.UNIT_SLIP in facts:
        value = value / Decimal(facts[Cause.UNIT_SLIP]["factor"])
    if Cause.JUMP in facts:
        held.back = Decimal(facts[Cause.JUMP]["before"])
    held.sound, held.sound_at = value, row.period_start


def _give_back_shifted(state: SiteState, rows: Sequence[Measured]) -> None:
    """Under a shift of columns the sound value of a series stands in its neighbour's column."""
    for row in rows:
        moved = next((one for one in unpack_doubts(row.qc_facts) if one.cause is Cause.COLUMN_SHIFT), None)
        if moved is not None and row.value is not None:
            owner = state.series.setdefault(moved.facts["holds"], SeriesState())
            owner.sound, owner.sound_at, owner.back = row.value, row.period_start, None


def _told(facts: Facts) -> tuple[Decimal | None, datetime | None]:
    if "sound" not in facts:
        return None, None
    return Decimal(facts["sound"]), datetime.fromisoformat(facts["sound_at"])


def sound_facts(held: SeriesState | None) -> dict[str, str]:
    """The last sound value of a series as facts, so that the state can be made again from the stored row."""
    if held is None or held.sound is None or held.sound_at is None:
        return {}
    return {"sound": plain(held.sound), "sound_at": held.sound_at.isoformat()}


def copied(state: SiteState) -> SiteState:
    """A state that can be folded on without changing this one."""
    series = {code: replace(one) for code, one in state.series.items()}
    return SiteState(state.newest, series, state.reference, state.reference_at)


def run_seconds(since: datetime | None, start: datetime, period_s: int, cap_s: int) -> int:
    """Length of a run that ends with the period at `start`, s; no longer than a rule can ask for.

    Args:
        since: start of its first period; None = it begins now.
        period_s: length of the last period, s.
        cap_s: longest run that is judged, s.
    """
    begun = start if since is None else since
    return min(int((start - begun).total_seconds()), cap_s) + period_s
