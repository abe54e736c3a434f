"""A report in a real browser: made, written, read as paper, issued, proven, its template tried and handed in."""

from __future__ import annotations

import io
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from playwright.sync_api import Page, expect
from tests.e2e.accessibility import accessible
from tests.e2e.conftest import City, api, shoot, sign_in
from tests.e2e.test_walk import visit

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def story() -> dict[str, Any]:
    """What one step leaves for the next."""
    return {}


def yesterday(page: Page, city: City) -> date:
    now = api(page, "GET", "/meta", city)["clock"]["now"]
    return date.fromisoformat(now[:10]) - timedelta(days=1)


def test_a_report_is_made_from_the_list_and_read_as_paper(page: Page, city: City, story: dict[str, Any]) -> None:
    sign_in(page, city, "dispatcher")
    visit(page, city, "/desk/reports")
    form = page.get_by_test_id("make")
    form.locator("[name=kind]").select_option("daily")
    expect(form.locator("[name=day]")).to_have_value(f"{yesterday(page, city)}")
    accessible(page)
    shoot(page, "reports-zh")
    form.get_by_test_id("make-it").click()
    expect(page.get_by_test_id("report-state")).to_have_attribute("data-state", "draft")
    story["number"] = page.url.rsplit("/", 1)[-1]
    paper = page.frame_locator("[data-testid=preview]")
    expect(paper.locator("h1")).to_contain_text("日报")
    expect(paper.locator(".print-label")).to_contain_text("草稿")
    expect(paper.locator("#air table").first).to_be_visible()


def test_a_paragraph_is_written_and_stands_on_the_paper(page: Page, city: City, story: dict[str, Any]) -> None:
    sign_in(page, city, "dispatcher")
    visit(page, city, f"/desk/reports/{story['number']}")
    box = page.locator("[data-paragraph=summary]")
    box.locator("textarea").fill("【模拟】昨日总体平稳。")
    box.get_by_test_id("save").click()
    expect(page.frame_locator("[data-testid=preview]").locator("#text-summary")).to_have_text("【模拟】昨日总体平稳。")
    box.get_by_test_id("versions").click()
    expect(box.locator("ol")).to_contain_text("【模拟】昨日总体平稳。")
    accessible(page)
    shoot(page, "report-zh")


def test_it_is_issued_proven_and_downloaded(page: Page, city: City, story: dict[str, Any]) -> None:
    sign_in(page, city, "supervisor")
    visit(page, city, f"/desk/reports/{story['number']}")
    form = page.get_by_test_id("issue")
    form.locator("[name=issue_number]").fill(f"武环日报〔模拟〕{story['number'][-6:]}号")
    form.get_by_test_id("issue-it").click()
    expect(page.get_by_test_id("report-state")).to_have_attribute("data-state", "issued", timeout=30_000)
    expect(page.locator("[data-paragraph=summary] textarea")).to_have_count(0)
    page.get_by_test_id("prove").click()
    expect(page.get_by_test_id("proof").locator("li")).to_have_count(3, timeout=30_000)
    assert page.get_by_test_id("proof").inner_text().count("完全一致") == 3
    accessible(page)
    shoot(page, "report-issued-zh")
    for name in ("pdf", "docx"):
        with page.expect_download() as loading:
            page.get_by_test_id(name).click()
        content = Path(loading.value.path()).read_bytes()
        assert content[:4] == {"pdf": b"%PDF", "docx": b"PK\x03\x04"}[name]


def test_a_template_with_a_wrong_tag_is_told_and_a_right_one_taken_in(page: Page, city: City, tmp_path: Path) -> None:
    sign_in(page, city, "data_steward")
    visit(page, city, "/desk/reports/templates")
    page.locator("select[name=kind]").select_option("case")
    for number, line in enumerate(("{{ texts.nothing }}", "{{ texts.case_summary }}")):
        document = Document()
        document.sections[0].header.paragraphs[0].text = "{{ label }}"
        document.add_paragraph(line)
        made = io.BytesIO()
        document.save(made)
        page.locator("[name=file]").set_input_files(
            [{"name": f"t{number}.docx", "mimeType": "application/msword", "buffer": made.getvalue()}]
        )
        trial = page.get_by_test_id("trial")
        if number == 0:
            expect(trial.locator("tbody tr")).to_contain_text("正文第 1 段")
            expect(page.get_by_test_id("hand-it-in")).to_be_disabled()
            accessible(page)
            shoot(page, "report-templates-zh")
    page.get_by_test_id("hand-it-in").click()
    expect(page.get_by_test_id("versions").locator("tbody tr").first).to_contain_text("使用中")
    api(page, "POST", "/reports/templates/case/1/retire", city)


def test_the_pages_hold_in_english_and_on_a_phone(page: Page, city: City, story: dict[str, Any]) -> None:
    sign_in(page, city, "dispatcher")
    visit(page, city, "/desk/reports")
    page.evaluate("localStorage.setItem('qingtian.prefs', JSON.stringify({lang: 'en'}))")
    page.set_viewport_size({"width": 360, "height": 780})
    for name, path in (("reports", ""), ("report", f"/{story['number']}"), ("templates", "/templates")):
        visit(page, city, f"/desk/reports{path}")
        assert page.evaluate("document.documentElement.lang") == "en"
        accessible(page)
        shoot(page, f"{name}-360-en")
