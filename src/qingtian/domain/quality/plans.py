"""Rules made ready: which limits hold for one series, which relations for one frame; looked up once per shape."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from qingtian.domain.quality.causes import Cause, CauseRule
from qingtian.domain.quality.conversion import Conversion
from qingtian.domain.quality.limits import (
    ANY,
    EVERY_POLLUTANT,
    LimitKind,
    Medium,
    RelationKind,
    ScreenLimit,
    ScreenRelation,
)
from qingtian.domain.standards.provenance import RuleRow

# A gap longer than this breaks a run; shorter ones are outages of the line, not of the instrument.
REACH_S = {"realtime": 1800, "minute": 3600, "hour": 3 * 3600, "day": 3 * 86400}
NOMINAL_S = {"realtime": 60, "minute": 600, "hour": 3600, "day": 86400}
HOUR_S = 3600
_MASS = {"ng/m3": -6, "ug/m3": -3, "mg/m3": 0, "g/m3": 3, "ug/L": -3, "mg/L": 0, "g/L": 3}
_SPELT = {"μg/m3": "ug/m3", "µg/m3": "ug/m3", "μg/L": "ug/L", "µg/L": "ug/L", "℃": "degC", "": "1", "无量纲": "1"}
_FLOWS = {"m3/s": Decimal(1), "m3/h": 1 / Decimal(HOUR_S), "L/s": Decimal("0.001")}


@dataclass(frozen=True, slots=True)
class Band:
    """Persistence from a value of so many steps on; `limit_s` 0 = a run proves nothing."""

    steps: Decimal
    limit_s: int
    row_id: str


@dataclass(frozen=True, slots=True)
class Slip:
    """One wrong unit that a value may be in."""

    row_id: str
    factor: Decimal
    low: Decimal
    high: Decimal
    band: Decimal
    alone: bool  # the usual band is narrower than the factor: no history is needed


@dataclass(frozen=True, slots=True)
class Plan:
    """The limits of one series, in its own unit; what is None or empty is not judged."""

    pollutant: str
    unit: str
    low: Decimal | None = None
    high: Decimal | None = None
    range_row: str = ""
    rate: Decimal | None = None
    rate_factor: Decimal = Decimal(1)
    rate_row: str = ""
    step: Decimal = Decimal(1)
    bands: tuple[Band, ...] = ()
    zero_s: int = 0
    zero_row: str = ""
    negative_below: Decimal | None = None
    negative_s: int = 0
    negative_row: str = ""
    slips: tuple[Slip, ...] = ()
    reach: timedelta = timedelta(hours=1)
    lookback_s: int = 0
    recent: int = 0  # how many values a relation needs of this series


@dataclass(frozen=True, slots=True)
class FramePlan:
    """What is checked when the values of these series come together.

    Args:
        plans: per value, in the order of the frame.
        relations: relations that touch one of them.
        columns: orders of columns that at least three of them stand in.
        stack: whether this is a flue gas.
    """

    plans: tuple[Plan, ...]
    not_above: tuple[ScreenRelation, ...] = ()
    of_day: tuple[ScreenRelation, ...] = ()
    means: tuple[ScreenRelation, ...] = ()
    total: ScreenRelation | None = None
    conversion: Conversion | None = None
    stack: bool = False
    columns: tuple[ScreenRelation, ...] = ()

    @property
    def related(self) -> bool:
        """Whether values of the frame are compared with each other."""
        return bool(self.not_above or self.of_day or self.means or self.total or self.conversion or self.columns)


Shape = tuple[tuple[str, str], ...]  # (pollutant, unit) in the order of the frame


@dataclass(slots=True)
class QualityRules:
    """The quality rules that hold for data of one day; plans are kept, since devices repeat themselves.

    Args:
        causes: what each cause means.
        limits, relations: rows in force.
        concentrations: codes that `*` stands for.
        excluding: causes that keep a value out of means and judgements.
    """

    causes: dict[Cause, CauseRule]
    limits: tuple[ScreenLimit, ...] = ()
    relations: tuple[ScreenRelation, ...] = ()
    concentrations: frozenset[str] = frozenset()
    excluding: frozenset[str] = field(init=False, default=frozenset())
    _plans: dict[tuple[str, str, str, str], Plan] = field(default_factory=dict)
    _frames: dict[tuple[str, str, Shape], FramePlan] = field(default_factory=dict)
    _by_id: dict[str, RuleRow] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Name the causes that keep a value out of means and judgements: asked for with every doubted value."""
        self.excluding = frozenset(one.cause.value for one in self.causes.values() if one.excludes)

    def cause_row(self, cause: Cause) -> str:
        """Name of the row that says what a cause means."""
        return self.causes[cause].row_id

    def row(self, row_id: str) -> RuleRow | None:
        """A row by its name."""
        if not self._by_id:
            every: tuple[RuleRow, ...] = (*self.causes.values(), *self.limits, *self.relations)
            self._by_id.update((one.row_id, one) for one in every)
        return self._by_id.get(row_id)

    def lookback_s(self, cycle: str) -> int:
        """How far back the state of a series reaches, s: the longest run that is judged, and one gap more."""
        rows = [one.hours for one in self.limits if one.cycle in (cycle, ANY) and one.hours is not None]
        return int(max(rows, default=Decimal(1)) * HOUR_S) + REACH_S[cycle]

    def conversion(self, medium: str) -> Conversion | None:
        """How converted values come about in a medium; None where nothing is converted."""
        rows = [one for one in self.relations if one.relation is RelationKind.CONVERSION]
        return next((_conversion(one) for one in rows if one.medium in (medium, ANY)), None)

    def recent(self) -> tuple[tuple[str, ...], int]:
        """Pollutants of which a relation needs the last values, and for how long, s."""
        rows = [one for one in self.relations if one.relation is RelationKind.MEAN_OF_HOURS]
        codes = tuple(dict.fromkeys(item for row in rows for item in row.items))
        return codes, max((int((row.constant or 0) * HOUR_S) for row in rows), default=0)

    def frame_plan(self, medium: str, cycle: str, shape: Shape) -> FramePlan:
        """The plan of a frame of this shape."""
        key = (medium, cycle, shape)
        held = self._frames.get(key)
        if held is None:
            held = self._frames[key] = self._frame_plan(medium, cycle, shape)
        return held

    def plan(self, medium: str, cycle: str, pollutant: str, unit: str) -> Plan:
        """The plan of one series."""
        key = (medium, cycle, pollutant, unit)
        held = self._plans.get(key)
        if held is None:
            held = self._plans[key] = self._plan(medium, cycle, pollutant, unit)
        return held

    # -- inside --------------------------------------------------------------------------------------------------

    def _frame_plan(self, medium: str, cycle: str, shape: Shape) -> FramePlan:
        codes = {code for code, _ in shape}
        rows = [one for one in self.relations if one.medium in (medium, ANY)]

        def touching(kind: RelationKind) -> tuple[ScreenRelation, ...]:
            return tuple(one for one in rows if one.relation is kind and codes & set(one.items))

        total = next(iter(touching(RelationKind.TOTAL)), None) if cycle != "realtime" else None
        return FramePlan(
            plans=tuple(self.plan(medium, cycle, code, unit) for code, unit in shape),
            not_above=touching(RelationKind.NOT_ABOVE),
            of_day=touching(RelationKind.MAXIMUM_OF_DAY) if cycle == "hour" else (),
            means=touching(RelationKind.MEAN_OF_HOURS) if cycle == "hour" else (),
            total=total,
            conversion=next((_conversion(one) for one in touching(RelationKind.CONVERSION)), None),
            stack=medium == Medium.FLUE_GAS,
            columns=tuple(
                one
                for one in rows
                if one.relation is RelationKind.COLUMN_ORDER and len(codes & set(one.items)) >= (one.least or 0)
            ),
        )

    def _plan(self, medium: str, cycle: str, pollutant: str, unit: str) -> Plan:
        unit = spelt(unit)
        found = {kind: self._rows(kind, medium, cycle, pollutant, unit) for kind in LimitKind}
        changes: dict[str, Any] = {}
        for row, scale in found[LimitKind.RANGE]:
            changes |= {"low": _scaled(row.low, scale), "high": _scaled(row.high, scale), "range_row": row.row_id}
        for row, scale in found[LimitKind.RATE]:
            changes |= {"rate": _scaled(row.high, scale), "rate_factor": row.factor, "rate_row": row.row_id}
        bands = sorted(found[LimitKind.PERSISTENCE], key=lambda pair: pair[0].steps_from or 0)
        if bands:
            step = _scaled(bands[0][0].step, bands[0][1]) or Decimal(1)
            changes |= {"step": step, "bands": tuple(_band(row) for row, _ in bands)}
        for row, _ in found[LimitKind.ZERO_RUN]:
            changes |= {"zero_s": _seconds(row.hours), "zero_row": row.row_id}
        for row, scale in found[LimitKind.NEGATIVE_RUN]:
            changes |= {
                "negative_below": _scaled(row.low, scale),
                "negative_s": _seconds(row.hours),
                "negative_row": row.row_id,
            }
        changes["slips"] = tuple(_slip(row, scale) for row, scale in found[LimitKind.UNIT_SLIP])
        needed = [
            one for one in self.relations if one.relation is RelationKind.MEAN_OF_HOURS and pollutant in one.items
        ]
        recent = max((int(one.constant or 0) for one in needed), default=0) if cycle == "hour" else 0
        return Plan(
            pollutant,
            unit,
            reach=timedelta(seconds=REACH_S[cycle]),
            lookback_s=self.lookback_s(cycle),
            recent=recent,
            **changes,
        )

    def _rows(
        self, kind: LimitKind, medium: str, cycle: str, pollutant: str, unit: str
    ) -> list[tuple[ScreenLimit, Decimal]]:
        """The most special rows of a kind that fit, each with the factor from its unit to the series' unit."""
        names = (pollutant, EVERY_POLLUTANT) if pollutant in self.concentrations else (pollutant,)
        for name in names:
            for where in dict.fromkeys((medium, ANY)):
                for length in (cycle, ANY):
                    rows = _fitting(self.limits, kind, name, where, length)
                    scaled = [(row, scale) for row in rows if (scale := unit_scale(row.unit, unit)) is not None]
                    if rows:
                        return scaled
        return []


def _fitting(
    rows: Iterable[ScreenLimit], kind: LimitKind, pollutant: str, medium: str, cycle: str
) -> Sequence[ScreenLimit]:
    return [
        row
        for row in rows
        if row.rule is kind and row.pollutant == pollutant and row.medium == medium and row.cycle == cycle
    ]


def spelt(unit: str) -> str:
    """A unit in the spelling of the packs.

    >>> spelt("μg/m3"), spelt("")
    ('ug/m3', '1')
    """
    return _SPELT.get(unit, unit)


def unit_scale(of: str, to: str) -> Decimal | None:
    """By what a figure in one unit is multiplied to be in another; None when they do not compare.

    >>> unit_scale("mg/m3", "ug/m3"), unit_scale("mg/m3", "mg/L"), unit_scale("1", "1")
    (Decimal('1000'), None, Decimal('1'))
    """
    if of == to:
        return Decimal(1)
    if of in _MASS and to in _MASS and of.rpartition("/")[2] == to.rpartition("/")[2]:
        return Decimal(1).scaleb(_MASS[of] - _MASS[to]).normalize() + 0
    if of in _FLOWS and to in _FLOWS:
        return _FLOWS[of] / _FLOWS[to]
    return None


def in_milligrams(unit: str) -> Decimal | None:
    """A concentration unit in mg per m3 or per L; None for other units."""
    return Decimal(1).scaleb(_MASS[unit]) if unit in _MASS else None


def in_cubic_metres(unit: str) -> Decimal | None:
    """A flow unit in m3/s; None for other units."""
    return _FLOWS.get(unit)


def _scaled(figure: Decimal | None, scale: Decimal) -> Decimal | None:
    return None if figure is None else figure * scale


def _seconds(hours: Decimal | None) -> int:
    return int((hours or 0) * HOUR_S)


def _band(row: ScreenLimit) -> Band:
    return Band(row.steps_from or Decimal(0), _seconds(row.hours), row.row_id)


def _conversion(row: ScreenRelation) -> Conversion:
    return Conversion(
        row.row_id, row.items[0], float(row.constant or 0), float(row.high or 0), float(row.tolerance or 0)
    )


def _slip(row: ScreenLimit, scale: Decimal) -> Slip:
    low, high = (row.low or Decimal(0)) * scale, (row.high or Decimal(0)) * scale
    factor, band = row.factor or Decimal(1), row.band or Decimal(1)
    # A thousandth may be a true small value: only a history proves it.
    return Slip(row.row_id, factor, low, high, band, alone=factor > 1 and low > 0 and high / low <= factor)
