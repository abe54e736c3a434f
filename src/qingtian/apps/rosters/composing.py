"""What is open at a change of shift, put together from the rooms that know it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.masking import masked_text
from qingtian.apps.accounts.scope import region_prefix
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import View, listed
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.queries import needs_attention
from qingtian.apps.findings.states import Activity, Kind
from qingtian.apps.notices.models import Delivery, Notice
from qingtian.apps.notices.queries import unanswered
from qingtian.apps.notices.states import DeliveryState
from qingtian.apps.rosters.models import Roster
from qingtian.packs.finding_kinds import finding_kinds, kind_names
from qingtian.runtime.clock import SHANGHAI

LISTED = 30  # of each section; the count says how many there are
SOON = timedelta(hours=24)  # a view, not a legal period
Line = dict[str, Any]


def open_matters(actor: Actor, at: datetime, roster: Roster) -> dict[str, Any]:
    """Sections by name, each with its count and the first lines, as the actor sees the place of the roster.

    Findings that wait for somebody, cases that have breached or are about to, streams that are silent, devices in
    fault, notices that nobody acknowledged, words that did not arrive.
    """
    place = region_prefix(roster.region_code)
    findings = Finding.objects.visible_to(actor).filter(object__region_code__startswith=place).select_related("object")
    devices = [kind.kind for kind in finding_kinds().values() if kind.category == "device"]
    ongoing = findings.filter(activity=Activity.ONGOING)
    soon = at + SOON
    breached = _cases(listed(actor, View.OVERDUE, at), place)
    running = _cases(listed(actor, View.DUE_SOON, at), place).filter(due_at__lt=soon)
    waiting = needs_attention(findings).exclude(kind=Kind.LATE_STREAM).order_by("-severity", "-last_seen", "-id")
    dead = Delivery.objects.visible_to(actor).filter(state=DeliveryState.DEAD).order_by("-made_at")
    return {
        "findings": _section(waiting, map(_finding, waiting[:LISTED])),
        "breached": _section(breached, map(_case, breached[:LISTED])),
        "due_soon": _section(running, map(_case, running[:LISTED])),
        "silent": _of_findings(ongoing.filter(kind=Kind.LATE_STREAM)),
        "faults": _of_findings(ongoing.filter(kind__in=devices)),
        "notices": _notices(actor, place),
        "undelivered": _section(dead, map(_delivery, dead[:LISTED])),
    }


def _section(rows: QuerySet[Any], lines: Iterable[Line]) -> dict[str, Any]:
    return {"count": rows.count(), "lines": list(lines)}


def _of_findings(rows: QuerySet[Finding]) -> dict[str, Any]:
    ordered = rows.order_by("first_seen", "id")
    return _section(ordered, map(_finding, ordered[:LISTED]))


def _notices(actor: Actor, place: str) -> dict[str, Any]:
    rows = unanswered(Notice.objects.visible_to(actor)).filter(region_code__startswith=place).order_by("posted_at")
    return _section(rows, map(_notice, rows[:LISTED]))


def _cases(rows: QuerySet[Case], place: str) -> QuerySet[Case]:
    return rows.filter(region_code__startswith=place)


def _finding(row: Finding) -> Line:
    zh, en = kind_names(row.kind)
    obj = row.object
    return _line(
        row.number,
        f"/desk/alarms/{row.pk}",
        f"{zh}：{obj.name}",
        f"{en}: {obj.name_en or obj.name}",
        row.severity,
        row.first_seen,
    )


def _case(row: Case) -> Line:
    title = masked_text(row.title)
    return _line(
        row.number, f"/desk/cases/{row.pk}", title, masked_text(row.title_en) or title, row.severity, row.due_at
    )


def _notice(row: Notice) -> Line:
    return _line(row.subject_number, row.link, row.title_zh, row.title_en, row.severity, row.posted_at)


def _delivery(row: Delivery) -> Line:
    return _line(row.key[:8], f"/desk/notices/deliveries/{row.pk}", row.subject, row.subject, row.severity, row.made_at)


def _line(number: str, link: str, zh: str, en: str, severity: int, at: datetime | None) -> Line:
    return {
        "number": number,
        "link": link,
        "zh": zh,
        "en": en,
        "severity": severity,
        "at": at.astimezone(SHANGHAI).isoformat(timespec="seconds") if at else "",
    }
