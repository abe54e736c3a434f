"""Emissions: conversion to the reference oxygen, the stricter of several limits, and the verdict on a period."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.limits import Comparison, DataMark, MarkEffect, ValidityRule

OXYGEN_OF_AIR = Decimal(21)  # percent; the constant of the conversion formula itself, not a limit


class Verdict(StrEnum):
    """What a judgement says."""

    WITHIN = "within"
    EXCEEDS = "exceeds"
    INVALID = "invalid"  # the value may not decide: marked invalid, or not convertible
    INSUFFICIENT = "insufficient"  # too few data, no value, or an unmarked value
    NOT_APPLICABLE = "not_applicable"  # no limit for it


def to_reference_oxygen(c: Decimal, o2: Decimal, reference: Decimal) -> Fraction | None:
    """Stack concentration at the reference oxygen: `C = C_dry * (21 - O_ref) / (21 - O_meas)` (GB 13271, GB 4915).

    Args:
        c: measured hour mean, dry, standard state.
        o2: measured oxygen, percent.
        reference: reference oxygen of the standard, percent.
    Returns:
        the exact converted concentration; None where the oxygen makes the hour invalid (21 % and more, or negative).

    >>> to_reference_oxygen(Decimal(30), Decimal("8.5"), Decimal(6))
    Fraction(36, 1)
    >>> to_reference_oxygen(Decimal(30), Decimal(21), Decimal(6)) is None
    True
    """
    if not 0 <= reference < OXYGEN_OF_AIR:
        raise InvalidInput(f"{reference} % is no reference oxygen", field="ref", remedy="give 0 <= ref < 21")
    if o2 < 0 or o2 >= OXYGEN_OF_AIR:
        return None
    return Fraction(c) * Fraction(OXYGEN_OF_AIR - reference) / Fraction(OXYGEN_OF_AIR - o2)


@dataclass(frozen=True, slots=True)
class AppliedLimit:
    """A limit that holds for one outlet and item.

    Args:
        limit: in `unit`; reference_o2: percent, None where the value is judged as measured.
        standard, clause: what is cited; rule_row: pack row, empty for a limit that only the permit sets.
        origin: permit or standard.
    """

    item: str
    period: str
    limit: Decimal
    unit: str
    op: Comparison
    standard: str
    clause: str
    rule_row: str = ""
    reference_o2: Decimal | None = None
    origin: str = "standard"
    confidence: str = ""


def stricter(limits: Iterable[AppliedLimit]) -> AppliedLimit:
    """The limit that decides: the strictest of permit and standards; of equal ones the first given.

    Args:
        limits: limits of one item, period, unit and direction.
    Raises:
        InvalidInput: no limit, or limits that cannot be compared.

    >>> permit = AppliedLimit("NOx", "hour", Decimal(80), "mg/m3", Comparison.AT_MOST, "permit", "5.1", origin="permit")
    >>> standard = AppliedLimit("NOx", "hour", Decimal(100), "mg/m3", Comparison.AT_MOST, "GB 13223-2011", "table 1")
    >>> stricter([standard, permit]).origin
    'permit'
    """
    rows = tuple(limits)
    if not rows:
        raise InvalidInput("there is no limit to judge by", field="limits", remedy="name a permit or standard limit")
    if len({(row.item, row.period, row.unit, row.op, row.reference_o2) for row in rows}) > 1:
        raise InvalidInput(
            "the limits differ in item, period, unit, direction or reference oxygen",
            field="limits",
            remedy="compare limits of one kind",
        )
    choose = min if rows[0].op is Comparison.AT_MOST else max
    return choose(rows, key=lambda row: row.limit)


@dataclass(frozen=True, slots=True)
class MeasuredPeriod:
    """One period of one item at one outlet.

    Args:
        value: mean as measured (dry, standard state), in `unit`; None if there is none.
        o2: mean oxygen of the same period, percent.
        reported_converted: the converted mean that the device sent (Zs), used where it sent no oxygen.
        mark: data mark of the period with its effect; oxygen_mark that of the oxygen.
        valid_count: valid minutes (of an hour) or hours (of a day); None where the source does not say.
    """

    value: Decimal | None
    unit: str
    mark: DataMark
    o2: Decimal | None = None
    oxygen_mark: DataMark | None = None
    reported_converted: Decimal | None = None
    valid_count: int | None = None


@dataclass(frozen=True, slots=True)
class EmissionVerdict:
    """The judgement of one period by one limit.

    Args:
        value: exactly what was held against the limit; None where nothing was.
        multiple: value / limit - 1 for an exceedance.
        conversion: "", "oxygen" (converted here) or "device" (converted by the device).
        reason: stable word for why it does not decide; empty for within and exceeds.
        rows: pack rows that it rests on.
    """

    verdict: Verdict
    limit: AppliedLimit
    value: Fraction | None
    measured: Decimal | None
    conversion: str = ""
    reason: str = ""
    multiple: Fraction | None = None
    rows: tuple[str, ...] = ()
    have: int | None = None
    need: int | None = None
    inputs: dict[str, str] = field(default_factory=dict)


def judge_emission(
    measured: MeasuredPeriod, limit: AppliedLimit, validity: ValidityRule | None = None, *, february: bool = False
) -> EmissionVerdict:
    """Hold one period against one limit.

    A value whose mark is invalid never decides; only N counts as valid by itself; a value equal to the limit is within.

    Args:
        measured: the period.
        limit: the deciding limit, see `stricter`.
        validity: fewest minutes or hours that make the period valid; None to leave that to the mark.
        february: use the minimum of that month.
    Raises:
        InvalidInput: value and limit have different units.
    """
    if measured.unit != limit.unit:
        raise InvalidInput(
            f"the value is in {measured.unit}, the limit in {limit.unit}", field="unit", remedy="convert the value"
        )
    need = _need(validity, february=february)
    blocked = _blocked(measured, limit, need)
    value, conversion = (None, "") if blocked else _to_judge(measured, limit)
    if not blocked and value is None:
        blocked = (Verdict.INVALID, "oxygen_not_convertible" if measured.o2 is not None else "oxygen_missing")
    within = value is not None and _within(limit, value)
    verdict, reason = blocked or (Verdict.WITHIN if within else Verdict.EXCEEDS, "")
    return EmissionVerdict(
        verdict=verdict,
        limit=limit,
        value=value,
        measured=measured.value,
        conversion=conversion,
        reason=reason,
        multiple=value / Fraction(limit.limit) - 1 if verdict is Verdict.EXCEEDS and value and limit.limit else None,
        rows=_rows(measured, limit, validity),
        have=measured.valid_count,
        need=need,
        inputs=_inputs(measured, limit),
    )


def _blocked(measured: MeasuredPeriod, limit: AppliedLimit, need: int | None) -> tuple[Verdict, str] | None:
    if measured.mark.effect is MarkEffect.INVALID:
        return Verdict.INVALID, "marked_invalid"
    converted = measured.reported_converted if limit.reference_o2 is not None else None
    if measured.value is None and converted is None:
        return Verdict.INSUFFICIENT, "no_value"
    if need is not None and measured.valid_count is not None and measured.valid_count < need:
        return Verdict.INSUFFICIENT, "too_few_valid"
    if measured.mark.effect is MarkEffect.UNMARKED:
        return Verdict.INSUFFICIENT, "unmarked"
    return None


def _to_judge(measured: MeasuredPeriod, limit: AppliedLimit) -> tuple[Fraction | None, str]:
    if limit.reference_o2 is None:
        return (None if measured.value is None else Fraction(measured.value)), ""
    oxygen_valid = measured.oxygen_mark is None or measured.oxygen_mark.effect is MarkEffect.VALID
    if measured.value is not None and measured.o2 is not None and oxygen_valid:
        return to_reference_oxygen(measured.value, measured.o2, limit.reference_o2), "oxygen"
    if measured.reported_converted is not None:
        return Fraction(measured.reported_converted), "device"
    return None, ""


def _within(limit: AppliedLimit, value: Fraction) -> bool:
    bound = Fraction(limit.limit)
    return value <= bound if limit.op is Comparison.AT_MOST else value >= bound


def _need(validity: ValidityRule | None, *, february: bool) -> int | None:
    if validity is None:
        return None
    return validity.minimum_february if february and validity.minimum_february else validity.minimum


def _rows(measured: MeasuredPeriod, limit: AppliedLimit, validity: ValidityRule | None) -> tuple[str, ...]:
    oxygen = measured.oxygen_mark.row_id if measured.oxygen_mark else ""
    named = (limit.rule_row, measured.mark.row_id, oxygen, validity.row_id if validity else "")
    return tuple(dict.fromkeys(row for row in named if row))


def _inputs(measured: MeasuredPeriod, limit: AppliedLimit) -> dict[str, str]:
    given = {
        "value": measured.value,
        "o2": measured.o2,
        "reference_o2": limit.reference_o2,
        "reported_converted": measured.reported_converted,
    }
    texts = {name: format(number, "f") for name, number in given.items() if number is not None}
    return {**texts, "mark": measured.mark.mark, "unit": measured.unit}
