"""What the guards of a procedure look at, gathered from the case, its clocks, its evidence and later data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.models import User
from qingtian.apps.cases import secrets
from qingtian.apps.cases.clocks import pauses_of
from qingtian.apps.cases.effect import effect_of
from qingtian.apps.cases.models import Case
from qingtian.apps.evidence.admissibility import auto_data_facts
from qingtian.apps.evidence.queries import kinds_of
from qingtian.apps.evidence.subjects import of_case
from qingtian.apps.findings.states import Activity
from qingtian.apps.journal.record import SHANGHAI
from qingtian.domain.procedures import Facts, FieldType, ProcedureTemplate
from qingtian.packs.procedures import procedure


def gather(case: Case, at: datetime, form: Mapping[str, Any] | None = None, *, actor: Actor | None = None) -> Facts:
    """Facts of a case at a moment of city time; what no guard of its procedure looks at is not read.

    Args:
        form: fields that come with the step; they count like stored ones.
        actor: who would take the step.
    """
    template = procedure(case.template, case.template_version)
    facts: dict[str, Any] = {**case.fields, **(form or {})}
    if any(spec.private for spec in template.fields().values()):
        facts |= {name: value for name, value in secrets.hidden(case).items() if name not in facts}
    facts |= {
        "today": at.astimezone(SHANGHAI).date(),
        "opened_on": case.opened_at.astimezone(SHANGHAI).date(),
        "state": case.state,
        "severity": case.severity,
        "responsible": case.responsible,
        "org": case.org,
        "first_org": case.first_org,
        "asked_org": case.asked_org,
        "bounces": case.bounces,
        "actor": actor.username if actor else "",
        "actor_orgs": sorted(actor.orgs) if actor else [],
    }
    facts |= {name: read(case, at) for name, read in READ.items() if template.asks_for(name)}
    _clocks(case, facts)
    _people(template, facts)
    _other_cases(template, facts)
    return facts


def _children(case: Case, at: datetime) -> int:
    return case.children.count()


def _open_children(case: Case, at: datetime) -> int:
    return case.children.filter(closed_at=None).count()


def _parts(case: Case, at: datetime) -> int:
    return case.parts.count()


def _open_parts(case: Case, at: datetime) -> int:
    return case.parts.filter(done_at=None).count()


def _ongoing(case: Case, at: datetime) -> int:
    return case.findings.filter(activity=Activity.ONGOING).count()


# Facts that cost a read.
READ: Mapping[str, Callable[[Case, datetime], Any]] = {
    "effect": effect_of,
    "evidence_kinds": lambda case, at: kinds_of(of_case(case.pk)),
    "auto_data": lambda case, at: auto_data_facts(of_case(case.pk)),
    "children_total": _children,
    "children_open": _open_children,
    "parts_total": _parts,
    "parts_open": _open_parts,
    "findings_ongoing": _ongoing,
}


def _clocks(case: Case, facts: dict[str, Any]) -> None:
    # The last clock of a code counts; a paused one has no end yet.
    for clock in sorted(case.clocks.all(), key=lambda one: one.pk):
        facts[f"clock.{clock.code}"] = None if clock.paused_on else clock.due_on
        facts[f"pauses.{clock.code}"] = pauses_of(clock)


def _people(template: ProcedureTemplate, facts: dict[str, Any]) -> None:
    for guard in template.guards:
        if guard.check == "carded_people" and facts.get(guard.fact):
            named = User.objects.filter(username__in=facts[guard.fact], is_active=True).order_by("username")
            facts[f"people.{guard.fact}"] = [{"username": one.username, "card": one.card_number} for one in named]


def _other_cases(template: ProcedureTemplate, facts: dict[str, Any]) -> None:
    for name, spec in template.fields().items():
        if spec.type is FieldType.CASE and facts.get(name):
            other = Case.objects.filter(number=facts[name]).first()
            facts[f"case.{name}"] = dict(other.fields) if other else {}
