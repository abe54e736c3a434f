"""Decision tables and reckonings over the API: grounds, near misses, what is missing, records, exact numbers."""

from __future__ import annotations

import csv
import io
import json

import pytest

pytestmark = pytest.mark.django_db
SHOP = {"stove_heat": "500000000", "dining_area": "149", "seats": "76"}


def post(client, path, body):
    return client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json")


def test_tables_are_listed_and_opened(duty):
    tables = {one["code"]: one for one in duty.get("/api/v1/decisions").json()}
    assert {"noise_duty", "black_odour_urban", "eia_class", "catering_purifier"} <= set(tables)
    assert tables["eia_class"]["unverified"] > 0
    found = duty.get("/api/v1/decisions/catering_purifier").json()
    assert [one["conditions"] for one in found["rules"]] == [
        {"stove_heat": "> 500000000"},
        {"dining_area": "> 150"},
        {"seats": "> 75"},
    ]
    assert found["inputs"][1]["unit"] == "m2"
    assert found["default"] == {"secondary": "no"} and found["gaps"]
    assert duty.get("/api/v1/decisions/weather").status_code == 422
    assert "noise_duty" not in {one["code"] for one in duty.get("/api/v1/decisions?on=2021-01-01").json()}


def test_the_sheet_of_a_table(duty):
    answer = duty.get("/api/v1/decisions/catering_purifier/sheet.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [row["in.seats"] for row in rows] == ["-", "-", "> 75"]
    assert answer.headers["Content-Disposition"].endswith('"qingtian-decision-catering_purifier.csv"')


def test_a_decision_is_tried_with_its_grounds(duty):
    found = post(duty, "/decisions/catering_purifier/try", {"facts": SHOP}).json()
    assert (found["standing"], found["outcome_zh"], found["outcome_en"]) == (
        "decided",
        {"secondary": "需要"},
        {"secondary": "needed"},
    )
    assert [one["row_id"] for one in found["hits"]] == ["dec.catering_purifier.seats"]
    assert {one["input"]: one["by"] for one in found["near"]} == {"stove_heat": "0", "dining_area": "1"}
    assert "适用 dec.catering_purifier.seats" in found["explanation_zh"]


def test_what_is_missing_is_named_and_nothing_is_decided(duty):
    found = post(duty, "/decisions/catering_purifier/try", {"facts": {"seats": "1"}}).json()
    assert (found["standing"], found["outcome"], found["missing"]) == ("undecided", {}, ["stove_heat", "dining_area"])
    kept = post(duty, "/decisions/catering_purifier/records", {"facts": {"seats": "1"}, "subject": "x"})
    assert (kept.status_code, kept.json()["error"]["field"]) == (409, "stove_heat")


def test_a_duty_that_nobody_is_named_for_goes_to_the_coordinator(duty):
    industrial = post(duty, "/decisions/noise_duty/try", {"facts": {"kind": "industrial", "case": "other"}}).json()
    assert industrial["responsible_zh"] == "生态环境主管部门"
    building = post(duty, "/decisions/noise_duty/try", {"facts": {"kind": "construction", "case": "night_work"}}).json()
    assert (building["outcome"]["duty"], building["responsible_zh"]) == ("named.construction_noise", None)
    unknown = post(duty, "/decisions/noise_duty/try", {"facts": {"kind": "product", "case": "other"}}).json()
    assert unknown["outcome"] == {"duty": "unassigned", "manner": "coordinator"}


def test_answers_are_kept_and_exported(duty, login):
    kept = post(duty, "/decisions/catering_purifier/records", {"facts": SHOP, "subject": "一号餐馆"})
    assert kept.status_code == 201
    assert kept.json()["number"].startswith("DT-2025-")
    refused = {"licence_valid": False, "purpose_covered": True, "share_class": "conditional"}
    post(duty, "/decisions/data_use/records", {"facts": refused, "subject": "某公司"})
    page = login("auditor").get("/api/v1/decision-records").json()
    assert [one["outcome"].get("answer") for one in page["items"]] == ["refused", None]
    assert login("citizen").get("/api/v1/decision-records").json()["total"] == 0
    only = duty.get("/api/v1/decision-records?table=data_use&sort=-number").json()
    assert [one["subject"] for one in only["items"]] == ["某公司"]
    text = duty.get("/api/v1/decision-records/export.csv").content.decode()
    assert "answer=refused; ground=no_valid_licence" in text


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"seats": "many"}, "seats"),
        ({"seats": "-1"}, "seats"),
        ({"chairs": "1"}, "chairs"),
        ({"seats": "1 kg"}, "seats"),
    ],
)
def test_a_wrong_fact_is_named(duty, facts, field):
    answer = post(duty, "/decisions/catering_purifier/try", {"facts": facts})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)
    assert answer.json()["error"]["remedy"]


def test_e_c1_e_c3_capacity(duty):
    body = {"target": "0.038", "background": "0.033", "area": "5.65", "allocation_area": "564", "region": "510100"}
    found = post(duty, "/reckonings/capacity", body).json()
    assert (found["tons"], found["a_value"], found["ventilation"]) == ("35.0", "2.94", "1052")
    assert (found["rule_row"], found["unverified"]) == ("cap.zone.sichuan", True)
    none = post(duty, "/reckonings/capacity", {**body, "background": "0.04"}).json()
    assert none["tons"] == "0.0" and "no capacity" in none["warnings_en"][0]
    missing = post(duty, "/reckonings/capacity", {"target": "1", "background": "0", "area": "1"})
    assert missing.json()["error"]["field"] == "allocation_area"
    nowhere = post(duty, "/reckonings/capacity", {**body, "region": "110100"})
    assert (nowhere.status_code, nowhere.json()["error"]["field"]) == (422, "region")


def test_e_c4_replacement(duty):
    def ask(reserve, need, area):
        return post(
            duty, "/reckonings/replacement", {"reserve": reserve, "need": need, "item": "a21002", "area": area}
        ).json()

    assert (ask("35.0", "12.0", "over_standard")["takes"], ask("35.0", "12.0", "over_standard")["left"]) == (
        "24.0",
        "11.0",
    )
    assert ask("11.0", "5.5", "attained")["left"] == "5.5"
    short = ask("5.5", "6.0", "attained")
    assert (short["granted"], short["shortfall"], short["left"]) == (False, "0.5", "5.5")
    assert (
        post(duty, "/reckonings/replacement", {"reserve": "-1", "need": "1", "item": "x", "area": "attained"}).json()[
            "error"
        ]["field"]
        == "reserve"
    )


def test_e_d2_split(duty):
    found = post(duty, "/reckonings/split", {"pool": "100.00", "weights": {"a": "1", "b": "1", "c": "1"}}).json()
    assert [one["amount"] for one in found["parts"]] == ["33.34", "33.33", "33.33"]
    bad = post(duty, "/reckonings/split", {"pool": "100.001", "weights": {"a": "1"}})
    assert bad.json()["error"]["field"] == "pool"


def test_e_k1_carbon(duty):
    body = {
        "fuels": [{"amount": "1000000", "carbon": "0.55", "oxidised": "0.99"}],
        "purchased_mwh": "10000",
        "grid_factor": "0.5",
        "outputs": [{"amount": "2500000", "benchmark": "0.8"}],
        "mean_price": "90",
    }
    found = post(duty, "/reckonings/carbon", body).json()
    assert (found["emission"], found["allowance"], found["shortfall"]) == ("2001500", "2000000", "1500")
    assert (found["fine_low"], found["fine_high"], found["must_take_part"]) == ("675000.00", "1350000.00", True)
    wrong = post(duty, "/reckonings/carbon", {**body, "fuels": [{"amount": "x", "carbon": "0", "oxidised": "1"}]})
    assert wrong.json()["error"]["field"] == "fuels.0.amount"
