"""Findings of the period: by kind, source and district, and the most severe ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal

from qingtian.apps.accounts.masking import masked_text
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import Activity, Source, Status
from qingtian.apps.reports.wanted import TENTH, Wanted, minute_text, of, percent
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
from qingtian.packs.finding_kinds import kind_names

TITLE = words("线索发现与研判", "Findings")
SOURCE = words("线索台账（按形成时间统计）", "findings, by the time at which they were raised")
SHOWN = 40
SOURCES: dict[str, Words] = {
    Source.DATA: words("监测数据", "data"),
    Source.PATROL: words("巡查", "patrol"),
    Source.MODEL: words("模型研判", "model"),
    Source.COMPLAINT: words("群众投诉", "complaint"),
    Source.AUDIT: words("核查", "audit"),
    Source.MISSED_OBLIGATION: words("义务未履行", "missed duty"),
    Source.SUPERIOR: words("上级交办", "from above"),
}
STATES: dict[str, Words] = {
    Status.NEW: words("待研判", "new"),
    Status.TRIAGED: words("研判中", "triaged"),
    Status.DISMISSED: words("已排除", "dismissed"),
    Status.MERGED_INTO: words("已并入", "merged"),
    Status.CASED: words("已立案", "case opened"),
    Status.SELF_CORRECTED: words("企业自查销除", "self-corrected"),
}
SEVERITY: dict[int, Words] = {
    1: words("提示", "notice"),
    2: words("一般", "minor"),
    3: words("较重", "major"),
    4: words("严重", "severe"),
}
DECIDED = (Status.CASED, Status.DISMISSED, Status.SELF_CORRECTED, Status.MERGED_INTO)


def findings(wanted: Wanted) -> Plain:
    """The chapter about findings."""
    rows = list(wanted.findings().select_related("object").order_by("-severity", "raised_at", "number"))
    if not rows:
        return section(
            "findings", TITLE, [none_block(words("本期没有形成线索。", "No finding was raised in this period."))]
        )
    everything = of(len(rows), len(rows))
    by_kind = Counter(one.kind for one in rows)
    return section(
        "findings",
        TITLE,
        [
            _summary(rows, by_kind),
            _figures(rows, everything),
            _by_kind(by_kind, everything),
            _kinds_table(rows, everything),
            _by_source(rows, everything),
            _by_region(wanted, rows, everything),
            _worst(wanted, rows, everything),
        ],
    )


def _summary(rows: list[Finding], by_kind: Counter[str]) -> Plain:
    most, number = by_kind.most_common(1)[0]
    zh, en = kind_names(most)
    severe = sum(one.severity >= 3 for one in rows)
    cased = sum(one.status == Status.CASED for one in rows)
    ongoing = sum(one.activity == Activity.ONGOING for one in rows)
    return text_block(
        "findings_summary",
        words(
            f"本期形成线索 {len(rows)} 条，其中较重及以上 {severe} 条，转为案件 {cased} 条，仍在持续 {ongoing} 条；"
            f"数量最多的类型为“{zh}”（{number} 条）。",
            f"{len(rows)} findings were raised, {severe} of them major or severe; {cased} became cases, "
            f"{ongoing} go on. Most were of the kind “{en}” ({number}).",
        ),
    )


def _figures(rows: list[Finding], everything: str) -> Plain:
    decided = [one for one in rows if one.status in DECIDED]
    cased = sum(one.status == Status.CASED for one in rows)
    judged = cased + sum(one.status == Status.DISMISSED for one in rows)
    hours = sorted((one.raised_at - one.first_seen).total_seconds() / 3600 for one in rows)
    median = Decimal(str(hours[len(hours) // 2])).quantize(TENTH, ROUND_HALF_EVEN)

    def row(code: str, zh: str, en: str, value: object, unit: str, coverage: str) -> Plain:
        shown = None if value is None else str(value)
        return figure(code, words(zh, en), shown, unit=unit, source=SOURCE, coverage=coverage)

    return figures_block(
        "findings_figures",
        words("主要指标", "Key figures"),
        [
            row("findings_raised", "形成线索", "Findings raised", len(rows), "", everything),
            row(
                "findings_decided",
                "研判率",
                "Share decided",
                percent(len(decided), len(rows)),
                "%",
                of(len(decided), len(rows)),
            ),
            row(
                "findings_precision",
                "立案精准度：立案 ÷（立案＋排除）",
                "Precision: cased / (cased + dismissed)",
                percent(cased, judged),
                "%",
                of(judged, len(rows)),
            ),
            row(
                "findings_delay",
                "从首次出现到形成线索，中位数",
                "From the first hit to the finding, median",
                median,
                "h",
                everything,
            ),
        ],
    )


def _by_kind(by_kind: Counter[str], everything: str) -> Plain:
    marks = [mark(words(*kind_names(kind)), number) for kind, number in _ordered(by_kind.items())]
    return chart_block(
        "findings_kinds",
        "bars",
        words("线索类型", "Findings by kind"),
        [{"name": words("条", "findings"), "marks": marks}],
        source=SOURCE,
        coverage=everything,
    )


def _kinds_table(rows: list[Finding], everything: str) -> Plain:
    columns = [
        ("kind", words("类型", "Kind"), False),
        ("raised", words("形成", "Raised"), True),
        ("severe", words("较重及以上", "Major or worse"), True),
        ("cased", words("立案", "Cased"), True),
        ("dismissed", words("排除", "Dismissed"), True),
        ("corrected", words("自查销除", "Self-corrected"), True),
        ("open", words("未研判", "Open"), True),
    ]
    kinds: dict[str, list[Finding]] = {}
    for one in rows:
        kinds.setdefault(one.kind, []).append(one)
    cells = [
        [
            words(*kind_names(kind)),
            len(found),
            sum(one.severity >= 3 for one in found),
            _count(found, Status.CASED),
            _count(found, Status.DISMISSED),
            _count(found, Status.SELF_CORRECTED),
            _count(found, Status.NEW) + _count(found, Status.TRIAGED),
        ]
        for kind, found in sorted(kinds.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    ]
    return table_block(
        "findings_by_kind", words("各类线索处置", "Kinds"), columns, cells, source=SOURCE, coverage=everything
    )


def _by_source(rows: list[Finding], everything: str) -> Plain:
    counted = Counter(one.source for one in rows)
    cells = [[SOURCES.get(source, words(source, source)), number] for source, number in _ordered(counted.items())]
    columns = [("source", words("来源", "Source"), False), ("raised", words("条数", "Findings"), True)]
    return table_block(
        "findings_by_source", words("线索来源", "Sources"), columns, cells, source=SOURCE, coverage=everything
    )


def _by_region(wanted: Wanted, rows: list[Finding], everything: str) -> Plain:
    counted = Counter(one.object.region_code for one in rows)
    severe = Counter(one.object.region_code for one in rows if one.severity >= 3)
    cells = [[wanted.region_name(code), number, severe[code]] for code, number in _ordered(counted.items())]
    columns = [
        ("region", words("所在区", "District"), False),
        ("raised", words("条数", "Findings"), True),
        ("severe", words("较重及以上", "Major or worse"), True),
    ]
    return table_block(
        "findings_by_region", words("各区分布", "Districts"), columns, cells, source=SOURCE, coverage=everything
    )


def _worst(wanted: Wanted, rows: list[Finding], everything: str) -> Plain:
    columns = [
        ("number", words("编号", "Number"), False),
        ("severity", words("等级", "Severity"), False),
        ("kind", words("类型", "Kind"), False),
        ("object", words("对象", "Object"), False),
        ("item", words("项目", "Item"), False),
        ("first", words("首次出现", "First seen"), False),
        ("status", words("处置", "Status"), False),
    ]
    cells: list[list[object]] = [
        [
            one.number,
            SEVERITY[one.severity],
            words(*kind_names(one.kind)),
            words(masked_text(one.object.name), masked_text(one.object.name_en or one.object.name)),
            _item(one.parameter),
            minute_text(one.first_seen),
            STATES.get(one.status, words(one.status, one.status)),
        ]
        for one in rows[:SHOWN]
    ]
    return table_block(
        "findings_worst",
        words("线索清单（按等级）", "Findings by severity"),
        columns,
        cells,
        source=SOURCE,
        coverage=everything,
        total=len(rows),
    )


def _item(code: str) -> str | None:
    packs = load_packs()
    if not code or not packs.has_pollutant(code):
        return code or None
    return packs.pollutant(code).symbol or code


def _count(rows: Iterable[Finding], status: Status) -> int:
    return sum(one.status == status for one in rows)


def _ordered(counts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(counts, key=lambda pair: (-pair[1], pair[0]))
