"""Exported tables: label first, same filters as the lists, safe in a spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.interfaces import city
from tests.interfaces.conftest import Login

from qingtian.apps.cases.actions.open_case import open_case
from qingtian.interfaces.api.present.exports import FORMULA, cell

SPAN = "start=2025-11-24T00:00:00%2B08:00&end=2025-11-24T10:00:00%2B08:00"


def table(client: Client, url: str) -> tuple[list[str], list[dict[str, str]]]:
    """The lines before the header, and the rows."""
    answer = client.get(url)
    assert answer.status_code == 200, answer.content
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="qingtian-')
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    notes = [line[0] for line in lines if line and line[0].startswith("# ")]
    header = lines[len(notes)]
    return notes, [dict(zip(header, line, strict=True)) for line in lines[len(notes) + 1 :]]


@pytest.mark.parametrize(
    "url",
    [
        "/api/v1/findings/export.csv",
        "/api/v1/cases/export.csv",
        "/api/v1/stations/export.csv",
        f"/api/v1/series/export.csv?site=O-1-01&pollutant=a21002&{SPAN}",
    ],
)
def test_every_export_begins_with_the_label_of_its_data(duty: Client, town: city.Town, url: str) -> None:
    notes, _ = table(duty, url)

    assert notes[:2] == [f"# {city.LABEL_ZH}", f"# {city.LABEL_EN}"]
    assert "2025-11-24T10:40:00+08:00" in notes[2]


def test_the_byte_order_mark_is_there_for_excel_and_can_be_left_out(duty: Client, town: city.Town) -> None:
    with_mark = duty.get("/api/v1/findings/export.csv").content
    without = duty.get("/api/v1/findings/export.csv?bom=false").content

    assert with_mark.startswith(b"\xef\xbb\xbf#")
    assert without == with_mark[3:]


def test_findings_follow_the_filters_of_the_list(duty: Client, town: city.Town) -> None:
    city.finding(town)
    wanted = city.finding(town, "O-2-01", severity=4)

    _, rows = table(duty, "/api/v1/findings/export.csv?min_severity=3")

    assert [one["number"] for one in rows] == [wanted.number]
    assert (rows[0]["value"], rows[0]["unit"], rows[0]["limit"]) == ("130", "mg/m3", "100")
    assert (rows[0]["standard"], rows[0]["clause"], rows[0]["simulated"]) == ("GB 13223-2011", "table 1", "true")
    assert rows[0]["first_seen"] == "2025-11-24T09:00:00+08:00"


def test_findings_outside_the_scope_are_not_exported(login: Login, town: city.Town) -> None:
    city.finding(town)

    assert table(login("wuchang"), "/api/v1/findings/export.csv")[1] == []
    assert Client().get("/api/v1/findings/export.csv").status_code == 401


def test_cases_are_exported_with_their_clock(duty: Client, town: city.Town) -> None:
    case = open_case(town.actor("duty"), city.NOW, city.finding(town).pk)

    _, rows = table(duty, "/api/v1/cases/export.csv?view=all&sort=-severity")

    assert (rows[0]["number"], rows[0]["state"], rows[0]["overdue"]) == (case.number, "listed", "false")
    assert int(rows[0]["remaining_working_days"]) > 100


def test_stations_have_one_line_per_pollutant_with_unit_and_standard(duty: Client, town: city.Town) -> None:
    _, rows = table(duty, f"/api/v1/stations/export.csv?q={city.BAD_STATION}")

    assert {one["pollutant"] for one in rows} == {"a34004", "a34002", "a21026", "a21004", "a05024", "a21005"}
    pm25 = next(one for one in rows if one["pollutant"] == "a34004")
    assert (pm25["value"], pm25["unit"], pm25["iaqi"], pm25["aqi"], pm25["standard"]) == (
        "120",
        "ug/m3",
        "158",
        "158",
        "HJ 633-2012",
    )
    assert pm25["published_aqi"] == "158"


def test_a_series_has_one_line_per_period_with_its_limit(duty: Client, town: city.Town) -> None:
    _, rows = table(duty, f"/api/v1/series/export.csv?site=O-1-01&pollutant=a21002&{SPAN}")

    assert len(rows) == 10
    assert (rows[-1]["value"], rows[-1]["limit"], rows[-1]["standard"]) == ("130", "100", "GB 13223-2011")
    assert rows[4]["mark"] == "D"
    assert rows[4]["valid"] == "false"


def test_a_sort_that_the_list_does_not_have_is_refused(duty: Client, town: city.Town) -> None:
    assert duty.get("/api/v1/findings/export.csv?sort=colour").status_code == 422


@given(st.text(max_size=40))
def test_no_text_becomes_a_formula_in_a_spreadsheet(text: str) -> None:
    shown = cell(text)

    if text.startswith(FORMULA):
        assert shown == f"'{text}" or shown.lstrip("+-").replace(".", "", 1).isdigit()
    else:
        assert shown == text
