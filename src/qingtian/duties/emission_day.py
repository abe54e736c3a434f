"""One day of one outlet as judgements: the device's own day mean, or the mean of its hours, against the day limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from qingtian.apps.judgements.judged import Judged
from qingtian.apps.judgements.states import Question, Verdict
from qingtian.domain.standards.emission import AppliedLimit, to_reference_oxygen
from qingtian.domain.standards.emission_day import DayMean, HourOfDay, air_day_mean, water_day_mean
from qingtian.domain.standards.limits import Comparison, MarkEffect
from qingtian.duties.emission_hour import (
    OXYGEN,
    deciding_limit,
    decimal_of,
    decisive,
    judge_row,
    permits_of,
    plain,
)
from qingtian.duties.sites import Site
from qingtian.packs import Packs
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store.port import Observation, Origin

FLOWS = {"water": "w00000", "air": "a00000"}
NOT_WEIGHED = frozenset({"w01001", "w01010"})  # pH and temperature
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
DAY_HOURS = DAY // HOUR
FEW = ("有效小时数不足：{have}/{of}，至少{need}", "too few valid hours: {have} of {of}, {need} needed")
NONE = ("当日没有排放（流量为零）", "nothing was discharged that day (no flow)")


@dataclass(slots=True)
class DayRows:
    """Rows of one outlet and day.

    Args:
        hours: hour rows by pollutant; day: the device's own day row by pollutant.
    """

    hours: dict[str, list[Observation]] = field(default_factory=dict)
    day: dict[str, Observation] = field(default_factory=dict)


def day_start(day: date) -> datetime:
    """Midnight of a legal day."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


def day_pollutants(site: Site) -> frozenset[str]:
    """Codes that the day judgements of an outlet rest on."""
    limited = {permit["pollutant"] for permit in site.attributes.get("permit_limits", ()) if permit["cycle"] == "day"}
    return frozenset({*limited, OXYGEN, *FLOWS.values()}) if limited else frozenset()


def judge_outlet_day(packs: Packs, site: Site, day: date, rows: DayRows, *, on: date | None = None) -> Iterator[Judged]:
    """A judgement for every permitted day limit whose pollutant has rows on the day.

    Args:
        site: an outlet; its attributes hold the permit limits and the reference oxygen.
        on: day whose rules judge; the day of the data where none is given.
    """
    rules_day = on or day
    for pollutant, permits in permits_of(site, "day", rules_day).items():
        limits = [deciding_limit(packs, site, permit, rules_day) for permit in permits]
        own, hours = rows.day.get(pollutant), rows.hours.get(pollutant, [])
        if own is not None:
            oxygen = rows.day.get(OXYGEN)
            yield decisive(
                [judge_row(packs, site, own, oxygen, one, rules_day, question=Question.EMISSION_DAY) for one in limits]
            )
        elif hours:
            yield decisive([_of_hours(packs, site, day, rows, limit, rules_day) for limit in limits])


def _of_hours(packs: Packs, site: Site, day: date, rows: DayRows, limit: AppliedLimit, on: date) -> Judged:
    hours = rows.hours[limit.item]
    water = limit.item.startswith("w")
    entries = list(_entries(packs, rows, limit, on, water=water))
    mean = (
        water_day_mean(entries, day_hours=DAY_HOURS, weigh=limit.item not in NOT_WEIGHED)
        if water
        else air_day_mean(entries, day_hours=DAY_HOURS)
    )
    need, rule_row = _needed(packs, mean, on, water=water)
    verdict, reason = _verdict(mean, limit, need)
    used = [*hours, *rows.hours.get(FLOWS["water"] if water else OXYGEN, ())]
    return Judged(
        object_id=site.object.pk,
        question=Question.EMISSION_DAY,
        item=limit.item,
        cycle="day",
        period_start=day_start(day),
        verdict=verdict,
        standard=limit.standard,
        clause=limit.clause,
        rule_row=limit.rule_row,
        confidence=limit.confidence,
        known_at=max(row.received_at for row in used),
        value=decimal_of(mean.value),
        unit=limit.unit,
        limit=limit.limit,
        inputs=_inputs(hours, mean, limit, reason),
        coverage={"have": mean.have, "of": mean.of, "need": need, "validity_row": rule_row, "origin": "hours"},
        simulated=any(row.simulated for row in hours),
    )


def _entries(packs: Packs, rows: DayRows, limit: AppliedLimit, on: date, *, water: bool) -> Iterator[HourOfDay]:
    values = {row.period_start: row for row in rows.hours[limit.item]}
    beside = {row.period_start: row for row in rows.hours.get(FLOWS["water"] if water else OXYGEN, ())}
    for hour in sorted(values.keys() | (beside.keys() if water else set())):
        row, other = values.get(hour), beside.get(hour)
        counts = row is not None and _valid(packs, row, on) and row.unit == limit.unit
        value: Fraction | Decimal | None = row.value if row is not None and counts else None
        if water:
            measured = other is not None and _valid(packs, other, on)
            yield HourOfDay(value, other.value if other is not None and measured else None)
        else:
            yield HourOfDay(_converted(packs, row, other, limit, on) if counts and row is not None else None)


def _converted(
    packs: Packs, row: Observation, oxygen: Observation | None, limit: AppliedLimit, on: date
) -> Fraction | Decimal | None:
    if limit.reference_o2 is None or row.value is None:
        return row.value
    if oxygen is not None and oxygen.value is not None and _valid(packs, oxygen, on):
        return to_reference_oxygen(row.value, oxygen.value, limit.reference_o2)
    return row.converted


def _valid(packs: Packs, row: Observation, on: date) -> bool:
    return row.value is not None and packs.data_mark(row.mark, on).effect is MarkEffect.VALID


def _needed(packs: Packs, mean: DayMean, on: date, *, water: bool) -> tuple[int, str]:
    rule = packs.validity_rule("water_outlet" if water else "cems", "day", on)
    if not water:
        return rule.minimum, rule.row_id
    return -(-mean.of * rule.minimum // 100), rule.row_id


def _verdict(mean: DayMean, limit: AppliedLimit, need: int) -> tuple[Verdict, dict[str, str] | None]:
    if mean.of == 0:
        return Verdict.NOT_APPLICABLE, {"code": "no_discharge", "zh": NONE[0], "en": NONE[1]}
    if mean.value is None or mean.have < need:
        words = {"have": mean.have, "of": mean.of, "need": need}
        zh, en = (text.format(**words) for text in FEW)
        return Verdict.INSUFFICIENT, {"code": "too_few_valid", "zh": zh, "en": en}
    bound = Fraction(limit.limit)
    within = mean.value <= bound if limit.op is Comparison.AT_MOST else mean.value >= bound
    return (Verdict.WITHIN if within else Verdict.EXCEEDS), None


def _inputs(
    hours: Sequence[Observation], mean: DayMean, limit: AppliedLimit, reason: Mapping[str, str] | None
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "basis": "flow_weighted_hours" if mean.weighted else "hours",
        "hours": [_hour_input(row) for row in sorted(hours, key=lambda row: row.period_start)],
        "limit_origin": limit.origin,
        "op": limit.op.value,
    }
    if limit.reference_o2 is not None:
        found |= {"reference_o2": plain(limit.reference_o2), "converted_by": "platform"}
    if reason is not None:
        found["reason"] = dict(reason)
    return found


def _hour_input(row: Observation) -> dict[str, Any]:
    at = row.period_start.astimezone(SHANGHAI)
    return {"at": f"{at:%H:%M}", "value": plain(row.value), "mark": row.mark, "version": row.version}


def day_rows(hours: Iterable[Observation], days: Iterable[Observation]) -> dict[tuple[str, date], DayRows]:
    """Rows by site and legal day; our own roll-ups of days do not count: the standard's day mean is made here."""
    found: dict[tuple[str, date], DayRows] = {}
    for row in hours:
        key = (row.site, row.period_start.astimezone(SHANGHAI).date())
        found.setdefault(key, DayRows()).hours.setdefault(row.pollutant, []).append(row)
    for row in days:
        if row.origin is Origin.ROLLUP:
            continue
        key = (row.site, row.period_start.astimezone(SHANGHAI).date())
        found.setdefault(key, DayRows()).day[row.pollutant] = row
    return found
