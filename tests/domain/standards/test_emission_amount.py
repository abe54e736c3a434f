"""Dry gas, standard flow, mass, units, and what waste water carries."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.emission_amount import (
    WaterSlice,
    dry_concentration,
    gas_mass_kg,
    nox_as_no2,
    ppm_to_mg_m3,
    standard_dry_flow,
    water_amount,
)
from qingtian.domain.standards.media_rules import MediaParameters
from qingtian.packs import load_packs
from qingtian.packs.media_parameters import media_parameters

RULES = media_parameters(load_packs())
D = Decimal
FLOW = {
    "area_m2": D(10), "velocity_m_s": D(15), "temperature_c": D(120), "atmosphere_pa": D(101325),
    "static_pa": D(-200), "moisture_percent": D(8),
}  # fmt: skip


def test_dry_gas_holds_more_of_the_pollutant_than_moist_gas() -> None:
    assert dry_concentration(D(46), D(8)) == 50
    assert dry_concentration(D(46), D(0)) == 46


def test_the_flow_at_the_standard_state_follows_the_formula() -> None:
    by_hand = 3600 * 10 * 15 * (273 / (273 + 120)) * ((101325 - 200) / 101325) * 0.92
    assert float(standard_dry_flow(RULES, **FLOW)) == pytest.approx(by_hand)


def test_at_the_standard_state_dry_gas_keeps_its_volume() -> None:
    same = FLOW | {"temperature_c": D(0), "static_pa": D(0), "moisture_percent": D(0)}
    assert standard_dry_flow(RULES, **same) == 540000


@given(st.decimals(-50, 400, places=1), st.decimals(0, 60, places=1))
def test_hotter_and_moister_gas_is_less_dry_gas(celsius: Decimal, moisture: Decimal) -> None:
    def flow(**changed: Decimal) -> Fraction:
        return standard_dry_flow(RULES, **(FLOW | {"temperature_c": celsius, "moisture_percent": moisture} | changed))

    assert flow(temperature_c=celsius + 10) < flow()
    assert flow(moisture_percent=moisture + 10) < flow()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"moisture_percent": D(100)}, "moisture_percent"),
        ({"moisture_percent": D(-1)}, "moisture_percent"),
        ({"temperature_c": D(-273)}, "temperature_c"),
        ({"static_pa": D(-101325)}, "static_pa"),
        ({"area_m2": D(-1)}, "area_m2"),
        ({"velocity_m_s": D(-1)}, "velocity_m_s"),
    ],
)
def test_a_state_that_cannot_be_is_named(changed: dict[str, Decimal], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        standard_dry_flow(RULES, **(FLOW | changed))
    assert (refused.value.field, bool(refused.value.remedy)) == (field, True)


def test_the_mass_is_of_the_measured_concentration() -> None:
    assert gas_mass_kg(D(30), D(250000)) == Fraction(15, 2)


def test_ppm_of_sulphur_dioxide_at_273_k() -> None:
    assert float(ppm_to_mg_m3(D(100), D(64), RULES)) == pytest.approx(285.714, abs=0.001)


def test_nitrogen_oxides_are_told_as_nitrogen_dioxide() -> None:
    assert nox_as_no2(D(100), D(20), RULES) == 173


@pytest.mark.parametrize(
    ("work", "field"),
    [
        (lambda: dry_concentration(D(-1), D(0)), "wet"),
        (lambda: gas_mass_kg(D(-1), D(1)), "dry_measured"),
        (lambda: gas_mass_kg(D(1), D(-1)), "flow_m3"),
        (lambda: ppm_to_mg_m3(D(-1), D(64), RULES), "ppm"),
        (lambda: nox_as_no2(D(1), D(-1), RULES), "no2"),
        (lambda: water_amount([WaterSlice(D(-1), D(1), D(1))]), "concentration"),
        (lambda: water_amount([WaterSlice(D(1), D(-1), D(1))]), "flow_l_s"),
        (lambda: water_amount([]), "slices"),
    ],
)
def test_amounts_of_negative_things_are_refused(work, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        work()
    assert refused.value.field == field


def test_a_parameter_that_is_not_in_force_is_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        nox_as_no2(D(1), D(1), MediaParameters(()))
    assert "no_as_no2" in refused.value.message


slices = st.lists(
    st.builds(
        WaterSlice,
        st.one_of(st.none(), st.decimals(0, 500, places=2)),
        st.decimals(0, 90, places=2),
        st.decimals(1, 600, places=0),
    ),
    min_size=1,
    max_size=30,
)


@given(slices)
def test_the_mean_is_weighted_by_volume_and_lies_between_its_slices(parts: list[WaterSlice]) -> None:
    found = water_amount(parts)
    known = [one.concentration for one in parts if one.concentration is not None and one.flow_l_s]
    assert (found.concentration is None) == (not known)
    if found.concentration is not None:
        assert min(known) <= found.concentration <= max(known)
        assert found.mass_kg == found.concentration * found.measured_m3 / 1000
    assert found.measured_m3 <= found.volume_m3
    assert found.volume_m3 == sum(Fraction(one.flow_l_s) * Fraction(one.seconds) / 1000 for one in parts)


def test_a_slice_without_concentration_counts_for_volume_only() -> None:
    found = water_amount([WaterSlice(D(50), D(10), D(60)), WaterSlice(None, D(30), D(60))])
    assert (found.concentration, found.volume_m3, found.measured_m3) == (50, Fraction(12, 5), Fraction(3, 5))
    assert found.flow_l_s == 20
