"""People, organisations and filed cases for the walks of every procedure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.apps.city import NOW, SHANGHAI, account, actor, enterprise_drafts, register

from qingtian.apps.accounts.actor import Actor, Grant
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.file_case import CaseDraft, file_case
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import timeline
from qingtian.apps.evidence.actions.attach_file import attach_file
from qingtian.apps.evidence.models import EvidenceKind
from qingtian.apps.evidence.subjects import of_case
from qingtian.apps.registry.actions.register_object import ObjectDraft
from qingtian.apps.registry.models import ObjectType
from qingtian.domain.errors import TransitionRefused
from qingtian.domain.procedures import Told, fold

DISTRICT = "420107"
WINDOW = actor(Role.WINDOW, name="window")
DISPATCHER = actor(Role.DISPATCHER, name="dispatch")
HANDLER = actor(Role.HANDLER, name="handle")
INSPECTOR = actor(Role.INSPECTOR, name="inspect")
LAWYER = actor(Role.LEGAL_REVIEWER, name="lawyer")
APPROVER = actor(Role.APPROVER, name="approve")
OTHER_APPROVER = actor(Role.APPROVER, name="approve2")
SUPERVISOR = actor(Role.SUPERVISOR, name="supervise")
STEWARD = actor(Role.DATA_STEWARD, name="steward")
ENTERPRISE = actor(Role.ENTERPRISE_USER, org="E-1", name="factory")
EVERYBODY = Actor(None, "anybody", (*(Grant(role) for role in Role if role is not Role.ENTERPRISE_USER),))
COMPLAINT: dict[str, Any] = {
    "channel": "phone",
    "category": "odour",
    "problem": "夜间有刺鼻异味",
    "complainant_name": "王小明",
    "complainant_phone": "13800000000",
}


def town() -> None:
    """A district with an enterprise, three organisations and the accounts that forms can name."""
    regions = [
        ObjectDraft(ObjectType.REGION, code, name) for code, name in ((DISTRICT, "青山区"), ("420106", "武昌区"))
    ]
    orgs = [ObjectDraft(ObjectType.ORGANISATION, code, f"单位{code}", region_code=DISTRICT) for code in "ABC"]
    register(*regions, *orgs, *enterprise_drafts("E-1"))
    for name, card in (("li", "WH-001"), ("wang", "WH-002"), ("zhao", "")):
        account(name, Role.INSPECTOR)
        User.objects.filter(username=name).update(card_number=card)
    account("handle", Role.HANDLER)


def of_org(code: str, *roles: Role, name: str = "") -> Actor:
    """Somebody whose roles are bound to one organisation."""
    return actor(*roles, org=code, name=name or f"{code.lower()}-{roles[0]}")


def filed(template: str, who: Actor, at: datetime = NOW, **more: Any) -> Case:
    """A case filed without a finding."""
    draft: dict[str, Any] = {"template": template, "title": f"{template} 样例", "region_code": DISTRICT}
    return file_case(who, at, CaseDraft(**(draft | more)))


def complaint(at: datetime = NOW, who: Actor = WINDOW, **more: Any) -> Case:
    """A complaint at the window of organisation A."""
    fields = COMPLAINT | more.pop("fields", {})
    return filed("T2", who, at, fields=fields, **({"org": "A"} | more))


def go(case: Case, *steps: tuple[Actor, str, dict[str, Any]], at: datetime = NOW) -> Case:
    """Take some steps on one day."""
    for who, step, fields in steps:
        case = move_case(who, at, case.pk, step, fields=fields, reason="理由")
    return case


def unmet(case: Case, who: Actor, step: str, at: datetime = NOW, **fields: Any) -> list[str]:
    """The guards that a refused step lists."""
    try:
        move_case(who, at, case.pk, step, fields=fields, reason="理由")
    except TransitionRefused as error:
        assert all(one.detail and one.detail_zh for one in error.unmet)
        return [one.code for one in error.unmet]
    raise AssertionError(f"{step} was not refused")


def proof(case: Case, kind: EvidenceKind, at: datetime = NOW) -> None:
    """A file in evidence."""
    content = b"%PDF-1.7 " + f"{case.number} {kind} {at}".encode()
    attach_file(INSPECTOR, at, of_case(case.pk), content, kind=kind, media_type="application/pdf", file_name="a.pdf")


def day(text: str, hour: int = 10) -> datetime:
    """A moment of a day, city time."""
    return datetime.fromisoformat(text).replace(hour=hour, tzinfo=SHANGHAI)


def told(case: Case) -> Told:
    """What the events of a case add up to."""
    return fold((event.type, event.payload) for event in timeline(case))


def consistent(case: Case) -> None:
    """The row is what its events tell, its clocks are sane, a private value is nowhere in the journal."""
    case.refresh_from_db()
    story = told(case)
    assert (story.state, story.version, story.org, story.bounces) == (
        case.state,
        case.template_version,
        case.org,
        case.bounces,
    )
    assert story.fields == case.fields
    assert all(clock.due_on >= clock.started_on for clock in case.clocks.all())
    running = list(case.clocks.filter(stopped_on=None).values_list("code", flat=True))
    assert len(running) == len(set(running))
    assert "王小明" not in str([event.payload for event in timeline(case)])


LATER = timedelta(days=1)
