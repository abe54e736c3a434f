"""Whatever people try in whatever order, a case stays what its journal tells."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.apps.attempts import Undo
from tests.apps.cases.test_step_matrix import KNOWN, STEPS, fields_of
from tests.apps.cases.walking import APPROVER, INSPECTOR, opened
from tests.apps.city import HOUR, NOW, account, good_hours, outlet

from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Actor, Grant
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.actions.pause_clock import pause_clock, resume_clock
from qingtian.apps.cases.actions.record_fields import record_fields
from qingtian.apps.cases.actions.settle_watches import settle_watches
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import steps_of, timeline
from qingtian.apps.evidence.actions.attach_file import attach_file
from qingtian.apps.evidence.models import EvidenceKind
from qingtian.apps.evidence.queries import verify_evidence
from qingtian.apps.evidence.subjects import of_case
from qingtian.apps.journal.verify import verify_journal
from qingtian.domain.errors import QingtianError
from qingtian.packs.procedures import procedure

pytestmark = pytest.mark.django_db
EVERYBODY = Actor(None, "approve", tuple(Grant(role, org="E-1") for role in Role if role is not Role.SYSTEM))
some = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

STEP = st.tuples(st.just("step"), st.sampled_from(sorted(STEPS)))
ACTS = st.one_of(
    STEP,
    STEP,
    STEP,
    st.tuples(st.just("record"), st.sampled_from(["root_cause", "punishment", "lookalike_check"])),
    st.tuples(st.just("pause"), st.sampled_from(["rectification", "public_notice", "watch"])),
    st.tuples(st.just("resume"), st.sampled_from(["rectification", "public_notice", "watch"])),
    st.tuples(st.just("attach"), st.just("")),
    st.tuples(st.just("settle"), st.just("")),
)
# The main line with other acts mixed in, so that most walks come far.
QUIET: list[tuple[list[Any], int]] = [([], days) for days in (0, 0, 0, 0, 0, 9, 0)]
LINE = ["plan", "start", "self_check", "apply", "verify", "notify", "write_off"]


@pytest.fixture
def case(db: None) -> Case:
    account("approve", Role.APPROVER)
    stack = outlet()
    good_hours(stack, NOW + HOUR, 24 * 12)
    return opened(stack)


def act(case: Case, at: Any, kind: str, what: str) -> None:
    """Try one act; a refusal is an answer too."""
    try:
        match kind:
            case "step":
                fields = fields_of(what) | ({"due_date": "2026-05-01"} if "due_date" in fields_of(what) else {})
                move_case(EVERYBODY, at, case.pk, what, fields=fields, reason="x")
            case "record":
                record_fields(EVERYBODY, at, case.pk, {what: KNOWN[what]})
            case "pause":
                pause_clock(APPROVER, at, case.pk, what, reason="听证")
            case "resume":
                resume_clock(APPROVER, at, case.pk, what)
            case "attach":
                attach_file(
                    INSPECTOR,
                    at,
                    of_case(case.pk),
                    b"%PDF-1.7 " + at.isoformat().encode(),
                    kind=EvidenceKind.SITE_RECORD,
                    media_type="application/pdf",
                    file_name="site.pdf",
                )
            case "settle":
                settle_watches(SYSTEM_ACTOR, at)
    except QingtianError as error:
        assert error.message and error.remedy


def told(case: Case) -> tuple[str, dict[str, Any]]:
    """State and form fields as the events of the journal add up to."""
    state, fields = "", {}
    for event in timeline(case):
        if event.type == "case.opened":
            state = event.payload["state"]
        elif event.type == "case.moved":
            assert event.payload["from"] == state
            state = event.payload["to"]
            fields |= event.payload["fields"]
        elif event.type == "case.recorded":
            fields |= event.payload["fields"]
    return state, fields


@some
@example(noise=QUIET)
@given(noise=st.lists(st.tuples(st.lists(ACTS, max_size=3), st.integers(0, 9)), min_size=len(LINE), max_size=len(LINE)))
def test_after_any_walk_the_case_is_the_sum_of_its_events(case: Case, noise: list[tuple[list[Any], int]]) -> None:
    with pytest.raises(Undo), transaction.atomic():
        at = NOW
        for code, (others, days) in zip(LINE, noise, strict=True):
            for kind, what in [*others, ("attach", ""), ("step", code)]:
                at += timedelta(minutes=1)
                act(case, at, kind, what)
            at += timedelta(days=days)
        case.refresh_from_db()
        _check(case)
        if noise == QUIET:
            assert case.state == "watching"  # the walks do come so far
        raise Undo


def _check(case: Case) -> None:
    template = procedure("T1")
    state, fields = told(case)
    assert case.state == state
    assert {name: case.fields[name] for name in fields} == fields
    final = next(one.final for one in template.states if one.code == state)
    assert (case.closed_at is not None) is final
    assert (case.written_off_at is not None) is (state in ("watching", "stable", "rebounded"))
    running = Counter(case.clocks.filter(stopped_on=None).values_list("code", flat=True))
    assert set(running.values()) <= {1}
    assert (running["watch"] == 1) is (state == "watching")
    assert not (running["public_notice"] and state != "publicly_notified")
    assert all(clock.due_on > clock.started_on for clock in case.clocks.all())
    assert verify_journal().intact
    assert verify_evidence(SYSTEM_ACTOR, of_case(case.pk)).intact
    for step in steps_of(EVERYBODY, case, case.state_since):
        assert case.state in step.transition.sources


@some
@given(st.lists(STEP, max_size=12))
def test_steps_of_which_nothing_is_known_never_reach_a_write_off(case: Case, steps: list[tuple[str, str]]) -> None:
    with pytest.raises(Undo), transaction.atomic():
        for number, (_, code) in enumerate(steps):
            try:
                move_case(EVERYBODY, NOW + timedelta(minutes=number), case.pk, code, reason="x")
            except QingtianError as error:
                assert error.remedy
        case.refresh_from_db()
        assert case.state in ("listed", "supervised", "withdrawn")  # a plan has fields that are required
        assert told(case)[0] == case.state
        raise Undo
