"""Hours without a row of the device are made from its minutes, also when these come late."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from tests.duties.scene import DAY, HOUR, MINUTE, NOX, T0, hour, outlet

from qingtian.apps.judgements.models import Judgement
from qingtian.telemetry.store.port import Cycle, Observation, Origin

DUTY = "roll_up_hours"


def minutes(site: str, start: datetime, value: int, *, late: datetime | None = None) -> list[Observation]:
    return [
        Observation(
            site, NOX, Cycle.MINUTE, start + index * 10 * MINUTE, Decimal(value), unit="mg/m3", mark="N", period_s=600,
            received_at=late or start + (index + 1) * 10 * MINUTE, frame_hash=f"{site}{start}{index}{value}",
        )
        for index in range(6)
    ]  # fmt: skip


def rolled(store) -> list[tuple[datetime, Decimal | None]]:
    rows = store.window(Cycle.HOUR, T0 - 9 * DAY, T0 + 9 * DAY)
    return [(row.period_start, row.value) for row in rows if row.origin is Origin.ROLLUP]


def test_a_complete_hour_is_rolled_up_and_the_running_one_is_not(run, store):
    stack = outlet()
    store.append(minutes(stack.code, T0, 40) + minutes(stack.code, T0 + HOUR, 60))
    run(DUTY, T0 + HOUR + 30 * MINUTE)
    assert rolled(store) == [(T0, 40)]
    run(DUTY, T0 + 2 * HOUR + 8 * MINUTE)
    assert rolled(store) == [(T0, 40), (T0 + HOUR, 60)]


def test_minutes_that_come_a_day_late_still_make_their_hour(run, store):
    stack = outlet()
    run(DUTY, T0 + DAY)
    store.append(minutes(stack.code, T0, 40, late=T0 + DAY + 30 * MINUTE))
    report = run(DUTY, T0 + DAY + HOUR)
    assert rolled(store) == [(T0, 40)]
    assert report.notes == ["1 hour rows, 0 corrected"]
    assert run(DUTY, T0 + DAY + 2 * HOUR).notes == []


def test_a_sent_hour_is_not_replaced(run, store):
    stack = outlet()
    store.append([*minutes(stack.code, T0, 40), hour(stack, T0, 45)])
    run(DUTY, T0 + 2 * HOUR)
    assert rolled(store) == []


def test_a_rolled_up_hour_is_judged_in_the_same_pass(run, store):
    stack = outlet()
    store.append(minutes(stack.code, T0, 140))
    run(DUTY, T0 + HOUR + 8 * MINUTE)
    run("judge_emission_hours", T0 + HOUR + 10 * MINUTE)
    assert Judgement.objects.get().verdict == "exceeds"


def test_the_whole_pause_is_made_up_for(run, store):
    stack = outlet()
    run(DUTY, T0)
    store.append([row for index in range(10) for row in minutes(stack.code, T0 + index * HOUR, 40)])
    run(DUTY, T0 + 10 * HOUR + 8 * MINUTE)
    assert len(rolled(store)) == 10
