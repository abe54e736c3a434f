"""The express way of ingest: plain frames of devices that are known and calm, as columns.

A frame goes this way when its text has the plain form (figures without sign or exponent, mark N or none, no parts), its
device is one of the usual kind, its period lies beyond all that its line has, and every check of quality control is
certain to find nothing. All others go the way of objects (`loop`, `quality`), which decides alike:
`tests/telemetry/test_express.py` holds the two together.

What quality control remembers of a line on this way is one row of numbers in a table per shape of frame; it is taken
from the state of the other way and given back to it whenever a frame of that line has to go there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from qingtian.domain.hj212 import Edition
from qingtian.domain.quality import QualityRules, SiteState
from qingtian.domain.quality.state import SeriesState
from qingtian.telemetry.devices import DeviceDirectory, DeviceProfile
from qingtian.telemetry.ingest.calm import CalmPlan, calm_plan
from qingtian.telemetry.ingest.history import line_of
from qingtian.telemetry.ingest.mapping import CYCLE_OF, UnitOf, medium_by_system, period_seconds
from qingtian.telemetry.ingest.quality import QualityScreen
from qingtian.telemetry.ingest.times import FUTURE_LIMIT, SKEW_LIMIT, parse_time
from qingtian.telemetry.spool.format import SpoolRecord, Verdict, micros
from qingtian.telemetry.spool.index import sent_mn
from qingtian.telemetry.store.columns import FrameBlock, decimal_of
from qingtian.telemetry.store.port import Observation, Origin
from qingtian.telemetry.store.rows import time_of

_FIGURE = rb"(\d{1,8}(?:\.\d{1,6})?)"
_VALUE = re.compile(rb"=[^;,&=]*")
_FRAME = re.compile(
    rb"##\d{4}QN=\d{17};ST=(\d\d);CN=(2011|2051);PW=[^;,&]*;MN=[0-9A-Za-z_-]{1,32};Flag=[45];"
    rb"CP=&&DataTime=\d{14};([^&]+)&&[0-9A-F]{4}"
)
_NAME = re.compile(rb"([0-9A-Za-z]{1,20})-(Rtd|Avg|Min|Max|Flag)=")
_MAIN = {b"2011": b"Rtd", b"2051": b"Avg"}
MICROS = 1_000_000
FUTURE_US, SKEW_US = (limit // timedelta(microseconds=1) for limit in (FUTURE_LIMIT, SKEW_LIMIT))
ZONE_MIN = 480
MOST_SHAPES, TRIED, MOST_TIMES = 500, 8, 200_000
Figures = np.ndarray[Any, Any]
Line = tuple[str, str, str]


class Shape:
    """One form of frame: which pollutants with which attributes, in which order.

    Args:
        cn, system: command and system code.
        names: (code, attribute) of every value.
    """

    def __init__(self, cn: bytes, system: bytes, names: Sequence[tuple[bytes, bytes]], pattern: bytes) -> None:
        self.cycle = CYCLE_OF[cn.decode()]
        self.system = system.decode()
        self.codes = tuple(dict.fromkeys(code.decode() for code, _ in names))
        flagged = {code.decode() for code, name in names if name == b"Flag"}
        self.marks = tuple("N" if code in flagged else "" for code in self.codes)
        figures = [(code.decode(), name) for code, name in names if name != b"Flag"]
        self.main = [figures.index((code, _MAIN[cn])) for code in self.codes]
        self.least = self._places(figures, b"Min")
        self.most = self._places(figures, b"Max")
        self.match = re.compile(
            rb"##\d{4}QN=(\d{14})\d{3};ST=%b;CN=%b;PW=[^;,&]*;MN=([0-9A-Za-z_-]{1,32});Flag=[45];"
            rb"CP=&&DataTime=(\d{14});%b&&[0-9A-F]{4}" % (system, cn, pattern)
        ).fullmatch
        self.lanes: dict[bytes, Lane] = {}

    def _places(self, figures: list[tuple[str, bytes]], name: bytes) -> list[int] | None:
        return [figures.index((code, name)) for code in self.codes] if (self.codes[0], name) in figures else None


def _shape(cn: bytes, system: bytes, skeleton: bytes) -> Shape | None:
    names: list[tuple[bytes, bytes]] = []
    seen: dict[bytes, tuple[bytes, ...]] = {}
    for item in skeleton.split(b";"):
        own = _NAME.findall(item)
        codes = {code for code, _ in own}
        attributes = tuple(name for _, name in own)
        whole = b",".join(b"%b-%b=" % pair for pair in own)
        if whole != item or len(codes) != 1 or len(set(attributes)) != len(own) or _MAIN[cn] not in attributes:
            return None
        code = own[0][0]
        if code in seen or not {*attributes} <= {_MAIN[cn], b"Min", b"Max", b"Flag"}:
            return None
        seen[code] = attributes
        names += own
    if not seen or len({frozenset(one) - {b"Flag"} for one in seen.values()}) != 1:
        return None
    parts = [
        b",".join(b"%b-%b=%b" % (code, name, b"N" if name == b"Flag" else _FIGURE) for name in attributes)
        for code, attributes in seen.items()
    ]
    return Shape(cn, system, names, b";".join(parts))


class Table:
    """What is remembered of the lines of one shape and kind of device: a row each.

    Args:
        shape: form of their frames.
        units: per pollutant.
        medium, simulated, period_s: of the devices.
    """

    def __init__(self, shape: Shape, units: tuple[str, ...], medium: str, *, simulated: bool, period_s: int) -> None:
        self.shape, self.units, self.medium = shape, units, medium
        self.simulated, self.period_s = simulated, period_s
        width = len(shape.codes)
        self.starts = np.zeros(0, dtype=np.int64)
        self.values, self.minima, self.maxima, self.since = (np.zeros((0, width), dtype=np.int64) for _ in range(4))
        self.count = 0
        self.free: list[int] = []
        self.plans: dict[date, CalmPlan | None] = {}

    def new_row(self) -> int:
        """Place for one more line."""
        if self.free:
            return self.free.pop()
        if self.count == len(self.starts):
            more = max(256, self.count)
            self.starts = np.concatenate((self.starts, np.zeros(more, dtype=np.int64)))
            for name in ("values", "minima", "maxima", "since"):
                held = getattr(self, name)
                setattr(self, name, np.concatenate((held, np.zeros((more, held.shape[1]), dtype=np.int64))))
        self.count += 1
        return self.count - 1

    def plan(self, rules: QualityRules, day: date) -> CalmPlan | None:
        """What makes frames of a day calm; None where that cannot be told."""
        if day not in self.plans:
            if len(self.plans) > 8:
                self.plans.clear()
            shape = tuple(zip(self.shape.codes, self.units, strict=True))
            self.plans[day] = calm_plan(rules.frame_plan(self.medium, self.shape.cycle.value, shape), self.period_s)
        return self.plans[day]


@dataclass(slots=True)
class Lane:
    """One line on the express way.

    Args:
        profile: its device.
        line: site, cycle, origin.
        table: where it is remembered.
        row: its row there; -1 while it is on the other way.
    """

    profile: DeviceProfile
    line: Line
    table: Table
    row: int = -1


@dataclass(slots=True)
class Ride:
    """One frame on its way."""

    record: SpoolRecord
    lane: Lane
    texts: tuple[bytes, ...]
    start_us: int
    received_us: int


@dataclass(slots=True)
class Sorted:
    """What a batch was parted into.

    Args:
        blocks: frames as columns.
        rest: records for the other way, in their order.
        lanes: lines whose frames go the other way and may come back.
    """

    blocks: list[FrameBlock] = field(default_factory=list)
    rest: list[SpoolRecord] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)


class Express:
    """Parts batches; one per ingest loop.

    Args:
        directory: devices.
        unit_of: default unit per pollutant, by device.
        screen: quality control of the other way.
    """

    def __init__(self, directory: DeviceDirectory, unit_of: Any, screen: QualityScreen) -> None:
        self._directory, self._unit_of, self._screen = directory, unit_of, screen
        self._shapes: dict[tuple[bytes, ...], Shape | None] = {}
        self._recent: list[Shape] = []
        self._tables: dict[tuple[Any, ...], Table] = {}
        self._owned: dict[Line, Lane] = {}
        self._by_site: dict[str, set[Line]] = {}
        self._times: dict[bytes, int] = {}

    def part(self, records: Sequence[SpoolRecord], others: Collection[str] = ()) -> Sorted:
        """Part a batch; the lines of what goes the other way are given back to it.

        Args:
            records: frames in the order of their arrival.
            others: sites of which rows come from elsewhere in this batch (parts of earlier frames).
        """
        done = Sorted()
        blocked = set(others)
        rides: dict[Line, list[Ride]] = {}
        slow: list[SpoolRecord] = []
        for record in records:
            ride = self._ride(record) if record.verdict is Verdict.ACCEPTED else None
            if ride is None:
                slow.append(record)
                blocked.update(self._sites_of(record))
            else:
                rides.setdefault(ride.lane.line, []).append(ride)
        back: list[Ride] = []
        going: list[list[Ride]] = []
        for line, own in rides.items():
            if line[0] in blocked or not self._in_order(own):
                back += own
            else:
                going.append(own)
        back += self._ride_all(going, done)
        kept = {id(ride.record) for ride in back}
        kept.update(id(record) for record in slow)
        done.rest = [record for record in records if id(record) in kept]
        done.lanes = list({id(ride.lane): ride.lane for ride in back}.values())
        for site in blocked:
            for line in list(self._by_site.get(site, ())):
                self._give_back(self._owned[line])
        for lane in done.lanes:
            owner = self._owned.get(lane.line)
            if owner is not None:
                self._give_back(owner)
        return done

    def adopt(self, lanes: Sequence[Lane]) -> None:
        """Take lines in whose rows the other way has just stored, where nothing unusual is remembered of them."""
        for lane in lanes:
            if lane.row < 0 and lane.line not in self._owned:
                self._take(lane)

    def owns(self, rows: Iterable[Observation]) -> bool:
        """Whether a row of the other way belongs to a line that is on this one."""
        return any(line_of(row) in self._owned for row in rows)

    def clear(self) -> None:
        """Begin again: nothing that is remembered here can be trusted."""
        for lane in self._owned.values():
            lane.row = -1
            self._screen.drop([lane.line])
        self._owned.clear()
        self._by_site.clear()
        for table in self._tables.values():
            table.count, table.free = 0, []

    # -- one frame -------------------------------------------------------------------------------------------------

    def _ride(self, record: SpoolRecord) -> Ride | None:
        raw = record.raw
        for shape in self._recent:
            found = shape.match(raw)
            if found is not None:
                break
        else:
            learnt = self._learn(raw)
            found = None if learnt is None else learnt.match(raw)
            if learnt is None or found is None:
                return None
            shape = learnt
        qn, mn, data_time, *texts = found.groups()
        lane = shape.lanes.get(mn)
        profile = self._directory.get(mn.decode())
        if lane is None or lane.profile is not profile:
            lane = self._new_lane(shape, mn, profile)
            if lane is None:
                return None
        received_us = micros(record.received_at)
        start_us, sent_us = self._time(data_time), self._time(qn)
        if not start_us or abs(sent_us - received_us) > SKEW_US or start_us > received_us + FUTURE_US:
            return None
        return Ride(record, lane, tuple(texts), start_us, received_us)

    def _learn(self, raw: bytes) -> Shape | None:
        found = _FRAME.fullmatch(raw)
        if found is None:
            return None
        system, cn, items = found.groups()
        key = (system, cn, _VALUE.sub(b"=", items))
        if key not in self._shapes:
            if len(self._shapes) >= MOST_SHAPES:
                return None
            self._shapes[key] = _shape(cn, system, key[2])
        shape = self._shapes[key]
        if shape is not None and (shape not in self._recent):
            self._recent = [shape, *self._recent[: TRIED - 1]]
        return shape

    def _new_lane(self, shape: Shape, mn: bytes, profile: DeviceProfile | None) -> Lane | None:
        held = shape.lanes.pop(mn, None)
        if held is not None:
            self._give_back(held)
        if profile is None or not _usual(profile):
            return None
        default: UnitOf = self._unit_of(profile)
        units = tuple(profile.units.get(code) or default(code) for code in shape.codes)
        medium = profile.medium or medium_by_system(shape.system)
        period_s = period_seconds(shape.cycle, profile)
        key = (shape, units, medium, profile.simulated, period_s)
        table = self._tables.get(key)
        if table is None:
            table = self._tables[key] = Table(shape, units, medium, simulated=profile.simulated, period_s=period_s)
        line = (profile.site, shape.cycle.value, Origin.DEVICE.value)
        lane = shape.lanes[mn] = Lane(profile, line, table)
        return lane

    def _time(self, digits: bytes) -> int:
        held = self._times.get(digits)
        if held is None:
            at = parse_time(digits.decode())
            held = 0 if at is None else micros(at)
            if len(self._times) > MOST_TIMES:
                self._times.clear()
            self._times[digits] = held
        return held

    def _sites_of(self, record: SpoolRecord) -> list[str]:
        """The site whose lines a frame of the other way may touch."""
        profile = self._directory.get(sent_mn(record.raw))
        return [] if profile is None else [profile.site]

    def _in_order(self, own: list[Ride]) -> bool:
        """Whether the frames of a line are all of its lane, each beyond the one before."""
        lane = own[0].lane
        if lane.row < 0 or self._owned.get(lane.line) is not lane or self._screen.held(lane.line) is None:
            return False
        last = int(lane.table.starts[lane.row])
        for ride in own:
            if ride.lane is not lane or ride.start_us <= last:
                return False
            last = ride.start_us
        return True

    # -- many frames -----------------------------------------------------------------------------------------------

    def _ride_all(self, going: list[list[Ride]], done: Sorted) -> list[Ride]:
        """Look at the first frame of every line, then at the second, ...; returns those that must go the other way."""
        back: list[Ride] = []
        taken: dict[int, tuple[Table, list[Ride], list[Figures]]] = {}
        number = 0
        while going:
            groups: dict[tuple[int, int], list[list[Ride]]] = {}
            for own in going:
                ride = own[number]
                day = (ride.start_us // MICROS + 28800) // 86400
                groups.setdefault((id(ride.lane.table), day), []).append(own)
            going = []
            for lists in groups.values():
                calm, figures = self._look([own[number] for own in lists])
                table = lists[0][number].lane.table
                _, rides, parts = taken.setdefault(id(table), (table, [], []))
                parts.append(figures[calm])
                for own, well in zip(lists, calm, strict=True):
                    if not well:
                        back += own[number:]
                        continue
                    rides.append(own[number])
                    if len(own) > number + 1:
                        going.append(own)
            number += 1
        done.blocks = [_block(table, rides, np.concatenate(parts)) for table, rides, parts in taken.values() if rides]
        return back

    def _look(self, rides: list[Ride]) -> tuple[Figures, Figures]:
        """Which frames of different lines of one table and day are calm; their lines are brought forward."""
        table, shape = rides[0].lane.table, rides[0].lane.table.shape
        texts = np.array([ride.texts for ride in rides], dtype="S15")
        figures = np.rint(texts.astype(np.float64) * 1e6).astype(np.int64)
        plan = table.plan(*self._screen.rules_at(time_of(rides[0].start_us)))
        if plan is None:
            return np.zeros(len(rides), dtype=bool), figures
        rows = np.fromiter((ride.lane.row for ride in rides), dtype=np.int64, count=len(rides))
        starts = np.fromiter((ride.start_us for ride in rides), dtype=np.int64, count=len(rides))
        values = figures[:, shape.main]
        minima = values if shape.least is None else figures[:, shape.least]
        maxima = values if shape.most is None else figures[:, shape.most]
        before = table.values[rows]
        same = (values == before) & (minima == table.minima[rows]) & (maxima == table.maxima[rows])
        near = (starts - table.starts[rows] <= plan.reach_us)[:, None]
        since = np.where(same & near, table.since[rows], starts[:, None])
        calm = plan.calm(values, minima, maxima, before, same & near, starts[:, None] - since)
        on = rows[calm]
        table.starts[on], table.values[on] = starts[calm], values[calm]
        table.minima[on], table.maxima[on], table.since[on] = minima[calm], maxima[calm], since[calm]
        return calm, figures

    # -- from the other way and back -------------------------------------------------------------------------------

    def _take(self, lane: Lane) -> None:
        state = self._screen.held(lane.line)
        table = lane.table
        if state is None or state.newest is None:
            return
        held = [state.series.get(code) for code in table.shape.codes]
        figures = [_calm_figures(one, state, unit) for one, unit in zip(held, table.units, strict=True)]
        if any(one is None for one in figures):
            return
        row = lane.row = table.new_row()
        table.starts[row] = micros(state.newest)
        for place, one in enumerate(figures):
            assert one is not None  # noqa: S101  looked at above
            table.values[row, place], least, most, table.since[row, place] = one
            table.minima[row, place] = one[0] if table.shape.least is None else least
            table.maxima[row, place] = one[0] if table.shape.most is None else most
        self._owned[lane.line] = lane
        self._by_site.setdefault(lane.line[0], set()).add(lane.line)

    def _give_back(self, lane: Lane) -> None:
        if lane.row < 0:
            return
        table, row = lane.table, lane.row
        state = self._screen.held(lane.line)
        if state is not None:
            self._restore(state, table, row)
        lane.row = -1
        table.free.append(row)
        del self._owned[lane.line]
        self._by_site[lane.line[0]].discard(lane.line)

    def _restore(self, state: SiteState, table: Table, row: int) -> None:
        start = time_of(int(table.starts[row]))
        for place, code in enumerate(table.shape.codes):
            value = decimal_of(table.values[row, place])
            least = None if table.shape.least is None else decimal_of(table.minima[row, place])
            most = None if table.shape.most is None else decimal_of(table.maxima[row, place])
            state.series[code] = SeriesState(
                start=start,
                figures=(value, least, most),
                since=time_of(int(table.since[row, place])),
                sound=value,
                sound_at=start,
                unit=table.units[place],
                seen=start,
            )
        rules, day = self._screen.rules_at(start)
        plan = table.plan(rules, day)
        if state.newest != start and plan is not None and plan.converts:
            state.reference, state.reference_at = None, start
        state.newest = start


def _usual(profile: DeviceProfile) -> bool:
    """Whether the text of a device's frames means what it says."""
    wire = profile.wire
    return (
        wire.edition is Edition.E2017
        and wire.utc_offset_minutes == ZONE_MIN
        and not profile.code_map
        and all(number < 0 for number in wire.sentinel_numbers)
    )


def _calm_figures(held: SeriesState | None, state: SiteState, unit: str) -> tuple[int, int, int, int] | None:
    """Value, minimum, maximum and since of a series of which nothing unusual is remembered; None otherwise."""
    if held is None or held.figures is None or held.since is None or held.start != state.newest:
        return None
    value, least, most = held.figures
    usual = held.sound == value and held.sound_at == held.start == held.seen and held.back is None
    if not usual or held.negative_since is not None or held.total is not None or held.sampled_at is not None:
        return None
    if held.recent or held.unit != unit or value < 0 or (least is not None and least < 0):
        return None
    return _millionths(value), _millionths(least or Decimal(0)), _millionths(most or Decimal(0)), micros(held.since)


def _millionths(value: Decimal) -> int:
    return int(value.scaleb(6))


def _block(table: Table, rides: list[Ride], figures: Figures) -> FrameBlock:
    shape, count = table.shape, len(rides)
    records = [ride.record for ride in rides]
    return FrameBlock(
        cycle=shape.cycle,
        period_s=table.period_s,
        simulated=table.simulated,
        codes=shape.codes,
        units=table.units,
        marks=shape.marks,
        sites=[ride.lane.line[0] for ride in rides],
        hashes=[record.sha256 for record in records],
        segments=[record.position.segment for record in records],
        starts_us=np.fromiter((ride.start_us for ride in rides), dtype=np.int64, count=count),
        received_us=np.fromiter((ride.received_us for ride in rides), dtype=np.int64, count=count),
        offsets=np.fromiter((record.position.offset for record in records), dtype=np.int64, count=count),
        values=figures[:, shape.main],
        minima=None if shape.least is None else figures[:, shape.least],
        maxima=None if shape.most is None else figures[:, shape.most],
    )
