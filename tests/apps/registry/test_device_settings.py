"""The settings of the wire in the register: checked when written, used by the gateway, secret in the journal."""

from __future__ import annotations

from typing import Any

import pytest
from tests.apps.city import NOW, actor, outlet

from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.models import Event
from qingtian.apps.registry.actions.register_object import ObjectDraft, register_object
from qingtian.apps.registry.actions.update_object import update_object
from qingtian.apps.registry.models import ObjectType, RegistryObject, RegistryRevision
from qingtian.apps.registry.queries import device_profiles
from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212 import AckPolicy, CrcProfile, Edition, HeartbeatAnswer, PasswordPolicy, Sm4Form

pytestmark = pytest.mark.django_db
STEWARD = actor(Role.DATA_STEWARD, region="420100", name="steward")
KEY = "0123456789abcdeffedcba9876543210"
EVERYTHING = {
    "edition": 2025,
    "crc": "modbus_too",
    "ack": "always",
    "password_policy": "reject",
    "password": "654321",
    "passwords_also": ["123456"],
    "utc_offset_minutes": 0,
    "sentinels": ["-1"],
    "heartbeat_answer": "9014",
    "sm4_key": KEY,
    "sm4_keys_also": ["00" * 16],
    "sm4_form": "text",
    "overtime_s": 5,
    "resends": 2,
    "code_map": {"SO2": "a21026"},
    "units": {"a21026": "ug/m3"},
    "aliases": ["mn-7"],
}


def device(attributes: dict[str, Any], code: str = "MN7") -> RegistryObject:
    outlet()
    draft = ObjectDraft(
        ObjectType.DEVICE, code, "数采仪", parent=(ObjectType.OUTLET, "E-1-DA001"), attributes=attributes
    )
    return register_object(STEWARD, NOW, draft)


def test_every_setting_of_the_register_reaches_the_codec() -> None:
    device(EVERYTHING)
    wire = device_profiles(NOW.date())["MN7"].wire
    assert (wire.edition, wire.crc, wire.ack) == (Edition.E2025, CrcProfile.MODBUS_TOO, AckPolicy.ALWAYS)
    assert (wire.password_policy, wire.password, wire.passwords_also) == (PasswordPolicy.REJECT, "654321", ("123456",))
    assert (wire.utc_offset_minutes, wire.sentinels, wire.heartbeat_answer) == (0, ("-1",), HeartbeatAnswer.DATA)
    assert (wire.sm4_key.hex(), wire.sm4_keys_also, wire.sm4_form) == (KEY, (bytes(16),), Sm4Form.TEXT)
    assert (wire.overtime_s, wire.resends, wire.aliases) == (5, 2, ("mn-7",))
    assert (wire.code_map, wire.unit_map) == ({"SO2": "a21026"}, {"a21026": "ug/m3"})


@pytest.mark.parametrize(
    ("attributes", "field"),
    [
        ({"edition": 2011}, "attributes.edition"),
        ({"edition": True}, "attributes.edition"),
        ({"crc": "modbus"}, "attributes.crc"),
        ({"ack": "sometimes"}, "attributes.ack"),
        ({"password_policy": ""}, "attributes.password_policy"),
        ({"password": "a;b"}, "attributes.password"),
        ({"password": 123456}, "attributes.password"),
        ({"passwords_also": ["1", "2 3"]}, "attributes.passwords_also[1]"),
        ({"passwords_also": "123456"}, "attributes.passwords_also"),
        ({"utc_offset_minutes": 900}, "attributes.utc_offset_minutes"),
        ({"sentinels": ["-9999", "--"]}, "attributes.sentinels[1]"),
        ({"sentinels": "-9999"}, "attributes.sentinels"),
        ({"heartbeat_answer": "9012"}, "attributes.heartbeat_answer"),
        ({"sm4_key": "abc"}, "attributes.sm4_key"),
        ({"sm4_keys_also": [KEY, ""]}, "attributes.sm4_keys_also[1]"),
        ({"sm4_form": "hex"}, "attributes.sm4_form"),
        ({"overtime_s": 0}, "attributes.overtime_s"),
        ({"overtime_s": "ten"}, "attributes.overtime_s"),
        ({"resends": 100}, "attributes.resends"),
        ({"aliases": ["a b"]}, "attributes.aliases[0]"),
        ({"aliases": ["MN7"]}, "attributes.aliases"),
        ({"code_map": ["SO2"]}, "attributes.code_map"),
        ({"units": {"a21026": 1}}, "attributes.units.a21026"),
        ({"minute_interval_s": 0}, "attributes.minute_interval_s"),
        ({"realtime_interval_s": "60"}, "attributes.realtime_interval_s"),
        ({"expects": ["weekly"]}, "attributes.expects"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name_with_a_remedy(attributes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        device(attributes)
    assert error.value.field == field
    assert error.value.remedy
    assert not RegistryObject.objects.filter(type=ObjectType.DEVICE, code="MN7").exists()


@pytest.mark.parametrize("mn", ["JLYP01_AIR01_0001", "ys-1", "9", "A" * 32])
def test_the_mn_of_public_frames_can_be_registered(mn: str) -> None:
    device({}, code=mn)
    assert mn in device_profiles(NOW.date())


def test_a_row_stored_before_its_rule_is_served_with_the_defaults_and_hides_no_other() -> None:
    row = device({"password": "654321"})
    RegistryObject.objects.filter(pk=row.pk).update(attributes={"crc": "homemade", "edition": "soon"})
    profiles = device_profiles(NOW.date())
    assert set(profiles) == {"MNE10001", "MN7"}
    assert profiles["MN7"].wire.crc is CrcProfile.STANDARD


def test_secrets_are_never_in_the_journal_or_in_revisions_but_a_change_shows() -> None:
    row = device(EVERYTHING)
    update_object(STEWARD, NOW, row.pk, {"attributes": EVERYTHING | {"password": "777777"}}, reason="rotated")
    texts = [str(event.payload) for event in Event.objects.all()]
    texts += [str(revision.snapshot) for revision in RegistryRevision.objects.all()]
    for secret in ("654321", "777777", KEY, "00" * 16):
        assert not any(secret in text for text in texts)
    marks = [revision.snapshot["attributes"]["password"] for revision in row.revisions.order_by("id")]
    assert len(set(marks)) == 2
    assert len({revision.snapshot["attributes"]["sm4_key"] for revision in row.revisions.all()}) == 1


def test_what_a_device_measures_follows_from_where_it_stands_unless_the_register_says_it() -> None:
    device({}), device({"medium": "noise"}, code="MN8")
    profiles = device_profiles(NOW.date())
    outlet_kind = RegistryObject.objects.get(type=ObjectType.OUTLET, code="E-1-DA001").attributes.get("kind")
    assert profiles["MN7"].medium == {"air": "flue_gas", "water": "waste_water"}.get(str(outlet_kind), "")
    assert profiles["MN8"].medium == "noise"
