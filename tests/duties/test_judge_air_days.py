"""Days of stations and of the city: judged when they are complete, again when a late hour changes them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from tests.duties.scene import DAY, HOUR, MINUTE, T0, air, register, station

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.judgements.air_days import kept_days, rebuilt
from qingtian.apps.judgements.explain import explain
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.states import Question
from qingtian.apps.registry.models import RegistryObject
from qingtian.packs import load_packs

DUTY = "judge_air_days"
CLEAN = {"pm25": 20, "pm10": 40, "so2": 5, "no2": 20, "o3": 60, "co": "0.5"}
NEXT = T0 + DAY + 40 * MINUTE


def whole_day(site: RegistryObject, start: datetime = T0, hours: int = 24, **values: object) -> list:
    return [row for n in range(hours) for row in air(site, start + n * HOUR, **CLEAN | values)]


def days() -> list[Judgement]:
    return list(Judgement.objects.current().filter(question=Question.AIR_DAY).order_by("period_start", "object__code"))


def test_a_complete_day_gets_its_index(run, store):
    store.append(whole_day(station(), pm25=80))
    run(DUTY, NEXT)
    [row] = days()
    assert (row.index, row.cycle, row.period_start, row.primary) == (107, "day", T0, ["PM2.5"])
    assert (row.standard, row.verdict, row.limit) == ("HJ 633-2012", "exceeds", Decimal(100))
    assert row.inputs["values"]["PM2.5"] | {"rows": []} == {
        "value": "80", "exact": "80", "valid": True, "have": 24, "need": 20, "reason": "", "at": None, "iaqi": 107,
        "rows": [],
    }  # fmt: skip
    assert row.inputs["values"]["O3"]["have"] == 17
    assert "AQI为107" in explain(row).zh


def test_today_is_not_judged_before_it_has_ended(run, store):
    store.append(whole_day(station()))
    run(DUTY, T0 + 23 * HOUR)
    assert days() == []
    run(DUTY, NEXT)
    assert len(days()) == 1


def test_the_day_that_ended_is_judged_even_if_its_hours_came_before_the_last_run(run, store):
    site = station()
    store.append(whole_day(site, hours=23))
    run(DUTY, T0 + 23 * HOUR + 50 * MINUTE)
    run(DUTY, NEXT)  # nothing arrived since
    assert [row.index for row in days()] == [40]


def test_a_late_hour_makes_a_new_version_of_its_day_only(run, store):
    site = station()
    store.append(whole_day(site) + whole_day(site, T0 + DAY))
    run(DUTY, T0 + 2 * DAY + 40 * MINUTE)
    first = {row.period_start: row.content_hash for row in days()}
    late = air(site, T0 + 5 * HOUR, **CLEAN | {"pm25": 300})
    store.append([row.__class__(**{name: getattr(row, name) for name in row.__slots__} | {
        "received_at": T0 + 2 * DAY + HOUR}) for row in late])  # fmt: skip
    run(DUTY, T0 + 2 * DAY + 2 * HOUR)
    again = days()
    assert [row.version for row in again] == [2, 1]
    assert again[0].content_hash != first[T0]
    assert again[1].content_hash == first[T0 + DAY]


def test_the_same_run_again_adds_nothing(run, store):
    store.append(whole_day(station()))
    run(DUTY, NEXT)
    before = Judgement.objects.count()
    run(DUTY, NEXT + HOUR)
    assert Judgement.objects.count() == before


def test_too_few_hours_make_no_day_value(run, store):
    store.append(whole_day(station(), hours=18))
    run(DUTY, NEXT)
    [row] = days()
    assert (row.index, row.verdict) == (None, "insufficient")
    assert row.inputs["values"]["PM2.5"]["reason"] == "18 of 20 valid hours"


def test_invalid_hours_are_left_out(run, store):
    site = station()
    rows = whole_day(site)
    marked = [row.__class__(**{name: getattr(row, name) for name in row.__slots__} | {"mark": "D"})
              if row.pollutant == "a34004" and row.period_start < T0 + 5 * HOUR else row for row in rows]  # fmt: skip
    store.append(marked)
    run(DUTY, NEXT)
    assert days()[0].inputs["values"]["PM2.5"]["have"] == 19


@pytest.fixture
def city() -> RegistryObject:
    return RegistryObject.objects.create(
        type="region", code="420100", name="武汉市", name_en="Wuhan", region_code="420100",
        valid_from=date(2020, 1, 1), recorded_at=T0 - 30 * DAY,
    )  # fmt: skip


def test_the_city_is_the_mean_of_its_points_without_the_control_point(run, store, city):
    points = [station(f"{n}A") for n in range(1, 4)]
    control = register("station", "9A", level="national", control=True)
    micro = register("station", "M1", level="micro")
    for site, value in zip(points, (60, 80, 100), strict=True):
        store.append(whole_day(site, pm25=value))
    store.append(whole_day(control, pm25=5) + whole_day(micro, pm25=400))
    run(DUTY, NEXT)
    row = Judgement.objects.get(question=Question.AIR_DAY, object=city)
    assert row.inputs["values"]["PM2.5"]["value"] == "80"
    assert row.coverage["points"] == ["1A", "2A", "3A"]
    assert row.index == 107


def test_three_of_four_points_make_a_city_and_two_do_not(run, store, city):
    points = [station(f"{n}A") for n in range(1, 5)]
    for site in points[:3]:
        store.append(whole_day(site))
    store.append(whole_day(points[3], hours=10))
    for site in points[:2]:
        store.append(whole_day(site, T0 + DAY))
    for site in points[2:]:
        store.append(whole_day(site, T0 + DAY, hours=10))
    run(DUTY, T0 + 2 * DAY + 40 * MINUTE)
    first, second = Judgement.objects.filter(question=Question.AIR_DAY, object=city).order_by("period_start")
    assert first.index is not None
    assert (second.index, second.inputs["values"]["SO2"]["reason"]) == (None, "2 of 3 points")


def test_kept_days_come_back_as_they_were_and_under_a_later_standard(run, store):
    site = station()
    store.append(whole_day(site, pm25=75))
    run(DUTY, NEXT)
    rows = kept_days(SYSTEM_ACTOR, site.pk, T0.date(), T0.date())
    [own] = rebuilt(load_packs(), rows)
    [later] = rebuilt(load_packs(), rows, under=date(2026, 12, 31))
    assert (own.index.aqi, later.index.aqi) == (rows[0].index, 114)
    assert own.values["PM2.5"].value == 75
    assert kept_days(SYSTEM_ACTOR, site.pk, T0.date() + timedelta(days=1), T0.date() + timedelta(days=2)) == []


def test_without_stations_nothing_is_judged(run):
    assert run(DUTY, NEXT).judged == 0
