"""A device from its registration to its first raw frame, and every wrong one explained, in a real browser."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e.conftest import City, Watch, api, shoot, sign_in
from tests.e2e.test_walk import DEFAULT_SPEED, set_speed, until, visit

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
SITE, OTHER_SITE = "SIM-E2E", "SIM-E2E-2"
RUN = int(time.time()) % 100  # a developer may run this again and again against one running city
MN = f"FF2120170100000000{RUN:02d}0"
FIRST, CRC, PASSWORD, UNIT, CLOCK, NEWCOMER = (f"{MN}{number:03d}" for number in range(1, 7))
STATION = {
    "type": "station",
    "name": "模拟试验站",
    "name_en": "Simulated test station",
    "parent_type": "region",
    "parent_code": "420106",
    "simulated": True,
    "lon": 114.3,
    "lat": 30.55,
    "attributes": {"level": "micro"},
}
UNITS = {"a21026": "ug/m3", "a21004": "ug/m3"}  # as the simulated station sends them; the code table says mg/m3
SETTINGS = {"password": "123456", "realtime_interval_s": 2, "minute_interval_s": 60, "units": UNITS}
ENGLISH = "localStorage.setItem('qingtian.prefs', JSON.stringify({lang: 'en'}))"


@dataclass
class Bench:
    """Simulated devices against the gateway of the demo, at the city's own time."""

    city: City
    env: dict[str, str]
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def qingtian(self, *arguments: str) -> None:
        """Run a command of the product to its end."""
        done = subprocess.run(
            [sys.executable, "-m", "qingtian", *arguments], env=self.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]

    def simulate(self, page: Page, mn: str, *options: str, ahead: timedelta = timedelta(0)) -> None:
        """Start `qingtian simulate` for one air station."""
        now = datetime.fromisoformat(api(page, "GET", "/meta", self.city)["clock"]["now"]).replace(tzinfo=None)
        start = (now + ahead).strftime("%Y-%m-%dT%H:%M:%S")
        fixed = ["--port", self.env["QINGTIAN_GATEWAY_PORT"], "--mn", mn, "--profile", "air_station", "--start", start]
        command = [sys.executable, "-m", "qingtian", "simulate", *fixed, "--realtime", "2s", "--quiet", *options]
        self.running.append(
            subprocess.Popen(command, env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        )

    def stop(self) -> None:
        """Hang up every device."""
        for one in self.running:
            one.terminate()
        for one in self.running:
            one.wait(30)
        self.running.clear()


@pytest.fixture(scope="module")
def bench(city: City, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A place for the devices; the city runs at the speed of the world meanwhile, as the devices do."""
    # A developer who names a running city (QINGTIAN_E2E_ADDRESS) names its folder and its gateway, too.
    own = {name: os.environ[f"QINGTIAN_E2E_{name}"] for name in ("DATA_DIR", "GATEWAY_PORT") if not city.env}
    env = {**os.environ, **city.env, **{f"QINGTIAN_{name}": value for name, value in own.items()}}
    found = Bench(city, env | {"QINGTIAN_MODE": "demo"})
    file = tmp_path_factory.mktemp("register") / "station.json"
    file.write_text(json.dumps({"objects": [STATION | {"code": code} for code in (SITE, OTHER_SITE)]}), "utf-8")
    found.qingtian("register", str(file))
    page = browser.new_context().new_page()
    sign_in(page, city, "data_steward")
    set_speed(page, city, 1)
    yield found
    found.stop()
    set_speed(page, city, DEFAULT_SPEED)
    page.context.close()


def register(page: Page, city: City, mn: str, number: int) -> None:
    """Put a device on the register over the API."""
    body = {
        "mn": mn,
        "name": f"试验数采仪{number}",
        "name_en": f"Test logger {number}",
        "site_type": "station",
        "site": SITE,
        "simulated": True,
        "settings": SETTINGS,
    }
    api(page, "POST", "/devices", city, body)


def fits(page: Page) -> bool:
    """Whether nothing sticks out sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1"))


def problem(page: Page, city: City, mn: str, code: str) -> dict[str, Any]:
    """Wait until the city tells of a problem of a device."""

    def told() -> dict[str, Any] | None:
        problems = api(page, "GET", f"/devices/{mn}", city)["health"]["problems"]
        return next((dict(one) for one in problems if one["code"] == code), None)

    return dict(until(told, f"{code} of {mn}", 60))


def test_a_new_user_registers_a_device_and_sees_values_marks_raw_frame_and_hash_within_a_minute(
    page: Page, city: City, bench: Bench
) -> None:
    sign_in(page, city, "data_steward")
    began = time.monotonic()
    visit(page, city, "/desk/devices")
    page.get_by_test_id("register-device").click()
    form = page.get_by_test_id("device-form")
    form.locator("[name=mn]").fill(FIRST)
    form.locator("[name=name]").fill("试验数采仪1")
    form.locator("[name=name_en]").fill("Test logger 1")
    form.locator("[name=site_q]").fill(SITE)
    form.locator("[name=site_q]").press("Enter")
    expect(form.locator("[name=site]")).to_have_value(SITE)
    form.locator("[name=simulated]").check()
    form.locator("[name=realtime_interval_s]").fill("0")
    page.get_by_test_id("save-device").click()
    expect(page.locator("[data-error=realtime_interval_s]")).to_be_visible()  # the server says which field is wrong
    form.locator("[name=realtime_interval_s]").fill("2")
    form.locator("[name=password]").fill("123456")
    form.locator("[name=units]").fill("\n".join(f"{code} = {unit}" for code, unit in UNITS.items()))
    page.get_by_test_id("save-device").click()
    expect(page.get_by_test_id("device-state")).to_have_text("从未上报")
    bench.simulate(page, FIRST, "--duration", "75s", "--backfill", "10m")
    row = page.get_by_test_id("frames").locator("tbody tr").filter(has_text="污染物实时数据").first
    expect(row).to_be_visible(timeout=45_000)  # comes by itself, without a reload
    expect(row).to_contain_text("已接收")
    expect(row).to_contain_text("µg/m³")
    shoot(page, "device-zh")
    assert fits(page)
    row.get_by_role("link").first.click()
    expect(page.get_by_test_id("raw")).to_contain_text(f"MN={FIRST}")
    expect(page.get_by_test_id("raw")).to_contain_text("PW=******")
    expect(page.locator("[data-testid=items] [data-code=a21005]")).to_contain_text("正常")
    expect(page.get_by_test_id("crc")).to_contain_text("相符")
    assert len(page.get_by_test_id("hash").inner_text()) == 64
    page.get_by_test_id("verify-frame").click()
    expect(page.get_by_test_id("frame-check")).to_have_attribute("data-intact", "true")
    page.get_by_test_id("hex").click()
    expect(page.locator("pre")).to_contain_text("23 23")
    shoot(page, "frame-zh")
    frame = page.url.rsplit("/", 1)[1].replace("%3A", ":")
    until(lambda: api(page, "GET", f"/frames/{frame}", city)["became"][0]["stored"] == "current", "its values", 60)
    assert time.monotonic() - began < 60
    page.reload()
    became = page.get_by_test_id("became")
    expect(became).to_contain_text("现用值")
    start = api(page, "GET", f"/frames/{frame}", city)["data_time"].replace("+", "%2B")
    series = api(page, "GET", f"/series?site={SITE}&pollutant=a34004&cycle=realtime&start={start}", city)
    assert frame in {point["frame"] for point in series["points"]}  # and from the value back to its frame


def test_a_clock_is_read_by_a_command_and_the_exchange_is_shown(page: Page, city: City, bench: Bench) -> None:
    sign_in(page, city, "data_steward")
    allowed = {one["cn"]: one for one in api(page, "GET", f"/devices/{FIRST}/catalogue", city)["commands"]}["1011"]
    if not allowed["allowed"]:
        sign_in(page, city, allowed["roles"][0])
    visit(page, city, f"/desk/devices/{FIRST}?tab=commands")
    order = page.get_by_test_id("order-form")
    order.locator("[name=cn]").select_option("1011")
    page.get_by_test_id("order-command").click()
    state = page.get_by_test_id("command-state")
    expect(state).to_be_visible()
    number = page.url.rsplit("/", 1)[1]
    until(lambda: not api(page, "GET", f"/commands/{number}", city)["open"], "the command ends", 45)
    visit(page, city, f"/desk/commands/{number}")
    command = api(page, "GET", f"/commands/{number}", city)
    assert command["code"] == 1, command["outcome_en"]
    expect(page.get_by_test_id("exchange").locator("li")).to_have_count(len(command["exchange"]))
    assert {one["cn"] for one in command["exchange"]} >= {"1011", "9011", "9012"}
    expect(page.get_by_test_id("values")).to_contain_text("SystemTime")
    assert "123456" not in page.locator("body").inner_text()
    shoot(page, "command-zh")
    assert fits(page)
    visit(page, city, "/desk/commands")
    expect(page.locator(f"[data-row='{number}']")).to_be_visible()


def test_wrong_crc_password_unit_and_clock_are_each_explained_with_the_remedy(
    page: Page, city: City, bench: Bench
) -> None:
    sign_in(page, city, "data_steward")
    for number, mn in enumerate((CRC, PASSWORD, UNIT, CLOCK), start=2):
        register(page, city, mn, number)
    bench.simulate(page, NEWCOMER, "--duration", "60s")
    bench.simulate(page, CRC, "--duration", "30s", "--trouble", "modbus_crc=1")
    bench.simulate(page, PASSWORD, "--duration", "30s", "--password", "999999")
    bench.simulate(page, UNIT, "--duration", "30s", "--trouble", "unit_slip=1")
    bench.simulate(page, CLOCK, "--duration", "30s", ahead=timedelta(minutes=20))
    cases = [
        (CRC, "crc_modbus", "MODBUS"),
        (PASSWORD, "password_answered", "PW"),
        (UNIT, "unit_slip", "CO"),
        (CLOCK, "clock_ahead", "1012"),
    ]
    for mn, code, word in cases:
        told = problem(page, city, mn, code)
        visit(page, city, f"/desk/devices/{mn}")
        shown = page.locator(f"[data-problem={code}]").first
        expect(shown).to_contain_text(told["title_zh"])
        expect(shown).to_contain_text("怎么办")
        expect(shown).to_contain_text(told["remedy_zh"])
        expect(shown).to_contain_text(word)
        assert fits(page)
        shoot(page, f"problem-{code}-zh")
    wrong = problem(page, city, CRC, "crc_modbus")["frame"]
    visit(page, city, f"/desk/frames/{wrong}")
    expect(page.get_by_test_id("crc")).to_contain_text("不符")
    expect(page.locator("[data-problem=crc_modbus]")).to_be_visible()
    visit(page, city, "/desk/rejects?reason=password_answered")
    expect(page.locator("tbody tr").first).to_contain_text(PASSWORD)
    shoot(page, "rejects-zh")


def test_a_newcomer_is_adopted_and_its_history_appears(page: Page, city: City, bench: Bench) -> None:
    sign_in(page, city, "data_steward")

    def known() -> bool:
        found = api(page, "GET", "/newcomers", city)["items"]
        return any(one["mn"] == NEWCOMER and one["frames"] >= 2 for one in found)

    until(known, "the newcomer is listed", 60)
    held = [one["frame"] for one in api(page, "GET", f"/newcomers/{NEWCOMER}", city)["newest"]]
    first = next(one for one in held if api(page, "GET", f"/frames/{one}", city)["cn"] == "2011")
    visit(page, city, "/desk/newcomers")
    page.locator(f"[data-row={NEWCOMER}]").get_by_role("link").click()
    page.get_by_test_id("adopt-open").click()
    form = page.get_by_test_id("adopt-form")
    form.locator("[name=name]").fill("认领的数采仪")
    form.locator("[name=site_q]").fill(OTHER_SITE)
    form.locator("[name=site_q]").press("Enter")
    expect(form.locator("[name=site]")).to_have_value(OTHER_SITE)
    expect(form.locator("[name=realtime_interval_s]")).to_have_value("2")  # guessed from its frames
    form.locator("[name=simulated]").check()
    shoot(page, "adopt-zh")
    page.get_by_test_id("adopt").click()
    expect(page.get_by_test_id("device-state")).to_be_visible()
    assert page.url.endswith(NEWCOMER)

    def taken() -> bool:
        became = api(page, "GET", f"/frames/{first}", city)["became"]
        # its own values, or the same ones from the copy that the device sent again
        return bool(became) and became[0]["stored"] in ("current", "same")

    until(taken, "a frame from before its adoption gives values", 60)
    visit(page, city, f"/desk/frames/{first}")
    expect(page.get_by_test_id("became")).to_contain_text("现用值")
    expect(page.get_by_test_id("verdict")).to_have_text("设备未登记")  # what was decided then stays known


def test_a_pasted_frame_is_explained_and_every_page_of_devices_reads_in_english(
    page: Page, city: City, bench: Bench
) -> None:
    bench.stop()
    sign_in(page, city, "data_steward")
    page.add_init_script(ENGLISH)
    visit(page, city, "/desk/frames")
    page.locator("[name=frames]").fill(
        "##0070QN=20170516010101001;ST=22;CN=2012;PW=123456;MN=ABCDEFG1234567;CP=&&&&FCC1"
    )
    page.get_by_test_id("explain").click()
    shown = page.get_by_test_id("explained")
    expect(shown).to_contain_text("Stop real-time data")
    expect(shown).to_contain_text("fits")
    shoot(page, "explain-en")
    number = api(page, "GET", "/commands", city)["items"][0]["number"]
    frame = api(page, "GET", f"/devices/{FIRST}/frames?cn=2011", city)["frames"][0]["id"]
    for name, path in {
        "devices": "/desk/devices",
        "device": f"/desk/devices/{CRC}",
        "device-settings": f"/desk/devices/{FIRST}?tab=settings",
        "device-gaps": f"/desk/devices/{FIRST}?tab=gaps",
        "device-commands": f"/desk/devices/{FIRST}?tab=commands",
        "device-edit": f"/desk/devices/{FIRST}/edit",
        "frame": f"/desk/frames/{frame}",
        "newcomers": "/desk/newcomers",
        "rejects": "/desk/rejects",
        "commands": "/desk/commands",
        "command": f"/desk/commands/{number}",
    }.items():
        visit(page, city, path)
        assert page.locator("h1").count() == 1
        assert fits(page), path
        shoot(page, f"{name}-en")


def test_the_pages_of_devices_fit_a_phone(browser: Browser, city: City, watch: Watch, bench: Bench) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="zh-CN")
    page = context.new_page()
    watch.attach(page)
    sign_in(page, city, "data_steward")
    frame = api(page, "GET", f"/devices/{FIRST}/frames?cn=2011", city)["frames"][0]["id"]
    for path in ("/desk/devices", f"/desk/devices/{CRC}", f"/desk/frames/{frame}", "/desk/devices/new"):
        visit(page, city, path)
        assert fits(page), path
    context.close()


def test_what_devices_export_carries_the_label(page: Page, city: City, bench: Bench) -> None:
    sign_in(page, city, "data_steward")
    for path in ("/devices/export.csv", "/rejects/export.csv", "/commands/export.csv"):
        answer = page.request.get(f"{city.address}/api/v1{path}")
        assert answer.ok, path
        assert "2018" in answer.text().splitlines()[0], path
        assert "123456" not in answer.text()
