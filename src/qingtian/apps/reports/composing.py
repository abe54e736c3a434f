"""A snapshot: every chapter of a kind of report as plain values, and the hash of its canonical JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.cases.models import Case
from qingtian.apps.registry.models import RegistryObject
from qingtian.apps.reports.sections.air import air
from qingtian.apps.reports.sections.cases import cases
from qingtian.apps.reports.sections.duties import indicator_table, obligations
from qingtian.apps.reports.sections.emissions import emissions
from qingtian.apps.reports.sections.findings import findings
from qingtian.apps.reports.sections.one_case import case_clocks, case_evidence, case_facts, case_findings, case_steps
from qingtian.apps.reports.sections.others import enterprise_facts, quality, sources, summary
from qingtian.apps.reports.wanted import Wanted
from qingtian.domain.errors import ConfigurationError, InvalidInput
from qingtian.domain.evidence import canonical_json
from qingtian.domain.indicators.periods import Period
from qingtian.domain.reports import ReportKind, ReportSpan, Words, report_period, words
from qingtian.runtime.clock import SHANGHAI

FORM = 1  # of the snapshot; raised when a block changes its shape
Chapter = Callable[[Wanted], dict[str, Any]]
CHAPTERS: Mapping[str, Chapter] = {
    "air": air,
    "emissions": emissions,
    "findings": findings,
    "cases": cases,
    "obligations": obligations,
    "indicators": indicator_table,
    "quality": quality,
    "case_facts": case_facts,
    "case_clocks": case_clocks,
    "case_findings": case_findings,
    "case_steps": case_steps,
    "case_evidence": case_evidence,
    "enterprise_facts": enterprise_facts,
}
AROUND = {"summary": summary, "sources": sources}  # made from the others


def wanted_of(
    actor: Actor,
    at: datetime,
    kind: ReportKind,
    region: str,
    *,
    day: date | None = None,
    case: Case | None = None,
    enterprise: RegistryObject | None = None,
) -> Wanted:
    """What a report of a kind is about.

    Args:
        day: any day of the period, for kinds that are about a stretch of time.
        case, enterprise: what the other kinds are about.
    Raises:
        InvalidInput: the day or the object is missing, or the period has not begun.
    """
    today = at.astimezone(SHANGHAI).date()
    match ReportSpan(kind.span):
        case ReportSpan.CASE:
            if case is None:
                raise InvalidInput("this kind of report is about one case", field="case", remedy="give its number")
            period = Period(case.opened_at.astimezone(SHANGHAI).date(), today)
            return Wanted(actor, at, kind, case.region_code or region, period, case=case)
        case ReportSpan.ENTERPRISE:
            if enterprise is None:
                raise InvalidInput(
                    "this kind of report is about one enterprise", field="enterprise", remedy="give its code"
                )
            first = enterprise.recorded_at.astimezone(SHANGHAI).date()
            return Wanted(
                actor,
                at,
                kind,
                enterprise.region_code or region,
                Period(min(first, today), today),
                enterprise=enterprise,
            )
        case span:
            if day is None:
                raise InvalidInput("this kind of report is about a period", field="day", remedy="give a day of it")
            period = report_period(day, span)
            if period.first > today:
                raise InvalidInput(f"{period} has not begun", field="day", remedy=f"give a day up to {today}")
            return Wanted(actor, at, kind, region, period)


def compose(wanted: Wanted) -> dict[str, Any]:
    """The snapshot of a report.

    Raises:
        ConfigurationError: the pack names a chapter that nobody writes.
    """
    codes = wanted.kind.sections
    if unknown := [code for code in codes if code not in CHAPTERS and code not in AROUND]:
        raise ConfigurationError(
            f"{wanted.kind.row_id} names unknown chapters: {', '.join(unknown)}",
            field="report_kinds.csv:sections",
            remedy=f"use: {', '.join(sorted({*CHAPTERS, *AROUND}))}",
        )
    made = {code: CHAPTERS[code](wanted) for code in codes if code in CHAPTERS}
    others = list(made.values())
    made |= {code: AROUND[code](wanted, others) for code in codes if code in AROUND}
    return {
        "form": FORM,
        "kind": wanted.kind.kind,
        "rule": wanted.kind.row_id,
        "label": words(wanted.kind.label_zh, wanted.kind.label_en),
        "region": wanted.region,
        "region_name": wanted.region_name(wanted.region),
        "first": wanted.period.first.isoformat(),
        "last": wanted.period.last.isoformat(),
        "known_at": wanted.at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
        "complete": wanted.complete,
        "subject": subject_of(wanted),
        "sections": [made[code] for code in codes],
    }


def fingerprint(snapshot: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON of a snapshot."""
    return hashlib.sha256(canonical_json(snapshot)).hexdigest()


def subject_of(wanted: Wanted) -> Words | None:
    """The object that a report is about; None for one about a period."""
    if wanted.case is not None:
        return words(wanted.case.number, wanted.case.number)
    if wanted.enterprise is not None:
        return words(wanted.enterprise.name, wanted.enterprise.name_en or wanted.enterprise.name)
    return None


def title_of(wanted: Wanted) -> Words:
    """The title: place, kind, and the period or the object."""
    place, subject, period = wanted.region_name(wanted.region), subject_of(wanted), wanted.period
    if subject is not None:
        return words(
            f"{wanted.kind.label_zh}：{subject['zh']}", f"{wanted.kind.label_en.capitalize()}: {subject['en']}"
        )
    match ReportSpan(wanted.kind.span):
        case ReportSpan.MONTH:
            zh, en = f"{period.first.year}年{period.first.month}月", f"{period.first:%Y-%m}"
        case ReportSpan.DAY:
            zh, en = f"{period.first.year}年{period.first.month}月{period.first.day}日", period.first.isoformat()
        case _:
            year, week, _day = period.first.isocalendar()
            zh, en = f"{year}年第{week}周", f"week {week} of {year}"
    return words(f"{place['zh']}{wanted.kind.label_zh}（{zh}）", f"{place['en']}: {wanted.kind.label_en}, {en}")


def rests_on_simulated(wanted: Wanted) -> bool:
    """Whether any row of the report is simulated; then the paper says so on every page."""
    if wanted.case is not None:
        return wanted.case.simulated
    if wanted.enterprise is not None and wanted.enterprise.simulated:
        return True
    return (
        wanted.judgements().filter(simulated=True).exists()
        or wanted.findings().filter(simulated=True).exists()
        or wanted.cases().filter(simulated=True, opened_at__lt=wanted.until).exists()
        or wanted.occurrences().filter(simulated=True).exists()
    )
