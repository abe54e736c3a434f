"""Series, rules, the journal."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from tests.interfaces import city
from tests.interfaces.conftest import Login

from qingtian.interfaces.telemetry import telemetry_store, use_store
from qingtian.telemetry.store import Cycle

SPAN = "start=2025-11-24T00:00:00%2B08:00&end=2025-11-24T10:00:00%2B08:00"


def series(client: Client, query: str) -> dict:
    answer = client.get(f"/api/v1/series?{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_series_is_labelled_by_the_start_of_its_periods(duty: Client, town: city.Town) -> None:
    found = series(duty, f"site=O-1-01&pollutant=a21002&{SPAN}")

    assert (found["label"], found["cycle"], found["unit"], found["name_zh"]) == ("start", "hour", "mg/m3", "NOx")
    assert [one["t"][11:16] for one in found["points"]] == [f"{hour:02d}:00" for hour in range(10)]
    assert found["points"][-1]["value"] == "130"
    assert (found["points"][-1]["minimum"], found["points"][-1]["maximum"]) == ("125", "135")
    assert found["simulated"] is True
    assert found["source"] == "simulated_device"


def test_coverage_counts_expected_present_and_valid_periods(duty: Client, town: city.Town) -> None:
    found = series(duty, f"site=O-1-01&pollutant=a21002&{SPAN}")

    assert found["coverage"] == {
        "expected": 10,
        "present": 10,
        "valid": 9,  # one hour is marked D
        "share": "0.90",
        "doubted": 0,
        "excluded": 0,
    }


def test_the_future_is_not_missing_data(duty: Client, town: city.Town) -> None:
    found = series(
        duty, "site=O-1-01&pollutant=a21002&start=2025-11-24T00:00:00%2B08:00&end=2025-11-25T00:00:00%2B08:00"
    )

    assert found["coverage"]["expected"] == 10


def test_an_outlet_is_seen_against_its_permit_with_clause_and_confidence(duty: Client, town: city.Town) -> None:
    limit = series(duty, f"site=O-1-01&pollutant=a21002&{SPAN}")["limits"][0]

    assert (limit["value"], limit["unit"], limit["standard"]) == ("100", "mg/m3", "GB 13223-2011")
    assert limit["clause"] == "table 1"
    assert limit["rule_row"] == city.LIMIT["rule_row"]


def test_a_station_is_seen_against_the_ambient_limit_of_its_period(duty: Client, town: city.Town) -> None:
    pm25 = series(duty, f"site={city.BAD_STATION}&pollutant=a34004&{SPAN}")["limits"]
    no2 = series(duty, f"site={city.BAD_STATION}&pollutant=a21004&{SPAN}")["limits"]

    assert [(one["cycle"], one["value"]) for one in pm25] == [("24h", "75")]  # there is none for an hour
    assert [(one["cycle"], one["value"]) for one in no2] == [("1h", "200")]


def test_a_series_as_known_earlier_leaves_out_what_came_later(duty: Client, town: city.Town) -> None:
    query = f"site=O-1-01&pollutant=a21002&{SPAN}&as_of=2025-11-24T08:30:00%2B08:00"

    assert [one["t"][11:13] for one in series(duty, query)["points"]][-1] == "07"


def test_without_a_span_the_last_24_hours_are_shown(duty: Client, town: city.Town) -> None:
    found = series(duty, "site=O-1-01&pollutant=a21002")

    assert (found["start"], found["end"]) == ("2025-11-23T10:40:00+08:00", "2025-11-24T10:40:00+08:00")
    assert len(found["points"]) == 23


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("site=O-1-01", 422, "pollutant"),
        ("site=nowhere&pollutant=a21002", 404, "site"),
        ("site=O-1-01&pollutant=a21002&cycle=week", 422, "cycle"),
        ("site=O-1-01&pollutant=a21002&start=2025-11-24T00:00:00", 422, "start"),
        (f"site=O-1-01&pollutant=a21002&{SPAN}".replace("T10", "T00"), 422, "start"),
        ("site=O-1-01&pollutant=a21002&cycle=realtime&start=2025-11-01T00:00:00%2B08:00", 422, "start"),
    ],
)
def test_a_question_that_cannot_be_answered_names_the_field(
    duty: Client, town: city.Town, query: str, status: int, field: str
) -> None:
    answer = duty.get(f"/api/v1/series?{query}")

    assert (answer.status_code, answer.json()["error"]["field"]) == (status, field)


def test_a_series_of_a_hidden_outlet_is_not_there(login: Login, town: city.Town) -> None:
    assert login("wuchang").get(f"/api/v1/series?site=O-1-01&pollutant=a21002&{SPAN}").status_code == 404


def test_rules_carry_source_clause_and_confidence(duty: Client, db: None) -> None:
    page = duty.get("/api/v1/rules?kind=emission_limit&standard=GB 13223&page_size=5&sort=row_id").json()

    assert page["total"] > 5
    assert len(page["items"]) == 5
    assert {"air_limit", "emission_limit", "aqi_breakpoint", "detection_rule", "procedure"} <= set(page["kinds"])
    first = page["items"][0]
    assert first["standard"] == "GB 13223-2011"
    assert first["clause"]
    assert first["confidence"]
    assert Decimal(first["values"]["limit"]) > 0


def test_unverified_rules_can_be_listed_alone(duty: Client, db: None) -> None:
    page = duty.get("/api/v1/rules?unverified=true&page_size=200").json()

    assert page["total"] > 0
    assert all(one["unverified"] for one in page["items"])


def test_the_procedure_is_a_rule_too(duty: Client, db: None) -> None:
    rows = duty.get("/api/v1/rules?kind=procedure").json()["items"]

    assert rows[0]["row_id"].startswith("T1@")
    assert "listed" in rows[0]["values"]["states"]


def test_air_categories_are_the_ones_in_force_on_the_citys_date(town: city.Town) -> None:
    rows = Client().get("/api/v1/air/categories").json()

    assert [one["level"] for one in rows] == [1, 2, 3, 4, 5, 6]
    assert (rows[0]["name_zh"], rows[0]["colour"], rows[0]["standard"]) == ("优", "#00E400", "HJ 633-2012")
    assert all(one["low"] <= one["high"] for one in rows)


def test_pollutant_codes_have_names_in_both_languages(db: None) -> None:
    rows = {one["code"]: one for one in Client().get("/api/v1/pollutants").json()}

    assert rows["a34004"]["symbol"] == "PM2.5"
    assert all(one["name_zh"] and one["name_en"] for one in rows.values()), [
        one for one in rows.values() if not (one["name_zh"] and one["name_en"])
    ]


def test_the_journal_is_for_auditors_and_supervisors(login: Login, town: city.Town) -> None:
    city.finding(town)

    page = login("auditor").get("/api/v1/events?page_size=1").json()

    assert page["items"][0]["type"] == "finding.raised"
    assert page["items"][0]["role"] == "system"
    assert page["total"] > 5
    assert login("supervisor").get("/api/v1/events").status_code == 200
    for who in ("duty", "plant", "citizen"):
        refused = login(who).get("/api/v1/events")
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_permitted")
        assert login(who).get("/api/v1/journal/verify").status_code == 403


@pytest.mark.parametrize(
    ("query", "types"),
    [
        ("type=finding.", {"finding.raised", "finding.confirmed"}),
        ("actor=duty", {"finding.confirmed"}),
        ("object_type=finding", {"finding.raised", "finding.confirmed"}),
        ("type=user.&page_size=200", {"user.created"}),
        ("until=2020-01-01T00:00:00%2B08:00", set()),
    ],
)
def test_the_journal_is_filtered(login: Login, town: city.Town, query: str, types: set[str]) -> None:
    login("duty").post(f"/api/v1/findings/{city.finding(town).pk}/confirm")

    items = login("auditor").get(f"/api/v1/events?{query}").json()["items"]

    assert {one["type"] for one in items} == types


def test_the_chain_of_the_journal_is_checked_on_request(login: Login, town: city.Town) -> None:
    report = login("auditor").get("/api/v1/journal/verify").json()

    assert (report["intact"], report["broken_at"]) == (True, None)
    assert report["count"] > 0
    assert len(report["head"]) == 64


def test_the_store_is_opened_once_and_can_be_put_in_its_place() -> None:
    mine = telemetry_store()

    assert telemetry_store() is mine
    use_store(None)
    use_store(mine)
    assert telemetry_store().series("O-1-01", "none", Cycle.HOUR, city.NOW, city.NOW + timedelta(hours=1)) == []
