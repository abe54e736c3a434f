"""Stations, map, enterprises, outlets, overview."""

from __future__ import annotations

from django.test import Client
from tests.interfaces import city
from tests.interfaces.conftest import Login

from qingtian.apps.findings.states import Kind


def by_code(answer: object) -> dict[str, dict]:
    return {one["code"]: one for one in answer.json()["items"]}  # type: ignore[attr-defined]


def test_a_station_shows_its_index_with_clause_category_and_published_value(duty: Client, town: city.Town) -> None:
    bad = by_code(duty.get("/api/v1/stations"))[city.BAD_STATION]

    index = bad["aqi"]
    assert (index["value"], index["level"], index["category"]) == (158, 4, "中度污染")
    assert (index["primary"], index["primary_zh"]) == (["a34004"], ["PM2.5"])
    assert index["published"] == "158"
    assert index["standard"] == "HJ 633-2012"
    assert index["clause"]
    assert index["colour"] == "#FF0000"
    assert index["coverage"] == "1.00"
    assert index["period_start"] == "2025-11-24T09:00:00+08:00"


def test_station_values_carry_units_marks_and_sub_indices(duty: Client, town: city.Town) -> None:
    bad = by_code(duty.get("/api/v1/stations"))[city.BAD_STATION]

    pm25 = next(one for one in bad["values"] if one["pollutant"] == "a34004")
    assert (pm25["value"], pm25["unit"], pm25["mark"], pm25["valid"], pm25["iaqi"]) == ("120", "ug/m3", "N", True, 158)
    assert "aqi" not in {one["pollutant"] for one in bad["values"]}
    assert bad["age_minutes"] == 40
    assert bad["stale"] is False
    assert bad["source"] == "national_network"


def test_a_silent_station_is_stale_and_has_no_index(duty: Client, town: city.Town) -> None:
    silent = by_code(duty.get("/api/v1/stations"))[city.SILENT_STATION]

    assert (silent["stale"], silent["age_minutes"], silent["aqi"], silent["values"]) == (True, None, None, [])


def test_stations_are_filtered_sorted_and_paged(duty: Client, town: city.Town) -> None:
    def codes(query: str) -> list[str]:
        return [one["code"] for one in duty.get(f"/api/v1/stations?{query}").json()["items"]]

    assert codes("region=420107") == [city.BAD_STATION]
    assert codes("q=紫阳") == codes("q=ziyang") == [city.GOOD_STATION]
    assert codes("min_level=3") == [city.BAD_STATION]
    assert codes("stale=true") == [city.SILENT_STATION]
    assert codes("sort=-aqi")[0] == city.BAD_STATION
    assert codes("sort=aqi")[-1] == city.SILENT_STATION  # what has no value comes last
    assert codes("sort=-aqi")[-1] == city.SILENT_STATION
    page = duty.get("/api/v1/stations?page=2&page_size=3").json()
    assert (page["total"], page["page"], len(page["items"])) == (4, 2, 1)


def test_a_station_page_has_neighbours_by_distance_and_seven_days_of_uptime(duty: Client, town: city.Town) -> None:
    page = duty.get(f"/api/v1/stations/{city.BAD_STATION}").json()

    near = [(one["code"], float(one["distance_km"])) for one in page["neighbours"]]
    assert near == sorted(near, key=lambda pair: pair[1])
    assert city.BAD_STATION not in dict(near)
    assert len(page["uptime"]) == 168
    received = [cell["t"] for cell in page["uptime"] if cell["received"]]
    assert len(received) == city.HOURS_KEPT
    assert received[-1] == "2025-11-24T09:00:00+08:00"


def test_an_unknown_station_is_404(duty: Client, town: city.Town) -> None:
    answer = duty.get("/api/v1/stations/9999Z")

    assert (answer.status_code, answer.json()["error"]["field"]) == (404, "code")


def test_the_map_shows_stations_by_category_and_outlets_by_status(duty: Client, town: city.Town) -> None:
    city.finding(town, severity=3)

    points = {one["code"]: one for one in duty.get("/api/v1/map/points").json()}

    assert (points[city.BAD_STATION]["value"], points[city.BAD_STATION]["status"]) == ("158", "exceeding")
    assert points[city.GOOD_STATION]["status"] == "normal"
    assert points[city.SILENT_STATION]["status"] == "no_data"
    assert points["O-1-01"]["status"] == "exceeding"
    assert (points["O-1-01"]["open_findings"], points["O-1-01"]["worst_severity"]) == (1, 3)
    assert points["O-2-01"]["status"] == "no_data"
    assert points["O-1-01"]["simulated"] is True
    assert points[city.BAD_STATION]["simulated"] is False


def test_a_silence_finding_makes_an_outlet_late(duty: Client, town: city.Town) -> None:
    city.finding(town, kind=Kind.LATE_STREAM, rule_id="late_stream", parameter="", detail={})

    points = {one["code"]: one for one in duty.get("/api/v1/map/points").json()}

    assert points["O-1-01"]["status"] == "late"


def test_who_sees_one_district_sees_only_its_outlets(login: Login, town: city.Town) -> None:
    def outlets(who: str) -> set[str]:
        return {one["code"] for one in login(who).get("/api/v1/map/points").json() if one["kind"] == "outlet"}

    assert outlets("duty") == {"O-1-01", "O-2-01"}
    assert outlets("wuchang") == {"O-2-01"}
    assert outlets("plant") == {"O-1-01"}
    assert outlets("citizen") == set()


def test_enterprises_count_what_is_open(duty: Client, town: city.Town) -> None:
    city.finding(town, severity=4)

    listed = by_code(duty.get("/api/v1/enterprises?sort=-open_findings"))

    assert list(listed) == ["E-1", "E-2"]
    first = listed["E-1"]
    assert (first["outlets"], first["open_findings"], first["open_cases"], first["worst_severity"]) == (1, 1, 0, 4)
    assert first["region_name"] == "青山区"
    assert first["industry_zh"] == "火力发电"
    only = duty.get("/api/v1/enterprises?with_open_findings=true").json()
    assert [one["code"] for one in only["items"]] == ["E-1"]
    assert [one["code"] for one in duty.get("/api/v1/enterprises?region=420106").json()["items"]] == ["E-2"]


def test_an_enterprise_page_holds_outlets_devices_limits_findings(duty: Client, town: city.Town) -> None:
    number = city.finding(town).number

    page = duty.get("/api/v1/enterprises/E-1").json()

    assert [one["code"] for one in page["outlet_list"]] == ["O-1-01"]
    device = page["devices"][0]
    assert (device["protocol"], device["online"], "password" in device) == ("HJ 212-2017", True, False)
    assert page["limits"][0]["standard"] == "GB 13223-2011"
    assert page["limits"][0]["confidence"]
    assert [one["number"] for one in page["findings"]] == [number]
    assert "123456" not in str(page)


def test_an_enterprise_of_another_district_is_not_there(login: Login, town: city.Town) -> None:
    assert login("wuchang").get("/api/v1/enterprises/E-1").status_code == 404
    assert login("plant").get("/api/v1/enterprises/E-2").status_code == 404
    assert login("plant").get("/api/v1/enterprises/E-1").status_code == 200


def test_an_outlet_shows_value_limit_and_verdict_of_the_newest_hour(duty: Client, town: city.Town) -> None:
    page = duty.get("/api/v1/outlets/O-1-01").json()

    hour = next(one for one in page["values"] if one["cycle"] == "hour")
    minute = next(one for one in page["values"] if one["cycle"] == "minute")
    assert (hour["value"], hour["verdict"], hour["limit"]["value"]) == ("130", "exceeds", "100")
    assert (minute["value"], minute["verdict"]) == ("128.5", None)  # only hours are judged
    assert page["place"]["enterprise_name"] == "第1热电厂"


def test_the_overview_counts_what_the_lists_show(duty: Client, town: city.Town) -> None:
    city.finding(town, severity=3)

    page = duty.get("/api/v1/overview").json()

    assert page["data_time"] == "2025-11-24T10:00:00+08:00"  # end of the newest hour
    assert (page["stations_online"], page["stations_total"]) == (3, 4)
    assert (page["outlets_online"], page["outlets_total"]) == (1, 2)
    assert {one["level"]: one["count"] for one in page["aqi_by_category"]} == {1: 2, 2: 0, 3: 0, 4: 1, 5: 0, 6: 0}
    assert page["open_findings"] == {
        "total": 1,
        "unconfirmed": 1,
        "ongoing": 1,
        "by_severity": {"1": 0, "2": 0, "3": 1, "4": 0},
    }
    kpis = {one["code"]: one for one in page["kpis"]}
    assert (kpis["worst_station_aqi"]["value"], kpis["worst_station_aqi"]["detail"]) == ("158", "青山钢花")
    assert (kpis["outlets_exceeding"]["value"], kpis["outlets_exceeding"]["severity"]) == ("1", 3)
    districts = {one["code"]: one for one in page["districts"]}
    assert (districts["420107"]["aqi"], districts["420107"]["open_findings"]) == (158, 1)
    assert set(districts) == {"420106", "420107"}
    assert page["simulated"] is True


def test_the_trend_is_the_day_mean_of_the_national_stations_with_its_limit(duty: Client, town: city.Town) -> None:
    trend = duty.get("/api/v1/overview").json()["trend"]

    # Three national stations count (the control station does not); one of them is silent, so no point is valid.
    assert trend["stations"] == 3
    assert len(trend["points"]) == 168
    last = trend["points"][-1]
    assert last["t"] == "2025-11-24T09:00:00+08:00"
    assert (last["value"], last["coverage"]) == (None, "0.67")
    assert (trend["limit"]["value"], trend["limit"]["averaging"], trend["limit"]["standard"]) == (
        "75",
        "24h",
        "GB 3095-2012",
    )


def test_the_trend_has_values_when_enough_hours_are_valid(duty: Client, town: city.Town) -> None:
    silent = town.objects[city.SILENT_STATION]
    silent.attributes = silent.attributes | {"control": True}
    silent.save()

    points = duty.get("/api/v1/overview").json()["trend"]["points"]

    assert (points[-1]["value"], points[-1]["coverage"]) == ("70", "1.00")  # (120 + 20) / 2
    assert points[0]["value"] is None


def test_regions_are_listed_for_filters(duty: Client, town: city.Town) -> None:
    assert [one["code"] for one in duty.get("/api/v1/regions").json()] == ["420100", "420106", "420107"]
