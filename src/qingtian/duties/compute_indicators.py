"""Indicators of the city: each once a day for every period that it is computed for; unchanged inputs add nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.indicators.actions.compute_index import compute_index
from qingtian.apps.indicators.actions.compute_indicator import Wish, compute_indicator
from qingtian.apps.indicators.gathering import Known
from qingtian.apps.indicators.models import IndicatorValue, ReportedFigure
from qingtian.domain.errors import QingtianError
from qingtian.domain.indicators.graph import in_order, rests_on
from qingtian.domain.indicators.periods import Period, Span, before, period_of
from qingtian.domain.indicators.tree import score
from qingtian.duties.duty import DutyContext, DutyReport
from qingtian.packs import load_packs
from qingtian.packs.indicators import INDEX_TREES, indicators
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import get_settings

INDEX_SPANS = (Span.MONTH, Span.TO_DATE)
STILL_OPEN = timedelta(days=7)  # how long after its end a period is computed again


def compute_indicators(context: DutyContext) -> DutyReport:
    """Indicators in the order in which they rest on each other, then the composite indices.

    A period that ended within the last days is computed again, for data arrive late.
    """
    packs, region = load_packs(), get_settings().city_code
    report = DutyReport()
    yesterday = context.now.astimezone(SHANGHAI).date() - timedelta(days=1)
    known = {row.code: row for row in indicators(packs, yesterday, region)}
    given: Known = {}
    reported = set(ReportedFigure.objects.values_list("code", flat=True))
    for code in in_order({code: rests_on(row) for code, row in known.items()}):
        # What rests on reported figures alone, and has none, is shown as such without a row a day.
        if code not in reported and not any(one.source for one in known[code].inputs):
            continue
        for span in known[code].spans:
            for day in _days(yesterday, span):
                _note(report, Wish(code, span, day, region), partial(_indicator, context, given))
    for tree in packs.in_force(INDEX_TREES, yesterday, region):
        # A tree of other figures than the city's indicators, such as the credit of one enterprise, is not for the city.
        if not any(one.node.indicator in known for one in score(tree, {}).walk()):
            continue
        for span in INDEX_SPANS:
            for day in _days(yesterday, span):
                _note(report, Wish(tree.code, span, day, region), partial(_index, context))
    return report


def _days(yesterday: date, span: Span) -> Iterator[date]:
    """A day of each period to compute: the one that runs, and the one before while late data may still reach it."""
    running = period_of(yesterday, span)
    if span is not Span.TO_DATE:
        ended: Period = before(running)
        if yesterday - ended.last <= STILL_OPEN:
            yield ended.last
    yield yesterday


def _indicator(context: DutyContext, given: Known, wish: Wish) -> tuple[IndicatorValue, bool]:
    return compute_indicator(SYSTEM_ACTOR, context.now, load_packs(), wish, known=given)


def _index(context: DutyContext, wish: Wish) -> tuple[IndicatorValue, bool]:
    return compute_index(SYSTEM_ACTOR, context.now, load_packs(), wish)


def _note(report: DutyReport, wish: Wish, compute: Callable[[Wish], tuple[IndicatorValue, bool]]) -> None:
    try:
        row, new = compute(wish)
    except QingtianError as error:
        report.notes.append(f"{wish.code} {wish.span}: {error}")
        return
    report.judged += int(new and bool(row.value))
