"""A case from the alarm to the watch after its write-off, over nothing but the API, as the desk does it."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.apps.city import good_hours, judge
from tests.interfaces import city
from tests.interfaces.standing import Standing
from tests.interfaces.test_access import let_go

from qingtian.runtime.clock import ReplayState, real_now, set_clock
from qingtian.runtime.settings import get_settings

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NOTICE_OVER = city.NOW + timedelta(days=8)  # five working days after a Monday, and the weekend
PLAN = {
    "cause": "脱硝喷氨不足",
    "responsible_party": "第1热电厂",
    "measures": ["增加喷氨量", "更换催化剂"],
    "target": "NOx 小时均值达标",
    "due_date": "2025-12-31",
}
DONE = {"measures_done": ["增加喷氨量", "更换催化剂"], "self_check": "已完成"}
PROOF = {
    "punishment": "武环罚〔2025〕12号",
    "lookalike_check": "同厂机组均已排查",
    "root_cause": "催化剂失活",
    "standing_mechanism": "每季度检测催化剂活性",
    "acceptor": "approver",
}


def travel(at: datetime) -> None:
    """City time stands at another moment."""
    set_clock(get_settings().data_dir, ReplayState(at, real_now(), speed=60, paused=True, label_zh="", label_en=""))


class Desk:
    """What people do with one case in their browsers."""

    def __init__(self, standing: Standing, number: int) -> None:
        self.standing, self.number = standing, number

    def page(self, who: str = "dispatcher") -> dict[str, Any]:
        return self.standing.client(who).get(f"/api/v1/cases/{self.number}").json()

    def step(self, who: str, to: str, **fields: object) -> Any:
        body = {"to": to, "fields": fields, "reason": "", "revision": self.page()["revision"]}
        return self.standing.client(who).post(
            f"/api/v1/cases/{self.number}/transitions", body, content_type="application/json"
        )

    def offer(self, who: str, to: str) -> dict[str, Any]:
        return next(one for one in self.page(who)["next_steps"] if one["to"] == to)

    def attach(self, who: str) -> None:
        file = SimpleUploadedFile("现场.pdf", b"%PDF-1.7 site", content_type="application/pdf")
        url = f"/api/v1/cases/{self.number}/evidence"
        assert self.standing.client(who).post(url, {"file": file, "kind": "site_record"}).status_code == 201


@pytest.fixture
def desk(standing: Standing) -> Desk:
    """A case of the fresh finding."""
    url = standing.at("/api/v1/findings/{finding_id}/open-case")
    opened = standing.client("dispatcher").post(
        url, {"template": "T1", "responsible": "handler"}, content_type="application/json"
    )
    return Desk(standing, opened.json()["id"])


@pytest.fixture
def notified(desk: Desk) -> Desk:
    """The same case, publicly notified."""
    planned = desk.step("dispatcher", "planned", **PLAN)
    assert planned.status_code == 200, planned.content.decode()
    assert desk.step("handler", "rectifying").status_code == 200
    assert desk.step("handler", "self_checked", **DONE).status_code == 200
    assert desk.step("handler", "applied").status_code == 200
    desk.attach("inspector")
    assert desk.step("inspector", "site_verified", site_result="现场正常").status_code == 200
    assert desk.step("approver", "publicly_notified").status_code == 200
    return desk


def unmet(answer: Any) -> set[str]:
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (409, "transition_refused"), answer.content
    return {one["guard"] for one in error["params"]["unmet"]}


def test_a_case_is_written_off_only_when_later_data_prove_it(notified: Desk, standing: Standing) -> None:
    early = notified.step("approver", "written_off", **PROOF)
    travel(NOTICE_OVER)
    without_data = notified.step("approver", "written_off", **PROOF)
    good_hours(standing.town.objects["O-1-01"], city.NOW + HOUR, 24)
    done = notified.step("approver", "written_off", **PROOF)

    assert "public_notice_elapsed" in unmet(early)
    assert unmet(without_data) == {"effect_shown_by_data"}
    assert done.status_code == 200, done.content
    case = done.json()
    assert case["written_off_at"] == NOTICE_OVER.isoformat()
    assert case["watch_until"] > NOTICE_OVER.date().isoformat()
    assert (case["overdue"], case["remaining_working_days"]) == (False, None)
    assert int(case["effect"]["valid_hours"]) >= 24
    assert int(case["effect"]["exceeding_hours"]) == 0


def test_one_hour_over_the_limit_after_the_measures_is_no_proof(notified: Desk, standing: Standing) -> None:
    travel(NOTICE_OVER)
    outlet = standing.town.objects["O-1-01"]
    good_hours(outlet, city.NOW + HOUR, 30)
    judge(outlet, city.NOW + 40 * HOUR, "exceeds")

    refused = notified.step("approver", "written_off", **PROOF)

    assert unmet(refused) == {"effect_shown_by_data"}
    said = refused.json()["error"]["params"]["unmet"][0]
    assert said["label_zh"]
    assert said["label_en"]
    assert "1" in said["detail"]


@pytest.mark.parametrize("missing", ["punishment", "lookalike_check", "root_cause", "acceptor"])
def test_each_part_of_the_proof_is_needed(notified: Desk, standing: Standing, missing: str) -> None:
    travel(NOTICE_OVER)
    good_hours(standing.town.objects["O-1-01"], city.NOW + HOUR, 24)

    answer = notified.step("approver", "written_off", **{key: one for key, one in PROOF.items() if key != missing})

    assert answer.status_code in (409, 422)
    assert missing in answer.content.decode()
    assert notified.page()["state"] == "publicly_notified"


def test_the_time_line_tells_who_took_each_step(notified: Desk) -> None:
    page = notified.page()

    moves = [(one["actor"], one["payload"]["to"]) for one in page["timeline"] if one["type"] == "case.moved"]
    assert moves == [
        ("dispatcher", "planned"),
        ("handler", "rectifying"),
        ("handler", "self_checked"),
        ("handler", "applied"),
        ("inspector", "site_verified"),
        ("approver", "publicly_notified"),
    ]
    assert page["revision"] > len(moves)
    assert page["fields"]["measures"] == PLAN["measures"]
    assert {one["code"] for one in page["clocks"]} >= {"rectification", "public_notice"}


def test_the_date_of_the_plan_becomes_the_date_of_the_case(desk: Desk) -> None:
    before = desk.page()["due_at"]

    desk.step("dispatcher", "planned", **PLAN)

    page = desk.page()
    clock = next(one for one in page["clocks"] if one["code"] == "rectification")
    assert page["due_at"] != before
    assert page["due_at"].startswith("2025-12-31")
    assert clock["due_on"] == "2025-12-31"
    assert "2025-12-31" in clock["explanation_zh"]


def test_a_step_is_offered_exactly_to_those_who_may_take_it(desk: Desk) -> None:
    for who, may in (("dispatcher", True), ("handler", True), ("inspector", False), ("enterprise", False)):
        offer = desk.offer(who, "planned")
        assert offer["role_allowed"] is may
        assert desk.step(who, "planned", **PLAN).status_code == (200 if may else 403)
        if may:
            break


def test_a_form_that_lacks_a_field_says_which(desk: Desk) -> None:
    offered = [one["name"] for one in desk.offer("dispatcher", "planned")["fields"] if one["required"]]

    for name in offered:
        answer = desk.step("dispatcher", "planned", **{key: one for key, one in PLAN.items() if key != name})
        assert answer.status_code in (409, 422), name
        assert name in answer.content.decode()
    assert set(offered) == set(PLAN)


@pytest.mark.parametrize(
    ("field", "value"),
    [("due_date", "soon"), ("due_date", "2025-02-30"), ("measures", "one"), ("measures", []), ("cause", 5)],
)
def test_a_field_of_the_wrong_kind_is_refused_by_its_name(desk: Desk, field: str, value: object) -> None:
    answer = desk.step("dispatcher", "planned", **(PLAN | {field: value}))

    error = answer.json()["error"]
    assert answer.status_code in (409, 422), answer.content
    assert field in str(error)
    assert desk.page()["state"] == "listed"


def test_measures_that_are_not_all_done_hold_the_application(desk: Desk) -> None:
    desk.step("dispatcher", "planned", **PLAN)
    desk.step("handler", "rectifying")
    desk.step("handler", "self_checked", measures_done=["增加喷氨量"], self_check="一半")

    half = desk.step("handler", "applied")

    assert unmet(half) == {"measures_done"}
    assert desk.page()["state"] == "self_checked"
    offer = desk.offer("handler", "applied")
    assert (offer["role_allowed"], offer["allowed"]) == (True, False)
    assert [one["guard"] for one in offer["unmet"]] == [one["guard"] for one in half.json()["error"]["params"]["unmet"]]


def test_who_looked_at_an_old_page_does_not_move_the_case(desk: Desk) -> None:
    revision = desk.page()["revision"]
    desk.step("dispatcher", "planned", **PLAN)

    answer = desk.standing.client("handler").post(
        f"/api/v1/cases/{desk.number}/transitions",
        {"to": "rectifying", "revision": revision},
        content_type="application/json",
    )

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (409, "conflict", "revision")
    assert error["remedy"]


def test_a_case_that_is_late_shows_in_its_view_and_in_the_figures(desk: Desk) -> None:
    desk.step("dispatcher", "planned", **PLAN)
    client = desk.standing.client("supervisor")

    travel(datetime(2025, 12, 29, 9, 0, tzinfo=city.SHANGHAI))
    soon = [one["id"] for one in client.get("/api/v1/cases?view=due_soon").json()["items"]]
    travel(datetime(2026, 1, 5, 9, 0, tzinfo=city.SHANGHAI))
    late = client.get("/api/v1/cases?view=overdue").json()["items"]

    assert desk.number in soon
    assert [(one["id"], one["overdue"]) for one in late] == [(desk.number, True)]
    assert late[0]["remaining_working_days"] < 0
    assert client.get("/api/v1/overview").json()["cases"]["overdue"] == 1


def test_the_package_of_a_case_is_sent_whole(notified: Desk) -> None:
    answer = notified.standing.client("supervisor").get(f"/api/v1/cases/{notified.number}/evidence/package")

    body = b"".join(answer.streaming_content)
    let_go(answer)
    with zipfile.ZipFile(io.BytesIO(body)) as package:
        assert package.testzip() is None
        assert any(name.endswith(".py") for name in package.namelist())  # the verifier
    assert answer.headers["Content-Type"] == "application/zip"
    assert notified.page()["number"] in answer.headers["Content-Disposition"]


def test_a_further_finding_of_the_place_joins_the_case_and_one_of_another_does_not(desk: Desk) -> None:
    client, findings = desk.standing.client("dispatcher"), desk.standing.findings
    url = f"/api/v1/cases/{desk.number}/findings"

    joined = client.post(f"{url}/{findings['confirmed'].pk}")
    again = client.post(f"{url}/{findings['confirmed'].pk}")
    stranger = client.post(f"{url}/{findings['other'].pk}")

    assert joined.status_code == 200
    assert {one["id"] for one in joined.json()["findings"]} == {findings["fresh"].pk, findings["confirmed"].pk}
    assert (again.status_code, stranger.status_code) == (409, 409)
    assert len(desk.page()["findings"]) == 2
