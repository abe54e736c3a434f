"""The wheel carries the pages: installed into an empty environment without Node, it serves them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.request
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from qingtian.runtime.supervisor import answers, free_port

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with nothing but the wheel and its dependencies; returns its bin folder."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(ROOT)], check=True)
    (wheel,) = folder.glob("qingtian-*.whl")
    venv.create(folder / "venv", with_pip=True)
    binaries = folder / "venv" / "bin"
    subprocess.run([binaries / "python", "-m", "pip", "install", "-q", str(wheel)], check=True)
    return binaries


@pytest.fixture(scope="module")
def address(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a web server started from that environment, far from the source tree."""
    home, port = tmp_path_factory.mktemp("home"), free_port()
    env = {
        "PATH": f"{installed}:/usr/bin:/bin",
        "HOME": str(home),
        "QINGTIAN_DATA_DIR": str(home / "data"),
        "QINGTIAN_WEB_PORT": str(port),
    }
    run = [str(installed / "qingtian")]
    subprocess.run([*run, "migrate"], env=env, cwd=home, check=True, capture_output=True)
    with (home / "serve.log").open("wb") as log:
        server = subprocess.Popen([*run, "serve"], env=env, cwd=home, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while not answers("127.0.0.1", port):
            assert server.poll() is None, (home / "serve.log").read_text("utf-8")
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
        server.terminate()
        server.wait(30)
    stop = (
        "from qingtian.runtime.postgres import *;from qingtian.runtime.settings import *;stop_postgres(get_settings())"
    )
    subprocess.run([installed / "python", "-c", stop], env=env, cwd=home, check=True)


def fetch(url: str) -> tuple[int, dict[str, str], str]:
    with urllib.request.urlopen(url, timeout=20) as answer:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return answer.status, headers, answer.read().decode("utf-8", "replace")


def test_the_wheel_is_small_enough_and_has_no_stray_files(installed: Path) -> None:
    (wheel,) = installed.parent.parent.glob("qingtian-*.whl")
    assert wheel.stat().st_size < 12 * 1024 * 1024
    site = next((installed.parent / "lib").glob("python*/site-packages/qingtian"))
    assert (site / "web" / "dist" / "index.html").exists()
    assert (site / "packs" / "national").is_dir()
    assert not list(site.rglob("node_modules"))


@pytest.mark.parametrize("page", ["/", "/desk/", "/desk/alarms", "/screen/"])
def test_pages_are_served_without_node(address: str, page: str) -> None:
    status, headers, body = fetch(address + page)
    assert status == 200
    assert headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "<html" in body


def test_a_hashed_asset_is_served_and_kept_for_long(address: str) -> None:
    _, _, body = fetch(address + "/desk/")
    asset = re.search(r'src="(/[^"]+\.js)"', body)
    assert asset is not None
    status, headers, script = fetch(address + asset.group(1))
    assert status == 200
    assert "immutable" in headers["cache-control"]
    assert len(script) > 1000


def test_the_environment_has_no_node(installed: Path) -> None:
    assert not (installed / "node").exists()
    assert os.access(installed / "qingtian", os.X_OK)
