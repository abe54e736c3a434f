"""Days, months and years are made when they are over, and again when late rows touch them."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from tests.duties.scene import DAY, HOUR, MINUTE, NOX, T0, hour, hours, outlet, register, station

from qingtian.apps.judgements.models import Judgement
from qingtian.duties.roll_up_periods import media_of, plan
from qingtian.duties.sites import read_sites
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store.port import Cycle

DUTY = "roll_up_periods"


def days(store):
    rows = store.window(Cycle.DAY, T0 - 40 * DAY, T0 + 40 * DAY)
    return [(row.period_start, row.value, row.mark, row.have) for row in rows]


def test_a_day_is_made_when_it_is_over(run, store):
    stack = outlet()
    store.append(hours(stack, T0, [40] * 22))
    run(DUTY, T0 + 23 * HOUR)
    assert days(store) == []
    report = run(DUTY, T0 + DAY + 24 * MINUTE)
    assert days(store) == [(T0, 40, "N", 22)]
    assert report.notes == ["1 day rows, 0 corrected"]
    assert run(DUTY, T0 + DAY + 84 * MINUTE).notes == []


def test_an_hour_that_comes_late_opens_its_day_again(run, store):
    stack = outlet()
    store.append(hours(stack, T0, [40] * 19))
    run(DUTY, T0 + DAY + 24 * MINUTE)
    assert days(store) == [(T0, 40, "D", 19)]
    store.append([hour(stack, T0 + 20 * HOUR, 80, received_at=T0 + 4 * DAY)])
    run(DUTY, T0 + 4 * DAY + 24 * MINUTE)
    assert days(store) == [(T0, 42, "N", 20)]


def test_the_month_follows_its_days(run, store):
    stack, first = outlet(), datetime(2025, 11, 1, tzinfo=SHANGHAI)
    store.append(hours(stack, first, [30] * 24 * 30))
    for number in range(1, 31):
        run(DUTY, first + number * DAY + 24 * MINUTE)
    (month,) = store.window(Cycle.MONTH, first, first + 40 * DAY)
    assert (month.value, month.have, month.due, month.mark) == (30, 30, 30, "N")
    assert store.window(Cycle.YEAR, first - 400 * DAY, first + 40 * DAY) == []


def test_the_day_mean_of_the_standard_is_not_our_roll_up(run, store):
    """An outlet's day is judged from its hours; a roll-up beside them must not pass for the device's own day row."""
    stack = outlet(limits=[{"pollutant": NOX, "cycle": "day", "limit": "50", "unit": "mg/m3"}])
    store.append(hours(stack, T0, [40] * 24))
    run(DUTY, T0 + DAY + 24 * MINUTE)
    assert len(days(store)) == 1
    run("judge_emission_days", T0 + DAY + 40 * MINUTE)
    (answer,) = Judgement.objects.all()
    assert (answer.coverage["origin"], answer.value) == ("hours", Decimal(40))


def test_sites_are_rolled_up_by_the_rule_of_their_kind(run, store):
    stack, air = outlet(), station()
    works = register("enterprise", "E-9")
    drain = register("outlet", "O-9", works, kind="water")
    meter = register("power_meter", "P-9", works)
    river = register("station", "R-9", medium="surface_water")
    found = media_of(read_sites(T0).by_code.values())
    assert found == {stack.code: "cems", air.code: "air_station", drain.code: "water_outlet"}
    assert meter.code not in found
    assert river.code not in found


def test_the_plan_holds_only_what_is_over():
    now = datetime(2026, 1, 5, 12, tzinfo=SHANGHAI)
    found = plan([now.replace(hour=0) - n * timedelta(days=1) for n in range(7)], now)
    assert [at.day for at in found[Cycle.DAY]] == [30, 31, 1, 2, 3, 4]
    assert [at.month for at in found[Cycle.MONTH]] == [12]
    assert [at.year for at in found[Cycle.YEAR]] == [2025]
