"""A living city and a real browser for the end-to-end tests."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright

from qingtian.runtime.supervisor import free_port

SHOTS = Path(os.environ.get("QINGTIAN_SHOTS", tempfile.gettempdir() + "/qingtian-shots"))
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ENTERPRISES = 24  # the whole fleet has 64; the browser needs only a part of it
READY = "body[data-ready], [data-ready]"


@dataclass
class City:
    """A running demo: where it answers and how long it took to come up."""

    address: str
    started_in_s: float
    data_dir: Path
    env: dict[str, str]


@dataclass
class Watch:
    """What a page did that no page may do: foreign requests, missing files, script errors, CSP reports."""

    origin: str
    faults: list[str] = field(default_factory=list)

    def attach(self, page: Page) -> None:
        """Listen to one page."""
        page.on("request", lambda request: self._request(request.url))
        page.on("response", self._response)
        page.on("console", lambda message: self._console(message.type, message.text))
        page.on("pageerror", lambda error: self.faults.append(f"script error: {error}"))

    def _request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and f"{parts.scheme}://{parts.netloc}" != self.origin:
            self.faults.append(f"foreign request: {url}")

    def _response(self, response: Response) -> None:
        if response.status == 404 and "/api/" not in response.url:
            self.faults.append(f"missing file: {response.url}")

    def _console(self, kind: str, text: str) -> None:
        # A refused step or a signed-out session is an answer of the API that the page shows; the browser logs it too.
        if kind == "error" and not re.search(r"status of (401|403|404|409|422)", text):
            self.faults.append(f"console: {text}")


def start_demo(data_dir: Path, *arguments: str, wait_s: float = 420) -> tuple[subprocess.Popen[str], City]:
    """Start `qingtian demo` on free ports and wait for its address."""
    env = {
        **os.environ,
        "QINGTIAN_DATA_DIR": str(data_dir),
        "QINGTIAN_WEB_PORT": str(free_port()),
        "QINGTIAN_GATEWAY_PORT": str(free_port()),
        "PYTHONUNBUFFERED": "1",
    }
    for name in ("QINGTIAN_MODE", "DJANGO_SETTINGS_MODULE"):
        env.pop(name, None)
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "qingtian", "demo", *arguments],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said: list[str] = []
    found = threading.Event()
    address: list[str] = []

    def listen() -> None:
        assert process.stdout is not None
        for line in iter(process.stdout.readline, ""):
            said.append(line)
            if not address and (match := re.search(r"http://[\w.:\[\]]+/", line)):
                address.append(match.group(0))
                found.set()
        found.set()

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    if not found.wait(wait_s) or not address:
        stop_demo(process)
        pytest.fail("the demo printed no address:\n" + "".join(said[-40:]))
    return process, City(address[0].rstrip("/"), time.monotonic() - began, data_dir, env)


def stop_demo(process: subprocess.Popen[str]) -> int:
    """Press Ctrl-C and wait for the clean end."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            pytest.fail("the demo did not stop within 60 s of Ctrl-C")
    if process.stdout is not None:
        process.stdout.close()
    return process.returncode


@pytest.fixture(scope="session")
def city() -> Iterator[City]:
    """One demo city for all browser tests; a developer may name one that runs already."""
    if running_address := os.environ.get("QINGTIAN_E2E_ADDRESS"):
        yield City(running_address.rstrip("/"), 0.0, Path(), {})
        return
    folder = Path(tempfile.mkdtemp(prefix="qt-e2e-"))
    process, running = start_demo(folder / "city", "--enterprises", str(ENTERPRISES))
    try:
        yield running
    finally:
        stop_demo(process)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_ARGS)
        yield launched
        launched.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile at a desk's size."""
    opened = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN", timezone_id="Asia/Shanghai")
    opened.set_default_timeout(30_000)
    yield opened
    opened.close()


@pytest.fixture
def watch(city: City) -> Iterator[Watch]:
    """Fails the test when a page broke a rule that holds for all pages."""
    watcher = Watch(city.address)
    yield watcher
    assert watcher.faults == []


@pytest.fixture
def page(context: BrowserContext, watch: Watch) -> Page:
    """A watched page."""
    opened = context.new_page()
    watch.attach(opened)
    return opened


def api(page: Page, method: str, path: str, city: City, body: Any = None) -> Any:
    """Call the API with the page's session; fails on an error answer."""
    headers = token_headers(page, city) if method != "GET" else {}
    answer = page.request.fetch(f"{city.address}/api/v1{path}", method=method, data=body, headers=headers)
    assert answer.ok, f"{method} {path}: {answer.status} {answer.text()[:800]}"
    return answer.json() if answer.text() else None


def token_headers(page: Page, city: City) -> dict[str, str]:
    """What a write needs besides the session."""
    session = page.request.get(f"{city.address}/api/v1/session").json()
    return {"Referer": city.address + "/", "X-CSRFToken": session["csrf_token"]}


def sign_in(page: Page, city: City, role: str) -> dict[str, Any]:
    """Sign in as a simulated person who holds a role; returns the account."""
    meta = api(page, "GET", "/meta", city)
    account = next(one for one in meta["demo_accounts"] if role in one["roles"])
    api(page, "POST", "/demo/session", city, {"username": account["username"]})
    return dict(account)


def shoot(page: Page, name: str) -> None:
    """Keep a picture for the person who reviews the screens."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=False)
