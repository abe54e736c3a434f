"""Quality control of one frame: every check, and the state afterwards."""

from __future__ import annotations

from collections.abc import Sequence

from qingtian.domain.quality.causes import Cause, Doubt
from qingtian.domain.quality.measured import Measured
from qingtian.domain.quality.plans import FramePlan, QualityRules
from qingtian.domain.quality.relations import check_relations
from qingtian.domain.quality.shift import check_shift
from qingtian.domain.quality.single import check_value
from qingtian.domain.quality.state import SiteState

# What a shift of columns or a wrong unit explains is not named beside it.
EXPLAINED = {
    Cause.COLUMN_SHIFT: (
        Cause.OUT_OF_RANGE,
        Cause.JUMP,
        Cause.UNIT_SLIP,
        Cause.PM25_ABOVE_PM10,
        Cause.TOTAL_MISMATCH,
        Cause.CONVERSION_MISMATCH,
    ),
    Cause.UNIT_SLIP: (Cause.PM25_ABOVE_PM10, Cause.TOTAL_MISMATCH),
}


def screen(
    rules: QualityRules, plan: FramePlan, rows: Sequence[Measured], state: SiteState, cycle: str
) -> dict[int, list[Doubt]]:
    """Doubts by position in the frame; positions without any are left out. The state is not changed.

    Args:
        plan: the plan of this shape of frame, from `rules.frame_plan`.
        rows: values of one site and period that came together.
        state: the site before them.
        cycle: realtime, minute, hour or day.
    """
    found: dict[int, list[Doubt]] = {}
    series = state.series
    burning = not plan.stack
    if plan.stack and plan.conversion is not None:
        burning = plan.conversion.measured(rows) is not None
    for index, (row, own) in enumerate(zip(rows, plan.plans, strict=True)):
        doubts = check_value(rules, own, row, series.get(row.pollutant), burning=burning, cycle=cycle)
        if doubts:
            found[index] = doubts
    if plan.related:
        for index, doubts in check_relations(plan, rows, state).items():
            found.setdefault(index, []).extend(doubts)
        if plan.columns:
            for index, doubt in check_shift(plan, rows, state).items():
                found.setdefault(index, []).append(doubt)
    return {index: _telling(doubts) for index, doubts in found.items()} if found else found


def _telling(doubts: list[Doubt]) -> list[Doubt]:
    causes = {one.cause for one in doubts}
    explained = {cause for by, those in EXPLAINED.items() if by in causes for cause in those}
    return [one for one in doubts if one.cause not in explained]
