"""Two people at once never both win; what the journal tells folds to the state that the row has."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.apps.city import NOW
from tests.apps.obligations.scene import APPROVER, DAY, HANDLER, INSPECTOR, PLANT, dates, missed, plant, synced
from tests.apps.together import together

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.journal.queries import history
from qingtian.apps.journal.verify import verify_journal
from qingtian.apps.obligations.actions.fulfil_occurrence import fulfil_occurrence
from qingtian.apps.obligations.actions.plan_occurrences import plan_occurrences
from qingtian.apps.obligations.actions.refuse_fulfilment import refuse_fulfilment
from qingtian.apps.obligations.actions.sync_obligations import sync_obligations
from qingtian.apps.obligations.actions.waive_occurrence import waive_occurrence
from qingtian.apps.obligations.models import Occurrence
from qingtian.domain.errors import Conflict
from qingtian.domain.obligations import OPEN, SETTLED, State

LEDGER = {"entries": "3"}


def ledger() -> Occurrence:
    """The ledger of the running month."""
    plant()
    synced()
    return dates("LED")[0]


@pytest.mark.django_db(transaction=True)
def test_who_does_it_and_who_waives_it_at_once_do_not_both_win() -> None:
    row = ledger()
    results = together(
        lambda: fulfil_occurrence(PLANT, NOW, row.pk, fields=LEDGER),
        lambda: fulfil_occurrence(HANDLER, NOW, row.pk, fields=LEDGER),
        lambda: waive_occurrence(APPROVER, NOW, row.pk, reason="shutdown"),
    )
    assert Counter(isinstance(one, Conflict) for one in results) == {True: 2, False: 1}
    assert verify_journal().intact


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_plan_at_once_write_every_date_once() -> None:
    plant()

    def run() -> int:
        sync_obligations(SYSTEM_ACTOR, NOW)
        return plan_occurrences(SYSTEM_ACTOR, NOW, NOW.date() + 60 * DAY).new

    counts = together(run, run)
    assert sorted(counts)[0] == 0 and sorted(counts)[1] == Occurrence.objects.count()  # type: ignore[type-var]
    keys = list(Occurrence.objects.values_list("obligation_id", "key"))
    assert len(keys) == len(set(keys))


def told(row: Occurrence) -> State:
    """The state that the journal tells."""
    state = State.PLANNED
    for event in history("occurrence", row.pk):
        match event.type:
            case "occurrence.fulfilled" | "occurrence.refused":
                state = State(event.payload["state"])
            case "occurrence.waived":
                state = State.WAIVED
            case "occurrence.missed":
                state = State.MISSED
    return state


@pytest.mark.django_db
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["do", "refuse", "waive", "wait"]), st.integers(0, 5)), max_size=6))
def test_the_journal_folds_to_the_state_of_the_row(steps: list[tuple[str, int]]) -> None:
    from tests.interfaces.standing import undone

    with undone():
        row, now = ledger(), NOW
        for step, days in steps:
            now += timedelta(days=days)
            apply(step, row, now)
            row = Occurrence.objects.get(pk=row.pk)
            assert told(row) == row.state
            assert (row.fulfilled_at is not None) == (row.state in SETTLED)
            assert bool(row.waived_reason) == (row.state == State.WAIVED)
        assert verify_journal().intact


def apply(step: str, row: Occurrence, now: Any) -> None:
    """One step; it is refused exactly where the state does not allow it."""
    state = State(Occurrence.objects.get(pk=row.pk).state)
    allowed = {"do": state in OPEN, "waive": state in OPEN, "refuse": state in SETTLED, "wait": True}[step]
    try:
        match step:
            case "do":
                fulfil_occurrence(PLANT, now, row.pk, fields=LEDGER)
            case "waive":
                waive_occurrence(APPROVER, now, row.pk, reason="shutdown")
            case "refuse":
                refuse_fulfilment(INSPECTOR, now, row.pk, reason="x")
            case _:
                missed(now)
    except Conflict:
        assert not allowed
        return
    assert allowed


@pytest.mark.django_db
def test_a_date_stops_being_provisional_when_its_calendar_arrives() -> None:
    row = ledger()
    Occurrence.objects.filter(pk=row.pk).update(provisional=True)
    synced(NOW + DAY)
    row.refresh_from_db()
    assert not row.provisional
    assert "moved" in history("obligation", row.obligation_id).reverse()[0].payload
