from __future__ import annotations

import pytest
from tests.apps.cases.walking import DISPATCHER, HANDLER, PLAN, opened, written_off
from tests.apps.city import HOUR, account, found, outlet
from tests.apps.city import NOW as AT
from tests.apps.together import together

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.actions.open_rebounds import open_rebounds
from qingtian.apps.cases.models import Case
from qingtian.apps.evidence.actions.attach_file import attach_file
from qingtian.apps.evidence.models import EvidenceKind
from qingtian.apps.evidence.queries import verify_evidence
from qingtian.apps.evidence.subjects import of_case
from qingtian.apps.journal.verify import verify_journal
from qingtian.domain.errors import Conflict

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_step_is_taken_once() -> None:
    case = opened(outlet())
    results = together(*[lambda: move_case(DISPATCHER, AT, case.pk, "planned", fields=PLAN).state] * 3)
    assert sorted(str(one) for one in results if not isinstance(one, Conflict)) == ["planned"]
    assert sum(isinstance(one, Conflict) for one in results) == 2


def test_items_that_arrive_together_make_one_chain() -> None:
    case = opened(outlet())

    def attach(number: int) -> int:
        return attach_file(
            HANDLER,
            AT,
            of_case(case.pk),
            b"%PDF-" + bytes([number]) * 2000,
            kind=EvidenceKind.PHOTO,
            media_type="application/pdf",
            file_name=f"{number}.pdf",
        ).position

    assert sorted(together(*[lambda n=n: attach(n) for n in range(6)])) == list(range(6))
    assert verify_evidence(HANDLER, of_case(case.pk)).intact
    assert verify_journal().intact


def test_two_workers_open_one_relapse() -> None:
    from qingtian.apps.accounts.roles import Role

    account("approve", Role.APPROVER)
    case = written_off(opened(outlet()))
    assert case.written_off_at is not None
    at = case.written_off_at + 30 * HOUR
    found(case.object, at=at)
    results = together(*[lambda: len(open_rebounds(SYSTEM_ACTOR, at))] * 2)
    assert sorted(results) == [0, 1]  # type: ignore[type-var]
    assert Case.objects.filter(rebound_of=case).count() == 1
