"""Figures of the command screen, the map and the alarm page agree with each other and with the rows behind them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from tests.interfaces import city
from tests.interfaces.conftest import Login
from tests.interfaces.standing import Standing

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.findings.actions.end_finding import end_finding
from qingtian.apps.findings.states import Kind
from qingtian.runtime.clock import ReplayState, real_now, set_clock
from qingtian.runtime.settings import get_settings

pytestmark = pytest.mark.django_db


def kpis(client: Client) -> dict[str, dict[str, Any]]:
    return {one["code"]: one for one in client.get("/api/v1/overview").json()["kpis"]}


def points(client: Client) -> dict[str, dict[str, Any]]:
    return {one["code"]: one for one in client.get("/api/v1/map/points").json()}


def later(hours: float) -> None:
    """City time stands some hours later."""
    state = ReplayState(
        city.NOW + timedelta(hours=hours), real_now(), speed=60, paused=True, label_zh=city.LABEL_ZH, label_en="x"
    )
    set_clock(get_settings().data_dir, state)


def test_a_quiet_city_has_no_severity_anywhere(duty: Client, town: city.Town) -> None:
    found = kpis(duty)

    assert {one["severity"] for one in found.values()} == {0}
    assert found["worst_station_aqi"]["value"] == "158"
    assert found["stations_polluted"]["value"] == "1"
    assert {code: found[code]["value"] for code in ("outlets_exceeding", "findings_unconfirmed", "outlets_late")} == {
        "outlets_exceeding": "0",
        "findings_unconfirmed": "0",
        "outlets_late": "0",
    }
    assert found["outlets_late"]["detail"] == "1/2"
    assert all(one["label_key"] == f"kpi.{code}" for code, one in found.items())


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_a_finding_lends_its_severity_to_the_figures_it_belongs_to(
    duty: Client, town: city.Town, severity: int
) -> None:
    city.finding(town, severity=severity)

    found = kpis(duty)

    assert (found["outlets_exceeding"]["value"], found["outlets_exceeding"]["severity"]) == ("1", severity)
    assert (found["findings_unconfirmed"]["value"], found["findings_unconfirmed"]["severity"]) == ("1", severity)
    assert found["stations_polluted"]["severity"] == 0
    assert points(duty)["O-1-01"]["worst_severity"] == severity


def test_a_polluted_station_counts_by_its_own_finding(duty: Client, town: city.Town) -> None:
    city.finding(
        town, city.BAD_STATION, kind=Kind.AIR_POLLUTION, rule_id="air_pollution", parameter="aqi", severity=3, detail={}
    )

    found = kpis(duty)

    assert (found["stations_polluted"]["severity"], found["stations_polluted"]["detail"]) == (3, "青山钢花")
    assert found["outlets_exceeding"]["severity"] == 0
    assert points(duty)[city.BAD_STATION]["open_findings"] == 1


def test_what_has_ended_no_longer_colours_the_map_but_waits_still(duty: Client, town: city.Town) -> None:
    finding = city.finding(town, severity=3)

    end_finding(SYSTEM_ACTOR, city.NOW, finding.pk)

    mark = points(duty)["O-1-01"]
    assert (mark["status"], mark["open_findings"], mark["worst_severity"]) == ("normal", 1, 3)
    assert kpis(duty)["outlets_exceeding"]["value"] == "0"
    assert kpis(duty)["findings_unconfirmed"]["value"] == "1"


def test_what_was_dismissed_is_gone_from_every_figure(duty: Client, town: city.Town) -> None:
    finding = city.finding(town, severity=4)

    duty.post(f"/api/v1/findings/{finding.pk}/dismiss", {"reason": "false_alarm"}, content_type="application/json")

    mark = points(duty)["O-1-01"]
    assert (mark["status"], mark["open_findings"], mark["worst_severity"]) == ("normal", 0, None)
    assert duty.get("/api/v1/overview").json()["open_findings"]["total"] == 0
    assert {one["severity"] for one in kpis(duty).values()} == {0}


def test_silence_goes_before_exceeding(duty: Client, town: city.Town) -> None:
    city.finding(town, severity=4)
    city.finding(town, kind=Kind.LATE_STREAM, rule_id="late_stream", parameter="", severity=2, detail={})

    assert points(duty)["O-1-01"]["status"] == "late"
    found = kpis(duty)
    assert (found["outlets_late"]["value"], found["outlets_late"]["detail"]) == ("1", "0/2")
    assert found["outlets_exceeding"]["value"] == "0"


def test_hours_later_the_stations_are_stale_and_count_no_more(duty: Client, town: city.Town) -> None:
    later(12)

    page = duty.get("/api/v1/overview").json()
    stations = duty.get("/api/v1/stations").json()["items"]

    assert page["stations_online"] == 0
    assert all(one["stale"] for one in stations)
    assert sum(one["count"] for one in page["aqi_by_category"]) == 0
    assert next(one for one in page["kpis"] if one["code"] == "worst_station_aqi")["value"] is None
    assert points(duty)[city.BAD_STATION]["status"] == "late"
    bad = next(one for one in stations if one["code"] == city.BAD_STATION)
    assert bad["age_minutes"] == 40 + 12 * 60
    assert page["data_time"] == "2025-11-24T10:00:00+08:00"  # nothing newer came


def test_a_station_without_a_place_is_listed_but_not_on_the_map(duty: Client, town: city.Town) -> None:
    station = town.objects[city.GOOD_STATION]
    station.lon = station.lat = None
    station.save()

    assert city.GOOD_STATION not in points(duty)
    listed = {one["code"]: one for one in duty.get("/api/v1/stations").json()["items"]}
    assert (listed[city.GOOD_STATION]["lon"], listed[city.GOOD_STATION]["lat"]) == (None, None)
    page = duty.get(f"/api/v1/stations/{city.GOOD_STATION}").json()
    assert page["neighbours"] == []


def test_a_station_that_was_closed_is_in_no_list(duty: Client, town: city.Town) -> None:
    station = town.objects[city.SILENT_STATION]
    station.valid_to = city.NOW - timedelta(days=1)
    station.save()

    assert city.SILENT_STATION not in points(duty)
    assert duty.get("/api/v1/overview").json()["stations_total"] == 3


@pytest.mark.parametrize("who", ["duty", "wuchang", "plant", "citizen", "auditor"])
def test_the_districts_add_up_to_the_city(login: Login, town: city.Town, who: str) -> None:
    city.finding(town)
    city.finding(town, "O-2-01")

    page = login(who).get("/api/v1/overview").json()

    assert sum(one["open_findings"] for one in page["districts"]) == page["open_findings"]["total"]
    assert sum(one["stations"] for one in page["districts"]) == page["stations_total"] == 4
    assert {one["code"] for one in page["districts"]} == {"420106", "420107"}


def test_the_map_and_the_list_show_the_same_index(duty: Client, town: city.Town) -> None:
    marks = points(duty)

    for one in duty.get("/api/v1/stations").json()["items"]:
        mark, index = marks[one["code"]], one["aqi"]
        assert (mark["lon"], mark["lat"], mark["region_code"]) == (one["lon"], one["lat"], one["region"])
        if index is None:
            assert (mark["value"], mark["category"], mark["colour"]) == (None, None, None)
        else:
            assert (mark["value"], mark["level"], mark["colour"]) == (
                str(index["value"]),
                index["level"],
                index["colour"],
            )


def test_the_alarm_page_of_a_station_shows_no_permit_and_its_neighbours(duty: Client, town: city.Town) -> None:
    finding = city.finding(
        town, city.BAD_STATION, kind=Kind.AIR_POLLUTION, rule_id="air_pollution", parameter="aqi", detail={}
    )

    page = duty.get(f"/api/v1/findings/{finding.pk}").json()

    assert page["rule"] is None
    assert page["neighbours"][0]["code"] == city.SILENT_STATION
    assert city.BAD_STATION not in [one["code"] for one in page["neighbours"]]
    distances = [float(one["distance_km"]) for one in page["neighbours"]]
    assert distances == sorted(distances)


def test_the_alarm_page_of_silence_has_no_values_and_says_so(duty: Client, town: city.Town) -> None:
    finding = city.finding(town, "O-2-01", kind=Kind.LATE_STREAM, rule_id="late_stream", parameter="", detail={})

    page = duty.get(f"/api/v1/findings/{finding.pk}").json()

    assert (page["values"], page["values_cycle"], page["values_unit"]) == ([], "hour", "")
    assert (page["judgement"], page["rule"], page["parameter_zh"]) == (None, None, "")


def test_evidence_of_the_case_is_named_on_the_alarm_page(standing: Standing, officer: Client) -> None:
    page = officer.get(f"/api/v1/findings/{standing.findings['cased'].pk}").json()

    case = standing.cases["first"]
    assert [one["number"] for one in page["cases"]] == [case.number]
    assert [(one["case_number"], one["kind"]) for one in page["evidence"]] == [
        (case.number, "observation"),
        (case.number, "document"),
    ]


def test_the_pages_of_one_thing_agree_with_its_row_in_the_list(standing: Standing, officer: Client) -> None:
    for path, key in (("findings", "id"), ("cases", "id"), ("stations", "code"), ("enterprises", "code")):
        for row in officer.get(f"/api/v1/{path}").json()["items"]:
            page = officer.get(f"/api/v1/{path}/{row[key]}").json()
            assert {name: page[name] for name in row} == row, (path, row[key])


def test_every_enterprise_page_lists_its_own_things_only(standing: Standing, officer: Client) -> None:
    for code in ("E-1", "E-2"):
        page = officer.get(f"/api/v1/enterprises/{code}").json()
        assert {one["object"]["enterprise_code"] for one in (*page["findings"], *page["cases"])} == {code}
        assert [one["code"] for one in page["outlet_list"]] == [f"O-{code[2:]}-01"]
        assert {one["site"] for one in page["devices"]} == {f"O-{code[2:]}-01"}
        assert page["outlets"] == len(page["outlet_list"])
        assert page["open_cases"] == len([one for one in page["cases"] if one["closed_at"] is None])
