"""Host and device over TCP: every dialogue of the protocol reference, section 5, in every edition that has it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.telemetry.dialogues.host import PASSWORD, device, host, speaking

from qingtian.domain.hj212 import Edition
from qingtian.domain.hj212.dialogues import Phase, Reason
from qingtian.simulator import SimulatedDevice, Trouble

E05, E17, E25 = Edition.E2005, Edition.E2017, Edition.E2025
ALL = pytest.mark.parametrize("edition", [E05, E17, E25])


@ALL
async def test_a_request_is_carried_out(tmp_path: Path, edition: Edition) -> None:
    async with speaking(tmp_path, edition) as (here, sim, profile):
        end = await here.ask(profile, "1062", {"RtdInterval": "45"})
        assert (end.phase, end.reason, end.code, end.attempts) == (Phase.DONE, Reason.EXECUTED, 1, 1)
        assert sim.device.realtime_s == 45
        assert here.port.happenings(1) == ["sent", "accepted", "done"]


@ALL
async def test_a_value_is_read_back(tmp_path: Path, edition: Edition) -> None:
    async with speaking(tmp_path, edition) as (here, _sim, profile):
        end = await here.ask(profile, "1061")
        assert end.phase is Phase.DONE
        data = next(one for one in here.port.of(1) if one.happening == "data")
        assert data.values["params"]["RtdInterval"].isdigit()


@ALL
async def test_the_clock_is_read_and_set(tmp_path: Path, edition: Edition) -> None:
    async with speaking(tmp_path, edition, clock_offset_s=-700) as (here, _sim, profile):
        await here.ask(profile, "1011")
        off = next(one.values["clock_offset_s"] for one in here.port.of(1) if one.values)
        assert -705 <= off <= -695
        assert (await here.ask(profile, "1012")).phase is Phase.DONE
        await here.ask(profile, "1011")
        again = next(one.values["clock_offset_s"] for one in here.port.of(3) if one.values)
        assert -3 <= again <= 3


@ALL
async def test_a_notice_is_answered_by_9013(tmp_path: Path, edition: Edition) -> None:
    async with speaking(tmp_path, edition) as (here, sim, profile):
        assert (await here.ask(profile, "2011")).phase is Phase.DONE
        await here.until(lambda: "2011" in sim.device.cycles.by_cn)
        end = await here.ask(profile, "2012")
        assert end.phase is Phase.DONE
        assert [one.cn for one in here.port.of(2)] == ["2012", "9013"]
        assert "2011" not in sim.device.cycles.by_cn


@ALL
async def test_history_comes_part_by_part_and_each_part_is_acknowledged(tmp_path: Path, edition: Edition) -> None:
    async with speaking(tmp_path, edition) as (here, sim, profile):
        begin, end = past_hours(sim, 5)
        done = await here.ask(profile, "2061", {"BeginTime": begin, "EndTime": end})
        assert done.phase is Phase.DONE
        hours = {re.search(r"DataTime=(\d{14})", one.text)[1] for one in here.port.of(1) if one.happening == "data"}
        assert (min(hours), max(hours), len(hours)) == (begin, end, 6)
        await sim.until(lambda: sim.stats.acked >= 7, 20.0)  # the heartbeat and six hours
        assert sim.stats.given_up == 0


def past_hours(sim, hours: int) -> tuple[str, str]:
    """Begin and end of some full hours of the device's own past, both included."""
    import time
    from datetime import UTC, datetime, timedelta

    wall = datetime.fromtimestamp(sim.device.clock.local(time.monotonic()), UTC)
    last = wall.replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    return f"{last - timedelta(hours=hours):%Y%m%d%H%M%S}", f"{last:%Y%m%d%H%M%S}"


@ALL
async def test_a_password_is_changed_and_the_answers_still_carry_the_old_one(tmp_path: Path, edition: Edition) -> None:
    name = "PW" if edition is E05 else "NewPW"
    async with speaking(tmp_path, edition) as (here, sim, profile):
        end = await here.ask(profile, "1072", {name: "654321"})
        assert end.phase is Phase.DONE
        assert sim.device.password == "654321"
        told = "".join(one.text for one in here.port.reports)
        assert "654321" not in told and PASSWORD not in told


@pytest.mark.parametrize("edition", [E17, E25])
async def test_an_instrument_is_calibrated(tmp_path: Path, edition: Edition) -> None:
    async with speaking(tmp_path, edition) as (here, sim, profile):
        code = sim.device.instruments.codes[0]
        assert (await here.ask(profile, "3011", {"PolId": code})).phase is Phase.DONE
        assert (await here.ask(profile, "3011", {"PolId": "a99999"})).code == 3


async def test_what_a_device_does_not_know_is_refused_with_the_reason(tmp_path: Path) -> None:
    async with speaking(tmp_path, trouble=Trouble(qn_rtn=3)) as (here, sim, profile):
        end = await here.ask(profile, "1062", {"RtdInterval": "45"})
        assert (end.phase, end.reason, end.code, end.attempts) == (Phase.REFUSED, Reason.QN_RETURN, 3, 1)
        assert sim.stats.requests == 1


async def test_a_device_that_fails_says_so(tmp_path: Path) -> None:
    async with speaking(tmp_path, trouble=Trouble(exe_rtn=5)) as (here, _sim, profile):
        end = await here.ask(profile, "1062", {"RtdInterval": "45"})
        assert (end.phase, end.reason, end.code) == (Phase.FAILED, Reason.EXE_RETURN, 5)


async def test_a_deaf_device_gets_the_same_bytes_again_and_then_the_link_is_unusable(tmp_path: Path) -> None:
    async with speaking(tmp_path, trouble=Trouble(no_answer=1.0), resends=1, overtime_s=1) as (here, _sim, profile):
        end = await here.ask(profile, "1062", {"RtdInterval": "45"})
        assert (end.phase, end.reason, end.attempts) == (Phase.TIMED_OUT, Reason.LINK_UNUSABLE, 2)
        assert here.port.happenings(1) == ["sent", "resent", "timed_out"]
        assert len({one.frame_hash for one in here.port.of(1)[:2]}) == 1
        assert here.driver.counters.timed_out == 1


async def test_a_device_that_accepts_and_falls_silent_is_not_asked_again(tmp_path: Path) -> None:
    async with speaking(tmp_path, trouble=Trouble(silent=1.0), overtime_s=1) as (here, sim, profile):
        end = await here.ask(profile, "1062", {"RtdInterval": "45"})
        assert (end.phase, end.reason, end.attempts) == (Phase.FAILED, Reason.NO_RESULT, 1)
        assert sim.stats.requests == 1


@pytest.mark.parametrize(("edition", "word"), [(E17, "clock"), (E25, "clock"), (E25, "key"), (E17, "restart")])
async def test_what_a_device_says_by_itself_is_answered_at_once_and_told(
    tmp_path: Path, edition: Edition, word: str
) -> None:
    said = {"clock": "clock_wanted", "key": "key_wanted", "restart": "restarted"}[word]
    async with speaking(tmp_path, edition) as (here, sim, _profile):
        answers = sim.stats.acked
        sim.speak(word)
        await sim.until(lambda: sim.stats.acked > answers, 20.0)
        await here.until(lambda: said in here.port.happenings(None))
        assert sim.stats.given_up == 0


@ALL
async def test_a_heartbeat_is_answered_and_counted_not_kept(tmp_path: Path, edition: Edition) -> None:
    async with speaking(tmp_path, edition) as (here, sim, _profile):
        await sim.until(lambda: sim.stats.acked >= 1, 20.0)
        assert here.driver.counters.heartbeats >= 1
        assert here.port.happenings(None) == []


async def test_the_login_of_a_vendor_is_answered(tmp_path: Path) -> None:
    async with speaking(tmp_path) as (here, sim, _profile):
        before = sim.stats.acked
        sim.speak("login")
        await sim.until(lambda: sim.stats.acked > before, 20.0)
        await here.until(lambda: "login" in here.port.happenings(None))


async def test_a_new_key_is_set_under_the_old_one(tmp_path: Path) -> None:
    old, new = bytes(range(16)), bytes(range(16, 32))
    async with speaking(tmp_path, E25, key=old) as (here, sim, profile):
        params = {"SKCreateTime": "20260101000000", "NewSK": new.hex()}
        end = await here.ask(profile, "1014", params)
        assert end.phase is Phase.DONE
        assert sim.device.writer.key == new
        assert new.hex() not in "".join(one.text for one in here.port.reports)


async def test_an_encrypting_device_is_read_and_asked_for_history(tmp_path: Path) -> None:
    async with speaking(tmp_path, E25, key=bytes(range(16))) as (here, sim, profile):
        begin, end = past_hours(sim, 2)
        done = await here.ask(profile, "2061", {"BeginTime": begin, "EndTime": end})
        assert done.phase is Phase.DONE
        assert done.parts >= 3
        assert "(SM4)" in "".join(one.text for one in here.port.of(1))


async def test_a_device_without_number_is_given_one(tmp_path: Path) -> None:
    settings, known = device(E25, mn="88888888", activate=True)
    _, registered = device(E25)
    assert known.mn == "88888888"
    async with host(tmp_path, registered) as here, SimulatedDevice(settings, here.gateway.port) as sim:
        await here.until(lambda: "activation" in here.port.happenings(None))
        told = here.port.of(None)[0]
        assert (told.mn, bool(told.notice and told.notice.serials)) == ("88888888", True)
        end = await here.ask(registered, "1002", mn="88888888", also=())
        assert end.phase is Phase.DONE
        await here.until(lambda: sim.device.writer.mn == registered.mn)


@pytest.mark.parametrize("word", ["2011", "2051", "2061", "2031", "2021"])
async def test_an_upload_is_acknowledged_once_it_is_stored(tmp_path: Path, word: str) -> None:
    async with speaking(tmp_path) as (_here, sim, _profile):
        before = sim.stats.acked
        sim.speak(word)
        await sim.until(lambda: sim.stats.acked > before, 20.0)
        assert sim.stats.given_up == 0


async def test_the_first_contact_goes_through_command_by_command(tmp_path: Path) -> None:
    from qingtian.domain.hj212.dialogues import Wanted, first_contact

    async with speaking(tmp_path, clock_offset_s=300) as (here, sim, profile):
        keys = [here.port.order(profile, cn, params) for cn, params in first_contact(Wanted(overtime_s=20))]
        ends = [await here.end(key) for key in keys]
        assert [one.phase for one in ends] == [Phase.DONE] * 6
        assert sim.device.over_time_s == 20
        sent = [one.cn for one in here.port.reports if one.happening == "sent"]
        assert sent == ["1012", "1000", "1062", "1064", "2011", "2022"]


@pytest.mark.parametrize("answer", ["9013", "9014"])
async def test_a_heartbeat_is_answered_as_the_device_is_set(tmp_path: Path, answer: str) -> None:
    settings, known = device(E25)
    known = replace(known, heartbeat_answer=answer)
    async with host(tmp_path, known) as here, SimulatedDevice(settings, here.gateway.port) as sim:
        sim.speak("heartbeat")
        await sim.until(lambda: f"CN={answer}".encode() in bytes(sim.heard), 20.0)


async def test_a_device_that_repeats_itself_is_answered_each_time_and_told_once(tmp_path: Path) -> None:
    async with speaking(tmp_path) as (here, sim, _profile):
        for number in range(5):
            sim.speak("clock")
            await sim.until(lambda n=number: sim.stats.acked >= n + 2, 20.0)
        await here.until(lambda: here.driver.counters.notices == 5)
        await here.until(lambda: here.port.happenings(None) == ["clock_wanted"])
