"""Amounts of waste gas and waste water: dry concentration, standard flow, mass, units, means weighted by flow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.media_rules import MediaParameter, MediaParameters

SECONDS = 60 * 60  # of an hour
LITRES = 1000  # of a cubic metre; also grams of a kilogram
MG_PER_KG = 1_000_000
ALL = Fraction(100)  # percent


def dry_concentration(wet: Decimal, moisture_percent: Decimal) -> Fraction:
    """`C_dry = C_wet / (1 - Xw)`.

    Args:
        wet: mg/m3 of moist gas; moisture_percent: water vapour, percent by volume.
    Raises:
        InvalidInput: a negative concentration, or no moisture below 100 %.

    >>> dry_concentration(Decimal(90), Decimal(10))
    Fraction(100, 1)
    """
    return Fraction(_not_negative(wet, "wet")) / (1 - _share(moisture_percent))


def standard_dry_flow(
    parameters: MediaParameters,
    *,
    area_m2: Decimal,
    velocity_m_s: Decimal,
    temperature_c: Decimal,
    atmosphere_pa: Decimal,
    static_pa: Decimal,
    moisture_percent: Decimal,
) -> Fraction:
    """`Q = 3600 A v (273 / (273 + t)) ((Pa + Ps) / 101325) (1 - Xw)`, m3/h, dry, at the standard state.

    Args:
        parameters: temperature and pressure of the standard state.
        static_pa: static pressure of the gas against the atmosphere; may be negative.
    Raises:
        InvalidInput: a quantity that cannot be.
    """
    zero = Fraction(parameters.number(MediaParameter.STANDARD_TEMPERATURE))
    kelvin = zero + Fraction(temperature_c)
    pressure = Fraction(atmosphere_pa) + Fraction(static_pa)
    if kelvin <= 0:
        raise InvalidInput(f"{temperature_c} degC cannot be", field="temperature_c", remedy="give degrees Celsius")
    if pressure <= 0:
        raise InvalidInput(f"{pressure} Pa cannot be", field="static_pa", remedy="give pascals against the atmosphere")
    flow = SECONDS * Fraction(_not_negative(area_m2, "area_m2")) * Fraction(_not_negative(velocity_m_s, "velocity_m_s"))
    state = zero / kelvin * pressure / Fraction(parameters.number(MediaParameter.STANDARD_PRESSURE))
    return flow * state * (1 - _share(moisture_percent))


def gas_mass_kg(dry_measured: Decimal | Fraction, flow_m3: Decimal | Fraction) -> Fraction:
    """Mass of an hour: `G = C Q 10^-6`, of the measured dry concentration, never of the one converted for oxygen.

    Args:
        dry_measured: mg/m3; flow_m3: dry standard volume of the hour.

    >>> gas_mass_kg(Decimal(50), Decimal(100000))
    Fraction(5, 1)
    """
    return (
        Fraction(_not_negative(dry_measured, "dry_measured")) * Fraction(_not_negative(flow_m3, "flow_m3")) / MG_PER_KG
    )


def ppm_to_mg_m3(ppm: Decimal, molar_mass: Decimal, parameters: MediaParameters) -> Fraction:
    """`C = ppm M / 22.4` at 273 K.

    Args:
        molar_mass: g/mol.
    """
    mass = Fraction(_not_negative(ppm, "ppm")) * Fraction(_not_negative(molar_mass, "molar_mass"))
    return mass / Fraction(parameters.number(MediaParameter.MOLAR_VOLUME))


def nox_as_no2(no: Decimal, no2: Decimal, parameters: MediaParameters) -> Fraction:
    """`NOx = 1.53 NO + NO2`, told as NO2.

    Args:
        no, no2: mg/m3.
    """
    factor = Fraction(parameters.number(MediaParameter.NO_AS_NO2))
    return factor * Fraction(_not_negative(no, "no")) + Fraction(_not_negative(no2, "no2"))


@dataclass(frozen=True, slots=True)
class WaterSlice:
    """A slice of time of a discharge of waste water.

    Args:
        concentration: mg/L; None where it is missing.
        flow_l_s: mean flow of the slice, L/s.
        seconds: length of the slice.
    """

    concentration: Decimal | None
    flow_l_s: Decimal
    seconds: Decimal


@dataclass(frozen=True, slots=True)
class WaterAmount:
    """What was discharged in a period (HJ 212-2017 appendix D).

    Args:
        volume_m3: of all slices; mass_kg: of the slices with a concentration.
        concentration: mean weighted by volume, mg/L; None without volume or concentration.
        flow_l_s: mean flow.
        measured_m3: volume of the slices with a concentration, the coverage of the mass.
    """

    volume_m3: Fraction
    mass_kg: Fraction
    concentration: Fraction | None
    flow_l_s: Fraction
    measured_m3: Fraction


def water_amount(slices: Iterable[WaterSlice]) -> WaterAmount:
    """Volume `Q T / 1000`, mass `C V / 1000` and the mean `1000 mass / volume` of a period.

    Raises:
        InvalidInput: no time, or something negative.

    >>> found = water_amount([WaterSlice(Decimal(50), Decimal(10), Decimal(60)),
    ...     WaterSlice(Decimal(20), Decimal(30), Decimal(60))])
    >>> float(found.volume_m3), float(found.mass_kg), float(found.concentration)
    (2.4, 0.066, 27.5)
    """
    volume = mass = measured = seconds = Fraction(0)
    for one in slices:
        part = Fraction(_not_negative(one.flow_l_s, "flow_l_s")) * Fraction(_not_negative(one.seconds, "seconds"))
        volume += part / LITRES
        seconds += Fraction(one.seconds)
        if one.concentration is not None:
            measured += part / LITRES
            mass += Fraction(_not_negative(one.concentration, "concentration")) * part / LITRES / LITRES
    if not seconds:
        raise InvalidInput("there is no time", field="slices", remedy="give slices with their length")
    mean = LITRES * mass / measured if measured else None
    return WaterAmount(volume, mass, mean, volume * LITRES / seconds, measured)


def _not_negative(value: Decimal | Fraction, field: str) -> Decimal | Fraction:
    if value < 0:
        raise InvalidInput(f"{value} is negative", field=field, remedy="treat it as an invalid value")
    return value


def _share(percent: Decimal) -> Fraction:
    if not 0 <= percent < ALL:
        raise InvalidInput(f"{percent} % cannot be", field="moisture_percent", remedy="give a share below 100 %")
    return Fraction(percent) / ALL
