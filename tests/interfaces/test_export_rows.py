"""An exported table holds the rows of its list, cell by cell, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from urllib.parse import urlencode

import pytest
from django.test import Client
from tests.interfaces import city
from tests.interfaces.standing import EVERYBODY, Standing

from qingtian.apps.cases.actions.open_case import open_case
from qingtian.interfaces.api.present.exports import MAX_ROWS, cell

pytestmark = pytest.mark.django_db
SPAN = {"start": "2025-11-23T00:00:00+08:00", "end": "2025-11-24T11:00:00+08:00"}
ATTACKS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x","y")', "=cmd|' /C calc'!A0"]


def exported(client: Client, name: str, **query: object) -> list[dict[str, str]]:
    """The rows of a table; the label lines before the header are left out."""
    answer = client.get(f"/api/v1/{name}/export.csv?{urlencode(query)}")
    assert answer.status_code == 200, answer.content
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    body = [line for line in lines if not line[0].startswith("# ")]
    return [dict(zip(body[0], line, strict=True)) for line in body[1:]]


def listed(client: Client, name: str, **query: object) -> list[dict]:
    return client.get(f"/api/v1/{name}?{urlencode(query | {'page_size': 200})}").json()["items"]


def shown(value: object) -> str:
    """A value of the JSON as a cell."""
    return cell(" ".join(map(str, value)) if isinstance(value, list) else value)


@pytest.mark.parametrize("who", [one for one in EVERYBODY if one != "anonymous"])
@pytest.mark.parametrize("query", [{}, {"sort": "-severity"}, {"enterprise": "E-1"}, {"severity": 4}])
def test_findings_are_the_rows_of_the_list_in_its_order(standing: Standing, who: str, query: dict) -> None:
    client = standing.client(who)

    rows, items = exported(client, "findings", **query), listed(client, "findings", **query)

    same = ("number", "kind", "kind_zh", "severity", "confirmation", "activity", "status", "parameter", "first_seen")
    same += ("last_seen", "ended_at", "hits", "value", "limit", "unit", "standard", "clause", "rule_id", "simulated")
    assert [{key: row[key] for key in same} for row in rows] == [
        {key: shown(item[key]) for key in same} for item in items
    ]
    assert [row["cases"] for row in rows] == [" ".join(case["number"] for case in item["cases"]) for item in items]
    assert [row["object_code"] for row in rows] == [item["object"]["code"] for item in items]


@pytest.mark.parametrize("query", [{}, {"sort": "severity"}, {"view": "due_soon"}, {"region": "420106"}])
def test_cases_are_the_rows_of_the_list_in_its_order(officer: Client, query: dict) -> None:
    rows, items = exported(officer, "cases", **query), listed(officer, "cases", **query)

    same = ("number", "title", "state", "state_zh", "severity", "responsible", "opened_at", "due_at", "overdue")
    same += ("remaining_working_days", "provisional", "closed_at", "template", "template_version", "simulated")
    assert [{key: row[key] for key in same} for row in rows] == [
        {key: shown(item[key]) for key in same} for item in items
    ]
    assert [row["enterprise_code"] for row in rows] == [item["object"]["enterprise_code"] for item in items]


@pytest.mark.parametrize("query", [{}, {"sort": "-aqi"}, {"min_level": 2}, {"region": "420106"}])
def test_stations_are_the_values_of_the_list_each_with_unit_and_standard(officer: Client, query: dict) -> None:
    rows, items = exported(officer, "stations", **query), listed(officer, "stations", **query)

    expected = [(item, value) for item in items for value in item["values"]]
    assert len(rows) == len(expected)
    for row, (item, value) in zip(rows, expected, strict=True):
        assert (row["code"], row["name"], row["region_code"]) == (item["code"], item["name"], item["region"])
        for key in ("pollutant", "value", "unit", "mark", "valid", "iaqi"):
            assert row[key] == shown(value[key])
        assert row["unit"]
        assert row["standard"] == item["aqi"]["standard"] == "HJ 633-2012"
        assert (row["aqi"], row["published_aqi"]) == (shown(item["aqi"]["value"]), item["aqi"]["published"])


@pytest.mark.parametrize(
    "query",
    [
        {"site": "O-1-01", "pollutant": "a21002"},
        {"site": "O-1-01", "pollutant": "a21002", "cycle": "minute"},
        {"site": city.BAD_STATION, "pollutant": "a34004"},
        {"site": city.SILENT_STATION, "pollutant": "a34004"},
    ],
)
def test_a_series_is_its_points_each_with_unit_and_limit(officer: Client, query: dict) -> None:
    rows = exported(officer, "series", **query, **SPAN)
    found = officer.get(f"/api/v1/series?{urlencode(query | SPAN)}").json()

    assert len(rows) == len(found["points"])
    limit = found["limits"][0] if found["limits"] else None
    for row, point in zip(rows, found["points"], strict=True):
        for key in ("value", "mark", "valid", "minimum", "maximum", "converted", "version", "origin"):
            assert row[key] == shown(point[key])
        assert row["period_start"] == point["t"]
        assert (row["site"], row["pollutant"], row["unit"]) == (found["site"], found["pollutant"], found["unit"])
        assert row["limit"] == (limit["value"] if limit else "")
        assert row["standard"] == (limit["standard"] if limit else "")


@pytest.mark.parametrize("name", ["findings", "cases", "stations", "series"])
def test_the_first_lines_say_what_the_data_are(officer: Client, name: str) -> None:
    query = "?site=O-1-01&pollutant=a21002" if name == "series" else ""

    text = officer.get(f"/api/v1/{name}/export.csv{query}").content.decode("utf-8-sig")

    first, second, third, header = text.split("\r\n")[:4]
    assert (first, second) == (f"# {city.LABEL_ZH}", f"# {city.LABEL_EN}")
    assert third.startswith("# qingtian ")
    assert third.endswith("2025-11-24T10:40:00+08:00")
    assert "simulated" in header.split(",")


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_name_or_title_runs_in_a_spreadsheet(standing: Standing, officer: Client, attack: str) -> None:
    outlet = standing.town.objects["O-1-01"]
    outlet.name = outlet.name_en = attack
    outlet.save()
    finding = city.finding(standing.town, parameter="w01018", detail={"value": attack, "unit": attack})
    case = open_case(standing.town.actor("duty"), city.NOW, finding.pk, title=attack)

    findings, cases = exported(officer, "findings"), exported(officer, "cases")
    row = next(one for one in findings if one["number"] == finding.number)

    assert row["object_name"] == row["value"] == f"'{attack}"
    assert next(one["title"] for one in cases if one["number"] == case.number).startswith("'")
    for one in (*findings, *cases):
        for text in one.values():
            assert not text.startswith(("=", "@", "\t", "\r"))
            assert not text.startswith(("+", "-")) or text[1:].replace(".", "", 1).isdigit()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("-3.5", "-3.5"),
        ("+3", "+3"),
        ("-", "'-"),
        ("--1", "'--1"),
        ("-1-1", "'-1-1"),
        ("=1", "'=1"),
        (-3, "-3"),
        (True, "true"),
        (None, ""),
        (city.NOW, "2025-11-24T10:40:00+08:00"),
        ("plain", "plain"),
        ("'quoted", "'quoted"),
    ],
)
def test_a_number_stays_a_number_and_a_formula_becomes_text(value: object, text: str) -> None:
    assert cell(value) == text


def test_quotes_commas_and_line_ends_stay_inside_their_cell(standing: Standing, officer: Client) -> None:
    outlet = standing.town.objects["O-1-01"]
    outlet.name = 'one, "two"\nthree；四'
    outlet.save()

    rows = exported(officer, "findings", enterprise="E-1")

    assert {row["object_name"] for row in rows} == {'one, "two"\nthree；四'}


def test_more_rows_than_a_file_takes_are_refused_with_a_remedy(
    officer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MAX_ROWS == 50_000
    monkeypatch.setattr("qingtian.interfaces.api.present.exports.MAX_ROWS", 3)

    answer = officer.get("/api/v1/findings/export.csv")
    narrow = officer.get("/api/v1/findings/export.csv?severity=4")

    error = answer.json()["error"]
    assert (answer.status_code, error["field"]) == (422, "since")
    assert "narrow" in error["remedy"]
    assert narrow.status_code == 200


@pytest.mark.parametrize(("site", "name"), [("O-1-01", "qingtian-series-O-1-01-a21002-20251124T1040.csv")])
def test_a_file_is_named_after_what_it_holds(officer: Client, site: str, name: str) -> None:
    answer = officer.get(f"/api/v1/series/export.csv?site={site}&pollutant=a21002")

    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'


def test_a_name_in_the_header_cannot_be_broken_out_of(officer: Client) -> None:
    answer = officer.get("/api/v1/series/export.csv?site=O-1-01&pollutant=a%22%0d%0aX-Evil:%201")

    assert "X-Evil" not in answer.headers
    assert answer.headers["Content-Disposition"].count('"') == 2
