"""The city on which the refusals are tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.apps.cases.walking import DISPATCHER, INSPECTOR, opened, walk
from tests.apps.city import NOW, account, actor, found, outlet
from tests.apps.evidence.test_evidence import PDF

from qingtian.apps.accounts.actions.change_user import change_user
from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.link_duplicate import link_duplicate
from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.cases.models import Case
from qingtian.apps.evidence.actions.attach_file import attach_file
from qingtian.apps.evidence.models import EvidenceKind
from qingtian.apps.evidence.subjects import of_case
from qingtian.apps.findings.actions.answer_finding import answer_finding
from qingtian.apps.findings.actions.dismiss_finding import dismiss_finding
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import DismissReason
from qingtian.apps.registry.models import RegistryObject

OWNER = actor(Role.ENTERPRISE_USER, org="E-1", name="owner")
FALSE_ALARM = DismissReason.FALSE_ALARM
PHOTO: dict[str, Any] = {"kind": EvidenceKind.PHOTO, "media_type": "application/pdf", "file_name": "x.pdf"}


@dataclass(frozen=True)
class City:
    """What the verbs are tried on."""

    stack: RegistryObject
    elsewhere: Finding
    new: Finding
    dismissed: Finding
    answered: Finding
    case: Case
    closed: Case
    notified: Case


def build() -> City:
    """Findings and cases in the states that verbs refuse."""
    stack = outlet()
    account("wang", Role.HANDLER, region="420106")
    account("chen", Role.AUDITOR, region="420107")
    gone = account("gone", Role.HANDLER, region="420107")
    change_user(SYSTEM_ACTOR, NOW, gone.username, active=False)
    case = opened(stack)
    closed = open_case(DISPATCHER, NOW, found(stack, parameter="a34013").pk)
    link_duplicate(DISPATCHER, NOW, closed.pk, of_id=case.pk)
    Case.objects.filter(pk=closed.pk).update(duplicate_of=None)
    notified = walk(opened(stack, parameter="a21026"), "publicly_notified")
    attach_file(INSPECTOR, NOW, of_case(case.pk), PDF, **PHOTO)
    dismissed = found(stack, rule_id="dismissed")
    dismiss_finding(INSPECTOR, NOW, dismissed.pk, reason=FALSE_ALARM)
    answered = found(stack, rule_id="answered")
    answer_finding(OWNER, NOW, answered.pk, answer="已恢复")
    return City(stack, found(outlet("E-2")), found(stack, rule_id="new"), dismissed, answered, case, closed, notified)
