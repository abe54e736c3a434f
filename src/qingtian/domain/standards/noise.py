"""Noise: levels of periods, day-night level, statistical levels, and compliance of a point with its zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import log10

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.numbers import exact, round_gb8170
from qingtian.domain.standards.provenance import RuleRow
from qingtian.domain.standards.statistics import energy_mean, percentile

HOURS = 24  # of a day
EVERY = 100  # percent


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseLimit(RuleRow):
    """Limit of a zone and a period.

    Args:
        place: ambient (GB 3096) or boundary of a plant (GB 12348).
        period: day or night.
        burst: how much a sudden maximum may exceed the limit, in dB; burst_frequent: one that comes often.
    """

    place: str
    zone: str
    period: str
    limit: Decimal
    unit: str
    burst: Decimal | None
    burst_frequent: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseRule(RuleRow):
    """How levels are formed.

    Args:
        day_from: first hour of the day period; night_from: first hour of the night.
        night_addition: added to the night level in the day-night level, in dB.
        digits: decimal places at which a level is compared.
    """

    day_from: int
    night_from: int
    night_addition: Decimal
    digits: int

    @property
    def day_hours(self) -> int:
        """Length of the day period, in hours."""
        return self.night_from - self.day_from


@dataclass(frozen=True, slots=True)
class PeriodLevel:
    """The equivalent level of a period with how many of its hours are there."""

    level: float | None
    have: int
    need: int


@dataclass(frozen=True, slots=True)
class NoiseVerdict:
    """A level held against the limit of its zone.

    Args:
        level: as compared, rounded.
        excess: level less limit, in dB; zero or less is within.
    """

    within: bool
    level: Decimal
    limit: NoiseLimit
    excess: Decimal

    @property
    def clause(self) -> str:
        """Standard and place of the limit."""
        return f"{self.limit.standard} {self.limit.clause}"


def weighted_level(parts: Sequence[tuple[float, float]]) -> float:
    """Equivalent level of parts of different length: `10 lg(sum of t 10^(L / 10) / sum of t)`.

    Args:
        parts: level in dB(A) and length in any unit of time.

    >>> round(weighted_level([(60.0, 1.0), (60.0, 3.0)]), 6)
    60.0
    """
    whole = sum(length for _, length in parts)
    if not parts or whole <= 0 or any(length < 0 for _, length in parts):
        raise InvalidInput("there is no time", field="parts", remedy="give levels with their lengths")
    top = max(level for level, _ in parts)
    return top + 10 * log10(sum(length * 10 ** ((level - top) / 10) for level, length in parts) / whole)


def period_levels(rule: NoiseRule, hours: Mapping[int, Decimal | None]) -> tuple[PeriodLevel, PeriodLevel]:
    """Ld and Ln of one day from its hour levels, as energy means.

    Args:
        hours: Leq by starting hour 0 to 23, dB(A); None or an absent hour is missing.
    Raises:
        InvalidInput: an hour that no day has.
    """
    if strange := [hour for hour in hours if not 0 <= hour < HOURS]:
        raise InvalidInput(f"{strange[0]} is no hour", field="hours", remedy=f"give 0..{HOURS - 1}")
    day = range(rule.day_from, rule.night_from)
    night = [hour for hour in range(HOURS) if hour not in day]
    return _period(hours, list(day)), _period(hours, night)


def _period(hours: Mapping[int, Decimal | None], wanted: list[int]) -> PeriodLevel:
    known = [level for hour in wanted if (level := hours.get(hour)) is not None]
    return PeriodLevel(energy_mean(known) if known else None, len(known), len(wanted))


def day_night_level(rule: NoiseRule, day: float, night: float) -> float:
    """`Ldn = 10 lg((16 10^(Ld / 10) + 8 10^((Ln + 10) / 10)) / 24)` with the hours and the addition of the rule."""
    louder = night + float(rule.night_addition)
    return weighted_level([(day, rule.day_hours), (louder, HOURS - rule.day_hours)])


def exceeded_level(samples: Sequence[Decimal], percent: Decimal) -> Fraction:
    """Level that is exceeded in a share of the time: L10, L50, L90, ...

    Args:
        samples: levels at equal distances in time, dB(A).
        percent: 10 for L10, which is the 90th percentile of the samples.

    >>> exceeded_level([Decimal(n) for n in range(40, 51)], Decimal(10))
    Fraction(49, 1)
    """
    return percentile(samples, EVERY - percent)


def judge_noise(rule: NoiseRule, limit: NoiseLimit, level: Decimal | float) -> NoiseVerdict:
    """Hold Ld or Ln, rounded once, against the limit of its zone; equal to the limit is within."""
    rounded = round_gb8170(exact(level, field="level"), rule.digits)
    excess = rounded - limit.limit
    return NoiseVerdict(excess <= 0, rounded, limit, excess)


def judge_burst(limit: NoiseLimit, maximum: Decimal, *, frequent: bool = False) -> bool:
    """Whether a sudden maximum at night keeps within the limit and what it may exceed it by.

    Args:
        maximum: Lmax, dB(A).
        frequent: it comes often, for which the boundary standard allows less.
    Raises:
        InvalidInput: the row has no such allowance (by day there is none).
    """
    allowance = limit.burst_frequent if frequent else limit.burst
    if allowance is None:
        raise InvalidInput(f"{limit.row_id} allows no burst", field="period", remedy="take the night limit")
    return maximum <= limit.limit + allowance
