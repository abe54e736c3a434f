"""Carbon of a power plant: the example, exact arithmetic, and wrong values by name."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.carbon import Fuel, Output, balance, fuel_emission, late_fine, must_take_part
from qingtian.domain.errors import InvalidInput

COAL = Fuel(Decimal(1_000_000), Decimal("0.55"), Decimal("0.99"))
POWER = Output(Decimal(2_500_000), Decimal("0.8"))


def year(fuels=(COAL,), purchased="10000", grid="0.5", outputs=(POWER,)):
    return balance(fuels, purchased_mwh=Decimal(purchased), grid_factor=Decimal(grid), outputs=outputs)


def test_e_k1_a_year_of_a_plant():
    found = year()
    assert (found.burnt, found.purchased, found.emission) == (1_996_500, 5_000, 2_001_500)
    assert (found.allowance, found.shortfall, found.surplus) == (2_000_000, 1_500, 0)
    span = late_fine(found.shortfall, mean_price=Decimal(90), low_multiple=Decimal(5), high_multiple=Decimal(10))
    assert [str(one) for one in span] == ["675000.00", "1350000.00"]


def test_carbon_may_be_given_by_energy():
    by_mass = fuel_emission(Fuel(Decimal(100), Decimal("0.55"), Decimal(1)))
    by_heat = fuel_emission(Fuel(Decimal(100), Decimal("0.0275"), Decimal(1), heat=Decimal(20)))
    assert by_mass == by_heat == Fraction(55 * 44, 12)


@given(st.lists(st.decimals(0, 10**6, places=2), max_size=5), st.decimals(0, 10**7, places=1))
def test_shortfall_and_surplus_are_two_sides_of_one_balance(fuels, output):
    found = year([Fuel(one, Decimal("0.5"), Decimal(1)) for one in fuels], outputs=(Output(output, Decimal("0.8")),))
    assert found.emission - found.allowance == found.shortfall - found.surplus
    assert found.shortfall >= 0 and found.surplus >= 0 and not (found.shortfall and found.surplus)


def test_who_takes_part():
    assert must_take_part(Fraction(100), Decimal(100))
    assert not must_take_part(Fraction(99), Decimal(100))


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: year([Fuel(Decimal(-1), Decimal(0), Decimal(1))]), "amount"),
        (lambda: year([Fuel(Decimal(1), Decimal("1.1"), Decimal(1))]), "carbon"),
        (lambda: year([Fuel(Decimal(1), Decimal("0.5"), Decimal("1.1"))]), "oxidised"),
        (lambda: year([Fuel(Decimal(1), Decimal("0.5"), Decimal(1), Decimal(-1))]), "heat"),
        (lambda: year(purchased="-1"), "purchased_mwh"),
        (lambda: year(grid="NaN"), "grid_factor"),
        (lambda: year(outputs=(Output(Decimal(1), Decimal(-1)),)), "benchmark"),
        (
            lambda: late_fine(Fraction(1), mean_price=Decimal(-1), low_multiple=Decimal(1), high_multiple=Decimal(2)),
            "mean_price",
        ),
        (
            lambda: late_fine(Fraction(1), mean_price=Decimal(1), low_multiple=Decimal(3), high_multiple=Decimal(2)),
            "high_multiple",
        ),
    ],
)
def test_a_wrong_value_is_refused_by_name(make, field):
    with pytest.raises(InvalidInput) as caught:
        make()
    assert caught.value.field == field


@pytest.mark.parametrize("end", ["low_multiple", "high_multiple", "mean_price"])
@pytest.mark.parametrize("value", ["NaN", "Infinity", "-1"])
def test_a_fine_of_no_number_names_what_is_wrong(end, value):
    given_ = {"mean_price": Decimal(90), "low_multiple": Decimal(5), "high_multiple": Decimal(10)}
    with pytest.raises(InvalidInput) as caught:
        late_fine(Fraction(1500), **given_ | {end: Decimal(value)})
    assert caught.value.field == end
    assert caught.value.remedy


def test_a_fine_of_nothing_short_is_nothing():
    span = late_fine(Fraction(0), mean_price=Decimal(90), low_multiple=Decimal(5), high_multiple=Decimal(10))
    assert [str(one) for one in span] == ["0.00", "0.00"]


@given(st.fractions(0, 10**6), st.decimals(0, 200, places=2))
def test_the_ends_of_a_fine_are_rounded_once_and_in_order(shortfall, price):
    low, high = late_fine(shortfall, mean_price=price, low_multiple=Decimal(5), high_multiple=Decimal(10))
    assert low <= high
    assert abs(Fraction(low) - shortfall * Fraction(price) * 5) <= Fraction(1, 200)
    assert abs(Fraction(high) - shortfall * Fraction(price) * 10) <= Fraction(1, 200)


def test_a_plant_that_burns_nothing_still_buys_its_electricity():
    found = year(fuels=())
    assert (found.burnt, found.emission) == (0, 5_000)
    assert found.surplus == 1_995_000


def test_a_correction_of_the_output_scales_the_allowance():
    corrected = Output(Decimal(100), Decimal("0.8"), Decimal("1.05"))
    assert year(outputs=(corrected, corrected)).allowance == 168


def test_gas_is_reckoned_by_its_heat_though_its_carbon_is_above_one():
    assert fuel_emission(Fuel(Decimal(3), Decimal(2), Decimal(1), heat=Decimal(1))) == 22
    with pytest.raises(InvalidInput) as caught:
        fuel_emission(Fuel(Decimal(3), Decimal(2), Decimal(1)))
    assert "or the heat in GJ/t" in caught.value.remedy
