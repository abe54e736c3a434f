"""Every judged figure opens its explanation, a rule tells its meaning, and a changed row tells what would change."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import City, Watch, api, shoot, sign_in
from tests.e2e.test_walk import until, visit

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
ENGLISH = "localStorage.setItem('qingtian.prefs', JSON.stringify({lang: 'en'}))"


def test_the_index_of_a_station_opens_its_explanation_by_key(page: Page, city: City, watch: Watch) -> None:
    sign_in(page, city, "dispatcher")
    station = next(one for one in api(page, "GET", "/stations?page_size=50", city)["items"] if one["aqi"])
    visit(page, city, f"/desk/stations/{station['code']}")
    page.get_by_test_id("why").first.focus()
    page.keyboard.press("Enter")
    panel = page.get_by_test_id("why-panel")
    expect(panel).to_be_visible()
    for part in ("HJ 633-2012", "2016-01-01", "正常", "向上进位", "现行"):
        expect(panel).to_contain_text(part)
    shoot(page, "why")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert watch.faults == []


def test_a_figure_of_the_screen_opens_what_it_counts_and_the_figure_behind_it(
    page: Page, city: City, watch: Watch
) -> None:
    sign_in(page, city, "dispatcher")
    page.add_init_script(ENGLISH)
    visit(page, city, "/screen")
    page.locator("[data-kpi=worst_station_aqi] button").click()
    expect(page.get_by_test_id("kpi-why")).to_contain_text("highest AQI of the newest hour")
    page.get_by_test_id("kpi-why").get_by_test_id("why").first.click()
    expect(page.get_by_test_id("why-panel")).to_contain_text("rounded up")
    assert watch.faults == []


def test_a_rule_is_explained_and_tried_and_changes_nothing(page: Page, city: City, watch: Watch) -> None:
    sign_in(page, city, "dispatcher")
    page.add_init_script(ENGLISH)
    visit(page, city, "/desk/rules?kind=detection_rule")
    page.get_by_role("link", name="det-air-pollution-1").click()
    expect(page.get_by_test_id("meaning")).to_contain_text("above_index")
    today = date.fromisoformat(api(page, "GET", "/meta", city)["clock"]["now"][:10])
    day = (today - timedelta(days=1)).isoformat()
    page.get_by_label("Column").select_option("parameters.above_index")
    page.get_by_label("New value").fill("400")
    page.get_by_label("First day").fill(day)
    page.get_by_label("Last day").fill(day)
    page.get_by_test_id("try-rule").get_by_role("button").click()
    expect(page.get_by_text("Rule tried")).to_be_visible()
    number = page.url.rsplit("/", 1)[-1]
    until(lambda: api(page, "GET", f"/recomputations/{number}", city)["state"] == "done", "the trial is carried out")
    found = api(page, "GET", f"/recomputations/{number}", city)
    assert found["counts"]["judged"] > 0
    expect(page.get_by_test_id("counts")).to_contain_text(str(found["counts"]["judged"]))
    shoot(page, "rule-tried")
    # In memory only: the rule of the city is what it was.
    assert api(page, "GET", "/rules/det-air-pollution-1", city)["values"]["parameters"]["above_index"] == "100"
    assert watch.faults == []
