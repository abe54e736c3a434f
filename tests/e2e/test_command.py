"""What waits, who takes it, how well it went, in a real browser: to-do, dispatch by a key, the board down to the case."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.accessibility import accessible
from tests.e2e.conftest import City, api, shoot, sign_in
from tests.e2e.test_complaint import sign_in_as
from tests.e2e.test_enterprise import language
from tests.e2e.test_walk import visit

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
ZH = json.loads((Path(__file__).parents[2] / "ui/src/locales/zh.json").read_text("utf-8"))
PAGES = ("todo", "dispatch", "board", "board/cases")
COMPLAINT = {
    "template": "T2",
    "region_code": "420106",
    "place": "中北路（模拟）",
    "lon": 114.33,
    "lat": 30.56,
    "fields": {"channel": "phone", "category": "odour", "problem": "异味", "complainant_name": "王某某"},
}


@pytest.fixture(scope="module")
def story() -> dict[str, Any]:
    """What one step leaves for the next."""
    return {}


def test_what_waits_stands_in_four_lists_as_the_server_counts_them(
    page: Page, city: City, story: dict[str, Any]
) -> None:
    sign_in(page, city, "window")
    title = f"夜间异味（模拟投诉）{os.getpid()}"
    filed = api(page, "POST", "/cases", city, COMPLAINT | {"title": title})
    story |= {"id": filed["id"], "number": filed["number"], "title": title}
    visit(page, city, "/desk/todo")
    expect(page.get_by_test_id("todo")).to_contain_text(title)  # a complaint waits for the window to accept it
    sign_in(page, city, "dispatcher")
    visit(page, city, "/desk/todo")
    told = api(page, "GET", "/todo/tabs", city)
    for view in ("near", "breached", "check"):
        page.locator(f"[data-view={view}]").click()
        page.wait_for_url(f"**/desk/todo?view={view}*")
        expect(page.locator(f"[data-view={view}]")).to_have_attribute("aria-pressed", "true")
        expect(page.locator(f"[data-view={view}]")).to_contain_text(str(told[view]))
    page.locator("[data-view=near]").click()
    page.locator("select[name=days]").select_option("30")
    page.wait_for_url("**days=30*")
    page.locator("input[type=search]").fill(story["number"])
    page.locator("input[type=search]").press("Enter")
    expect(page.get_by_test_id("todo").locator("tbody tr")).to_have_count(1)
    shoot(page, "todo-near-zh")
    accessible(page)
    page.locator("h1").click()
    page.keyboard.press("j")
    page.wait_for_url("**id=case*")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/desk/cases/{story['id']}")


def test_a_case_is_given_to_a_person_by_a_key(page: Page, city: City, story: dict[str, Any]) -> None:
    sign_in(page, city, "dispatcher")
    visit(page, city, "/desk/dispatch?template=T2")
    page.get_by_test_id("cases").get_by_role("button", name=story["title"]).click()
    people = page.get_by_test_id("candidates").locator("[data-person]")
    expect(people.first).to_be_visible()
    shoot(page, "dispatch-zh")
    accessible(page)
    name = people.nth(0).get_attribute("data-person")
    page.keyboard.press("1")
    expect(page.get_by_test_id("said")).to_contain_text(story["number"])
    assert api(page, "GET", f"/cases/{story['id']}", city)["responsible"] == name
    row = page.get_by_test_id("loads").locator(f"[data-row={name}]")
    row.get_by_role("button").click()
    page.wait_for_url(f"**responsible={name}*")
    expect(page.get_by_test_id("cases")).to_contain_text(story["title"])


def test_every_number_of_the_board_leads_to_its_cases(page: Page, city: City, story: dict[str, Any]) -> None:
    sign_in(page, city, "window")
    api(page, "POST", f"/cases/{story['id']}/transitions", city, {"to": "accept"})  # in time: a period is kept
    sign_in(page, city, "supervisor")
    visit(page, city, "/desk/board?template=T2")
    board = api(page, "GET", "/board?template=T2", city)
    kept = next(one for one in board["total"]["figures"] if one["rate"] == "on_time")
    cell = page.locator("[data-table=cases] [data-row=total] [data-rate=on_time]")
    expect(cell).to_have_attribute("data-value", kept["value"])
    expect(page.locator("[data-table]")).to_have_count(3)
    expect(page.locator("[data-rule=satisfaction]")).to_be_visible()
    shoot(page, "board-zh")
    accessible(page)
    page.emulate_media(media="print")
    expect(page.get_by_test_id("print")).to_be_hidden()
    expect(page.locator("header.top")).to_be_hidden()
    shoot(page, "board-print")
    page.emulate_media(media="screen")
    with page.expect_download() as file:
        page.get_by_role("link", name=ZH["action"]["exportCsv"]).click()
    written = Path(file.value.path()).read_text("utf-8-sig")
    assert all(f",{one}," in written for one in ("on_time", "write_off", "rebound", "follow_up", "satisfaction"))
    cell.locator("[data-part=yes]").click()
    page.wait_for_url("**/desk/board/cases*")
    expect(page.get_by_test_id("behind").locator("tbody tr")).to_have_count(min(kept["yes"], 50))
    expect(page.get_by_test_id("behind")).to_contain_text(story["number"])
    shoot(page, "board-cases-zh")
    page.locator("[data-testid=behind] a").first.click()
    page.wait_for_url("**/desk/cases/*")


@pytest.mark.parametrize(("lang", "width"), [("en", 1440), ("zh", 360)])
def test_the_pages_hold_in_english_and_on_a_phone(page: Page, city: City, lang: str, width: int) -> None:
    language(page, lang)
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(page, city, "dispatcher")
    for name in PAGES:
        visit(page, city, f"/desk/{name}")
        expect(page.locator("h1")).to_have_count(1)
        accessible(page)
        shoot(page, f"command-{name.replace('/', '-')}-{lang}-{width}")


def test_an_enterprise_sees_what_waits_for_it_and_neither_dispatch_nor_board(page: Page, city: City) -> None:
    meta = api(page, "GET", "/meta", city)
    owner = next(one["username"] for one in meta["demo_accounts"] if one["username"].startswith("plant-"))
    sign_in_as(page, city, owner)
    visit(page, city, "/desk/todo")
    expect(page.get_by_test_id("sentence")).to_be_visible()
    for name in ("dispatch", "board"):
        visit(page, city, f"/desk/{name}")
        expect(page.locator("[data-state=forbidden]")).to_be_visible()
