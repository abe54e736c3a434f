"""Duties of the period, and the indicators of the place with formula and coverage."""

from __future__ import annotations

from collections import defaultdict

from qingtian.apps.indicators.models import IndicatorValue
from qingtian.apps.indicators.queries import RANK
from qingtian.apps.obligations.models import Occurrence
from qingtian.apps.obligations.naming import occurrence_title, template_name
from qingtian.apps.reports.wanted import Wanted, minute_text, of, percent
from qingtian.domain.obligations import SETTLED, State
from qingtian.domain.reports import figure, figures_block, none_block, section, table_block, text_block, words
from qingtian.domain.reports.blocks import Plain
from qingtian.packs import load_packs
from qingtian.packs.indicators import INDEX_TREES, indicators

OBLIGATIONS = words("法定义务履行", "Duties")
INDICATORS = words("指标", "Indicators")
SOURCE = words("义务台账：到期日落在本期的义务", "duties whose last moment lies in this period")
SHOWN = 40


def obligations(wanted: Wanted) -> Plain:
    """The chapter about dated duties."""
    rows = list(wanted.occurrences().select_related("object").order_by("due_at", "number"))
    if not rows:
        none = none_block(words("本期没有到期的法定义务。", "No duty was due in this period."))
        return section("obligations", OBLIGATIONS, [none])
    done = sum(one.state in SETTLED for one in rows)
    missed = [one for one in rows if one.state == State.MISSED]
    late, waived = (sum(one.state == state for one in rows) for state in (State.LATE, State.WAIVED))
    due = len(rows) - waived
    text = words(
        f"本期到期义务 {len(rows)} 项，豁免 {waived} 项，应履行 {due} 项，已履行 {done} 项（其中逾期履行 {late} 项），"
        f"未履行 {len(missed)} 项。",
        f"{len(rows)} duties were due, {waived} of them waived; {done} of {due} were done ({late} late), "
        f"{len(missed)} were missed.",
    )
    return section(
        "obligations",
        OBLIGATIONS,
        [
            text_block("obligations_summary", text),
            _figures(len(rows), due, done, late, len(missed)),
            _table(wanted, rows),
        ]
        + ([_missed(missed)] if missed else []),
    )


def _figures(total: int, due: int, done: int, late: int, missed: int) -> Plain:
    def row(code: str, zh: str, en: str, value: object, unit: str = "") -> Plain:
        shown = None if value is None else str(value)
        return figure(code, words(zh, en), shown, unit=unit, source=SOURCE, coverage=of(due, total))

    return figures_block(
        "obligations_figures",
        words("主要指标", "Key figures"),
        [
            row("obligations_due", "应履行义务", "Duties to do", due),
            row("obligations_done_share", "完成率", "Done", percent(done, due), "%"),
            row("obligations_on_time_share", "按时完成率", "Done in time", percent(done - late, due), "%"),
            row("obligations_missed", "未履行", "Missed", missed),
        ],
    )


def _table(wanted: Wanted, rows: list[Occurrence]) -> Plain:
    by_template: dict[str, list[Occurrence]] = defaultdict(list)
    for one in rows:
        by_template[one.template].append(one)
    columns = [
        ("template", words("义务", "Duty"), False),
        ("due", words("到期", "Due"), True),
        ("done", words("按时", "In time"), True),
        ("late", words("逾期履行", "Late"), True),
        ("missed", words("未履行", "Missed"), True),
        ("waived", words("豁免", "Waived"), True),
    ]
    cells = []
    for code, found in sorted(by_template.items()):
        name = template_name(code, wanted.last_day)
        counts = [
            sum(one.state == state for one in found) for state in (State.DONE, State.LATE, State.MISSED, State.WAIVED)
        ]
        cells.append([words(name.zh, name.en), len(found), *counts])
    return table_block(
        "obligations_by_template",
        words("各类义务", "Kinds of duties"),
        columns,
        cells,
        source=SOURCE,
        coverage=of(len(rows), len(rows)),
    )


def _missed(missed: list[Occurrence]) -> Plain:
    columns = [
        ("title", words("义务", "Duty"), False),
        ("object", words("对象", "Object"), False),
        ("due", words("到期", "Due"), False),
    ]
    cells: list[list[object]] = []
    for one in missed[:SHOWN]:
        title = occurrence_title(one)
        place = words(one.object.name, one.object.name_en or one.object.name)
        cells.append([words(title.zh, title.en), place, minute_text(one.due_at)])
    return table_block(
        "obligations_missed",
        words("未履行的义务", "Duties missed"),
        columns,
        cells,
        source=SOURCE,
        coverage=of(len(cells), len(missed)),
        total=len(missed),
    )


def indicator_table(wanted: Wanted) -> Plain:
    """The chapter with every indicator of the place: the newest value whose period ends in this one."""
    rows = IndicatorValue.objects.visible_to(wanted.actor).filter(
        region=wanted.region,
        computed_at__lte=wanted.at,
        last__gte=wanted.period.first,
        last__lte=wanted.period.last,
        composite=False,
    )
    newest = rows.annotate(rank=RANK).order_by("code", "-last", "rank", "-version").distinct("code")
    values = {one.code: one for one in newest}
    defined = {row.code: row for row in indicators(load_packs(), wanted.last_day, wanted.region)}
    columns = [
        ("indicator", words("指标", "Indicator"), False),
        ("value", words("数值", "Value"), True),
        ("unit", words("单位", "Unit"), False),
        ("period", words("统计期", "Period"), False),
        ("coverage", words("覆盖率 %", "Coverage %"), True),
        ("met", words("目标", "Target"), False),
        ("reason", words("说明", "Reason"), False),
    ]
    cells = []
    for code, row in sorted(defined.items(), key=lambda pair: (pair[1].group, pair[0])):
        value = values.get(code)
        known = value is not None and bool(value.value)
        cells.append(
            [
                words(row.name_zh, row.name_en),
                value.value if value is not None and known else None,
                row.unit if known else None,
                f"{value.first}—{value.last}" if value is not None else None,
                value.coverage if value is not None else None,
                _met(value),
                words("", "") if known else _why(value),
            ]
        )
    known_count = sum(bool(one.value) for one in values.values())
    text = words(
        f"共 {len(defined)} 项指标，本期有数值 {known_count} 项；其余注明原因，不以零代替。",
        f"{known_count} of {len(defined)} indicators have a value in this period; the rest say why, never nought.",
    )
    table = table_block(
        "indicators_table",
        words("指标一览", "Indicators"),
        columns,
        cells,
        source=words(
            "指标库（公式、输入与版本见系统内指标页）", "indicators with formula, inputs and versions on their page"
        ),
        coverage=of(known_count, len(defined)),
    )
    return section("indicators", INDICATORS, [text_block("indicators_summary", text), table, _formulas(wanted)])


def _formulas(wanted: Wanted) -> Plain:
    """What each indicator is: the formula and the rule that it is from."""
    defined = sorted(indicators(load_packs(), wanted.last_day, wanted.region), key=lambda row: (row.group, row.code))
    columns = [
        ("indicator", words("指标", "Indicator"), False),
        ("formula", words("公式", "Formula"), False),
        ("rule", words("依据", "Rule"), False),
        ("confidence", words("核实情况", "Confidence"), False),
    ]
    cells: list[list[object]] = [
        [words(row.name_zh, row.name_en), row.formula, f"{row.standard} {row.clause}", row.confidence]
        for row in defined
    ]
    trees = len(load_packs().in_force(INDEX_TREES, wanted.last_day, wanted.region))
    return table_block(
        "indicators_formulas",
        words("指标公式与依据", "Formulas and rules"),
        columns,
        cells,
        source=words(f"规则包（另有 {trees} 个综合指数树）", f"rule packs (and {trees} composite indices)"),
        coverage=of(len(cells), len(cells)),
    )


def _met(value: IndicatorValue | None) -> object:
    if value is None or value.met is None:
        return None
    return words("达到", "met") if value.met else words("未达到", "not met")


def _why(value: IndicatorValue | None) -> object:
    if value is None:
        return words("未接入或未计算", "not connected or not computed")
    return words(value.reason_zh or value.status, value.reason_en or value.status)
