"""From what somebody asks to the parameters of a command: checked by the catalogue, completed, secrets told apart."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from qingtian.apps.devices.states import SecretKind
from qingtian.apps.registry.models import RegistryObject
from qingtian.apps.registry.queries import device_profile
from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212 import Edition, WireSettings
from qingtian.domain.hj212.catalogue import command_of
from qingtian.domain.hj212.command import Command, Kind
from qingtian.domain.hj212.commanding import build_command
from qingtian.domain.hj212.dialogues import MASK, stamp
from qingtian.domain.hj212.fields import Field, Form
from qingtian.domain.hj212.grammar import is_real_time

SET_CLOCK, NEW_KEY, NEW_PASSWORD = "1012", "1014", "1072"
_GIVES: Mapping[str, tuple[SecretKind, tuple[str, ...]]] = {
    NEW_PASSWORD: (SecretKind.PASSWORD, ("NewPW", "PW")),
    NEW_KEY: (SecretKind.SM4_KEY, ("NewSK",)),
}
_SAMPLE_QN = "20240601085857223"
_OF_THE_REGISTER = frozenset({"cn", "mn", "st", "sm4_form", "params"})
KEY_BYTES = 16
HOST_FILLS = frozenset({(SET_CLOCK, "SystemTime"), (NEW_KEY, "SKCreateTime"), (NEW_KEY, "NewSK")})  # when left out

Given = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Checked:
    """Parameters that a command can carry.

    Args:
        params: as they are sent.
        shown: the same with secrets masked: what is kept and shown.
        gives: kind of the secret that the device gets by it; None for most commands.
        secret: that secret; empty without one.
        begin, end: asked data time, both ends included; None when it asks for none.
    """

    params: dict[str, str | list[str]] = field(repr=False)
    shown: dict[str, str | list[str]]
    gives: SecretKind | None = None
    secret: str = field(default="", repr=False)
    begin: datetime | None = None
    end: datetime | None = None


def edition_of(device: RegistryObject) -> Edition:
    """Edition that the register states of a device."""
    return device_profile(device).wire.edition


def check_params(device: RegistryObject, cn: str, given: Given, at: datetime) -> Checked:
    """Check and complete the parameters of a command.

    What the host knows best is filled in when it is left out: a new key and its time. The time of 1012 is filled in
    when the frame is written.

    Args:
        given: parameters by the names of the standard; times as ISO text with offset or in the device's own 14 digits.
        at: city time, aware.
    Raises:
        InvalidInput: the edition has no such command, or names the parameter.
    """
    wire = device_profile(device).wire
    spec = command_of(wire.edition, cn)
    if spec.down not in (Kind.REQUEST, Kind.NOTICE):
        raise InvalidInput(f"{cn} is nothing that a host sends", field="cn", remedy="choose a command of the catalogue")
    params = {name: _sent(spec, name, value, wire) for name, value in given.items() if value not in ("", [], ())}
    if cn == NEW_KEY:
        params.setdefault("SKCreateTime", stamp(at, wire.utc_offset_minutes))
        params.setdefault("NewSK", secrets.token_hex(KEY_BYTES))
    trial = {**params, "SystemTime": params.get("SystemTime", "20240601085857")} if cn == SET_CLOCK else params
    try:
        build_command(wire, mn=device.code, st=system_code(device), cn=cn, qn=_SAMPLE_QN, params=trial)
    except InvalidInput as error:
        named = "" if error.field in _OF_THE_REGISTER else "params."
        raise InvalidInput(error.message, field=f"{named}{error.field}", remedy=error.remedy) from error
    shown = {name: _shown(spec, name, value) for name, value in params.items()}
    gives, secret = _given_secret(cn, params)
    begin, end = _asked_time(params, wire)
    return Checked(params, shown, gives, secret, begin, end)


def system_code(device: RegistryObject) -> str:
    """ST of a frame to a device: its attribute `st`, else by what it measures (HJ 212-2017 table of system codes)."""
    told = str(device.attributes.get("st", ""))
    if told:
        return told
    parent = device.parent
    if parent is None:
        return "31"
    if parent.type == "station":
        return "21" if parent.attributes.get("kind") == "water" else "22"
    return "32" if parent.attributes.get("kind") == "water" else "31"


def _sent(spec: Command, name: str, value: str | Sequence[str], wire: WireSettings) -> str | list[str]:
    known = spec.field(name)
    if known is None:
        names = ", ".join(one.name for one in spec.down_fields) or "none"
        raise InvalidInput(
            f"{spec.cn} has no parameter {name[:40]}", field=f"params.{name[:40]}", remedy=f"it takes: {names}"
        )
    if isinstance(value, str):
        return _time(known, value.strip(), wire)
    return [_time(known, one.strip(), wire) for one in value]


def _time(known: Field, text: str, wire: WireSettings) -> str:
    """ISO text with offset as the device writes times; everything else as it is."""
    if known.form not in (Form.TIME, Form.TIME_MS) or text.isdigit():
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text  # the catalogue refuses it by name
    if moment.tzinfo is None:
        raise InvalidInput("the time needs an offset", field=f"params.{known.name}", remedy="end it with +08:00")
    return stamp(moment, wire.utc_offset_minutes)


def _shown(spec: Command, name: str, value: str | list[str]) -> str | list[str]:
    known = spec.field(name)
    return MASK if known is not None and known.secret else value


def _given_secret(cn: str, params: Mapping[str, str | list[str]]) -> tuple[SecretKind | None, str]:
    if cn not in _GIVES:
        return None, ""
    kind, names = _GIVES[cn]
    return kind, next((str(params[name]) for name in names if name in params), "")


def _asked_time(params: Mapping[str, str | list[str]], wire: WireSettings) -> tuple[datetime | None, datetime | None]:
    begin, end = (_moment(params.get(name), wire) for name in ("BeginTime", "EndTime"))
    if begin is None or end is None:
        return None, None
    if end < begin:
        raise InvalidInput("the end lies before the begin", field="params.EndTime", remedy="give a later end")
    return begin, end


def _moment(text: str | list[str] | None, wire: WireSettings) -> datetime | None:
    if not isinstance(text, str) or not is_real_time(text):
        return None
    zone = timezone(timedelta(minutes=wire.utc_offset_minutes))
    return datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=zone)
