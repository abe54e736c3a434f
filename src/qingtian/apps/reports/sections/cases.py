"""Cases of the period: opened, written off, kept in time, come back; and the list."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from django.db.models import Q

from qingtian.apps.accounts.masking import masked_text
from qingtian.apps.cases.models import Case, CaseClock
from qingtian.apps.reports.sections.findings import SEVERITY
from qingtian.apps.reports.wanted import Wanted, day_text, of, percent
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
from qingtian.packs.procedures import procedure

TITLE = words("案件办理", "Cases")
SOURCE = words("案件台账；时限按程序版本与工作日历计算", "cases; clocks by procedure version and legal calendar")
SHOWN = 60


def cases(wanted: Wanted) -> Plain:
    """The chapter about cases."""
    every = wanted.cases()
    opened = list(every.filter(opened_at__gte=wanted.start, opened_at__lt=wanted.until).order_by("opened_at", "number"))
    off = list(every.filter(written_off_at__gte=wanted.start, written_off_at__lt=wanted.until).order_by("number"))
    still = Q(closed_at=None) | Q(closed_at__gte=wanted.until)
    running = list(
        every.filter(still, opened_at__lt=wanted.until).filter(
            Q(written_off_at=None) | Q(written_off_at__gte=wanted.until)
        )
    )
    if not opened and not off and not running:
        return section("cases", TITLE, [none_block(words("本期没有案件。", "There was no case in this period."))])
    on_time, ended = _clocks(wanted)
    back = _come_back(off, wanted.until)
    overdue = [one for one in running if one.due_at is not None and one.due_at < wanted.until]
    blocks = [
        _summary(len(opened), len(off), len(running), len(overdue), back),
        _figures(opened, off, running, overdue, on_time=on_time, ended=ended, back=back),
    ]
    if opened:
        blocks += [_by_template(opened), _by_region(wanted, opened)]
    listed = {one.pk: one for one in (*opened, *off, *running)}
    blocks.append(_list(wanted, [listed[pk] for pk in sorted(listed)]))
    return section("cases", TITLE, blocks)


def state_words(case: Case) -> Words:
    """The state of a case in words; its code where no pack knows it."""
    try:
        state = procedure(case.template, case.template_version).state(case.state)
    except (QingtianError, KeyError):
        return words(case.state, case.state)
    return words(state.label_zh, state.label_en)


def template_words(case: Case) -> Words:
    """Name of the procedure of a case."""
    try:
        found = procedure(case.template, case.template_version)
    except QingtianError:
        return words(case.template, case.template)
    return words(f"{case.template} {found.name_zh}", f"{case.template} {found.name_en}")


def _summary(opened: int, off: int, running: int, overdue: int, back: int) -> Plain:
    return text_block(
        "cases_summary",
        words(
            f"本期新立案件 {opened} 件，销号 {off} 件；期末在办 {running} 件，其中逾期 {overdue} 件；"
            f"本期销号案件中已反弹 {back} 件。",
            f"{opened} cases were opened and {off} written off; {running} were open at the end, {overdue} of them "
            f"overdue; {back} of those written off came back.",
        ),
    )


def _figures(
    opened: list[Case],
    off: list[Case],
    running: list[Case],
    overdue: list[Case],
    *,
    on_time: int,
    ended: int,
    back: int,
) -> Plain:
    def row(code: str, zh: str, en: str, value: object, unit: str, coverage: str) -> Plain:
        shown = None if value is None else str(value)
        return figure(code, words(zh, en), shown, unit=unit, source=SOURCE, coverage=coverage)

    whole = of(len(opened), len(opened))
    open_ = of(len(running), len(running))
    gone = sum(one.written_off_at is not None for one in opened)
    return figures_block(
        "cases_figures",
        words("主要指标", "Key figures"),
        [
            row("cases_opened", "新立案件", "Cases opened", len(opened), "", whole),
            row("cases_written_off", "销号案件", "Cases written off", len(off), "", of(len(off), len(off))),
            row("cases_running", "期末在办", "Open at the end", len(running), "", open_),
            row("cases_overdue", "期末逾期", "Overdue at the end", len(overdue), "", open_),
            row(
                "cases_on_time",
                "办理按时率：按时停止的时限 ÷ 已停止或已到期的时限",
                "On time: clocks kept / clocks stopped or run out",
                percent(on_time, ended),
                "%",
                of(ended, ended),
            ),
            row(
                "cases_write_off_share",
                "问题销号率：本期立案中已销号",
                "Written off, of those opened",
                percent(gone, len(opened)),
                "%",
                whole,
            ),
            row(
                "cases_rebound_share",
                "反弹率：本期销号中已反弹",
                "Came back, of those written off",
                percent(back, len(off)),
                "%",
                of(len(off), len(off)),
            ),
        ],
    )


def _clocks(wanted: Wanted) -> tuple[int, int]:
    """Binding clocks that stopped in the period or ran out in it: how many were kept, and how many there are."""
    first, last = wanted.period.first, wanted.last_day
    ended = Q(stopped_on__gte=first, stopped_on__lte=last)
    overrun = Q(due_on__gte=first, due_on__lt=last) & (Q(stopped_on=None) | Q(stopped_on__gt=last))
    rows = CaseClock.objects.filter(ended | overrun, case__in=wanted.cases(), rule__binding=True)
    found = list(rows.values_list("stopped_on", "due_on"))
    return sum(stopped is not None and stopped <= due for stopped, due in found), len(found)


def _come_back(off: list[Case], until: datetime) -> int:
    ids = [one.pk for one in off]
    return Case.objects.filter(rebound_of__in=ids, opened_at__lt=until).values("rebound_of").distinct().count()


def _by_template(opened: list[Case]) -> Plain:
    counted = Counter(one.template for one in opened)
    names = {one.template: template_words(one) for one in opened}
    ordered = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return chart_block(
        "cases_kinds",
        "bars",
        words("新立案件类型", "Cases opened, by procedure"),
        [{"name": words("件", "cases"), "marks": [mark(names[code], number) for code, number in ordered]}],
        source=SOURCE,
        coverage=of(len(opened), len(opened)),
    )


def _by_region(wanted: Wanted, opened: list[Case]) -> Plain:
    counted = Counter(one.region_code for one in opened)
    off = Counter(one.region_code for one in opened if one.written_off_at is not None)
    columns = [
        ("region", words("所在区", "District"), False),
        ("opened", words("新立", "Opened"), True),
        ("off", words("其中已销号", "Of these written off"), True),
    ]
    cells = [
        [wanted.region_name(code), number, off[code]]
        for code, number in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    return table_block(
        "cases_by_region",
        words("各区立案", "Districts"),
        columns,
        cells,
        source=SOURCE,
        coverage=of(len(opened), len(opened)),
    )


def _list(wanted: Wanted, rows: list[Case]) -> Plain:
    columns = [
        ("number", words("编号", "Number"), False),
        ("title", words("标题", "Title"), False),
        ("severity", words("等级", "Severity"), False),
        ("state", words("状态", "State"), False),
        ("org", words("责任单位", "Office"), False),
        ("opened", words("立案", "Opened"), False),
        ("due", words("到期", "Due"), False),
        ("off", words("销号", "Written off"), False),
    ]
    cells: list[list[object]] = [
        [
            one.number,
            words(masked_text(one.title), masked_text(one.title_en or one.title)),
            SEVERITY[one.severity],
            state_words(one),
            one.org or None,
            day_text(one.opened_at),
            None if one.due_at is None else day_text(one.due_at),
            None if one.written_off_at is None else day_text(one.written_off_at),
        ]
        for one in rows[:SHOWN]
    ]
    return table_block(
        "cases_list",
        words("案件清单", "Cases"),
        columns,
        cells,
        source=SOURCE,
        coverage=of(len(cells), len(rows)),
        total=len(rows),
    )
