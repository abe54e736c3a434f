"""Chapters that stand around the others: summary, the enterprise itself, data quality, sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.db.models import Count, QuerySet

from qingtian.apps.indicators.sources import Wanted as Source
from qingtian.apps.indicators.sources import outlet_days
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.apps.reports.wanted import Wanted, minute_text, of, percent
from qingtian.domain.reports import Words, figure, figures_block, none_block, section, table_block, text_block, words
from qingtian.domain.reports.blocks import Plain
from qingtian.runtime.clock import SHANGHAI

QUALITY_SOURCE = words(
    "传输与有效性统计（应收小时按登记日起算）", "received and valid hours against those that were due"
)
SHOWN = 40


def summary(wanted: Wanted, others: Sequence[Plain]) -> Plain:
    """The first chapter: the summaries of the others, one after another, to be edited by a person."""
    texts = [
        block["text"]
        for one in others
        for block in one["blocks"]
        if block["type"] == "text" and block["code"].endswith("_summary")
    ]
    zh = "".join(one["zh"] for one in texts) or "本期没有可汇总的内容。"
    en = " ".join(one["en"] for one in texts) or "There is nothing to sum up in this period."
    if not wanted.complete:
        moment = minute_text(wanted.at)
        zh = f"统计期尚未结束，本报告截至 {moment}。{zh}"
        en = f"The period has not ended; this report tells what was known at {moment}. {en}"
    return section("summary", words("概要", "Summary"), [text_block("summary", words(zh, en))])


def enterprise_facts(wanted: Wanted) -> Plain:
    """What the register says of an enterprise: itself, its outlets with their permitted limits, its devices."""
    firm = wanted.enterprise
    assert firm is not None  # noqa: S101  composing gives every report of this kind its enterprise
    parts = RegistryObject.objects.visible_to(wanted.actor).filter(enterprise_code=firm.code).exclude(pk=firm.pk)
    kept = Counter(parts.values_list("type", flat=True))
    source = words("登记簿", "the register")
    facts: list[list[object]] = [
        [words("名称", "Name"), _name(firm)],
        [words("登记代码", "Code"), firm.code],
        [words("统一社会信用代码", "Uniform code"), str(firm.attributes.get("uscc", "")) or None],
        [words("行业", "Industry"), words(*(str(firm.attributes.get(f"industry_{one}", "")) for one in ("zh", "en")))],
        [words("许可管理类别", "Permit class"), str(firm.attributes.get("permit_class", "")) or None],
        [words("所在区", "District"), wanted.region_name(firm.region_code)],
        [words("排口", "Outlets"), kept[ObjectType.OUTLET]],
        [words("在线设备", "Devices"), kept[ObjectType.DEVICE]],
    ]
    columns = [("name", words("项目", "Item"), False), ("value", words("内容", "Content"), False)]
    title = words("企业基本情况", "The enterprise")
    blocks = [
        text_block(
            "enterprise_summary",
            words(
                f"{firm.name}登记排口 {kept[ObjectType.OUTLET]} 个，在线设备 {kept[ObjectType.DEVICE]} 台。",
                f"{firm.name_en or firm.name} has {kept[ObjectType.OUTLET]} outlets "
                f"and {kept[ObjectType.DEVICE]} devices.",
            ),
        ),
        table_block("enterprise_facts", title, columns, facts, source=source, coverage=of(len(facts), len(facts))),
    ]
    limits = [
        [
            _name(one),
            limit.get("pollutant"),
            limit.get("cycle"),
            limit.get("limit"),
            limit.get("unit"),
            limit.get("standard"),
        ]
        for one in parts.filter(type=ObjectType.OUTLET).order_by("code")
        for limit in one.attributes.get("permit_limits", ())
    ]
    if limits:
        heads = [
            ("outlet", words("排口", "Outlet"), False),
            ("item", words("项目", "Item"), False),
            ("cycle", words("周期", "Period"), False),
            ("limit", words("许可限值", "Permitted"), True),
            ("unit", words("单位", "Unit"), False),
            ("standard", words("依据", "Rule"), False),
        ]
        blocks.append(
            table_block(
                "enterprise_limits",
                words("许可限值", "Permitted limits"),
                heads,
                limits,
                source=source,
                coverage=of(len(limits), len(limits)),
            )
        )
    return section("enterprise_facts", title, blocks)


def quality(wanted: Wanted) -> Plain:
    """The chapter about the data themselves: what was due, what came, what was corrected later."""
    title = words("数据质量", "Data quality")
    found = outlet_days(Source(wanted.period, wanted.region, wanted.at))
    blocks: list[Plain] = []
    if found.table is None:
        zh, _, en = found.why.partition(" / ")
        blocks.append(none_block(words(en or zh, zh)))
    else:
        due = sum(int(row.values.get("due") or 0) for row in found.table.rows)
        received = sum(int(row.values.get("received") or 0) for row in found.table.rows)
        share = percent(received, due)
        text = words(
            f"应收排放小时项 {due} 个，有效 {received} 个，有效传输 {share if share is not None else '—'}%；"
            f"本期数据被更正并重新评价 {_corrected(wanted).count()} 次。",
            f"{received} of {due} hours and items were received and valid ({share if share is not None else '-'} %); "
            f"{_corrected(wanted).count()} answers were judged again after a correction.",
        )
        blocks.append(text_block("quality_summary", text))
        blocks.append(
            figures_block(
                "quality_figures",
                words("主要指标", "Key figures"),
                [
                    figure(
                        "quality_valid_share",
                        words("排放小时有效传输率（未扣停运）", "Valid hours of outlets"),
                        None if share is None else str(share),
                        unit="%",
                        source=QUALITY_SOURCE,
                        coverage=of(received, due),
                    ),
                ],
            )
        )
    blocks.append(_corrections(wanted))
    return section("quality", title, blocks)


def _corrected(wanted: Wanted) -> QuerySet[Judgement]:
    return wanted.judgements().filter(supersedes__isnull=False)


def _corrections(wanted: Wanted) -> Plain:
    rows = (
        _corrected(wanted)
        .values("object_id", "item")
        .annotate(times=Count("pk"))
        .order_by("-times", "object_id", "item")
    )
    found = list(rows[:SHOWN])
    places = RegistryObject.objects.in_bulk({one["object_id"] for one in found})
    columns = [
        ("object", words("对象", "Object"), False),
        ("item", words("项目", "Item"), False),
        ("times", words("重新评价次数", "Judged again"), True),
    ]
    return table_block(
        "quality_corrections",
        words("更正后重新评价", "Answers judged again after a correction"),
        columns,
        [[_name(places[one["object_id"]]), one["item"], one["times"]] for one in found],
        source=words("评价版本链：旧版本保留可查", "versions of answers; the former ones are kept"),
        coverage=of(len(found), rows.count()),
        total=rows.count(),
    )


def sources(wanted: Wanted, others: Sequence[Plain]) -> Plain:
    """The last chapter: whence each number is, how it was counted, by which rules."""
    seen: dict[str, tuple[Words, list[str]]] = {}
    for one in others:
        for block in one["blocks"]:
            for entry in (block, *block.get("rows", ())) if block["type"] == "figures" else (block,):
                if isinstance(entry, dict) and entry.get("source"):
                    _, chapters = seen.setdefault(entry["source"]["zh"], (entry["source"], []))
                    if one["code"] not in chapters:
                        chapters.append(one["code"])
    titles = {one["code"]: one["title"] for one in others}
    rows: list[list[object]] = [
        [
            words(
                "、".join(titles[code]["zh"] for code in chapters), ", ".join(titles[code]["en"] for code in chapters)
            ),
            source,
        ]
        for source, chapters in seen.values()
    ]
    rules = Judgement.objects.filter(pk__in=wanted.judgements().values("pk"))
    used = sorted(
        {f"{standard} {clause}".strip() for standard, clause in rules.values_list("standard", "clause").distinct()}
    )
    local = wanted.at.astimezone(SHANGHAI)
    text = words(
        f"数据截至 {local:%Y-%m-%d %H:%M}；此后到达或更正的数据不在本报告内。覆盖率写作“有效数/应有数”。"
        f"没有数据的写“无数据”，不以零代替。评价所用规则：{'；'.join(used) or '本期无'}。",
        f"Data as known at {local:%Y-%m-%d %H:%M}; what came or was corrected later is not in this report. Coverage is "
        f"written valid/due. Where there are no data it says so; nought is never put instead. "
        f"Rules used: {'; '.join(used) or 'none in this period'}.",
    )
    columns = [("chapter", words("章节", "Chapter"), False), ("source", words("数据来源与口径", "Source"), False)]
    table = table_block(
        "sources_table",
        words("数据来源", "Sources"),
        columns,
        rows,
        source=words("本报告", "this report"),
        coverage=of(len(rows), len(rows)),
    )
    return section("sources", words("数据来源与统计口径", "Sources"), [text_block("sources_note", text), table])


def _name(row: RegistryObject) -> Words:
    return words(row.name, row.name_en or row.name)
