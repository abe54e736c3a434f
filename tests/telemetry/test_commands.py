"""`qingtian spool` and `qingtian worker` as an operator uses them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from qingtian.cli.spool import command as spool_command
from qingtian.duties import worker
from qingtian.runtime.clock import SHANGHAI, current_clock
from qingtian.runtime.settings import Settings, get_settings
from qingtian.telemetry.counters import counters_path, read_counters
from qingtian.telemetry.spool import SpoolWriter, Verdict, spool_path
from qingtian.telemetry.spool.folder import segment_path

AT = datetime(2025, 11, 22, 8, 0, tzinfo=SHANGHAI)


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("QINGTIAN_DATA_DIR", str(tmp_path))
    get_settings.cache_clear()
    monkeypatch.setattr("qingtian.runtime.settings.get_settings", lambda: Settings(data_dir=tmp_path))
    yield tmp_path
    get_settings.cache_clear()


def fill(folder: Path) -> list[Any]:
    writer = SpoolWriter(spool_path(folder))
    try:
        return [
            writer.append_and_wait(b"##0001 one", received_at=AT, peer="10.0.0.1:5"),
            writer.append_and_wait(b"##0002 two", received_at=AT, verdict=Verdict.BAD_CRC, reason="CRC given 0"),
            writer.append_and_wait(b"##0001 one", received_at=AT),
        ]
    finally:
        writer.close()


def run(*arguments: str) -> Any:
    return CliRunner().invoke(spool_command, list(arguments))


def test_verify_counts_what_is_whole(data_dir: Path) -> None:
    fill(data_dir)
    result = run("verify")
    assert result.exit_code == 0
    counted, chained = result.output.splitlines()
    assert counted == "1 segments (0 compressed, 0 trimmed), 3 frames, 30 bytes of frames"
    assert chained.startswith("4 links of the hash chain hold; head ")


def test_verify_of_an_empty_house_is_quiet(data_dir: Path) -> None:
    assert run("verify").output == "0 segments (0 compressed, 0 trimmed), 0 frames, 0 bytes of frames\n"


def test_verify_fails_on_a_changed_byte_and_names_the_place(data_dir: Path) -> None:
    first = fill(data_dir)[0]
    path = segment_path(spool_path(data_dir), first.segment)
    data = bytearray(path.read_bytes())
    data[first.offset + 70] ^= 1
    path.write_bytes(data)
    result = run("verify")
    assert result.exit_code == 1
    assert f"DAMAGED: segment {first.segment} offset {first.offset}" in result.output
    assert "restore the segments" in result.output


def test_verify_tells_a_torn_tail_from_damage(data_dir: Path) -> None:
    fill(data_dir)
    with segment_path(spool_path(data_dir), "000000000001").open("ab") as file:
        file.write(b"QTR1half")
    result = run("verify")
    assert result.exit_code == 0
    assert "torn tail (never acknowledged)" in result.output


def test_show_hides_passwords_and_keys_unless_they_are_asked_for(data_dir: Path) -> None:
    writer = SpoolWriter(spool_path(data_dir))
    place = writer.append_and_wait(b"##0040ST=31;CN=1072;PW=123456;MN=A1;CP=&&NewPW=654321&&0000", received_at=AT)
    writer.close()
    shown = run("show", f"{place.segment}:{place.offset}").output
    assert "PW=******" in shown
    assert "123456" not in shown
    assert "654321" not in shown
    assert "NewPW=654321" in run("show", "--secrets", f"{place.segment}:{place.offset}").output


def test_show_prints_a_frame_by_its_place_and_all_arrivals_by_hash(data_dir: Path) -> None:
    positions = fill(data_dir)
    shown = json.loads(run("show", f"{positions[1].segment}:{positions[1].offset}").output)
    assert shown["frame"] == "##0002 two"
    assert (shown["verdict"], shown["reason"]) == ("bad_crc", "CRC given 0")
    assert shown["reason_zh"].startswith("校验码")
    assert shown["remedy_en"]
    first = json.loads(run("show", f"{positions[0].segment}:{positions[0].offset}").output)
    again = [json.loads(line) for line in run("show", first["sha256"]).output.splitlines()]
    assert [one["offset"] for one in again] == [positions[0].offset, positions[2].offset]
    assert datetime.fromisoformat(first["received_at"]) == AT


def test_show_refuses_what_is_no_place(data_dir: Path) -> None:
    fill(data_dir)
    for place in ("nowhere", "000000000001:999", "000000000009:20"):
        result = run("show", place)
        assert result.exception is not None
        assert result.exit_code == 1


def test_repeated_work_survives_failures_and_logs_each_once(caplog: pytest.LogCaptureFixture) -> None:
    stop, calls = threading.Event(), []

    def work() -> None:
        calls.append(1)
        if len(calls) == 6:
            stop.set()
        if len(calls) in (2, 3, 5):
            raise OSError("disk gone")

    worker._repeat(stop, 0.001, work)
    assert len(calls) == 6
    assert caplog.text.count("failed and is tried again") == 2


def test_the_workers_counters_tell_how_far_it_is(tmp_path: Path) -> None:
    from qingtian.telemetry.ingest.loop import IngestCounters
    from qingtian.telemetry.store.port import SpoolPosition

    loop: Any = SimpleNamespace(
        counters=IngestCounters(frames=3),
        position=SpoolPosition("000000000002", 77),
        lag_bytes=lambda: 5,
        newest_arrival=current_clock().now() - timedelta(seconds=40),
    )
    settings = Settings(data_dir=tmp_path)
    standing: Any = SimpleNamespace(told=dict)
    watch: Any = SimpleNamespace(state=SimpleNamespace(as_dict=dict))
    worker._report(counters_path(tmp_path, "worker"), settings, loop, standing, watch, state="working")
    counters = read_counters(counters_path(tmp_path, "worker"))
    assert (counters["state"], counters["frames"], counters["segment"]) == ("working", 3, "000000000002")
    assert (counters["offset"], counters["lag_bytes"]) == (77, 5)
    assert 40 <= counters["lag_seconds"] < 100
    loop.lag_bytes = lambda: 0
    worker._report(counters_path(tmp_path, "worker"), settings, loop, standing, watch, state="working")
    assert read_counters(counters_path(tmp_path, "worker"))["lag_seconds"] == 0
