"""Frames that gave no values, devices that are not registered, and orders to take frames in after all."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from qingtian.interfaces.api.schemas.base import CityTime, Input, Page, Schema
from qingtian.interfaces.api.schemas.devices import SettingValue
from qingtian.interfaces.api.schemas.frames import PartOut
from qingtian.telemetry.rejects.reasons import RejectReason


class ReasonOut(Schema):
    """A reason of the closed list, in words."""

    code: str
    group: str
    group_zh: str
    group_en: str
    zh: str
    en: str
    remedy_zh: str
    remedy_en: str
    answered: bool = Field(description="the device got an answer all the same, so it does not send the frame again")


class RejectRow(Schema):
    """A frame that gave no values."""

    frame: str = Field(description="its place in the archive, as `/frames/{frame}` takes it")
    sha256: str
    received_at: CityTime
    mn: str
    registered: bool = Field(description="whether the MN is registered now")
    peer: str
    reason: ReasonOut
    detail: str
    settled_at: CityTime | None = Field(description="when it was taken in after all, or listed anew for another reason")


class RejectPage(Page[RejectRow]):
    """A page of rejected frames."""


class RejectDetail(Schema):
    """Every arrival of one rejected frame, and its bytes."""

    rows: list[RejectRow]
    parts: list[PartOut] = Field(description="the text of the frame in parts, passwords and keys masked")
    hex: str = Field(description="the bytes, passwords and keys masked")
    bytes: int
    intact: bool = Field(description="the archive still holds the bytes under this hash")


class TallyOut(Schema):
    """Frames under one heading."""

    key: str
    frames: int
    first_at: CityTime
    last_at: CityTime


class ReasonTally(Schema):
    """Frames of one reason."""

    reason: ReasonOut
    frames: int
    first_at: CityTime
    last_at: CityTime


class RejectSummary(Schema):
    """The journal in numbers."""

    frames: int
    by_reason: list[ReasonTally]
    by_mn: list[TallyOut]
    reasons: list[ReasonOut] = Field(description="the closed list, for filters")


class NewcomerRow(Schema):
    """A device that sends and is not registered."""

    mn: str
    frames: int = Field(description="kept, and taken along when it is adopted")
    first_seen: CityTime
    last_seen: CityTime
    addresses: list[str] = Field(description="some of the addresses it sends from")
    address_count: int
    factory_mn: bool = Field(description="the MN is one that loggers leave the factory with: it cannot be adopted")


class NewcomerPage(Page[NewcomerRow]):
    """A page of newcomers."""


class SentCodeOut(Schema):
    """A code that a device sends."""

    code: str
    name_zh: str
    name_en: str
    unit: str = Field(description="by the code table; what the device means is a setting")
    attribute: str
    sample: str = Field(description="newest value as sent")
    mark: str
    data_time: CityTime | None
    frames: int


class NewcomerDetail(NewcomerRow):
    """What the kept frames of a newcomer tell."""

    looked_at: int = Field(description="newest frames that the guesses rest on")
    edition: int | None
    medium: str
    st: list[str]
    cycles: list[str]
    minute_interval_s: int | None
    realtime_interval_s: int | None
    encrypted: bool
    has_password: bool
    wants_answer: bool
    codes: list[SentCodeOut]
    newest: list[RejectRow]
    settings: dict[str, SettingValue] = Field(description="what the form may begin with")
    may_adopt: bool


class AdoptIn(Input):
    """Where a newcomer belongs and how it speaks."""

    name: str = Field(min_length=1, max_length=200)
    name_en: str = Field("", max_length=200)
    site_type: Literal["outlet", "station", "power_meter"] = "outlet"
    site: str = Field(min_length=1, max_length=64)
    settings: dict[str, SettingValue] = Field(default_factory=dict)
    password_as_sent: bool = Field(False, description="register the PW that it sends now")
    simulated: bool = False


class ReadmitIn(Input):
    """Which held frames are right by now."""

    mn: str = Field(min_length=1, max_length=64)
    reasons: list[RejectReason] = Field(
        default_factory=list, max_length=40, description="empty: whatever the reason was"
    )
    why: str = Field(min_length=1, max_length=500, description="what was corrected; the journal keeps it")


class StillOut(Schema):
    """Frames that stay out after all."""

    code: str
    zh: str
    en: str
    frames: int


class ReadmissionOut(Schema):
    """An order to take held frames in."""

    id: int
    mn: str
    reasons: list[str]
    why: str
    asked_by: str
    asked_at: CityTime
    state: Literal["waiting", "done"]
    ended_at: CityTime | None
    frames: int = Field(description="looked at")
    taken: int = Field(description="taken in")
    values_new: int = Field(description="values that the series did not have")
    still_out: list[StillOut]
    error: str


class ReadmissionPage(Page[ReadmissionOut]):
    """A page of orders."""


class DoubledDevice(Schema):
    """One MN heard from two addresses in turns."""

    mn: str
    since: str
    last_at: str
    turns: int
    data_times: dict[str, str] = Field(description="newest DataTime per address, as sent")


class GatewayOut(Schema):
    """The gateway as it says of itself."""

    state: str = Field(description="listening, stopped, or unknown")
    at: str = Field(description="when it said so, machine time")
    port: int
    tls_port: int
    connections: int
    devices: int
    frames: int
    accepted: int
    acked: int
    limits_hit: dict[str, int]
    foreign_by_address: dict[str, int] = Field(description="peers that spoke HTTP or TLS on the plain port")
    doubled_devices: list[DoubledDevice]
    error: str
