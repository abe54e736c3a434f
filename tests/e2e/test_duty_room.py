"""The duty room in a real browser: the bell rings, a line is acknowledged, a shift is swapped, a shift is handed over."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.accessibility import accessible
from tests.e2e.conftest import City, api, shoot, sign_in
from tests.e2e.test_complaint import sign_in_as
from tests.e2e.test_walk import until, visit

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
ROOM, DAY_SHIFT = "duty-room", "duty"
PAGES = (
    "notices",
    "notices/policies",
    "notices/deliveries",
    "notices/contact",
    "rosters",
    "rosters/swaps",
    f"rosters/{ROOM}",
    "handovers",
)


@pytest.fixture(scope="module")
def story() -> dict[str, Any]:
    """What one step leaves for the next."""
    return {}


def now_of(page: Page, city: City) -> datetime:
    """Time of the city."""
    return datetime.fromisoformat(api(page, "GET", "/meta", city)["clock"]["now"])


def on_duty(page: Page, city: City) -> str:
    """Who holds the duty room now."""
    rooms = api(page, "GET", "/rosters", city)
    return str(next(one for one in rooms if one["code"] == ROOM)["now"][0]["username"])


def test_a_finding_rings_the_bell_of_who_is_on_duty_without_a_reload(
    page: Page, city: City, story: dict[str, Any]
) -> None:
    sign_in(page, city, "inspector")
    outlet = api(page, "GET", "/registry/objects?type=outlet&page_size=1", city)["items"][0]
    holder = on_duty(page, city)
    sign_in_as(page, city, holder)
    visit(page, city, "/desk/notices")
    before = int(page.get_by_test_id("bell").get_attribute("data-unread") or 0)
    entry = {
        "source": "patrol",
        "kind": "patrol_problem",
        "seen_at": now_of(page, city).isoformat(),
        "description": "采样平台护栏松动（模拟）",
        "object_type": "outlet",
        "object_code": outlet["code"],
        "part": f"护栏 {os.getpid()}",
    }
    sign_in(page, city, "inspector")
    story["number"] = api(page, "POST", "/findings/entries", city, entry)["number"]
    sign_in_as(page, city, holder)
    page.wait_for_function(
        "before => Number(document.querySelector('[data-testid=bell]')?.dataset.unread) > before", arg=before
    )
    line = api(page, "GET", f"/notices?subject={story['number']}", city)["items"][0]
    assert (line["reason"], line["answerable"]) == ("on_duty", True)
    story |= {"holder": holder, "line": line["id"]}


def test_the_line_is_opened_and_acknowledged(page: Page, city: City, story: dict[str, Any]) -> None:
    sign_in_as(page, city, story["holder"])
    visit(page, city, f"/desk/notices?q={story['number']}")
    shoot(page, "inbox-zh")
    page.locator(f"[data-row='{story['line']}'] a").click()
    expect(page.locator("[data-receiver]").first).to_contain_text("当班")
    expect(page.get_by_text("升级步骤").first).to_be_visible()
    page.get_by_test_id("acknowledge-one").click()
    expect(page.get_by_text("已确认").first).to_be_visible()
    shoot(page, "notice-zh")
    assert api(page, "GET", f"/notices/{story['line']}", city)["closed_by"] == story["holder"]


def test_a_shift_is_offered_on_the_month_and_taken(page: Page, city: City) -> None:
    sign_in_as(page, city, DAY_SHIFT)
    tomorrow = now_of(page, city).date() + timedelta(days=1)
    visit(page, city, f"/desk/rosters?month={tomorrow:%Y-%m}")
    expect(page.get_by_test_id("roster-month")).to_be_visible()
    shoot(page, "roster-month-zh")
    page.locator(f"td[data-day='{tomorrow}'] button").first.click()
    page.locator("dialog select[name=other]").select_option("inspector1")
    page.locator("dialog input[name=reason]").fill("体检")
    page.get_by_test_id("ask-swap").click()
    expect(page.locator("dialog [role=status]")).to_be_visible()
    sign_in_as(page, city, "inspector1")
    visit(page, city, "/desk/rosters/swaps?state=asked")
    page.get_by_role("button", name="接受").first.click()
    visit(page, city, f"/desk/rosters?month={tomorrow:%Y-%m}")
    expect(page.locator(f"td[data-day='{tomorrow}']")).to_contain_text("替")
    shoot(page, "roster-swapped-zh")


def test_a_shift_is_handed_over_in_writing_by_two_signatures(page: Page, city: City, story: dict[str, Any]) -> None:
    sign_in_as(page, city, DAY_SHIFT)
    visit(page, city, "/desk/rosters")
    page.get_by_test_id("hand-over").click()
    page.locator("textarea[name=text]").fill("3号站数采仪已电话联系，明早复查（模拟）")
    expect(page.locator("[data-matter=findings]")).to_be_visible()
    page.get_by_test_id("give").click()
    expect(page.get_by_text("待签收").first).to_be_visible()
    shoot(page, "handover-given-zh")
    number = page.url.rsplit("/", 1)[-1]
    note = api(page, "GET", f"/handovers/{number}", city)
    assert note["text"].startswith("3号站")
    assert note["intact"]
    sign_in_as(page, city, note["taker"]["username"])
    visit(page, city, "/desk/handovers?mine=1")
    page.get_by_role("link", name=number).click()
    page.locator("textarea[name=answer]").fill("已阅")
    page.get_by_test_id("accept").click()
    expect(page.get_by_text("已签收").first).to_be_visible()
    shoot(page, "handover-accepted-zh")
    kept = api(page, "GET", f"/handovers/{number}", city)
    assert (kept["state"], kept["answer"], kept["content_hash"]) == ("accepted", "已阅", note["content_hash"])
    inbox = api(page, "GET", f"/notices?subject={number}", city)["items"]
    assert [one["closed_why"] for one in inbox] == ["settled"]


def test_a_calendar_program_reads_ones_shifts_by_a_secret_link(page: Page, city: City) -> None:
    sign_in_as(page, city, DAY_SHIFT)
    visit(page, city, "/desk/rosters/swaps")
    page.get_by_test_id("share-calendar").click()
    link = page.get_by_test_id("calendar-link").inner_text()
    page.context.clear_cookies()
    answer = page.request.get(link)
    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.text().count("BEGIN:VEVENT") > 30


def test_one_says_how_one_is_reached(page: Page, city: City) -> None:
    sign_in_as(page, city, "handler")
    visit(page, city, "/desk/notices/contact")
    page.locator("input[name=email]").fill("handler@example.org")
    page.locator("input[name=quiet_from]").fill("22:00")
    page.get_by_test_id("keep-contact").click()
    expect(page.locator("p[role=alert]")).to_be_visible()  # quiet hours have two ends
    page.locator("input[name=quiet_until]").fill("07:00")
    page.get_by_test_id("keep-contact").click()
    expect(page.locator("form [role=status]")).to_have_text("已保存。")
    assert api(page, "GET", "/me/contact", city)["quiet_until"] == "07:00"


@pytest.mark.parametrize(("lang", "width"), [("zh", 1440), ("en", 360)])
def test_every_page_of_the_room_opens_in_both_languages_and_on_a_phone(
    page: Page, city: City, lang: str, width: int
) -> None:
    page.add_init_script(f"localStorage.setItem('qingtian.prefs', JSON.stringify({{lang: '{lang}'}}))")
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, city, "supervisor")
    for path in PAGES:
        visit(page, city, f"/desk/{path}")
        until(lambda: not page.locator("[aria-busy=true]").count(), f"{path} is loaded", 20)
        assert page.locator("[data-state=error], [data-state=forbidden]").count() == 0, path
        accessible(page)
        shoot(page, f"{path.replace('/', '-')}-{lang}-{width}")


def test_the_log_tells_whoever_may_not_read_it_which_right_is_missing(page: Page, city: City) -> None:
    sign_in(page, city, "legal_reviewer")
    visit(page, city, "/desk/notices/deliveries")
    until(lambda: page.locator("[data-state=forbidden]").count(), "the refusal", 20)
