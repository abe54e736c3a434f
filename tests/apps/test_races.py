"""Two people do the same thing at the same moment, each in a transaction of his own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from tests.apps.cases.walking import APPROVER, DISPATCHER, HANDLER, INSPECTOR, PLAN, SUPERVISOR, opened, walk
from tests.apps.city import HOUR, NOW, SHANGHAI, found, outlet
from tests.apps.evidence.test_evidence import PDF
from tests.apps.registry.test_registry import draft
from tests.apps.together import together

from qingtian.apps.accounts.actions.create_user import UserDraft, create_user
from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.models import User
from qingtian.apps.cases.actions.assign_case import assign_case
from qingtian.apps.cases.actions.link_duplicate import link_duplicate
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.cases.actions.pause_clock import pause_clock
from qingtian.apps.cases.actions.record_fields import record_fields
from qingtian.apps.cases.actions.watch_clocks import watch_clocks
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import timeline
from qingtian.apps.evidence.actions.attach_file import attach_file
from qingtian.apps.evidence.models import EvidenceItem, EvidenceKind
from qingtian.apps.evidence.subjects import of_case
from qingtian.apps.findings.actions.confirm_finding import confirm_finding
from qingtian.apps.findings.actions.dismiss_finding import dismiss_finding
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import DismissReason
from qingtian.apps.journal.models import Event, NumberSeries
from qingtian.apps.journal.numbers import next_number
from qingtian.apps.journal.record import record
from qingtian.apps.journal.verify import verify_journal
from qingtian.apps.registry.actions.register_many import register_many
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import Conflict

pytestmark = pytest.mark.django_db(transaction=True)


def outcomes(*jobs: Callable[[], object]) -> Counter[str]:
    """How many jobs were done and how many met a conflict; the journal is whole afterwards."""
    results = together(*jobs)
    assert verify_journal().intact
    return Counter("conflict" if isinstance(one, Conflict) else "done" for one in results)


def test_findings_about_one_problem_become_one_case_that_answers_them_all() -> None:
    stack = outlet()
    first, second, third = (found(stack, rule_id=rule) for rule in ("r1", "r2", "r3"))
    numbers = together(*[lambda f=f: open_case(DISPATCHER, NOW, f.pk).number for f in (first, second, third)])
    assert len(set(numbers)) == 1
    case = Case.objects.get()
    assert (case.findings.count(), case.revision) == (3, 3)
    assert verify_journal().intact


def test_of_dismissing_and_opening_a_case_one_wins() -> None:
    finding = found(outlet())
    done = outcomes(
        lambda: dismiss_finding(INSPECTOR, NOW, finding.pk, reason=DismissReason.FALSE_ALARM),
        lambda: open_case(DISPATCHER, NOW, finding.pk),
    )
    assert done == {"done": 1, "conflict": 1}
    finding.refresh_from_db()
    assert (finding.status == "cased") is Case.objects.exists()


def test_two_who_confirm_are_one_confirmation() -> None:
    finding = found(outlet())
    assert outcomes(*[lambda: confirm_finding(DISPATCHER, NOW, finding.pk)] * 3) == {"done": 3}
    assert Event.objects.filter(type="finding.confirmed").count() == 1


def test_of_two_steps_from_one_page_the_second_is_told_to_reload() -> None:
    case = opened(outlet())
    done = outcomes(
        lambda: move_case(DISPATCHER, NOW, case.pk, "planned", fields=PLAN, revision=case.revision),
        lambda: move_case(SUPERVISOR, NOW, case.pk, "supervised", reason="x", revision=case.revision),
        lambda: record_fields(HANDLER, NOW, case.pk, {"root_cause": "x"}, revision=case.revision),
    )
    assert done == {"done": 1, "conflict": 2}
    before = case.revision
    case.refresh_from_db()
    assert case.revision == before + 1


def test_facts_of_several_people_are_all_kept() -> None:
    case = opened(outlet())
    names = ("root_cause", "standing_mechanism", "lookalike_check", "punishment")
    assert outcomes(*[lambda n=n: record_fields(HANDLER, NOW, case.pk, {n: n}) for n in names]) == {"done": 4}
    case.refresh_from_db()
    assert {name: case.fields[name] for name in names} == {name: name for name in names}


def test_the_same_file_sent_twice_is_one_item() -> None:
    case = opened(outlet())

    def send() -> object:
        return attach_file(
            HANDLER,
            NOW,
            of_case(case.pk),
            PDF,
            kind=EvidenceKind.PHOTO,
            media_type="application/pdf",
            file_name="a.pdf",
        )

    assert outcomes(send, send, send) == {"done": 1, "conflict": 2}
    assert EvidenceItem.objects.get().position == 0


def test_a_file_for_a_case_that_is_being_closed_is_kept_or_refused_but_never_lost() -> None:
    stack = outlet()
    original, copy = opened(stack), opened(stack, parameter="a21026")
    done = outcomes(
        lambda: link_duplicate(DISPATCHER, NOW, copy.pk, of_id=original.pk),
        lambda: attach_file(
            HANDLER,
            NOW,
            of_case(copy.pk),
            PDF,
            kind=EvidenceKind.PHOTO,
            media_type="application/pdf",
            file_name="a.pdf",
        ),
    )
    types = [event.type for event in timeline(copy)]
    assert done["done"] == 1 + EvidenceItem.objects.count()
    if EvidenceItem.objects.exists():
        assert types.index("case.evidence_added") < types.index("case.duplicate")


def test_two_cases_cannot_be_duplicates_of_each_other() -> None:
    stack = outlet()
    one, two = opened(stack), opened(stack, parameter="a21026")
    done = outcomes(
        lambda: link_duplicate(DISPATCHER, NOW, one.pk, of_id=two.pk),
        lambda: link_duplicate(DISPATCHER, NOW, two.pk, of_id=one.pk),
    )
    assert done == {"done": 1, "conflict": 1}
    assert Case.objects.filter(closed_at=None).count() == 1


def test_a_clock_is_paused_once() -> None:
    case = walk(opened(outlet()), "publicly_notified")
    done = outcomes(*[lambda: pause_clock(APPROVER, NOW, case.pk, "public_notice", reason="听证")] * 2)
    assert done == {"done": 1, "conflict": 1}
    assert Event.objects.filter(type="case.clock_paused").count() == 1


def test_two_workers_warn_once() -> None:
    opened(outlet())
    late = NOW + timedelta(days=400)
    reports = together(*[lambda: len(watch_clocks(SYSTEM_ACTOR, late).breached)] * 2)
    assert sorted(str(one) for one in reports) == ["0", "1"]
    assert Event.objects.filter(type="case.clock_breached").count() == 1


def test_two_dispatchers_name_somebody_and_the_journal_tells_both() -> None:
    case = opened(outlet())
    for name in ("li", "wang"):
        create_user(SYSTEM_ACTOR, NOW, UserDraft(name, HANDLER.grants))
    assert outcomes(*[lambda n=n: assign_case(DISPATCHER, NOW, case.pk, n) for n in ("li", "wang")]) == {"done": 2}
    told = [event.payload for event in timeline(case) if event.type == "case.assigned"]
    assert (told[0]["from"], told[1]["from"]) == ("", told[0]["to"])


def test_an_account_is_made_once() -> None:
    assert outcomes(*[lambda: create_user(SYSTEM_ACTOR, NOW, UserDraft("li", ()))] * 3) == {"done": 1, "conflict": 2}
    assert User.objects.count() == 1


def test_two_imports_of_one_file_register_it_once() -> None:
    drafts = [draft(code=f"E-{number}") for number in range(5)]
    assert outcomes(*[lambda: register_many(SYSTEM_ACTOR, NOW, drafts)] * 2) == {"done": 2}
    assert RegistryObject.objects.count() == 5
    assert Event.objects.count() == 1


def test_numbers_drawn_together_around_new_year_have_no_gap_in_either_year() -> None:
    midnight = datetime(2026, 1, 1, tzinfo=SHANGHAI)
    moments = [midnight - HOUR, midnight, midnight - timedelta(microseconds=1), midnight + HOUR] * 3
    drawn = [str(one) for one in together(*[lambda a=a: next_number("F", a) for a in moments])]
    assert sorted(drawn) == [f"F-{year}-{serial:06d}" for year in (2025, 2026) for serial in range(1, 7)]
    assert {row.year: row.last for row in NumberSeries.objects.all()} == {2025: 6, 2026: 6}


def test_a_number_of_a_transaction_that_fails_is_given_to_the_next() -> None:
    def fail() -> str:
        try:
            with transaction.atomic():
                next_number("C", NOW)
                raise RuntimeError
        except RuntimeError:
            return ""

    drawn = together(*[fail, lambda: next_number("C", NOW)] * 3)
    assert sorted(str(one) for one in drawn if one) == [f"C-2025-{serial:06d}" for serial in (1, 2, 3)]


def test_events_written_together_make_one_chain_without_gaps() -> None:
    def write(number: int) -> int:
        return record(SYSTEM_ACTOR, NOW, "thing.done", ("thing", str(number)), {"n": number}).seq

    sequence = together(*[lambda n=n: write(n) for n in range(8)])
    assert sorted(int(str(one)) for one in sequence) == list(range(1, 9))
    assert verify_journal().events == 8


def test_the_database_refuses_what_a_bug_past_the_lock_would_write() -> None:
    case = opened(outlet())
    clock = case.clocks.get()
    finding = Finding.objects.get()
    statements = [
        (
            "INSERT INTO cases_casefinding (case_id, finding_id, linked_at) VALUES (%s, %s, now())",
            [case.pk, finding.pk],
        ),
        (
            "INSERT INTO cases_caseclock (case_id, code, started_on, due_on, pauses, provisional, warned, rule) "
            "VALUES (%s, %s, now(), now(), '[]', false, 0, '{}')",
            [case.pk, clock.code],
        ),
        ("UPDATE cases_case SET severity = 5 WHERE id = %s", [case.pk]),
        ("UPDATE findings_finding SET severity = 0 WHERE id = %s", [finding.pk]),
    ]
    from django.db import IntegrityError

    for sql, values in statements:
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
