"""Loss, delay, duplication, broken lines, a database that is away, a gateway that restarts."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from tests.telemetry.dialogues.host import MemoryPort, device, host, speaking
from tests.telemetry.dialogues.test_over_tcp import past_hours

from qingtian.domain.hj212 import Edition
from qingtian.domain.hj212.dialogues import FINAL, Phase, Reason
from qingtian.simulator import SimulatedDevice, Trouble

BAD_LINES = {
    "delay": Trouble(delay=0.15),
    "duplication": Trouble(duplicate=1.0),
    "loss": Trouble(loss=0.3),
    "all": Trouble(loss=0.2, delay=0.05, duplicate=0.4, reorder=0.2),
}


@pytest.mark.parametrize(
    ("edition", "line"),
    [*((Edition.E2017, line) for line in sorted(BAD_LINES)), (Edition.E2005, "all"), (Edition.E2025, "all")],
)
async def test_on_a_bad_line_every_command_ends_once_and_the_next_one_follows(
    tmp_path: Path, edition: Edition, line: str
) -> None:
    async with speaking(tmp_path, edition, trouble=BAD_LINES[line], overtime_s=1) as (here, sim, profile):
        keys = [here.port.order(profile, "1062", {"RtdInterval": str(40 + number)}) for number in range(3)]
        ends = [await here.end(key) for key in keys]
        for key in keys:
            assert sum(one.phase in FINAL and one.happening not in ("late",) for one in here.port.of(key)) == 1
        if line in ("delay", "duplication"):
            assert [one.phase for one in ends] == [Phase.DONE] * 3
            assert sim.device.realtime_s == 42
        order = [one.key for one in here.port.reports if one.happening == "sent"]
        assert order == keys  # never two at a time, never out of turn


@pytest.mark.parametrize("line", ["delay", "duplication", "all"])
async def test_history_over_a_bad_line_is_counted_by_what_came(tmp_path: Path, line: str) -> None:
    async with speaking(tmp_path, trouble=BAD_LINES[line], overtime_s=1) as (here, sim, profile):
        begin, end = past_hours(sim, 4)
        report = await here.ask(profile, "2061", {"BeginTime": begin, "EndTime": end})
        assert report.phase in FINAL
        if line != "all":
            assert report.phase is Phase.DONE
            assert report.parts >= 5


async def test_a_device_that_is_away_is_waited_for(tmp_path: Path) -> None:
    settings, profile = device()
    async with host(tmp_path, profile) as here:
        key = here.port.order(profile, "1062", {"RtdInterval": "45"})
        await asyncio.sleep(0.2)
        assert here.port.of(key) == []
        async with SimulatedDevice(settings, here.gateway.port) as sim:
            sim.speak("heartbeat")
            assert (await here.end(key)).phase is Phase.DONE


async def test_a_line_that_breaks_in_the_middle_is_taken_up_on_the_new_one(tmp_path: Path) -> None:
    async with speaking(tmp_path, trouble=Trouble(delay=0.4), overtime_s=2) as (here, sim, profile):
        key = here.port.order(profile, "1062", {"RtdInterval": "45"})
        await here.until(lambda: here.port.of(key))
        sim.hang_up()
        await here.until(lambda: not here.gateway.connections.has(profile.mn))
        await here.until(lambda: sim.stats.requests >= 1 or here.port.end_of(key))
        sim.speak("heartbeat")
        end = await here.end(key)
        assert end.phase is Phase.DONE
        assert end.attempts == 2


async def test_while_the_database_is_away_live_data_are_acknowledged_and_reports_are_kept(tmp_path: Path) -> None:
    async with speaking(tmp_path) as (here, sim, profile):
        key = here.port.order(profile, "1062", {"RtdInterval": "45"})
        await here.until(lambda: here.port.of(key))
        here.port.away = True
        waiting = here.port.order(profile, "1061")
        before = sim.stats.acked
        started = time.monotonic()
        sim.speak("2011")
        await sim.until(lambda: sim.stats.acked > before, 20.0)
        assert time.monotonic() - started < 2.0
        await here.until(lambda: here.driver.counters.last_error)
        here.port.away = False
        assert (await here.end(key)).phase is Phase.DONE
        assert (await here.end(waiting)).phase is Phase.DONE


async def test_live_acknowledgements_do_not_wait_behind_a_long_answer(tmp_path: Path) -> None:
    async with speaking(tmp_path) as (here, sim, profile):
        begin, end = past_hours(sim, 600)
        key = here.port.order(profile, "2061", {"BeginTime": begin, "EndTime": end})
        await here.until(lambda: any(one.happening == "data" for one in here.port.of(key)))
        other, known = device(number=2)
        here.driver._directory._profiles[known.mn] = known
        async with SimulatedDevice(other, here.gateway.port) as live:
            live.speak("2011")
            await live.until(lambda: live.stats.acked >= 1, 20.0)
            assert here.port.end_of(key) is None  # 600 hours are on their way still
            parts = max(one.parts for one in here.port.of(key))
        await here.until(lambda: max(one.parts for one in here.port.of(key)) > parts)


async def test_a_restarted_gateway_takes_up_what_was_sent_under_the_same_number(tmp_path: Path) -> None:
    port = MemoryPort()
    settings, profile = device(trouble=Trouble(no_answer=1.0), overtime_s=1)
    async with host(tmp_path, profile, port=port) as here, SimulatedDevice(settings, here.gateway.port) as sim:
        sim.speak("heartbeat")
        key = port.order(profile, "1062", {"RtdInterval": "45"})
        await here.until(lambda: port.of(key))
    first = port.of(key)[0]
    healthy, _ = device()
    async with host(tmp_path, profile, port=port) as here, SimulatedDevice(healthy, here.gateway.port) as sim:
        sim.speak("heartbeat")
        end = await here.end(key)
        assert (end.phase, end.qn) == (Phase.DONE, first.qn)
        again = next(one for one in port.of(key) if one.happening == "resent" and one.note == "")
        assert again.frame_hash == first.frame_hash


async def test_what_cannot_be_written_ends_without_a_frame(tmp_path: Path) -> None:
    async with speaking(tmp_path) as (here, sim, profile):
        end = await here.ask(profile, "1062", {"RtdInterval": "5"})
        assert (end.phase, end.reason) == (Phase.FAILED, Reason.CANNOT_BUILD)
        assert sim.stats.requests == 0
        assert (await here.ask(profile, "1061")).phase is Phase.DONE


async def test_the_counters_of_commands_are_published(tmp_path: Path) -> None:
    import json

    async with speaking(tmp_path) as (here, _sim, profile):
        await here.ask(profile, "1061")
    told = json.loads((tmp_path / "run" / "gateway.json").read_text("utf-8"))["commands"]
    assert (told["sent"], told["done"], told["data_parts"]) == (1, 1, 1)


async def test_an_alias_is_spoken_to_as_the_device_writes_itself(tmp_path: Path) -> None:
    from dataclasses import replace

    settings, profile = device(mn="QTALIAS1")
    known = replace(profile, mn="REGISTERED1", aliases=("QTALIAS1",))
    async with host(tmp_path, known) as here, SimulatedDevice(settings, here.gateway.port) as sim:
        sim.speak("heartbeat")
        await here.until(lambda: here.gateway.connections.has("REGISTERED1"))
        end = await here.ask(known, "1062", {"RtdInterval": "45"})
        assert end.phase is Phase.DONE
        assert "MN=QTALIAS1" in here.port.of(1)[0].text
