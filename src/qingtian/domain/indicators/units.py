"""Units of formulas: exact factors, dimensions, and the difference between percent and percentage points."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

from qingtian.domain.indicators.faults import UnknownUnit

MAX_UNIT = 40  # characters of a unit


class Share(StrEnum):
    """What a number without a dimension is."""

    PLAIN = "plain"  # a count or a ratio
    PERCENT = "percent"  # a share of a whole
    POINTS = "points"  # a difference of two shares


@dataclass(frozen=True, slots=True)
class Dimension:
    """What a quantity measures, without its scale.

    Args:
        exponents: of the base quantities, sorted by name, none of them zero.
        share: only meaningful without exponents.
        logarithmic: levels in decibels and pH, which cannot be added or averaged.
    """

    exponents: tuple[tuple[str, int], ...] = ()
    share: Share = Share.PLAIN
    logarithmic: bool = False

    @property
    def bare(self) -> bool:
        """Whether it is a pure number."""
        return not self.exponents

    def times(self, other: Dimension, sign: int = 1) -> Dimension:
        """The dimension of a product, or with sign -1 of a quotient; shares become plain numbers."""
        powers = dict(self.exponents)
        for name, power in other.exponents:
            powers[name] = powers.get(name, 0) + sign * power
        return Dimension(tuple(sorted((name, power) for name, power in powers.items() if power)))

    def fits(self, other: Dimension) -> bool:
        """Whether two quantities can be compared: the same dimension; points only with points."""
        if (self.exponents, self.logarithmic) != (other.exponents, other.logarithmic):
            return False
        return (self.share is Share.POINTS) == (other.share is Share.POINTS)

    def __str__(self) -> str:
        if self.bare:
            return {Share.PLAIN: "1", Share.PERCENT: "%", Share.POINTS: "pp"}[self.share]
        return "*".join(name if power == 1 else f"{name}^{power}" for name, power in self.exponents)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit.

    Args:
        symbol: as written, in plain characters.
        factor: how many base units it is.
    """

    symbol: str
    factor: Fraction
    dimension: Dimension

    def base(self, value: Fraction) -> Fraction:
        """A value of this unit in base units."""
        return value * self.factor

    def own(self, value: Fraction) -> Fraction:
        """A value in base units in this unit."""
        return value / self.factor


_HUNDREDTH = Fraction(1, 100)
ONE = Unit("1", Fraction(1), Dimension())
PERCENT = Unit("%", _HUNDREDTH, Dimension(share=Share.PERCENT))
POINTS = Unit("pp", _HUNDREDTH, Dimension(share=Share.POINTS))
PERMILLE = Unit("permille", Fraction(1, 1000), Dimension(share=Share.PERCENT))
_MILLI, _MICRO, _NANO, _KILO = Fraction(1, 1000), Fraction(1, 10**6), Fraction(1, 10**9), Fraction(1000)
_HOUR = Fraction(60 * 60)


def _scaled(base: str, factors: Mapping[str, Fraction | int], power: int = 1) -> dict[str, Unit]:
    dimension = Dimension(((base, power),))
    return {symbol: Unit(symbol, Fraction(factor), dimension) for symbol, factor in factors.items()}


def _lone(*symbols: str, logarithmic: bool = False) -> dict[str, Unit]:
    return {one: Unit(one, Fraction(1), Dimension(((one, 1),), logarithmic=logarithmic)) for one in symbols}


_LENGTHS = {"mm": _MILLI, "cm": _HUNDREDTH, "m": Fraction(1), "km": _KILO}
SYMBOLS: Mapping[str, Unit] = MappingProxyType(
    {
        "1": ONE,
        "%": PERCENT,
        "pp": POINTS,
        "permille": PERMILLE,
        **_scaled("kg", {"ng": Fraction(1, 10**12), "ug": _NANO, "mg": _MICRO, "g": _MILLI, "kg": 1, "t": 1000}),
        **_scaled("kgCO2e", {"kgCO2e": 1, "tCO2e": 1000}),
        **_scaled("kgce", {"kgce": 1, "tce": 1000}),
        **_scaled("m", _LENGTHS),
        **_scaled("m", {f"{name}2": size**2 for name, size in _LENGTHS.items()}, 2),
        **_scaled("m", {"ha": 10_000}, 2),
        **_scaled("m", {f"{name}3": size**3 for name, size in _LENGTHS.items()}, 3),
        **_scaled("m", {"L": _MILLI, "mL": _MICRO}, 3),
        **_scaled("s", {"s": 1, "min": 60, "h": _HOUR, "d": 24 * _HOUR}),
        **_scaled("J", {"J": 1, "kJ": 1000, "MJ": 10**6, "GJ": 10**9}),
        **_scaled("J", {"kWh": _KILO * _HOUR, "MWh": 10**6 * _HOUR, "GWh": 10**9 * _HOUR}),
        "W": Unit("W", Fraction(1), Dimension((("J", 1), ("s", -1)))),
        "kW": Unit("kW", _KILO, Dimension((("J", 1), ("s", -1)))),
        "MW": Unit("MW", _KILO**2, Dimension((("J", 1), ("s", -1)))),
        **_scaled("CNY", {"CNY": 1}),
        **_scaled("V", {"mV": _MILLI, "V": 1}),
        # A year is no fixed number of seconds, and nothing here turns days into years.
        **_lone("a", "degC", "NTU"),
        **_lone("pH", "dB", logarithmic=True),
    }
)
_PLAIN = str.maketrans({"μ": "u", "µ": "u", "²": "2", "³": "3", "·": "*", "⋅": "*", "％": "%"})
_ALIASES = {"dB(A)": "dB", "℃": "degC", "tCO2": "tCO2e", "元": "CNY", "": "1", "个": "1", "百分点": "pp"}
_SPLIT = re.compile(r"([*/])")


@lru_cache(maxsize=512)
def unit(text: str) -> Unit:
    """A unit by its text: symbols joined by `*` and `/`, from left to right.

    Raises:
        UnknownUnit: names the part that is not known.

    >>> unit("mg/m3").dimension == unit("ug/m3").dimension, unit("mg/m3").factor / unit("ug/m3").factor
    (True, Fraction(1000, 1))
    """
    if len(text) > MAX_UNIT:
        raise _unknown(text[:MAX_UNIT])
    plain = _ALIASES.get(text.strip(), text.strip()).translate(_PLAIN).replace(" ", "")
    parts = _SPLIT.split(plain)
    if len(parts) == 1:
        return replace(_symbol(plain), symbol=plain)
    factor, dimension = Fraction(1), Dimension()
    for sign, part in zip(["*", *parts[1::2]], parts[::2], strict=True):
        one = _symbol(part)
        if one.dimension.share is not Share.PLAIN or one.dimension.logarithmic:
            raise UnknownUnit(f"{part} cannot be part of a unit", field="unit", remedy="use it alone")
        power = 1 if sign == "*" else -1
        factor, dimension = factor * one.factor**power, dimension.times(one.dimension, power)
    return Unit(plain, factor, dimension)


def _symbol(text: str) -> Unit:
    found = SYMBOLS.get(text)
    if found is None:
        raise _unknown(text)
    return found


def _unknown(text: str) -> UnknownUnit:
    return UnknownUnit(
        f"there is no unit {text!r}",
        field="unit",
        remedy=f"use {', '.join(SYMBOLS)}, joined by * and /",
        message_zh=f"没有单位 {text!r}",
    )
