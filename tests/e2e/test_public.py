"""The public with scripts off: air, disclosure, a report in five steps, answered at the desk, rated, asked again."""

from __future__ import annotations

import gzip
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.e2e.accessibility import grave_violations
from tests.e2e.conftest import City, Watch, api, shoot, sign_in
from tests.e2e.test_walk import take_step, visit

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
BUDGET = 100_000  # bytes, compressed: first load of a page of the public
PATIENCE_MS = 3500  # the house takes nothing that is sent faster than a person reads
PAGES = ("/public/", "/public/disclosure/", "/public/report/", "/public/follow/")
PHONE = {"width": 360, "height": 740}
LOADED = re.compile(r'<(?:link rel="(?:icon|stylesheet)"|img|input type="image")[^>]* (?:href|src)="([^"]+)"')
Reader = Callable[..., Page]


@pytest.fixture
def reader(browser: Browser, city: City, watch: Watch) -> Iterator[Reader]:
    """Gives a watched page of a fresh profile; scripts are off unless asked for."""
    opened: list[BrowserContext] = []

    def new(*, scripts: bool = False, locale: str = "zh-CN", size: dict[str, int] | None = None) -> Page:
        context = browser.new_context(
            viewport=size or PHONE, locale=locale, timezone_id="Asia/Shanghai", java_script_enabled=scripts
        )
        context.set_default_timeout(30_000)
        opened.append(context)
        page = context.new_page()
        watch.attach(page)
        return page

    yield new
    for context in opened:
        context.close()


@pytest.fixture(scope="module")
def story() -> dict[str, Any]:
    """What one step leaves for the next."""
    return {}


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo that tells where it was made."""
    exif = Image.Exif()
    exif[0x010F] = "SECRET-OF-THE-MAKER"
    exif.get_ifd(0x8825).update({1: "N", 2: (30.0, 36.0, 1.5), 3: "E", 4: (114.0, 18.0, 2.5)})
    Image.new("RGB", (320, 240), "steelblue").save(tmp_path / "photo.jpg", exif=exif)
    return tmp_path / "photo.jpg"


def no_sideways_scroll(page: Page) -> None:
    """The page is as wide as the phone."""
    width, room = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert width <= room, f"{page.url} scrolls sideways: {width} > {room}"


def loaded(city: City, path: str) -> int:
    """Bytes that a first load of a page takes, compressed: the page and everything that it names."""
    text = fetched(city, path)[1].decode()
    return sum(fetched(city, one)[0] for one in {path, *LOADED.findall(text)})


def fetched(city: City, path: str) -> tuple[int, bytes]:
    """Bytes on the wire, and what they say."""
    request = urllib.request.Request(city.address + path, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        body = answer.read()
        return len(body), gzip.decompress(body) if answer.headers["Content-Encoding"] == "gzip" else body


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_small_fits_a_phone_and_needs_no_script(reader: Reader, city: City, path: str) -> None:
    assert loaded(city, path) <= BUDGET
    page = reader()
    visit(page, city, path)
    no_sideways_scroll(page)
    expect(page.locator("footer .label")).to_contain_text("2018")
    shoot(page, f"public-{path.split('/')[2] or 'home'}-360-zh")
    page.locator("a[hreflang=en]").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    no_sideways_scroll(page)
    shoot(page, f"public-{path.split('/')[2] or 'home'}-360-en")


def test_air_near_a_district_and_what_an_enterprise_emits(reader: Reader, city: City) -> None:
    page = reader(size={"width": 1280, "height": 900})
    visit(page, city, "/public/")
    page.locator("[name=place]").select_option(value="420107")
    page.locator("form.choose button").click()
    nearest = page.locator(".stations > li").first
    expect(nearest).to_contain_text("HJ 633")
    expect(nearest).to_contain_text(" km")
    expect(page.locator(".map svg circle").first).to_be_visible()
    shoot(page, "public-qingshan-zh")
    page.get_by_role("navigation").get_by_role("link", name="信息公开").click()
    row = page.locator("tbody tr").first
    expect(row).to_contain_text("模拟数据")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载名单").click()
    listed = Path(download.value.path()).read_text("utf-8-sig")
    assert "2018" in listed.splitlines()[0]
    row.get_by_role("link").click()
    expect(page.locator("table").first).to_contain_text("GB")
    shoot(page, "public-enterprise-zh")


def fill_in(page: Page, city: City, photo: Path) -> None:
    """The five steps, on a phone."""
    visit(page, city, "/public/report/")
    page.locator("main form button").click()
    page.locator("p > [name=next]").click()
    expect(page.locator("[role=alert]")).to_be_focused()  # what is missing is told first, without a script
    shoot(page, "public-step-1-faults-zh")
    page.locator("[name=place]").fill("和平大道某工地北门")
    page.locator("input[type=image]").click(position={"x": 165, "y": 165})
    expect(page.locator(".set")).to_contain_text("经度")
    no_sideways_scroll(page)
    shoot(page, "public-step-1-map-zh")
    page.locator("p > [name=next]").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("附近的类似反映")
    no_sideways_scroll(page)
    page.locator("main a.button").click()
    page.get_by_label("噪声").check()
    page.locator("main form button").click()
    page.locator("[name=problem]").fill("凌晨一点仍在浇筑混凝土")
    page.locator("[type=file]").set_input_files(photo)
    page.locator("[name=photo_add]").click()
    expect(page.locator("ul.photos")).to_contain_text("照片 1")
    no_sideways_scroll(page)
    page.locator("p > [name=next]").click()
    page.locator("[name=name]").fill("王某某")
    page.locator("[name=phone]").fill("13800000000")
    expect(page.locator("[name=website]")).not_to_be_in_viewport()
    shoot(page, "public-step-5-zh")
    page.wait_for_timeout(PATIENCE_MS)  # reading what is sent takes a person longer
    page.locator("main form button").click()


def follow(page: Page, city: City, story: dict[str, Any]) -> None:
    """Open the report by number and code."""
    visit(page, city, "/public/follow/")
    page.locator("[name=number]").fill(story["number"])
    page.locator("[name=code]").fill(story["code"])
    page.locator("main form button").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(story["number"])
    no_sideways_scroll(page)


def test_five_steps_on_a_phone_without_scripts(reader: Reader, city: City, story: dict[str, Any], photo: Path) -> None:
    page = reader()
    fill_in(page, city, photo)
    story["number"] = page.get_by_test_id("number").inner_text()
    story["code"] = page.get_by_test_id("code").inner_text()
    no_sideways_scroll(page)
    shoot(page, "public-sent-zh")
    page.reload()
    expect(page.get_by_test_id("code")).to_have_text(story["code"])
    follow(page, city, story)
    expect(page.get_by_test_id("state")).to_have_text("已登记")
    photo = page.locator(".photos img")
    photo.scroll_into_view_if_needed()  # it is loaded when it comes into sight
    page.wait_for_function("() => document.querySelector('.photos img').complete")
    assert photo.evaluate("node => node.naturalWidth") == 320


def test_a_neighbour_sees_it_before_writing_and_adds_a_voice(reader: Reader, city: City, story: dict[str, Any]) -> None:
    page = reader(locale="en-GB")
    visit(page, city, "/public/report/")
    page.locator("main form button").click()
    page.locator("[name=place]").fill("north gate")
    page.locator("input[type=image]").click(position={"x": 165, "y": 165})
    page.locator("p > [name=next]").click()
    near = page.locator(".near > li").first
    expect(near).to_contain_text("noise")
    text = page.locator("main").inner_text()
    for secret in ("王某某", "浇筑", "和平大道", story["number"]):
        assert secret not in text
    shoot(page, "public-similar-en")
    near.locator("[name=words]").fill("I hear it too")
    near.locator("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your voice was added")


def test_the_desk_answers_and_the_reporter_rates_and_asks_again(
    page: Page, reader: Reader, city: City, story: dict[str, Any]
) -> None:
    sign_in(page, city, "window")
    found = api(page, "GET", f"/cases?q={story['number']}", city)["items"]
    path = f"/desk/cases/{found[0]['id']}"
    assert "13800000000" not in str(api(page, "GET", f"/cases/{found[0]['id']}", city))
    take_step(page, city, path, "window", "accept", {})
    shoot(page, "public-report-on-the-desk-zh")
    take_step(page, city, path, "handler", "investigate", {})
    decision = {"findings_of_fact": "现场确有夜间浇筑", "outcome": "substantiated", "decision": "责令停止夜间施工"}
    take_step(page, city, path, "handler", "decide", decision)
    take_step(page, city, path, "window", "reply", {"reply_text": "已责令停止夜间施工"})

    citizen = reader()
    follow(citizen, city, story)
    expect(citizen.get_by_test_id("answer")).to_contain_text("已责令停止夜间施工")
    shoot(citizen, "public-answer-zh")
    citizen.get_by_label("不满意").check()
    citizen.locator("[name=note]").fill("昨夜仍在施工")
    citizen.locator("form[action$=rate] button").click()
    expect(citizen.get_by_role("status")).to_have_text("评价已提交。")
    citizen.locator("[name=reason]").fill("昨夜两点仍在浇筑")
    citizen.locator("form[action$=again] button").click()
    expect(citizen.get_by_test_id("state")).to_have_text("信访人要求重办")
    no_sideways_scroll(citizen)
    shoot(citizen, "public-asked-again-zh")

    sign_in(page, city, "window")
    visit(page, city, path)
    expect(page.get_by_test_id("case-state")).to_contain_text("信访人要求重办")
    expect(page.locator("body")).to_contain_text("昨夜两点仍在浇筑")
    notices = api(page, "GET", "/notices", city)
    assert any(story["number"] in str(one) for one in notices["items"])


def test_readers_of_every_kind_can_use_it(reader: Reader, city: City) -> None:
    page = reader(scripts=True, locale="en-GB", size={"width": 1280, "height": 900})
    code = fetched(city, "/public/disclosure/list.csv")[1].decode("utf-8-sig").split("code,name")[1].splitlines()[1]
    for path in (*PAGES, f"/public/disclosure/{code.split(',')[0]}"):
        visit(page, city, path)
        grave(page)
    visit(page, city, "/public/report/")
    page.locator("main form button").click()
    page.locator("p > [name=next]").click()
    grave(page)
    page.locator("[name=place]").fill("north gate")
    page.locator("input[type=image]").click(position={"x": 165, "y": 165})
    page.locator("p > [name=next]").click()
    grave(page)
    page.locator("main a.button").click()
    grave(page)
    page.get_by_label("noise").check()
    page.locator("main form button").click()
    grave(page)
    page.locator("[name=problem]").fill("noise at night")
    page.locator("p > [name=next]").click()
    grave(page)
    shoot(page, "public-step-5-en")


def grave(page: Page) -> None:
    """No violation of impact serious or critical."""
    assert grave_violations(page) == [], page.url
