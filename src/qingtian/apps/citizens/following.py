"""A report as its reporter sees it: by number and code, without the names of officers or of anybody else."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import date, datetime

from qingtian.apps.accounts.actor import PUBLIC_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.documents import drawn_up
from qingtian.apps.cases.facts import gather
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import template_of, timeline
from qingtian.apps.citizens.actions.answer_back import ASK_AGAIN, RATE
from qingtian.apps.citizens.actions.report_problem import code_hash
from qingtian.apps.citizens.flood import Visit, check_guesses, keep_refused
from qingtian.apps.citizens.models import PublicReport, Refused
from qingtian.apps.evidence.models import EvidenceItem, EvidenceKind
from qingtian.apps.evidence.subjects import of_case
from qingtian.apps.journal.record import SHANGHAI
from qingtian.apps.registry.listing import organisation_names
from qingtian.domain.errors import NotVisible
from qingtian.domain.procedures import next_steps

REPLY = "reply"  # document of the procedure
# Words of a refusal that the procedure asks for, by field.
GROUNDS = ("ground", "legal_route")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way of a report."""

    at: datetime
    label_zh: str
    label_en: str


@dataclass(frozen=True, slots=True)
class Back:
    """What the reporter can do about the answer.

    Args:
        possible: whether it can be done now.
        reasons: what stands against it, in both languages; empty also where the state has no such step.
    """

    possible: bool = False
    reasons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a reporter is told.

    Args:
        answer_zh, answer_en: the reply as a whole letter; empty before there is one.
        ground: why it was not accepted, or the legal route; in the words of the officer.
        due_on: last day to settle it.
        joined: number of the report about the same problem that it was joined to.
    """

    number: str
    state_zh: str
    state_en: str
    settled: bool
    category_zh: str
    category_en: str
    place: str
    problem: str
    reported_at: datetime
    due_on: date | None
    org: str
    steps: tuple[Step, ...]
    answer_zh: str
    answer_en: str
    ground: str
    joined: bool
    satisfied: str
    voices: int
    rate: Back
    again: Back
    photos: tuple[EvidenceItem, ...]
    simulated: bool


def report_by(visit: Visit, number: str, code: str) -> PublicReport:
    """The report that a number and its code open.

    Raises:
        NotVisible: they do not belong together; the same answer whether or not there is such a number.
        TooMany: too many were wrong.
    """
    plain = number.strip().upper()
    check_guesses(visit, plain)
    found = PublicReport.objects.select_related("case").filter(case__number=plain).first()
    wanted = code_hash(code)
    if found is None or not hmac.compare_digest(found.code_hash, wanted):
        keep_refused(visit, Refused.CODE, plain)
        raise NotVisible("number and code do not belong together", field="code", remedy="check both")
    return found


def told(report: PublicReport, at: datetime) -> Told:
    """What is known of a report, for who holds its code."""
    case = Case.objects.select_related("duplicate_of").get(pk=report.case_id)
    template = template_of(case)
    state = template.state(case.state)
    category = next(
        (one for one in template.fields()["category"].choices if one.value == case.fields.get("category")), None
    )
    zh, en = _letter(case, at)
    rate, again = (_back(case, at, step) for step in (RATE, ASK_AGAIN))
    return Told(
        number=case.number,
        state_zh=state.label_zh,
        state_en=state.label_en,
        settled=case.closed_at is not None,
        category_zh=category.label_zh if category else "",
        category_en=category.label_en if category else "",
        place=case.place,
        problem=str(case.fields.get("problem", "")),
        reported_at=case.opened_at,
        due_on=case.due_at.astimezone(SHANGHAI).date() if case.due_at and case.closed_at is None else None,
        org=organisation_names([case.org]).get(case.org, "") if case.org else "",
        steps=_steps(case),
        answer_zh=zh,
        answer_en=en,
        ground="\n".join(str(case.fields[name]) for name in GROUNDS if state.final and case.fields.get(name)),
        joined=case.duplicate_of_id is not None,
        satisfied=str(case.fields.get("satisfied", "")),
        voices=int(case.fields.get("supporters", 0)),
        rate=rate,
        again=again,
        photos=tuple(shown_photos(case)),
        simulated=case.simulated,
    )


def shown_photos(case: Case) -> list[EvidenceItem]:
    """Photos of a report that its reporter may see again: never one that still holds metadata."""
    subject = of_case(case.pk)
    photos = EvidenceItem.objects.filter(subject_kind=subject.kind, subject_id=subject.id, kind=EvidenceKind.PHOTO)
    mine = photos.filter(origin__in=("public", "redaction"))
    replaced = photos.exclude(redaction_of=None).values("redaction_of_id")
    return list(mine.exclude(pk__in=replaced).order_by("position"))


def _letter(case: Case, at: datetime) -> tuple[str, str]:
    spec = next((one for one in template_of(case).documents if one.code == REPLY), None)
    if spec is None or case.state not in spec.states or case.duplicate_of_id is not None:
        return "", ""
    paper = drawn_up(case, at, spec)
    return paper.zh, paper.en


def _steps(case: Case) -> tuple[Step, ...]:
    # Only what was done and when: who did it, and why, is between officers.
    moved = [event for event in timeline(case) if event.type == "case.moved" and event.payload.get("label_zh")]
    return tuple(Step(event.at, str(event.payload["label_zh"]), str(event.payload["label_en"])) for event in moved)


def _back(case: Case, at: datetime, code: str) -> Back:
    if case.duplicate_of_id is not None:
        return Back()
    facts = gather(case, at, {"satisfied": "yes"}, actor=PUBLIC_ACTOR)  # the form is filled in afterwards
    for step in next_steps(template_of(case), case.state, frozenset({Role.CITIZEN}), facts):
        if step.transition.code == code:
            return Back(not step.unmet, tuple((one.label_zh, one.label_en) for one in step.unmet))
    return Back()
