"""Records of a device: real-time values, minute, hour and day records, facility state and hours.

Minute, hour and day are made of the same minutes, so a day agrees with its hours and an hour with its minutes, whether
a record is sent when it is due or asked for weeks later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from qingtian.simulator.chance import uniform
from qingtian.simulator.marking import CALIBRATION, DEAD, FAULT, MAINTENANCE, NORMAL, STOPPED, MarkBook
from qingtian.simulator.noise import noise_day, noise_period
from qingtian.simulator.profile import Channel, Profile
from qingtian.simulator.signals import Signal, rounded
from qingtian.simulator.timing import DAY_S

AIR_OXYGEN = 21.0  # percent, part of the conversion to reference oxygen
LEAST_LEFT = 0.5  # percent: near air the conversion has no meaning
MG_TO_KG, L_TO_M3 = 1e-6, 1e-3
SPAN = 0.8  # calibration gas as a share of the range
STATE_OF_MARK = {STOPPED: "0", CALIBRATION: "2", MAINTENANCE: "3", FAULT: "4"}  # SBxxx-RS of HJ 212-2017


@dataclass(slots=True)
class Item:
    """One code with its attributes as text, in the order in which they are sent."""

    code: str
    values: list[tuple[str, str]]

    def text(self) -> str:
        """The item as the data area has it.

        >>> Item("a21026", [("Rtd", "1.5"), ("Flag", "N")]).text()
        'a21026-Rtd=1.5,a21026-Flag=N'
        """
        code = self.code
        return ",".join([f"{code}-{name}={value}" for name, value in self.values])


class Instruments:
    """What a device measures.

    Args:
        seed: seed of the run.
        mn: the device.
        profile: what it measures.
        old_codes: write the codes of the 2005 edition.
    """

    __slots__ = ("_flow", "_names", "_order", "_oxygen", "_profile", "_signals", "marks")

    def __init__(self, seed: int, mn: str, profile: Profile, *, old_codes: bool = False) -> None:
        self._profile = profile
        self.marks = MarkBook(seed, mn, profile.marks)
        self._signals = {
            one.code: Signal(seed, mn, one, 0.7 + 0.6 * uniform(seed, mn, one.code, "level"))
            for one in profile.channels
        }
        self._names = {one.code: (one.old_code or one.code) if old_codes else one.code for one in profile.channels}
        # a channel that is a share of another one is computed after it
        self._order = sorted(profile.channels, key=lambda one: bool(one.below))
        self._flow, self._oxygen = profile.flow, profile.oxygen

    @property
    def codes(self) -> list[str]:
        """Codes as sent."""
        return list(self._names.values())

    def realtime(self, local_s: float) -> list[Item]:
        """Values of an instant (2011)."""
        mark = self.marks.now(local_s)
        raw = self._measured(lambda signal: signal.at(local_s), mark, int(local_s) // 60)
        return [self._instant(channel, raw, mark) for channel in self._profile.channels]

    def period(self, start_s: float, seconds: int) -> list[Item]:
        """Means, extremes and totals of a period (2051, 2061, 2031)."""
        first = int(start_s) // 60
        minutes = range(first, first + max(1, seconds // 60))
        if self._profile.kind == "noise":
            (signal,) = self._signals.values()
            make = noise_day if seconds >= DAY_S else noise_period
            return [Item(code, values) for code, values in make(signal, minutes)]
        marks = [self.marks.minute(minute) for minute in minutes]
        mark = self.marks.period(marks)
        used = [pair for pair in zip(minutes, marks, strict=True) if mark != NORMAL or pair[1] == NORMAL]
        rows = [self._measured(lambda signal, at=minute: signal.minute(at), of, minute) for minute, of in used]
        return [
            self._over(channel, rows, mark, [minute for minute, _ in used], seconds)
            for channel in self._profile.channels
            if not channel.realtime_only
        ]

    def facility_state(self, local_s: float) -> list[Item]:
        """State of the treatment facilities (2021): 0 off, 1 running, 2 calibrating, 3 maintenance, 4 alarm."""
        state = STATE_OF_MARK.get(self.marks.now(local_s), "1")
        return [Item(name, [("RS", state)]) for name in self._profile.facilities]

    def facility_hours(self, start_s: float) -> list[Item]:
        """Hours that the facilities ran on a day (2041)."""
        first = int(start_s) // 60
        stopped = sum(self.marks.minute(minute) == STOPPED for minute in range(first, first + DAY_S // 60))
        hours = (DAY_S // 60 - stopped) / 60
        return [Item(name, [("RT", f"{hours:.1f}")]) for name in self._profile.facilities]

    def furnace(self, start_s: float) -> list[Item]:
        """Mean furnace temperature of five minutes (2111, a01901)."""
        channel = Channel("a01901", "炉膛温度", "degC", 905.0, 14.0, 4.0, 0.1, 0.0, 1500.0, additive=True)
        signal = Signal(0, "furnace", channel)
        minutes = range(int(start_s) // 60, int(start_s) // 60 + 5)
        mean = sum(signal.minute(minute) for minute in minutes) / 5
        return [Item("a01901", [("Avg", f"{mean:.1f}"), ("Flag", self.marks.now(start_s))])]

    def value(self, code: str, local_s: float) -> str:
        """Text of one channel at an instant; the first channel when the code is unknown."""
        channel = self._profile.channel(code) or self._profile.channels[0]
        return _text(channel, self._signals[channel.code].at(local_s))

    def _measured(self, ask: object, mark: str, minute: int) -> dict[str, float]:
        """Raw value of every channel; what it means follows from the mark."""
        if mark in DEAD:
            return dict.fromkeys(self._names, 0.0)
        found: dict[str, float] = {}
        for channel in self._order:
            value = ask(self._signals[channel.code])  # type: ignore[operator]
            if channel.below:
                value = min(1.0, value) * found[channel.below]
            if mark == CALIBRATION and not channel.additive and channel.code != self._flow:
                value = SPAN * channel.high if minute // 5 % 2 else 0.0
            found[channel.code] = value
        return found

    def _instant(self, channel: Channel, raw: dict[str, float], mark: str) -> Item:
        values = [("Rtd", _text(channel, raw[channel.code]))]
        if channel.converted:
            values.append(("ZsRtd", _text(channel, raw[channel.code] * self._conversion(raw))))
        if self._profile.kind != "noise":
            values.append(("Flag", mark))
        return Item(self._names[channel.code], values)

    def _over(
        self, channel: Channel, rows: list[dict[str, float]], mark: str, minutes: list[int], seconds: int
    ) -> Item:
        code = channel.code
        total, volume = self._total(channel, rows)
        if channel.total == "mass" and volume and self._flow.startswith("w"):
            # volume-weighted: 1000 x mass / volume (HJ 212-2017 appendix D)
            mean = sum(row[code] * row[self._flow] for row in rows) / sum(row[self._flow] for row in rows)
        else:
            mean = sum(row[code] for row in rows) / len(rows)
        edges = [self._around(channel, row, at, mark) for row, at in zip(rows, minutes, strict=True)]
        low, high = min(edge[0] for edge in edges), max(edge[1] for edge in edges)
        values = []
        if channel.total != "none":
            # a period that is normal in spite of some abnormal minutes is scaled up to its whole length
            values.append(("Cou", f"{total * seconds / (60 * len(rows)):.3f}"))
        values += [("Min", _text(channel, low)), ("Avg", _text(channel, mean)), ("Max", _text(channel, high))]
        if channel.converted:
            values += self._converted(channel, rows, low, high)
        values.append(("Flag", mark))
        return Item(self._names[code], values)

    def _around(self, channel: Channel, row: dict[str, float], minute: int, mark: str) -> tuple[float, float]:
        """Lowest and highest value within a minute; a share moves with its whole."""
        value = row[channel.code]
        if mark in DEAD:
            return value, value
        if not channel.below:
            return self._signals[channel.code].around(value, minute)[1:]
        whole = row[channel.below]
        share = min(1.0, value / whole) if whole else 0.0
        _, low, high = self._signals[channel.code].around(share, minute)
        _, whole_low, whole_high = self._signals[channel.below].around(whole, minute)
        return low * whole_low, min(1.0, high) * whole_high

    def _converted(
        self, channel: Channel, rows: list[dict[str, float]], low: float, high: float
    ) -> Iterable[tuple[str, str]]:
        factors = [self._conversion(row) for row in rows]
        mean = sum(row[channel.code] * factor for row, factor in zip(rows, factors, strict=True)) / len(rows)
        yield "ZsMin", _text(channel, low * min(factors))
        yield "ZsAvg", _text(channel, mean)
        yield "ZsMax", _text(channel, high * max(factors))

    def _conversion(self, raw: dict[str, float]) -> float:
        """Factor to reference oxygen: (21 - reference) / (21 - measured)."""
        if not self._oxygen or not self._profile.reference_o2:
            return 1.0
        return (AIR_OXYGEN - self._profile.reference_o2) / max(LEAST_LEFT, AIR_OXYGEN - raw[self._oxygen])

    def _total(self, channel: Channel, rows: list[dict[str, float]]) -> tuple[float, float]:
        """Mass (kg) or volume (m3) of the rows of a minute each, and the volume (HJ 212-2017 appendix D)."""
        if not self._flow or channel.total == "none":
            return 0.0, 0.0
        per_unit = L_TO_M3 if self._flow.startswith("w") else 1.0
        volume = sum(row[self._flow] for row in rows) * 60 * per_unit
        if channel.total == "volume":
            return volume, volume
        return sum(row[channel.code] * row[self._flow] for row in rows) * 60 * MG_TO_KG, volume


def _text(channel: Channel, value: float) -> str:
    value = rounded(value, channel.step)
    return f"{value + 0.0:.{channel.decimals}f}"
