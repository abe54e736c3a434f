"""A duty that was missed, in a real browser: it is found, the enterprise answers from afar with proof, nobody drives out."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import City, api, shoot, sign_in
from tests.e2e.test_complaint import sign_in_as
from tests.e2e.test_walk import DEFAULT_SPEED, FAST, set_speed, until, visit

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def story() -> dict[str, Any]:
    """What one step leaves for the next."""
    return {}


ATTACHED = json.loads((Path(__file__).parents[2] / "ui/src/locales/zh.json").read_text())["duty"]["attached"]
SETTLED = "() => document.querySelector('[data-state=late]') || document.querySelector('p[role=alert]')"
LEDGER = {"template": "LED", "rhythm": "1/week", "ground": "巡查要求每周报送台账（模拟）"}


def impose(page: Page, city: City, enterprise: str) -> None:
    """A weekly duty whose last weeks nobody has proved."""
    now = api(page, "GET", "/meta", city)["clock"]["now"]
    today = date.fromisoformat(now[:10])
    since = f"{today - timedelta(days=17)}"
    permits = api(page, "GET", f"/registry/objects?type=permit&enterprise={enterprise}", city)["items"]
    place = {"object_type": "permit", "object": permits[0]["code"]} if permits else {}
    duty = LEDGER | {"item": now[5:16], "object_type": "enterprise", "object": enterprise, "since": since} | place
    api(page, "POST", "/obligations", city, duty)


def test_a_missed_duty_is_a_finding_that_names_duty_day_and_clause(
    page: Page, city: City, story: dict[str, Any]
) -> None:
    sign_in(page, city, "dispatcher")
    accounts = {one["username"] for one in api(page, "GET", "/meta", city)["demo_accounts"]}

    known = api(page, "GET", "/registry/objects?type=permit&page_size=200", city)["items"]
    owner = next(one["enterprise_code"] for one in known if f"plant-{one['enterprise_code'].lower()}" in accounts)
    impose(page, city, owner)
    set_speed(page, city, FAST)

    def look() -> dict[str, Any] | None:
        found = api(page, "GET", "/findings?kind=missed_duty&open=true&page_size=200", city)["items"]
        answerable = (one for one in found if f"plant-{one['object']['enterprise_code'].lower()}" in accounts)
        fresh = [one for one in answerable if one["status"] in ("new", "triaged") and one["answer_state"] == "asked"]
        return min(fresh, key=lambda one: int(one["hits"]), default=None)

    finding = until(look, "a missed duty of an enterprise with an account", 240)
    set_speed(page, city, DEFAULT_SPEED)
    story |= {"id": finding["id"], "who": f"plant-{finding['object']['enterprise_code'].lower()}"}
    visit(page, city, f"/desk/alarms?open=all&id={finding['id']}")
    detail = page.get_by_test_id("alarm-detail")
    expect(detail).to_contain_text(finding["explanation_zh"])
    expect(detail).to_contain_text(finding["clause"])
    shoot(page, "missed-duty-zh")


def missed(page: Page, city: City, story: dict[str, Any]) -> list[int]:
    """The dated duties behind the finding that nobody has done yet."""
    found = api(page, "GET", "/occurrences?state=missed&page_size=200", city)["items"]
    return [one["id"] for one in found if one["finding"] and one["finding"]["id"] == story["id"]]


def test_the_enterprise_answers_from_afar_with_proof(page: Page, city: City, story: dict[str, Any]) -> None:
    sign_in_as(page, city, story["who"])
    visit(page, city, f"/desk/alarms?open=all&id={story['id']}")
    answer = page.get_by_test_id("answer")
    expect(answer).to_be_visible()
    answer.locator("input[type=file]").set_input_files(
        {"name": "台账.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 ledger kept"}
    )
    answer.locator("textarea").first.fill("台账已补齐，见附件")
    answer.get_by_test_id("send-answer").click()
    expect(page.get_by_test_id("answer")).to_contain_text("台账已补齐")


def test_while_the_duty_is_not_done_no_answer_closes_the_finding(page: Page, city: City, story: dict[str, Any]) -> None:
    sign_in(page, city, "dispatcher")
    visit(page, city, f"/desk/alarms?open=all&id={story['id']}")
    expect(page.get_by_test_id("accept-answer")).to_be_disabled()


def test_the_enterprise_does_it_late_and_proves_it(page: Page, city: City, story: dict[str, Any]) -> None:
    sign_in_as(page, city, story["who"])
    duties = missed(page, city, story)
    assert duties
    today = api(page, "GET", "/meta", city)["clock"]["now"][:10]
    for duty in duties:
        visit(page, city, f"/desk/obligations/occurrences/{duty}")
        proof = page.get_by_test_id("proof")
        proof.locator("input[type=file]").set_input_files(
            {"name": "台账.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 ledger of the week"}
        )
        proof.get_by_test_id("attach").click()
        expect(page.get_by_role("status").filter(has_text=ATTACHED)).to_be_visible()
        form = page.get_by_test_id("fulfil")
        expect(form.locator("input[required]").first).to_be_visible()
        for box in form.locator("input[required]").all():
            box.fill(today if box.get_attribute("type") == "date" else "1")
        form.get_by_test_id("do-fulfil").click()
        state = page.get_by_test_id("occurrence-state").get_attribute("data-state")
        page.wait_for_function(SETTLED, arg=None)
        refused = page.locator("p[role=alert]").all_inner_texts()
        assert not refused, f"refused while {state}: {refused}"
        expect(page.get_by_test_id("occurrence-state")).to_have_attribute("data-state", "late")
    shoot(page, "duty-done-late-zh")


def test_the_officer_accepts_and_the_finding_closes_as_self_corrected(
    page: Page, city: City, story: dict[str, Any]
) -> None:
    sign_in(page, city, "dispatcher")
    visit(page, city, f"/desk/alarms?open=all&id={story['id']}")
    answer = page.get_by_test_id("answer")
    expect(answer).to_contain_text("台账已补齐")

    def over() -> bool:
        return bool(api(page, "GET", f"/findings/{story['id']}", city)["activity"] == "ended")

    assert until(over, "the finding ends with its last missed duty", 240)
    visit(page, city, f"/desk/alarms?open=all&id={story['id']}")
    answer.get_by_test_id("accept-answer").click()

    def closed() -> bool:
        return bool(api(page, "GET", f"/findings/{story['id']}", city)["status"] == "self_corrected")

    assert until(closed, "the finding counts as corrected by the enterprise", 60)
    shoot(page, "self-corrected-zh")
    checked = api(page, "GET", f"/evidence/finding/{story['id']}/verify", city)
    assert checked["intact"]
    assert checked["items"], "the proof stands in the chain of the finding"
