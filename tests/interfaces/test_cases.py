"""Cases and their evidence over the API."""

from __future__ import annotations

import hashlib
import itertools
import json
import subprocess
import sys
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.interfaces import city
from tests.interfaces.conftest import Login

from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.cases.models import Case

PDF = b"%PDF-1.7 plan of measures"


@pytest.fixture
def case(town: city.Town) -> Case:
    """A freshly opened rectification case."""
    return open_case(town.actor("duty"), city.NOW, city.finding(town).pk, responsible="inspector")


def page(client: Client, case: Case) -> dict:
    answer = client.get(f"/api/v1/cases/{case.pk}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def upload(client: Client, case: Case, content: bytes = PDF, **fields: str) -> object:
    file = SimpleUploadedFile("plan.pdf", content, content_type="application/pdf")
    return client.post(f"/api/v1/cases/{case.pk}/evidence", {"file": file, **fields})


def test_the_page_shows_procedure_clock_and_the_next_legal_step(duty: Client, case: Case) -> None:
    shown = page(duty, case)

    assert (shown["procedure"]["code"], shown["state_zh"], shown["final"]) == ("T1", "已列入清单", False)
    assert [one["value"] for one in shown["states"]][:3] == ["listed", "planned", "rectifying"]
    clock = shown["clocks"][0]
    assert (clock["code"], clock["started_on"], clock["binding"]) == ("rectification", "2025-11-24", True)
    assert clock["rule_text_zh"].startswith("6 个月")
    assert clock["due_on"] in clock["explanation_en"]
    assert clock["confidence"]
    assert clock["provisional"] is False  # the calendar of 2026 is loaded
    step = shown["next_steps"][0]
    assert step["fields"]
    assert (step["to"], step["to_zh"], step["automatic"]) == ("planned", "已定方案", False)
    assert shown["responsible_name"] == "inspector（模拟）"
    assert shown["remaining_working_days"] > 100
    assert shown["timeline"][0]["type"] == "case.opened"


def test_a_step_that_is_not_allowed_is_refused_with_its_unmet_guards(login: Login, case: Case) -> None:
    for who in ("inspector", "duty", "approver"):
        client = login(who)
        for step in page(client, case)["next_steps"]:
            if not step["role_allowed"]:
                continue
            answer = client.post(
                f"/api/v1/cases/{case.pk}/transitions", {"to": step["code"]}, content_type="application/json"
            )
            error = answer.json()["error"]
            assert answer.status_code in (409, 422)
            if error["code"] == "transition_refused":
                assert error["params"]["unmet"]
                return
    pytest.fail("no step was refused for its guards")


def test_a_step_of_another_role_is_403(login: Login, case: Case) -> None:
    client = login("auditor")
    step = page(client, case)["next_steps"][0]

    answer = client.post(f"/api/v1/cases/{case.pk}/transitions", {"to": step["to"]}, content_type="application/json")

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_permitted")


def test_a_step_to_nowhere_and_a_stale_revision_are_conflicts(duty: Client, case: Case) -> None:
    url = f"/api/v1/cases/{case.pk}/transitions"

    nowhere = duty.post(url, {"to": "stable"}, content_type="application/json")
    stale = duty.post(url, {"to": "planned", "revision": 0}, content_type="application/json")

    assert (nowhere.status_code, nowhere.json()["error"]["code"]) == (409, "transition_refused")
    assert (stale.status_code, stale.json()["error"]["field"]) == (409, "revision")


def test_the_first_step_can_be_taken_with_its_form(login: Login, case: Case) -> None:
    for who in ("inspector", "duty", "approver", "supervisor", "plant"):
        client = login(who)
        for step in page(client, case)["next_steps"]:
            if step["to"] != "planned" or not step["role_allowed"]:
                continue
            answer = client.post(
                f"/api/v1/cases/{case.pk}/transitions",
                {"to": "planned", "fields": form_of(step), "reason": "as agreed"},
                content_type="application/json",
            )
            assert answer.status_code == 200, answer.content
            moved = answer.json()
            assert (moved["state"], moved["revision"]) == ("planned", 2)
            assert moved["timeline"][-1]["type"].startswith("case.")
            return
    pytest.fail("nobody may plan")


def form_of(step: dict) -> dict[str, object]:
    """A plausible value for every field of a form."""
    values = {
        "text": "x",
        "longtext": "burner replaced",
        "date": "2026-01-15",
        "boolean": True,
        "list": ["replace the burner"],
        "user": "approver",
    }
    form: dict[str, object] = {}
    for field in step["fields"]:
        if field["type"] == "choice":
            form[field["name"]] = field["choices"][0]["value"]
        elif field["type"] == "checklist":
            form[field["name"]] = field["options"]
        else:
            form[field["name"]] = values[field["type"]]
    return form


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("view=all", 1),
        ("view=mine", 0),
        ("view=overdue", 0),
        ("view=due_soon", 0),
        ("view=to_verify", 0),
        ("state=listed", 1),
        ("state=planned&state=applied", 0),
        ("template=T1", 1),
        ("severity=2", 1),
        ("severity=4", 0),
        ("region=420107", 1),
        ("region=420106", 0),
        ("enterprise=E-1", 1),
        ("object=O-1-01", 1),
        ("open=true", 1),
        ("open=false", 0),
        ("rebound=true", 0),
        ("rebound=false", 1),
        ("q=C-", 1),
        ("q=nothing like it", 0),
    ],
)
def test_cases_are_filtered(duty: Client, case: Case, query: str, count: int) -> None:
    assert duty.get(f"/api/v1/cases?{query}").json()["total"] == count


def test_my_cases_are_the_ones_i_answer_for(login: Login, case: Case) -> None:
    assert login("inspector").get("/api/v1/cases?view=mine").json()["total"] == 1
    assert login("plant").get("/api/v1/cases?view=mine").json()["total"] == 1
    assert login("wuchang").get("/api/v1/cases?view=all").json()["total"] == 0


def test_cases_sort_by_what_is_asked_for(duty: Client, town: city.Town, case: Case) -> None:
    other = open_case(town.actor("duty"), city.NOW, city.finding(town, "O-2-01", severity=4).pk)

    def order(sort: str) -> list[int]:
        return [one["id"] for one in duty.get(f"/api/v1/cases?sort={sort}").json()["items"]]

    assert order("-severity") == [other.pk, case.pk]
    assert order("severity") == [case.pk, other.pk]
    assert duty.get("/api/v1/cases?sort=colour").status_code == 422


def test_an_unknown_view_names_the_views(duty: Client, town: city.Town) -> None:
    error = duty.get("/api/v1/cases?view=nice").json()["error"]

    assert error["field"] == "view"
    assert "overdue" in error["remedy"]


def test_a_case_is_assigned_to_somebody_with_a_role_there(duty: Client, case: Case) -> None:
    url = f"/api/v1/cases/{case.pk}/assign"

    refused = duty.post(url, {"responsible": "wuchang"}, content_type="application/json")
    done = duty.post(url, {"responsible": "approver"}, content_type="application/json")

    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "responsible")
    assert done.json()["responsible"] == "approver"


def test_facts_between_two_steps_are_written_down(login: Login, case: Case) -> None:
    client = login("inspector")
    url = f"/api/v1/cases/{case.pk}/fields"

    written = client.post(url, {"fields": {"root_cause": "worn burner"}}, content_type="application/json")
    unknown = client.post(url, {"fields": {"weather": "fine"}}, content_type="application/json")

    assert written.json()["fields"]["root_cause"] == "worn burner"
    assert (unknown.status_code, unknown.json()["error"]["field"]) == (422, "weather")


def test_a_clock_is_paused_with_a_reason_and_goes_on(login: Login, case: Case) -> None:
    client = login("approver")
    url = f"/api/v1/cases/{case.pk}/clocks/rectification"

    paused = client.post(f"{url}/pause", {"reason": "appraisal"}, content_type="application/json").json()
    again = client.post(f"{url}/pause", {"reason": "appraisal"}, content_type="application/json")
    resumed = client.post(f"{url}/resume").json()

    assert paused["clocks"][0]["paused_on"] == "2025-11-24"
    assert paused["clocks"][0]["remaining_days"] is None
    assert again.status_code == 409
    assert resumed["clocks"][0]["paused_on"] is None


def test_a_clock_shows_every_counted_and_every_skipped_day(duty: Client, case: Case) -> None:
    clock = page(duty, case)["clocks"][0]
    count = clock["count"]
    first, last = date.fromisoformat(count[0]["first"]), date.fromisoformat(count[-1]["last"])
    assert first == date.fromisoformat(clock["started_on"]) + timedelta(days=1)  # day 0 never counts
    assert last == date.fromisoformat(clock["due_on"])
    assert sum(one["days"] for one in count) == (last - first).days + 1
    for one, other in itertools.pairwise(count):
        assert date.fromisoformat(other["first"]) == date.fromisoformat(one["last"]) + timedelta(days=1)
    kinds = {one["kind"] for one in count}
    assert {"workday", "weekend", "holiday", "makeup_workday"} <= kinds
    assert {one["outcome"] for one in count} <= {"counted", "rolled"}  # natural months count every day
    assert any("春节" in one["text_zh"] and "Spring Festival" in one["text_en"] for one in count)


def test_a_file_becomes_evidence_under_its_hash_and_comes_back_unchanged(login: Login, case: Case) -> None:
    client = login("inspector")

    answer = upload(client, case, title="方案", kind="document")
    item = answer.json()  # type: ignore[attr-defined]
    content = client.get(item["content_url"])

    assert answer.status_code == 201  # type: ignore[attr-defined]
    assert item["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert (item["position"], item["title"], item["captured_by"]) == (0, "方案", "inspector")
    assert b"".join(content.streaming_content) == PDF
    assert content.headers["X-Content-SHA256"] == item["sha256"]
    assert "sandbox" in content.headers["Content-Security-Policy"]
    assert page(client, case)["evidence"][0]["hash"] == item["hash"]


def test_text_evidence_is_saved_and_never_shown_in_our_origin(login: Login, case: Case) -> None:
    client = login("inspector")
    file = SimpleUploadedFile("x.txt", b"<script>alert(1)</script>", content_type="text/plain")
    item = client.post(f"/api/v1/cases/{case.pk}/evidence", {"file": file}).json()

    content = client.get(item["content_url"])

    assert content.headers["Content-Disposition"].startswith("attachment")
    assert content.headers["X-Content-Type-Options"] == "nosniff"
    content.close()


def test_a_file_that_is_not_what_it_says_is_refused(login: Login, case: Case) -> None:
    answer = upload(login("inspector"), case, b"MZ this is a program")

    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "file")  # type: ignore[attr-defined]


def test_a_missing_file_is_named(login: Login, case: Case) -> None:
    answer = login("inspector").post(f"/api/v1/cases/{case.pk}/evidence", {"title": "x"})

    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "file")


def test_a_stored_value_is_frozen_as_evidence(login: Login, case: Case) -> None:
    client = login("inspector")
    url = f"/api/v1/cases/{case.pk}/evidence/observation"
    key = {"site": "O-1-01", "pollutant": "a21002", "cycle": "hour", "period_start": "2025-11-24T09:00:00+08:00"}

    item = client.post(url, {"observation": key}, content_type="application/json")
    content = client.get(item.json()["content_url"])
    none = client.post(url, {"observation": key | {"pollutant": "a21026"}}, content_type="application/json")
    foreign = client.post(
        url, {"observation": key | {"site": city.BAD_STATION, "pollutant": "a34004"}}, content_type="application/json"
    )

    assert (item.status_code, item.json()["kind"]) == (201, "observation")
    assert json.loads(b"".join(content.streaming_content))["value"] == "130.000000"
    assert (none.status_code, none.json()["error"]["field"]) == (404, "observation.period_start")
    assert (foreign.status_code, foreign.json()["error"]["field"]) == (422, "observation.site")


def test_the_chain_is_verified_and_a_changed_file_is_named(login: Login, case: Case, evidence_folder: Path) -> None:
    client = login("inspector")
    item = upload(client, case).json()  # type: ignore[attr-defined]
    url = f"/api/v1/cases/{case.pk}/evidence/verify"
    assert client.get(url).json() | {"items": []} == {
        "case": case.number,
        "intact": True,
        "first_break": None,
        "custody_break": None,
        "items": [],
    }

    path = next(one for one in evidence_folder.rglob(item["sha256"]))
    path.chmod(0o600)
    path.write_bytes(b"%PDF-1.7 another plan")
    report = client.get(url).json()

    assert (report["intact"], report["first_break"]) == (False, 0)
    assert report["items"][0]["reason"] == "file_changed"
    assert client.get(item["content_url"]).status_code == 409


def test_the_evidence_leaves_the_house_as_one_file_that_verifies_itself(
    login: Login, case: Case, tmp_path: Path
) -> None:
    client = login("inspector")
    upload(client, case)
    url = f"/api/v1/cases/{case.pk}/evidence/package"

    answer = client.get(url)
    (tmp_path / "case.zip").write_bytes(b"".join(answer.streaming_content))
    with zipfile.ZipFile(tmp_path / "case.zip") as package:
        package.extractall(tmp_path / "out")
    folder = tmp_path / "out"
    checked = subprocess.run([sys.executable, "verify.py"], cwd=folder, capture_output=True, text=True, check=False)

    assert answer.headers["Content-Disposition"] == f'attachment; filename="{case.number}.zip"'
    assert checked.returncode == 0, checked.stdout
    assert login("wuchang").get(url).status_code == 404


def test_broken_evidence_does_not_leave_the_house(login: Login, case: Case, evidence_folder: Path) -> None:
    client = login("inspector")
    item = upload(client, case).json()  # type: ignore[attr-defined]
    next(evidence_folder.rglob(item["sha256"])).unlink()

    assert client.get(f"/api/v1/cases/{case.pk}/evidence/package").status_code == 409


def test_evidence_is_reviewed_by_somebody_else(login: Login, case: Case) -> None:
    upload(login("inspector"), case)
    url = f"/api/v1/cases/{case.pk}/evidence/0/review"

    own = login("inspector").post(url, {"result": "pass"}, content_type="application/json")
    other = login("approver").post(url, {"result": "pass", "note": "ok"}, content_type="application/json")

    assert own.status_code == 409
    assert (other.status_code, other.json()["kind"], other.json()["content_url"]) == (201, "review", "")


def test_evidence_of_a_hidden_case_is_not_there(login: Login, case: Case) -> None:
    item = upload(login("inspector"), case).json()  # type: ignore[attr-defined]

    assert login("wuchang").get(item["content_url"]).status_code == 404
    assert login("wuchang").get(f"/api/v1/cases/{case.pk}/evidence/verify").status_code == 404
