"""Two objects that are one: parts and enterprise go over, both histories stay, and the merge can be taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.apps.city import NOW, actor

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.models import Event
from qingtian.apps.registry.actions.end_relation import end_relation
from qingtian.apps.registry.actions.merge_objects import merge_objects, part_objects
from qingtian.apps.registry.actions.register_object import ObjectDraft, register_object
from qingtian.apps.registry.actions.relate_objects import relate_objects
from qingtian.apps.registry.actions.update_object import update_object
from qingtian.apps.registry.models import RegistryObject, RegistryRevision, RelationKind
from qingtian.apps.registry.revisions import as_known_at
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible

pytestmark = pytest.mark.django_db
STEWARD = actor(Role.DATA_STEWARD, region="420100", name="steward")
LATER = NOW + timedelta(days=3)
SQUARE = {
    "type": "Polygon",
    "coordinates": [[[114.0, 30.0], [114.2, 30.0], [114.2, 30.2], [114.0, 30.2], [114.0, 30.0]]],
}


def put(kind: str, code: str, parent: RegistryObject | None = None, **more: object) -> RegistryObject:
    key = None if parent is None else (parent.type, parent.code)
    fields: dict[str, object] = {"region_code": "420107"} | more
    return register_object(STEWARD, NOW, ObjectDraft(kind, code, f"名 {code}", parent=key, **fields))  # type: ignore[arg-type]


@pytest.fixture
def pair() -> tuple[RegistryObject, RegistryObject]:
    survivor, duplicate = put("enterprise", "E-1"), put("enterprise", "E-2")
    outlet = put("outlet", "O-2", duplicate)
    put("device", "D-2", outlet)
    return survivor, duplicate


def codes_of(enterprise: str) -> set[str]:
    return set(RegistryObject.objects.filter(enterprise_code=enterprise).values_list("code", flat=True))


def test_a_merge_moves_the_parts_and_ends_the_duplicate(pair: tuple[RegistryObject, RegistryObject]) -> None:
    survivor, duplicate = pair
    merge_objects(STEWARD, LATER, survivor.pk, duplicate.pk, reason="同一企业两次登记")
    assert codes_of("E-1") == {"E-1", "E-2", "O-2", "D-2"}
    assert RegistryObject.objects.get(code="O-2").parent == survivor
    duplicate.refresh_from_db()
    assert (duplicate.merged_into, duplicate.valid_to) == (survivor, LATER.date())


def test_both_histories_stay_and_tell_of_the_merge(pair: tuple[RegistryObject, RegistryObject]) -> None:
    survivor, duplicate = pair
    merge_objects(STEWARD, LATER, survivor.pk, duplicate.pk, reason="重复")
    outlet = RegistryObject.objects.get(code="O-2")
    before, after = as_known_at(outlet, NOW), as_known_at(outlet, LATER)
    assert before is not None
    assert after is not None
    assert (before["parent"], after["parent"]) == ("enterprise:E-2", "enterprise:E-1")
    assert [event.type for event in Event.objects.filter(object_id=str(duplicate.pk)).order_by("seq")] == [
        "object.registered",
        "object.merged",
    ]
    taken = Event.objects.get(type="object.took_over")
    assert (taken.object_id, taken.payload["duplicate"], taken.payload["reason"]) == (
        str(survivor.pk),
        "enterprise:E-2",
        "重复",
    )


def test_a_merge_can_be_taken_back(pair: tuple[RegistryObject, RegistryObject]) -> None:
    survivor, duplicate = pair
    own = put("outlet", "O-1", survivor)
    merge_objects(STEWARD, LATER, survivor.pk, duplicate.pk, reason="重复")
    part_objects(STEWARD, LATER + timedelta(days=1), duplicate.pk, reason="实为两家")
    assert codes_of("E-2") == {"E-2", "O-2", "D-2"}
    assert codes_of("E-1") == {"E-1", "O-1"}
    duplicate.refresh_from_db()
    assert (duplicate.merged_into, duplicate.valid_to) == (None, None)
    own.refresh_from_db()
    assert own.parent == survivor
    with pytest.raises(Conflict, match="was not merged"):
        part_objects(STEWARD, LATER, duplicate.pk, reason="again")


def test_what_is_no_pair_is_refused_by_field(pair: tuple[RegistryObject, RegistryObject]) -> None:
    survivor, duplicate = pair
    park = put("park", "P-1")
    outlets = [put("outlet", code, survivor) for code in ("O-8", "O-9")]
    for one, other, words in (
        (survivor, survivor, "into itself"),
        (survivor, park, "are not one"),
        (*outlets, "values stand under the code"),
    ):
        with pytest.raises(InvalidInput, match=words) as refused:
            merge_objects(STEWARD, LATER, one.pk, other.pk, reason="x")
        assert refused.value.field == "duplicate"
    with pytest.raises(InvalidInput, match="needs a reason"):
        merge_objects(STEWARD, LATER, survivor.pk, duplicate.pk, reason=" ")
    merge_objects(STEWARD, LATER, survivor.pk, duplicate.pk, reason="重复")
    with pytest.raises(Conflict, match="has ended"):
        merge_objects(STEWARD, LATER, survivor.pk, duplicate.pk, reason="twice")


def test_only_a_steward_of_both_may_merge(pair: tuple[RegistryObject, RegistryObject]) -> None:
    survivor, _ = pair
    elsewhere = put("enterprise", "E-3", region_code="420111")
    for person, error in (
        (actor(Role.DISPATCHER, region="420100", name="duty"), NotPermitted),
        (actor(Role.DATA_STEWARD, region="420107", name="local"), NotVisible),
    ):
        refuse(person, survivor, elsewhere, error)


def refuse(person: Actor, one: RegistryObject, other: RegistryObject, error: type[Exception]) -> None:
    with pytest.raises(error):
        merge_objects(person, LATER, one.pk, other.pk, reason="x")
    other.refresh_from_db()
    assert other.valid_to is None


def test_an_identifier_names_one_object_until_its_bearer_has_ended() -> None:
    code = {"uscc": "91420100MA4K00001U"}
    first = put("enterprise", "E-1", attributes=code)
    with pytest.raises(Conflict, match="is carried by enterprise E-1") as refused:
        put("enterprise", "E-2", attributes=code)
    assert refused.value.field == "attributes.uscc"
    second = put("enterprise", "E-2")
    with pytest.raises(Conflict, match="is carried by enterprise E-1"):
        update_object(STEWARD, LATER, second.pk, {"attributes": code}, reason="x")
    update_object(STEWARD, LATER, first.pk, {"valid_to": LATER.date()}, reason="closed")
    update_object(STEWARD, LATER, second.pk, {"attributes": code}, reason="x")


def test_a_device_number_and_an_alias_never_name_two_devices() -> None:
    outlet = put("outlet", "O-1", put("enterprise", "E-1"))
    put("device", "MN-1", outlet, attributes={"aliases": ["MN-1A"]})
    for code, aliases in (("MN-1A", []), ("MN-2", ["MN-1"]), ("MN-3", ["MN-1A"])):
        with pytest.raises(Conflict, match="is carried by device MN-1") as refused:
            put("device", code, outlet, attributes={"aliases": aliases})
        assert refused.value.field == "attributes.aliases"


def test_a_stated_region_outweighs_the_outline_and_a_blank_one_asks_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qingtian.apps.registry.regions.suggest_region", lambda lon, lat: "420105" if lon else "")
    row = put("enterprise", "E-1", region_code="", lon=114.2, lat=30.5)
    assert (row.region_code, row.region_source) == ("420105", "point")
    row = update_object(STEWARD, LATER, row.pk, {"region_code": "420106"}, reason="管辖划转")
    assert (row.region_code, row.region_source) == ("420106", "stated")
    row = update_object(STEWARD, LATER, row.pk, {"lon": 114.3, "lat": 30.6}, reason="搬迁")
    assert (row.region_code, row.region_source) == ("420106", "stated")
    row = update_object(STEWARD, LATER, row.pk, {"region_code": ""}, reason="按位置")
    assert (row.region_code, row.region_source) == ("420105", "point")


def test_an_area_belongs_to_the_region_of_its_inner_point(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[float, float]] = []
    monkeypatch.setattr(
        "qingtian.apps.registry.regions.suggest_region", lambda lon, lat: seen.append((lon, lat)) or "420107"
    )
    row = put("park", "P-1", region_code="", geometry=SQUARE)
    assert (row.region_code, row.geometry) == ("420107", SQUARE)
    assert 114.0 < seen[0][0] < 114.2
    assert 30.0 < seen[0][1] < 30.2


@pytest.mark.parametrize(
    ("kind", "geometry", "words"),
    [
        ("enterprise", SQUARE, "has no Polygon"),
        ("park", {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}, "has no LineString"),
        ("park", {"type": "Polygon", "coordinates": [[[0, 0], [200, 0], [200, 9], [0, 0]]]}, "not on Earth"),
        ("park", {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}, "crosses itself"),
        ("park", {"type": "Polygon", "coordinates": "x"}, "no GeoJSON"),
        ("park", {"type": "Polygon", "coordinates": []}, "points"),
    ],
)
def test_a_geometry_that_cannot_be_is_refused(kind: str, geometry: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as refused:
        put(kind, "X-1", geometry=geometry)
    assert refused.value.field == "geometry"


def test_a_relation_ends_once_with_a_reason() -> None:
    chief, river = (
        put("chief", "C-1", attributes={"kind": "river", "level": "city"}),
        put("water_body", "W-1", attributes={"kind": "river"}),
    )
    relation = relate_objects(STEWARD, NOW, chief.pk, river.pk, RelationKind.CHIEF_OF)
    with pytest.raises(InvalidInput, match="needs a reason"):
        end_relation(STEWARD, LATER, relation.pk, reason="")
    with pytest.raises(InvalidInput, match="before the beginning"):
        end_relation(STEWARD, LATER, relation.pk, reason="x", valid_to=NOW.date() - timedelta(days=9))
    assert end_relation(STEWARD, LATER, relation.pk, reason="调任").valid_to == LATER.date()
    with pytest.raises(Conflict):
        end_relation(STEWARD, LATER, relation.pk, reason="again")
    with pytest.raises(NotVisible):
        end_relation(STEWARD, LATER, 10**9, reason="x")
    assert Event.objects.get(type="relation.ended").payload["reason"] == "调任"


def test_revisions_are_only_ever_added() -> None:
    from django.db import DatabaseError, transaction

    put("enterprise", "E-1")
    for change in (lambda rows: rows.update(snapshot={}), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change(RegistryRevision.objects.all())
