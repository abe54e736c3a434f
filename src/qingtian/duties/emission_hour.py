"""One hour of one outlet as judgements: which limit decides, which value is held against it, and why if none is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

from qingtian.apps.judgements.judged import Judged
from qingtian.apps.judgements.states import Question, Verdict
from qingtian.domain.errors import QingtianError
from qingtian.domain.standards.emission import (
    AppliedLimit,
    EmissionVerdict,
    MeasuredPeriod,
    judge_emission,
    stricter,
)
from qingtian.domain.standards.limits import Comparison, DataMark, EmissionLimit
from qingtian.duties.sites import Site
from qingtian.packs import Packs
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store.port import Cycle, Observation

OXYGEN = "a19001"
STEP = Decimal("0.000001")
PERMIT_STANDARD = "排污许可证 / discharge permit"
REASONS: Mapping[str, tuple[str, str]] = {
    "marked_invalid": ("数据标记为{mark}({mark_zh})，不用于判定超标", "marked {mark} ({mark_en}): not used to decide"),
    "unmarked": ("数据无标记，不能视为有效", "the value carries no mark and does not count as valid"),
    "no_value": ("没有数值", "there is no value"),
    "too_few_valid": ("有效数据不足", "too few valid data"),
    "oxygen_missing": ("缺少有效含氧量，无法折算", "no valid oxygen value to convert with"),
    "oxygen_not_convertible": ("含氧量无法用于折算", "the oxygen value cannot be used for the conversion"),
    "not_a_whole_hour": (
        "时段不在整点，疑为设备时钟错误",
        "the period is no whole hour or day: the device clock may be off",
    ),
    "unit_differs": ("数据单位与限值单位不同", "the value and the limit have different units"),
}


def judge_outlet_hour(
    packs: Packs, site: Site, hour: datetime, rows: Mapping[str, Observation], *, on: date | None = None
) -> Iterator[Judged]:
    """A judgement for every permitted hour limit whose pollutant has a row in the hour.

    Args:
        site: an outlet; its attributes hold the permit limits and the reference oxygen.
        rows: rows of the hour by pollutant code.
        on: day whose rules judge; the day of the data where none is given.
    """
    day = on or hour.astimezone(SHANGHAI).date()
    for pollutant, permits in permits_of(site, "hour", day).items():
        row = rows.get(pollutant)
        if row is None:
            continue
        limits = [deciding_limit(packs, site, permit, day) for permit in permits]
        yield decisive([judge_row(packs, site, row, rows.get(OXYGEN), limit, day) for limit in limits])


def permits_of(site: Site, cycle: str, on: date) -> dict[str, list[Mapping[str, Any]]]:
    """Permit limits of an outlet in force on a day, by pollutant; of one direction only the strictest."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for permit in site.attributes.get("permit_limits", ()):
        if permit["cycle"] != cycle or not _permitted_on(permit, on):
            continue
        op = str(permit.get("op", "<="))
        held = found.setdefault(permit["pollutant"], {}).setdefault(op, permit)
        limit, other = Decimal(permit["limit"]), Decimal(held["limit"])
        if limit < other if op == "<=" else limit > other:
            found[permit["pollutant"]][op] = permit
    return {pollutant: list(by_op.values()) for pollutant, by_op in found.items()}


def decisive(answers: Sequence[Judged]) -> Judged:
    """Of answers of one period by limits of both directions (pH 6 to 9) the one that is over; else the first."""
    return next((one for one in answers if one.verdict is Verdict.EXCEEDS), answers[0])


def judged_pollutants(site: Site, cycle: str = "hour") -> frozenset[str]:
    """Pollutants of an outlet that its permit limits by the hour, or by the day."""
    limits = site.attributes.get("permit_limits", ())
    return frozenset(permit["pollutant"] for permit in limits if permit["cycle"] == cycle)


def deciding_limit(packs: Packs, site: Site, permit: Mapping[str, Any], on: date) -> AppliedLimit:
    """The strictest of the permit's limit, the pack row it names, and what the region sets for the same case.

    Args:
        on: day whose rules judge.
    """
    reference = _reference(site, permit)
    op = Comparison(permit.get("op", "<="))
    own = AppliedLimit(
        item=permit["pollutant"],
        period=str(permit["cycle"]),
        limit=Decimal(permit["limit"]),
        unit=permit["unit"],
        op=op,
        standard=PERMIT_STANDARD,
        clause=str(permit.get("clause") or f"{site.code} {permit['pollutant']}"),
        rule_row=f"permit:{site.code}:{permit['pollutant']}",
        reference_o2=reference,
        origin="permit",
        confidence="registered permit",
    )
    rows = _pack_limits(packs, str(permit.get("rule_row", "")), on, site.object.region_code)
    standards = [_applied(row, own, reference) for row in rows if (row.unit, row.op) == (own.unit, own.op)]
    # Of equal limits the standard is cited: it is listed first.
    return stricter([*standards, own])


def _permitted_on(permit: Mapping[str, Any], on: date) -> bool:
    first, last = permit.get("valid_from"), permit.get("valid_to")
    return (not first or date.fromisoformat(first) <= on) and (not last or on <= date.fromisoformat(last))


def _pack_limits(packs: Packs, row_id: str, on: date, region: str) -> tuple[EmissionLimit, ...]:
    if not row_id:
        return ()
    try:
        return packs.deciding_limits(row_id, on, region or "CN")
    except QingtianError:
        return ()


def _applied(row: EmissionLimit, own: AppliedLimit, reference: Decimal | None) -> AppliedLimit:
    return AppliedLimit(
        item=own.item,
        period=own.period,
        limit=row.limit,
        unit=row.unit,
        op=row.op,
        standard=row.standard,
        clause=row.clause,
        rule_row=row.row_id,
        reference_o2=reference,
        confidence=row.confidence,
    )


def _reference(site: Site, permit: Mapping[str, Any]) -> Decimal | None:
    reference = site.attributes.get("reference_o2")
    converted = permit.get("converted", bool(reference))
    return Decimal(str(reference)) if converted and reference else None


def judge_row(
    packs: Packs,
    site: Site,
    row: Observation,
    oxygen: Observation | None,
    limit: AppliedLimit,
    day: date,
    *,
    question: Question = Question.EMISSION_LIMIT,
) -> Judged:
    """One stored mean of an outlet by the limit that decides.

    Args:
        oxygen: oxygen of the same period, to convert with.
        day: day whose rules say what marks mean.
    """
    mark = packs.data_mark(row.mark, day)
    oxygen_mark = packs.data_mark(oxygen.mark, day) if oxygen is not None else None
    result, reason = _decide(row, oxygen, oxygen_mark, limit, mark)
    value = decimal_of(result.value) if result is not None else None
    verdict = Verdict(result.verdict.value) if result is not None else Verdict.NOT_APPLICABLE
    if reason == "not_a_whole_hour":
        verdict, value = Verdict.INVALID, None
    return Judged(
        object_id=site.object.pk,
        question=question,
        item=row.pollutant,
        cycle=row.cycle.value,
        period_start=row.period_start,
        verdict=verdict,
        standard=limit.standard,
        clause=limit.clause,
        rule_row=limit.rule_row,
        confidence=limit.confidence,
        known_at=max(row.received_at, oxygen.received_at) if oxygen is not None else row.received_at,
        value=value,
        unit=limit.unit,
        limit=limit.limit,
        inputs=_inputs(row, oxygen, limit, result, _reason(reason, mark)),
        coverage={"mark": row.mark, "origin": row.origin.value, "valid": row.valid},
        simulated=row.simulated,
    )


def _decide(
    row: Observation, oxygen: Observation | None, oxygen_mark: DataMark | None, limit: AppliedLimit, mark: DataMark
) -> tuple[EmissionVerdict | None, str]:
    if row.unit != limit.unit:
        return None, "unit_differs"
    measured = MeasuredPeriod(
        value=row.value,
        unit=row.unit,
        mark=mark,
        o2=oxygen.value if oxygen is not None else None,
        oxygen_mark=oxygen_mark,
        reported_converted=row.converted,
    )
    result = judge_emission(measured, limit)
    if not result.reason and not _whole(row):
        return result, "not_a_whole_hour"
    return result, result.reason


def _whole(row: Observation) -> bool:
    local = row.period_start.astimezone(SHANGHAI)
    return not (local.minute or local.second or (row.cycle is Cycle.DAY and local.hour))


def _inputs(
    row: Observation,
    oxygen: Observation | None,
    limit: AppliedLimit,
    result: EmissionVerdict | None,
    reason: dict[str, str] | None,
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "measured": plain(row.value),
        "unit": row.unit,
        "mark": row.mark,
        "version": row.version,
        "limit_origin": limit.origin,
    }
    if limit.reference_o2 is not None:
        found |= {
            "reference_o2": plain(limit.reference_o2),
            "oxygen": plain(oxygen.value) if oxygen is not None else None,
            "converted_by_device": plain(row.converted),
            "converted_by": "device" if result is not None and result.conversion == "device" else "platform",
        }
    if reason is not None:
        found["reason"] = reason
    return found


def _reason(code: str, mark: DataMark) -> dict[str, str] | None:
    if not code:
        return None
    zh, en = REASONS[code]
    names = {"mark": mark.mark, "mark_zh": mark.meaning_zh, "mark_en": mark.meaning_en}
    return {"code": code, "zh": zh.format(**names), "en": en.format(**names)}


def decimal_of(value: Fraction | None) -> Decimal | None:
    """An exact figure as it is stored: six places."""
    if value is None:
        return None
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(STEP, rounding=ROUND_HALF_EVEN)


def plain(value: Decimal | None) -> str | None:
    """A figure without trailing zeros or exponent."""
    return None if value is None else format(value.normalize(), "f")
