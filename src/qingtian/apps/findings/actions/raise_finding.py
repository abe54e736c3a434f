"""Verb: something was detected; a repeated hit extends the finding that is open already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.accounts.roles import Role
from qingtian.apps.findings import axes
from qingtian.apps.findings.models import Finding, FindingHit
from qingtian.apps.findings.states import Activity, AnswerState, Source, Status
from qingtian.apps.findings.windows import silencing
from qingtian.apps.journal.numbers import next_number
from qingtian.apps.journal.record import record, writing
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import InvalidInput
from qingtian.domain.evidence import canonical_json
from qingtian.packs.finding_kinds import finding_kind
from qingtian.runtime.live import Topic, publish

LOWEST, HIGHEST = 1, 4
ABOUT = 80
MOST_EXCESS, EXCESS_DIGITS = Decimal(10**7), 4  # what the column holds


@dataclass(frozen=True, slots=True)
class Hit:
    """One hit of a detection rule, or what a person, a model or a plan reports.

    Args:
        kind: a row of finding_kinds.csv.
        object: what it is about.
        parameter: pollutant code, or empty.
        about: which part of the object: a place, a component, a gap of a plan, a dated duty; empty for the whole.
        severity: 1 notice to 4 severe.
        period_start: start of the period that hit, aware.
        detail: value, limit, unit, clause, standard, coverage, explanation; decimals as text.
        window: a hit that follows the last one of an ended finding within this time reopens that finding.
        corrects: the period hit before and its data were corrected: the new figures replace those of that hit, which
            stay in its history. Otherwise a period that hit before changes nothing.
        place, lon, lat: where, when the object alone does not say it; degrees WGS 84.
        entered_by: the person who reports it; empty when a rule found it.
    """

    kind: str
    rule_id: str
    object: RegistryObject
    period_start: datetime
    severity: int
    parameter: str = ""
    about: str = ""
    rule_version: str = ""
    source: Source = Source.DATA
    detail: Mapping[str, Any] = field(default_factory=dict)
    window: timedelta = timedelta(0)
    corrects: bool = False
    place: str = ""
    lon: float | None = None
    lat: float | None = None
    entered_by: str = ""


def raise_finding(actor: Actor, at: datetime, hit: Hit) -> Finding:
    """Raise or extend the finding of (rule, object, parameter, about).

    A hit within an approved window of its object that silences the kind is kept, off the alarm list, with the window as
    reason; the first hit outside brings the finding back. The same period twice changes nothing, so that a rule may run
    again over the same data; unless it corrects.

    Returns:
        The finding; `hits == 1` means that it is new.
    Raises:
        NotPermitted, InvalidInput.
    """
    _check(hit)
    with writing():
        role = require(
            actor,
            Verb.RAISE_FINDING,
            region_code=hit.object.region_code,
            enterprise_code=hit.object.enterprise_code,
        )
        return _raise(actor, at, hit, role)


def raise_as(actor: Actor, at: datetime, hit: Hit, role: Role) -> Finding:
    """What `raise_finding` does for a role whose right to a verb has been checked.

    Raises:
        InvalidInput.
    """
    _check(hit)
    with writing():
        return _raise(actor, at, hit, role)


def _raise(actor: Actor, at: datetime, hit: Hit, role: Role) -> Finding:
    same = Finding.objects.filter(rule_id=hit.rule_id, object=hit.object, parameter=hit.parameter, about=hit.about)
    known = same.filter(hit_rows__period_start=hit.period_start).order_by("-id").first()
    if known is not None:
        return _correct(actor, at, hit, known, role) if hit.corrects else known
    finding = same.select_for_update().filter(activity=Activity.ONGOING).first() or _recent(same, hit)
    if finding is None:
        finding = _new(actor, at, hit, role, same.count())
    else:
        _extend(actor, at, hit, finding, role)
    publish(Topic.FINDINGS, [finding.pk], at)
    return finding


def _check(hit: Hit) -> None:
    if not LOWEST <= hit.severity <= HIGHEST:
        raise InvalidInput("severity is 1 to 4", field="severity", remedy="1 notice, 2 minor, 3 major, 4 severe")
    if hit.period_start.tzinfo is None:
        raise InvalidInput("the period needs an offset", field="period_start", remedy="give an aware datetime")
    finding_kind(hit.kind)
    if len(hit.about) > ABOUT:
        raise InvalidInput(f"`about` is longer than {ABOUT} characters", field="about", remedy="give a short code")
    canonical_json(hit.detail)


def _recent(same: Any, hit: Hit) -> Finding | None:
    # A settled finding has had its case: a later hit is a new problem, perhaps a relapse. One that was dismissed or
    # cleared is closed for good once it ended: a hit after that must be looked at.
    candidate: Finding | None = (
        same.select_for_update()
        .filter(activity=Activity.ENDED, settled_at=None, last_seen__gte=hit.period_start - hit.window)
        .filter(status__in=(Status.NEW, Status.TRIAGED, Status.CASED, Status.MERGED_INTO))
        .order_by("-last_seen")
        .first()
    )
    return candidate if hit.window else None


def _new(actor: Actor, at: datetime, hit: Hit, role: Role, earlier: int) -> Finding:
    finding = Finding.objects.create(
        number=next_number("F", at),
        kind=hit.kind,
        rule_id=hit.rule_id,
        rule_version=hit.rule_version,
        source=hit.source,
        object=hit.object,
        parameter=hit.parameter,
        about=hit.about,
        place=hit.place,
        lon=hit.lon,
        lat=hit.lat,
        entered_by=hit.entered_by,
        excess=excess(hit.detail),
        recurrence=earlier,
        severity=hit.severity,
        first_seen=hit.period_start,
        last_seen=hit.period_start,
        raised_at=at,
        detail=dict(hit.detail),
        simulated=hit.object.simulated,
    )
    axes.begin_history(finding, at)
    _keep_hit(finding, at, hit)
    _ask_first(finding, at)
    finding.save()
    payload = {
        "number": finding.number,
        "kind": str(hit.kind),
        "source": str(hit.source),
        "rule": hit.rule_id,
        "object": f"{hit.object.type}:{hit.object.code}",
        "parameter": hit.parameter,
        "about": hit.about,
        "severity": hit.severity,
        "period_start": hit.period_start.isoformat(),
        "detail": hit.detail,
        "silenced_by": finding.silenced_by.number if finding.silenced_by else "",
        "answer_due_at": finding.answer_due_at.isoformat() if finding.answer_due_at else "",
    }
    record(actor, at, "finding.raised", finding, payload, role=role)
    return finding


def _ask_first(finding: Finding, at: datetime) -> None:
    """Ask the enterprise when the kind says so: it may clear itself remotely before anybody visits."""
    kind = finding_kind(finding.kind)
    if kind.asks_enterprise and finding.object.enterprise_code and finding.silenced_by_id is None:
        finding.answer_state, finding.asked_at, finding.asked_by = AnswerState.ASKED, at, SYSTEM_ACTOR.username
        finding.answer_due_at = kind.answer_due(at)


def _extend(actor: Actor, at: datetime, hit: Hit, finding: Finding, role: Role) -> None:
    reopened = finding.activity == Activity.ENDED
    if reopened:
        axes.mark_ongoing(finding, hit.period_start, at)
        if finding.status in (Status.NEW, Status.TRIAGED):
            axes.mark_unconfirmed(finding, at, "it came back")
    if hit.period_start >= finding.last_seen:
        finding.detail = finding.detail | dict(hit.detail)
    if hit.period_start < finding.first_seen:
        axes.stretch_back(finding, hit.period_start)
    finding.severity = max(finding.severity, hit.severity)
    finding.excess = _worst(finding.excess, excess(hit.detail))
    finding.hits += 1
    _keep_hit(finding, at, hit)
    finding.last_seen = max(finding.last_seen, hit.period_start)
    finding.save()
    _tell_merged(finding, at)
    payload = {"period_start": hit.period_start.isoformat(), "hits": finding.hits, "severity": finding.severity}
    record(actor, at, "finding.reopened" if reopened else "finding.extended", finding, payload, role=role)


def _correct(actor: Actor, at: datetime, hit: Hit, finding: Finding, role: Role) -> Finding:
    row = FindingHit.objects.select_for_update().get(finding=finding, period_start=hit.period_start)
    if row.detail == dict(hit.detail) and row.severity == hit.severity:
        return finding
    former = {"recorded_at": row.recorded_at.isoformat(), "severity": row.severity, "detail": row.detail}
    row.former = [*row.former, former]
    row.detail, row.severity, row.recorded_at = dict(hit.detail), hit.severity, at
    row.save()
    if hit.period_start == finding.last_seen:
        finding.detail = finding.detail | dict(hit.detail)
    finding.severity = max(finding.hit_rows.values_list("severity", flat=True))
    ratios = [excess(detail) for detail in finding.hit_rows.values_list("detail", flat=True)]
    finding.excess = max((one for one in ratios if one is not None), default=None)
    finding.save()
    payload = {"period_start": hit.period_start.isoformat(), "former": former, "detail": dict(hit.detail)}
    record(actor, at, "finding.corrected", finding, payload, role=role)
    return finding


def _keep_hit(finding: Finding, at: datetime, hit: Hit) -> None:
    window = silencing(hit.object, hit.kind, hit.period_start)
    if hit.period_start >= finding.last_seen:
        axes.mark_silenced(finding, window, hit.period_start, at)
    FindingHit.objects.create(
        finding=finding,
        period_start=hit.period_start,
        recorded_at=at,
        severity=hit.severity,
        detail=dict(hit.detail),
        silenced_by=window,
    )


def excess(detail: Mapping[str, Any]) -> Decimal | None:
    """value / limit that a hit states; None where it states no figure above nought.

    >>> excess({"value": "150", "limit": "100"}), excess({"value": "<1", "limit": "100"})
    (Decimal('1.5000'), None)
    """
    try:
        value, limit = Decimal(str(detail["value"])), Decimal(str(detail["limit"]))
    except (KeyError, InvalidOperation):
        return None
    if not (value.is_finite() and limit.is_finite() and value > 0 and limit > 0):
        return None
    return round(min(value / limit, MOST_EXCESS), EXCESS_DIGITS)


def _worst(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return max((ratio for ratio in (one, other) if ratio is not None), default=None)


def _tell_merged(finding: Finding, at: datetime) -> None:
    # The finding that stands for both is never milder than what it stands for.
    target = finding.merged_into
    if target is not None and target.severity < finding.severity:
        target.severity = finding.severity
        target.save(update_fields=["severity"])
        publish(Topic.FINDINGS, [target.pk], at)
