"""What quality control remembers: a little per series, so that it can be made again from stored rows at any time.

The state at a moment is a fold over the rows before it. It never reaches further back than the longest run that is
judged, so folding the last stored rows gives the same state as having seen every row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from qingtian.domain.quality.causes import Cause, Facts, unpack_doubts
from qingtian.domain.quality.conversion import Conversion
from qingtian.domain.quality.measured import JUDGED_MARKS, STEP, Measured, plain, six_places
from qingtian.domain.quality.plans import Plan

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
        reference: reference oxygen that converted values last agreed on, percent; None before any.
    """

    newest: datetime | None = None
    series: dict[str, SeriesState] = field(default_factory=dict)
    reference: float | None = None


def fold(state: SiteState, rows: Sequence[Measured], plans: Sequence[Plan], conversion: Conversion | None) -> None:
    """Bring the rows of one frame into the state, in place.

    Args:
        rows: rows of one period that came together, with the doubts they are stored with.
        plans: the plan of each.
        conversion: how converted values come about; None where nothing is converted.
    """
    start = rows[0].period_start
    again = state.newest == start
    doubted = False
    for row, plan in zip(rows, plans, strict=True):
        held = state.series.get(row.pollutant)
        if held is None:
            held = state.series[row.pollutant] = SeriesState()
        _fold_row(held, row, plan)
        doubted = doubted or bool(row.qc_facts)
    if state.newest is None or start > state.newest:
        state.newest = start
    if doubted:
        _give_back_shifted(state, rows)
    if conversion is not None:
        reference = conversion.agreed(rows)
        if reference is not None or not again:
            state.reference = reference


def _fold_row(held: SeriesState, row: Measured, plan: Plan) -> None:
    start, value = row.period_start, row.value
    held.seen, held.total, held.sampled_at = start, row.total, row.sampled_at
    if value is None or row.mark not in JUDGED_MARKS:
        return
    figures = (value.quantize(STEP, ROUND_HALF_EVEN), six_places(row.minimum), six_places(row.maximum))
    near = held.start is not None and (start - held.start).total_seconds() <= plan.reach_s
    if not near or figures != held.figures:
        held.since = start
    if value >= 0:
        held.negative_since = None
    elif held.negative_since is None or not near:
        held.negative_since = start
    held.start, held.figures, held.unit = start, figures, row.unit
    if plan.recent:
        held.recent = (*held.recent[1 - plan.recent :], (start, figures[0]))
    if row.qc_facts:
        _fold_doubted(held, row, figures[0])
    else:
        held.sound, held.sound_at, held.back = figures[0], start, None


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
            owner.sound, owner.sound_at, owner.back = six_places(row.value), row.period_start, None


def _told(facts: Facts) -> tuple[Decimal | None, datetime | None]:
    if "sound" not in facts:
        return None, None
    return Decimal(facts["sound"]), datetime.fromisoformat(facts["sound_at"])


def sound_facts(held: SeriesState | None) -> dict[str, str]:
    """The last sound value of a series as facts, so that the state can be made again from the stored row."""
    if held is None or held.sound is None or held.sound_at is None:
        return {}
    return {"sound": plain(held.sound), "sound_at": held.sound_at.isoformat()}


def run_seconds(since: datetime | None, start: datetime, period_s: int, cap_s: int) -> int:
    """Length of a run that ends with the period at `start`, s; no longer than a rule can ask for.

    Args:
        since: start of its first period; None = it begins now.
        period_s: length of the last period, s.
        cap_s: longest run that is judged, s.
    """
    begun = start if since is None else since
    return min(int((start - begun).total_seconds()), cap_s) + period_s
