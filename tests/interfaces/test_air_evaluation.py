"""A place over a period: what the page of air evaluation shows."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from tests.interfaces import city

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.judgements.actions.record_judgements import record_judgements
from qingtian.duties.judge_air_days import AirWork, judge_day
from qingtian.duties.sites import Site
from qingtian.packs import load_packs
from qingtian.runtime.clock import day_start
from qingtian.telemetry.store import Cycle, Observation, Origin

PATH = "/api/v1/air/evaluation"
CODES = {"a34004": "25", "a34002": "50", "a21026": "8", "a21004": "30", "a05024": "80", "a21005": "0.8"}
POINTS = (city.BAD_STATION, city.GOOD_STATION)
HOUR = timedelta(hours=1)


def judge(town: city.Town, day: date, hours: int = 24, **changed: str) -> None:
    packs = load_packs()
    work = AirWork(packs, "420100", town.objects["420100"])
    stations = {code: Site(town.objects[code]) for code in (*POINTS, city.CONTROL_STATION)}
    start = day_start(day)
    rows = [
        Observation(
            site, code, Cycle.HOUR, start + n * HOUR, Decimal(value), unit="ug/m3", mark="N", origin=Origin.import_,
            received_at=start + n * HOUR + HOUR,
        )
        for site in stations
        for code, value in (CODES | changed).items()
        for n in range(hours)
    ]  # fmt: skip
    record_judgements(SYSTEM_ACTOR, city.NOW, judge_day(work, stations, day, rows))


def ask(client: Client, **query: str) -> dict:
    answer = client.get(PATH, query)
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.fixture
def judged(town: city.Town) -> city.Town:
    for back in range(1, 4):
        judge(town, city.NOW.date() - timedelta(days=back))
    judge(town, date(2025, 11, 20), a34004="90")
    judge(town, date(2025, 11, 19), hours=10)
    for number in range(19, 24):
        judge(town, date(2024, 11, number), a34004="50")
    return town


@pytest.fixture
def duty(login, judged: city.Town) -> Client:
    return login("duty")


def test_the_city_of_the_last_days_with_its_good_days(duty: Client) -> None:
    found = ask(duty, start="2025-11-19", end="2025-11-23")
    assert (found["place"], found["place_zh"], found["standard"]) == ("420100", "武汉市", "HJ 633-2012")
    assert [one["aqi"] for one in found["days"]] == [None, 119, 50, 50, 50]
    good = found["good"]
    assert (good["good"], good["valid"], good["days"], good["ratio_percent"]) == (3, 4, 5, "75.0")
    assert good["without"] == ["2025-11-19"]
    assert good["by_primary"] == [{"name": "PM2.5", "days": 1}]
    assert found["days"][0]["reason"]
    assert found["simulated"] is False


def test_a_day_shows_each_value_with_its_hours(duty: Client) -> None:
    day = ask(duty, start="2025-11-23", end="2025-11-23", place=city.BAD_STATION)["days"][0]
    values = {one["item"]: one for one in day["values"]}
    assert values["CO"] == {
        "item": "CO", "value": "0.8", "unit": "mg/m3", "valid": True, "have": 24, "need": 20, "reason": "", "iaqi": 20,
    }  # fmt: skip
    assert (values["O3"]["have"], values["O3"]["need"]) == (17, 14)
    assert (day["category_zh"], day["level"], day["colour"]) == ("优", 1, "#00E400")


def test_statistics_cite_their_rule_and_say_what_is_short(duty: Client) -> None:
    found = ask(duty, start="2025-11-01", end="2025-11-23")
    rows = {(one["item"], one["use"], one["statistic"]): one for one in found["statistics"]}
    pm25 = rows["PM2.5", "compliance", "percentile"]
    assert (pm25["percent"], pm25["have"], pm25["days"], pm25["standard"]) == ("95", 4, 23, "HJ 663-2013")
    assert rows["CO", "compliance", "percentile"]["valid"] is None
    assert rows["SO2", "compliance", "mean"]["value"] == "8"


def test_a_whole_month_with_too_few_days_is_not_valid(duty: Client) -> None:
    found = ask(duty, start="2025-10-01", end="2025-10-31")
    rows = {(one["item"], one["use"], one["statistic"]): one for one in found["statistics"]}
    so2 = rows["SO2", "compliance", "mean"]
    assert (so2["valid"], so2["short"]) == (False, [{"period": "2025-10", "have": 0, "need": 27}])
    assert so2["value"] is None
    assert found["good"]["ratio_percent"] is None


def test_attainment_names_limit_clause_and_what_fails(duty: Client) -> None:
    found = ask(duty, start="2025-11-19", end="2025-11-23")
    levels = {one["category"]: one for one in found["attainments"]}
    level2 = levels["level 2"]
    assert (level2["met"], level2["failing"], level2["standard"]) == (False, ["PM2.5"], "GB 3095-2012")
    [pm25] = [one for one in level2["items"] if one["item"] == "PM2.5"]
    tests = {one["statistic"]: one for one in pm25["tests"]}
    assert (tests["mean"]["value"], tests["mean"]["limit"], tests["mean"]["met"]) == ("41", "35", False)
    assert (tests["mean"]["single_index"], tests["mean"]["multiple"]) == ("1.17", "0.17")
    assert tests["percentile"]["clause"]


def test_both_composite_indices_are_shown_apart_with_their_confidence(duty: Client) -> None:
    found = {one["standard"]: one for one in ask(duty, start="2025-11-19", end="2025-11-23")["composites"]}
    assert set(found) == {"HJ 663-2013", "HJ 663-2026"}
    assert found["HJ 663-2013"]["value"] != found["HJ 663-2026"]["value"]
    assert "verified" in found["HJ 663-2013"]["confidence"]
    assert set(found["HJ 663-2013"]["shares"]) == {"SO2", "NO2", "PM10", "PM2.5", "CO", "O3"}


def test_the_year_before_is_compared_under_the_standard_of_now(duty: Client) -> None:
    found = ask(duty, start="2025-11-19", end="2025-11-23")["comparison"]
    assert (found["start"], found["end"], found["standard"]) == ("2024-11-19", "2024-11-23", "HJ 633-2012")
    figures = {one["figure"]: one for one in found["figures"]}
    assert (figures["PM2.5"]["now"], figures["PM2.5"]["base"], figures["PM2.5"]["change"]) == ("41", "50", "-17.5")
    assert (figures["good_days"]["kind"], figures["good_days"]["change"]) == ("points", "-25.0")


def test_a_period_without_an_earlier_one_compares_nothing(duty: Client) -> None:
    found = ask(duty, start="2025-11-19", end="2025-11-23", base_start="2023-01-01")["comparison"]
    assert (found["valid_days"], found["figures"], found["own_standards"]) == (0, [], [])
    assert found["end"] == "2023-01-05"


def test_across_the_change_of_the_standard_both_periods_are_judged_by_the_later_one(login, town: city.Town) -> None:
    from qingtian.interfaces.api.present import air

    judge(town, date(2026, 4, 1), a34004="75")
    judge(town, date(2025, 4, 1), a34004="75")
    found = air.evaluation(
        town.actor("duty"), datetime(2026, 4, 3, tzinfo=city.SHANGHAI), None, date(2026, 4, 1), date(2026, 4, 1), None
    )
    assert found.standard == found.comparison.standard == "HJ 633-2026"
    assert found.comparison.own_standards == ["HJ 633-2012"]
    figures = {one.figure: one for one in found.comparison.figures}
    assert (figures["PM2.5"].change, figures["good_days"].change) == ("0.0", "0.0")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"start": "2025-11-20", "end": "2025-11-19"}, "start"),
        ({"end": "2025-11-24"}, "end"),
        ({"start": "2020-01-01", "end": "2025-11-01"}, "start"),
        ({"start": "2025-11-20", "end": "2025-11-21", "base_start": "2025-11-20"}, "base_start"),
        ({"start": "tomorrow"}, "start"),
    ],
)
def test_periods_that_cannot_be_evaluated_are_named(duty: Client, query: dict[str, str], field: str) -> None:
    answer = duty.get(PATH, query)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert (error["field"], bool(error["remedy"])) == (field, True)


def test_an_unknown_place_is_not_there(duty: Client) -> None:
    assert duty.get(PATH, {"place": "E-1"}).status_code == 404


def test_the_air_of_the_city_is_public_to_everybody_signed_in(login, judged: city.Town) -> None:
    for name in ("citizen", "plant", "wuchang"):
        assert ask(login(name), start="2025-11-20", end="2025-11-23")["good"]["valid"] == 4


def test_a_leap_day_is_compared_with_the_last_of_february() -> None:
    from qingtian.interfaces.api.present.air import _year_before

    assert _year_before(date(2024, 2, 29)) == date(2023, 2, 28)
    assert _year_before(date(2024, 2, 28)) == date(2023, 2, 28)


def test_the_days_are_exported_with_their_label(duty: Client) -> None:
    answer = duty.get(f"{PATH}/export.csv", {"start": "2025-11-19", "end": "2025-11-23", "bom": "false"})
    lines = answer.content.decode().splitlines()
    header = next(number for number, line in enumerate(lines) if line.startswith("date,"))
    assert any(city.LABEL_ZH in line for line in lines[:header])
    assert "pm25_ug_m3" in lines[header]
    assert len(lines) - header - 1 == 5
    assert lines[header + 2].startswith("2025-11-20,119,")
    assert ",,," in lines[header + 1]  # ten hours make no day
