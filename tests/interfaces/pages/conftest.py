"""The small city as the public sees it, with outlines of its two districts and a machine clock that stands still."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.interfaces.pages.browser import Browser

from qingtian.interfaces.pages import asking, reporting, visiting
from qingtian.runtime.settings import get_settings

DISTRICTS = {"420106": ("武昌区", 114.20, 30.40), "420107": ("青山区", 114.40, 30.40)}  # code: name, west, south
SIDE = 0.2


class Machine:
    """The clock of the machine, moved by hand."""

    def __init__(self) -> None:
        self.now = datetime.fromisoformat("2026-03-02T09:00:00+08:00")

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Floods are counted by this clock."""
    clock = Machine()
    for module in (asking, reporting, visiting):
        monkeypatch.setattr(module, "real_now", lambda: clock.now)
    return clock


@pytest.fixture(autouse=True)
def outlines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two districts, each a square of 0.2 degrees, side by side."""
    file = tmp_path / "districts.geojson"
    features = [
        {
            "type": "Feature",
            "properties": {"adcode": code, "name": name},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [
                        [west, south],
                        [west + SIDE, south],
                        [west + SIDE, south + SIDE],
                        [west, south + SIDE],
                        [west, south],
                    ]
                ],
            },
        }
        for code, (name, west, south) in DISTRICTS.items()
    ]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    monkeypatch.setattr(get_settings(), "regions_file", file)
    return file


@pytest.fixture
def browser(town: object) -> Callable[..., Browser]:
    """Gives a browser at an address, in a language."""
    return Browser
