"""The enterprise's door in a real browser: to-do, answer with proof, outage, results by row, scores, dossier, services."""

from __future__ import annotations

import csv
import io
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.accessibility import accessible
from tests.e2e.conftest import SHOTS, City, api, shoot, sign_in
from tests.e2e.test_complaint import sign_in_as
from tests.e2e.test_walk import visit

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
HEADER = "任务编号,排放口编号,因子,采样结束时间,监测结果,单位,监测方法,监测单位"
PAGES = ("todo", "cases", "windows", "results", "scores", "dossier", "services")


@pytest.fixture(scope="module")
def story() -> dict[str, Any]:
    """What one step leaves for the next."""
    return {}


def now_of(page: Page, city: City) -> datetime:
    """Time of the city."""
    return datetime.fromisoformat(api(page, "GET", "/meta", city)["clock"]["now"])


def language(page: Page, lang: str) -> None:
    """Pages in a language from the first paint on."""
    page.add_init_script(f"localStorage.setItem('qingtian.prefs', JSON.stringify({{lang: '{lang}'}}))")


def keep(content: bytes, name: str) -> None:
    """Leave a file beside the pictures, for the person who looks at them."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    (SHOTS / name).write_bytes(content)


def open_samplings(page: Page, city: City, code: str) -> list[dict[str, Any]]:
    """Samplings that can be reported today."""
    today = now_of(page, city).date().isoformat()
    rows = api(page, "GET", f"/occurrences?template=SM&state=planned&opened=true&enterprise={code}&page_size=200", city)
    return [one for one in rows["items"] if one["period_first"] <= today <= one["period_last"]]


def test_what_is_asked_waits_with_its_deadline(page: Page, city: City, story: dict[str, Any]) -> None:
    sign_in(page, city, "inspector")
    accounts = {one["username"] for one in api(page, "GET", "/meta", city)["demo_accounts"]}
    permits = api(page, "GET", "/registry/objects?type=permit&page_size=200", city)["items"]
    owners = [one["enterprise_code"] for one in permits if f"plant-{one['enterprise_code'].lower()}" in accounts]
    code = next(one for one in owners if open_samplings(page, city, one))
    story |= {"code": code, "who": f"plant-{code.lower()}"}
    entry = {
        "source": "patrol",
        "kind": "patrol_problem",
        "seen_at": now_of(page, city).isoformat(),
        "description": "危废暂存间标识破损（模拟）",
        "object_type": "enterprise",
        "object_code": code,
        "part": f"危废间 {os.getpid()}",
    }
    entered = api(page, "POST", "/findings/entries", city, entry)
    sign_in(page, city, "dispatcher")
    question = {"question": "标识何时更换？请附照片", "hours": None}
    found = api(page, "POST", f"/findings/{entered['id']}/ask", city, question)
    story |= {"finding": found["id"], "number": found["number"]}
    sign_in_as(page, city, story["who"])
    visit(page, city, "/enterprise/todo?kind=finding")
    row = page.locator(f"[data-row='finding-{found['id']}']")
    expect(row).to_contain_text("标识何时更换")
    expect(row).to_contain_text("请答复")
    expect(row).to_contain_text(found["answer_due_at"][:10])
    expect(page.get_by_test_id("contacts")).to_contain_text("周原")
    expect(page.get_by_test_id("contacts").locator("a[href^='tel:']").first).to_be_visible()
    accessible(page)
    shoot(page, "enterprise-todo-zh")


def test_it_is_answered_with_proof_and_waits_no_more(page: Page, city: City, story: dict[str, Any]) -> None:
    sign_in_as(page, city, story["who"])
    visit(page, city, f"/enterprise/todo?kind=finding&id=finding-{story['finding']}")
    page.locator("body").press("Enter")
    page.wait_for_url(f"**/enterprise/findings/{story['finding']}")
    answer = page.get_by_test_id("answer")
    answer.locator("textarea").first.fill("标识已更换，见照片")
    answer.locator("input[type=file]").set_input_files(
        {"name": "标识.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 label replaced"}
    )
    answer.get_by_test_id("send-answer").click()
    expect(page.get_by_test_id("proofs").locator("li")).to_have_count(1)
    expect(answer).to_contain_text("标识已更换")
    accessible(page)
    shoot(page, "enterprise-answer-zh")
    waiting = api(page, "GET", "/enterprise/todo?kind=finding&page_size=200", city)["items"]
    assert story["number"] not in {one["number"] for one in waiting}


def test_an_outage_is_announced_and_its_approval_is_seen(page: Page, city: City, story: dict[str, Any]) -> None:
    sign_in_as(page, city, story["who"])
    visit(page, city, "/enterprise/windows")
    page.get_by_test_id("new-window").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("[name=window_reason]").fill("更换采样探头（模拟）")
    shoot(page, "enterprise-announce-zh")
    dialog.get_by_test_id("announce").click()
    detail = page.get_by_test_id("window-detail")
    expect(detail).to_contain_text("更换采样探头")
    number = int(page.url.split("id=")[1].split("&")[0])
    sign_in(page, city, "dispatcher")
    api(page, "POST", f"/windows/{number}/approve", city, {"note": "同意"})
    sign_in_as(page, city, story["who"])
    visit(page, city, f"/enterprise/windows?id={number}")
    expect(detail).to_contain_text("已批准")
    accessible(page)
    shoot(page, "enterprise-windows-zh")


def test_a_file_of_results_is_told_row_by_row(page: Page, city: City, story: dict[str, Any]) -> None:
    sign_in_as(page, city, story["who"])
    visit(page, city, "/enterprise/results")
    panel = page.get_by_test_id("upload")
    template = page.request.get(city.address + str(panel.get_by_test_id("template").get_attribute("href"))).text()
    offered = {row[0] for row in csv.reader(io.StringIO(template.removeprefix("\ufeff"))) if row}
    task = open_samplings(page, city, story["code"])[0]
    assert task["number"] in offered
    first = datetime.fromisoformat(f"{task['period_first']}T00:01:00+08:00")
    sampled = max(first, now_of(page, city) - timedelta(hours=1)).strftime("%Y-%m-%d %H:%M")
    lines = [
        HEADER,
        f"{task['number']},,,{sampled},32,mg/m3,HJ 57-2017,模拟检测公司",
        f",O-404,SO2,{sampled},5,mg/m3,,",
    ]
    panel.locator("[name=results]").set_input_files(
        {"name": "results.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()}
    )
    panel.get_by_test_id("check").click()
    outcome = page.get_by_test_id("outcome")
    expect(outcome).to_have_attribute("data-dry", "true")
    fault = outcome.get_by_test_id("faults").locator("li")
    expect(fault).to_have_count(1)
    expect(fault).to_have_attribute("data-line", "3")
    expect(fault).to_contain_text("本企业没有这个排放口")
    accessible(page)
    shoot(page, "enterprise-results-zh")
    with page.expect_download() as saved:
        panel.get_by_test_id("save-faults").click()
    assert "O-404" in Path(saved.value.path()).read_text("utf-8-sig")
    assert api(page, "GET", f"/occurrences/{task['id']}", city)["state"] == "planned"  # a check keeps nothing
    panel.get_by_test_id("report").click()
    expect(outcome).to_have_attribute("data-dry", "false")
    kept = api(page, "GET", f"/occurrences/{task['id']}", city)
    assert (kept["state"], kept["fields"]["result"]) == ("done", "32 mg/m3")


def test_a_question_to_the_bureau_is_answered_with_its_article(page: Page, city: City, story: dict[str, Any]) -> None:
    sign_in_as(page, city, story["who"])
    visit(page, city, "/enterprise/services")
    form = page.get_by_test_id("ask-T6")
    form.get_by_test_id("send-ask").click()
    expect(form.get_by_role("alert")).to_be_visible()
    form.locator("[name=title]").fill("危废跨省转移")
    form.locator("[name=question]").fill("跨省转移如何办理？")
    form.locator("[name=question_kind]").select_option("simple")
    form.get_by_test_id("send-ask").click()
    filed = form.get_by_test_id("filed")
    expect(filed).to_be_visible()
    case = int(str(filed.get_attribute("href")).rsplit("/", 1)[1])
    expect(page.get_by_test_id("asked").locator(f"[data-case='{case}']")).to_be_visible()
    accessible(page)
    shoot(page, "enterprise-services-zh")
    sign_in(page, city, "window")
    answer = {
        "answer": "向移出地省级主管部门申请",
        "citation": "固体废物污染环境防治法第二十二条",
        "citation_version": "2020修订",
        "citation_valid_on": now_of(page, city).date().isoformat(),
    }
    body = {"to": "answer_from_knowledge", "fields": answer, "reason": ""}
    api(page, "POST", f"/cases/{case}/transitions", city, body)
    sign_in_as(page, city, story["who"])
    visit(page, city, f"/enterprise/cases/{case}")
    expect(page.get_by_test_id("case-state")).to_have_text("已答复")
    page.get_by_test_id("papers").locator("[data-paper=answer]").click()
    expect(page.get_by_role("dialog")).to_contain_text("第二十二条")
    shoot(page, "enterprise-question-zh")


@pytest.mark.parametrize(("lang", "width"), [("zh", 1280), ("en", 1280), ("zh", 360), ("en", 360)])
def test_every_page_of_the_door_opens(page: Page, city: City, story: dict[str, Any], lang: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    language(page, lang)
    sign_in_as(page, city, story["who"])
    for name in PAGES:
        visit(page, city, f"/enterprise/{name}")
        assert page.locator("h1").count() == 1, name
        assert page.evaluate("document.documentElement.lang").startswith(lang)
        accessible(page)
        shoot(page, f"enterprise-{name}-{lang}-{width}")
    visit(page, city, f"/enterprise/plan/{story['code']}")
    accessible(page)


def test_the_own_dossier_is_the_one_of_the_desk_and_links_to_own_pages(
    page: Page, city: City, story: dict[str, Any]
) -> None:
    sign_in_as(page, city, story["who"])
    visit(page, city, "/enterprise/dossier")
    links = page.locator("main [data-section] a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert links
    assert [one for one in links if not one.startswith("/enterprise/")] == []
    finding = page.locator("[data-section=findings]")
    expect(finding).to_contain_text(story["number"])
    other = next(
        one["username"].removeprefix("plant-").upper()
        for one in api(page, "GET", "/meta", city)["demo_accounts"]
        if one["username"].startswith("plant-") and one["username"] != story["who"]
    )
    for path in (f"/dossiers/enterprise/{other}", f"/enterprise/{other}/scores"):
        assert page.request.get(f"{city.address}/api/v1{path}").status == 404, path


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_dossiers_of_enterprise_shop_and_river_stand_at_the_desk_and_on_paper(
    page: Page, city: City, story: dict[str, Any], lang: str
) -> None:
    language(page, lang)
    sign_in(page, city, "data_steward")
    shop = api(page, "GET", "/registry/objects?type=catering_shop&page_size=1", city)["items"][0]["code"]
    if page.request.get(f"{city.address}/api/v1/registry/objects/water_body/SIM-W-E2E").status == 404:
        body = {
            "type": "water_body",
            "code": "SIM-W-E2E",
            "name": "巡司河（模拟）",
            "name_en": "Xunsi river (simulated)",
        }
        attributes = {"kind": "river", "target_class": "IV"}
        api(page, "POST", "/registry/objects", city, body | {"region_code": "420106", "attributes": attributes})
    sign_in(page, city, "dispatcher")
    for kind, code in (("enterprise", story["code"]), ("catering_shop", shop), ("water_body", "SIM-W-E2E")):
        visit(page, city, f"/desk/registry/{kind}/{code}")
        page.get_by_test_id("dossier").click()
        expect(page.get_by_test_id("dossier")).to_be_visible()
        expect(page.get_by_test_id("strip").locator("li")).to_have_count(12)
        states = page.locator("[data-section]").evaluate_all("all => all.map(one => one.dataset.state)")
        assert {"empty", "not_connected"} & set(states) or "filled" in states
        accessible(page)
        shoot(page, f"dossier-{kind}-{lang}")
        pdf = page.request.get(city.address + str(page.get_by_test_id("pdf").get_attribute("href")))
        assert pdf.headers["content-type"] == "application/pdf"
        assert pdf.body().startswith(b"%PDF-")
        keep(pdf.body(), f"dossier-{kind}-{lang}.pdf")
