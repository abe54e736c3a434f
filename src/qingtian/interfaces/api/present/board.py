"""The weekly board: figures with the week before, their rules, and the cases behind each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpResponse

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.cases.models import Case, CaseClock
from qingtian.apps.cases.queries import template_of
from qingtian.apps.cases.rates import Rate
from qingtian.apps.command.board import (
    Board,
    By,
    Figure,
    Part,
    Question,
    behind,
    board,
    checked_week,
    rule_of,
)
from qingtian.apps.registry.listing import NAMELESS, Name, organisation_names, region_names
from qingtian.domain.indicators.definition import Indicator
from qingtian.domain.standards.numbers import round_fraction
from qingtian.interfaces.api.paging import ordering, paged_rows
from qingtian.interfaces.api.present.exports import answer, bounded
from qingtian.interfaces.api.schemas.board import (
    RateBoardExport,
    RateBoardOut,
    RateFigureOut,
    RateGroupOut,
    RateQuery,
    RateRuleOut,
    RateThing,
    RateThingExport,
    RateThingFilters,
    RateThingPage,
)
from qingtian.runtime.clock import SHANGHAI

NOBODY: Mapping[By, Name] = {
    By.ORG: Name("未明确责任单位", "No organisation named"),
    By.LEADER: Name("未明确包案领导", "No leader named"),
    By.REGION: Name("未明确区域", "No region"),
}
TOTAL = Name("全部", "All")
COVERAGE_DIGITS = 1
ON_CLOCKS = frozenset({Rate.ON_TIME, Rate.WRITE_OFF})
PARTS = {True: Part.YES, False: Part.NO, None: Part.MISSING}
Line = tuple[RateGroupOut, RateFigureOut]


def question_of(now: datetime, query: RateQuery) -> Question:
    """The query as the apps understand it."""
    return Question(checked_week(query.day, now), query.by, query.template or "", query.region or "")


def rate_board(actor: Actor, now: datetime, query: RateQuery) -> RateBoardOut:
    """The board of a week beside the week before."""
    asked = question_of(now, query)
    this, before = board(actor, now, asked), board(actor, now, asked.before)
    rules = {rate: rule_of(rate, min(asked.week.last, now.astimezone(SHANGHAI).date())) for rate in Rate}
    names = _names(asked.by, this.figures)
    groups = [
        _group(key, names[key], this, before, rules) for key in sorted(this.figures, key=lambda key: (not key, key))
    ]
    return RateBoardOut(
        by=asked.by,
        first=asked.week.first,
        last=asked.week.last,
        running=asked.week.last >= now.astimezone(SHANGHAI).date(),
        before_first=asked.before.week.first,
        before_last=asked.before.week.last,
        as_of=now,
        rates=[_rule(rate, rule) for rate, rule in rules.items()],
        groups=groups,
        total=RateGroupOut(
            key="",
            name=TOTAL.zh,
            name_en=TOTAL.en,
            figures=[_figure(rate, this.total(rate), before.total(rate), rules[rate]) for rate in Rate],
            unreachable=sum(this.unreachable.values()),
        ),
    )


def rate_board_csv(actor: Actor, now: datetime, query: RateBoardExport) -> HttpResponse:
    """The board as a table: one line for each group and rate, and the whole at the end."""
    told = rate_board(actor, now, query)
    lines = [(group, figure) for group in (*told.groups, told.total) for figure in group.figures]
    rules = {one.rate: one for one in told.rates}
    columns: Mapping[str, Callable[[Line], object]] = {
        "week_first": lambda line: told.first,
        "week_last": lambda line: told.last,
        "by": lambda line: told.by,
        "key": lambda line: line[0].key,
        "name": lambda line: line[0].name,
        "rate": lambda line: line[1].rate,
        "rate_zh": lambda line: rules[line[1].rate].name_zh,
        "value": lambda line: line[1].value,
        "unit": lambda line: rules[line[1].rate].unit,
        "yes": lambda line: line[1].yes,
        "no": lambda line: line[1].no,
        "missing": lambda line: line[1].missing,
        "coverage_percent": lambda line: line[1].coverage,
        "week_before": lambda line: line[1].before,
        "change_points": lambda line: line[1].change,
        "unreachable": lambda line: line[0].unreachable,
        "formula": lambda line: rules[line[1].rate].formula.replace("\n", " "),
        "rule_row": lambda line: rules[line[1].rate].rule_row,
    }
    return answer("board", now, columns, lines, bom=query.bom)


def things_page(actor: Actor, now: datetime, filters: RateThingFilters) -> RateThingPage:
    """The cases behind one figure."""
    rows, sortable = _things(actor, now, filters)
    page, total = paged_rows(rows, filters, sortable)
    return RateThingPage(
        items=thing_rows(page, filters.rate), total=total, page=filters.page, page_size=filters.page_size
    )


def things_csv(actor: Actor, now: datetime, filters: RateThingExport) -> HttpResponse:
    """The same as a table."""
    rows, sortable = _things(actor, now, filters)
    if order := ordering(filters.sort, sortable):
        rows = rows.order_by(*order)
    return answer("board-cases", now, COLUMNS, thing_rows(bounded(rows), filters.rate), bom=filters.bom)


def thing_rows(rows: Iterable[Any], rate: Rate) -> list[RateThing]:
    """Cases, or periods of cases, with their names."""
    listed = list(rows)
    orgs = organisation_names(row.by_org for row in listed if row.by_org)
    regions = region_names()
    return [_thing(row, row.case if isinstance(row, CaseClock) else row, orgs, regions) for row in listed]


def _things(actor: Actor, now: datetime, filters: RateThingFilters) -> tuple[Any, Mapping[str, str]]:
    path = "case__" if filters.rate in ON_CLOCKS else ""
    rows = behind(actor, now, question_of(now, filters), filters.rate, filters.key, filters.part)
    sortable = {name: f"{path}{name}" for name in ("number", "severity", "template")} | {"org": "by_org"}
    if path:
        rows, sortable = rows.select_related("case"), sortable | {"due_on": "due_on"}
    return rows.order_by(f"{path}number", "pk"), sortable


def _thing(row: Any, case: Case, orgs: Mapping[str, str], regions: Mapping[str, Name]) -> RateThing:
    template = template_of(case)
    state, clock = template.state(case.state), row if isinstance(row, CaseClock) else None
    region = regions.get(row.by_region, NAMELESS)
    return RateThing(
        case_id=case.pk,
        number=case.number,
        title=case.title,
        title_en=case.title_en or case.title,
        template=case.template,
        state_zh=state.label_zh,
        state_en=state.label_en,
        severity=case.severity,
        org=row.by_org,
        org_name=orgs.get(row.by_org, row.by_org),
        leader=row.by_leader,
        region_code=row.by_region,
        region_name=region.zh,
        region_name_en=region.en,
        clock_zh=clock.rule.get("label_zh", clock.code) if clock else "",
        clock_en=clock.rule.get("label_en", clock.code) if clock else "",
        due_on=clock.due_on if clock else None,
        ended_on=clock.stopped_on if clock else _day(case.written_off_at),
        part=PARTS[row.outcome],
        simulated=case.simulated,
    )


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.astimezone(SHANGHAI).date()


def _names(by: By, keys: Iterable[str]) -> dict[str, Name]:
    wanted = [key for key in keys if key]
    match by:
        case By.ORG:
            known = {code: Name(name, name) for code, name in organisation_names(wanted).items()}
        case By.REGION:
            known = region_names()
        case _:
            known = {}
    return {key: known.get(key, Name(key, key)) for key in wanted} | {"": NOBODY[by]}


def _group(key: str, name: Name, this: Board, before: Board, rules: Mapping[Rate, Indicator]) -> RateGroupOut:
    mine, earlier = this.figures[key], before.figures.get(key, {})
    return RateGroupOut(
        key=key,
        name=name.zh,
        name_en=name.en,
        figures=[_figure(rate, mine.get(rate, Figure()), earlier.get(rate, Figure()), rules[rate]) for rate in Rate],
        unreachable=this.unreachable.get(key, 0),
    )


def _figure(rate: Rate, this: Figure, before: Figure, rule: Indicator) -> RateFigureOut:
    both = this.exact is not None and before.exact is not None
    change = round_fraction(this.exact - before.exact, rule.digits) if both else None  # type: ignore[operator]
    coverage = None if this.coverage is None else round_fraction(this.coverage, COVERAGE_DIGITS)
    return RateFigureOut(
        rate=rate,
        yes=this.yes,
        no=this.no,
        missing=this.missing,
        value=_text(this.value(rule.digits)),
        coverage=_text(coverage),
        before=_text(before.value(rule.digits)),
        before_yes=before.yes,
        before_no=before.no,
        change=_text(change),
    )


def _text(value: Decimal | None) -> str | None:
    # With the digits of the rule, also where they are zeros: columns are compared by eye. There is no minus zero.
    return None if value is None else f"{value if value else abs(value):f}"


def _rule(rate: Rate, rule: Indicator) -> RateRuleOut:
    counted = rule.inputs[0]
    return RateRuleOut(
        rate=rate,
        code=rule.code,
        name_zh=rule.name_zh,
        name_en=rule.name_en,
        formula=rule.formula,
        counts_zh=counted.label_zh,
        counts_en=counted.label_en,
        unit=rule.unit,
        direction=rule.direction,
        note=rule.note,
        source=rule.source,
        clause=rule.clause,
        confidence=rule.confidence,
        rule_row=rule.row_id,
    )


COLUMNS: Mapping[str, Callable[[RateThing], object]] = {
    "number": lambda one: one.number,
    "title": lambda one: one.title,
    "template": lambda one: one.template,
    "state": lambda one: one.state_zh,
    "severity": lambda one: one.severity,
    "org": lambda one: one.org,
    "org_name": lambda one: one.org_name,
    "leader": lambda one: one.leader,
    "region_code": lambda one: one.region_code,
    "clock": lambda one: one.clock_zh,
    "due_on": lambda one: one.due_on,
    "ended_on": lambda one: one.ended_on,
    "part": lambda one: one.part,
    "simulated": lambda one: one.simulated,
}
