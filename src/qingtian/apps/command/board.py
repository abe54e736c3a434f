"""The weekly board: rates of case work by organisation, leader or place, with what each counts and leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from django.db.models import Count, Q, QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.scope import region_prefix
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.rates import POPULATIONS, Rate, Rows, Span, replied_complaints, unreachable
from qingtian.domain.errors import InvalidInput, NotPermitted
from qingtian.domain.indicators.definition import Indicator
from qingtian.domain.indicators.periods import Period
from qingtian.domain.standards.numbers import round_fraction
from qingtian.packs import load_packs
from qingtian.packs.indicators import indicator
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import get_settings

WEEK = timedelta(days=7)
HUNDRED = 100  # a share in per cent
# The indicator of the packs that says what each rate is.
CODES: Mapping[Rate, str] = {
    Rate.ON_TIME: "CASE_ON_TIME",
    Rate.WRITE_OFF: "CASE_WRITE_OFF_DUE",
    Rate.REBOUND: "CASE_REBOUND_WATCHED",
    Rate.FOLLOW_UP: "COMPLAINT_FOLLOW_UP",
    Rate.SATISFACTION: "COMPLAINT_SATISFACTION",
}


class By(StrEnum):
    """What the board is grouped by."""

    ORG = "org"
    LEADER = "leader"
    REGION = "region"


class Part(StrEnum):
    """Which of the things behind a figure."""

    YES = "yes"  # they count above the line
    NO = "no"  # only below it
    MISSING = "missing"  # it cannot be said yet: left out
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Question:
    """Which board.

    Args:
        week: seven days from a Monday.
        template: only cases of this procedure; region_code: only of this place.
    """

    week: Period
    by: By = By.ORG
    template: str = ""
    region_code: str = ""

    @property
    def before(self) -> Question:
        """The same of the week before."""
        return Question(Period(self.week.first - WEEK, self.week.last - WEEK), self.by, self.template, self.region_code)


@dataclass(frozen=True, slots=True)
class Figure:
    """A share as counted: what holds, what does not, what cannot be said."""

    yes: int = 0
    no: int = 0
    missing: int = 0

    @property
    def known(self) -> int:
        """How many are below the line."""
        return self.yes + self.no

    @property
    def exact(self) -> Fraction | None:
        """The share in per cent before rounding; None of nothing."""
        return Fraction(self.yes * HUNDRED, self.known) if self.known else None

    @property
    def coverage(self) -> Fraction | None:
        """Share of the things that could be judged, in per cent; None of nothing."""
        whole = self.known + self.missing
        return Fraction(self.known * HUNDRED, whole) if whole else None

    def value(self, digits: int) -> Decimal | None:
        """The share in per cent, rounded once."""
        return None if self.exact is None else round_fraction(self.exact, digits)

    def __add__(self, other: Figure) -> Figure:
        return Figure(self.yes + other.yes, self.no + other.no, self.missing + other.missing)


@dataclass(frozen=True, slots=True)
class Board:
    """Figures by key of the group and rate, and the unreachable complainants by key; the empty key: nobody named."""

    figures: Mapping[str, Mapping[Rate, Figure]]
    unreachable: Mapping[str, int]

    def total(self, rate: Rate) -> Figure:
        """The figure of all groups together."""
        return sum((row.get(rate, Figure()) for row in self.figures.values()), Figure())


def week_of(day: date) -> Period:
    """The week of a day, from Monday to Sunday.

    >>> str(week_of(date(2025, 11, 26)))
    '2025-11-24..2025-11-30'
    """
    monday = day - timedelta(days=day.weekday())
    return Period(monday, monday + WEEK - timedelta(days=1))


def checked_week(day: date | None, at: datetime) -> Period:
    """The week of a day, this week when none is given.

    Raises:
        InvalidInput: it has not begun.
    """
    today = at.astimezone(SHANGHAI).date()
    week = week_of(day or today)
    if week.first > today:
        raise InvalidInput(f"the week from {week.first} has not begun", field="day", remedy=f"give a day up to {today}")
    return week


def board(actor: Actor, at: datetime, asked: Question) -> Board:
    """The figures of a week, as known at a moment; one question to the database for each rate.

    Raises:
        NotPermitted: the actor is no official.
    """
    require_official(actor)
    found: dict[str, dict[Rate, Figure]] = {}
    for rate in Rate:
        for key, figure in _figures(population(actor, at, asked, rate), asked.by).items():
            found.setdefault(key, {})[rate] = figure
    lost = replied_complaints(_cases(actor, asked), Span(asked.week, at)).filter(unreachable())
    counted = lost.order_by().values(f"by_{asked.by}").annotate(count=Count("pk"))
    return Board(found, {row[f"by_{asked.by}"]: row["count"] for row in counted})


def population(actor: Actor, at: datetime, asked: Question, rate: Rate) -> Rows:
    """The very things that a rate counts, with what became of each, as far as the actor may see them."""
    return POPULATIONS[rate](_cases(actor, asked), Span(asked.week, at))


def behind(actor: Actor, at: datetime, asked: Question, rate: Rate, key: str | None, part: Part) -> Rows:
    """The things behind one figure.

    Args:
        key: of the group; None: of all groups.
    Raises:
        NotPermitted: the actor is no official.
    """
    require_official(actor)
    rows = population(actor, at, asked, rate)
    if key is not None:
        rows = rows.filter(**{f"by_{asked.by}": key})
    match part:
        case Part.YES:
            rows = rows.filter(outcome=True)
        case Part.NO:
            rows = rows.filter(outcome=False)
        case Part.MISSING:
            rows = rows.filter(outcome=None)
    return rows


def rule_of(rate: Rate, on: date) -> Indicator:
    """The indicator of the packs that defines a rate."""
    return indicator(load_packs(), CODES[rate], on, get_settings().city_code)


def require_official(actor: Actor) -> None:
    """Refuse everybody who sees no governance state of a region.

    Raises:
        NotPermitted: says who may.
    """
    if not actor.official_grants:
        raise NotPermitted("only officials see the board", field="actor", remedy="sign in as an official")


def _cases(actor: Actor, asked: Question) -> QuerySet[Case]:
    condition: dict[str, Any] = {"template": asked.template} if asked.template else {}
    if prefix := region_prefix(asked.region_code):
        condition["region_code__startswith"] = prefix
    return Case.objects.visible_to(replace(actor, grants=actor.official_grants)).filter(**condition)


def _figures(rows: Rows, by: By) -> dict[str, Figure]:
    key = f"by_{by}"
    counted = (
        rows.order_by()
        .values(key)
        .annotate(
            yes=Count("pk", filter=Q(outcome=True)),
            no=Count("pk", filter=Q(outcome=False)),
            missing=Count("pk", filter=Q(outcome=None)),
        )
    )
    return {row[key]: Figure(row["yes"], row["no"], row["missing"]) for row in counted}
