"""The first end of a case follows its clocks, whatever becomes of them; a database of before is filled alike."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from importlib import import_module

import pytest
from django.db import connection
from tests.apps.cases.many_ways import DISPATCHER, HANDLER, SUPERVISOR, WINDOW, complaint, go, town
from tests.apps.cases.walking import NOTICE_OVER, STEPS, opened, walk, written_off
from tests.apps.city import NOW, SHANGHAI

from qingtian.apps.cases.actions.link_duplicate import link_duplicate, part_duplicate
from qingtian.apps.cases.actions.pause_clock import pause_clock, resume_clock
from qingtian.apps.cases.models import Case
from qingtian.apps.registry.models import RegistryObject

pytestmark = pytest.mark.django_db
FILL = import_module("qingtian.apps.cases.migrations.0005_next_due").FILL


def first_end(case: Case) -> datetime | None:
    """The first end, from the rows."""
    case.refresh_from_db()
    running = case.clocks.filter(stopped_on=None, paused_on=None)
    days = [clock.due_on for clock in running if clock.rule["binding"]]
    ends = [datetime.combine(day, time(23, 59, 59), SHANGHAI) for day in days]
    return min([*ends, *([case.due_at] if case.due_at else [])], default=None)


def kept(case: Case) -> datetime | None:
    """What the case keeps; it is what the rows say, and what a filled database would have."""
    found = first_end(case)
    assert case.next_due_at == found
    Case.objects.update(next_due_at=None)
    with connection.cursor() as cursor:
        cursor.execute(FILL)
    case.refresh_from_db()
    assert case.next_due_at == found
    return found


@pytest.mark.parametrize("state", [one[0] for one in STEPS])
def test_every_step_of_a_rectification_leaves_the_first_end(
    stack: RegistryObject, approver_account: None, state: str
) -> None:
    assert kept(walk(opened(stack), state)) is not None


def test_a_written_off_case_keeps_what_its_due_date_was(stack: RegistryObject, approver_account: None) -> None:
    case = written_off(opened(stack))
    assert kept(case) == case.due_at
    assert NOTICE_OVER > NOW


def test_a_period_that_ends_before_the_due_date_comes_first_and_leaves_with_its_end() -> None:
    town()
    case = complaint()
    told = kept(case)
    assert told is not None
    accepted = go(case, (WINDOW, "accept", {}))
    later = kept(accepted)
    assert later is not None and later > told, "the time to tell the complainant ended with the acceptance"
    assert kept(go(accepted, (HANDLER, "investigate", {}), at=NOW + timedelta(days=1))) == later


def test_a_paused_clock_ends_nothing_until_it_runs_again(stack: RegistryObject) -> None:
    case = opened(stack)
    before = kept(case)
    main = case.clocks.get(rule__main=True)
    pause_clock(SUPERVISOR, NOW, case.pk, main.code, reason="停电")
    while_paused = kept(case)
    assert while_paused is None or (before is not None and while_paused != case.due_at)
    resume_clock(SUPERVISOR, NOW + timedelta(days=3), case.pk, main.code)
    after = kept(case)
    assert after is not None and before is not None and after >= before


def test_what_is_merged_and_parted_again_has_its_end_back(stack: RegistryObject) -> None:
    one, other = opened(stack), opened(stack, parameter="a34013")
    before = kept(other)
    link_duplicate(DISPATCHER, NOW, other.pk, of_id=one.pk)
    kept(other)
    part_duplicate(DISPATCHER, NOW, other.pk, reason="两个问题")
    assert kept(other) == before
