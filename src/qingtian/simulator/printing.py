"""Frames without a network: devices in virtual time whose every upload is acknowledged at once.

The same settings, start and seed give the same bytes.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator, Sequence
from typing import Any

from qingtian.simulator.device import Device
from qingtian.simulator.settings import DeviceSettings
from qingtian.simulator.timing import TimeBase


def frames_of(settings: Sequence[DeviceSettings], start_s: float, seconds: float) -> Iterator[tuple[Device, bytes]]:
    """What devices write, in the order of time, one write each.

    Args:
        start_s: start of the virtual time, s since 1970 UTC.
        seconds: how long.
    """
    base = TimeBase(start_s)
    devices = [Device(one, base, 0.0) for one in settings]
    heap: list[tuple[float, int]] = [(0.0, number) for number in range(len(devices))]
    for device in devices:
        device.connect(0.0)
    while heap:
        now, number = heapq.heappop(heap)
        if now > seconds:
            return
        device = devices[number]
        device.advance(now)
        for data in device.take():
            yield device, data
        while device.outbox.waiting:  # an answer may let the next records of a back-fill go
            device.acknowledge_all(now)
            for data in device.take():
                yield device, data
        if device.hang_up:
            device.disconnect(now)
            heapq.heappush(heap, (max(now, device.stay_away_until), number))
            device.hang_up = False
        elif not device.online:
            device.connect(now)
            heapq.heappush(heap, (now, number))
        else:
            heapq.heappush(heap, (max(device.next_at, now), number))


def lines_of(settings: Sequence[DeviceSettings], start_s: float, seconds: float) -> Iterator[str]:
    """JSON lines for `qingtian hj212 decode`: one frame each.

    Where the trouble bends the stream itself (half frames, several in one write) there is one line per device, with
    what each read would give.
    """
    if not any(one.trouble.on_the_wire for one in settings):
        for number, (device, data) in enumerate(frames_of(settings, start_s, seconds), start=1):
            yield json.dumps(_named(f"{device.writer.mn}#{number}", device) | _frame(data), ensure_ascii=False)
        return
    chunks: dict[str, list[str]] = {}
    keys: dict[str, Device] = {}
    for device, data in frames_of(settings, start_s, seconds):
        chunks.setdefault(device.settings.mn, []).append(data.hex())
        keys[device.settings.mn] = device
    for mn, parts in chunks.items():
        yield json.dumps(_named(mn, keys[mn]) | {"chunks_hex": parts})


def _named(name: str, device: Device) -> dict[str, Any]:
    key = device.writer.key
    return {"id": name} | ({"sm4_key_hex": key.hex()} if key else {})


def _frame(data: bytes) -> dict[str, str]:
    try:
        return {"frame": data.decode("utf-8")}
    except UnicodeDecodeError:
        return {"frame_hex": data.hex()}
