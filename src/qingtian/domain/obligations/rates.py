"""Rates of the obligation engine (domain model, section 6), exact until the one rounding at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from qingtian.domain.errors import InvalidInput
from qingtian.domain.obligations.states import State
from qingtian.domain.standards.numbers import round_fraction
from qingtian.domain.standards.statistics import percentile

PERCENT = 100
DIGITS = 1
MEDIAN, HIGH = Decimal(50), Decimal(95)  # the two that section 6 names


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of counts.

    >>> Rate(648, 684).percent, Rate(0, 0).percent
    (Decimal('94.7'), None)
    """

    part: int
    whole: int

    @property
    def exact(self) -> Fraction | None:
        """The share, 0 to 1; None where there is nothing to take it of."""
        return Fraction(self.part, self.whole) if self.whole else None

    @property
    def percent(self) -> Decimal | None:
        """The share in percent, one digit (GB/T 8170)."""
        return None if self.exact is None else round_fraction(self.exact * PERCENT, DIGITS)


@dataclass(frozen=True, slots=True)
class Tally:
    """Occurrences whose last moment lies in a period, by what became of them.

    Args:
        planned: of these the ones that are still to come.
    """

    planned: int = 0
    done: int = 0
    late: int = 0
    missed: int = 0
    waived: int = 0

    @property
    def due(self) -> int:
        """Those that count: their moment has come and they are not waived."""
        return self.done + self.late + self.missed

    @property
    def completion(self) -> Rate:
        """(done + late) / due."""
        return Rate(self.done + self.late, self.due)

    @property
    def on_time(self) -> Rate:
        """done / due."""
        return Rate(self.done, self.due)

    @property
    def coverage(self) -> Rate:
        """How many of the occurrences of the period are decided: the rest is still to come."""
        return Rate(self.due, self.due + self.planned)


def tally(states: Iterable[State]) -> Tally:
    """Count occurrences by state.

    >>> tally([State.DONE] * 46 + [State.LATE, State.MISSED, State.WAIVED]).completion.percent
    Decimal('97.9')
    """
    counts = dict.fromkeys(State, 0)
    for state in states:
        counts[state] += 1
    return Tally(**{state.value: count for state, count in counts.items()})


@dataclass(frozen=True, slots=True)
class Transmission:
    """Hours of a stream: due, received and valid, and within an approved shutdown.

    Both rates are shown beside each other, so that nobody gains by reporting a shutdown without it being seen.

    Args:
        due_h: hours that should be sent if nothing were shut down.
        received_h: valid hours received, all of them.
        shutdown_h: of the due hours those within an approved shutdown.
        received_in_shutdown_h: of the valid hours those within it; they are taken off on both sides.
    """

    due_h: int
    received_h: int
    shutdown_h: int = 0
    received_in_shutdown_h: int = 0

    def __post_init__(self) -> None:
        sound = 0 <= self.received_in_shutdown_h <= min(self.shutdown_h, self.received_h)
        if not sound or not self.shutdown_h <= self.due_h or not self.received_h <= self.due_h:
            raise InvalidInput("hours do not add up", field="hours", remedy="received and shutdown are part of due")

    @property
    def raw(self) -> Rate:
        """received / due."""
        return Rate(self.received_h, self.due_h)

    @property
    def running(self) -> Rate:
        """The same without the hours of approved shutdown.

        >>> hours = Transmission(due_h=720, received_h=648, shutdown_h=36)
        >>> hours.running.percent, hours.raw.percent
        (Decimal('94.7'), Decimal('90.0'))
        """
        return Rate(self.received_h - self.received_in_shutdown_h, self.due_h - self.shutdown_h)

    def __add__(self, other: Transmission) -> Transmission:
        return Transmission(
            self.due_h + other.due_h,
            self.received_h + other.received_h,
            self.shutdown_h + other.shutdown_h,
            self.received_in_shutdown_h + other.received_in_shutdown_h,
        )


def delay_figures(minutes: Sequence[int]) -> tuple[Decimal, Decimal] | None:
    """Median and 95th percentile of upload delays in minutes; None without any.

    >>> delay_figures([5, 5, 6, 90])
    (Decimal('5.5'), Decimal('77.4'))
    """
    if not minutes:
        return None
    values = [Decimal(one) for one in minutes]
    return round_fraction(percentile(values, MEDIAN), DIGITS), round_fraction(percentile(values, HIGH), DIGITS)


def attendance(sessions: Iterable[Iterable[str]]) -> tuple[int, int]:
    """Attendances of some sessions, and how many different persons that were.

    >>> attendance([["a", "b"], ["b", "c"]])
    (4, 3)
    """
    lists = [list(one) for one in sessions]
    return sum(len(one) for one in lists), len({person for one in lists for person in one})
