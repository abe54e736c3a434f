"""Seeding: the whole city through the verbs, once and for all, everything simulated marked so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.models import Event
from qingtian.apps.journal.verify import verify_journal
from qingtian.apps.registry.grids import grid_of, keepers_of
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.apps.registry.queries import device_profiles
from qingtian.apps.rosters.models import Roster
from qingtian.apps.rosters.queries import on_duty
from qingtian.apps.rosters.schedule import schedules
from qingtian.demo.city import City
from qingtian.demo.duty_room import ROSTER
from qingtian.demo.people import PEOPLE
from qingtian.demo.plan import CityPlan
from qingtian.demo.seed import seed_city
from qingtian.packs import load_packs

AT = City().epoch
pytestmark = pytest.mark.django_db


def objects(kind: ObjectType) -> dict[str, RegistryObject]:
    return {row.code: row for row in RegistryObject.objects.filter(type=kind).select_related("parent")}


def test_the_whole_city_is_registered_and_a_second_time_changes_nothing(plan: CityPlan) -> None:
    seeded = seed_city(plan, AT, expects=("hour",))
    counted = RegistryObject.objects.count()
    events = Event.objects.count()
    assert (seeded.enterprises, seeded.outlets, seeded.devices) == (64, 206, 282)
    assert counted == 14 + 3 + 13 + 10 + 64 + 206 + 76 + 282
    assert seed_city(plan, AT, expects=("hour",)) == seeded
    assert (RegistryObject.objects.count(), Event.objects.count()) == (counted, events)
    assert verify_journal().intact


def test_everything_but_stations_and_regions_is_marked_simulated(small_plan: CityPlan) -> None:
    seed_city(small_plan, AT, expects=("hour",))
    real = {ObjectType.STATION.value, ObjectType.REGION.value}
    for row in RegistryObject.objects.all():
        assert row.simulated == (row.type not in real), row
    assert not User.objects.filter(simulated=False).exists()


def test_every_enterprise_lies_in_a_grid_of_its_district_that_somebody_keeps(small_plan: CityPlan) -> None:
    seed_city(small_plan, AT, expects=("hour",))
    for row in objects(ObjectType.ENTERPRISE).values():
        assert row.lon is not None and row.lat is not None
        grid = grid_of((row.lon, row.lat), AT)
        assert grid is not None
        assert grid.region_code == row.region_code
        assert [one.code for one in keepers_of(grid, AT)] == ["SIM-ORG-ECO"]


def test_somebody_is_on_duty_at_every_hour_from_the_first(small_plan: CityPlan) -> None:
    seed_city(small_plan, AT, expects=("hour",))
    held = [on_duty(AT + timedelta(hours=hour), ROSTER) for hour in range(24 * 7)]
    assert all(len(one) == 1 for one in held)
    assert {one[0] for one in held} == {"duty", "handler", "inspector1", "inspector2"}
    (room,) = schedules(Roster.objects.all(), AT, AT + timedelta(days=30))
    assert room.roster.simulated
    assert room.gaps == ()


def test_stations_are_real_and_the_unknown_place_stays_unknown(small_plan: CityPlan) -> None:
    seed_city(small_plan, AT, expects=("hour",))
    stations = objects(ObjectType.STATION)
    assert len(stations) == 10
    unknown = stations["3153A"]
    assert unknown.lon is None and unknown.region_code == "420100"
    assert "unknown" in unknown.attributes["position_source"]
    assert stations["1334A"].attributes["control"] is True
    assert stations["1325A"].region_code == "420106"


def test_permit_limits_point_to_pack_rows(small_plan: CityPlan) -> None:
    seed_city(small_plan, AT, expects=("hour",))
    for outlet in objects(ObjectType.OUTLET).values():
        assert outlet.attributes["permit_limits"]
        for limit in outlet.attributes["permit_limits"]:
            row = load_packs().emission_limit(limit["rule_row"])
            assert str(row.limit) == limit["limit"]
            assert limit["converted"] == ("reference_o2" in outlet.attributes)


def test_devices_know_what_the_gateway_needs(small_plan: CityPlan) -> None:
    seed_city(small_plan, AT, expects=("minute", "hour"))
    profiles = device_profiles()
    assert len(profiles) == len(small_plan.devices)
    meter = small_plan.meters[0]
    profile = profiles[meter.device.mn]
    assert (profile.site, profile.code_map, profile.minute_interval_s) == (meter.code, {"ele01": "power_kw"}, 300)
    assert profile.units["power_kw"] == "kW"
    assert all(one.simulated and one.expects == ("minute", "hour") and one.password for one in profiles.values())


def test_meters_are_tagged_and_state_their_threshold(small_plan: CityPlan) -> None:
    seed_city(small_plan, AT, expects=("hour",))
    meters = objects(ObjectType.POWER_METER)
    assert {row.attributes["tag"] for row in meters.values()} == {"production", "treatment"}
    for row in meters.values():
        assert 0 < int(row.attributes["threshold_kw"]) < int(row.attributes["rated_kw"])
        assert row.attributes["outlet"] in objects(ObjectType.OUTLET)


def test_districts_come_from_the_plan(small_plan: CityPlan) -> None:
    seed_city(small_plan, AT, expects=("hour",))
    for enterprise in small_plan.enterprises:
        rows = RegistryObject.objects.filter(enterprise_code=enterprise.code)
        assert set(rows.values_list("region_code", flat=True)) == {enterprise.row.district}


def test_there_is_somebody_for_every_human_role_and_nobody_has_a_password(small_plan: CityPlan) -> None:
    code = small_plan.enterprises[0].code
    seed_city(small_plan, AT, expects=("hour",), spokesmen=(code,))
    roles = {
        role for user in User.objects.prefetch_related("roles") for role in user.roles.values_list("role", flat=True)
    }
    assert roles == {role.value for role in Role if role is not Role.SYSTEM}
    assert User.objects.count() == len(PEOPLE) + 1
    for user in User.objects.all():
        assert user.display_name and user.display_name_en
        assert not user.has_usable_password()
    assert User.objects.get(username=f"plant-{code.lower()}").roles.get().org == code


def test_enterprises_can_be_connected_later(small_plan: CityPlan) -> None:
    early = {small_plan.enterprises[0].code}
    first = seed_city(small_plan, AT, expects=("hour",), only=early)
    assert first.enterprises == len(small_plan.enterprises)
    assert set(objects(ObjectType.ENTERPRISE)) == early
    seed_city(small_plan, AT, expects=("hour",))
    assert len(objects(ObjectType.ENTERPRISE)) == len(small_plan.enterprises)
