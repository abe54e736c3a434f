"""From an order in the database over TCP to the device and back: state, log, journal, secrets, missing data filled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.apps.city import actor, enterprise_drafts
from tests.duties.memory_store import MemoryStore
from tests.telemetry.dialogues.host import PASSWORD, device

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.devices.actions.order_command import OrderDraft, order_command
from qingtian.apps.devices.directory import device_directory
from qingtian.apps.devices.models import DeviceCommand, DeviceExchange, DeviceGap
from qingtian.apps.devices.port import DatabasePort
from qingtian.apps.journal.models import Event
from qingtian.apps.registry.actions.register_many import register_many
from qingtian.domain.hj212 import Edition
from qingtian.domain.hj212.dialogues import FINAL, Phase
from qingtian.duties.ask_gaps import ask_gaps
from qingtian.duties.duty import DutyContext
from qingtian.runtime.clock import real_now
from qingtian.runtime.settings import Settings
from qingtian.simulator import SimulatedDevice
from qingtian.telemetry.devices import CachedDirectory
from qingtian.telemetry.gateway.driving import DialogueDriver
from qingtian.telemetry.gateway.server import Gateway
from qingtian.telemetry.ingest import IngestLoop
from qingtian.telemetry.spool.folder import spool_path
from qingtian.telemetry.store.port import Cycle

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


async def asked(question: Callable[[], Any]) -> Any:
    """A question to the database, in a thread that leaves no connection behind."""
    from django.db import connection

    def ask() -> Any:
        try:
            return question()
        finally:
            connection.close()

    return await asyncio.to_thread(ask)


def register(mn: str, **attributes: Any) -> None:
    drafts = enterprise_drafts()
    known = {"edition": "2017", "password": PASSWORD, "overtime_s": 1, "expects": ["hour"]} | attributes
    drafts[2] = replace(drafts[2], code=mn, attributes=known)
    register_many(SYSTEM_ACTOR, real_now() - timedelta(days=30), drafts)


@asynccontextmanager
async def gateway(folder: Path) -> AsyncIterator[Gateway]:
    directory = quiet_directory(folder)
    driver = DialogueDriver(DatabasePort("test"), directory, now=real_now, poll_s=0.05)
    settings = Settings(data_dir=folder, gateway_port=0, disk_reserve_mb=1, commit_delay_ms=1)
    one = Gateway(settings, directory, now=real_now, driver=driver)
    await one.start()
    try:
        yield one
    finally:
        await one.stop()


def quiet_directory(folder: Path) -> CachedDirectory:
    """The deployment's directory; the threads that read it leave no connection behind."""
    from django.db import connection

    directory = device_directory(folder)
    load = directory._load

    def load_and_close() -> Any:
        try:
            return load()
        finally:
            connection.close()

    directory._load = load_and_close
    return directory


async def until(what: Callable[[], Any], patience_s: float = 20.0) -> Any:
    """Wait until a question to the database is answered with something."""
    async with asyncio.timeout(patience_s):
        while not (found := await asked(what)):
            await asyncio.sleep(0.05)
        return found


def ended(number: str) -> DeviceCommand | None:
    row = DeviceCommand.objects.select_related("device").get(number=number)
    return row if row.state in FINAL else None


async def order(mn: str, cn: str, params: dict[str, Any] | None = None) -> str:
    who = actor(Role.DATA_STEWARD, name="steward")
    draft = OrderDraft(cn, params or {}, reason="试验")
    command = await asked(lambda: order_command(who, real_now(), mn, draft))
    return command.number


async def test_an_order_is_carried_out_and_everything_about_it_is_kept(tmp_path: Path) -> None:
    settings, profile = device(clock_offset_s=120)
    await asked(lambda: register(profile.mn))
    async with gateway(tmp_path) as here, SimulatedDevice(settings, here.port) as sim:
        waiting = await order(profile.mn, "1011")
        sim.speak("heartbeat")
        row = await until(lambda: ended(waiting))
        assert (row.state, row.end_reason, row.attempts, row.parts) == (Phase.DONE, "executed", 1, 1)
        assert 117 <= row.values["clock_offset_s"] <= 123
        lines = await asked(lambda: list(DeviceExchange.objects.filter(command=row)))
        assert [one.happening for one in lines] == ["sent", "accepted", "data", "done"]
        assert all(len(one.frame_hash) == 64 and PASSWORD not in one.text for one in lines)
        types = await asked(lambda: list(Event.objects.order_by("seq").values_list("type", flat=True)))
        assert types[-2:] == ["command.ordered", "command.ended"]


async def test_a_new_password_is_the_one_that_the_host_sends_next(tmp_path: Path) -> None:
    settings, profile = device()
    await asked(lambda: register(profile.mn))
    async with gateway(tmp_path) as here, SimulatedDevice(settings, here.port) as sim:
        sim.speak("heartbeat")
        first = await order(profile.mn, "1072", {"NewPW": "654321"})
        assert (await until(lambda: ended(first))).state == Phase.DONE
        assert sim.device.password == "654321"
        second = await order(profile.mn, "1061")
        assert (await until(lambda: ended(second))).state == Phase.DONE
        assert here.counters.wrong_password == 0


async def test_a_call_for_the_clock_is_answered_and_followed(tmp_path: Path) -> None:
    settings, profile = device(clock_offset_s=-900)
    await asked(lambda: register(profile.mn))
    async with gateway(tmp_path) as here, SimulatedDevice(settings, here.port) as sim:
        sim.speak("clock")
        row = await until(lambda: DeviceCommand.objects.filter(cn="1012", state=Phase.DONE).first())
        assert row.requested_by == "system"
        here._driver._told.clear()  # as after some seconds
        sim.speak("clock")
        await until(lambda: DeviceExchange.objects.filter(happening="clock_wanted").count() == 2)
        assert await asked(DeviceCommand.objects.count) == 1


async def test_what_was_under_way_when_the_gateway_went_is_finished_after_its_return(tmp_path: Path) -> None:
    from qingtian.simulator import Trouble

    settings, profile = device(trouble=Trouble(no_answer=1.0))
    await asked(lambda: register(profile.mn))
    async with gateway(tmp_path) as here, SimulatedDevice(settings, here.port) as sim:
        sim.speak("heartbeat")
        number = await order(profile.mn, "1062", {"RtdInterval": "45"})
        before = await until(
            lambda: DeviceCommand.objects.filter(number=number, state=Phase.SENT, attempts__gte=1).first()
        )
    healthy, _ = device()
    async with gateway(tmp_path) as here, SimulatedDevice(healthy, here.port) as sim:
        sim.speak("heartbeat")
        row = await until(lambda: ended(number))
        assert (row.state, row.qn) == (Phase.DONE, before.qn)
        assert row.attempts > before.attempts
        assert sim.device.realtime_s == 45


async def test_what_a_killed_gateway_had_only_claimed_goes_out_under_its_number(tmp_path: Path) -> None:
    settings, profile = device()
    await asked(lambda: register(profile.mn))
    number = await order(profile.mn, "1062", {"RtdInterval": "45"})
    taken = await asked(lambda: DatabasePort("test").take(lambda _mn: True, 10))  # and then it was killed
    async with gateway(tmp_path) as here, SimulatedDevice(settings, here.port) as sim:
        sim.speak("heartbeat")
        row = await until(lambda: ended(number))
        assert (row.state, row.qn, sim.device.realtime_s) == (Phase.DONE, taken[0].qn, 45)


async def test_missing_hours_are_found_asked_for_stored_and_known_as_filled(tmp_path: Path) -> None:
    settings, profile = device()
    await asked(lambda: register(profile.mn))
    store = MemoryStore()
    loop = IngestLoop(store, spool_path(tmp_path), device_directory(tmp_path))

    def look() -> None:
        loop.drain()
        now = real_now()
        ask_gaps(DutyContext(now, now - HOUR, store))

    async with gateway(tmp_path) as here, SimulatedDevice(settings, here.port) as sim:
        sim.speak("2061")
        await sim.until(lambda: sim.stats.acked >= 1, 20.0)
        await asked(look)
        assert await asked(DeviceGap.objects.count) >= 7
        command = await until(lambda: DeviceCommand.objects.filter(state=Phase.DONE, parts__gte=20).first(), 40.0)
        await asked(look)
        gap = await asked(lambda: DeviceGap.objects.get(command=command))
        assert gap.state == "filled"
        rows = store.window(Cycle.HOUR, command.data_begin, command.data_end + HOUR)
        assert len({row.period_start for row in rows}) == gap.periods
        assert {row.site for row in rows} == {"E-1-DA001"}


async def test_no_value_is_lost_while_a_key_is_replaced(tmp_path: Path) -> None:
    old = bytes(range(16))
    settings, profile = device(Edition.E2025, key=old)
    await asked(lambda: register(profile.mn, edition="2025", sm4_key=old.hex()))
    store = MemoryStore()
    loop = IngestLoop(store, spool_path(tmp_path), device_directory(tmp_path))
    async with gateway(tmp_path) as here, SimulatedDevice(settings, here.port) as sim:
        sim.speak("2061")
        await sim.until(lambda: sim.stats.acked >= 1, 20.0)
        await asked(loop.drain)  # ingest knows the register as it was before
        number = await order(profile.mn, "1014")
        assert (await until(lambda: ended(number))).state == Phase.DONE
        assert sim.device.writer.key != old
        before = sim.stats.acked
        sim.speak("2011")
        await sim.until(lambda: sim.stats.acked > before, 20.0)
        await asked(loop.drain)
    assert loop.counters.quarantined == 0
    assert {row.cycle for row in store.latest()} >= {Cycle.HOUR, Cycle.REALTIME}
