"""Verb: somebody else sees the problem of a report too."""

from __future__ import annotations

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.models import Case
from qingtian.apps.citizens.flood import Visit, check_room
from qingtian.apps.citizens.models import PublicSupport
from qingtian.apps.citizens.similar import open_reports
from qingtian.apps.journal.record import record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.domain.errors import Conflict, NotVisible
from qingtian.runtime.live import Topic, publish

SUPPORTERS = "supporters"


def support_report(actor: Actor, visit: Visit, case_id: int, *, words: str = "") -> Case:
    """Count one more voice for a report that is being worked on; one of each sender.

    Args:
        words: what else was seen; may be empty.
    Raises:
        NotVisible: it is not worked on any more.
        Conflict: this sender has spoken for it already.
        InvalidInput, TooMany, NotPermitted.
    """
    check_lengths(PublicSupport, words=words.strip())
    with writing():
        case = open_reports(visit.at).select_for_update(of=("self",)).filter(pk=case_id).first()
        if case is None:
            raise NotVisible("this report is closed", field="report", remedy="report the problem yourself")
        require(actor, Verb.REPORT_PROBLEM, region_code=case.region_code)
        check_room(visit, "")
        if PublicSupport.objects.filter(case=case, sender=visit.sender).exists():
            raise Conflict("your voice was counted already", field="report", remedy="nothing to do")
        PublicSupport.objects.create(
            case=case, sender=visit.sender, words=words.strip(), at=visit.at, real_at=visit.real_at
        )
        voices = PublicSupport.objects.filter(case=case).count()
        case.fields = case.fields | {SUPPORTERS: str(voices)}
        case.revision += 1
        case.save(update_fields=["fields", "revision"])
        payload = {"number": case.number, "fields": {SUPPORTERS: str(voices)}, "words": words.strip()}
        record(actor, visit.at, "case.recorded", case, payload, role=Role.CITIZEN)
        publish(Topic.CASES, [case.pk], visit.at)
    return case
