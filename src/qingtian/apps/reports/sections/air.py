"""Ambient air of the city: days, categories, day means, stations (HJ 633, HJ 663)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.states import DECIDED, Question, Verdict
from qingtian.apps.registry.models import ObjectType
from qingtian.apps.reports.wanted import Wanted, of, percent
from qingtian.domain.errors import QingtianError
from qingtian.domain.reports import (
    Words,
    chart_block,
    figure,
    figures_block,
    none_block,
    section,
    table_block,
    text_block,
    words,
)
from qingtian.domain.reports.blocks import Plain, mark
from qingtian.packs import load_packs
from qingtian.runtime.clock import SHANGHAI

TITLE = words("环境空气质量", "Ambient air")
ITEMS = ("PM2.5", "PM10", "O3", "NO2", "SO2", "CO")
UNITS = {"CO": "mg/m³"}
UNIT = "μg/m³"
LIMIT_OF = "PM2.5"
SOURCE = words(
    "国控空气站小时值 → 日评价（HJ 633、HJ 663），按数据当日有效的规则",
    "hours of the national stations, judged by day (HJ 633, HJ 663) under the rules in force that day",
)


def air(wanted: Wanted) -> Plain:
    """The chapter about ambient air."""
    rows = list(wanted.judgements().filter(question=Question.AIR_DAY).select_related("object").order_by("period_start"))
    city = [_Day(row) for row in rows if row.object.type == ObjectType.REGION and row.object.code == wanted.region]
    stations: dict[str, list[_Day]] = defaultdict(list)
    for row in rows:
        if row.object.type == ObjectType.STATION:
            stations[row.object.code].append(_Day(row))
    if not city and not stations:
        text = words(
            "本期没有已评价的空气质量日：空气站未接入，或数据不足。", "No day of air was judged in this period."
        )
        return section("air", TITLE, [none_block(text)])
    blocks = [_summary(wanted, city), _figures(wanted, city), *_charts(wanted, city), _days(wanted, city)]
    if stations:
        blocks.append(_stations(wanted, stations))
    return section("air", TITLE, blocks)


@dataclass(frozen=True)
class _Day:
    """One judged day of a place."""

    row: Judgement

    @property
    def day(self) -> date:
        return self.row.period_start.astimezone(SHANGHAI).date()

    @property
    def decided(self) -> bool:
        return self.row.verdict in DECIDED

    @property
    def good(self) -> bool:
        return self.row.verdict == Verdict.WITHIN

    @property
    def band(self) -> Mapping[str, Any]:
        return self.row.inputs.get("category") or {}

    def value(self, item: str) -> Decimal | None:
        """A valid day value."""
        kept = (self.row.inputs.get("values") or {}).get(item) or {}
        return Decimal(kept["value"]) if kept.get("valid") and kept.get("value") is not None else None


def _days_due(wanted: Wanted) -> int:
    return max(0, (wanted.last_day - wanted.period.first).days + (1 if wanted.complete else 0))


def _mean(days: Sequence[_Day], item: str) -> tuple[Decimal | None, int]:
    """Mean of the valid days, and how many there are; one rounding, half to even."""
    found = [value for one in days if (value := one.value(item)) is not None]
    if not found:
        return None, 0
    places = Decimal("0.1") if item == "CO" else Decimal(1)
    return (sum(found, Decimal(0)) / len(found)).quantize(places, ROUND_HALF_EVEN), len(found)


def _summary(wanted: Wanted, city: Sequence[_Day]) -> Plain:
    decided = [one for one in city if one.decided]
    good = sum(one.good for one in decided)
    worst = max(decided, key=lambda one: one.row.index or 0, default=None)
    mean, days = _mean(city, LIMIT_OF)
    zh = f"本期应评价 {_days_due(wanted)} 天，已评价 {len(decided)} 天，其中优良 {good} 天。"
    en = f"{len(decided)} of {_days_due(wanted)} days were judged; {good} of them were good."
    if mean is not None:
        zh += f"PM2.5 平均浓度 {mean} {UNIT}（{days} 个有效日）。"
        en += f" PM2.5 was {mean} {UNIT} on average ({days} valid days)."
    if worst is not None and worst.row.index is not None:
        zh += f"指数最高的一天为 {worst.day}，AQI {worst.row.index}（{worst.band.get('zh', '')}）。"
        en += f" The worst day was {worst.day} with an AQI of {worst.row.index} ({worst.band.get('en', '')})."
    return text_block("air_summary", words(zh, en))


def _figures(wanted: Wanted, city: Sequence[_Day]) -> Plain:
    due, decided = _days_due(wanted), [one for one in city if one.decided]
    good = sum(one.good for one in decided)
    rows = [
        figure(
            "air_good_days",
            words("优良天数", "Good days"),
            good if decided else None,
            unit="d",
            source=SOURCE,
            coverage=of(len(decided), due),
        ),
        figure(
            "air_good_share",
            words("优良天数比例", "Share of good days"),
            percent(good, len(decided)),
            unit="%",
            source=SOURCE,
            coverage=of(len(decided), due),
        ),
    ]
    for item in ITEMS:
        mean, days = _mean(city, item)
        code = f"air_{item.lower().replace('.', '')}"
        label = words(f"{item} 日值算术平均", f"{item}, mean of day values")
        rows.append(figure(code, label, mean, unit=UNITS.get(item, UNIT), source=SOURCE, coverage=of(days, due)))
    return figures_block("air_figures", words("主要指标", "Key figures"), rows)


def _charts(wanted: Wanted, city: Sequence[_Day]) -> list[Plain]:
    if wanted.period.days == 1:
        return []
    by_day = {one.day: one for one in city}
    coverage = of(sum(one.decided for one in city), _days_due(wanted))
    indices, means = [], []
    for day in wanted.period:
        one, label = by_day.get(day), _day_label(day)
        index = one.row.index if one is not None and one.decided else None
        band = one.band if one is not None else {}
        note = words(str(band.get("zh", "")), str(band.get("en", "")))
        indices.append(mark(label, index, colour=str(band.get("hex", "")), note=note))
        means.append(mark(label, one.value(LIMIT_OF) if one else None))
    return [
        chart_block(
            "air_aqi",
            "columns",
            words("空气质量指数日历", "Air quality index by day"),
            [{"name": words("AQI", "AQI"), "marks": indices}],
            source=SOURCE,
            coverage=coverage,
        ),
        chart_block(
            "air_pm25",
            "lines",
            words("PM2.5 日均浓度", "PM2.5, day means"),
            [{"name": words("全市", "city"), "marks": means}],
            unit=UNIT,
            limits=_limits(wanted.period.last),
            source=SOURCE,
            coverage=coverage,
        ),
    ]


def _limits(on: date) -> list[dict[str, Any]]:
    """The limit of the day mean in force (level 2: where people live)."""
    try:
        rows = load_packs().air_limits(on)
    except QingtianError:
        return []
    found = next((one for one in rows if (one.item, one.category, one.period) == (LIMIT_OF, "level 2", "24h")), None)
    if found is None:
        return []
    text = f"{found.standard} {found.limit.normalize():f}"
    return [{"value": str(found.limit), "text": words(text, text)}]


def _days(wanted: Wanted, city: Sequence[_Day]) -> Plain:
    by_day = {one.day: one for one in city}
    columns = [
        ("day", words("日期", "Day"), False),
        ("aqi", words("AQI", "AQI"), True),
        ("category", words("类别", "Category"), False),
        ("primary", words("首要污染物", "Primary"), False),
        *((item.lower(), words(item, item), True) for item in ITEMS),
    ]
    last = wanted.last_day
    rows = [_day_row(day, by_day.get(day)) for day in wanted.period if day <= last]
    return table_block(
        "air_days",
        words("逐日空气质量", "Air by day"),
        columns,
        rows,
        source=SOURCE,
        coverage=of(sum(one.decided for one in city), _days_due(wanted)),
    )


def _day_row(day: date, one: _Day | None) -> list[object]:
    if one is None or not one.decided:
        missing = words("数据不足", "too few data") if one is not None else words("未评价", "not judged")
        return [day.isoformat(), None, missing, None, *(None if one is None else one.value(item) for item in ITEMS)]
    band = words(str(one.band.get("zh", "")), str(one.band.get("en", "")))
    return [
        day.isoformat(),
        one.row.index,
        band,
        "、".join(one.row.primary) or "—",
        *(one.value(item) for item in ITEMS),
    ]


def _stations(wanted: Wanted, stations: Mapping[str, Sequence[_Day]]) -> Plain:
    columns = [
        ("station", words("站点", "Station"), False),
        ("region", words("所在区", "District"), False),
        ("days", words("已评价天数", "Days judged"), True),
        ("good", words("优良天数", "Good days"), True),
        *((item.lower(), words(item, item), True) for item in ITEMS[:4]),
    ]
    rows: list[list[object]] = []
    for _code, days in sorted(stations.items()):
        station, decided = days[0].row.object, [one for one in days if one.decided]
        name: Words = words(station.name, station.name_en or station.name)
        rows.append(
            [
                name,
                wanted.region_name(station.region_code),
                len(decided),
                sum(one.good for one in decided),
                *(_mean(days, item)[0] for item in ITEMS[:4]),
            ]
        )
    judged = sum(one.decided for days in stations.values() for one in days)
    return table_block(
        "air_stations",
        words("各站点情况（日值算术平均）", "Stations (means of day values)"),
        columns,
        rows,
        source=SOURCE,
        coverage=of(judged, _days_due(wanted) * len(stations)),
    )


def _day_label(day: date) -> Words:
    return words(f"{day.day}日", f"{day.month}/{day.day}")
