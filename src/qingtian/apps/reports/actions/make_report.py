"""Verb: take the snapshot of a report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.cases.models import Case
from qingtian.apps.journal.numbers import next_number
from qingtian.apps.journal.record import record, writing
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.apps.registry.queries import object_by_code
from qingtian.apps.reports.composing import compose, fingerprint, rests_on_simulated, title_of, wanted_of
from qingtian.apps.reports.models import Report
from qingtian.apps.reports.queries import template_in_use
from qingtian.apps.reports.states import Language
from qingtian.apps.reports.wanted import Wanted
from qingtian.domain.errors import NotVisible
from qingtian.packs.reports import report_kind
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import get_settings


def make_report(
    actor: Actor,
    at: datetime,
    kind: str,
    *,
    day: date | None = None,
    case: str = "",
    enterprise: str = "",
    language: Language = Language.ZH,
    also: Callable[[Report], object] | None = None,
) -> Report:
    """Take the snapshot of a report as things are known now; it never changes afterwards.

    Args:
        at: city time.
        day: any day of the period of a daily, weekly or monthly report.
        case: number of the case; enterprise: code, for the kinds that are about one.
        also: done in the same transaction, such as telling people of it.
    Raises:
        NotVisible: there is no such case or enterprise that the actor may see.
        NotPermitted.
        InvalidInput: unknown kind, or what it needs is missing.
    """
    city = get_settings().city_code
    row = report_kind(kind, at.astimezone(SHANGHAI).date(), city)
    wanted = wanted_of(actor, at, row, city, day=day, case=_case(actor, case), enterprise=_firm(actor, enterprise))
    _require(actor, wanted)
    # Read before the lock: a snapshot of a month takes seconds, and writers take turns.
    snapshot, title, simulated = compose(wanted), title_of(wanted), rests_on_simulated(wanted)
    with writing():
        report = Report.objects.create(
            number=next_number("R", at),
            kind=kind,
            region=wanted.region,
            first=wanted.period.first,
            last=wanted.period.last,
            case=wanted.case,
            object=wanted.enterprise,
            title_zh=title["zh"][:300],
            title_en=title["en"][:300],
            language=language,
            snapshot=snapshot,
            snapshot_hash=fingerprint(snapshot),
            known_at=at,
            complete=wanted.complete,
            simulated=simulated,
            made_by=actor.username,
            made_at=at,
            template=template_in_use(kind),
        )
        payload = {
            "number": report.number,
            "kind": kind,
            "first": report.first.isoformat(),
            "last": report.last.isoformat(),
            "sha256": report.snapshot_hash,
        }
        record(actor, at, "report.made", report, payload)
        if also is not None:
            also(report)
        return report


def _case(actor: Actor, number: str) -> Case | None:
    if not number:
        return None
    found = (
        Case.objects.visible_to(actor).select_related("object").prefetch_related("parts").filter(number=number).first()
    )
    if found is None:
        raise NotVisible(f"there is no case {number}", field="case", remedy="choose one from the list")
    return found


def _firm(actor: Actor, code: str) -> RegistryObject | None:
    return object_by_code(actor, ObjectType.ENTERPRISE, code) if code else None


def _require(actor: Actor, wanted: Wanted) -> None:
    case = wanted.case
    if case is not None:
        require(
            actor,
            Verb.MAKE_REPORT,
            region_code=case.region_code,
            enterprise_code=case.enterprise_code,
            case_type=case.template,
            orgs=case.orgs,
        )
        return
    require(actor, Verb.MAKE_REPORT, region_code=wanted.region)
