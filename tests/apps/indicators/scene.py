"""Figures, questions and one row of each kind for the tests of indicators."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.apps.city import NOW, actor

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.indicators.actions.compute_indicator import Wish, compute_indicator
from qingtian.apps.indicators.actions.record_decision import Question, record_decision
from qingtian.apps.indicators.actions.report_figure import FigureDraft, report_figure
from qingtian.apps.indicators.models import DecisionRecord, IndicatorValue, ReportedFigure
from qingtian.domain.indicators import Period, Span
from qingtian.packs import load_packs

INDICATOR_MODELS = (IndicatorValue, ReportedFigure, DecisionRecord)
CITY, DISTRICT = "420100", "420107"
OCTOBER = Period(date(2025, 10, 1), date(2025, 10, 31))
STEWARD = actor(Role.DATA_STEWARD, region=CITY, name="steward")
WINDOW = actor(Role.WINDOW, region=CITY, name="window")
SHOP = {"stove_heat": "500000000", "dining_area": 149, "seats": 76}


def figure(input_: str = "dry", value: Any = "2166", **more: Any) -> FigureDraft:
    """A figure of the recycling rate of October."""
    kept = {"code": "RECYCLE", "region": DISTRICT, "period": OCTOBER, "source": "statistics office"} | more
    return FigureDraft(input=input_, value=value, **kept)


def question(**more: Any) -> Question:
    """Whether a shop needs a secondary purifier."""
    kept = {"table": "catering_purifier", "facts": SHOP, "on": NOW.date(), "region": DISTRICT, "subject": "一号餐馆"}
    return Question(**(kept | more))


def wish(code: str = "RECYCLE", span: Span = Span.MONTH, day: date = date(2025, 10, 15), region: str = CITY) -> Wish:
    """What is to be computed."""
    return Wish(code, span, day, region)


def one_of_each() -> None:
    """A row of every table that only grows."""
    packs = load_packs()
    report_figure(STEWARD, NOW, packs, figure())
    compute_indicator(SYSTEM_ACTOR, NOW, packs, wish())
    record_decision(WINDOW, NOW, packs, question())
