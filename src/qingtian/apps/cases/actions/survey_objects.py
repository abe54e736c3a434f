"""Verb: every object of a filter, or a drawn sample of them, gets a check task of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.accounts.scope import region_prefix
from qingtian.apps.cases.birth import Birth, begin_clocks, born
from qingtian.apps.cases.models import Case, Relation
from qingtian.apps.cases.queries import visible_case
from qingtian.apps.cases.rights import may_work, require_on
from qingtian.apps.journal.record import SHANGHAI, record, writing
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.errors import InvalidInput
from qingtian.domain.procedures.sampling import drawn
from qingtian.packs.procedures import procedure
from qingtian.runtime.live import Topic, publish

TASK = "T8C"  # procedure of one check
MOST = 2000  # tasks of one survey: a longer one is cut by region


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Which objects are checked.

    Args:
        type: type of the objects.
        region_code: where; that of the case otherwise.
        enterprise_code: only objects of this enterprise.
        attributes: values that the attributes of the object must have.
        count: so many, drawn at random; None: every one (a dragnet).
        seed: published seed of the draw.
        question: what is to be checked.
    """

    type: ObjectType
    region_code: str = ""
    enterprise_code: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    count: int | None = None
    seed: str = ""
    question: str = ""
    relation: Relation = Relation.PART


def survey_objects(actor: Actor, at: datetime, case_id: int, survey: Survey) -> list[Case]:
    """Open one check task for each object; an object that has a task of this case already gets no second one.

    Returns:
        The new tasks, in the order of their objects.
    Raises:
        NotVisible, NotPermitted, Conflict; InvalidInput when nothing matches or too much does.
    """
    if survey.relation not in (Relation.PART, Relation.LOOKALIKE):
        raise InvalidInput("a check is a part or a lookalike", field="relation", remedy="give part or lookalike")
    with writing():
        parent = visible_case(actor, case_id, lock=True)
        role = require_on(actor, Verb.OPEN_CHILD, parent)
        may_work(parent)
        matching, chosen = _chosen(actor, parent, survey)
        has_one = set(parent.children.filter(relation=survey.relation).values_list("object_id", flat=True))
        template = procedure(TASK, on=at.astimezone(SHANGHAI).date())
        tasks = []
        for row in chosen:
            if row.pk not in has_one:
                task = born(
                    actor,
                    at,
                    Birth(
                        template=template,
                        title=f"{row.name} {survey.question.strip() or parent.title}"[:300],
                        object=row,
                        org=parent.org,
                        severity=parent.severity,
                        kind=parent.kind,
                        parameter=parent.parameter,
                        fields={"question": survey.question.strip() or parent.title},
                        parent=parent,
                        relation=survey.relation,
                        simulated=row.simulated,
                    ),
                    role,
                )
                begin_clocks(actor, at, task, template)
                tasks.append(task)
        record(actor, at, "case.surveyed", parent, _told(parent, survey, matching, tasks), role=role)
        publish(Topic.CASES, [parent.pk, *(task.pk for task in tasks)], at)
    return tasks


def _chosen(actor: Actor, parent: Case, survey: Survey) -> tuple[int, list[RegistryObject]]:
    """How many objects match, and those that are checked."""
    rows: QuerySet[RegistryObject] = RegistryObject.objects.visible_to(actor).filter(type=survey.type, valid_to=None)
    if prefix := region_prefix(survey.region_code or parent.region_code):
        rows = rows.filter(region_code__startswith=prefix)
    if survey.enterprise_code:
        rows = rows.filter(enterprise_code=survey.enterprise_code)
    for name, value in survey.attributes.items():
        rows = rows.filter(**{f"attributes__{name}": value})
    codes = sorted(rows.values_list("code", flat=True))
    if not codes:
        raise InvalidInput("no object matches", field="type", remedy="widen the region or the filter")
    chosen = codes if survey.count is None else sorted(drawn(codes, survey.seed, survey.count))
    if len(chosen) > MOST:
        raise InvalidInput(
            f"{len(chosen)} tasks at once, at most {MOST}", field="region_code", remedy="survey one district at a time"
        )
    return len(codes), list(rows.filter(code__in=chosen).order_by("code"))


def _told(parent: Case, survey: Survey, matching: int, tasks: list[Case]) -> dict[str, Any]:
    return {
        "number": parent.number,
        "type": survey.type.value,
        "region": survey.region_code or parent.region_code,
        "enterprise": survey.enterprise_code,
        "attributes": survey.attributes,
        "matching": matching,
        "count": survey.count,
        "seed": survey.seed,
        "relation": survey.relation.value,
        "tasks": len(tasks),
    }
