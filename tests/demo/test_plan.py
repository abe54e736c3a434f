"""The plan of the city: size, identities, limits from the packs."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

from qingtian.demo.city import City, parts, script
from qingtian.demo.limits import pack_limits
from qingtian.demo.plan import POWER_CODE, POWER_WIRE, CityPlan, DevicePlan, city_plan
from qingtian.demo.sources import Item, Use, industries
from qingtian.domain.errors import ConfigurationError
from qingtian.domain.objects.credit_code import check_credit_code
from qingtian.packs import load_packs

DAY = date(2025, 11, 17)


def test_the_city_is_as_large_as_promised(plan: CityPlan) -> None:
    assert len(plan.enterprises) >= 60
    assert len(plan.outlets) >= 200
    assert len(plan.meters) == 2 * sum(one.industry.metered for one in plan.enterprises) > 40
    assert len(plan.devices) == len(plan.outlets) + len(plan.meters)


def test_codes_and_device_identities_are_unique(plan: CityPlan) -> None:
    codes = [one.code for group in (plan.enterprises, plan.outlets, plan.meters) for one in group]
    assert len(set(codes)) == len(codes)
    assert len({device.mn for device in plan.devices}) == len(plan.devices)


def test_device_identities_have_the_form_of_their_edition(plan: CityPlan) -> None:
    for device in plan.devices:
        pattern = r"[0-9A-F]{24}" if device.edition == 2017 else r"\d{14}"
        assert re.fullmatch(pattern, device.mn), device
    assert {device.edition for device in plan.devices} == {2005, 2017}


def test_credit_codes_are_well_formed(plan: CityPlan) -> None:
    codes = {check_credit_code(enterprise.uscc) for enterprise in plan.enterprises}
    assert len(codes) == len(plan.enterprises)


def test_every_limit_is_a_row_of_the_packs(plan: CityPlan) -> None:
    for outlet in plan.outlets:
        assert set(outlet.limits) == {item.code for item in outlet.use.items}
        for limit in outlet.limits.values():
            row = load_packs().emission_limit(limit.rule_row)
            assert (row.limit, row.unit, row.period) == (limit.limit, limit.unit, limit.cycle)
            assert row.in_force(DAY)


def test_reference_oxygen_belongs_to_combustion_only(plan: CityPlan) -> None:
    found = {outlet.use.code: outlet.reference_o2 for outlet in plan.outlets}
    assert found == {
        "coal_unit": "6",
        "gas_boiler": "3.5",
        "kiln": "10",
        "incinerator": "11",
        "voc": "",
        "effluent": "",
    }


def test_where_conditions_differ_the_strictest_row_is_taken() -> None:
    effluent = next(group.use for group in industries()["sewage"].outlets)
    limits = pack_limits(effluent, DAY)
    rows = load_packs().emission_limits(DAY, standard="GB 18918-2002", category="1A", pollutant="w21003")
    assert len(rows) > 1
    assert limits["w21003"].limit == min(row.limit for row in rows)
    assert limits["w01018"].limit == Decimal(50)


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"category": "no such"}, "no limit for"), ({"oxygen_category": "no such"}, "no reference oxygen")],
)
def test_a_missing_pack_row_is_named(changes: dict[str, str], message: str) -> None:
    fields = {
        "code": "x",
        "kind": "air",
        "standard": "GB 13271-2014",
        "category": "gas boiler, special limits (table 3)",
        "oxygen_category": "oil or gas boiler",
    }
    use = Use(**fields | changes, oxygen=4.0, flow=1.0, temperature=1.0, items=(Item("a21002", 0.5, "nox"),))
    with pytest.raises(ConfigurationError, match=message):
        pack_limits(use, DAY)


def test_another_seed_changes_open_numbers_and_no_identity() -> None:
    one, other = City(seed=1).plan(), City(seed=2).plan()
    assert [device.mn for device in one.devices] == [device.mn for device in other.devices]
    assert [meter.rated_kw for meter in one.meters] != [meter.rated_kw for meter in other.meters]
    assert City(seed=1).plan() == one


def test_a_reduced_fleet_keeps_every_industry(small_plan: CityPlan) -> None:
    assert len(small_plan.enterprises) == 14
    assert {one.industry.code for one in small_plan.enterprises} == set(industries())
    assert city_plan(212, pack_limits, DAY, keep=64).enterprises == city_plan(212, pack_limits, DAY).enterprises


def test_old_loggers_use_the_codes_of_2005_and_meters_a_private_one() -> None:
    old = DevicePlan("42010000000001", "O-1", "31", 2005)
    new = DevicePlan("42010000000001", "O-1", "31")
    meter = DevicePlan("42010000000001", "M-1", "51")
    assert (old.wire("a21002"), new.wire("a21002"), meter.wire(POWER_CODE)) == ("03", "a21002", POWER_WIRE)
    assert old.code_map()["03"] == "a21002"
    assert new.code_map() == {}
    assert meter.code_map() == {POWER_WIRE: POWER_CODE}


def test_the_parts_of_the_tour_are_two_units_of_different_plants(plan: CityPlan) -> None:
    chosen = parts(plan)
    assert chosen.hero.use.code == chosen.relapse.use.code == "coal_unit"
    assert chosen.hero.code.split("-")[1] != chosen.relapse.code.split("-")[1]


def test_the_tour_has_a_hero_after_live_start_and_a_relapse_of_the_first_case(plan: CityPlan) -> None:
    city = City()
    events = {event.script: event for event in script(plan, city.epoch, city.live_from)}
    assert events["hero"].start == city.live_from
    assert (events["hero"].end - events["hero"].start).total_seconds() <= 6 * 3600
    assert events["first"].site == events["relapse"].site
    assert events["first"].end < city.live_from < events["relapse"].start


def test_a_fleet_too_small_for_the_tour_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="too small"):
        parts(CityPlan(1, ()))
