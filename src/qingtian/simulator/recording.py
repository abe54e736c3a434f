"""The memory of a device: any record of any kind by its start, logs, states, parameters."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from qingtian.simulator.chance import digest, uniform
from qingtian.simulator.cycles import CHECK, FACILITY_HOURS, FURNACE, RAW, REALTIME, STATE, Cycles
from qingtian.simulator.records import Instruments, Item
from qingtian.simulator.settings import DeviceSettings
from qingtian.simulator.timing import stamp

INSTANTS = frozenset({REALTIME, STATE, CHECK})
NOISE_ONCE = "2052"
WORK_STATE = {"N": "0", "M": "1", "D": "2", "C": "3", "F": "9", "B": "6"}  # i12001 of HJ 212-2017
PARAMETERS = {"i13003": "60", "i13004": "165.0", "i13005": "15", "i13007": "4.6", "i13008": "0.03"}
LOG_ENTRIES = 20
MOST_BLANKS = 16
LABEL = "模拟数据 simulated data"

Record = tuple[str, list[Item]]


class Recorder:
    """What a device can tell of its past and of itself.

    Args:
        settings: the device.
        instruments: what it measures.
        cycles: its intervals.
        began_s: its clock when the simulation began; its memory reaches back from there.
    """

    __slots__ = ("_blanks", "_cycles", "_instruments", "_log", "_over", "_settings", "began_s", "parameters")

    def __init__(self, settings: DeviceSettings, instruments: Instruments, cycles: Cycles, began_s: float) -> None:
        self._settings = settings
        self._instruments = instruments
        self._cycles = cycles
        self.began_s = began_s
        self.parameters: dict[str, str] = {}
        self._blanks: list[tuple[float, float]] = []
        self._log: list[tuple[float, str]] = []
        self._over = False

    def record(self, cn: str, start_s: float) -> Record:
        """Parameters and items of a record."""
        made = self._instruments
        makers = {REALTIME: made.realtime, STATE: made.facility_state, FACILITY_HOURS: made.facility_hours}
        makers |= {FURNACE: made.furnace, CHECK: self._checked, RAW: self._raw}
        maker = makers.get(cn)
        items = made.period(start_s, self._cycles.period_s(cn)) if maker is None else maker(start_s)
        return f"DataTime={stamp(start_s)}", items

    def starts(self, cn: str, begin_s: float, end_s: float, now_s: float) -> Iterator[float]:
        """Starts of the records of a span, both ends included, that the memory holds.

        Args:
            begin_s: first start wanted, on the device's clock.
            end_s: last start wanted.
            now_s: its clock now; periods that are not over yet are not there.
        """
        period = self._cycles.period_s(cn)
        oldest = self.began_s - self._settings.history_s
        start = float(ceil(max(begin_s, oldest) / period) * period)
        length = 0 if cn in INSTANTS else period
        while start <= end_s and start + length <= now_s:
            if not self._blank(start, start + length):
                yield start
            start += period

    def holds(self, cn: str) -> bool:
        """Whether this device has such records at all."""
        profile = self._settings.profile
        if cn in (STATE, FACILITY_HOURS):
            return bool(profile.facilities)
        if cn == FURNACE:
            return profile.furnace
        return cn != NOISE_ONCE or profile.kind == "noise"

    def off(self, from_s: float, to_s: float) -> None:
        """Nothing was measured from one moment to another."""
        self._blanks = [*self._blanks[1 - MOST_BLANKS :], (from_s, to_s)]

    def log(self, local_s: float, text: str) -> None:
        """Write into the instrument log."""
        self._log = [*self._log[1 - LOG_ENTRIES :], (local_s, text)]

    def log_areas(self, info_id: str, code: str, begin_s: float, end_s: float) -> list[str]:
        """Data areas of the log entries of a span, one each (3020)."""
        return [self.log_area(info_id, code, at, text) for at, text in self._log if begin_s <= at <= end_s]

    def log_area(self, info_id: str, code: str, at_s: float, text: str) -> str:
        """Data area of one log entry."""
        polid = f"PolId={code};" if code else ""
        return f"DataTime={stamp(at_s)};{polid}{info_id}-Info=//{text}//"

    def information(self, info_id: str, code: str, local_s: float) -> str:
        """State or parameter of an instrument (3020)."""
        if info_id[2] == "2":
            return WORK_STATE.get(self._instruments.marks.now(local_s), "0") if info_id == "i12001" else "0"
        name = f"{code}.{info_id}" if code else info_id
        return self.parameters.get(name, PARAMETERS.get(info_id, "0"))

    def serial(self, code: str) -> str:
        """Serial number of an instrument: 24 characters that begin with SIM."""
        return f"SIM{digest(self._settings.mn, code, 'serial', size=11).hex().upper()}"[:24]

    def hardware(self) -> str:
        """Hardware serials of the logger (1001 of 2025): logger, CPU and two MAC addresses, locally administered."""
        drawn = digest(self._settings.mn, "hardware", size=32).hex().upper()
        mac = [f"02{drawn[at : at + 10]}" for at in (0, 10)]
        return f"i23005-Info=SIM{drawn[20:41]};i23006-Info=SIM{drawn[41:57]};i23007-Info={mac[0]};i23008-Info={mac[1]}"

    def check_area(self, local_s: float, code: str) -> str:
        """Result of a check with a standard sample (2062 of 2025)."""
        return ";".join([f"DataTime={stamp(local_s)}", *(item.text() for item in self._checked(local_s, code))])

    def alarm_area(self, local_s: float) -> str:
        """An alarm of the first pollutant for which the host set an upper limit (2071, 2072 of 2005); empty without."""
        code = next((name.partition(".")[0] for name in self.parameters if name.endswith(".UpValue")), "")
        if not code:
            return ""
        value = self._instruments.value(code, local_s)
        return f"AlarmTime={stamp(local_s)};{code}-Ala={value},{code}-AlarmType=1"

    def new_alarm(self, local_s: float) -> bool:
        """Whether a value has just gone over the limit that the host set by 1022 (2005)."""
        if not any(name.endswith(".UpValue") for name in self.parameters):
            return False
        over = any(
            float(self._instruments.value(name.partition(".")[0], local_s)) > float(limit)
            for name, limit in self.parameters.items()
            if name.endswith(".UpValue")
        )
        was, self._over = self._over, over
        return over and not was

    def told(self, cn: str, local_s: float, vase: int) -> str:
        """Data area of what a device tells by itself: alarm 2072, retained sample 3015, serial number 3019."""
        code = self._instruments.codes[0]
        if cn == "3015":
            return f"DataTime={stamp(local_s)};VaseNo={max(1, vase)}"
        if cn == "3019":
            return f"PolId={code};{code}-SN={self.serial(code)}"
        return self.alarm_area(local_s) or f"AlarmTime={stamp(local_s)}"

    def _blank(self, start_s: float, end_s: float) -> bool:
        return any(off <= start_s and end_s <= on for off, on in self._blanks)

    def _raw(self, start_s: float) -> list[Item]:
        """Raw data of a cyclic instrument (2013): the sampled value with the time of its sample."""
        items = self._instruments.realtime(start_s)
        for item in items:
            item.values.insert(1, ("SampleTime", stamp(start_s)))
        return items

    def _checked(self, local_s: float, code: str = "") -> list[Item]:
        profile = self._settings.profile
        checked = [one for one in profile.channels if not one.additive and (not code or one is profile.channel(code))]
        items = []
        for channel in checked:
            standard = 0.5 * channel.high
            off = 1.0 + 0.08 * (uniform(self._settings.mn, channel.code, int(local_s)) - 0.5)
            text = [
                ("Check", f"{standard * off:.{channel.decimals}f}"),
                ("StandardValue", f"{standard:.{channel.decimals}f}"),
            ]
            items.append(Item(channel.code, [*text, ("Flag", "C")]))
        return items
