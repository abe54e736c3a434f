"""Duties run on a grid of city time, catch up after a pause, fail alone and never run twice together."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta

import psycopg
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from tests.duties.scene import DAY, HOUR, MINUTE, T0

from qingtian.domain.errors import InvalidInput
from qingtian.duties import DUTIES, run_due, runner
from qingtian.duties.duty import Duty, DutyContext, DutyReport
from qingtian.duties.models import DutyState

QUARTER = 15 * MINUTE


class Recorder:
    """A duty that notes what it was asked to cover."""

    def __init__(self) -> None:
        self.contexts: list[DutyContext] = []
        self.failure: Exception | None = None

    def __call__(self, context: DutyContext) -> DutyReport:
        self.contexts.append(context)
        if self.failure is not None:
            raise self.failure
        return DutyReport(raised=1, state={"count": str(len(self.contexts))})

    def covered(self) -> list[tuple[datetime, datetime]]:
        return [(one.since, one.now) for one in self.contexts]


@pytest.fixture
def recorder(monkeypatch, db) -> Recorder:
    recorder = Recorder()
    duty = Duty("probe", QUARTER, recorder, "试", "probe", offset=2 * MINUTE, reach=6 * HOUR)
    monkeypatch.setattr(runner, "DUTIES", (duty,))
    return recorder


def test_a_duty_runs_once_per_point_of_its_grid(recorder, store):
    for minute in (2, 3, 16, 17, 18, 31, 32):
        run_due(T0 + minute * MINUTE, store)
    assert [one.now - T0 for one in recorder.contexts] == [2 * MINUTE, 17 * MINUTE, 32 * MINUTE]


def test_each_run_covers_the_time_since_the_last_good_one(recorder, store):
    for minute in (2, 17, 92):
        run_due(T0 + minute * MINUTE, store)
    first, second, third = recorder.covered()
    assert second == (first[1], T0 + 17 * MINUTE)
    assert third == (second[1], T0 + 92 * MINUTE)


def test_catching_up_after_a_long_pause_is_bounded(recorder, store):
    run_due(T0, store)
    run_due(T0 + 9 * DAY, store)
    assert recorder.covered()[-1] == (T0 + 9 * DAY - 6 * HOUR, T0 + 9 * DAY)


def test_a_failure_is_noted_and_its_time_is_covered_by_the_next_run(recorder, store):
    run_due(T0 + 2 * MINUTE, store)
    recorder.failure = ValueError("no such thing")
    (report,) = run_due(T0 + 17 * MINUTE, store)
    assert "no such thing" in report.error
    assert run_due(T0 + 18 * MINUTE, store) == []
    recorder.failure = None
    run_due(T0 + 32 * MINUTE, store)
    row = DutyState.objects.get(name="probe")
    assert (row.failures, row.last_error, row.runs) == (0, "", 2)
    assert recorder.covered()[-1] == (T0 + 2 * MINUTE, T0 + 32 * MINUTE)


def test_strict_mode_lets_a_failure_through(recorder, store):
    recorder.failure = ValueError("no such thing")
    with pytest.raises(ValueError, match="no such thing"):
        run_due(T0, store, strict=True)
    assert DutyState.objects.get().failures == 1


def test_one_failing_duty_does_not_stop_the_others(monkeypatch, recorder, store):
    other = Recorder()
    failing = replace(runner.DUTIES[0])
    monkeypatch.setattr(runner, "DUTIES", (failing, Duty("other", QUARTER, other, "它", "other")))
    recorder.failure = RuntimeError("broken")
    assert [bool(report.error) for report in run_due(T0, store)] == [True, False]
    assert len(other.contexts) == 1


def test_what_a_run_leaves_reaches_the_next_one(recorder, store):
    run_due(T0, store)
    run_due(T0 + HOUR, store)
    assert [dict(one.state) for one in recorder.contexts] == [{}, {"count": "1"}]
    assert DutyState.objects.get().report["raised"] == 1


def test_a_clock_that_was_set_back_starts_afresh(recorder, store):
    run_due(T0 + 30 * DAY, store)
    run_due(T0, store)
    context = recorder.contexts[-1]
    assert (context.now, context.since, dict(context.state)) == (T0, T0 - 6 * HOUR, {})


def test_only_the_named_duties_are_looked_at(recorder, store):
    assert run_due(T0, store, only={"somebody_else"}) == []
    assert recorder.contexts == []


def test_a_time_without_offset_is_refused(recorder, store):
    with pytest.raises(InvalidInput, match="offset"):
        run_due(T0.replace(tzinfo=None), store)


@pytest.mark.django_db(transaction=True)
def test_a_duty_never_runs_twice_together(monkeypatch, store):
    inside, release = threading.Event(), threading.Event()

    def slow(context: DutyContext) -> DutyReport:
        inside.set()
        assert release.wait(30)
        return DutyReport()

    duty = Duty("slow", QUARTER, slow, "慢", "slow")
    reports: list[DutyReport | None] = []

    def work() -> None:
        try:
            reports.append(runner.run_duty(duty, T0, store))
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    assert inside.wait(30)
    try:
        assert runner.run_duty(duty, T0, store) is None  # another worker holds it
    finally:
        release.set()
        thread.join(30)
    assert [report is not None for report in reports] == [True]
    assert runner.run_duty(duty, T0 + MINUTE, store) is None  # it is not due again
    assert runner.run_duty(duty, T0 + QUARTER, store) is not None  # and the lock is free


def test_every_duty_has_a_name_of_its_own_and_labels():
    assert len({duty.name for duty in DUTIES}) == len(DUTIES)
    assert all(duty.label_zh and duty.label_en and duty.every > timedelta(0) for duty in DUTIES)


def test_every_duty_runs_on_an_empty_city(db, store):
    reports = run_due(T0 + 12 * HOUR, store, strict=True)
    assert [report.name for report in reports] == [duty.name for duty in DUTIES]
    assert run_due(T0 + 12 * HOUR, store, strict=True) == []


@given(
    every=st.integers(1, 24 * 60), offset=st.integers(0, 600), last=st.integers(0, 20000), later=st.integers(0, 20000)
)
def test_a_duty_is_due_exactly_when_a_grid_point_lies_between(every, offset, last, later):
    duty = Duty("x", every * MINUTE, lambda _: DutyReport(), "", "", offset=offset * MINUTE)
    start, end = T0 + last * MINUTE, T0 + (last + later) * MINUTE
    points = {  # the grid starts anew each (shifted) midnight
        T0 + (day * 1440 + offset + index * every) * MINUTE
        for day in range(-2, 30)
        for index in range(-(-1440 // every))
    }
    assert duty.due(end, start) == any(start < point <= end for point in points)


@pytest.mark.django_db(transaction=True)
def test_a_lost_database_session_is_a_failed_run_and_the_next_one_works(recorder, store):
    def lose(context: DutyContext) -> DutyReport:
        with psycopg.connect(**_address()) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
        DutyState.objects.count()
        return DutyReport()

    (report,) = run_due(T0, store, only={"probe"})
    assert report.error == ""
    broken = Duty("broken", QUARTER, lose, "断", "broken")
    report = runner.run_duty(broken, T0, store)
    assert report is not None
    assert report.error
    whole = replace(broken, run=recorder)
    assert runner.run_duty(whole, T0 + QUARTER, store).error == ""


def _address() -> dict[str, object]:
    known = connection.get_connection_params()
    return {name: known[name] for name in ("dbname", "user", "host", "port", "password") if known.get(name)}
