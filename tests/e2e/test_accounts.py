"""Accounts in a real browser: made, second factor, key, deputy, everywhere signed out; the matrix of rights; at 360 px."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e.accessibility import grave_violations
from tests.e2e.conftest import City, Watch, api, shoot, sign_in
from tests.e2e.test_walk import visit

from qingtian.apps.accounts.permissions import TABLE, Verb
from qingtian.apps.accounts.roles import Role
from qingtian.apps.accounts.totp import hotp, step_at
from qingtian.runtime.clock import real_now

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
NAME, PASSWORD = "e2e.zhao", "seventeen quiet herons"


@pytest.fixture(scope="module")
def story() -> dict[str, Any]:
    """What one step leaves for the next."""
    return {"step": 0}


def code_of(story: dict[str, Any]) -> str:
    """The code of the generator; each counts once, so the next step where this one is spent."""
    secret = base64.b32decode(story["secret"] + "=" * (-len(story["secret"]) % 8))
    story["step"] = max(step_at(real_now()), story["step"] + 1)
    return hotp(secret, story["step"])


def enter(page: Page, city: City, code: str = "") -> None:
    """Sign in with name and password on the page."""
    visit(page, city, "/desk/session")
    page.locator("[name=username], form input[autocomplete=username]").last.fill(NAME)
    page.locator("input[autocomplete=current-password]").fill(PASSWORD)
    page.locator("form button[type=submit]").last.click()
    if code:
        page.locator("[name=code]").fill(code)
        page.locator("form button[type=submit]").last.click()


def by_key(city: City, key: str, path: str) -> int:
    """Status of a request of a program."""
    request = urllib.request.Request(f"{city.address}/api/v1{path}", headers={"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_the_steward_makes_an_account_and_faults_are_named(page: Page, city: City) -> None:
    sign_in(page, city, "data_steward")
    visit(page, city, "/desk/accounts")
    page.get_by_test_id("new-account").click()
    form = page.get_by_test_id("account-form")
    form.locator("[name=username]").fill(NAME)
    form.locator("[name=display_name]").fill("赵处理（模拟）")
    form.locator("[name=display_name_en]").fill("Zhao, handler (simulated)")
    form.locator("[name=password]").fill("short")
    form.locator("[name=role]").select_option("inspector")
    form.get_by_test_id("save").click()
    expect(form.get_by_role("alert")).to_be_focused()  # an inspector has a card
    form.locator("[name=role]").select_option("handler")
    form.locator("[name=region_code]").fill("420100")
    form.get_by_test_id("save").click()
    expect(form.locator("[name=password]")).to_have_attribute("aria-invalid", "true")
    form.locator("[name=password]").fill(PASSWORD)
    shoot(page, "account-form-zh")
    form.get_by_test_id("save").click()
    page.wait_for_url(f"**/desk/accounts/{NAME}")
    expect(page.locator("main")).to_contain_text("承办人")
    visit(page, city, "/desk/accounts?q=zhao")
    expect(page.locator("tbody tr")).to_have_count(1)
    shoot(page, "accounts-zh")


def test_a_second_factor_is_enrolled_and_asked_for(page: Page, city: City, story: dict[str, Any]) -> None:
    enter(page, city)
    page.wait_for_url("**/desk/alarms**")
    visit(page, city, "/desk/me")
    panel = page.get_by_test_id("factor")
    panel.get_by_test_id("begin-factor").click()
    expect(panel.locator("img")).to_be_visible()
    story["secret"] = panel.get_by_test_id("factor-secret").inner_text()
    shoot(page, "factor-zh")
    panel.locator("[name=code]").fill(code_of(story))
    panel.get_by_test_id("confirm-factor").click()
    expect(panel.get_by_test_id("recovery-codes").locator("li")).to_have_count(10)
    story["recovery"] = panel.get_by_test_id("recovery-codes").locator("li").all_inner_texts()
    panel.get_by_test_id("noted").click()
    api(page, "DELETE", "/session", city)

    enter(page, city, "000000")
    expect(page.get_by_role("alert")).to_be_visible()
    page.locator("[name=code]").fill(story["recovery"][0])
    page.locator("form button[type=submit]").last.click()
    page.wait_for_url("**/desk/alarms**")


def test_a_key_reads_for_its_owner_until_it_is_revoked(page: Page, city: City, story: dict[str, Any]) -> None:
    enter(page, city, code_of(story))
    page.wait_for_url("**/desk/alarms**")
    visit(page, city, "/desk/me")
    panel = page.get_by_test_id("keys")
    panel.locator("summary").click()
    panel.locator("[name=name]").fill("园区平台")
    panel.get_by_test_id("make-key").click()
    key = panel.get_by_test_id("new-key").inner_text()
    shoot(page, "key-zh")
    before = by_key(city, key, "/findings"), by_key(city, key, "/me/keys"), by_key(city, key, "/accounts")
    panel.locator("tbody button").first.click()
    expect(panel.locator("tbody")).to_contain_text("已吊销")

    assert before == (200, 403, 403)
    assert by_key(city, key, "/findings") == 401


def test_a_deputy_acts_for_the_other_and_the_bar_says_so(page: Page, city: City) -> None:
    duty = sign_in(page, city, "dispatcher")
    visit(page, city, "/desk/me")
    panel = page.get_by_test_id("deputies")
    panel.locator("summary").click()
    panel.locator("[name=deputy]").select_option(NAME)
    panel.locator("[name=reason]").fill("休假")
    panel.get_by_test_id("delegate").click()
    expect(panel.locator("tbody")).to_contain_text("赵处理")
    api(page, "DELETE", "/session", city)
    sign_in(page, city, "data_steward")
    told = api(page, "GET", f"/accounts/{NAME}", city)
    assert told["delegations"][0]["principal"] == duty["username"]
    visit(page, city, f"/desk/accounts/{NAME}")
    expect(page.locator("main")).to_contain_text("启用两步验证")
    shoot(page, "account-zh")


def test_signed_out_everywhere_means_everywhere(
    page: Page, city: City, story: dict[str, Any], browser: Browser
) -> None:
    other = browser.new_context(locale="en-US")
    theirs = other.new_page()
    enter(theirs, city, story["recovery"][1])
    theirs.wait_for_url("**/desk/alarms**")
    sign_in(page, city, "data_steward")
    visit(page, city, f"/desk/accounts/{NAME}")
    page.get_by_test_id("sign-out-all").click()
    expect(page.get_by_test_id("sign-out-all")).to_be_hidden()

    assert json.loads(theirs.request.get(f"{city.address}/api/v1/session").text())["authenticated"] is False
    other.close()


def test_every_cell_of_the_page_of_rights_is_the_table(page: Page, city: City) -> None:
    sign_in(page, city, "auditor")
    visit(page, city, "/desk/rights")
    shown = page.locator("[data-cell]").evaluate_all("all => all.map(one => [one.dataset.cell, one.dataset.may])")
    seen = page.locator("[data-sight]").count()
    shoot(page, "rights-zh")

    assert dict(shown) == {
        f"{verb} {role}": "true" if role in TABLE[verb] else "false" for verb in Verb for role in Role
    }
    assert seen % len(Role) == 0 and seen > 0


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        ("auditor", {"accounts", "reads", "rights"}),
        ("dispatcher", {"rights"}),
        ("data_steward", {"accounts", "rights"}),
    ],
)
def test_the_menu_offers_what_the_role_may_open(page: Page, city: City, role: str, offered: set[str]) -> None:
    sign_in(page, city, role)
    visit(page, city, "/desk/rights")
    found = page.locator("nav details.more a").evaluate_all("all => all.map(one => one.getAttribute('href'))")

    rooms = {"accounts", "reads", "rights"}
    assert {str(one).rsplit("/", 1)[1] for one in found} & rooms == offered


@pytest.mark.parametrize("path", ["/desk/me", "/desk/accounts", "/desk/accounts/new", "/desk/rights", "/desk/reads"])
def test_in_english_and_on_a_phone_nothing_sticks_out_and_everybody_can_read_it(
    browser: Browser, city: City, path: str
) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 780}, locale="en-US", timezone_id="Asia/Shanghai")
    page, watch = context.new_page(), Watch(city.address)
    watch.attach(page)
    sign_in(page, city, "data_steward" if path != "/desk/reads" else "auditor")
    visit(page, city, path)
    page.get_by_test_id("lang").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    width = page.evaluate("document.documentElement.scrollWidth")
    grave = grave_violations(page)
    shoot(page, f"phone{path.replace('/', '-')}-en")
    context.close()

    assert (width, watch.faults, grave) == (360, [], [])
