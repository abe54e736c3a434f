"""Indicators, decisions and reckonings at the edges of the API: rights, periods, exports, provenance, exact amounts."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

import pytest

from qingtian.apps.indicators.models import DecisionRecord, IndicatorValue, ReportedFigure

pytestmark = pytest.mark.django_db
OCTOBER = {"first": "2025-10-01", "last": "2025-10-31"}
SHOP = {"stove_heat": "500000000", "dining_area": "149", "seats": "76"}
HUGE = "1234567890123456789012345678901.23"


def get(client, path):
    return client.get(f"/api/v1{path}")


def post(client, path, body):
    return client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json")


def error(answer, status=422):
    assert answer.status_code == status, answer.content
    found = answer.json()["error"]
    assert found["remedy"]
    return found


def report(client, code="RECYCLE", **values):
    for name, value in values.items():
        body = {"input": name, "value": value, "source": "统计局", **OCTOBER}
        assert post(client, f"/indicators/{code}/figures", body).status_code == 201


def compute(client, code="RECYCLE", **more):
    return post(client, f"/indicators/{code}/compute", {"span": "month", "day": "2025-10-15", **more})


def recycled(client):
    report(client, dry="2166", wet="2499", generated="10000")
    return compute(client).json()


def sheet(answer):
    text = answer.content.decode("utf-8-sig")
    lines = [line for line in csv.reader(io.StringIO(text)) if line and not line[0].startswith("#")]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


# rights ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["duty", "auditor", "plant", "citizen"])
def test_only_those_with_the_right_report_and_compute(login, who):
    client = login(who)
    body = {"input": "dry", "value": "1", "source": "x", **OCTOBER}
    assert post(client, "/indicators/RECYCLE/figures", body).status_code == 403
    assert compute(client).status_code == 403
    assert not ReportedFigure.objects.exists() and not IndicatorValue.objects.exists()


def test_nobody_without_a_session_reads_or_writes(client):
    for path in ("/indicators", "/indicators/RECYCLE", "/indicators/export.csv", "/decisions", "/decision-records"):
        assert get(client, path).status_code == 401
    assert compute(client).status_code == 401
    assert post(client, "/reckonings/split", {"pool": "1", "weights": {"a": "1"}}).status_code == 401


@pytest.mark.parametrize("who", ["plant", "citizen"])
def test_those_outside_see_no_figure_and_no_formula_of_the_city(login, who):
    recycled(login("steward"))
    outside = login(who)
    assert get(outside, "/indicators/RECYCLE").status_code == 404
    assert get(outside, "/indicators/NOTHING").json()["error"]["code"] == "not_found"
    text = get(outside, "/indicators/export.csv").content.decode()
    assert "AIR_GOOD" in text and "RECYCLE" not in text and "46.65" not in text


def test_an_official_without_the_right_reads_all_and_is_told_that_it_may_not_write(login):
    recycled(login("steward"))
    found = get(login("auditor"), "/indicators/RECYCLE").json()
    assert (found["value"]["value"], found["may_compute"], found["may_report"]) == ("46.65", False, False)
    assert [one["source"] for one in found["figures"]] == ["统计局"] * 3


def test_an_index_takes_no_figures(login):
    steward = login("steward")
    assert get(steward, "/indicators/BEAUTIFUL_CITY").json()["may_report"] is False
    body = {"input": "dry", "value": "1", "source": "x", **OCTOBER}
    assert error(post(steward, "/indicators/BEAUTIFUL_CITY/figures", body))["field"] == "code"


# values and periods ---------------------------------------------------------------------------------------------------


def test_a_period_without_a_value_shows_no_other_period_in_its_place(login):
    steward = login("steward")
    recycled(steward)
    other = get(steward, "/indicators/RECYCLE?span=month&first=2025-09-01").json()
    assert (other["value"], other["versions"], other["evidence"]) == (None, [], {})
    assert [one["first"] for one in other["history"]] == ["2025-10-01"]
    same = get(steward, "/indicators/RECYCLE?span=month&first=2025-10-01").json()
    assert same["value"]["value"] == "46.65"


def test_a_length_that_nothing_was_computed_for_is_empty(login):
    steward = login("steward")
    recycled(steward)
    page = get(steward, "/indicators?span=year&q=RECYCLE").json()
    assert [one["value"] for one in page["items"]] == [None]
    assert get(steward, "/indicators/RECYCLE?span=year").json()["history"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [("span=week", "span"), ("first=1989-12-31", "first"), ("first=soon", "first"), ("first=2200-01-01", "first")],
)
def test_a_wrong_period_is_named(duty, query, field):
    assert error(get(duty, f"/indicators/RECYCLE?{query}"))["field"].endswith(field)


@pytest.mark.parametrize("query", ["sort=colour", "status=good", "span=week", "page=0", f"q={'x' * 500}"])
def test_a_wrong_filter_is_named(duty, query):
    name = query.partition("=")[0]
    assert error(get(duty, f"/indicators?{query}"))["field"].endswith(name)


def test_a_value_names_the_row_the_version_and_the_moment_it_rests_on(login):
    value = recycled(login("steward"))["value"]
    assert (value["rule_row"], value["rule_version"]) == ("ind.recycle", "ind.recycle@1")
    assert (value["formula"], value["first"], value["last"]) == ("(dry + wet) / generated", "2025-10-01", "2025-10-31")
    assert value["known_at"] and value["computed_at"] and value["simulated"] is False


def test_each_indicator_says_where_its_rule_stands(duty):
    for one in get(duty, "/indicators?page_size=200").json()["items"]:
        assert one["row_id"] and one["source"] and one["confidence"], one["code"]
        assert one["name_zh"] and one["name_en"], one["code"]
        assert one["composite"] is (one["formula"] == ""), one["code"]


def test_an_input_tells_whether_people_or_the_platform_give_it(login):
    recycle = get(login("steward"), "/indicators/RECYCLE").json()["inputs"]
    assert {one["name"]: (one["reported"], one["table"]) for one in recycle} == dict.fromkeys(
        ("dry", "wet", "generated"), (True, False)
    )
    (days,) = get(login("steward"), "/indicators/AIR_GOOD").json()["inputs"]
    assert (days["table"], days["reported"]) == (True, False)
    assert {"name": "pm25", "sort": "number", "unit": "ug/m3", "missing": "exclude"} in days["fields"]


def test_filters_join_and_paging_leaves_nothing_out(duty):
    whole = [one["code"] for one in get(duty, "/indicators?page_size=200&sort=code").json()["items"]]
    pages = []
    for page in range(1, len(whole) // 7 + 2):
        pages += [one["code"] for one in get(duty, f"/indicators?page_size=7&page={page}&sort=code").json()["items"]]
    assert pages == whole == sorted(whole)
    both = get(duty, "/indicators?group=air&q=pm2").json()["items"]
    assert both and all(one["group"] == "air" for one in both)
    assert get(duty, "/indicators?group=air&q=RECYCLE").json()["total"] == 0


def test_the_status_of_a_value_can_be_asked_for(login):
    steward = login("steward")
    report(steward, dry="1", wet="1", generated="0")
    assert compute(steward).json()["value"]["reason_zh"] == "分母为零"
    assert [one["code"] for one in get(steward, "/indicators?status=undefined").json()["items"]] == ["RECYCLE"]
    assert "RECYCLE" not in get(steward, "/indicators/export.csv?status=no_data").content.decode()


def test_the_export_holds_what_the_list_holds_in_its_order(login):
    steward = login("steward")
    recycled(steward)
    for query in ("sort=-code", "group=waste", "status=ok", "q=recycl", "sort=coverage&group=air"):
        listed = [one["code"] for one in get(steward, f"/indicators?page_size=200&{query}").json()["items"]]
        assert [row["code"] for row in sheet(get(steward, f"/indicators/export.csv?{query}"))] == listed
    (row,) = sheet(get(steward, "/indicators/export.csv?status=ok"))
    assert (row["value"], row["unit"], row["span"], row["rule_version"]) == ("46.65", "%", "month", "ind.recycle@1")


# formulas -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ({"code": "RECYCLE", "text": "dry + paper"}, "formula_type", "use dry, generated, wet"),
        ({"code": "RECYCLE", "text": "dry", "unit": "furlong"}, "unknown_unit", "joined by * and /"),
        ({"code": "RECYCLE", "text": "dry > wet"}, "formula_type", "rewrite this part"),
        ({"code": "RECYCLE", "text": ""}, "formula_syntax", "a number"),
        ({"code": "RECYCLE", "text": "（dry）"}, "formula_syntax", "write ( instead"),
        ({"code": "NOTHING", "text": "1"}, "invalid_input", "RECYCLE"),
    ],
)
def test_a_formula_that_cannot_be_is_told_with_a_remedy(duty, body, code, said):
    found = error(post(duty, "/formulas/check", body))
    assert found["code"] == code
    assert said in found["remedy"]


def test_a_formula_may_be_a_question(duty):
    found = post(duty, "/formulas/check", {"code": "RECYCLE", "text": "dry > wet of last_year", "unit": ""}).json()
    assert found == {"canonical": "dry > wet of last_year", "unit": "", "reads": ["dry", "wet of last_year"]}
    assert not IndicatorValue.objects.exists()


# decisions ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["auditor", "plant", "citizen"])
def test_only_those_with_the_right_keep_answers(login, who):
    body = {"facts": SHOP, "subject": "一号餐馆"}
    assert post(login(who), "/decisions/catering_purifier/records", body).status_code == 403
    assert not DecisionRecord.objects.exists()


def test_trying_keeps_nothing(duty):
    assert post(duty, "/decisions/catering_purifier/try", {"facts": SHOP}).status_code == 200
    assert not DecisionRecord.objects.exists()


def test_the_rules_of_the_day_of_the_facts_decide(duty):
    body = {"facts": {"kind": "industrial", "case": "other"}}
    assert post(duty, "/decisions/noise_duty/try", body | {"on": "2025-01-01"}).json()["as_of"] == "2025-01-01"
    assert error(post(duty, "/decisions/noise_duty/try", body | {"on": "2021-01-01"}))["field"] == "code"


def test_a_fact_in_another_unit_is_the_same_fact(duty):
    own = post(duty, "/decisions/catering_purifier/try", {"facts": SHOP | {"dining_area": "151"}}).json()
    hectares = post(duty, "/decisions/catering_purifier/try", {"facts": SHOP | {"dining_area": "0.0151 ha"}}).json()
    assert own == hectares
    assert own["facts"]["dining_area"] == "151"


def test_the_export_of_answers_keeps_the_order_of_the_list(duty):
    for subject in ("乙", "甲", "丙"):
        kept = post(duty, "/decisions/catering_purifier/records", {"facts": SHOP, "subject": subject})
        assert kept.status_code == 201
    for query in ("sort=subject", "sort=-subject", "sort=number", "table=catering_purifier", "table=noise_duty"):
        listed = [one["number"] for one in get(duty, f"/decision-records?{query}").json()["items"]]
        assert [row["number"] for row in sheet(get(duty, f"/decision-records/export.csv?{query}"))] == listed
    for path in ("/decision-records", "/decision-records/export.csv"):
        assert error(get(duty, f"{path}?sort=colour"))["field"] == "sort"


def test_a_subject_that_looks_like_a_formula_is_no_formula_in_the_export(duty):
    body = {"facts": SHOP, "subject": "=HYPERLINK(1)"}
    assert post(duty, "/decisions/catering_purifier/records", body).status_code == 201
    (row,) = sheet(get(duty, "/decision-records/export.csv"))
    assert not row["subject"].startswith("=")
    assert "HYPERLINK" in row["subject"]


def test_every_table_opens_with_its_words_and_its_sheet(duty):
    for one in get(duty, "/decisions").json():
        found = get(duty, f"/decisions/{one['code']}").json()
        assert found["title_zh"] and found["title_en"]
        assert all(rule["text_zh"] and rule["text_en"] and rule["source"] for rule in found["rules"])
        lines = list(csv.DictReader(io.StringIO(get(duty, f"/decisions/{one['code']}/sheet.csv").content.decode())))
        assert [line["row_id"] for line in lines] == [rule["row_id"] for rule in found["rules"]]
        assert len(lines) == one["rows"]


# reckonings -----------------------------------------------------------------------------------------------------------


def test_a_long_pool_is_split_to_the_last_cent(duty):
    found = post(duty, "/reckonings/split", {"pool": HUGE, "weights": {"a": "1", "b": "2"}}).json()
    amounts = [one["amount"] for one in found["parts"]]
    assert amounts == ["411522630041152263004115226300.41", "823045260082304526008230452600.82"]
    assert found["total"] == HUGE
    assert [one["extra"] for one in found["parts"]] == [False, False]


def test_a_long_reserve_is_taken_from_to_the_last_digit(duty):
    body = {"reserve": HUGE, "need": "0.01", "item": "a21002", "area": "attained"}
    found = post(duty, "/reckonings/replacement", body).json()
    assert (found["granted"], found["left"]) == (True, "1234567890123456789012345678901.22")
    short = post(duty, "/reckonings/replacement", body | {"reserve": "0", "need": HUGE}).json()
    assert (short["granted"], short["shortfall"], Decimal(short["left"])) == (False, HUGE, 0)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("split", {"pool": "1", "weights": {"a": "x"}}, "weights.a"),
        ("split", {"pool": "1", "weights": {"a": "-1"}}, "a"),
        ("split", {"pool": "1", "weights": {"a": "0"}}, "weights"),
        ("split", {"pool": "NaN", "weights": {"a": "1"}}, "pool"),
        ("split", {"pool": "1", "weights": {}}, "weights"),
        ("replacement", {"reserve": "1", "need": "0", "item": "a21002", "area": "attained"}, "need"),
        ("replacement", {"reserve": "x", "need": "1", "item": "a21002", "area": "attained"}, "reserve"),
        ("replacement", {"reserve": "1", "need": "1", "item": "a21002", "area": "elsewhere"}, "area"),
        ("capacity", {"target": "-1", "background": "0", "area": "1", "allocation_area": "1"}, "target"),
        ("capacity", {"target": "1", "background": "x", "area": "1", "allocation_area": "1"}, "background"),
        ("capacity", {"target": "1", "background": "0", "area": "2", "allocation_area": "1"}, "area"),
        ("capacity", {"target": "1", "background": "0", "area": "1", "allocation_area": "1", "a_value": "0"}, "a_value"),
        ("carbon", {"fuels": [], "grid_factor": "-1", "outputs": []}, "grid_factor"),
        ("carbon", {"fuels": [], "grid_factor": "0", "outputs": [], "mean_price": "-1"}, "mean_price"),
        ("carbon", {"fuels": [], "grid_factor": "0", "outputs": [{"amount": "1", "benchmark": "x"}]}, "outputs.0.benchmark"),
        ("carbon", {"fuels": [{"amount": "1", "carbon": "1", "oxidised": "2"}], "grid_factor": "0", "outputs": []}, "oxidised"),
    ],
)  # fmt: skip
def test_a_wrong_figure_of_a_reckoning_is_named(duty, path, body, field):
    assert error(post(duty, f"/reckonings/{path}", body))["field"].endswith(field)


def test_a_given_a_goes_before_that_of_the_zone(duty):
    body = {"target": "0.038", "background": "0.033", "area": "10", "allocation_area": "10"}
    given = post(duty, "/reckonings/capacity", body | {"a_value": "2.94", "region": "110100"}).json()
    assert (given["tons"], given["rule_row"], given["unverified"]) == ("464.9", None, False)
    own = post(duty, "/reckonings/capacity", body).json()
    assert (own["a_value"], own["rule_row"] is not None) == ("3.64", True)


def test_a_plant_in_surplus_pays_nothing(duty):
    body = {
        "fuels": [],
        "grid_factor": "0.5",
        "purchased_mwh": "10",
        "outputs": [{"amount": "100", "benchmark": "0.8"}],
    }
    found = post(duty, "/reckonings/carbon", body | {"mean_price": "90"}).json()
    assert (found["emission"], found["shortfall"], found["surplus"]) == ("5", "0", "75")
    assert (found["fine_low"], found["fine_high"], found["must_take_part"]) == ("0.00", "0.00", False)
    unpriced = post(duty, "/reckonings/carbon", body).json()
    assert (unpriced["fine_low"], unpriced["fine_high"]) == (None, None)
    assert len(unpriced["rule_rows"]) == 1 and len(found["rule_rows"]) == 3
