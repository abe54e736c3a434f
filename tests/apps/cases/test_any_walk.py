"""Every procedure walked at random through the verbs: no illegal state, no event lost, no clock turned back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.apps.attempts import Undo
from tests.apps.cases.many_ways import COMPLAINT, DISTRICT, EVERYBODY, consistent, proof, town
from tests.apps.city import NOW, account

from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Actor, Grant
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.advance_cases import advance_cases
from qingtian.apps.cases.actions.file_case import CaseDraft, file_case
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.actions.pause_clock import pause_clock, resume_clock
from qingtian.apps.cases.actions.watch_clocks import watch_clocks
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import steps_of, template_of
from qingtian.apps.evidence.models import EvidenceKind
from qingtian.apps.journal.models import Event
from qingtian.apps.journal.verify import verify_journal
from qingtian.domain.errors import QingtianError
from qingtian.domain.procedures import FieldSpec, FieldType
from qingtian.packs.procedures import load_procedures

pytestmark = pytest.mark.django_db
CODES = sorted({code for code, _ in load_procedures()})
SOMEBODY = [
    Actor(None, name, (*EVERYBODY.grants, Grant(Role.ENTERPRISE_USER, org="E-1"))) for name in ("anna", "bert", "carl")
]
few = settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(autouse=True)
def _town(db: None) -> None:
    town()
    account("approve", Role.APPROVER)


def value(spec: FieldSpec, case: Case | None, pick: int) -> Any:
    """A value that fits a field."""
    match spec.type:
        case FieldType.DATE:
            return (NOW + timedelta(days=30 + pick)).date().isoformat()
        case FieldType.CHOICE:
            return spec.choices[pick % len(spec.choices)].value
        case FieldType.CHOICES:
            return [one.value for one in spec.choices]
        case FieldType.BOOLEAN:
            return pick % 4 != 0
        case FieldType.LIST:
            return ["甲", "乙"]
        case FieldType.CHECKLIST:
            return (case.fields.get(spec.options_from) or []) if case else []
        case FieldType.USER:
            return "approve"
        case FieldType.USERS:
            return ["li", "wang"]
        case FieldType.ORG:
            return "ABC"[pick % 3]
        case FieldType.DECIMAL:
            return "1234.50"
        case FieldType.CASE:
            return None
        case _:
            return "x"


def begun(code: str) -> Case:
    """A case of a procedure, filed by its own form."""
    template = max((one for key, one in load_procedures().items() if key[0] == code), key=lambda one: one.version)
    assert template.opening is not None
    fields = {spec.name: value(spec, None, 1) for spec in template.opening.fields if spec.required}
    fields |= COMPLAINT if code == "T2" else {}
    obj = ("enterprise", "E-1") if code != "T10" else None
    draft = CaseDraft(template=code, title="样例", object=obj, region_code=DISTRICT, org="A", fields=fields)
    return file_case(SOMEBODY[0], NOW, draft)


def try_one(case: Case, at: Any, kind: str, pick: int) -> bool:
    """Try one act; whether it was done."""
    who = SOMEBODY[pick % 3]
    try:
        with transaction.atomic():
            match kind:
                case "step":
                    waiting = [one.transition for one in steps_of(who, case, at)]
                    if not waiting:
                        return False
                    step = waiting[pick % len(waiting)]
                    fields = {spec.name: value(spec, case, pick) for spec in step.fields}
                    move_case(who, at, case.pk, step.code, fields=fields, reason="理由")
                case "pause":
                    codes = [spec.code for spec in template_of(case).clocks] or ["none"]
                    pause_clock(who, at, case.pk, codes[pick % len(codes)], reason="鉴定")
                case "resume":
                    codes = [spec.code for spec in template_of(case).clocks] or ["none"]
                    resume_clock(who, at, case.pk, codes[pick % len(codes)])
                case "prove":
                    proof(case, (EvidenceKind.PHOTO, EvidenceKind.SITE_RECORD)[pick % 2], at)
                case _:
                    advance_cases(SYSTEM_ACTOR, at)
                    watch_clocks(SYSTEM_ACTOR, at)
    except QingtianError as error:
        assert error.message and error.remedy
        return False
    return True


ACTS = st.tuples(
    st.sampled_from(["step"] * 6 + ["pause", "resume", "prove", "time"]), st.integers(0, 40), st.integers(0, 12)
)


@pytest.mark.parametrize("code", CODES)
@few
@given(acts=st.lists(ACTS, min_size=12, max_size=30))
def test_whatever_is_tried_a_case_is_what_its_events_tell(code: str, acts: list[tuple[str, int, int]]) -> None:
    with pytest.raises(Undo), transaction.atomic():
        case, at = begun(code), NOW
        states = {state.code for state in template_of(case).states}
        for kind, pick, days in acts:
            at += timedelta(days=days, minutes=1)
            before, known = Event.objects.count(), (case.state, dict(case.fields), case.revision)
            done = try_one(case, at, kind, pick)
            case.refresh_from_db()
            if not done:  # a refusal leaves nothing
                assert (Event.objects.count(), (case.state, case.fields, case.revision)) == (before, known)
            assert case.state in states
            final = template_of(case).state(case.state).final
            assert (case.closed_at is not None) is final
            if final:
                assert not case.clocks.filter(stopped_on=None).exclude(code="watch").exists()
        consistent(case)
        assert verify_journal().intact
        raise Undo


def test_two_people_at_once_with_the_same_page_never_both_win() -> None:
    for code in CODES:
        case = begun(code)
        seen = case.revision
        won = 0
        for who in SOMEBODY[:2]:
            for one in steps_of(who, case, NOW):
                step = one.transition
                fields = {spec.name: value(spec, case, 1) for spec in step.fields}
                try:
                    with transaction.atomic():
                        move_case(who, NOW, case.pk, step.code, fields=fields, reason="x", revision=seen)
                    won += 1
                    break
                except QingtianError:
                    continue
        assert won <= 1, code
