"""Values that are wrong although the frame is right: what a device does by itself when its settings are wrong."""

from __future__ import annotations

import random
from collections import Counter

from qingtian.simulator.records import Item
from qingtian.simulator.settings import DeviceSettings
from qingtian.simulator.trouble import SENTINELS

CARBON_MONOXIDE, PM10, PM25 = "a21005", "a34002", "a34004"
MICRO = 1000.0
NOT_VALUES = frozenset({"Flag", "EFlag", "Cou", "SampleTime"})
LASTING = ("exceed", "frozen", "unit_slip", "column_shift", "swap_pm")
FAR_ABOVE = 6.0


class Spoiler:
    """The lasting and passing faults in the values of one device.

    Args:
        settings: the device and its trouble.
        rng: source of chance for sentinels.
        done: counts by name.
    """

    __slots__ = ("_done", "_faults", "_profile", "_rng", "_sentinel")

    def __init__(self, settings: DeviceSettings, rng: random.Random, done: Counter[str]) -> None:
        trouble = settings.trouble
        self._faults = [name for name in LASTING if trouble.device_has(name, settings.seed, settings.mn)]
        self._sentinel = trouble.sentinel
        self._profile = settings.profile
        self._rng, self._done = rng, done

    def spoil(self, items: list[Item]) -> list[Item]:
        """The items as this device sends them."""
        for name in self._faults:
            self._done[name] += 1
            items = getattr(self, f"_{name}")(items)
        if self._sentinel:
            for item in items:
                item.values = [self._maybe(name, value) for name, value in item.values]
        return items

    def _maybe(self, name: str, value: str) -> tuple[str, str]:
        if name in NOT_VALUES or self._rng.random() >= self._sentinel:
            return name, value
        self._done["sentinel"] += 1
        return name, self._rng.choice(SENTINELS)

    def _frozen(self, items: list[Item]) -> list[Item]:
        channel = self._profile.channels[0]
        constant = f"{channel.typical:.{channel.decimals}f}"
        for item in items:
            if item.code in (channel.code, channel.old_code):
                item.values = [(name, value if name in NOT_VALUES else constant) for name, value in item.values]
        return items

    def _exceed(self, items: list[Item]) -> list[Item]:
        """Concentrations (and the masses made of them) six times the usual; no flow, no weather."""
        for item in items:
            channel = self._profile.channel(item.code)
            if channel is not None and not channel.additive and channel.total != "volume":
                kept = (1e9 if channel.total == "mass" else channel.high, NOT_VALUES - {"Cou"})
                item.values = [(name, _times(name, value, channel.decimals, *kept)) for name, value in item.values]
        return items

    def _unit_slip(self, items: list[Item]) -> list[Item]:
        channel = self._profile.channel(CARBON_MONOXIDE)
        for item in items:
            if channel is not None and item.code in (channel.code, channel.old_code):
                item.values = [
                    (name, value if name in NOT_VALUES else f"{float(value) * MICRO:.{channel.decimals}f}")
                    for name, value in item.values
                ]
        return items

    def _column_shift(self, items: list[Item]) -> list[Item]:
        values = [item.values for item in items]
        for item, other in zip(items, [*values[-1:], *values[:-1]], strict=True):
            item.values = other
        return items

    def _swap_pm(self, items: list[Item]) -> list[Item]:
        by_code = {item.code: item for item in items}
        if PM10 in by_code and PM25 in by_code:
            left, right = by_code[PM10], by_code[PM25]
            left.values, right.values = right.values, left.values
        return items


def _times(name: str, value: str, decimals: int, most: float, kept: frozenset[str]) -> str:
    if name in kept:
        return value
    return f"{min(most, float(value) * FAR_ABOVE):.{3 if name == 'Cou' else decimals}f}"
