"""An hour of work on a phone without a network: twenty visits with photos, then sent once each, in order."""

from __future__ import annotations

import hashlib
import os
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from tests.e2e.accessibility import grave_violations
from tests.e2e.conftest import READY, City, Watch, api, shoot, sign_in
from tests.e2e.cuttable import Cable
from tests.e2e.test_complaint import sign_in_as
from tests.e2e.test_walk import DEFAULT_SPEED, set_speed, until, visit

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
VISITS, EVERY = 20, timedelta(minutes=3)
QUESTION = "离线现场检查（模拟）"
PLACE = {"longitude": 114.3055, "latitude": 30.5928, "accuracy": 12.0}
FILES_OF_A_VISIT = 4  # a photo and three signatures
SMALLEST = 44  # px, of what a finger meets
TOO_SMALL = """(smallest) => [...document.querySelectorAll('main button, main a[href], main select, main .touch, nav.places a')]
  .filter((one) => one.getClientRects().length && !one.closest('.sr-only'))
  .map((one) => [one.textContent.trim(), Math.round(one.getBoundingClientRect().height)])
  .filter(([, height]) => height < smallest)"""


@dataclass
class Flight(Watch):
    """Watches as everywhere; while it is cut off, the browser may say that it is."""

    airplane: bool = False

    def _console(self, kind: str, text: str) -> None:
        if not (self.airplane and "net::ERR_" in text):
            super()._console(kind, text)


@dataclass
class Phone:
    """A phone in the hands of an inspector."""

    page: Page
    context: BrowserContext
    city: City
    cable: Cable
    flight: Flight

    def airplane(self, on: bool) -> None:
        """Leave the network, or come back."""
        if on:
            self.flight.airplane = True
            self.context.set_offline(True)
            self.cable.cut()
        else:
            self.cable.mend()
            self.context.set_offline(False)
            self.flight.airplane = False


def photo(number: int) -> bytes:
    """A picture like no other: one pixel of its own colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes([0, number, 7, 9]))) + chunk(b"IEND", b"")


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="module")
def phone(browser: Browser, city: City) -> Iterator[Phone]:
    """A phone at the field door, its clock in our hands, its cable too."""
    port = urlsplit(city.address).port
    assert port is not None
    cable = Cable(port)
    reached = City(cable.address, 0.0, city.data_dir, city.env)
    context = browser.new_context(
        viewport={"width": 390, "height": 844},
        has_touch=True,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        geolocation=PLACE,
        permissions=["geolocation"],
    )
    context.set_default_timeout(30_000)
    context.clock.install()
    page = context.new_page()
    flight = Flight(cable.address)
    flight.attach(page)
    sign_in(page, reached, "dispatcher")
    set_speed(page, reached, 1)
    yield Phone(page, context, reached, cable, flight)
    cable.mend()
    context.set_offline(False)
    sign_in(page, reached, "dispatcher")
    set_speed(page, reached, DEFAULT_SPEED)
    context.close()
    cable.close()


@pytest.fixture(autouse=True)
def faultless(phone: Phone) -> Iterator[None]:
    """No page of the field broke a rule that holds for all pages."""
    yield
    assert phone.flight.faults == []


def drawn(page: Page, city: City, count: int, *, seed: str) -> list[int]:
    """Draw outlets for a survey; the tasks that check them."""
    fields = {"theme": QUESTION, "question": QUESTION}
    body = {"template": "T8", "title": QUESTION, "region_code": "420100", "fields": fields}
    survey = api(page, "POST", "/cases", city, body)
    wish = {"type": "outlet", "region_code": "420100", "count": count, "seed": seed, "question": QUESTION}
    assert api(page, "POST", f"/cases/{survey['id']}/survey", city, wish)["tasks"] == count
    children = api(page, "GET", f"/cases?view=all&parent={survey['id']}&page_size=200", city)["items"]
    return sorted(int(one["id"]) for one in children if one["template"] == "T8C")


@pytest.fixture(scope="module")
def tasks(phone: Phone) -> list[int]:
    """A check for each of twenty outlets, drawn by the duty officer."""
    page, city = phone.page, phone.city
    sign_in(page, city, "dispatcher")
    return drawn(page, city, VISITS, seed="field")


@pytest.fixture(scope="module")
def journey() -> dict[str, Any]:
    """What one part leaves for the next."""
    return {}


def ready(page: Page) -> None:
    page.locator(READY).first.wait_for(state="attached")


def look(page: Page, name: str) -> None:
    """What holds for every page of a phone, then a picture."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
    assert page.locator("h1").count() == 1
    assert page.evaluate(TOO_SMALL, SMALLEST) == [], name
    shoot(page, f"field-{name}")


def taken_by_camera(page: Page, file: Path, number: int) -> Path:
    """A picture in the folder of the phone, stamped by the phone's clock as a camera does."""
    file.write_bytes(photo(number))
    now_s = page.evaluate("Date.now()") // 1000
    os.utime(file, (now_s, now_s))
    return file


def sign(page: Page, who: str, hand: int) -> None:
    """Draw a name in the field of somebody; no two look the same."""
    pad = page.locator(f"[data-sign='{who}'] canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 40)
    page.mouse.down()
    for x, y in ((120, 90), (180, 30 + hand), (260, 100)):
        page.mouse.move(box["x"] + x, box["y"] + y, steps=4)
    page.mouse.up()
    page.locator(f"[data-sign='{who}']").get_by_test_id("sign").click()
    expect(page.locator(f"[data-signed='{who}']")).to_be_visible()


def fill_in(form: Locator, problem: bool) -> None:
    """Answer every line; the treatment does not run where there is a problem."""
    for line in form.locator("[data-line]:has(fieldset)").all():
        code = line.get_attribute("data-line")
        value = "no" if code in ("bypass", "smell_or_smoke") or (problem and code == "treatment_runs") else "yes"
        line.locator(f"input[value={value}]").check()


def write_visit(page: Page, number: int, today: str, folder: Path) -> None:
    """A whole visit: lines, photo, words, two inspectors, three signatures, the step that follows."""
    page.get_by_test_id("begin").click()
    form, problem = page.get_by_test_id("visit"), number % 5 == 1
    fill_in(form, problem)
    picture = taken_by_camera(page, folder / f"现场{number}.png", number)
    if problem:
        form.locator("[name=treatment_runs-note]").fill("喷淋塔循环泵停运")
        form.locator("[data-line=treatment_runs] [data-add=photo]").set_input_files(picture)
    else:
        form.locator("section [data-add=photo]").last.set_input_files(picture)
    expect(page.locator(f"[data-file='{sha(photo(number))}']")).to_be_visible()
    form.locator("[name=text]").fill(f"第 {number} 次现场检查")
    form.locator("input[name=inspectors][value=inspector2]").check()
    form.locator("[name=party_name]").fill("张某（环保主管）")
    for hand, who in enumerate(("inspector1", "inspector2", "party")):
        sign(page, who, 3 * number % 50 + hand)
    form.locator("[name=step]").select_option("report_problem" if problem else "report_clean")
    form.locator("[name=checked_on]").fill(today)
    form.locator("[name=problem]" if problem else "[name=result]").fill("见检查记录")


# ------------------------------------------------------------------ the hour
def test_tasks_are_taken_along_with_their_lists_and_the_way_there(phone: Phone, tasks: list[int]) -> None:
    page, city = phone.page, phone.city
    assert len(tasks) == VISITS
    sign_in_as(page, city, "inspector1")
    visit(page, city, "/field/tasks?sort=distance")
    cards = page.locator("[data-task]")
    metres = [one.inner_text() for one in page.locator("[data-task] p .num").all()]
    told = [float(text.split()[0]) * (1000 if "km" in text else 1) for text in metres if text]
    assert len(told) >= VISITS
    assert told == sorted(told)
    assert (page.locator("[data-task] a.go").first.get_attribute("href") or "").startswith("geo:")
    button = page.get_by_test_id("take-along")
    expect(page.get_by_test_id("tasks-age")).to_contain_text("已带走")
    for task in tasks:
        expect(page.locator(f"[data-task='{task}']")).to_contain_text("可离线", timeout=60_000)
    assert cards.count() >= VISITS
    if button.is_visible():
        button.click()
        expect(button).to_be_hidden(timeout=60_000)
    look(page, "tasks-zh")
    visit(page, city, "/field/me")
    expect(page.get_by_test_id("shell")).to_have_attribute("data-state", "kept", timeout=60_000)
    look(page, "me-zh")


def test_a_visit_that_lacks_something_is_not_queued_and_says_where(phone: Phone, tasks: list[int]) -> None:
    page = phone.page
    phone.airplane(True)
    visit(page, phone.city, f"/field/tasks/{tasks[0]}")  # a fresh start of the application, without a network
    expect(page.get_by_test_id("offline")).to_be_visible()
    expect(page.get_by_test_id("case-age")).to_be_visible()
    expect(page.get_by_test_id("data-label")).to_be_visible()  # simulated data say so off line as well
    look(page, "task-offline-zh")
    page.get_by_test_id("begin").click()
    page.get_by_test_id("finish").click()
    lacks = page.get_by_test_id("lacks")
    expect(lacks).to_be_focused()
    for words in ("已出示执法证件", "写明检查情况", "2 名持证", "当事人未签名"):
        expect(lacks).to_contain_text(words)
    page.get_by_test_id("visit").locator("[name=text]").fill("写了一半")
    look(page, "lacks-zh")
    page.clock.run_for(1000)  # drafts are kept a moment after the last key
    page.reload()
    ready(page)
    expect(page.get_by_test_id("visit").locator("[name=text]")).to_have_value("写了一半")
    page.get_by_role("button", name="放弃草稿").click()
    page.get_by_role("button", name="确认删除草稿").click()
    expect(page.get_by_test_id("begin")).to_be_visible()


def test_twenty_visits_are_written_in_an_hour_without_a_network(
    phone: Phone, tasks: list[int], journey: dict[str, Any], tmp_path: Path
) -> None:
    page = phone.page
    today = page.evaluate("JSON.parse(localStorage.getItem('qingtian.field.meta')).meta.clock.now.slice(0, 10)")
    began = page.evaluate("Date.now()")
    for number, task in enumerate(tasks, start=1):
        page.get_by_test_id("go-tasks").click()
        page.locator(f"[data-task='{task}'] a.open").click()
        expect(page.get_by_test_id("begin")).to_be_visible()
        write_visit(page, number, today, tmp_path)
        if number in (1, 2):
            look(page, f"visit-{number}-zh")
        page.get_by_test_id("finish").click()
        expect(page.get_by_test_id("waiting")).to_have_attribute("data-n", str(number * (FILES_OF_A_VISIT + 1)))
        page.clock.fast_forward(int(EVERY.total_seconds() * 1000))
    assert page.evaluate("Date.now()") - began >= VISITS * EVERY.total_seconds() * 1000
    look(page, "queue-offline-zh")
    page.reload()  # the queue outlives the page
    ready(page)
    expect(page.get_by_test_id("go-queue")).to_contain_text("未发送 100")
    kinds = [one.get_attribute("data-kind") for one in page.locator("[data-testid=queue] > li").all()]
    assert kinds == ["media", "media", "media", "media", "record"] * VISITS
    journey["device"] = page.evaluate("localStorage.getItem('qingtian.field.device')")


def test_back_on_the_network_each_is_taken_once_in_order_though_answers_get_lost(
    phone: Phone, browser: Browser, city: City, tasks: list[int], journey: dict[str, Any]
) -> None:
    page = phone.page
    desk = browser.new_context()
    office = desk.new_page()
    sign_in(office, city, "dispatcher")
    # Meanwhile the duty officer gave the last task to somebody.
    api(office, "POST", f"/cases/{tasks[-1]}/assign", city, {"responsible": "inspector1"})
    desk.close()
    phone.cable.losing, phone.cable.swallow = "/api/v1/field/cases/", 3
    phone.flight.airplane = True  # lost answers are failures of the network to the browser
    phone.cable.mend()
    phone.context.set_offline(False)
    waiting, send = page.get_by_test_id("waiting"), page.get_by_test_id("send")
    for _ in range(12):
        expect(send).not_to_have_text("正在发送…", timeout=120_000)
        if waiting.get_attribute("data-n") == "1":
            break
        if send.is_enabled():
            send.click()
        page.wait_for_timeout(300)
    expect(waiting).to_have_attribute("data-n", "1")
    assert len(phone.cable.lost) == 3
    phone.flight.airplane = False
    look(page, "conflict-zh")


def test_a_case_that_moved_meanwhile_asks_and_is_not_overwritten(phone: Phone, tasks: list[int]) -> None:
    page, city = phone.page, phone.city
    card = page.locator("[data-refused=case_moved]")
    expect(card).to_contain_text("案件在离线期间已有变化")
    expect(card.get_by_test_id("changes")).to_contain_text("改派")
    case = api(page, "GET", f"/cases/{tasks[-1]}", city)
    assert (case["state"], [one["kind"] for one in case["evidence"]].count("site_record")) == ("assigned", 0)
    card.get_by_test_id("go-on-step").click()
    expect(page.get_by_test_id("waiting")).to_have_attribute("data-n", "0")
    expect(page.locator("[data-testid=sent] > li")).to_have_count(VISITS * (FILES_OF_A_VISIT + 1))
    page.reload()
    ready(page)
    expect(page.locator("[data-testid=sent] > li", has_text="服务器已收到")).to_have_count(100)
    look(page, "sent-zh")


def test_the_server_holds_twenty_records_and_photos_with_the_hashes_and_times_of_the_phone(
    phone: Phone, tasks: list[int], journey: dict[str, Any]
) -> None:
    page, city = phone.page, phone.city
    rows = api(page, "GET", f"/field/sendings?page_size=200&device={journey['device']}", city)["items"]
    rows.sort(key=lambda row: row["id"])
    places = [row["place"] for row in rows]
    assert len(rows) == len({row["key"] for row in rows}) == VISITS * (FILES_OF_A_VISIT + 1)
    assert places == sorted(places)
    records = [row for row in rows if row["kind"] == "record"]
    assert [row["case_id"] for row in records] == tasks
    photos = [row for row in rows if row["evidence_kind"] == "photo"]
    assert [row["sha256"] for row in photos] == [sha(photo(number)) for number in range(1, VISITS + 1)]
    taken = []
    for number, task in enumerate(tasks, start=1):
        case = api(page, "GET", f"/cases/{task}", city)
        kinds = [one["kind"] for one in case["evidence"]]
        assert kinds == ["photo", "signature", "signature", "signature", "site_record"]
        picture, site_record = case["evidence"][0], case["evidence"][-1]
        body = page.request.get(city.address + picture["content_url"]).body()
        assert (body, sha(body)) == (photo(number), picture["sha256"])
        told = picture["record"]["field"]
        assert (told["place"]["lon"], told["place"]["accuracy_m"]) == ("114.3055000", "12.0")
        assert [one["card"] for one in site_record["record"]["content"]["inspectors"]] == [
            "SIM-420100-001",
            "SIM-420100-002",
        ]
        assert case["state"] == ("problem" if number % 5 == 1 else "clean")
        taken.append(datetime.fromisoformat(picture["captured_at"]))
    gaps = [(after - before).total_seconds() for before, after in pairwise(taken)]
    assert all(EVERY.total_seconds() - 2 <= gap <= EVERY.total_seconds() + 60 for gap in gaps), gaps
    assert taken[-1] - taken[0] >= (VISITS - 1) * EVERY - timedelta(seconds=5)
    assert api(page, "GET", f"/cases/{tasks[0]}/evidence/verify", city)["intact"]


def test_who_is_given_a_task_is_told_on_the_phone_and_a_tap_opens_it(
    phone: Phone, browser: Browser, city: City
) -> None:
    page, reached = phone.page, phone.city
    sign_in_as(page, reached, "inspector1")
    visit(page, reached, "/field/tasks")
    bell = page.get_by_test_id("go-notices")
    expect(bell).to_have_attribute("data-unread", re.compile(r"\d+"))
    before = api(page, "GET", "/notices/waiting", reached)["unread"]
    desk = browser.new_context()
    office = desk.new_page()
    sign_in(office, city, "dispatcher")
    task = drawn(office, city, 1, seed="told")[0]
    api(office, "POST", f"/cases/{task}/assign", city, {"responsible": "inspector1"})
    set_speed(office, city, 60)  # the duty that tells looks every minute of the city
    until(lambda: api(page, "GET", "/notices/waiting", reached)["unread"] > before, "the notice", 60)
    set_speed(office, city, 1)
    desk.close()
    expect(bell).not_to_have_attribute("data-unread", str(before))  # by itself, without a reload
    bell.click()
    ready(page)
    line = page.locator("[data-notice]").filter(has=page.locator(f"a[href='/field/tasks/{task}']"))
    expect(line).to_contain_text("排查任务已分派给您")
    expect(line).to_have_attribute("data-read", "false")
    look(page, "notices-zh")
    number = line.get_attribute("data-notice")
    line.locator("a.open").click()
    expect(page).to_have_url(re.compile(rf"/field/tasks/{task}$"))
    expect(page.get_by_test_id("begin")).to_be_visible()
    until(lambda: api(page, "GET", f"/notices/{number}", reached)["read"], "it counts as read", 20)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("tasks", "/field/tasks"),
        ("task", "/field/tasks/{task}"),
        ("queue", "/field/queue"),
        ("notices", "/field/notices"),
        ("me", "/field/me"),
    ],
)
def test_pages_read_in_english_fit_360_px_and_have_no_serious_fault_for_aids(
    phone: Phone, tasks: list[int], name: str, path: str
) -> None:
    page, city = phone.page, phone.city
    page.set_viewport_size({"width": 360, "height": 740})
    page.evaluate("localStorage.setItem('qingtian.prefs', JSON.stringify({lang: 'en'}))")
    open_tasks = api(page, "GET", "/field/tasks", city)["items"]
    visit(page, city, path.format(task=open_tasks[0]["case"]["id"] if open_tasks else tasks[0]))
    if name == "task":
        begin = page.get_by_test_id("begin")
        if begin.count():
            begin.click()
        expect(page.get_by_test_id("visit")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "en"
    look(page, f"{name}-360-en")
    assert grave_violations(page) == []
