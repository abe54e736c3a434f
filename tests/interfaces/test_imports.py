"""Imports over the API: hand in, guess, preview, try, start, report, errors, original row, withdraw; forecasts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.interfaces import city
from tests.interfaces.conftest import Login

from qingtian.apps.imports.models import DataImport
from qingtian.duties.import_files import Pace, Stores, carry_imports
from qingtian.interfaces.api.present.forecasts import use_forecasts
from qingtian.interfaces.api.schemas.base import city_iso
from qingtian.telemetry.store import Cycle
from qingtian.telemetry.store.ducklake import DuckLakeStore
from qingtian.telemetry.store.forecasts import ForecastValue, LakeForecasts

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
START = city.NOW.replace(minute=0) - 48 * HOUR
MAPPING = {
    "name": "one_column",
    "time": {"columns": ["time"]},
    "site": {"columns": ["site"]},
    "columns": [{"column": "pm25", "pollutant": "a34004", "unit": "ug/m3"}],
}


def text_of(*values: str, site: str = city.BAD_STATION) -> bytes:
    rows = [f"{(START + n * HOUR).strftime('%Y-%m-%d %H:%M')},{site},{value}" for n, value in enumerate(values)]
    return "\n".join(["time,site,pm25", *rows]).encode()


@pytest.fixture
def steward(login: Login) -> Client:
    return login("steward")


@pytest.fixture
def forecasts(own_store: DuckLakeStore) -> Iterator[LakeForecasts]:
    made = LakeForecasts(own_store._url, own_store._folder)
    use_forecasts(made)
    yield made
    use_forecasts(None)
    made.close()


def hand_in(client: Client, content: bytes, name: str = "hours.csv") -> dict[str, Any]:
    answer = client.post("/api/v1/imports", {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def post(client: Client, path: str, body: object = None) -> Any:
    return client.post(f"/api/v1/imports/{path}", json.dumps(body or {}), content_type="application/json")


def work(store: DuckLakeStore, forecasts: LakeForecasts | None = None) -> None:
    """What the worker does."""
    carry_imports(Stores(store, lambda: forecasts), Pace(lambda: city.NOW))  # type: ignore[arg-type, return-value]


def detail(client: Client, number: str) -> dict[str, Any]:
    return dict(client.get(f"/api/v1/imports/{number}").json())


def test_the_whole_way_of_a_file(steward: Client, own_store: DuckLakeStore) -> None:
    begun = hand_in(steward, text_of("35", "36.5", "x", ""))
    number = begun["number"]
    assert begun["columns"] == ["time", "site", "pm25"]
    assert len(begun["rows"]) == 4
    assert begun["mapping"]["columns"][0]["pollutant"] == "a34004"

    preview = post(steward, f"{number}/preview", {"mapping": MAPPING}).json()
    assert [one["value"] for one in preview["values"]] == ["35", "36.5"]
    assert [one["code"] for one in preview["issues"]] == ["not_a_number", "empty_cell"]
    assert detail(steward, number)["allowed_actions"] == ["check"]

    assert post(steward, f"{number}/check", {"mapping": MAPPING}).status_code == 202
    assert detail(steward, number)["state"] == "checking"
    work(own_store)
    tried = detail(steward, number)
    assert (tried["state"], tried["allowed_actions"]) == ("checked", ["check", "start"])
    assert (tried["check"]["values"], tried["check"]["row_errors"], tried["report"]) == (2, 1, None)
    [row] = [one for one in tried["check"]["causes"] if one["weight"] == "row"]
    assert (row["code"], row["count"], row["examples"][0]["line"]) == ("not_a_number", 1, 4)
    assert row["remedy_zh"]

    assert post(steward, f"{number}/start").status_code == 202
    work(own_store)
    done = detail(steward, number)
    assert (done["state"], done["counts"]) == ("done", {"new": 2, "corrected": 0, "duplicate": 0})
    assert done["allowed_actions"] == ["withdraw"]

    errors = steward.get(f"/api/v1/imports/{number}/errors").json()
    assert [(one["line"], one["text"]) for one in errors["items"]] == [(4, "x")]
    sheet = steward.get(f"/api/v1/imports/{number}/errors.csv").content.decode()
    assert "not_a_number" in sheet
    original = steward.get(f"/api/v1/imports/{number}/rows/3").json()
    assert original["cells"]["pm25"] == "36.5"
    [value] = [one for one in own_store.versions(city.BAD_STATION, "a34004", Cycle.HOUR, START) if one.segment]
    assert (value.segment, value.frame_offset) == (f"import:{number}", 2)
    assert value.frame_hash == steward.get(f"/api/v1/imports/{number}/rows/2").json()["sha256"]
    content = steward.get(f"/api/v1/imports/{number}/content")
    assert b"".join(content.streaming_content) == text_of("35", "36.5", "x", "")

    assert post(steward, f"{number}/withdraw", {"reason": "wrong station"}).status_code == 202
    work(own_store)
    back = detail(steward, number)
    assert (back["state"], back["hidden_values"], back["allowed_actions"]) == ("withdrawn", 2, [])
    listed = steward.get("/api/v1/imports?state=withdrawn&q=hours").json()
    assert [one["number"] for one in listed["items"]] == [number]
    assert number in steward.get("/api/v1/imports/export.csv").content.decode()


def test_a_file_that_proves_wrong_is_refused_with_its_cause(steward: Client, own_store: DuckLakeStore) -> None:
    header = "time,station,aqi,pm25,pm10,so2,no2,o3,co,o3_24h"
    rows = [f"{START + n * HOUR:%Y-%m-%d %H:%M},{city.BAD_STATION},77,40,60,77,9,30,0.5,90" for n in range(30)]
    begun = hand_in(steward, "\n".join([header, *rows]).encode())
    mapping = next(
        one for one in steward.get("/api/v1/imports/mappings").json() if one["name"] == "national_air_stations"
    )
    post(steward, f"{begun['number']}/check", {"mapping": mapping["mapping"]})
    work(own_store)
    tried = detail(steward, begun["number"])
    assert tried["check"]["refused"]
    assert tried["check"]["causes"][0]["code"] == "columns_shifted"
    assert "start" not in tried["allowed_actions"]
    refused = post(steward, f"{begun['number']}/start")
    assert refused.status_code == 409
    assert "shifted by one" in refused.json()["error"]["message"]
    assert refused.json()["error"]["remedy"]


@pytest.mark.parametrize(
    ("mapping", "field"),
    [
        ({"name": "xy"}, "mapping.time"),
        (MAPPING | {"columns": [{"column": "gone", "pollutant": "a34004"}]}, "mapping"),
        (MAPPING | {"columns": [{"column": "pm25", "pollutant": "a34004", "unit": "ppb"}]}, "mapping"),
    ],
)
def test_a_mapping_that_does_not_fit_names_its_field(steward: Client, mapping: dict[str, Any], field: str) -> None:
    number = hand_in(steward, text_of("1"))["number"]
    answer = post(steward, f"{number}/check", {"mapping": mapping})
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == field


@pytest.mark.parametrize("content", [b"", b"\x00\x00", b"PK\x03\x04x"])
def test_what_is_no_table_is_refused_at_the_door(steward: Client, content: bytes) -> None:
    answer = steward.post("/api/v1/imports", {"file": SimpleUploadedFile("x.csv", content)})
    assert answer.status_code == 422
    assert DataImport.objects.count() == 0


def test_mappings_are_saved_in_versions_offered_and_retired(steward: Client) -> None:
    for title in ("甲", "乙", "乙"):
        assert post(steward, "mappings", {"mapping": MAPPING | {"title_zh": title}}).status_code == 201
    mine = next(one for one in steward.get("/api/v1/imports/mappings").json() if one["name"] == "one_column")
    assert (mine["version"], mine["title_zh"], mine["saved"]) == (2, "乙", True)
    number = hand_in(steward, text_of("1"))["number"]
    guess = steward.get(f"/api/v1/imports/{number}/guess").json()
    assert (guess["complete"], guess["mapping"]["name"]) == (True, "one_column")
    left = post(steward, "mappings/one_column/retire").json()
    assert "one_column" not in [one["name"] for one in left]
    assert post(steward, "mappings/one_column/retire").status_code == 404


def test_a_row_that_is_not_in_the_file_is_not_found(steward: Client) -> None:
    number = hand_in(steward, text_of("1"))["number"]
    assert steward.get(f"/api/v1/imports/{number}/rows/99").status_code == 404
    assert steward.get(f"/api/v1/imports/{number}/rows/1").status_code == 404


def test_others_do_not_see_an_import(steward: Client, login: Login) -> None:
    number = hand_in(steward, text_of("1"))["number"]
    assert login("citizen").get(f"/api/v1/imports/{number}").status_code == 404
    assert login("citizen").get("/api/v1/imports").json()["total"] == 0
    assert login("auditor").get(f"/api/v1/imports/{number}").status_code == 200


def test_forecasts_answer_by_issue_time_and_arrival(duty: Client, forecasts: LakeForecasts) -> None:
    rows = [
        ForecastValue(
            city.BAD_STATION, "a01001", "GFS", city.NOW - issued * HOUR, city.NOW + 6 * HOUR, Decimal(value), "degC",
            segment="import:I-1", received_at=city.NOW - issued * HOUR + HOUR,
        )
        for issued, value in ((12, "3"), (2, "5"))
    ]  # fmt: skip
    forecasts.append(rows)
    path = f"/api/v1/forecasts?site={city.BAD_STATION}&parameter=a01001"
    found = duty.get(path).json()
    assert [one["value"] for one in found["points"]] == ["5"]
    assert found["points"][0]["issued_at"] == city_iso(city.NOW - 2 * HOUR)
    assert len(duty.get(f"{path}&newest_only=false").json()["points"]) == 2
    early = (city.NOW - 3 * HOUR).isoformat().replace("+", "%2B")
    assert [one["value"] for one in duty.get(f"{path}&known_at={early}").json()["points"]] == ["3"]
    assert duty.get(f"{path}&start={early}&end=2199-01-01T00:00:00%2B08:00").status_code == 422
    assert duty.get("/api/v1/forecasts?site=NOWHERE&parameter=a01001").status_code == 404
