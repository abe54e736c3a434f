"""Every command of every edition: ordered from its own form, claimed, written, and read again by the codec."""

from __future__ import annotations

import pytest
from tests.apps.city import NOW, actor
from tests.apps.devices.scene import MN, claimed, device

from qingtian.apps.accounts.roles import Role
from qingtian.apps.devices.actions.order_command import OrderDraft, order_command
from qingtian.apps.devices.forms import HOST_FILLS, check_params, system_code
from qingtian.apps.devices.rights import VERB_OF, Group, group_of, needs_reason
from qingtian.apps.devices.states import Priority
from qingtian.apps.registry.queries import device_profile
from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212 import Edition, decode
from qingtian.domain.hj212.catalogue import host_commands
from qingtian.domain.hj212.command import Command
from qingtian.domain.hj212.commanding import build_command
from qingtian.domain.hj212.dialogues import MASK
from qingtian.domain.hj212.fields import Field, Form

pytestmark = pytest.mark.django_db
EDITIONS = (Edition.E2005, Edition.E2017, Edition.E2025)
COMMANDS = [one for edition in EDITIONS for one in host_commands(edition)]
EVERYBODY = actor(Role.INSPECTOR, Role.DATA_STEWARD, name="all")
SAMPLES = {
    Form.TIME: "20251123080000",
    Form.TIME_MS: "20251123080000",
    Form.CLOCK: "080000",
    Form.CLOCK_HM: "0800",
    Form.NUMBER: "1.5",
    Form.CODE: "a21026",
    Form.WORD: "10.0.0.1",
    Form.TEXT: "168",
    Form.PASSWORD: "654321",
    Form.KEY: "ff" * 16,
}


def sample(one: Field) -> str:
    """A value that the field can hold."""
    if one.choices:
        return one.choices[0]
    if one.form is Form.WHOLE:
        return str(one.low if one.low is not None else 5)
    return SAMPLES[one.form]


def filled(spec: Command) -> dict[str, str]:
    """A whole form."""
    return {f"a21026-{one.name}" if one.attribute else one.name: sample(one) for one in spec.down_fields}


@pytest.mark.parametrize("spec", COMMANDS, ids=lambda one: f"{one.edition.value}-{one.cn}")
def test_a_filled_form_becomes_the_frame_that_the_codec_reads(spec: Command) -> None:
    row = device(edition=spec.edition.value)
    given = filled(spec)
    command = order_command(EVERYBODY, NOW, MN, OrderDraft(spec.cn, given, reason="试验"))
    (order,) = claimed()
    frame = build_command(device_profile(row).wire, mn=MN, st=order.st, cn=order.cn, qn=order.qn, params=order.params)
    read = decode(frame)
    assert (read.ok, read.cn, read.mn, read.qn) == (True, spec.cn, MN, order.qn)
    for name, value in given.items():
        code, dash, attribute = name.partition("-")
        got = read.items[code][attribute] if dash else read.params[name]
        assert got == value
    secret = {one.name for one in spec.down_fields if one.secret}
    assert all((command.params[name] == MASK) is (name in secret) for name in given)


@pytest.mark.parametrize("spec", COMMANDS, ids=lambda one: f"{one.edition.value}-{one.cn}")
def test_each_field_that_is_needed_is_asked_for_by_name(spec: Command) -> None:
    row = device(edition=spec.edition.value)
    for one in spec.down_fields:
        name = f"a21026-{one.name}" if one.attribute else one.name
        rest = {key: value for key, value in filled(spec).items() if key != name}
        if not one.required or (spec.cn, one.name) in HOST_FILLS:
            check_params(row, spec.cn, rest, NOW)
            continue
        with pytest.raises(InvalidInput) as error:
            check_params(row, spec.cn, rest, NOW)
        assert one.name in str(error.value.field)


@pytest.mark.parametrize("spec", COMMANDS, ids=lambda one: f"{one.edition.value}-{one.cn}")
def test_each_command_has_a_group_that_fits_what_it_does(spec: Command) -> None:
    group = group_of(spec.cn, history=spec.history)
    assert VERB_OF[group]
    if spec.history:
        assert group is Group.HISTORY
    if any(one.secret for one in spec.down_fields):
        assert group is Group.SECURE
    if spec.cn.startswith("3") and not spec.reads:
        assert group is Group.CONTROL or spec.cn == "3015"
    assert not (group in (Group.READ, Group.HISTORY) and needs_reason(spec.cn, group))


def test_history_and_only_history_waits_in_the_second_queue() -> None:
    device(edition="2025")
    for spec in host_commands(Edition.E2025):
        given = filled(spec)
        command = order_command(EVERYBODY, NOW, MN, OrderDraft(spec.cn, given, reason="x"))
        asks_time = "BeginTime" in given
        assert (command.priority == Priority.HISTORY) is asks_time
        assert (command.data_begin is not None) is asks_time


def test_an_encrypting_device_gets_its_order_as_ciphertext() -> None:
    key = bytes(range(16))
    row = device(edition="2025", sm4_key=key.hex())
    order_command(EVERYBODY, NOW, MN, OrderDraft("2061", filled_history(), reason="x"))
    (order,) = claimed()
    wire = device_profile(row).wire
    frame = build_command(wire, mn=MN, st=order.st, cn=order.cn, qn=order.qn, params=order.params)
    assert b"BeginTime" not in frame
    assert decode(frame, wire=wire).params["BeginTime"] == "20251123080000"


def filled_history() -> dict[str, str]:
    return {"BeginTime": "20251123080000", "EndTime": "20251123100000"}


@pytest.mark.parametrize(("kind", "code"), [("air", "31"), ("water", "32"), (None, "31")])
def test_the_system_code_follows_what_is_measured(kind: str | None, code: str) -> None:
    row = device()
    assert row.parent is not None
    row.parent.attributes = {} if kind is None else {"kind": kind}
    assert system_code(row) == code


def test_a_list_may_be_given_where_the_field_repeats() -> None:
    row = device(edition="2005")
    checked = check_params(row, "1021", {"PolId": ["a21026", "a21002"]}, NOW)
    assert checked.params == {"PolId": ["a21026", "a21002"]}
    with pytest.raises(InvalidInput):
        check_params(row, "1062", {"RtdInterval": ["30", "60"]}, NOW)


@pytest.mark.parametrize("text", ["2025-11-23T08:00:00", "yesterday", "2025-13-01T00:00:00+08:00", ""])
def test_a_time_that_is_none_is_refused_by_name(text: str) -> None:
    row = device()
    with pytest.raises(InvalidInput) as error:
        check_params(row, "2061", filled_history() | {"EndTime": text}, NOW)
    assert error.value.field == "params.EndTime"
