"""Station hours get their index by the edition of the data's date; above 100 they are one finding per episode."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from tests.duties.scene import DAY, HOUR, MINUTE, T0, air, findings, station

from qingtian.apps.accounts.actor import PUBLIC_ACTOR
from qingtian.apps.judgements.explain import explain
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.queries import latest
from qingtian.apps.judgements.states import Question
from qingtian.runtime.clock import SHANGHAI

DUTY = "judge_air_hours"
SOON = HOUR + 32 * MINUTE
SHIFT = timedelta(days=2555)
# Published hours of 1325A on 2018-11-30 (stamp 13:00 and 14:00), and of 1327A on 2018-06-16 15:00.
HAZE = {"pm25": 238, "pm10": 257, "so2": 44, "no2": 57, "o3": 39, "co": "3.1", "aqi": 288}
OZONE = {"pm25": 48, "pm10": 86, "so2": 17, "no2": 18, "o3": 318, "co": 1, "aqi": 159}
CLEAN = {"pm25": 20, "pm10": 40, "so2": 5, "no2": 20, "o3": 30, "co": "0.5"}


def test_the_index_of_a_real_hour_is_the_published_one(run, store):
    stamp = datetime(2018, 11, 30, 13, tzinfo=SHANGHAI) + SHIFT
    store.append(air(station(), stamp - HOUR, **HAZE))
    run(DUTY, stamp + 32 * MINUTE)
    row = Judgement.objects.get()
    assert (row.index, row.published, row.category, row.primary) == (288, 288, "重度污染", ["PM2.5"])
    assert (row.standard, row.verdict, row.limit) == ("HJ 633-2012", "exceeds", Decimal(100))
    assert row.coverage == {"have": 6, "need": 6, "missing": [], "reason": ""}
    assert not row.simulated


def test_explanation_names_index_category_primary_coverage_and_published_value(run, store):
    store.append(air(station(), T0, **OZONE))
    run(DUTY, T0 + SOON)
    text = explain(Judgement.objects.get())
    assert "AQI为159(中度污染)，首要污染物O3；6项中6项有效，发布值159" in text.zh
    assert "AQI 159" in text.en
    assert "primary pollutant O3" in text.en
    assert "published 159" in text.en


@pytest.mark.parametrize(
    ("day", "standard", "index"),
    [("2026-02-28", "HJ 633-2012", 100), ("2026-03-01", "HJ 633-2026", 114)],
)
def test_the_date_of_the_data_decides_the_edition(run, store, day, standard, index):
    # Standards reference, section 1: PM2.5 = 75 is 100 under the 2012 edition and 114 under that of 2026.
    start = datetime.fromisoformat(day).replace(tzinfo=SHANGHAI)
    store.append(air(station(), start, **CLEAN | {"pm25": 75}))
    run(DUTY, start + SOON)
    row = Judgement.objects.get()
    assert (row.standard, row.index) == (standard, index)


def test_one_episode_is_one_finding_per_station_and_ends_by_itself(run, store):
    here, there = station("1325A"), station("1326A")
    for index, pm25 in enumerate([60, 120, 160, 240, 310, 60]):
        start = T0 + index * HOUR
        store.append(air(here, start, **CLEAN | {"pm25": pm25}))
        store.append(air(there, start, **CLEAN))
        run(DUTY, start + SOON)
    (finding,) = findings()
    assert (finding.kind, finding.object.code, finding.parameter) == ("air_pollution", "1325A", "aqi")
    assert (finding.hits, finding.first_seen, finding.ended_at) == (4, T0 + HOUR, T0 + 5 * HOUR)
    assert (finding.severity, finding.activity) == (4, "ended")


@pytest.mark.parametrize(("pm25", "severity"), [(76, 1), (115, 1), (116, 2), (151, 3), (251, 4), (400, 4)])
def test_severity_is_one_step_per_category(run, store, pm25, severity):
    store.append(air(station(), T0, **CLEAN | {"pm25": pm25}))
    run(DUTY, T0 + SOON)
    assert findings()[0].severity == severity


def test_missing_values_are_counted_in_the_coverage(run, store):
    values = {name: value for name, value in CLEAN.items() if name not in ("o3", "co")}
    store.append(air(station(), T0, **values))
    run(DUTY, T0 + SOON)
    row = Judgement.objects.get()
    assert (row.coverage["have"], row.coverage["need"], row.coverage["missing"]) == (4, 6, ["CO", "O3"])
    assert "6项中4项有效" in explain(row).zh


def test_values_marked_invalid_do_not_enter_the_index(run, store):
    store.append([*air(station(), T0, **{**CLEAN, "pm25": 20}), *air(station("1326A"), T0, mark="D", **CLEAN)])
    run(DUTY, T0 + SOON)
    good, bad = Judgement.objects.order_by("object__code")
    assert good.verdict == "within"
    assert (bad.verdict, bad.index, bad.coverage["have"]) == ("insufficient", None, 0)
    assert "无法评价" in explain(bad).zh


def test_a_station_hour_without_any_row_is_not_judged(run, store):
    station()
    run(DUTY, T0 + SOON)
    assert Judgement.objects.count() == 0


def test_a_value_that_comes_later_makes_a_new_version(run, store):
    place = station()
    store.append(air(place, T0, **{name: value for name, value in CLEAN.items() if name != "pm25"}))
    run(DUTY, T0 + SOON)
    store.append(air(place, T0, pm25=120))
    run(DUTY, T0 + SOON + 30 * MINUTE)
    old, new = Judgement.objects.order_by("version")
    assert (old.index, old.superseded_by_id, new.version) == (40, new.pk, 2)
    assert (new.index, new.primary) == (158, ["PM2.5"])
    assert [one.kind for one in findings()] == ["air_pollution"]


def test_everybody_reads_the_latest_index_of_every_station(run, store):
    for code in ("1325A", "1326A"):
        place = station(code)
        store.append([row for index in range(3) for row in air(place, T0 + index * HOUR, **CLEAN)])
    run(DUTY, T0 + DAY)
    rows = latest(PUBLIC_ACTOR, Question.AIR_INDEX)
    assert [(row.object.code, row.period_start) for row in rows] == [("1325A", T0 + 2 * HOUR), ("1326A", T0 + 2 * HOUR)]


def test_ten_stations_over_a_week_are_read_at_once(run, store):
    for number in range(10):
        place = station(f"13{number:02}A")
        for index in range(24 * 6):
            store.append(air(place, T0 + index * HOUR, **CLEAN))
    report = run(DUTY, T0 + 6 * DAY + 32 * MINUTE)
    assert report.judged == 10 * 24 * 6
    assert store.windows == 1
