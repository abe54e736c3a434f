"""The settings that the register holds of a device, as the rules of the wire have them: what a form is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from qingtian.apps.registry.rules import EXPECTS
from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212 import Edition, WireSettings
from qingtian.domain.hj212.wire import (
    OVERTIME_RANGE,
    RESENDS_RANGE,
    UTC_OFFSETS,
    AckPolicy,
    CrcProfile,
    HeartbeatAnswer,
    PasswordPolicy,
    Sm4Form,
)


class SettingKind(StrEnum):
    """How a setting is written."""

    CHOICE = "choice"
    FLAG = "flag"  # yes or no
    INTEGER = "integer"
    SECRET = "secret"  # noqa: S105  a kind of field
    FLAGS = "flags"  # several of a closed list
    LIST = "list"  # any number of texts
    MAP = "map"  # text by text


class SettingGroup(StrEnum):
    """Section of the form."""

    REPORTING = "reporting"
    DIALECT = "dialect"
    SECURITY = "security"
    MAPPING = "mapping"
    COMMANDS = "commands"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a device.

    Args:
        name: key in the attributes.
        kind: how it is written.
        group: section of the form.
        default: what holds while the register says nothing.
        choices: the closed list, for choice and flags.
        least: smallest number.
        most: largest number.
        unit: unit of the number.
    """

    name: str
    kind: SettingKind
    group: SettingGroup
    default: Any
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    unit: str = ""

    def stored(self, value: Any) -> Any:
        """A value as the attributes keep it: the edition is a number there, as it always was.

        Raises:
            InvalidInput: a yes or no is something else; the other kinds are checked with the whole device.
        """
        if self.kind is SettingKind.FLAG and not isinstance(value, bool):
            raise InvalidInput(
                f"{self.name} is yes or no", field=f"attributes.{self.name}", remedy="give true or false"
            )
        return int(value) if self.name == "edition" and str(value).isdigit() else value


def _choice(name: str, group: SettingGroup, kind: type[StrEnum]) -> Setting:
    known = tuple(one.value for one in kind if one.value != Edition.UNKNOWN.value)
    return Setting(name, SettingKind.CHOICE, group, str(getattr(_WIRE, name)), known)


def _whole(name: str, group: SettingGroup, default: int, bounds: tuple[int, int | None], unit: str = "") -> Setting:
    return Setting(name, SettingKind.INTEGER, group, default, least=bounds[0], most=bounds[1], unit=unit)


_WIRE = WireSettings()
_REPORTING, _DIALECT = SettingGroup.REPORTING, SettingGroup.DIALECT
_SECURITY, _MAPPING = SettingGroup.SECURITY, SettingGroup.MAPPING
SETTINGS: tuple[Setting, ...] = (
    _choice("edition", _REPORTING, Edition),
    Setting("expects", SettingKind.FLAGS, _REPORTING, (), EXPECTS),
    _whole("realtime_interval_s", _REPORTING, 60, (1, None), "s"),
    _whole("minute_interval_s", _REPORTING, 600, (1, None), "s"),
    _whole("utc_offset_minutes", _REPORTING, _WIRE.utc_offset_minutes, UTC_OFFSETS, "min"),
    _choice("crc", _DIALECT, CrcProfile),
    _choice("ack", _DIALECT, AckPolicy),
    _choice("heartbeat_answer", _DIALECT, HeartbeatAnswer),
    _whole("overtime_s", _DIALECT, _WIRE.overtime_s, OVERTIME_RANGE, "s"),
    _whole("resends", _DIALECT, _WIRE.resends, RESENDS_RANGE),
    Setting("sentinels", SettingKind.LIST, _DIALECT, _WIRE.sentinels),
    Setting("password", SettingKind.SECRET, _SECURITY, ""),
    _choice("password_policy", _SECURITY, PasswordPolicy),
    Setting("sm4_key", SettingKind.SECRET, _SECURITY, ""),
    _choice("sm4_form", _SECURITY, Sm4Form),
    Setting("units", SettingKind.MAP, _MAPPING, {}),
    Setting("code_map", SettingKind.MAP, _MAPPING, {}),
    Setting("aliases", SettingKind.LIST, _MAPPING, ()),
    Setting("auto_clock", SettingKind.FLAG, SettingGroup.COMMANDS, True),
    Setting("backfill", SettingKind.FLAG, SettingGroup.COMMANDS, True),
    Setting("history_realtime", SettingKind.FLAG, SettingGroup.COMMANDS, False),
    Setting("state_data", SettingKind.FLAG, SettingGroup.COMMANDS, False),
    Setting("first_contact", SettingKind.FLAG, SettingGroup.COMMANDS, False),
)
BY_NAME: Mapping[str, Setting] = {one.name: one for one in SETTINGS}
SECRETS = frozenset(one.name for one in SETTINGS if one.kind is SettingKind.SECRET)
