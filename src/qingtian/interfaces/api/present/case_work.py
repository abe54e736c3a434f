"""From what is sent around cases to what the verbs take, and back."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.cases.actions.file_case import CaseDraft
from qingtian.apps.cases.actions.handle_many import Handled, assign_many, hand_over_many
from qingtian.apps.cases.actions.open_child import ChildDraft
from qingtian.apps.cases.actions.survey_objects import Survey, survey_objects
from qingtian.apps.cases.models import Relation
from qingtian.apps.registry.models import ObjectType
from qingtian.domain.errors import InvalidInput
from qingtian.interfaces.api.schemas.case_work import (
    ChildIn,
    FileIn,
    HandledOut,
    ManyIn,
    ManyOut,
    SurveyIn,
    SurveyOut,
)


def draft_of(data: FileIn) -> CaseDraft:
    """What is filed."""
    if bool(data.object_type) != bool(data.object_code):
        raise InvalidInput("an object has a type and a code", field="object_code", remedy="give both, or neither")
    return CaseDraft(
        template=data.template,
        title=data.title,
        object=(data.object_type, data.object_code) if data.object_type else None,
        region_code=data.region_code,
        enterprise_code=data.enterprise_code,
        place=data.place,
        lon=data.lon,
        lat=data.lat,
        org=data.org,
        severity=data.severity,
        responsible=data.responsible,
        fields=data.fields,
    )


def child_of(data: ChildIn) -> ChildDraft:
    """What leads on from a case."""
    return ChildDraft(
        relation=data.relation,
        template=data.template,
        title=data.title,
        org=data.org,
        findings=tuple(data.findings),
        fields=data.fields,
    )


def survey(actor: Actor, at: datetime, case_id: int, data: SurveyIn) -> SurveyOut:
    """Make the check tasks of a survey.

    Raises:
        InvalidInput: there is no such type of object, or nothing matches.
    """
    if data.type not in set(ObjectType):
        raise InvalidInput(f"there is no type {data.type}", field="type", remedy="choose a type of the register")
    wanted = Survey(
        type=ObjectType(data.type),
        region_code=data.region_code,
        enterprise_code=data.enterprise_code,
        attributes=data.attributes,
        count=data.count,
        seed=data.seed,
        question=data.question,
        relation=Relation(data.relation),
    )
    tasks = survey_objects(actor, at, case_id, wanted)
    return SurveyOut(tasks=len(tasks), numbers=[task.number for task in tasks])


def handle_many(actor: Actor, at: datetime, data: ManyIn) -> ManyOut:
    """Assign or hand over many cases.

    Raises:
        InvalidInput: whom is missing.
    """
    whom = data.responsible if data.act == "assign" else data.org
    if not whom:
        field = "responsible" if data.act == "assign" else "org"
        raise InvalidInput(f"{field} is missing", field=field, remedy="say to whom the cases go")
    if data.act == "assign":
        handled = assign_many(actor, at, data.cases, whom)
    else:
        handled = hand_over_many(actor, at, data.cases, whom, reason=data.reason)
    done = sum(one.error is None for one in handled)
    return ManyOut(done=done, refused=len(handled) - done, cases=[_handled(one) for one in handled])


def _handled(one: Handled) -> HandledOut:
    error = one.error
    told = error.as_dict() if error else {}
    return HandledOut(
        id=one.case_id,
        done=error is None,
        code=told.get("code", ""),
        message=told.get("message", ""),
        remedy=told.get("remedy") or "",
        unmet=told.get("params", {}).get("unmet", []),
    )
