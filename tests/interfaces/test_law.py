"""The registry of rules, the trial of a row, recomputations and explanations over the API."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from tests.interfaces import city
from tests.interfaces.conftest import Login

from qingtian.apps.judgements.models import Judgement, Recomputation
from qingtian.duties.recompute import carry_out
from qingtian.interfaces.api.present.rule_words import SENTENCES, meaning
from qingtian.interfaces.telemetry import telemetry_store
from qingtian.packs import load_packs
from qingtian.packs.catalogue import all_tables
from qingtian.packs.procedures import load_procedures

ROW = city.LIMIT["rule_row"]
DAY = city.NOW.date().isoformat()


def get(client: Client, path: str, status: int = 200) -> Any:
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == status, answer.content
    return answer.json()


def post(client: Client, path: str, body: dict[str, Any] | None = None, status: int = 202) -> Any:
    answer = client.post(f"/api/v1{path}", json.dumps(body or {}), content_type="application/json")
    assert answer.status_code == status, answer.content
    return answer.json()


def carry(number: str) -> Recomputation:
    """What the worker does."""
    return carry_out(Recomputation.objects.get(number=number), telemetry_store(), city.NOW)


# -- the registry -------------------------------------------------------------------------------------------------------


def test_every_row_of_every_table_is_listed(duty: Client, town: city.Town) -> None:
    found = get(duty, "/rules?page_size=1")
    packs = load_packs()
    assert found["total"] == len(packs.rows()) + len(load_procedures())  # and the templates of procedures
    assert set(found["kinds"]) == {table.kind for table in all_tables()} | {"procedure"}


@pytest.mark.parametrize(
    ("query", "check"),
    [
        ("kind=noise_limit", lambda row: row["kind"] == "noise_limit"),
        ("standard=13271", lambda row: "13271" in row["standard"]),
        ("unverified=true", lambda row: row["unverified"]),
        ("unverified=false", lambda row: not row["unverified"]),
        ("region=310104", lambda row: row["region"] in ("310000", "CN")),
        ("region=CN", lambda row: row["region"] == "CN"),
        ("on=2026-03-01&kind=aqi_breakpoint", lambda row: row["standard"] == "HJ 633-2026"),
        ("on=2026-02-28&kind=aqi_breakpoint", lambda row: row["standard"] == "HJ 633-2012"),
        ("confidence=memory", lambda row: "memory" in row["confidence"]),
        ("q=table%20A.1", lambda row: True),
    ],
)
def test_filters_of_the_registry(duty: Client, town: city.Town, query: str, check: Any) -> None:
    items = get(duty, f"/rules?page_size=200&{query}")["items"]
    assert items
    assert all(check(row) for row in items)


def test_a_wrong_date_names_the_parameter(duty: Client, town: city.Town) -> None:
    assert get(duty, "/rules?on=yesterday", 422)["error"]["field"] == "on"


def test_a_row_says_what_it_means_where_it_stands_and_who_uses_it(duty: Client, town: city.Town) -> None:
    found = get(duty, f"/rules/{ROW}")
    assert "小时均值不得超过100 mg/m3" in found["meaning_zh"]
    assert "the hour mean of NOx is at most 100 mg/m3" in found["meaning_en"]
    assert (found["standard"], found["clause"], found["region"]) == ("GB 13223-2011", "table 2", "CN") or found[
        "clause"
    ]
    assert [use["code"] for use in found["uses"]] == ["judgements.emission_limit", "findings", "assess"]
    assert {one["what"]: one["count"] for one in found["used_by"]}["judgements.emission_limit"] == 1
    assert {one["what"]: one["count"] for one in found["used_by"]}["permits"] >= 1
    assert found["tryable"] is True


def test_other_editions_of_the_same_rule_are_named(duty: Client, town: city.Town) -> None:
    found = get(duty, "/rules/hj633-2012.pm2.5.24h.100")
    assert [one["row_id"] for one in found["editions"]] == ["hj633-2026.pm2.5.24h.100"]
    assert found["valid_to"] == "2026-02-28"
    assert "75 ug/m3" in found["meaning_zh"]


def test_an_unknown_row_is_told_so(duty: Client, town: city.Town) -> None:
    assert get(duty, "/rules/no.such.row", 404)["error"]["field"] == "row_id"


def test_a_procedure_has_a_page_too(duty: Client, town: city.Town) -> None:
    found = (
        get(duty, "/rules/T1@1") if any(one["row_id"] == "T1@1" for one in _procedures(duty)) else _procedures(duty)[0]
    )
    assert found["kind"] == "procedure"


def _procedures(client: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = get(client, "/rules?kind=procedure")["items"]
    return [get(client, f"/rules/{one['row_id']}") for one in found]


@pytest.mark.parametrize("row", load_packs().rows()[::7], ids=lambda row: row.row_id)
def test_a_meaning_is_a_sentence_in_both_languages(row: Any) -> None:
    told = meaning(row)
    assert told.zh and told.en
    if type(row) in SENTENCES:
        assert told.en[-1] in "." or "composite" in told.en.lower()


def test_the_table_can_be_exported_with_its_filters(duty: Client, town: city.Town) -> None:
    answer = duty.get("/api/v1/rules/export.csv?kind=noise_limit&bom=false")
    assert answer.status_code == 200
    lines = [line for line in answer.content.decode().splitlines() if not line.startswith(("#", '"#'))]
    rows = list(csv.DictReader(io.StringIO("\n".join(lines))))
    assert len(rows) == 22
    assert rows[0]["row_id"] and rows[0]["confidence"] and json.loads(rows[0]["values"])["unit"] == "dB(A)"


# -- what would change --------------------------------------------------------------------------------------------------


def test_trying_a_row_lists_what_would_change_and_changes_nothing(duty: Client, town: city.Town) -> None:
    before = Judgement.objects.count()
    body = {"cells": {"limit": "200"}, "first_day": DAY, "last_day": DAY}
    asked = post(duty, f"/rules/{ROW}/try", body)
    assert (asked["mode"], asked["state"], asked["row_id"], asked["cells"]) == (
        "try_row",
        "waiting",
        ROW,
        {"limit": "200"},
    )
    carry(asked["number"])
    found = get(duty, f"/recomputations/{asked['number']}")
    assert (found["state"], found["days_done"]) == ("done", 1)
    answers = get(duty, f"/recomputations/{asked['number']}/answers?page_size=200")
    assert answers["total"] >= 1
    mine = [one for one in answers["items"] if one["judgement"] is not None and one["item"] == "a21002"]
    assert {one["object"] for one in mine} <= {"O-1-01", "O-2-01"}
    assert Judgement.objects.count() == before


@pytest.mark.parametrize(
    ("row", "body", "field"),
    [
        (ROW, {"cells": {"limit": "a lot"}}, "cells.limit"),
        (ROW, {"cells": {"limit": "NaN"}}, "cells.limit"),
        (ROW, {"cells": {"colour": "red"}}, "cells.colour"),
        (ROW, {"cells": {}}, "cells"),
        (ROW, {"cells": {"limit": "80"}, "last_day": "2025-01-01"}, "last_day"),
        (ROW, {"cells": {"limit": "80"}, "first_day": "soon"}, "first_day"),
        ("no.such.row", {"cells": {"limit": "80"}}, "row_id"),
    ],
)
def test_a_trial_that_makes_no_sense_names_its_field(
    duty: Client, town: city.Town, row: str, body: dict[str, Any], field: str
) -> None:
    answer = post(duty, f"/rules/{row}/try", {"first_day": DAY, "last_day": DAY} | body, 422)
    assert answer["error"]["field"].endswith(field)
    assert Recomputation.objects.count() == 0


# -- recomputations -----------------------------------------------------------------------------------------------------


def test_recomputing_is_permitted_to_few_and_audited(login: Login, town: city.Town) -> None:
    body = {"first_day": DAY, "last_day": DAY}
    assert post(login("duty"), "/recomputations", body, 403)["error"]["params"]["verb"] == "recompute"
    asked = post(login("supervisor"), "/recomputations", body)
    assert asked["mode"] == "adopt"
    events = get(login("auditor"), "/events?type=recomputation.")["items"]
    assert [(one["type"], one["actor"]) for one in events] == [("recomputation.asked", "supervisor")]


def test_a_dry_run_as_known_and_by_the_rules_of_a_date(duty: Client, town: city.Town) -> None:
    body = {
        "first_day": DAY,
        "last_day": DAY,
        "as_known": city.NOW.isoformat(),
        "rules_on": "2026-05-01",
        "dry_run": True,
    }
    asked = post(duty, "/recomputations", body)
    carry(asked["number"])
    answers = get(duty, f"/recomputations/{asked['number']}/answers?page_size=200")["items"]
    assert {one["standard"] for one in answers if one["question"] == "air_index"} == {"HJ 633-2026"}
    listed = get(duty, "/recomputations?mode=dry_run")
    assert [one["number"] for one in listed["items"]] == [asked["number"]]
    assert get(duty, "/recomputations?mode=adopt")["items"] == []


def test_it_can_be_cancelled_and_taken_up_again(duty: Client, town: city.Town) -> None:
    first = (city.NOW.date() - timedelta(days=3)).isoformat()
    number = post(duty, "/recomputations", {"first_day": first, "last_day": DAY, "dry_run": True})["number"]
    assert get(duty, f"/recomputations/{number}")["allowed_actions"] == ["cancel"]
    assert post(duty, f"/recomputations/{number}/cancel", status=200)["state"] == "cancelled"
    assert post(duty, f"/recomputations/{number}/cancel", status=409)["error"]["code"] == "conflict"
    again = post(duty, f"/recomputations/{number}/resume", status=200)
    assert (again["state"], again["allowed_actions"]) == ("waiting", ["cancel"])
    assert carry(number).state == "done"
    assert get(duty, f"/recomputations/{number}")["allowed_actions"] == []


def test_findings_and_cases_that_it_touches_are_listed(duty: Client, town: city.Town) -> None:
    city.finding(town, severity=3)
    asked = post(duty, f"/rules/{ROW}/try", {"cells": {"limit": "200"}, "first_day": DAY, "last_day": DAY})
    carry(asked["number"])
    found = get(duty, f"/recomputations/{asked['number']}")
    turned = get(duty, f"/recomputations/{asked['number']}/answers?turned=true")["items"]
    for one in found["findings"]:
        assert one["periods"] >= 1
        assert one["number"].startswith("F-2025-")
    assert all(one["was"] != one["verdict"] for one in turned)


def test_an_unknown_number_is_told_so(duty: Client, town: city.Town) -> None:
    assert get(duty, "/recomputations/R-2025-999999", 404)["error"]["field"] == "number"


# -- explanations -------------------------------------------------------------------------------------------------------


def test_an_air_figure_is_explained(duty: Client, town: city.Town) -> None:
    aqi = get(duty, f"/stations/{city.BAD_STATION}")["aqi"]
    why = get(duty, f"/judgements/{aqi['id']}")
    assert (why["question"], why["object"], why["index"]) == ("air_index", city.BAD_STATION, aqi["value"])
    used = {one["name_en"]: one for one in why["inputs"]}
    assert used["PM2.5"]["mark"] == "N"
    assert (used["PM2.5"]["mark_zh"], used["PM2.5"]["mark_en"]) == ("正常", "normal")
    assert used["PM2.5"]["sub_index"] is not None
    assert used["PM2.5"]["unit"] == "ug/m3"
    assert (why["have"], why["need"]) == (len([one for one in why["inputs"] if one["sub_index"] is not None]), 6)
    [rule] = why["rules"]
    assert (rule["standard"], rule["valid_from"], rule["valid_to"]) == ("HJ 633-2012", "2016-01-01", "2026-02-28")
    assert rule["known"] and rule["source"] and rule["confidence"]
    assert "向上进位" in why["rounding_zh"] and "rounded up" in why["rounding_en"]
    assert [(one["version"], one["current"]) for one in why["versions"]] == [(1, True)]
    assert aqi["standard"] in why["text_zh"]


def test_an_outlets_figure_is_explained(duty: Client, town: city.Town) -> None:
    outlet = get(duty, "/outlets/O-1-01")
    [value] = [one for one in outlet["values"] if one["judgement"] is not None]
    why = get(duty, f"/judgements/{value['judgement']}")
    assert (why["verdict"], why["value"], why["limit"], why["unit"]) == ("exceeds", "130", "100", "mg/m3")
    assert why["inputs"][0]["role"] == "measured"
    assert why["inputs"][0]["mark_en"] == "normal"
    assert why["rules"][0]["row_id"] == ROW
    assert why["rules"][-1]["row_id"] == "mark.n"
    assert why["rounding_zh"].startswith("不修约")
    assert (why["period_start"], why["period_end"]) == ("2025-11-24T09:00:00+08:00", "2025-11-24T10:00:00+08:00")


def test_figures_of_the_screen_lead_to_their_explanations(duty: Client, town: city.Town) -> None:
    kpis = {one["code"]: one for one in get(duty, "/overview")["kpis"]}
    [worst] = kpis["worst_station_aqi"]["judgements"]
    assert str(get(duty, f"/judgements/{worst}")["index"]) == kpis["worst_station_aqi"]["value"]
    polluted = kpis["stations_polluted"]
    assert len(polluted["judgements"]) == int(polluted["value"])
    assert kpis["cases_overdue"]["judgements"] == []


def test_another_enterprises_figure_is_not_there(login: Login, town: city.Town) -> None:
    judged = Judgement.objects.get(object__code="O-1-01", item="a21002")
    assert get(login("rival") if "rival" in town.people else login("citizen"), f"/judgements/{judged.pk}", 404)


def test_an_unknown_judgement_is_told_so(duty: Client, town: city.Town) -> None:
    assert get(duty, "/judgements/999999999", 404)["error"]["field"] == "id"


def test_the_rules_of_the_future_are_listed_with_their_day(duty: Client, town: city.Town) -> None:
    rows = get(duty, "/rules?kind=air_limit&on=2031-01-01&page_size=200")["items"]
    assert {row["standard"] for row in rows} == {"GB 3095-2026"}
    assert all(date.fromisoformat(row["valid_from"]) <= date(2031, 1, 1) for row in rows)
