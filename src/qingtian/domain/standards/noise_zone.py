"""Compliance of function zones with GB 3096: points by day and by night, counted apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.noise import NoiseLimit, NoiseRule, NoiseVerdict, judge_noise

ALL = 100  # percent


@dataclass(frozen=True, slots=True)
class PointDay:
    """Ld and Ln of one point and day, dB(A); None where the period is missing."""

    zone: str
    day: Decimal | None
    night: Decimal | None


@dataclass(frozen=True, slots=True)
class ZoneCompliance:
    """How many point days of one zone and period meet the limit.

    Args:
        met: within; judged: with a level; missing: without one.
    """

    zone: str
    period: str
    limit: NoiseLimit
    met: int
    judged: int
    missing: int

    @property
    def percent(self) -> Fraction | None:
        """Share that meets the limit, in percent; None where nothing was judged."""
        return Fraction(ALL * self.met, self.judged) if self.judged else None


def zone_compliance(
    rule: NoiseRule, limits: Mapping[tuple[str, str], NoiseLimit], points: Iterable[PointDay]
) -> list[ZoneCompliance]:
    """Compliance by zone and period; day and night are counted apart, never together.

    Args:
        limits: by (zone, period), period being day or night.
    Raises:
        InvalidInput: a zone without a limit.
    """
    found: dict[tuple[str, str], list[NoiseVerdict | None]] = {}
    for point in points:
        for period, level in (("day", point.day), ("night", point.night)):
            limit = limits.get((point.zone, period))
            if limit is None:
                known = ", ".join(sorted({zone for zone, _ in limits}))
                raise InvalidInput(f"there is no zone {point.zone!r}", field="zone", remedy=f"use {known}")
            verdict = None if level is None else judge_noise(rule, limit, level)
            found.setdefault((point.zone, period), []).append(verdict)
    return [_count(key, limits[key], verdicts) for key, verdicts in sorted(found.items())]


def _count(key: tuple[str, str], limit: NoiseLimit, verdicts: list[NoiseVerdict | None]) -> ZoneCompliance:
    judged = [one for one in verdicts if one is not None]
    return ZoneCompliance(*key, limit, sum(one.within for one in judged), len(judged), len(verdicts) - len(judged))
