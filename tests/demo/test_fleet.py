"""The fleet over real TCP: acks, time-outs and resends, broken lines, duplicates."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from qingtian.demo.city import City
from qingtian.demo.events import EventBook
from qingtian.demo.fleet import Fleet
from qingtian.demo.plan import CityPlan
from qingtian.demo.stream import CityStream, Pace, Sending
from qingtian.domain.hj212 import build_data_ack, decode

Choose = Callable[[bytes, int], bool]


class Host:
    """A host that acknowledges what a rule lets it."""

    def __init__(self, acknowledges: Choose = lambda _frame, _times: True, hang_up_after: int | None = None) -> None:
        self.frames: list[bytes] = []
        self.peers = 0
        self._acknowledges, self._hang_up_after = acknowledges, hang_up_after
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.peers += 1
        self.writers.append(writer)
        while line := await reader.readline():
            self.frames.append(line)
            decoded = decode(line)
            if decoded.ack_requested and self._acknowledges(line, self.frames.count(line)):
                writer.write(build_data_ack(decoded))
                await writer.drain()
            if self._hang_up_after is not None and len(self.frames) == self._hang_up_after:
                break
        writer.close()


@asynccontextmanager
async def hosted(host: Host, port: int = 0, *, over_time_s: float = 0.3) -> AsyncIterator[tuple[Fleet, int]]:
    server = await asyncio.start_server(host.serve, "127.0.0.1", port)
    chosen = server.sockets[0].getsockname()[1]
    fleet = Fleet("127.0.0.1", chosen, over_time_s=over_time_s)
    try:
        yield fleet, chosen
    finally:
        await fleet.close()
        server.close()
        for writer in host.writers:
            writer.close()
        await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def sendings() -> list[Sending]:
    plan = City(keep=14).plan()
    few = CityPlan(plan.seed, plan.enterprises[:2])
    stream = CityStream(EventBook(few, City().epoch, planting=False))
    return [one for index in range(2) for one in stream.hour(index, Pace(10, 5, 900))]


async def test_every_frame_arrives_and_every_ack_is_taken(sendings: list[Sending]) -> None:
    host = Host()
    async with hosted(host) as (fleet, _):
        await fleet.send(sendings)
    wanted = sorted(frame for one in sendings for frame in [one.frame] * one.copies)
    assert sorted(host.frames) == wanted
    assert fleet.counters.acked == sum(one.ack for one in sendings)
    assert fleet.counters.resent == 0
    assert host.peers == len({one.mn for one in sendings})


async def test_each_device_keeps_its_order(sendings: list[Sending]) -> None:
    host = Host()
    async with hosted(host) as (fleet, _):
        await fleet.send(sendings)
    mn = sendings[0].mn
    mine = [frame for one in sendings if one.mn == mn for frame in [one.frame] * one.copies]
    assert [frame for frame in host.frames if f"MN={mn};".encode() in frame] == mine


async def test_a_frame_without_an_ack_is_sent_again_with_the_same_bytes(sendings: list[Sending]) -> None:
    stubborn = next(one for one in sendings if one.ack and one.copies == 1)
    host = Host(lambda frame, times: frame != stubborn.frame or times >= 3)
    async with hosted(host) as (fleet, _):
        await fleet.send(sendings)
    assert host.frames.count(stubborn.frame) == 3
    assert fleet.counters.resent == 2


async def test_frames_that_want_no_ack_are_not_waited_for(sendings: list[Sending]) -> None:
    host = Host(lambda _frame, _times: False)
    realtime = [one for one in sendings if not one.ack]
    assert realtime
    async with hosted(host, over_time_s=30) as (fleet, _):
        await asyncio.wait_for(fleet.send(realtime), 5)
        await asyncio.sleep(0.1)
    assert len(host.frames) == len(realtime)


async def test_after_the_resends_the_line_is_opened_anew(sendings: list[Sending]) -> None:
    one = next(sending for sending in sendings if sending.ack and sending.copies == 1)
    host = Host(lambda _frame, times: times >= 6)
    async with hosted(host, over_time_s=0.05) as (fleet, _):
        await asyncio.wait_for(fleet.send([one]), 5)
    assert host.frames.count(one.frame) == 6
    assert host.peers == 2


async def test_a_host_that_hangs_up_gets_the_rest_on_a_new_line(sendings: list[Sending]) -> None:
    mn = next(one.mn for one in sendings if one.ack)
    mine = [one for one in sendings if one.mn == mn]
    host = Host(hang_up_after=4)
    async with hosted(host, over_time_s=0.2) as (fleet, _):
        await asyncio.wait_for(fleet.send(mine), 10)
    assert {one.frame for one in mine if one.ack} <= set(host.frames)
    assert host.peers >= 2


async def test_the_fleet_waits_for_a_host_that_is_not_there_yet(sendings: list[Sending]) -> None:
    probe = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
    port = probe.sockets[0].getsockname()[1]
    probe.close()
    await probe.wait_closed()
    fleet = Fleet("127.0.0.1", port, over_time_s=0.2)
    sending = asyncio.create_task(fleet.send(sendings[:20]))
    await asyncio.sleep(0.3)
    assert not sending.done()
    host = Host()
    async with hosted(host, port):
        await asyncio.wait_for(sending, 10)
        await fleet.close()
    assert len(host.frames) >= 20
    assert fleet.counters.reconnects > 0


async def test_two_batches_of_one_device_share_its_line(sendings: list[Sending]) -> None:
    mine = [one for one in sendings if one.mn == sendings[0].mn]
    host = Host()
    async with hosted(host) as (fleet, _):
        await asyncio.gather(fleet.send(mine[: len(mine) // 2]), fleet.send(mine[len(mine) // 2 :]))
    assert host.peers == 1
    assert {one.frame for one in mine} == set(host.frames)


def test_lost_acks_are_planned_and_rare(sendings: list[Sending]) -> None:
    plan = City(keep=14).plan()
    stream = CityStream(EventBook(plan, City().epoch, planting=False))
    many = [one for index in range(12) for one in stream.hour(index, Pace())]
    assert {one.copies for one in many} == {1, 2}
    assert max(one.at for one in many) - min(one.at for one in many) < timedelta(hours=13)
