"""`qingtian replay`: the stream as a file or over TCP, with its truth."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from qingtian.cli.main import cli
from qingtian.demo.events import HOUR
from qingtian.demo.replaying import ReplayOrder, replay_to_address, replay_to_file
from qingtian.demo.scenario import Scenario
from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212 import FrameOk, Framer, build_data_ack, decode

MORNING = datetime(2025, 11, 24, 6)  # noqa: DTZ001  as the command line gives it


def order(hours: int = 2, *, speed: float = 60, **more: object) -> ReplayOrder:
    fields: dict[str, object] = {"seed": 212, "shift_weeks": 365, "keep": 12} | more
    return ReplayOrder.of(Scenario.HAZE, MORNING, MORNING + hours * HOUR, speed=speed, **fields)  # type: ignore[arg-type]


def test_a_file_holds_whole_frames_and_its_own_hash(tmp_path: Path) -> None:
    path = tmp_path / "frames.hj212"
    done = replay_to_file(order(), path)
    content = path.read_bytes()
    framer = Framer()
    events = framer.feed(content) + framer.flush()
    assert all(isinstance(event, FrameOk) for event in events)
    assert (done.frames, done.bytes) == (len(events), len(content))
    assert done.sha256 == hashlib.sha256(content).hexdigest()


def test_the_same_order_writes_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    one = replay_to_file(order(), tmp_path / "a")
    assert replay_to_file(order(), tmp_path / "b") == one
    assert replay_to_file(order(seed=1), tmp_path / "c").sha256 != one.sha256


def test_high_speed_thins_out_the_frames(tmp_path: Path) -> None:
    usual = replay_to_file(order(), tmp_path / "a")
    fast = replay_to_file(order(speed=3600), tmp_path / "b")
    assert fast.frames < usual.frames / 4


def test_the_truth_of_the_stretch_comes_along(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    whole = order(48)
    count = whole.write_truth(path)
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert len(lines) == count > 10
    assert all(line["start"] < whole.end.isoformat() for line in lines)


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [
        (MORNING.replace(minute=30), None, "from"),
        (MORNING, MORNING, "to"),
        (MORNING, MORNING + 24 * 61 * HOUR, "to"),
    ],
)
def test_an_impossible_stretch_is_refused_with_its_field(start: datetime, end: datetime | None, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        ReplayOrder.of(Scenario.HAZE, start, end, seed=1, shift_weeks=365, keep=12, speed=60)
    assert caught.value.field == field
    assert caught.value.remedy


def test_without_times_the_first_day_of_the_window_is_taken() -> None:
    found = ReplayOrder.of(Scenario.OZONE, None, None, seed=1, shift_weeks=365, keep=12, speed=60)
    assert found.start == found.city.replay.first
    assert found.end - found.start == 24 * HOUR


@pytest.mark.parametrize("address", ["", "localhost", ":9000", "host:port"])
def test_an_address_without_host_or_port_is_refused(address: str) -> None:
    with pytest.raises(InvalidInput, match="no address"):
        replay_to_address(order(), address)


class HostThread:
    """A host in a thread of its own, since the replay runs an event loop in this one."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.port = 0
        self._writers: list[asyncio.StreamWriter] = []
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> HostThread:
        self._thread.start()
        assert self._ready.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _run(self) -> None:
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for writer in self._writers:
            writer.close()
        self._loop.run_until_complete(asyncio.sleep(0.05))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        while line := await reader.readline():
            self.frames.append(line)
            if decode(line).ack_requested:
                writer.write(build_data_ack(decode(line)))
        writer.close()


def test_frames_can_be_sent_to_a_host(tmp_path: Path) -> None:
    whole = order(1, speed=3600)
    written = replay_to_file(whole, tmp_path / "frames")
    with HostThread() as host:
        sent = replay_to_address(whole, f"127.0.0.1:{host.port}")
    assert sent == written.frames == len(host.frames)
    assert sorted(host.frames) == sorted((tmp_path / "frames").read_bytes().splitlines(keepends=True))


def test_the_command_writes_frames_and_truth_and_says_what_they_are(tmp_path: Path) -> None:
    out, truth = tmp_path / "f.hj212", tmp_path / "t.jsonl"
    arguments = ["replay", "--from", "2025-11-24 06:00:00", "--to", "2025-11-24 07:00:00", "--enterprises", "12"]
    result = CliRunner().invoke(cli, [*arguments, "--out", str(out), "--truth", str(truth)])
    assert result.exit_code == 0, result.output
    assert out.read_bytes().startswith(b"##")
    assert "historical air hours of 2018; simulated enterprises" in result.output
    assert truth.exists()


def test_the_command_wants_to_know_where_frames_go() -> None:
    result = CliRunner().invoke(cli, ["replay"])
    assert result.exit_code == 2
    assert "--out FILE or --send HOST:PORT" in result.output
