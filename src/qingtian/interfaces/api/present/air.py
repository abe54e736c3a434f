"""A place over a period as the API shows it: kept days, evaluated under the rules in force at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from django.http import HttpResponse

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.judgements.air_days import kept_days, rebuilt
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.errors import InvalidInput, NotVisible
from qingtian.domain.standards.air_evaluation import AirDay, AirPeriod, AirRules, air_period
from qingtian.domain.standards.air_period import PeriodStatistic
from qingtian.domain.standards.attainment import Attainment, StatisticAgainstLimit, places_of
from qingtian.domain.standards.good_days import Change, ChangeKind, ComparedFigure, change
from qingtian.domain.standards.numbers import plain, round_fraction
from qingtian.interfaces.api.present.exports import answer
from qingtian.interfaces.api.schemas import air as out
from qingtian.packs import Packs, load_packs
from qingtian.packs.air_evaluation import air_rules
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import get_settings

USUAL_DAYS = 30
LONGEST_DAYS = 3 * 366
INDEX_PLACES = 2  # of a single index, for people
RATE_PLACES = 1  # where the edition states none


NAMED = (
    ("SO2", "so2", "ug_m3"),
    ("NO2", "no2", "ug_m3"),
    ("CO", "co", "mg_m3"),
    ("O3", "o3_8h", "ug_m3"),
    ("PM10", "pm10", "ug_m3"),
    ("PM2.5", "pm25", "ug_m3"),
)


def _column(item: str) -> Callable[[out.AirDayOut], object]:
    def read(day: out.AirDayOut) -> object:
        return next((one.value for one in day.values if one.item == item and one.valid), None)

    return read


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: a place, its days, and the days it is compared with."""

    place: RegistryObject
    start: date
    end: date
    base_start: date
    base_end: date


def evaluation(
    actor: Actor, now: datetime, place: str | None, start: date | None, end: date | None, base_start: date | None
) -> out.AirEvaluationOut:
    """Days, statistics, attainment, good days, composite indices and the change against an earlier period.

    Args:
        place: code of a station or region; the city by default.
        start, end: both included; the last thirty complete days by default.
        base_start: first day of the earlier period of the same length; a year before by default.
    Raises:
        NotVisible: there is no such place.
        InvalidInput: the period is turned round, too long or not over.
    """
    asked = _asked(actor, now, place, start=start, end=end, base_start=base_start)
    packs, region = load_packs(), get_settings().city_code
    rules = air_rules(packs, asked.end, region=region)
    rows = kept_days(actor, asked.place.pk, asked.start, asked.end)
    found = air_period(rebuilt(packs, rows, region=region), rules, start=asked.start, end=asked.end)
    return out.AirEvaluationOut(
        place=asked.place.code,
        place_zh=asked.place.name,
        place_en=asked.place.name_en or asked.place.name,
        start=asked.start,
        end=asked.end,
        standard=rules.tables.standard,
        simulated=any(row.simulated for row in rows),
        days=[_day(one, packs, rows_of) for one, rows_of in zip(found.days, rows, strict=True)],
        statistics=[_statistic(one, rules, packs) for one in found.statistics],
        attainments=[_attainment(one, packs) for one in found.attainments.values()],
        good=_good(found, rules),
        composites=_composites(found, rules),
        comparison=_comparison(actor, asked, rows, rules, packs),
    )


COLUMNS: Mapping[str, Callable[[out.AirDayOut], object]] = {
    "date": lambda day: day.day.isoformat(),
    "aqi": lambda day: day.aqi,
    "category_zh": lambda day: day.category_zh,
    "category_en": lambda day: day.category_en,
    "primary": lambda day: " ".join(day.primary),
    **{f"{name}_{unit}": _column(item) for item, name, unit in NAMED},
    "standard": lambda day: day.standard,
    "reason": lambda day: day.reason,
}


def days_csv(now: datetime, found: out.AirEvaluationOut, *, bom: bool) -> HttpResponse:
    """The days of an evaluation, one line each; a value that is not valid is left empty."""
    name = f"air-{found.place}-{found.start}-{found.end}"
    return answer(name, now, COLUMNS, found.days, bom=bom)


def _asked(
    actor: Actor, now: datetime, place: str | None, *, start: date | None, end: date | None, base_start: date | None
) -> Asked:
    yesterday = now.astimezone(SHANGHAI).date() - timedelta(days=1)
    last = end or yesterday
    first = start or last - timedelta(days=USUAL_DAYS - 1)
    if first > last:
        raise InvalidInput(f"{first} is after {last}", field="start", remedy="give a start on or before the end")
    if last > yesterday:
        raise InvalidInput(f"{last} is not over yet", field="end", remedy=f"give {yesterday} or an earlier day")
    length = (last - first).days + 1
    if length > LONGEST_DAYS:
        raise InvalidInput(f"{length} days are too many", field="start", remedy=f"ask for at most {LONGEST_DAYS} days")
    base_first = base_start or _year_before(first)
    if base_first >= first:
        raise InvalidInput(f"{base_first} is not before {first}", field="base_start", remedy="give an earlier day")
    # A whole year is compared with a whole year, also where one of them has a 29 February.
    base_last = _year_before(last) if base_start is None else base_first + timedelta(days=length - 1)
    return Asked(_place(actor, place), first, last, base_first, base_last)


def _year_before(day: date) -> date:
    if (day.month, day.day) == (2, 29):
        return date(day.year - 1, 2, 28)
    return day.replace(year=day.year - 1)


def _place(actor: Actor, code: str | None) -> RegistryObject:
    wanted = code or get_settings().city_code
    kinds = (ObjectType.STATION, ObjectType.REGION)
    rows = RegistryObject.objects.visible_to(actor).filter(type__in=kinds, code=wanted)
    row = rows.first()
    if row is None:
        raise NotVisible(f"there is no place {wanted}", field="place", remedy="give the code of a station or region")
    return row


def _day(day: AirDay, packs: Packs, row: Judgement) -> out.AirDayOut:
    band = day.index.category
    kept: Mapping[str, Mapping[str, str | None]] = row.inputs["values"]
    indices = {one.item: one.iaqi for one in day.index.sub_indices if one.period != "1h"}
    return out.AirDayOut(
        day=day.day,
        aqi=day.index.aqi,
        level=band.level_number if band else None,
        category_zh=band.name_zh if band else "",
        category_en=band.name_en if band else "",
        colour=band.hex if band else "",
        primary=list(day.index.primary),
        standard=day.index.standard,
        reason=day.index.reason,
        values=[
            out.AirDayValue(
                item=item,
                value=kept[item]["value"],
                unit=_unit(packs, item),
                valid=value.valid,
                have=value.have,
                need=value.need,
                reason=value.reason,
                iaqi=indices.get(item),
            )
            for item, value in day.values.items()
        ],
    )


def _unit(packs: Packs, item: str) -> str:
    return packs.pollutant_by_symbol(item).ambient_unit


def _shown(value: Fraction | None, rules: AirRules, item: str, figure: str = "statistic") -> str | None:
    return None if value is None else plain(round_fraction(value, places_of(rules.places, figure, item)))


def _statistic(one: PeriodStatistic, rules: AirRules, packs: Packs) -> out.AirStatisticOut:
    row = one.statistic
    return out.AirStatisticOut(
        item=one.item,
        use=row.use,
        statistic=row.statistic,
        percent=_percent(row.percent),
        value=_shown(one.value, rules, one.item),
        unit=_unit(packs, one.item),
        have=one.have,
        days=one.days,
        valid=one.valid,
        short=[out.ShortPeriod(period=period, have=have, need=need) for period, have, need in one.short],
        standard=row.standard,
        clause=row.clause,
        rule_row=row.row_id,
        confidence=row.confidence,
    )


def _percent(percent: Decimal | None) -> str | None:
    return None if percent is None else plain(percent.normalize())


def _attainment(found: Attainment, packs: Packs) -> out.AirAttainmentOut:
    return out.AirAttainmentOut(
        category=found.category,
        met=found.met,
        standard=found.standard,
        failing=list(found.failing),
        missing=list(found.missing),
        largest=found.largest,
        items=[
            out.AirItemAttainment(item=one.item, met=one.met, tests=[_test(part, packs) for part in one.parts])
            for one in found.items
        ],
    )


def _test(part: StatisticAgainstLimit, packs: Packs) -> out.AirLimitTest:
    return out.AirLimitTest(
        statistic=part.statistic.statistic.statistic,
        percent=_percent(part.statistic.percent),
        value=plain(part.value),
        limit=plain(part.limit.limit),
        unit=_unit(packs, part.statistic.item),
        single_index=plain(round_fraction(part.single_index, INDEX_PLACES)),
        multiple=None if part.multiple is None else plain(part.multiple),
        met=part.met,
        valid=part.valid,
        standard=part.limit.standard,
        clause=part.limit.clause,
        rule_row=part.limit.row_id,
        confidence=part.limit.confidence,
    )


def _good(found: AirPeriod, rules: AirRules) -> out.GoodDaysOut:
    good = found.good
    row = next(one for one in rules.parameters.rows if one.row_id == good.rule_row)
    digits = places_of(rules.places, "rate_percent", default=RATE_PLACES)
    return out.GoodDaysOut(
        good=good.good,
        valid=good.valid,
        days=good.days,
        ratio_percent=None if good.ratio is None else plain(round_fraction(100 * good.ratio, digits)),
        without=list(good.without),
        by_category=[out.NamedCount(name=name, days=days) for name, days in good.by_category.items()],
        by_primary=[out.NamedCount(name=name, days=days) for name, days in sorted(good.by_primary.items())],
        standards=list(good.standards),
        clause=f"{row.standard} {row.clause}",
        confidence=row.confidence,
    )


def _composites(found: AirPeriod, rules: AirRules) -> list[out.CompositeOut]:
    rows = []
    for rule in rules.composites:
        index = found.composites.get(rule.standard)
        shares = {} if index is None else index.shares
        rows.append(
            out.CompositeOut(
                standard=rule.standard,
                value=None if index is None else plain(index.value),
                reason=found.composite_gaps.get(rule.standard, ""),
                clause=rule.clause,
                rule_row=rule.row_id,
                confidence=rule.confidence,
                shares={item: plain(round_fraction(part, rule.digits)) for item, part in shares.items()},
            )
        )
    return rows


def _comparison(actor: Actor, asked: Asked, rows: list[Judgement], rules: AirRules, packs: Packs) -> out.ComparisonOut:
    def under_one_standard(kept: list[Judgement], start: date, end: date) -> AirPeriod:
        days = rebuilt(packs, kept, under=asked.end, region=get_settings().city_code)
        return air_period(days, rules, start=start, end=end)

    earlier = kept_days(actor, asked.place.pk, asked.base_start, asked.base_end)
    now = under_one_standard(rows, asked.start, asked.end)
    base = under_one_standard(earlier, asked.base_start, asked.base_end)
    figures = [*_compared_statistics(now, base, rules, packs), *_compared_ratio(now, base, rules)]
    return out.ComparisonOut(
        start=asked.base_start,
        end=asked.base_end,
        valid_days=base.good.valid,
        standard=rules.tables.standard,
        own_standards=sorted({row.standard for row in earlier}),
        figures=figures,
    )


def _compared_statistics(
    now: AirPeriod, base: AirPeriod, rules: AirRules, packs: Packs
) -> Iterable[out.ComparedFigureOut]:
    earlier = {one.statistic.row_id: one.value for one in base.statistics}
    for one in now.statistics:
        before = earlier.get(one.statistic.row_id)
        if one.statistic.use != "composite" or one.value is None or before is None:
            continue
        told = change(
            ComparedFigure(one.value, rules.tables.standard),
            ComparedFigure(before, rules.tables.standard),
            ChangeKind.RELATIVE,
        )
        yield _compared(one.item, one.statistic.statistic, _unit(packs, one.item), told, rules, digits_of=one.item)


def _compared_ratio(now: AirPeriod, base: AirPeriod, rules: AirRules) -> Iterable[out.ComparedFigureOut]:
    if now.good.ratio is None or base.good.ratio is None:
        return
    pair = [ComparedFigure(one.good.ratio or Fraction(0), rules.tables.standard) for one in (now, base)]
    told = change(pair[0], pair[1], ChangeKind.POINTS)
    yield _compared("good_days", "ratio", "%", told, rules)


def _compared(
    figure: str, statistic: str, unit: str, told: Change, rules: AirRules, *, digits_of: str = ""
) -> out.ComparedFigureOut:
    def shown(one: ComparedFigure) -> str:
        if digits_of:
            return plain(round_fraction(one.value, places_of(rules.places, "statistic", digits_of)))
        return plain(round_fraction(100 * one.value, places_of(rules.places, "rate_percent", default=RATE_PLACES)))

    return out.ComparedFigureOut(
        figure=figure,
        statistic=statistic,
        unit=unit,
        now=shown(told.now),
        base=shown(told.base),
        change=None if told.percent is None else plain(told.percent),
        kind=told.kind.value,
        reason=told.reason,
    )
