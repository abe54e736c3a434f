"""Licences to use data and the health of the city, in a real browser."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import City, api, shoot, sign_in
from tests.e2e.test_walk import visit

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
ZH = json.loads((Path(__file__).parents[2] / "ui/src/locales/zh.json").read_text("utf-8"))
WORDS = ZH["ledger"]


def fill(page: Page, **values: str) -> None:
    form = page.locator("form").last
    for name, value in values.items():
        form.locator(f"[name={name}]").fill(value)
    form.locator("button[type=submit]").click()


def test_data_are_licensed_for_a_purpose_and_another_use_is_refused_and_kept(page: Page, city: City) -> None:
    sign_in(page, city, "data_steward")
    visit(page, city, "/desk/ledgers/licences")
    page.locator("[data-testid=grant-licence]").click()
    fill(
        page, dataset="hourly-air", consumer="武汉大学", purposes="research\n教学",
        valid_from="2020-01-01", valid_to="2099-12-31", decision="数据授权决定（模拟）1 号",
    )  # fmt: skip
    expect(page.locator("table")).to_contain_text("research · 教学")
    shoot(page, "licences")

    visit(page, city, "/desk/ledgers/uses")
    page.locator("[data-testid=record-use]").click()
    fill(page, dataset="hourly-air", consumer="武汉大学", purpose="research", rows="8760")
    expect(page.locator("table")).to_contain_text(WORDS["useAllowed"])
    page.locator("[data-testid=record-use]").click()
    fill(page, dataset="hourly-air", consumer="武汉大学", purpose="advertising", rows="1")
    expect(page.locator("form [role=alert]").last).to_be_visible()
    expect(page.locator("table")).to_contain_text(WORDS["useRefused"])
    shoot(page, "uses")
    kept = api(page, "GET", "/ledgers/uses", city)["items"]
    assert [(one["purpose"], one["allowed"]) for one in kept[:2]] == [("advertising", False), ("research", True)]


def test_the_page_of_health_names_every_part_and_every_duty(page: Page, city: City) -> None:
    sign_in(page, city, "dispatcher")
    visit(page, city, "/desk/health")
    told = api(page, "GET", "/health/report", city)
    assert told["items"] and told["duties"]
    for item in told["items"]:
        expect(page.locator(f"[data-testid=part-{item['code']}]")).to_contain_text(item["title_zh"])
    for duty in told["duties"]:
        expect(page.locator("main")).to_contain_text(duty["label_zh"])
    shoot(page, "health")


def test_a_file_is_tried_first_and_its_faults_are_named_by_row(page: Page, city: City) -> None:
    sign_in(page, city, "data_steward")
    visit(page, city, "/desk/registry/import")
    page.locator("select[name=type]").select_option("enterprise")
    rows = "code,name,region_code\nE2E-1,甲厂,420102\nE2E-2,,420102\n"
    page.locator("input[name=file]").set_input_files(
        {"name": "enterprises.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    )
    report = page.locator("[data-testid=report]")
    expect(report.locator("tbody tr")).to_have_count(1)  # the faulty row alone
    expect(report.locator("tbody")).to_contain_text("E2E-2")
    shoot(page, "import-tried")
    assert page.request.get(f"{city.address}/api/v1/registry/objects/enterprise/E2E-1").status == 404

    page.locator("input[name=skip]").check()
    page.locator("[data-testid=import]").click()
    expect(report).to_contain_text(ZH["registry"]["done"])
    assert api(page, "GET", "/registry/objects/enterprise/E2E-1", city)["name"] == "甲厂"
    shoot(page, "import-done")
