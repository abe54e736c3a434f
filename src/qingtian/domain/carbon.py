"""Carbon of a power plant: emission, allowance, what is short, and what being late costs.

`E = sum(FC x C_ar x OF x 44/12) + purchased_MWh x EF_grid`, or by energy `FC x NCV x CC x OF x 44/12`. Factors are
given by the one who asks or by a pack row of their year; nothing here knows one by heart but the ratio of the masses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.numbers import exact, round_fraction
from qingtian.domain.standards.provenance import RuleRow

CO2_TO_C = Fraction(12 + 2 * 16, 12)  # mass of a molecule of CO2 by that of an atom of carbon


@dataclass(frozen=True, slots=True, kw_only=True)
class CarbonRule(RuleRow):
    """A figure of the carbon market.

    Args:
        name: entry_threshold, late_multiple_low, late_multiple_high, power_benchmark, grid_factor ...
        year: of the obligation; None where it holds in every year.
    """

    name: str
    year: int | None
    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Fuel:
    """Fuel that was burnt.

    Args:
        amount: FC, t (or 10^4 m3 for gas).
        carbon: carbon content as received, t/t; or carbon by energy, tC/GJ, when `heat` is given.
        oxidised: OF, 0..1.
        heat: NCV, GJ/t; None where the carbon content is by mass.
    """

    amount: Decimal
    carbon: Decimal
    oxidised: Decimal
    heat: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """What a plant produced.

    Args:
        amount: MWh, or GJ of heat.
        benchmark: tCO2 per unit of it.
        correction: product of the correction factors.
    """

    amount: Decimal
    benchmark: Decimal
    correction: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class CarbonBalance:
    """The account of a year, tCO2e, exact; round for show.

    Args:
        burnt: from fuel.
        purchased: from electricity that was bought.
        allowance: what is granted.
    """

    burnt: Fraction
    purchased: Fraction
    allowance: Fraction

    @property
    def emission(self) -> Fraction:
        """Fuel and electricity."""
        return self.burnt + self.purchased

    @property
    def shortfall(self) -> Fraction:
        """What is to be bought; nothing where the allowance is enough."""
        return max(self.emission - self.allowance, Fraction(0))

    @property
    def surplus(self) -> Fraction:
        """What is left over."""
        return max(self.allowance - self.emission, Fraction(0))


def fuel_emission(fuel: Fuel) -> Fraction:
    """`FC x C_ar x OF x 44/12`, or `FC x NCV x CC x OF x 44/12`, tCO2.

    >>> fuel_emission(Fuel(Decimal(1_000_000), Decimal("0.55"), Decimal("0.99")))
    Fraction(1996500, 1)
    """
    _not_negative(amount=fuel.amount, carbon=fuel.carbon, heat=fuel.heat)
    if not 0 <= exact(fuel.oxidised, field="oxidised") <= 1:
        raise InvalidInput(f"{fuel.oxidised} is no share", field="oxidised", remedy="give 0 to 1")
    if fuel.heat is None and fuel.carbon > 1:
        raise InvalidInput(
            f"{fuel.carbon} t of carbon in a ton of fuel", field="carbon", remedy="give 0 to 1, or the heat in GJ/t"
        )
    heat = Fraction(1) if fuel.heat is None else Fraction(fuel.heat)
    return Fraction(fuel.amount) * heat * Fraction(fuel.carbon) * Fraction(fuel.oxidised) * CO2_TO_C


def balance(
    fuels: Sequence[Fuel], *, purchased_mwh: Decimal, grid_factor: Decimal, outputs: Sequence[Output]
) -> CarbonBalance:
    """The account of a year.

    Args:
        purchased_mwh: electricity bought from the grid.
        grid_factor: tCO2/MWh.
    Raises:
        InvalidInput: a negative value, by name.
    """
    _not_negative(purchased_mwh=purchased_mwh, grid_factor=grid_factor)
    allowance = Fraction(0)
    for one in outputs:
        _not_negative(output=one.amount, benchmark=one.benchmark, correction=one.correction)
        allowance += Fraction(one.amount) * Fraction(one.benchmark) * Fraction(one.correction)
    burnt = sum((fuel_emission(fuel) for fuel in fuels), Fraction(0))
    return CarbonBalance(burnt, Fraction(purchased_mwh) * Fraction(grid_factor), allowance)


def late_fine(
    shortfall: Fraction, *, mean_price: Decimal, low_multiple: Decimal, high_multiple: Decimal
) -> tuple[Decimal, Decimal]:
    """Span of the fine for a late surrender: multiples of the mean price of the month before x what is short.

    Args:
        mean_price: CNY per ton.
    Returns:
        CNY, to the cent.

    >>> late_fine(Fraction(1500), mean_price=Decimal(90), low_multiple=Decimal(5), high_multiple=Decimal(10))
    (Decimal('675000.00'), Decimal('1350000.00'))
    """
    _not_negative(mean_price=mean_price, low_multiple=low_multiple, high_multiple=high_multiple)
    if high_multiple < low_multiple:
        raise InvalidInput("the span is turned round", field="high_multiple", remedy="swap the multiples")
    base = shortfall * Fraction(mean_price)
    return round_fraction(base * Fraction(low_multiple), 2), round_fraction(base * Fraction(high_multiple), 2)


def must_take_part(emission: Fraction, threshold: Decimal) -> bool:
    """Whether a plant is above the entry threshold of the market, tCO2e a year."""
    return emission >= Fraction(threshold)


def _not_negative(**values: Decimal | None) -> None:
    for name, value in values.items():
        if value is not None and exact(value, field=name) < 0:
            raise InvalidInput(f"{value} is negative", field=name, remedy="give zero or more")
