from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.apps.city import NOW, actor, enterprise_drafts, outlet, register

from qingtian.apps.accounts.actor import PUBLIC_ACTOR, SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.models import Event
from qingtian.apps.registry import regions
from qingtian.apps.registry.actions.register_many import register_many
from qingtian.apps.registry.actions.register_object import ObjectDraft, register_object
from qingtian.apps.registry.actions.relate_objects import relate_objects
from qingtian.apps.registry.actions.update_object import update_object
from qingtian.apps.registry.models import ObjectType, RegistryObject, RelationKind
from qingtian.apps.registry.queries import device_profiles, object_by_code, site_object
from qingtian.apps.registry.regions import read_regions
from qingtian.apps.registry.revisions import as_known_at
from qingtian.domain.errors import ConfigurationError, Conflict, InvalidInput, NotPermitted, NotVisible
from qingtian.telemetry.devices import DeviceProfile

pytestmark = pytest.mark.django_db
STEWARD = actor(Role.DATA_STEWARD, region="420100", name="steward")
STATION = ObjectDraft(
    ObjectType.STATION,
    "1325A",
    "汉阳月湖",
    "Hanyang Yuehu",
    region_code="420105",
    lon=114.2511,
    lat=30.5494,
    attributes={"level": "national", "cnemc": "1325A", "control": False},
)


def draft(kind: ObjectType = ObjectType.ENTERPRISE, code: str = "E-1", **more: Any) -> ObjectDraft:
    fields: dict[str, Any] = {"name": "某厂", "region_code": "420107"}
    return ObjectDraft(kind, code, **(fields | more))


def test_an_object_is_registered_with_a_revision_and_an_event() -> None:
    row = register_object(STEWARD, NOW, draft(attributes={"uscc": "91420100MA4K00001U"}))
    assert (row.enterprise_code, row.valid_from, row.recorded_at) == ("E-1", NOW.date(), NOW)
    event = Event.objects.get(type="object.registered")
    assert (event.actor, event.payload["code"]) == ("steward", "E-1")
    assert row.revisions.count() == 1


def test_parts_take_region_place_and_enterprise_from_the_whole() -> None:
    company, stack, device = register(*enterprise_drafts())
    assert [row.enterprise_code for row in (company, stack, device)] == ["E-1"] * 3
    assert [row.region_code for row in (stack, device)] == ["420107"] * 2
    assert (stack.lon, device.lat) == (company.lon, company.lat)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (draft(code=" "), "code"),
        (draft(name=""), "code"),
        (draft(attributes={"uscc": "91420100MA4K00001V"}), "attributes.uscc"),
        (draft(lon=114.3), "lon"),
        (draft(lon=30.5, lat=114.3), "lon"),
        (draft(valid_from=date(2025, 1, 1), valid_to=date(2025, 1, 1)), "valid_to"),
        (draft(attributes={"capacity": 1.5}), "$.capacity"),
        (draft(ObjectType.OUTLET, "DA001"), "parent"),
        (draft(ObjectType.OUTLET, "DA001", parent=(ObjectType.ENTERPRISE, "E-9")), "parent"),
    ],
)
def test_malformed_objects_are_refused_by_field(given: ObjectDraft, field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        register_object(STEWARD, NOW, given)
    assert error.value.field == field
    assert not RegistryObject.objects.exists()


@pytest.mark.parametrize(
    ("kind", "code", "attributes", "field"),
    [
        (ObjectType.DEVICE, "has space", {}, "code"),
        (ObjectType.DEVICE, "X" * 33, {}, "code"),
        (ObjectType.POWER_METER, "M-1", {"tag": "other"}, "attributes.tag"),
        (
            ObjectType.OUTLET,
            "DA002",
            {"permit_limits": [{"pollutant": "a21002", "unit": "mg/m3"}]},
            "attributes.permit_limits[0]",
        ),
    ],
)
def test_types_have_rules_of_their_own(kind: ObjectType, code: str, attributes: dict[str, Any], field: str) -> None:
    outlet()
    parent = (ObjectType.OUTLET, "E-1-DA001") if kind is ObjectType.DEVICE else (ObjectType.ENTERPRISE, "E-1")
    with pytest.raises(InvalidInput) as error:
        register_object(STEWARD, NOW, draft(kind, code, parent=parent, attributes=attributes))
    assert error.value.field == field


def test_a_code_is_unique_per_type() -> None:
    register_object(STEWARD, NOW, draft())
    with pytest.raises(Conflict, match="registered already"):
        register_object(STEWARD, NOW, draft())
    register_object(STEWARD, NOW, draft(ObjectType.STATION))


def test_a_steward_registers_only_in_his_region() -> None:
    with pytest.raises(NotPermitted):
        register_object(STEWARD, NOW, draft(region_code="430104"))
    with pytest.raises(NotPermitted):
        register_object(actor(Role.INSPECTOR), NOW, draft())


def test_many_are_registered_with_one_event_and_a_repeat_changes_nothing() -> None:
    drafts = [*enterprise_drafts("E-1"), *enterprise_drafts("E-2"), STATION]
    first = register_many(SYSTEM_ACTOR, NOW, drafts)
    again = register_many(SYSTEM_ACTOR, NOW + timedelta(days=1), drafts)
    assert [row.pk for row in again] == [row.pk for row in first]
    assert RegistryObject.objects.count() == 7
    assert Event.objects.get(type="objects.registered").payload["count"] == 7
    assert all(row.revisions.count() == 1 for row in first)


def test_many_are_registered_all_or_none_and_the_wrong_one_is_named() -> None:
    with pytest.raises(InvalidInput) as error:
        register_many(SYSTEM_ACTOR, NOW, [*enterprise_drafts(), draft(code="E-3", lon=1.0)])
    assert error.value.field == "drafts[3].lon"
    with pytest.raises(InvalidInput) as error:
        register_many(SYSTEM_ACTOR, NOW, reversed(enterprise_drafts()))
    assert error.value.field == "drafts[0].parent"
    assert not RegistryObject.objects.exists()


def test_a_correction_keeps_what_was_known_before() -> None:
    row = register_object(STEWARD, NOW, draft())
    later = NOW + timedelta(days=30)
    update_object(STEWARD, later, row.pk, {"name": "新名", "region_code": "420106"}, reason="更名")
    row.refresh_from_db()
    assert (row.name, row.recorded_at) == ("新名", later)
    known = [as_known_at(row, moment) for moment in (NOW - timedelta(1), NOW, later)]
    assert [one and one["name"] for one in known] == [None, "某厂", "新名"]
    payload = Event.objects.get(type="object.updated").payload
    assert payload["changed"]["name"] == {"from": "某厂", "to": "新名"}
    assert set(payload["changed"]) == {"name", "region_code"}


def test_corrections_need_a_reason_a_right_and_a_changeable_field() -> None:
    row = register_object(STEWARD, NOW, draft())
    with pytest.raises(InvalidInput) as error:
        update_object(STEWARD, NOW, row.pk, {"code": "E-2"}, reason="x")
    assert error.value.field == "code"
    with pytest.raises(InvalidInput, match="needs a reason"):
        update_object(STEWARD, NOW, row.pk, {"name": "x"}, reason="")
    with pytest.raises(NotPermitted):
        update_object(actor(Role.HANDLER), NOW, row.pk, {"name": "x"}, reason="x")
    with pytest.raises(NotVisible):
        update_object(actor(Role.DATA_STEWARD, region="420106"), NOW, row.pk, {"name": "x"}, reason="x")
    with pytest.raises(InvalidInput):
        update_object(STEWARD, NOW, row.pk, {"lat": 30.0}, reason="x")


def test_an_object_exists_from_its_first_day_until_before_its_last() -> None:
    row = register_object(STEWARD, NOW, draft(valid_from=date(2025, 1, 1), valid_to=date(2025, 6, 1)))
    days = [date(2024, 12, 31), date(2025, 1, 1), date(2025, 5, 31), date(2025, 6, 1)]
    assert [RegistryObject.objects.valid_on(day).filter(pk=row.pk).exists() for day in days] == [
        False,
        True,
        True,
        False,
    ]


def test_everybody_sees_stations_but_an_enterprise_only_itself() -> None:
    register(*enterprise_drafts("E-1", "420107"), *enterprise_drafts("E-2", "420106"), STATION)

    def seen(who: Any) -> set[str]:
        return set(RegistryObject.objects.visible_to(who).values_list("code", flat=True))

    mine = {"E-1", "E-1-DA001", "MNE10001"}
    other = {"E-2", "E-2-DA001", "MNE20001"}
    assert seen(PUBLIC_ACTOR) == seen(actor()) == {"1325A"}
    assert seen(actor(Role.ENTERPRISE_USER, org="E-1")) == mine | {"1325A"}
    assert seen(actor(Role.INSPECTOR, region="420106")) == other | {"1325A"}
    assert seen(actor(Role.INSPECTOR, region="420100")) == mine | other | {"1325A"}
    assert seen(actor(Role.INSPECTOR, org="E-2")) == other | {"1325A"}
    with pytest.raises(NotVisible):
        object_by_code(actor(Role.ENTERPRISE_USER, org="E-1"), ObjectType.OUTLET, "E-2-DA001")


def test_a_relation_runs_once() -> None:
    stack = outlet()
    (station,) = register(STATION)
    relation = relate_objects(STEWARD, NOW, stack.pk, station.pk, RelationKind.LOCATED_IN)
    assert relation.valid_from == NOW.date()
    with pytest.raises(Conflict):
        relate_objects(STEWARD, NOW, stack.pk, station.pk, RelationKind.LOCATED_IN)
    with pytest.raises(InvalidInput):
        relate_objects(STEWARD, NOW, stack.pk, stack.pk, RelationKind.SERVES)


def test_the_gateway_gets_the_profile_of_every_running_device() -> None:
    outlet()
    ended = draft(
        ObjectType.DEVICE,
        "OLD0001",
        parent=(ObjectType.OUTLET, "E-1-DA001"),
        valid_from=date(2020, 1, 1),
        valid_to=date(2024, 1, 1),
    )
    meter = [
        draft(ObjectType.POWER_METER, "M-1-P", parent=(ObjectType.ENTERPRISE, "E-1"), attributes={"tag": "production"}),
        draft(
            ObjectType.DEVICE,
            "MNMETER1",
            parent=(ObjectType.POWER_METER, "M-1-P"),
            attributes={"code_map": {"ele01": "power_kw"}, "units": {"power_kw": "kW"}},
        ),
    ]
    register(ended, *meter)
    profiles = device_profiles(NOW.date())
    assert set(profiles) == {"MNE10001", "MNMETER1"}
    assert profiles["MNE10001"] == DeviceProfile(
        "MNE10001",
        "E-1-DA001",
        edition=2017,
        password="123456",
        simulated=True,
        minute_interval_s=300,
        expects=("minute", "hour"),
        medium="flue_gas",
    )
    assert profiles["MNMETER1"].code_map == {"ele01": "power_kw"}
    assert profiles["MNMETER1"].site == "M-1-P"
    assert set(device_profiles(date(2023, 12, 31))) == {"MNE10001", "MNMETER1", "OLD0001"}
    assert device_profiles()["MNE10001"] == profiles["MNE10001"]


def test_a_site_code_names_what_is_measured_never_the_device() -> None:
    stack = outlet()
    assert site_object("E-1-DA001") == stack
    assert site_object("MNE10001") is None


@pytest.fixture
def outlines(tmp_path: Path) -> Path:
    def square(code: int, name: str, west: float) -> dict[str, Any]:
        ring = [[west, 30], [west + 1, 30], [west + 1, 31], [west, 31], [west, 30]]
        return {
            "type": "Feature",
            "properties": {"adcode": code, "name": name},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }

    path = tmp_path / "districts.geojson"
    path.write_text(
        json.dumps(
            {"type": "FeatureCollection", "features": [square(420107, "青山区", 115), square(420106, "武昌区", 114)]}
        ),
        "utf-8",
    )
    return path


def test_a_point_finds_its_district(outlines: Path) -> None:
    index = read_regions(outlines)
    found = [index.region_of(*point) for point in ((115.5, 30.5), (114.5, 30.5), (115, 30.5), (120, 30))]
    assert [one and one.name for one in found] == ["青山区", "武昌区", "武昌区", None]


def test_a_new_object_gets_the_district_of_its_point(outlines: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regions, "suggest_region", lambda lon, lat: read_regions(outlines).region_of(lon, lat).code)
    row = register_object(STEWARD, NOW, draft(region_code="", lon=115.5, lat=30.5))
    assert row.region_code == "420107"
    chosen = register_object(STEWARD, NOW, draft(code="E-2", region_code="420111", lon=115.5, lat=30.5))
    assert chosen.region_code == "420111"


def test_without_outlines_there_is_no_suggestion() -> None:
    assert regions.suggest_region(115.5, 30.5) == ""


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        '{"features": [{"properties": {}}]}',
        '{"features": 5}',
        '{"features": [{"properties": {"adcode": 1, "name": "x"}, "geometry": {"type": "Nonsense"}}]}',
    ],
)
def test_a_file_that_holds_no_outlines_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "wrong.geojson"
    path.write_text(content, "utf-8")
    with pytest.raises(ConfigurationError) as error:
        read_regions(path)
    assert error.value.field == "regions_file"
