"""Quality control over frames of one site, as the ingest does it, without a store."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from bench.quality.real import Frame, Value
from qingtian.domain.quality import Doubt, QualityRules, SiteState, causes_of, fold, pack_doubts, screen
from qingtian.packs.quality import quality_rules

DAY = date(2019, 1, 1)


def run(
    frames: Iterable[Frame], medium: str, *, cycle: str = "hour", rules: QualityRules | None = None
) -> list[tuple[Value, list[Doubt]]]:
    """Screen frames in order; returns every value with its doubts, in copies."""
    rules = rules or quality_rules(DAY)
    state, found = SiteState(), []
    for original in frames:
        frame = [copy.copy(one) for one in original]
        plan = rules.frame_plan(medium, cycle, tuple((one.pollutant, one.unit) for one in frame))
        doubts = screen(rules, plan, frame, state, cycle)
        for index, those in doubts.items():
            frame[index].qc, frame[index].qc_facts = causes_of(those), pack_doubts(those)
        fold(state, frame, plan.plans, plan.conversion)
        found.extend((one, doubts.get(index, [])) for index, one in enumerate(frame))
    return found


def rates(screened: Sequence[tuple[Value, list[Doubt]]]) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """Values per pollutant, and doubted values per (cause, pollutant)."""
    values = Counter(one.pollutant for one, _ in screened)
    doubted = Counter((doubt.cause.value, one.pollutant) for one, doubts in screened for doubt in doubts)
    return values, doubted
