"""Answers and findings of an hour stand or fall together; long batches are cut between hours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.apps.judgements.test_record_judgements import judged
from tests.duties.scene import DAY, HOUR, MINUTE, NOX, T0, findings, hour, hours, limit, outlet

from qingtian.apps.judgements.models import Judgement
from qingtian.duties import settling
from qingtian.duties.settling import parts

DUTY = "judge_emission_hours"


def test_a_process_killed_between_answer_and_finding_leaves_neither(run, store, monkeypatch):
    stack = outlet()
    store.append([hour(stack, T0, 140)])

    def killed(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(settling, "settle", killed)
        run(DUTY, T0 + HOUR + 10 * MINUTE)
    assert Judgement.objects.count() == 0
    run(DUTY, T0 + HOUR + 30 * MINUTE)
    assert [one.object for one in findings()] == [stack]


def test_events_of_a_long_pause_come_out_as_they_would_have_one_by_one(run, store, monkeypatch):
    monkeypatch.setattr(settling.parts, "__defaults__", (7,))
    values = [130 if index % 24 in (3, 4) else 80 for index in range(6 * 24)]
    at_once, by_the_hour = outlet(1), outlet(2)
    store.append(hours(at_once, T0, values))
    store.append(hours(by_the_hour, T0, values))
    run(DUTY, T0 + 6 * DAY + 10 * MINUTE)
    one, other = (
        [(f.first_seen, f.last_seen, f.ended_at, f.hits) for f in findings() if f.object == site]
        for site in (at_once, by_the_hour)
    )
    assert (
        one
        == other
        == [(T0 + day * DAY + 3 * HOUR, T0 + day * DAY + 4 * HOUR, T0 + day * DAY + 5 * HOUR, 2) for day in range(6)]
    )


def test_an_hour_over_the_limit_in_an_old_gap_does_not_reopen_what_is_over(run, store):
    stack = outlet(limits=[limit()])
    store.append(hours(stack, T0, [130, *[80] * 30]))
    run(DUTY, T0 + 32 * HOUR)
    store.append([hour(stack, T0 + 20 * HOUR, 150, NOX, received_at=T0 + 33 * HOUR)])
    run(DUTY, T0 + 34 * HOUR)
    assert [(f.first_seen, f.activity) for f in findings()] == [(T0, "ended"), (T0 + 20 * HOUR, "ended")]


@given(st.lists(st.integers(0, 20), max_size=60), st.integers(1, 10))
def test_parts_hold_everything_once_in_time_order_and_never_cut_an_hour(starts, size):
    batch = [judged(index, T0 + start * HOUR) for index, start in enumerate(starts)]
    cut = list(parts(batch, size))
    assert sorted(one.object_id for part in cut for one in part) == list(range(len(starts)))
    flat = [one.period_start for part in cut for one in part]
    assert flat == sorted(flat)
    firsts = [{one.period_start for one in part} for part in cut]
    assert all(not (one & other) for index, one in enumerate(firsts) for other in firsts[:index])
    assert all(len(part) >= size for part in cut[:-1])
