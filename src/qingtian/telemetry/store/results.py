"""What a store answers besides rows: what was touched, what expired, statistics of many series."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qingtian.telemetry.store.port import Cycle, Observation


@dataclass(frozen=True, slots=True)
class Expired:
    """What retention took away.

    Args:
        days: whole legal days whose rows of the cycle are gone.
    """

    cycle: Cycle
    rows: int = 0
    days: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Touched:
    """Periods of one series that a change touched: first <= period_start <= last.

    Args:
        rows: number of rows that came or went.
    """

    site: str
    pollutant: str
    cycle: Cycle
    first: datetime
    last: datetime
    rows: int


@dataclass(frozen=True, slots=True)
class Arrived:
    """A site and a period that rows arrived for; `newest`: the last arrival."""

    site: str
    period_start: datetime
    newest: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """What the register calls a site: handed in, because the store lies below the register."""

    name: str
    region: str


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit to count exceedances of.

    Args:
        bound: in the unit of the values.
        below: values below it are the bad ones (dissolved oxygen).
        converted: compare the converted value (reference oxygen).
    """

    site: str
    pollutant: str
    bound: Decimal
    below: bool = False
    converted: bool = False


@dataclass(frozen=True, slots=True)
class SeriesExceedances:
    """How a series stood against its bound.

    Args:
        times: valid periods beyond the bound; judged: valid periods.
        worst: the value farthest beyond, in `unit`; worst_at: when.
        first, last: first and last period beyond it.
    """

    site: str
    pollutant: str
    place: Place
    bound: Decimal
    below: bool
    unit: str
    times: int
    judged: int
    worst: Decimal
    worst_at: datetime
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class PlaceSummary:
    """Valid values of one pollutant in one region.

    Args:
        mean: mean of the means of its sites, at six decimals, in `unit`.
        highest: site of the largest value.
    """

    region: str
    pollutant: str
    unit: str
    sites: int
    values: int
    mean: Decimal
    least: Decimal
    most: Decimal
    highest: str


@dataclass(frozen=True, slots=True)
class Sampled:
    """Some rows of a series that show its course.

    Args:
        of: how many rows with a value there are.
        gaps: rows without a value; they are not drawn.
    """

    rows: list[Observation]
    of: int
    gaps: int
