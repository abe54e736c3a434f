"""Devices: who sends, how it speaks, how it is."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from qingtian.interfaces.api.schemas.base import Choice, CityTime, DecimalText, Input, Page, Schema
from qingtian.interfaces.api.schemas.journal import EventOut
from qingtian.interfaces.api.schemas.places import PlaceOut

DeviceState = Literal["online", "late", "silent", "never"]
SettingValue = bool | str | int | list[str] | dict[str, str] | None


class DeviceRow(Schema):
    """A device in a list."""

    mn: str
    name: str
    name_en: str
    site: PlaceOut = Field(description="the outlet, station or power meter that it measures")
    edition: str
    state: DeviceState
    last_heard_at: CityTime | None = Field(description="newest frame, also of one that was refused")
    silent_minutes: int | None = Field(description="city minutes since then")
    allowed_minutes: int | None = Field(description="after so many it is late; null when nothing is expected of it")
    expects: list[str]
    refused_24h: int = Field(description="frames of the last 24 hours that gave no values")
    skew_s: int | None = Field(description="newest clock error of the last 24 hours, s; positive: the device is ahead")
    encrypts: bool
    simulated: bool


class DevicePage(Page[DeviceRow]):
    """A page of devices."""

    states: dict[str, int] = Field(description="how many of all visible devices are in each state")


class SettingOut(Schema):
    """One setting with what holds."""

    name: str
    group: str
    kind: str
    value: SettingValue = Field(description="what holds now; always null for secrets")
    default: bool = Field(description="true while the register says nothing and the default holds")
    is_set: bool = Field(description="for secrets: whether there is one")
    since: CityTime | None = Field(description="since when this value holds; null for defaults")


class CodeName(Schema):
    """A code of the tables with its words."""

    code: str
    name_zh: str
    name_en: str
    unit: str


class DeviceProblem(Schema):
    """Something that is wrong with a device, in words, and what to do."""

    code: str
    severity: Literal["info", "warning", "danger"]
    count: int
    last_at: CityTime | None
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str
    remedy_zh: str
    remedy_en: str
    frame: str | None = Field(description="position of the newest frame that shows it: segment:offset")


class CompletenessOut(Schema):
    """Periods of the last 24 hours that arrived, of those that were due."""

    cycle: str
    expected: int
    received: int
    share: DecimalText | None


class DeviceHealth(Schema):
    """How a device is."""

    frames_hour: int | None = Field(description="frames of the last city hour; null when they are too many to count")
    accepted_hour: int | None
    completeness: list[CompletenessOut]
    problems: list[DeviceProblem]


class DeviceDetail(DeviceRow):
    """A device page."""

    valid_from: date
    valid_to: date | None
    settings: list[SettingOut]
    mapped: list[CodeName] = Field(description="words of every code that its maps name")
    health: DeviceHealth
    revision: int = Field(description="send it back with a change; it tells whether somebody else changed the device")
    history: list[EventOut]
    may_change: bool
    change_needs: list[str] = Field(description="roles that may change it")


class FieldRule(Schema):
    """One field of the form of a device."""

    name: str
    group: str
    kind: str = Field(description="choice, integer, secret, flags, list, map")
    default: SettingValue
    choices: list[Choice]
    least: int | None
    most: int | None
    unit: str
    label_zh: str
    label_en: str
    help_zh: str
    help_en: str


class DeviceForm(Schema):
    """What the form of a device asks for."""

    fields: list[FieldRule]
    groups: list[Choice]
    mn_remedy_zh: str
    mn_remedy_en: str
    may_register: bool


class SiteChoice(Schema):
    """Something that a device can measure."""

    type: str
    code: str
    name: str
    name_en: str
    enterprise_name: str
    devices: int


class ArrivalCell(Schema):
    """One hour (or day) of a device."""

    t: CityTime
    due: int
    received: int


class ArrivalsOut(Schema):
    """What was due against what came."""

    cycle: str
    cycles: list[str] = Field(description="what the device is bound to send")
    command: str = Field(description="command that asks for these data again")
    period_s: int
    cells: list[ArrivalCell]
    simulated: bool


class DeviceIn(Input):
    """A device that is to be registered."""

    mn: str = Field(min_length=1, max_length=64)
    name: str = Field(min_length=1, max_length=200)
    name_en: str = Field("", max_length=200)
    site_type: Literal["outlet", "station", "power_meter"] = "outlet"
    site: str = Field(min_length=1, max_length=64)
    settings: dict[str, SettingValue] = Field(default_factory=dict)
    simulated: bool = False


class DeviceChange(Input):
    """A change of a device; what is not named stays."""

    revision: int
    reason: str = Field(max_length=2000)
    name: str | None = Field(None, min_length=1, max_length=200)
    name_en: str | None = Field(None, max_length=200)
    valid_to: date | None = None
    settings: dict[str, SettingValue] = Field(
        default_factory=dict, description="null takes a setting back to its default"
    )
