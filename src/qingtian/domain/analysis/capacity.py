"""Atmospheric capacity by the A-value method (GB/T 3840-91), with the allocation area as an input that must be given.

`Q_i = A (C_target - C_background) S_i / sqrt(S)` gives 10^4 t/a for mg/m3 and km2; `A = A_min + share (A_max - A_min)`.
The result advises: it reaches a ledger only by an approved decision.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal

from qingtian.domain.errors import InvalidInput
from qingtian.domain.indicators.faults import Words
from qingtian.domain.standards.numbers import exact, round_gb8170
from qingtian.domain.standards.provenance import RuleRow

_WIDE = Context(prec=60)
_TEN_THOUSAND = Decimal(10) ** 4
_PI = Decimal("3.14159265358979323846264338327950288419716939937510")
_SECONDS_A_YEAR = Decimal(365 * 24 * 3600)
_TONS_A_MG = Decimal("1E-9")
_METRES_A_KM = Decimal(1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityZone(RuleRow):
    """The range of A in a zone of the standard.

    Args:
        zone: number in the standard.
        provinces: GB/T 2260 codes of two digits.
        a_min, a_max: 10^4 km2/a.
        share: how far A lies from the lower end.
    """

    zone: str
    name_zh: str
    name_en: str
    provinces: tuple[str, ...]
    a_min: Decimal
    a_max: Decimal
    share: Decimal

    @property
    def a_value(self) -> Decimal:
        """`A_min + share (A_max - A_min)`, in 10^4 km2/a.

        >>> from datetime import date
        >>> kept = dict(row_id="z", standard="S", clause="1", source="", valid_from=date(1992, 6, 1), confidence="",
        ...             zone="5", name_zh="", name_en="", provinces=())
        >>> str(CapacityZone(a_min=Decimal("3.5"), a_max=Decimal("4.9"), share=Decimal("0.1"), **kept).a_value)
        '3.64'
        """
        return self.a_min + self.share * (self.a_max - self.a_min)


@dataclass(frozen=True, slots=True)
class Capacity:
    """What an area bears.

    Args:
        tons: t/a, exact to many digits; round for show.
        warnings: what a reader must know.
    """

    tons: Decimal
    a_value: Decimal
    rise: Decimal
    warnings: tuple[Words, ...] = ()

    def rounded(self, digits: int = 1) -> Decimal:
        """t/a, rounded once half to even."""
        return round_gb8170(self.tons, digits)


def capacity(
    *, a_value: Decimal, target: Decimal, background: Decimal, area: Decimal, allocation_area: Decimal
) -> Capacity:
    """Mass of a year that keeps a target concentration.

    Args:
        a_value: A, 10^4 km2/a.
        target: concentration aimed at, mg/m3.
        background: concentration that is there without the sources, mg/m3.
        area: S_i, the area that the mass is for, km2.
        allocation_area: S, the sum of all areas that share the air, km2; a park that stands alone gives its own.
    Returns:
        t/a; nothing, with a warning, where the background leaves no room. Never a negative mass.
    Raises:
        InvalidInput: a value that cannot be, by name.

    >>> found = capacity(a_value=Decimal("2.94"), target=Decimal("0.038"), background=Decimal("0.033"),
    ...                  area=Decimal(10), allocation_area=Decimal(564))
    >>> str(found.rounded())
    '61.9'
    """
    _above_zero(a_value=a_value, area=area, allocation_area=allocation_area)
    _not_negative(target=target, background=background)
    if area > allocation_area:
        raise InvalidInput(
            f"{area} km2 is more than the {allocation_area} km2 that are shared out",
            field="area",
            remedy="give the sum of all areas as allocation_area",
        )
    rise = _WIDE.subtract(target, background)
    if rise <= 0:
        return Capacity(Decimal(0), a_value, rise, (_no_room(target, background),))
    root = _WIDE.sqrt(allocation_area)
    tons = _WIDE.multiply(_TEN_THOUSAND, _WIDE.divide(_WIDE.multiply(_WIDE.multiply(a_value, rise), area), root))
    return Capacity(tons, a_value, rise)


def a_from_ventilation(ventilation: Decimal) -> Decimal:
    """A of a box: `3.1536e-3 (sqrt(pi) / 2) V`; seconds of a year, mg in tons, km in metres make up the factor.

    Args:
        ventilation: mixing height times mean wind, m2/s.
    Returns:
        10^4 km2/a.

    >>> round(a_from_ventilation(Decimal(1052)), 2)
    Decimal('2.94')
    """
    _above_zero(ventilation=ventilation)
    return _WIDE.multiply(ventilation, _box_factor())


def ventilation_from_a(a_value: Decimal) -> Decimal:
    """The ventilation that an A stands for, m2/s.

    >>> round(ventilation_from_a(Decimal("2.94")))
    1052
    """
    _above_zero(a_value=a_value)
    return _WIDE.divide(a_value, _box_factor())


def _box_factor() -> Decimal:
    per_second = _SECONDS_A_YEAR * _TONS_A_MG * _METRES_A_KM / _TEN_THOUSAND
    return _WIDE.multiply(per_second, _WIDE.sqrt(_PI) / 2)


def _no_room(target: Decimal, background: Decimal) -> Words:
    return Words(
        f"背景浓度 {background} mg/m3 不低于目标 {target} mg/m3，没有容量",
        f"the background of {background} mg/m3 is not below the target of {target} mg/m3: there is no capacity",
    )


def _above_zero(**values: Decimal) -> None:
    for name, value in values.items():
        if exact(value, field=name) <= 0:
            raise InvalidInput(f"{value} is not above zero", field=name, remedy="give a value above zero")


def _not_negative(**values: Decimal) -> None:
    for name, value in values.items():
        if exact(value, field=name) < 0:
            raise InvalidInput(f"{value} is negative", field=name, remedy="give zero or more")
