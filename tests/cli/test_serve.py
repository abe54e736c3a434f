"""The start of the web server: what is loaded before the first visitor comes, and what the collector no longer walks."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator

import pytest

from qingtian import packs
from qingtian.cli import serve
from qingtian.domain.errors import ConfigurationError, Unavailable
from qingtian.interfaces import telemetry
from qingtian.packs import load_packs
from qingtian.runtime.heap import keep_packs


@pytest.fixture(autouse=True)
def _heap() -> Iterator[None]:
    gc.unfreeze()  # a test before this one may have run a simulator here, which keeps its heap as well
    yield
    gc.unfreeze()


def test_after_the_start_a_full_collection_no_longer_walks_packs_and_code(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[bool] = []
    monkeypatch.setattr(telemetry, "telemetry_store", lambda: opened.append(True))
    serve.load_pages()
    load_packs()
    walked = len(gc.get_objects())
    serve.warm_up()
    assert opened
    assert walked > 50_000
    assert len(gc.get_objects()) < walked / 10
    assert gc.get_freeze_count() > 0.9 * walked


def test_packs_that_cannot_be_read_are_told_and_stop_no_start(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def wrong() -> None:
        raise ConfigurationError("row 7 is wrong", field="packs", remedy="mend it")

    monkeypatch.setattr(packs, "load_packs", wrong)
    with caplog.at_level(logging.WARNING):
        assert keep_packs() > 0
    assert "row 7 is wrong" in caplog.text


def test_a_store_that_is_away_is_told_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away() -> None:
        raise Unavailable("the lake is away")

    monkeypatch.setattr(telemetry, "telemetry_store", away)
    with caplog.at_level(logging.WARNING):
        serve.warm_up()
    assert "the lake is away" in caplog.text
    assert gc.get_freeze_count() > 0
