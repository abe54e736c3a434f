"""A complaint in a real browser: filed at the window, sent back twice, given by the coordinator, answered, followed up."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import City, api, shoot, sign_in
from tests.e2e.test_walk import take_step, visit

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
NAME, PHONE = "王某某", "13800000000"


def sign_in_as(page: Page, city: City, username: str) -> None:
    """Sign in as one simulated person."""
    api(page, "POST", "/demo/session", city, {"username": username})


def step_as(page: Page, city: City, case: str, username: str, code: str, fields: dict[str, str], reason: str) -> None:
    """Take a step as one person of an organisation."""
    sign_in_as(page, city, username)
    visit(page, city, case)
    chooser = page.locator(f"[role=group] [data-step={code}]")
    if chooser.count():
        chooser.click()
    form = page.locator(f"[data-step-form={code}]")
    expect(form).to_be_visible()
    for name, value in fields.items():
        form.locator(f"[name={name}]").fill(value)
    form.locator("[name=reason]").fill(reason)
    form.get_by_test_id("take-step").click()
    expect(form).to_be_hidden()


@pytest.fixture(scope="module")
def story() -> dict[str, Any]:
    """What one step leaves for the next."""
    return {}


def detail(page: Page, city: City, story: dict[str, Any]) -> dict[str, Any]:
    """The case as the API tells it to who is signed in."""
    return dict(api(page, "GET", f"/cases/{story['id']}", city))


def test_the_window_files_a_complaint_about_a_place(page: Page, city: City, story: dict[str, Any]) -> None:
    sign_in(page, city, "window")
    visit(page, city, "/desk/cases/new?template=T2")
    form = page.get_by_test_id("file-form")
    form.get_by_test_id("file-do").click()
    expect(form.get_by_role("alert")).to_be_visible()  # what is missing is named before anything is sent
    form.locator("[name=title]").fill("夜间施工噪声扰民（模拟投诉）")
    form.locator("[name=region_code]").select_option("420106")
    form.locator("[name=place]").fill("武昌区某路口工地")
    form.locator("[name=org]").select_option("SIM-ORG-ECO")
    form.locator("[name=channel]").select_option("phone")
    form.locator("[name=category]").select_option("noise")
    form.locator("[name=problem]").fill("凌晨一点仍在浇筑混凝土")
    form.locator("[name=complainant_name]").fill(NAME)
    form.locator("[name=complainant_phone]").fill(PHONE)
    shoot(page, "complaint-form-zh")
    form.get_by_test_id("file-do").click()
    page.wait_for_url("**/desk/cases/*")
    expect(page.get_by_test_id("case-state")).to_contain_text("已登记")
    story["path"] = page.url.removeprefix(city.address)
    story["id"] = int(story["path"].rsplit("/", 1)[1])
    expect(page.get_by_test_id("accountable")).to_contain_text("生态环境局")


@pytest.mark.parametrize(("username", "org"), [("urban", "SIM-ORG-URBAN"), ("police", "SIM-ORG-POLICE")])
def test_an_organisation_sends_it_back_and_the_first_receiver_stays_accountable(
    page: Page, city: City, story: dict[str, Any], username: str, org: str
) -> None:
    take_step(page, city, story["path"], "window", "hand_over", {"transfer_to": org}, "按职责转办")
    expect(page.get_by_test_id("accountable")).to_contain_text("生态环境局")
    expect(page.get_by_test_id("asked")).to_be_visible()
    step_as(page, city, story["path"], username, "object_transfer", {}, "不属本单位职责")
    sign_in(page, city, "window")
    visit(page, city, story["path"])
    expect(page.get_by_test_id("handovers")).to_contain_text("不属本单位职责")
    expect(page.get_by_test_id("accountable")).to_contain_text("生态环境局")


def test_after_the_second_bounce_only_the_coordinator_decides(page: Page, city: City, story: dict[str, Any]) -> None:
    sign_in(page, city, "supervisor")
    visit(page, city, story["path"])
    expect(page.get_by_test_id("case-state")).to_contain_text("待协调")
    shoot(page, "complaint-bounced-zh")
    take_step(
        page, city, story["path"], "supervisor", "name_org", {"transfer_to": "SIM-ORG-URBAN"}, "夜间施工由城管查处"
    )
    expect(page.get_by_test_id("case-state")).to_contain_text("已受理")
    expect(page.get_by_test_id("accountable")).to_contain_text("城市管理")
    expect(page.get_by_test_id("clocks")).to_contain_text("法定")


def test_it_is_answered_followed_up_and_closed(page: Page, city: City, story: dict[str, Any]) -> None:
    step_as(page, city, story["path"], "urban", "investigate", {}, "已派员")
    sign_in_as(page, city, "urban")
    visit(page, city, story["path"])
    form = page.locator("[data-step-form=decide]")
    form.locator("[name=findings_of_fact]").fill("现场确有夜间浇筑，无连续作业证明")
    form.locator("[name=outcome]").select_option("substantiated")
    form.locator("[name=decision]").fill("责令停止夜间施工")
    form.get_by_test_id("take-step").click()
    expect(page.get_by_test_id("case-state")).to_contain_text("已作决定")
    take_step(page, city, story["path"], "window", "reply", {"reply_text": "已责令停止夜间施工"})
    take_step(page, city, story["path"], "window", "follow_up", {"satisfied": "yes", "follow_up_note": "已不再扰民"})
    papers = page.get_by_test_id("papers")
    papers.locator("[data-paper=reply]").click()
    expect(page.get_by_role("dialog")).to_contain_text("已责令停止夜间施工")
    page.keyboard.press("Escape")
    take_step(page, city, story["path"], "window", "close", {})
    sign_in(page, city, "window")
    assert detail(page, city, story)["closed_at"] is not None


def test_the_complainant_is_told_only_to_roles_that_need_it_and_each_reading_is_kept(
    page: Page, city: City, story: dict[str, Any]
) -> None:
    for role in ("inspector", "approver", "auditor", "data_steward", "dispatcher"):
        sign_in(page, city, role)
        answer = page.request.get(f"{city.address}/api/v1/cases/{story['id']}").text()
        assert NAME not in answer, role
        assert PHONE not in answer, role
    sign_in(page, city, "window")
    visit(page, city, story["path"])
    page.get_by_test_id("reveal").click()
    expect(page.get_by_test_id("private")).to_contain_text(NAME)
    sign_in(page, city, "auditor")
    journal = api(page, "GET", f"/events?object_type=case&object_id={story['id']}&page_size=200", city)["items"]
    assert any("private" in one["type"] for one in journal)
    told = str(journal)
    assert NAME not in told
    assert PHONE not in told


def test_the_board_and_the_map_show_the_complaints(page: Page, city: City, story: dict[str, Any]) -> None:
    sign_in(page, city, "dispatcher")
    visit(page, city, "/desk/cases?as=board&template=T2")
    board = page.get_by_test_id("board")
    expect(board.locator(f"[data-case='{story['id']}']")).to_be_visible()
    shoot(page, "board-zh")
    page.locator("[data-as=map]").click()
    expect(page.get_by_test_id("case-map")).to_be_visible()
    shoot(page, "case-map-zh")
