"""Continuous emission monitoring: hours judged by outlet, what exceeded, by which limit."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Q

from qingtian.apps.judgements.states import DECIDED, Question, Verdict
from qingtian.apps.registry.models import RegistryObject
from qingtian.apps.reports.wanted import Wanted, day_text, minute_text, of, percent
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
from qingtian.domain.standards.numbers import round_gb8170
from qingtian.packs import load_packs

TITLE = words("污染源自动监控", "Continuous emission monitoring")
SOURCE = words(
    "HJ 212 自动监控小时值，按许可限值与排放标准中较严者评价",
    "hours received by HJ 212, judged by the stricter of permit and standard",
)
MOST_ROWS, MOST_BARS = 40, 12
MORE_DIGITS = 2


def emissions(wanted: Wanted) -> Plain:
    """The chapter about outlets."""
    hours = wanted.judgements().filter(question=Question.EMISSION_LIMIT)
    decided, exceeding = Q(verdict__in=DECIDED), Q(verdict=Verdict.EXCEEDS)
    grouped: list[Any] = list(
        hours.values("object_id", "item")
        .annotate(
            judged=Count("pk", filter=decided),
            exceeds=Count("pk", filter=exceeding),
            out=Count("pk", filter=~decided),
        )
        .order_by("object__enterprise_code", "object__code", "item")
    )
    if not grouped:
        text = words(
            "本期没有已评价的排放小时：排口未接入，或数据不足。", "No hour of an outlet was judged in this period."
        )
        return section("emissions", TITLE, [none_block(text)])
    places = RegistryObject.objects.in_bulk({one["object_id"] for one in grouped})
    total = {name: sum(one[name] for one in grouped) for name in ("judged", "exceeds", "out")}
    outlets = len(places)
    bad = len({one["object_id"] for one in grouped if one["exceeds"]})
    coverage = of(total["judged"], total["judged"] + total["out"])
    blocks = [
        _summary(outlets, bad, total),
        _figures(outlets, bad, total, coverage),
        _chart(grouped, places, coverage),
        _outlets(wanted, grouped, places, coverage),
        _worst_days(wanted),
        _worst_hours(wanted),
    ]
    return section("emissions", TITLE, [one for one in blocks if one])


def _summary(outlets: int, bad: int, total: dict[str, int]) -> Plain:
    share = percent(total["exceeds"], total["judged"])
    return text_block(
        "emissions_summary",
        words(
            f"本期 {outlets} 个排口有小时评价结果，有效小时项 {total['judged']} 个，超标 {total['exceeds']} 个"
            f"（{share if share is not None else '—'}%），涉及排口 {bad} 个；另有 {total['out']} 个小时项"
            "因标记无效或数据不足未参与评价。",
            f"{outlets} outlets were judged: {total['judged']} valid hours and items, {total['exceeds']} of them "
            f"exceeding ({share if share is not None else '-'} %) at {bad} outlets; "
            f"{total['out']} more could not be judged.",
        ),
    )


def _figures(outlets: int, bad: int, total: dict[str, int], coverage: str) -> Plain:
    def row(code: str, zh: str, en: str, value: object, unit: str = "") -> Plain:
        return figure(
            code, words(zh, en), None if value is None else str(value), unit=unit, source=SOURCE, coverage=coverage
        )

    share = percent(total["exceeds"], total["judged"])
    return figures_block(
        "emissions_figures",
        words("主要指标", "Key figures"),
        [
            row("emissions_outlets", "有评价结果的排口", "Outlets with a judgement", outlets),
            row("emissions_outlets_exceeding", "有超标小时的排口", "Outlets with an exceeding hour", bad),
            row("emissions_hours", "已评价小时项", "Hours and items judged", total["judged"]),
            row("emissions_hours_exceeding", "超标小时项", "Hours and items exceeding", total["exceeds"]),
            row("emissions_share_exceeding", "超标小时比例", "Share exceeding", share, "%"),
        ],
    )


def _chart(grouped: list[Any], places: dict[int, RegistryObject], coverage: str) -> Plain:
    by_place: dict[int, int] = defaultdict(int)
    for one in grouped:
        by_place[one["object_id"]] += one["exceeds"]
    worst = sorted(by_place.items(), key=lambda pair: (-pair[1], places[pair[0]].code))
    marks = [mark(_name(places[pk]), hours) for pk, hours in worst[:MOST_BARS] if hours]
    if not marks:
        return none_block(words("本期没有超标小时。", "No hour exceeded in this period."))
    return chart_block(
        "emissions_worst",
        "bars",
        words("超标小时最多的排口", "Outlets with most exceeding hours"),
        [{"name": words("超标小时项", "exceeding"), "marks": marks}],
        unit="h",
        source=SOURCE,
        coverage=coverage,
    )


def _outlets(wanted: Wanted, grouped: list[Any], places: dict[int, RegistryObject], coverage: str) -> Plain:
    columns = [
        ("outlet", words("排口", "Outlet"), False),
        ("region", words("所在区", "District"), False),
        ("item", words("项目", "Item"), False),
        ("judged", words("有效小时", "Valid h"), True),
        ("out", words("未评价小时", "Not judged h"), True),
        ("exceeds", words("超标小时", "Exceeding h"), True),
        ("share", words("超标比例 %", "Exceeding %"), True),
    ]
    rows = [
        [
            _name(places[one["object_id"]]),
            wanted.region_name(places[one["object_id"]].region_code),
            _item(one["item"]),
            one["judged"],
            one["out"],
            one["exceeds"],
            percent(one["exceeds"], one["judged"]),
        ]
        for one in grouped
    ]
    return table_block(
        "emissions_outlets", words("各排口评价情况", "Outlets"), columns, rows, source=SOURCE, coverage=coverage
    )


def _worst_days(wanted: Wanted) -> Plain:
    days = wanted.judgements().filter(question=Question.EMISSION_DAY, verdict__in=DECIDED)
    bad = days.filter(verdict=Verdict.EXCEEDS)
    rows = bad.select_related("object").order_by("period_start", "object__code", "item")[:MOST_ROWS]
    columns = [
        ("day", words("日期", "Day"), False),
        ("outlet", words("排口", "Outlet"), False),
        ("item", words("项目", "Item"), False),
        ("value", words("日均值", "Day mean"), True),
        ("limit", words("限值", "Limit"), True),
        ("unit", words("单位", "Unit"), False),
        ("standard", words("依据", "Rule"), False),
    ]
    cells = [
        [
            day_text(one.period_start),
            _name(one.object),
            _item(one.item),
            shown_value(one.value, one.limit),
            _plain(one.limit),
            one.unit,
            f"{one.standard} {one.clause}".strip(),
        ]
        for one in rows
    ]
    return table_block(
        "emissions_days_exceeding",
        words("日均值超标", "Day means that exceed"),
        columns,
        cells,
        source=SOURCE,
        coverage=of(days.count(), days.count()),
        total=bad.count(),
    )


def _worst_hours(wanted: Wanted) -> Plain:
    bad = wanted.judgements().filter(question=Question.EMISSION_LIMIT, verdict=Verdict.EXCEEDS)
    grouped = bad.values("object_id", "item", "standard", "clause", "limit", "unit").annotate(
        hours=Count("pk"), worst=Max("value"), last=Max("period_start")
    )
    found = list(grouped.order_by("-hours", "object_id", "item")[:MOST_ROWS])
    places = RegistryObject.objects.in_bulk({one["object_id"] for one in found})
    columns = [
        ("outlet", words("排口", "Outlet"), False),
        ("item", words("项目", "Item"), False),
        ("hours", words("超标小时", "Hours"), True),
        ("worst", words("最高小时值", "Highest hour"), True),
        ("limit", words("限值", "Limit"), True),
        ("unit", words("单位", "Unit"), False),
        ("last", words("最后一次", "Last"), False),
        ("standard", words("依据", "Rule"), False),
    ]
    rows = [
        [
            _name(places[one["object_id"]]),
            _item(one["item"]),
            one["hours"],
            shown_value(one["worst"], one["limit"]),
            _plain(one["limit"]),
            one["unit"],
            minute_text(one["last"]),
            f"{one['standard']} {one['clause']}".strip(),
        ]
        for one in found
    ]
    return table_block(
        "emissions_hours_exceeding",
        words("小时值超标", "Hours that exceed"),
        columns,
        rows,
        source=SOURCE,
        coverage=of(len(found), grouped.count()),
        total=grouped.count(),
    )


def _name(row: RegistryObject) -> Words:
    return words(row.name, row.name_en or row.name)


def _item(code: str) -> Words:
    packs = load_packs()
    if not packs.has_pollutant(code):
        return words(code, code)
    row = packs.pollutant(code)
    return words(row.symbol or row.name_zh or code, row.symbol or row.name_en or code)


def shown_value(value: Decimal | None, limit: Decimal | None) -> str | None:
    """A value with two digits more than its limit, by GB/T 8170; the judgement rests on the exact one."""
    if value is None or limit is None:
        return _plain(value)
    digits = max(0, -int(limit.normalize().as_tuple().exponent)) + MORE_DIGITS
    return f"{round_gb8170(value, digits):f}"


def _plain(value: Any) -> str | None:
    return None if value is None else f"{value.normalize():f}"
