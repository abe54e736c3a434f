"""Units of files to units of the store: exact, and refused where a conversion would need more than a factor."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache

from qingtian.domain.errors import InvalidInput
from qingtian.domain.indicators.faults import UnknownUnit
from qingtian.domain.indicators.units import unit

_PLAIN = str.maketrans(
    {"μ": "u", "µ": "u", "³": "3", "²": "2", "℃": "degC", "％": "%", "／": "/", "·": "*", "㎎": "mg"}
)
_SPELLINGS: Mapping[str, str] = {
    "mg/l": "mg/L",
    "ug/l": "ug/L",
    "ng/l": "ng/L",
    "mg/m^3": "mg/m3",
    "ug/m^3": "ug/m3",
    "°c": "degC",
    "c": "degC",
    "°": "deg",
    "度": "deg",
    "无量纲": "1",
    "": "1",
    "-": "1",
    "db(a)": "dB",
    "dba": "dB",
    "db": "dB",
    "ntu": "NTU",
    "kwh": "kWh",
    "kw": "kW",
    "ph": "1",
    "us/cm": "uS/cm",
    "ms/cm": "mS/cm",
    "ms/m": "mS/m",
    "mbar": "hPa",
    "hpa": "hPa",
    "kpa": "kPa",
    "pa": "Pa",
    "个/l": "cells/L",
    "cells/l": "cells/L",
    "mwh": "MWh",
}
# What the units of the indicators do not know: a base and how many of it.
_FACTORS: Mapping[str, tuple[str, Fraction]] = {
    "Pa": ("Pa", Fraction(1)),
    "hPa": ("Pa", Fraction(100)),
    "kPa": ("Pa", Fraction(1000)),
    "MPa": ("Pa", Fraction(10**6)),
    "uS/cm": ("uS/cm", Fraction(1)),
    "mS/cm": ("uS/cm", Fraction(1000)),
    "mS/m": ("uS/cm", Fraction(10)),
    "kvarh": ("kvarh", Fraction(1)),
    "kvar": ("kvar", Fraction(1)),
    "cells/L": ("cells/L", Fraction(1)),
    "deg": ("deg", Fraction(1)),
}
_KELVIN_AT_ZERO = Fraction(27315, 100)
_EXACT = Context(prec=34)
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Conversion:
    """value in the file * factor + offset = value in the store.

    Args:
        factor: exact.
        offset: exact; only temperatures have one.
    """

    factor: Fraction = Fraction(1)
    offset: Fraction = Fraction(0)

    def of(self, value: Decimal) -> Decimal:
        """The value in the unit of the store; the same object when nothing changes."""
        if self.factor == 1 and self.offset == 0:
            return value
        exact = Fraction(value) * self.factor + self.offset
        return _EXACT.divide(Decimal(exact.numerator), Decimal(exact.denominator))


def spelt(text: str) -> str:
    """A unit in the plain spelling of the house.

    >>> spelt("μg/m³"), spelt(" mg/l "), spelt("℃"), spelt("无量纲")
    ('ug/m3', 'mg/L', 'degC', '1')
    """
    plain = _SPACES.sub("", text.translate(_PLAIN))
    return _SPELLINGS.get(plain.lower(), plain)


@lru_cache(maxsize=1024)
def conversion(given: str, wanted: str, period_s: int = 0) -> Conversion:
    """How to get from one unit to another.

    Args:
        given: unit of the file.
        wanted: unit of the store.
        period_s: length of the period, s: an amount of energy over it gives its mean power.
    Raises:
        InvalidInput: they measure different things, or one needs a state (ppb needs temperature and pressure).

    >>> conversion("mg/m3", "ug/m3").of(Decimal("1.25"))
    Decimal('1250')
    >>> conversion("K", "degC").of(Decimal("273.15"))
    Decimal('0')
    >>> conversion("kWh", "kW", 900).of(Decimal("3.17"))
    Decimal('12.68')
    """
    one, other = spelt(given), spelt(wanted)
    if one == other:
        return Conversion()
    if (one, other) == ("K", "degC"):
        return Conversion(offset=-_KELVIN_AT_ZERO)
    if (one, other) == ("degF", "degC"):
        return Conversion(Fraction(5, 9), Fraction(-160, 9))
    left, right = _scale(one), _scale(other)
    if left is not None and right is not None:
        if left[0] == right[0]:
            return Conversion(left[1] / right[1])
        if period_s and (left[0], right[0]) == ("J", "J*s^-1"):
            return Conversion(left[1] / right[1] / period_s)
    raise InvalidInput(
        f"{given!r} cannot become {wanted!r} by a factor",
        field="unit",
        remedy="name the unit of the file, or convert the column before",
    )


def _scale(text: str) -> tuple[str, Fraction] | None:
    known = _FACTORS.get(text)
    if known is not None:
        return known
    try:
        found = unit(text)
    except UnknownUnit:
        return None
    return str(found.dimension), found.factor
