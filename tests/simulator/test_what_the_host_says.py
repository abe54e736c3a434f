"""Every trouble against the real gateway: what this platform makes of it is what docs/simulator.md promises."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qingtian.domain.hj212 import decode
from qingtian.runtime.clock import real_now
from qingtian.runtime.settings import Settings
from qingtian.simulator import Fleet, TimeBase, Trouble, built_in_profile, simulated_device
from qingtian.simulator.orders import changed
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.gateway.server import Gateway
from qingtian.telemetry.spool import Verdict, read_all, spool_path

RECORDS = 24  # six hours of quarters of an hour
OVERTIME_S = 1


async def against_the_gateway(
    folder: Path, trouble: Trouble, *, registered: bool = True
) -> tuple[Fleet, Counter[Verdict]]:
    """A device with six hours to send; returns when it has come to rest or has given up."""
    device = simulated_device(
        built_in_profile("noise"),
        realtime=False,
        minute_min=15,
        backfill_s=6 * 3600,
        trouble=trouble,
        log_s=0.4,
        seed=5,
    )
    device = replace(device, wire=replace(device.wire, overtime_s=OVERTIME_S, resends=5))
    known = {device.mn: DeviceProfile(device.mn, "S", password="123456")} if registered else {}
    gateway = Gateway(
        Settings(data_dir=folder, gateway_port=0, disk_reserve_mb=1, commit_delay_ms=1), StaticDirectory(known)
    )
    await gateway.start()
    base = TimeBase(real_now().timestamp(), time.monotonic())
    fleet = Fleet([device], "127.0.0.1", gateway.port, base=base)
    await fleet.start()
    end = time.monotonic() + 2.0
    box = fleet.devices[0].outbox
    while time.monotonic() < end and (not fleet.stats.backfilled or box.waiting or box.backlog):
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.3)
    await fleet.stop()
    await gateway.stop()
    return fleet, Counter(one.verdict for one in read_all(spool_path(folder)))


def records(folder: Path) -> set[tuple[str, str | None]]:
    """Periods that the gateway took for good."""
    good = (decode(one.raw) for one in read_all(spool_path(folder)) if one.verdict is Verdict.ACCEPTED)
    return {(one.cn, one.data_time) for one in good if one.cn in ("2051", "2061")}


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(),
        Trouble(lower_crc=1),
        Trouble(short_crc=1),
        Trouble(wrong_length=1),
        Trouble(no_crlf=1),
        Trouble(gbk=1),
        Trouble(half=0.3),
        Trouble(together=0.5),
        Trouble(garbage=0.5),
        Trouble(duplicate=1),
        Trouble(reorder=0.3, delay=0.01),
    ],
    ids=lambda one: "+".join(changed(one)) or "none",
)
async def test_what_real_devices_do_is_read_and_answered(tmp_path: Path, trouble: Trouble) -> None:
    fleet, verdicts = await against_the_gateway(tmp_path, trouble)
    assert len(records(tmp_path)) >= RECORDS
    assert fleet.stats.acked >= RECORDS
    assert verdicts[Verdict.BAD_CRC] == 0
    assert verdicts[Verdict.WRONG_PASSWORD] == verdicts[Verdict.UNKNOWN_DEVICE] == 0


@pytest.mark.parametrize(("name", "diagnosis"), [("wrong_crc", ""), ("modbus_crc", "crc_modbus: ")])
async def test_a_wrong_check_code_is_kept_explained_and_never_answered(
    tmp_path: Path, name: str, diagnosis: str
) -> None:
    fleet, verdicts = await against_the_gateway(tmp_path, Trouble(**{name: 1.0}))  # type: ignore[arg-type]
    assert set(verdicts) == {Verdict.BAD_CRC}
    assert fleet.stats.acked == 0
    reasons = [one.reason for one in read_all(spool_path(tmp_path))]
    assert all(diagnosis in reason for reason in reasons)


async def test_a_share_of_wrong_check_codes_costs_resends_and_no_record(tmp_path: Path) -> None:
    fleet, verdicts = await against_the_gateway(tmp_path, Trouble(wrong_crc=0.2))
    assert verdicts[Verdict.BAD_CRC] == fleet.stats.trouble["wrong_crc"] > 0
    assert fleet.stats.resent >= 1
    assert len(records(tmp_path)) >= RECORDS


async def test_a_wrong_password_is_a_verdict_of_its_own(tmp_path: Path) -> None:
    from qingtian.simulator.identity import WRONG_PASSWORD

    device = simulated_device(built_in_profile("noise"), trouble=Trouble(wrong_pw=1))
    assert device.given_password == WRONG_PASSWORD
    fleet, verdicts = await against_the_gateway(tmp_path, Trouble(wrong_pw=1))
    assert set(verdicts) == {Verdict.WRONG_PASSWORD}
    assert records(tmp_path) == set()
    assert fleet.stats.sent > RECORDS


async def test_an_unregistered_device_is_kept_and_not_answered(tmp_path: Path) -> None:
    fleet, verdicts = await against_the_gateway(tmp_path, Trouble(), registered=False)
    assert set(verdicts) == {Verdict.UNKNOWN_DEVICE}
    assert fleet.stats.acked == 0


async def test_half_a_frame_is_kept_as_rejected_and_the_next_one_is_found(tmp_path: Path) -> None:
    fleet, verdicts = await against_the_gateway(tmp_path, Trouble(cut=0.3))
    assert fleet.stats.trouble["cut"] > 0
    assert verdicts[Verdict.MALFORMED] + verdicts[Verdict.BAD_CRC] > 0
    assert len(records(tmp_path)) >= RECORDS


def test_the_page_promises_what_is_tested_here() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "simulator.md").read_text("utf-8")
    rows: dict[str, Any] = {}
    for line in page.splitlines():
        if line.startswith("| `"):
            names, *_, expected = (cell.strip() for cell in line.strip("|").split("|"))
            rows |= {name.strip("`, ").partition("`")[0]: expected for name in names.split(",")}
    assert rows["short_crc"] == rows["no_crlf"] == "accept"
    assert rows["wrong_crc"].startswith("no answer")
    assert "find the next good frame" in rows["cut"]
