"""Commands to devices: catalogue, list, one command with its exchange, read-backs, missing data."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from qingtian.interfaces.api.schemas.base import Choice, CityTime, Input, Page, Schema
from qingtian.interfaces.api.schemas.findings import ActionOut
from qingtian.interfaces.api.schemas.places import PlaceOut

ParamValue = str | list[str]


class CommandField(Schema):
    """One field of the form of a command."""

    name: str = Field(description="key in `params`; an attribute is sent as `code-name`")
    label_zh: str
    label_en: str
    form: str = Field(description="time, time_ms, clock, clock_hm, whole, number, code, word, text, password, key")
    unit: str
    least: int | None
    most: int | None
    choices: list[str]
    required: bool = Field(description="false too where the host fills it in")
    repeated: bool = Field(description="a list may be given")
    attribute: bool = Field(description="written `code-name`, for as many codes as wanted")
    secret: bool = Field(description="never shown again")


class CatalogueRow(Schema):
    """A command that the host can send to a device of an edition."""

    cn: str
    name_zh: str
    name_en: str
    group: str = Field(description="read, history, set, control, security")
    group_zh: str
    group_en: str
    kind: str = Field(description="request or notice")
    needs_reason: bool
    fields: list[CommandField]
    source: str = Field(description="edition or implementation that the row comes from")
    allowed: bool = Field(description="whether this user may order it to this device")
    roles: list[str] = Field(description="roles that may")


class Catalogue(Schema):
    """What can be ordered to one device."""

    mn: str
    edition: str
    commands: list[CatalogueRow]


class CommandRow(Schema):
    """A command in a list."""

    number: str
    device: PlaceOut
    mn: str = Field(description="device number that it is sent to")
    cn: str
    name_zh: str
    name_en: str
    group: str
    params: dict[str, ParamValue] = Field(description="passwords and keys masked")
    priority: str
    origin: str
    origin_zh: str
    origin_en: str
    state: str
    state_zh: str
    state_en: str
    open: bool = Field(description="it has not ended")
    reason: str
    requested_by: str
    requested_by_name: str
    requested_at: CityTime
    expires_at: CityTime
    sent_at: CityTime | None
    ended_at: CityTime | None
    attempts: int
    parts: int = Field(description="data frames that came")
    code: int | None = Field(description="QnRtn or ExeRtn of the end")
    outcome_zh: str
    outcome_en: str
    remedy_zh: str
    remedy_en: str
    simulated: bool


class CommandPage(Page[CommandRow]):
    """A page of commands."""

    waiting: dict[str, int] = Field(description="how many visible commands are in each state that is no end")


class ExchangeOut(Schema):
    """One frame of a dialogue."""

    at: CityTime
    direction: str = Field(description="host or device")
    cn: str
    qn: str
    happening: str
    words_zh: str
    words_en: str
    code: int | None
    frame_hash: str = Field(description="SHA-256 of the frame without its line end, as the archive has it")
    text: str = Field(description="the frame, passwords and keys masked")
    detail: dict[str, Any]


class CommandDetail(CommandRow):
    """One command with everything that went over the line."""

    values: dict[str, Any] = Field(description="what the device told: params, items, clock_offset_s")
    note: str
    exchange: list[ExchangeOut]
    allowed_actions: list[ActionOut]


class OrderIn(Input):
    """A command that is to be sent."""

    cn: str = Field(pattern=r"^\d{4}$")
    params: dict[str, ParamValue] = Field(
        default_factory=dict, description="by field of the catalogue; times in ISO with offset, or 14 digits"
    )
    reason: str = Field("", max_length=500)
    expires_in_min: int | None = Field(None, ge=1, le=43_200, description="it waits for the device for so long")
    mn: str = Field("", max_length=32, description="1002 only: number under which the device speaks now")


class CancelIn(Input):
    """Why it is taken back."""

    note: str = Field("", max_length=500)


class ReadBackOut(Schema):
    """The newest answer of a device to one kind of read."""

    cn: str
    name_zh: str
    name_en: str
    at: CityTime
    values: dict[str, Any]
    command: str


class MessageOut(Schema):
    """Something that a device said by itself."""

    at: CityTime
    mn: str
    cn: str
    said: str
    words_zh: str
    words_en: str
    detail: dict[str, Any]
    frame_hash: str


class DeviceReadings(Schema):
    """What a device told of itself."""

    mn: str
    readings: list[ReadBackOut] = Field(description="newest per kind: clock, intervals, serials, parameters")
    messages: list[MessageOut] = Field(description="calls for its clock, restarts, log-ins, key requests; newest first")
    password_changed_at: CityTime | None
    key_changed_at: CityTime | None


class GapRow(Schema):
    """Periods that a device was bound to send and did not."""

    device: PlaceOut
    cn: str
    name_zh: str
    name_en: str
    begin: CityTime
    end: CityTime = Field(description="start of the last missing period")
    periods: int
    state: str
    state_zh: str
    state_en: str
    tries: int
    next_try_at: CityTime | None
    found_at: CityTime
    command: str | None = Field(description="number of the last request")
    reason_zh: str
    reason_en: str


class GapPage(Page[GapRow]):
    """A page of missing data."""

    states: list[Choice]
