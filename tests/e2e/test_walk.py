"""One problem from its alarm to its proven closure and its relapse, in a real browser on the living city."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import ENTERPRISES, READY, City, api, shoot, sign_in, token_headers

from qingtian.demo.city import City as DemoCity
from qingtian.demo.city import parts

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]
FAST = 3600
DEFAULT_SPEED = 60


def until(condition: Callable[[], Any], what: str, seconds: float = 120) -> Any:
    """Wait for something the city does; fails with its name."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain: {what}"
        time.sleep(1)
    return found


def set_speed(page: Page, city: City, speed: int) -> None:
    """Turn the demo's clock."""
    api(page, "PUT", "/demo/clock", city, {"speed": speed})


def visit(page: Page, city: City, path: str) -> None:
    """Open a page and wait until its data are there."""
    page.goto(city.address + path)
    page.locator(READY).first.wait_for(state="attached")


def open_findings(page: Page, city: City, **query: str) -> list[dict[str, Any]]:
    """Open findings that match a filter."""
    wanted = "&".join(f"{name}={value}" for name, value in {"open": "true", "page_size": "200", **query}.items())
    return list(api(page, "GET", f"/findings?{wanted}", city)["items"])


def take_step(
    page: Page, city: City, case: str, role: str, code: str, fields: dict[str, str], reason: str = ""
) -> None:
    """Sign in with a role, fill in the form of a step on the case page, and take it."""
    sign_in(page, city, role)
    visit(page, city, case)
    chooser = page.locator(f"[role=group] [data-step={code}]")
    if chooser.count():
        chooser.click()
    form = page.locator(f"[data-step-form={code}]")
    expect(form).to_be_visible()
    for box in form.locator("input[type=checkbox]").all():
        box.check()
    for name, value in fields.items():
        control = form.locator(f"[name={name}]")
        if control.evaluate("node => node.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)
    if reason:
        form.locator("[name=reason]").fill(reason)
    form.get_by_test_id("take-step").click()
    expect(form).to_be_hidden()


def pick_target(page: Page, city: City) -> dict[str, Any]:
    """The exceedance of the tour: its outlet has no other planted event, so what follows is the walk's own doing."""
    hero = parts(DemoCity(keep=ENTERPRISES).plan()).hero.code

    def look() -> dict[str, Any] | None:
        found = open_findings(page, city, kind="exceedance", object=hero)
        return found[0] if found else None

    return dict(until(look, f"the planted exceedance of {hero}", 300))


@pytest.fixture(scope="module")
def story() -> dict[str, Any]:
    """What one step of the walk leaves for the next."""
    return {}


def test_the_screen_shows_the_published_index_of_ten_stations(page: Page, city: City) -> None:
    sign_in(page, city, "dispatcher")
    stations = api(page, "GET", "/stations?page_size=50", city)["items"]
    national = [one for one in stations if not one["simulated"]]
    assert len(national) == 10
    compared = 0
    for station in national:
        index = station["aqi"]
        if index and index["published"] is not None and index["coverage"] and index["value"] is not None:
            complete = len([one for one in station["values"] if one["value"] is not None]) >= 6
            if complete:
                assert int(index["value"]) == int(index["published"]), station["name"]
                compared += 1
    assert compared >= 1
    visit(page, city, "/screen/")
    for station in national:
        expect(page.get_by_text(station["name"]).first).to_be_attached()
    body = page.locator("body").inner_text()
    assert "2018" in body, "the label of historical data stands on the screen"
    shoot(page, "screen-zh")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("alarms", "/desk/alarms"),
        ("cases", "/desk/cases?view=all"),
        ("stations", "/desk/stations"),
        ("station", "/desk/stations/1329A"),
        ("enterprises", "/desk/enterprises"),
        ("indicators", "/desk/indicators"),
        ("indicator", "/desk/indicators/AIR_GOOD?span=month"),
        ("index", "/desk/indicators/BEAUTIFUL_CITY?span=month"),
        ("decisions", "/desk/decisions"),
        ("decision", "/desk/decisions/black_odour_urban"),
        ("rules", "/desk/rules"),
        ("screen", "/screen/"),
    ],
)
def test_every_page_opens_in_both_languages_without_a_fault(
    page: Page, city: City, name: str, path: str, language: str
) -> None:
    sign_in(page, city, "dispatcher")
    page.add_init_script(f"localStorage.setItem('qingtian.prefs', JSON.stringify({{lang: '{language}'}}))")
    visit(page, city, path)
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.lang").startswith(language)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")
    shoot(page, f"{name}-{language}")


def test_a_figure_opens_its_inputs_and_a_decision_tells_its_grounds(page: Page, city: City) -> None:
    sign_in(page, city, "dispatcher")
    found = api(page, "GET", "/indicators/AIR_PM25?span=month", city)
    assert found["value"]["value"] is not None, "real station days make a real mean"
    assert not found["value"]["simulated"]
    visit(page, city, "/desk/indicators/AIR_PM25?span=month")
    expect(page.get_by_test_id("value")).to_contain_text(found["value"]["value"])
    page.locator("summary").last.click()
    expect(page.get_by_role("cell", name=found["evidence"]["rows"]["days.this"][0]["id"])).to_be_visible()
    visit(page, city, "/desk/decisions/black_odour_urban")
    for name, fact in {"transparency": "18 cm", "do": "3.1", "orp": "80", "nh3_n": "4"}.items():
        page.locator(f"input[name={name}]").fill(fact)
    page.get_by_test_id("try").click()
    expect(page.get_by_test_id("answer").locator("[data-outcome=light]")).to_be_visible()
    expect(page.get_by_test_id("answer")).to_contain_text("black-odour.urban.transparency.light")
    shoot(page, "decision-answer")


def test_an_alarm_appears_and_is_confirmed_by_a_key(page: Page, city: City, story: dict[str, Any]) -> None:
    sign_in(page, city, "dispatcher")
    target = pick_target(page, city)
    story["finding"] = target["id"]
    visit(page, city, f"/desk/alarms?id={target['id']}")
    expect(page.get_by_text(target["number"]).first).to_be_visible()
    shoot(page, "alarm-detail")
    page.keyboard.press("a")
    until(
        lambda: api(page, "GET", f"/findings/{target['id']}", city)["confirmation"] == "confirmed",
        "the confirmation reaches the server",
    )
    detail = api(page, "GET", f"/findings/{target['id']}", city)
    assert detail["limit"] is not None
    assert detail["standard"]
    assert detail["explanation_zh"]


def test_a_case_is_opened_and_a_step_out_of_turn_is_refused(page: Page, city: City, story: dict[str, Any]) -> None:
    sign_in(page, city, "dispatcher")
    handler = next(one for one in api(page, "GET", "/meta", city)["demo_accounts"] if "handler" in one["roles"])
    opened = api(
        page,
        "POST",
        f"/findings/{story['finding']}/open-case",
        city,
        {"template": "T1", "responsible": handler["username"]},
    )
    story["case_id"] = opened["id"]
    story["case"] = f"/desk/cases/{opened['id']}"
    visit(page, city, story["case"])
    expect(page.get_by_test_id("case-state")).to_have_text("已列入清单")
    expect(page.get_by_test_id("shut-steps").first).to_be_visible()
    headers = token_headers(page, city)
    answer = page.request.post(
        f"{city.address}/api/v1/cases/{story['case_id']}/transitions",
        data={"to": "plan", "fields": {}, "reason": ""},
        headers=headers,
    )
    assert answer.status == 409
    error = answer.json()["error"]
    assert error["code"] == "transition_refused"
    (unmet,) = error["params"]["unmet"]
    assert unmet["guard"] == "required_fields"
    assert {"cause", "measures", "due_date"} <= set(unmet["fields"])
    shoot(page, "case-listed")


def test_the_measures_are_planned_done_and_applied_for(page: Page, city: City, story: dict[str, Any]) -> None:
    case = story["case"]
    today = api(page, "GET", "/meta", city)["clock"]["now"][:10]
    plan = {
        "cause": "布袋破损",
        "responsible_party": "模拟企业",
        "measures": "更换破损布袋\n校准在线监测设备",
        "target": "小时均值稳定达标",
        "stage": "middle",
        "due_date": f"{int(today[:4]) + 1}{today[4:]}",
    }
    take_step(page, city, case, "dispatcher", "plan", plan)
    take_step(page, city, case, "handler", "start", {})
    set_speed(page, city, FAST)
    until(
        lambda: api(page, "GET", f"/findings/{story['finding']}", city)["activity"] == "ended",
        "later hours are back under the limit and end the alarm",
    )
    set_speed(page, city, DEFAULT_SPEED)
    take_step(page, city, case, "handler", "self_check", {"self_check": "已更换，数据达标"})
    take_step(page, city, case, "handler", "apply", {})
    detail = api(page, "GET", f"/cases/{story['case_id']}", city)
    assert detail["state"] == "applied"
    set_speed(page, city, FAST)


def test_evidence_is_frozen_by_hash_and_opens_the_site_check(
    page: Page, city: City, story: dict[str, Any], tmp_path: Path
) -> None:
    sign_in(page, city, "inspector")
    visit(page, city, story["case"])
    shut = page.locator("[data-testid=shut-steps] [data-step=verify]")
    expect(shut).to_contain_text("现场核查记录")
    record = tmp_path / "site-record.txt"
    record.write_text("现场核查：新布袋已安装，压差正常。", "utf-8")
    panel = page.get_by_test_id("evidence")
    panel.locator("input[type=file]").set_input_files(record)
    panel.locator("select[name=kind]").select_option("site_record")
    panel.get_by_test_id("upload").click()
    until(
        lambda: any(
            one["kind"] == "site_record" for one in api(page, "GET", f"/cases/{story['case_id']}", city)["evidence"]
        ),
        "the site record is in evidence",
    )
    visit(page, city, story["case"])
    page.get_by_test_id("verify").click()
    expect(page.get_by_test_id("verify-result")).to_have_attribute("data-intact", "true")
    report = api(page, "GET", f"/cases/{story['case_id']}/evidence/verify", city)
    assert report["intact"] is True
    take_step(page, city, story["case"], "inspector", "verify", {"site_result": "属实，已整改"})
    take_step(page, city, story["case"], "dispatcher", "notify", {})
    shoot(page, "case-notified")


def test_writing_off_needs_every_guard_and_later_data(page: Page, city: City, story: dict[str, Any]) -> None:
    sign_in(page, city, "approver")
    visit(page, city, story["case"])
    detail = api(page, "GET", f"/cases/{story['case_id']}", city)
    step = next(one for one in detail["next_steps"] if one["code"] == "write_off")
    unmet = {one["guard"] for one in step["unmet"]}
    assert {"violations_punished", "lookalike_check", "root_cause", "acceptor_named", "public_notice_elapsed"} <= unmet
    assert "measures_done" not in unmet
    shoot(page, "case-write-off-unmet")

    def waiting_is_over() -> bool:
        steps = api(page, "GET", f"/cases/{story['case_id']}", city)["next_steps"]
        left = {one["guard"] for one in next(one for one in steps if one["code"] == "write_off")["unmet"]}
        return not left & {"public_notice_elapsed", "effect_shown_by_data"}

    set_speed(page, city, FAST)
    until(waiting_is_over, "the public notice elapsed and later hours show the effect", 420)
    approver = sign_in(page, city, "approver")
    fields = {
        "punishment": "武环罚〔2025〕模拟1号",
        "lookalike_check": "同厂其他排口已排查，未发现同类问题",
        "root_cause": "布袋寿命到期未更换",
        "standing_mechanism": "布袋更换列入年度检修计划",
        "acceptor": approver["username"],
    }
    take_step(page, city, story["case"], "approver", "write_off", fields)
    until(
        lambda: api(page, "GET", f"/cases/{story['case_id']}", city)["state"] == "watching",
        "the watch window begins by itself",
    )
    detail = api(page, "GET", f"/cases/{story['case_id']}", city)
    assert detail["watch_until"]
    assert detail["effect"]["exceeding_hours"] == 0
    visit(page, city, story["case"])
    expect(page.get_by_test_id("case-state")).to_have_text(re.compile("观察"))
    shoot(page, "case-watching")


def test_a_planted_relapse_opens_a_rebound(page: Page, city: City) -> None:
    sign_in(page, city, "dispatcher")

    def rebound() -> dict[str, Any] | None:
        found = api(page, "GET", "/cases?view=all&rebound=true&page_size=50", city)["items"]
        return dict(found[0]) if found else None

    set_speed(page, city, FAST)
    case = until(rebound, "a relapse opens a rebound case", 420)
    set_speed(page, city, DEFAULT_SPEED)
    detail = api(page, "GET", f"/cases/{case['id']}", city)
    earlier = api(page, "GET", f"/cases/{detail['rebound_of']['id']}", city)
    assert earlier["state"] == "rebounded"
    assert detail["severity"] == min(4, earlier["severity"] + 1)
    visit(page, city, f"/desk/cases/{case['id']}")
    shoot(page, "case-rebound")
    report = api(page, "GET", f"/cases/{earlier['id']}/evidence/verify", city)
    assert report["intact"] is True


def test_the_journal_holds_from_the_first_event_to_the_last(page: Page, city: City) -> None:
    sign_in(page, city, "auditor")
    report = api(page, "GET", "/journal/verify", city)
    assert report["intact"] is True


def test_exports_carry_the_label(page: Page, city: City) -> None:
    sign_in(page, city, "dispatcher")
    for path in ("/stations/export.csv", "/findings/export.csv", "/cases/export.csv"):
        answer = page.request.get(f"{city.address}/api/v1{path}")
        assert answer.ok
        assert "2018" in answer.text().splitlines()[0]
