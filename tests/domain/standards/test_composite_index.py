"""Composite index of ambient air, both editions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards import composite_index
from qingtian.packs import load_packs

OLD = load_packs().composite_rule(date(2026, 2, 28))
NEW = load_packs().composite_rule(date(2026, 3, 1))
BULLETIN = {"SO2": "12", "NO2": "31", "PM10": "74", "PM2.5": "37", "CO_p95": "1.4", "O3_p90": "168"}


def values(**changes: str) -> dict[str, Decimal]:
    return {name: Decimal(value) for name, value in {**BULLETIN, **changes}.items()}


def test_a_city_bulletin_of_2023_within_its_own_rounding() -> None:
    found = composite_index(values(), OLD)
    assert found.value == Decimal("4.49")  # published 4.48, from unrounded concentrations
    assert (found.standard, found.rule_row) == ("HJ 663-2013", "composite.2013")


def test_at_the_bases_each_pollutant_gives_its_weight() -> None:
    for rule, total in ((OLD, 6), (NEW, 10)):
        found = composite_index({part.item: part.base for part in rule.parts}, rule)
        assert found.exact == total
        assert found.shares == {part.item: Fraction(part.weight) for part in rule.parts}


def test_the_editions_give_different_figures_for_the_same_air() -> None:
    assert composite_index(values(), NEW).value > Decimal("1.5") * composite_index(values(), OLD).value


@given(
    st.fixed_dictionaries({part.item: st.decimals(0, 500, places=1) for part in OLD.parts}), st.sampled_from([OLD, NEW])
)
def test_the_shares_add_up_to_the_index(given_values: dict[str, Decimal], rule: object) -> None:
    found = composite_index(given_values, rule)  # type: ignore[arg-type]
    assert sum(found.shares.values()) == found.exact
    assert abs(Fraction(found.value) - found.exact) <= Fraction(1, 200)


@pytest.mark.parametrize(("change", "field"), [({"Pb": Decimal(1)}, "Pb"), ({"SO2": Decimal(-1)}, "SO2")])
def test_unknown_and_negative_parts_are_named(change: dict[str, Decimal], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        composite_index({**values(), **change}, OLD)
    assert caught.value.field == field


@pytest.mark.parametrize("name", sorted(BULLETIN))
def test_a_missing_part_is_named_with_what_is_needed(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        composite_index({key: value for key, value in values().items() if key != name}, OLD)
    assert caught.value.field == name.split("_", maxsplit=1)[0]
    assert (caught.value.remedy or "").startswith("give the ")


def test_no_composite_index_before_the_first_edition() -> None:
    with pytest.raises(InvalidInput, match="no composite index"):
        load_packs().composite_rule(date(2012, 1, 1))
