"""Pollution equivalents and the items of an outlet that are taxed."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.environmental_tax import equivalents, noise_rate, tax_due, tax_row, taxed_items
from qingtian.packs import load_packs

MEDIA = load_packs().media
ROWS, RULE, RATES = MEDIA.tax_equivalents(), MEDIA.tax_rule(), MEDIA.tax_rates


def counted(item: str, kg: str, medium: str | None = None) -> Fraction:
    return equivalents(tax_row(ROWS, item, medium), Decimal(kg))


def outlet(medium: str, **kg: str) -> dict[str, tuple[bool, str]]:
    items = taxed_items(ROWS, RULE, {name.replace("_", "-"): Decimal(value) for name, value in kg.items()}, medium)
    return {one.name: (one.taxed, one.reason) for one in items}


@pytest.mark.parametrize(
    ("item", "kg", "expected"),
    [
        ("SO2", "0.95", "1"),
        ("NOx", "95", "100"),
        ("CO", "16.7", "1"),
        ("烟尘", "2.18", "1"),
        ("一般性粉尘", "4", "1"),
        ("NH3", "9.09", "1"),
        ("H2S", "0.29", "1"),
        ("氯气", "0.34", "1"),
        ("COD", "250", "250"),
        ("w01018", "250", "250"),
        ("NH3-N", "40", "50"),
        ("氨氮", "0.8", "1"),
        ("TP", "0.25", "1"),
        ("总磷", "1", "4"),
        ("SS", "4", "1"),
        ("BOD5", "0.5", "1"),
        ("TOC", "0.49", "1"),
        ("Hg", "0.0005", "1"),
        ("总镉", "0.005", "1"),
        ("petroleum", "0.1", "1"),
        ("SO2", "0", "0"),
    ],
)
def test_equivalents_of_an_item(item: str, kg: str, expected: str) -> None:
    assert counted(item, kg) == Fraction(expected)


def test_so2_is_not_rounded_before_the_end() -> None:
    assert counted("SO2", "1000") == Fraction(20000, 19)


@pytest.mark.parametrize(
    ("item", "air", "water"), [("苯", "0.05", "0.02"), ("氟化物", "0.87", "0.5"), ("甲醛", "0.09", "0.125")]
)
def test_an_item_of_air_and_of_water_needs_its_medium(item: str, air: str, water: str) -> None:
    assert tax_row(ROWS, item, "air").kg_per_equivalent == Decimal(air)
    assert tax_row(ROWS, item, "water").kg_per_equivalent == Decimal(water)
    with pytest.raises(InvalidInput) as caught:
        tax_row(ROWS, item)
    assert caught.value.field == "medium"


@pytest.mark.parametrize(
    ("item", "medium", "field"),
    [
        ("CO2", None, "item"),
        ("SO2", "water", "item"),
        ("COD", "air", "item"),
        ("SO2", "soil", "medium"),
        ("", None, "item"),
    ],
)
def test_an_unknown_item_is_named(item: str, medium: str | None, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        tax_row(ROWS, item, medium)
    assert caught.value.field == field
    assert caught.value.remedy


def test_a_negative_mass_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        counted("SO2", "-1")
    assert caught.value.field == "kg"


@given(st.sampled_from(ROWS), st.decimals(min_value=0, max_value=10**6, places=3))
def test_equivalents_times_the_value_give_back_the_mass(row: object, kg: Decimal) -> None:
    from qingtian.domain.standards.environmental_tax import TaxEquivalent

    assert isinstance(row, TaxEquivalent)
    assert equivalents(row, kg) * Fraction(row.kg_per_equivalent) == Fraction(kg)


def test_the_annex_has_its_numbers_of_items() -> None:
    groups = [row.group for row in ROWS]
    assert {group: groups.count(group) for group in set(groups)} == {"air": 44, "water_1": 10, "water_2": 26}
    assert {row.item for row in ROWS if row.one_of} == {"COD", "BOD5", "TOC"}


def test_the_three_largest_of_a_stack_are_taxed() -> None:
    found = outlet("air", SO2="100", NOx="200", CO="100", 烟尘="100")
    assert found == {
        "NOx": (True, ""),
        "SO2": (True, ""),
        "烟尘": (True, ""),
        "CO": (False, "not among the 3 largest"),
    }
    assert list(found) == ["NOx", "SO2", "烟尘", "CO"]


def test_water_takes_five_of_class_one_and_three_of_the_others() -> None:
    metals = {"总汞": "1", "总镉": "1", "总铬": "1", "六价铬": "1", "总砷": "1", "总铅": "1"}
    found = outlet("water", **metals, SS="100", 总磷="10", 石油类="10", 总锌="1")
    assert sum(taxed for name, (taxed, _) in found.items() if name in metals) == 5
    assert found["总铬"] == (False, "not among the 5 largest")
    assert [name for name, (taxed, _) in found.items() if taxed and name not in metals] == ["石油类", "总磷", "SS"]
    assert found["总锌"] == (False, "not among the 3 largest")


def test_oxygen_demand_is_taxed_once() -> None:
    found = outlet("water", COD="100", BOD5="60", TOC="10", SS="4", 总磷="1")
    assert found["BOD5"] == (True, "")
    assert found["COD"] == found["TOC"] == (False, "another item of its kind is taxed")
    assert found["SS"] == found["总磷"] == (True, "")


def test_an_item_under_two_names_is_refused() -> None:
    with pytest.raises(InvalidInput, match="given twice") as caught:
        taxed_items(ROWS, RULE, {"氨氮": Decimal(1), "w21003": Decimal(2)}, "water")
    assert caught.value.field == "w21003"


def test_nothing_discharged_is_nothing_taxed() -> None:
    assert taxed_items(ROWS, RULE, {}, "air") == ()


AIR_ITEMS = sorted(row.item for row in ROWS if row.medium == "air")


@given(st.dictionaries(st.sampled_from(AIR_ITEMS), st.decimals(0, 1000, places=2), max_size=8))
def test_no_untaxed_item_has_more_equivalents_than_a_taxed_one(kg: dict[str, Decimal]) -> None:
    items = taxed_items(ROWS, RULE, kg, "air")
    assert len(items) == len(kg)
    assert sum(one.taxed for one in items) == min(3, len(kg))
    least = min((one.equivalents for one in items if one.taxed), default=Fraction(0))
    assert all(one.equivalents <= least for one in items if not one.taxed)


@pytest.mark.parametrize(
    ("below", "share"),
    [("0", 100), ("29.9", 100), ("30", 75), ("49.9", 75), ("50", 50), ("80", 50)],
)
def test_cleaner_discharges_pay_less(below: str, share: int) -> None:
    found = tax_due(Fraction(1000), Decimal("2.4"), MEDIA.tax_rate("air"), RULE, below_percent=Decimal(below))
    assert found == Fraction(2400) * share / 100


@pytest.mark.parametrize(("scope", "low", "high"), [("air", "1.2", "12"), ("water", "1.4", "14")])
def test_a_province_sets_its_rate_within_the_span(scope: str, low: str, high: str) -> None:
    span = MEDIA.tax_rate(scope)
    for rate in (low, high):
        assert tax_due(Fraction(1), Decimal(rate), span, RULE) == Fraction(rate)
    for rate in (str(Decimal(low) - Decimal("0.01")), str(Decimal(high) + Decimal("0.01"))):
        with pytest.raises(InvalidInput) as caught:
            tax_due(Fraction(1), Decimal(rate), span, RULE)
        assert caught.value.field == "rate"


def test_hazardous_waste_and_unknown_scopes() -> None:
    assert MEDIA.tax_rate("hazardous_waste").low == 1000
    for scope in ("noise", "carbon"):
        with pytest.raises(InvalidInput):
            MEDIA.tax_rate(scope)


@pytest.mark.parametrize(
    ("excess", "rate"),
    [
        (-3, None),
        (0, None),
        (1, 350),
        (3, 350),
        (4, 700),
        (6, 700),
        (7, 1400),
        (9, 1400),
        (10, 2800),
        (12, 2800),
        (13, 5600),
        (15, 5600),
        (16, 11200),
        (40, 11200),
    ],
)
def test_noise_is_taxed_by_the_decibel(excess: int, rate: int | None) -> None:
    found = noise_rate(RATES, excess)
    assert (found.low if found else None) == rate


def test_reductions_and_choices_are_marked_as_unverified() -> None:
    assert RULE.unverified
    assert not any(row.unverified for row in ROWS)
