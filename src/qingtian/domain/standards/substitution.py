"""What stands for the emission of invalid hours (HJ 75): mass only; concentrations are left as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.evaluation import SubstitutionRule

ALL = 100  # percent


@dataclass(frozen=True, slots=True)
class Substitute:
    """The mass that each hour of a gap is given.

    Args:
        kg: of each hour; None where no rule covers the gap, or no valid hour lies before it.
        hours: numbers of the hours of the gap.
        rule: the row that decided.
        looked_back: valid hours that were there to look back on.
    """

    kg: Decimal | Fraction | None
    hours: tuple[int, ...]
    rule: SubstitutionRule | None
    looked_back: int
    reason: str = ""


def capture_percent(valid: int, operated: int) -> Fraction:
    """Share of valid hours among the hours of operation, in percent.

    >>> capture_percent(1900, 2000)
    Fraction(95, 1)
    """
    if operated <= 0 or not 0 <= valid <= operated:
        raise InvalidInput(f"{valid} of {operated} hours", field="valid", remedy="give the hours of operation")
    return Fraction(ALL * valid, operated)


def substitute_gaps(
    hourly_kg: Sequence[Decimal | Fraction | None], capture: Fraction, rules: Sequence[SubstitutionRule]
) -> list[Substitute]:
    """Substitute each run of invalid hours by the largest hourly mass of the valid hours before it.

    Args:
        hourly_kg: mass of each hour of operation, kg; None is an invalid hour.
        capture: of the quarter, percent, see `capture_percent`.
        rules: in force at the date of the data.
    """
    return [_substitute(hourly_kg, gap, capture, rules) for gap in _gaps(hourly_kg)]


def _gaps(hours: Sequence[object | None]) -> list[tuple[int, ...]]:
    gaps: list[list[int]] = []
    for number, value in enumerate(hours):
        if value is not None:
            continue
        if gaps and gaps[-1][-1] == number - 1:
            gaps[-1].append(number)
        else:
            gaps.append([number])
    return [tuple(one) for one in gaps]


def _substitute(
    hours: Sequence[Decimal | Fraction | None],
    gap: tuple[int, ...],
    capture: Fraction,
    rules: Sequence[SubstitutionRule],
) -> Substitute:
    rule = next((one for one in rules if _covers(one, len(gap), capture)), None)
    before = [value for value in hours[: gap[0]] if value is not None]
    if rule is None:
        return Substitute(None, gap, None, len(before), f"no rule covers a capture of {float(capture):.1f} %")
    if not before:
        return Substitute(None, gap, rule, 0, "no valid hour lies before the gap")
    return Substitute(max(before[-rule.valid_hours :]), gap, rule, min(len(before), rule.valid_hours))


def _covers(rule: SubstitutionRule, length: int, capture: Fraction) -> bool:
    below = rule.capture_below is None or capture < rule.capture_below
    upto = rule.hours_to is None or length <= rule.hours_to
    return rule.capture_from <= capture and below and rule.hours_above < length and upto
