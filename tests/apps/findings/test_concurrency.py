from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from tests.apps.city import HOUR, NOW, exceedance, found, outlet
from tests.apps.together import together

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.cases.models import Case
from qingtian.apps.findings.actions.raise_finding import raise_finding
from qingtian.apps.findings.models import Finding
from qingtian.apps.journal.verify import verify_journal
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import Conflict

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_workers_that_see_the_same_hour_raise_one_finding() -> None:
    stack = outlet()
    results = together(*[lambda: raise_finding(SYSTEM_ACTOR, NOW, exceedance(stack)).pk] * 2)
    assert len(set(results)) == 1
    assert Finding.objects.get().hits == 1
    assert verify_journal().intact


def test_two_hours_at_once_extend_one_finding() -> None:
    stack = outlet()
    together(*[lambda n=n: raise_finding(SYSTEM_ACTOR, NOW, exceedance(stack, at=NOW + n * HOUR)).pk for n in range(4)])
    assert Finding.objects.get().hits == 4
    report = verify_journal()
    assert (report.intact, report.events) == (True, 1 + 4)


def test_numbers_are_unique_and_without_gaps() -> None:
    stacks: list[RegistryObject] = [outlet(f"E-{number}") for number in range(1, 7)]
    together(*[lambda s=s: found(s).number for s in stacks])
    numbers = sorted(Finding.objects.values_list("number", flat=True))
    assert numbers == [f"F-2025-{serial:06d}" for serial in range(1, 7)]
    assert verify_journal().intact


def test_a_finding_opened_by_two_people_makes_one_case() -> None:
    finding = found(outlet())
    results = together(*[lambda: open_case(SYSTEM_ACTOR, NOW, finding.pk).number] * 2)
    assert Case.objects.count() == 1
    assert sum(isinstance(result, Conflict) for result in results) == 1


def test_the_database_itself_refuses_a_second_ongoing_finding() -> None:
    first = found(outlet())
    first.pk, first.number = None, "F-2025-999999"
    with pytest.raises(IntegrityError, match="one_ongoing_finding"), transaction.atomic():
        first.save(force_insert=True)
