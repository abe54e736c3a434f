"""Indicators over the API: values or reasons, inputs, figures, formulas, and who sees what."""

from __future__ import annotations

import csv
import io
import json

import pytest
from tests.interfaces import city

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.indicators.actions.compute_indicator import Wish, compute_indicator
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.indicators import Span
from qingtian.packs import load_packs

pytestmark = pytest.mark.django_db
OCTOBER = {"first": "2025-10-01", "last": "2025-10-31"}


def post(client, path, body):
    return client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json")


def report(client, input_, value, code="RECYCLE", **more):
    return post(
        client, f"/indicators/{code}/figures", {"input": input_, "value": value, "source": "统计局", **OCTOBER, **more}
    )


def compute(client, code="RECYCLE", **more):
    return post(client, f"/indicators/{code}/compute", {"span": "month", "day": "2025-10-15", **more})


def test_without_data_there_is_a_reason_and_no_number(duty):
    page = duty.get("/api/v1/indicators?page_size=200").json()
    assert page["total"] == len(page["items"]) > 30
    assert {"air", "water", "waste", "governance", "index"} <= set(page["groups"])
    recycle = next(one for one in page["items"] if one["code"] == "RECYCLE")
    assert recycle["value"] is None
    assert recycle["missing_zh"][0] == "可回收物回收量：尚未填报"
    assert recycle["missing_en"][0] == "dry recyclables: nobody has reported it"
    assert not any(one["value"] and one["value"]["value"] for one in page["items"])


def test_a_figure_is_reported_computed_and_opened_down_to_its_inputs(login):
    steward = login("steward")
    for name, value in (("dry", "2166"), ("wet", "2499"), ("generated", "10000")):
        assert report(steward, name, value).status_code == 201
    answer = compute(steward)
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert (found["value"]["value"], found["value"]["unit"], found["value"]["version"]) == ("46.65", "%", 1)
    assert found["canonical"] == "(dry + wet) / generated"
    assert [one["value"] for one in found["evidence"]["singles"]] == ["2166", "2499", "10000"]
    assert [one["reported_by"] for one in found["figures"]] == ["steward"] * 3
    assert (found["may_compute"], found["may_report"]) == (True, True)
    again = compute(steward).json()
    assert again["value"]["version"] == 1
    report(steward, "dry", "2266")
    later = compute(steward).json()
    assert [one["value"] for one in later["versions"]] == ["47.65", "46.65"]
    listed = login("duty").get("/api/v1/indicators?q=recycl").json()["items"]
    assert [one["value"]["value"] for one in listed] == ["47.65"]


def test_rows_that_were_left_out_are_listed(login):
    steward = login("steward")
    rows = [{"id": "S1", "grade": "2"}, {"id": "S2", "grade": None}]
    assert report(steward, "sections", rows, code="WATER_GOOD").status_code == 201
    found = compute(steward, "WATER_GOOD").json()
    assert (found["value"]["value"], found["value"]["coverage"]) == ("100.0", "50.00")
    assert found["evidence"]["tables"][0]["excluded"] == [{"row": "S2", "field": "grade"}]


def test_a_composite_index_shows_its_tree(login):
    steward = login("steward")
    for name, value in (("dry", "2166"), ("wet", "2499"), ("generated", "10000")):
        report(steward, name, value)
    compute(steward)
    found = compute(steward, "BEAUTIFUL_CITY").json()
    assert (found["composite"], found["value"]["value"], found["formula"]) == (True, "66.6", "")
    leaves = [leaf for branch in found["evidence"]["tree"]["children"] for leaf in branch["children"]]
    assert {one["code"]: one["contribution"] for one in leaves if one["score"]} == {"recycle": "66.62"}


def test_air_and_water_are_public_and_the_rest_is_not(login, town):
    compute_indicator(SYSTEM_ACTOR, city.NOW, load_packs(), Wish("AIR_GOOD", Span.MONTH, city.NOW.date(), "420100"))
    codes = {one["group"] for one in login("citizen").get("/api/v1/indicators?page_size=200").json()["items"]}
    assert codes == {"air", "water"}
    assert login("citizen").get("/api/v1/indicators/AIR_GOOD").status_code == 200
    assert login("citizen").get("/api/v1/indicators/RECYCLE").status_code == 404
    reason = login("plant").get("/api/v1/indicators/AIR_GOOD").json()["value"]
    assert reason["value"] is None and reason["reason_en"] == "there are no data for city days of air"


def test_filters_sort_and_export(duty):
    water = duty.get("/api/v1/indicators?group=water").json()
    assert {one["group"] for one in water["items"]} == {"water"}
    assert duty.get("/api/v1/indicators?status=ok").json()["total"] == 0
    by_code = [one["code"] for one in duty.get("/api/v1/indicators?sort=-code").json()["items"]]
    assert by_code == sorted(by_code, reverse=True)
    answer = duty.get("/api/v1/indicators/export.csv?group=waste")
    lines = [
        line for line in csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))) if not line[0].startswith("#")
    ]
    assert lines[1][0] == "RECYCLE"
    row = dict(zip(lines[0], lines[1], strict=True))
    assert (row["value"], row["status"]) == ("", "no_data")
    assert "尚未填报" in row["reason_zh"]


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("/indicators/RECYCLE/figures", {"input": "paper", "value": "1", "source": "x", **OCTOBER}, 422, "input"),
        ("/indicators/RECYCLE/figures", {"input": "dry", "value": "many", "source": "x", **OCTOBER}, 422, "dry"),
        ("/indicators/RECYCLE/figures", {"input": "dry", "value": "1", "source": "", **OCTOBER}, 422, "source"),
        (
            "/indicators/RECYCLE/figures",
            {"input": "dry", "value": "1", "source": "x", "first": "2025-10-02", "last": "2025-10-01"},
            422,
            "period",
        ),
        ("/indicators/NOTHING/figures", {"input": "dry", "value": "1", "source": "x", **OCTOBER}, 422, "code"),
        ("/indicators/RECYCLE/compute", {"span": "month", "day": "2025-12-01"}, 422, "day"),
        ("/indicators/RECYCLE/compute", {"span": "week", "day": "2025-10-01"}, 422, "span"),
        ("/indicators/FOREST_DELTA/compute", {"span": "month", "day": "2025-10-01"}, 422, "span"),
    ],
)
def test_what_is_wrong_is_named(login, path, body, status, field):
    answer = post(login("steward"), path, body)
    assert answer.status_code == status
    assert answer.json()["error"]["field"] == field
    assert answer.json()["error"]["remedy"]


def test_a_formula_is_checked_with_its_place(duty):
    good = post(duty, "/formulas/check", {"code": "RECYCLE", "text": "( dry+wet )/generated"}).json()
    assert good == {"canonical": "(dry + wet) / generated", "unit": "%", "reads": ["dry", "wet", "generated"]}
    bad = post(duty, "/formulas/check", {"code": "RECYCLE", "text": "dry /\n  / generated"})
    assert bad.status_code == 422
    error = bad.json()["error"]
    assert (error["code"], error["params"]["line"], error["params"]["column"]) == ("formula_syntax", 2, 3)
    assert error["params"]["caret"] == "  ^" and "第 2 行第 3 列" in error["params"]["message_zh"]
    unit = post(duty, "/formulas/check", {"code": "RECYCLE", "text": "dry", "unit": "%"}).json()["error"]
    assert unit["code"] == "formula_unit"


def test_real_station_days_make_a_real_ratio(login, town):
    from datetime import timedelta

    from tests.duties.memory_store import MemoryStore
    from tests.duties.scene import air
    from tests.duties.test_judge_air_days import CLEAN

    from qingtian.duties.duty import DutyContext
    from qingtian.duties.judge_air_days import judge_air_days

    store, day = MemoryStore(), city.NOW.replace(hour=0) - timedelta(days=1)
    site = RegistryObject.objects.filter(type="station", attributes__level="national").first()
    RegistryObject.objects.get_or_create(
        type="region", code="420100", defaults={"name": "武汉", "valid_from": "2020-01-01", "recorded_at": city.NOW}
    )
    store.append([row for n in range(24) for row in air(site, day + timedelta(hours=n), **CLEAN)])
    judge_air_days(DutyContext(city.NOW, day, store))
    found = compute(login("steward"), "AIR_GOOD", day=day.date().isoformat()).json()
    assert (found["value"]["value"], found["evidence"]["tables"][0]["rows"]) == ("100.0", 1)
