"""Raw frames, explained field by field."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from qingtian.interfaces.api.schemas.base import CityTime, DecimalText, Input, Schema
from qingtian.interfaces.api.schemas.places import PlaceOut

FRAME_TEXT = 200_000  # most characters that the box for pasted frames takes

ProblemSeverity = Literal["info", "warning", "danger"]
Stored = Literal["current", "same", "superseded", "not_stored"]


class ItemBrief(Schema):
    """A value of a frame in short."""

    name_zh: str
    name_en: str
    value: str
    unit: str
    mark: str


class FrameRow(Schema):
    """A frame in a list."""

    id: str = Field(description="segment:offset in the archive")
    received_at: CityTime
    verdict: str = Field(description="accepted, bad_crc, malformed, unknown_device, wrong_password, ...")
    verdict_zh: str
    verdict_en: str
    mn: str
    cn: str
    cn_zh: str
    cn_en: str
    data_time: CityTime | None
    backfill: bool
    bytes: int
    sha256: str
    items: list[ItemBrief]
    more_items: int
    warnings: int


class FrameList(Schema):
    """The newest frames of a device."""

    frames: list[FrameRow]
    next: str | None = Field(description="give it as `before` for older ones; null at the beginning of the archive")
    searched_all: bool = Field(description="false: there may be older frames behind `next`")
    simulated: bool


class ToldField(Schema):
    """One field with its meaning."""

    name: str
    value: str = Field(description="as sent; passwords and keys are masked")
    meaning_zh: str
    meaning_en: str
    note_zh: str = Field(description="what this value means, where values are codes")
    note_en: str
    masked: bool


class FlagBit(Schema):
    """Some bits of Flag."""

    bits: str
    value: int
    meaning_zh: str
    meaning_en: str


class FlagOut(Schema):
    """The Flag field, taken apart."""

    value: int
    bits: list[FlagBit]


class ItemOut(Schema):
    """One code of the data area with everything that was sent about it."""

    code: str
    registered: str = Field(description="the code under which the register keeps it")
    name_zh: str
    name_en: str
    known: bool = Field(description="whether the code tables have it")
    unit: str
    unit_from: Literal["register", "code_table", "none"]
    attributes: list[ToldField]
    mark: str
    mark_zh: str
    mark_en: str
    mark_valid: bool
    conflict: bool


class CrcOut(Schema):
    """The check code as sent and as computed."""

    given: str
    calculated: str
    ok: bool
    diagnosis: str
    text_zh: str
    text_en: str


class LengthOut(Schema):
    """The length as declared and as it is, bytes of the data segment."""

    declared: int
    actual: int
    ok: bool


class ProblemOut(Schema):
    """Something that is wrong, in words, and what to do."""

    code: str
    severity: ProblemSeverity
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str
    remedy_zh: str
    remedy_en: str


class WarningOut(Schema):
    """A deviation that was tolerated."""

    code: str
    text_zh: str
    text_en: str


class PartOut(Schema):
    """A part of the raw text."""

    kind: Literal["head", "length", "segment", "crc", "other"]
    text: str


class BecameOut(Schema):
    """What became of one value of the frame."""

    site: str
    pollutant: str
    name_zh: str
    name_en: str
    cycle: str
    period_start: CityTime
    value: DecimalText | None
    unit: str
    mark: str
    valid: bool
    causes: list[ProblemOut] = Field(description="causes that the checks at arrival found; they never change a value")
    stored: Stored
    version: int | None
    frame: str | None = Field(description="the frame of the value that is shown now")


class Explained(Schema):
    """What a frame says."""

    ok: bool
    fault: str
    mn: str
    cn: str
    cn_zh: str
    cn_en: str
    direction_zh: str
    direction_en: str
    edition: str = Field(description="by Flag")
    edition_zh: str
    edition_en: str
    crc: CrcOut
    length: LengthOut
    flag: FlagOut | None
    header: list[ToldField]
    params: list[ToldField]
    items: list[ItemOut]
    warnings: list[WarningOut]
    problems: list[ProblemOut]
    data_time: CityTime | None
    backfill: bool
    encrypted: bool
    encoding: str
    parts: list[PartOut] = Field(description="the raw text, cut into its parts; passwords and keys are masked")
    hex: str = Field(description="the raw bytes in hex, masked in the same places")
    bytes: int
    sha256: str = Field(description="of the true bytes, before anything is masked")


class FrameDetail(Explained):
    """A frame of the archive."""

    id: str
    received_at: CityTime
    peer: str
    verdict: str
    verdict_zh: str
    verdict_en: str
    reason: str
    device: str | None = Field(description="MN under which the sender is registered")
    device_name: str
    device_name_en: str
    registered_edition: str | None
    site: PlaceOut | None
    ack_zh: str
    ack_en: str
    became: list[BecameOut]
    simulated: bool


class FrameCheck(Schema):
    """What recomputing the hash from the archive gave."""

    intact: bool
    recorded: str
    computed: str
    bytes: int
    checked_at: CityTime
    reason: str


class PastedIn(Input):
    """Frames to be explained; nothing is stored."""

    text: str | None = Field(None, max_length=FRAME_TEXT, description="as a log shows them")
    hex: str | None = Field(None, max_length=FRAME_TEXT, description="the bytes, two hex digits each")


class PastedOut(Schema):
    """Every frame that was found in what was pasted."""

    frames: list[Explained]
    garbage_bytes: int = Field(description="bytes that belong to no frame")
