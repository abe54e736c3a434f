"""When quality control is certain to find nothing: the checks of `domain.quality`, over many frames at once.

Every limit errs on the side of looking closer: a frame that is not calm here is looked at again, figure by figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import numpy as np

from qingtian.domain.quality.plans import FramePlan, Plan
from qingtian.domain.quality.shift import MOVED

MICROS = 1_000_000
FAR = 2**62  # beyond every figure in millionths, and every length in us
HAIR = 1e-9  # relative width within which a quotient may be rounded to either side of a limit
Figures = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two columns of which the first is part of the second: at most `tolerance` millionths above it."""

    part: int
    whole: int
    tolerance: int


@dataclass(frozen=True, slots=True)
class CalmPlan:
    """Limits per column, in millionths of its unit.

    Args:
        low, high: range.
        rate, rate_factor: a step of at most `rate`, or to at most `rate_factor` times, is no jump.
        zero_us, run_us: longest run of zeros, of other equal figures, us.
        slips: per other unit: factor, and the usual band of each column (NaN where it has none).
        pairs: relations between columns.
        columns: whether a shift of columns is looked for.
        reach_us, lookback_us, period_us: longest gap of a run, longest run that is judged, length of a period, us.
        converts: whether frames of this kind tell a reference oxygen.
    """

    low: Figures
    high: Figures
    rate: Figures
    rate_factor: Figures
    zero_us: Figures
    run_us: Figures
    slips: tuple[tuple[Figures, Figures, Figures], ...]
    pairs: tuple[Pair, ...]
    columns: bool
    reach_us: int
    lookback_us: int
    period_us: int
    converts: bool

    def calm(
        self, values: Figures, minima: Figures, maxima: Figures, before: Figures, running: Figures, since_us: Figures
    ) -> Figures:
        """Which frames give no reason to doubt.

        Args:
            values, minima, maxima: figures of this frame, per frame and column.
            before: values of the frame before.
            running: figures that repeat the ones before, without a gap between.
            since_us: how long ago their run began, us.
        """
        well = (values >= self.low) & (values <= self.high) & (minima <= values) & (maxima >= values)
        large, small = np.maximum(values, before), np.minimum(values, before)
        well &= (large - small <= self.rate) | (large <= self.rate_factor * small * (1 - HAIR))
        length = np.minimum(since_us, self.lookback_us) + self.period_us
        well &= ~running | (length <= np.where(values == 0, self.zero_us, self.run_us))
        for factor, low, high in self.slips:
            mended = values / factor
            usual = (values == 0) | ((values >= low) & (values <= high))
            elsewhere = (mended < low * (1 - HAIR)) | (mended > high * (1 + HAIR))
            well &= np.isnan(low) | usual | elsewhere
        calm: Figures = np.all(well, axis=1)
        for pair in self.pairs:
            calm &= values[:, pair.part] - values[:, pair.whole] <= pair.tolerance
        if self.columns:
            moved = (values != before) & (large >= float(MOVED) * small * (1 - HAIR))
            calm &= moved.sum(axis=1) < 2
        return calm


def calm_plan(plan: FramePlan, period_s: int) -> CalmPlan | None:
    """The limits of a shape of frame; None where values of other frames or moments are needed."""
    if plan.of_day or plan.means or any(one.recent for one in plan.plans):
        return None
    codes = [one.pollutant for one in plan.plans]
    pairs = []
    for relation in plan.not_above:
        part, whole = relation.items
        if part not in codes or whole not in codes:
            return None  # the other one may stand in another frame of the same moment
        first, second = codes.index(part), codes.index(whole)
        if plan.plans[first].unit == plan.plans[second].unit:
            pairs.append(Pair(first, second, _floor(relation.tolerance or Decimal(0))))
    plans = plan.plans
    return CalmPlan(
        low=_ints(_ceiling(one.low) if one.high is not None and one.low is not None else -FAR for one in plans),
        high=_ints(FAR if one.high is None else _floor(one.high) for one in plans),
        rate=_ints(FAR if one.rate is None else _floor(one.rate) for one in plans),
        rate_factor=np.array([float(one.rate_factor) for one in plans]),
        zero_us=_ints(one.zero_s * MICROS if one.zero_s else FAR for one in plans),
        run_us=_ints(_shortest(one) for one in plans),
        slips=_slips(plans),
        pairs=tuple(pairs),
        columns=bool(plan.columns),
        reach_us=int(plans[0].reach.total_seconds()) * MICROS,
        lookback_us=plans[0].lookback_s * MICROS,
        period_us=period_s * MICROS,
        converts=plan.conversion is not None,
    )


def _shortest(plan: Plan) -> int:
    limits = [band.limit_s for band in plan.bands if band.limit_s]
    return min(limits) * MICROS if limits else FAR


def _slips(plans: tuple[Plan, ...]) -> tuple[tuple[Figures, Figures, Figures], ...]:
    found = []
    for number in range(max((len(one.slips) for one in plans), default=0)):
        own = [one.slips[number] if number < len(one.slips) else None for one in plans]
        found.append(
            (
                np.array([1.0 if slip is None else float(slip.factor) for slip in own]),
                np.array([np.nan if slip is None else float(slip.low) * MICROS for slip in own]),
                np.array([np.nan if slip is None else float(slip.high) * MICROS for slip in own]),
            )
        )
    return tuple(found)


def _ints(values: Any) -> Figures:
    return np.array(list(values), dtype=np.int64)


def _floor(value: Decimal) -> int:
    return int((value * MICROS).to_integral_value(ROUND_FLOOR))


def _ceiling(value: Decimal) -> int:
    return int((value * MICROS).to_integral_value(ROUND_CEILING))
