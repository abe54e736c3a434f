"""Value types of the codec: what a frame says, and what a byte stream holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

HeaderFields: TypeAlias = Mapping[str, str]
Items: TypeAlias = Mapping[str, Mapping[str, str]]
Params: TypeAlias = Mapping[str, str | list[str]]

ACCEPT = "accept"
ACCEPT_WITH_WARNING = "accept_with_warning (CRC over the real segment is right)"
REJECT = "reject: no data stored as valid, no data ack; keep raw bytes and count"


class Edition(StrEnum):
    """Edition of the standard as the Flag field tells it; the registered device has the last word."""

    E2005 = "2005"
    E2017 = "2017"
    E2025 = "2025"
    UNKNOWN = "unknown"


class Fault(StrEnum):
    """Why nothing could be read out of the bytes."""

    NONE = ""
    NOT_A_FRAME = "not_a_frame"
    KEY_MISSING = "sm4_key_missing"
    KEY_WRONG = "sm4_key_wrong"


@dataclass(frozen=True, slots=True)
class Decoded:
    """One frame, read.

    Args:
        ok: the check code fits and the frame names a device and a command.
        header: fields before CP, names spelt as in the standard, values as sent.
        items: measured and state values `code -> attribute -> text as sent`.
        params: bare parameters of CP; a repeated one is a list.
        version: edition by the Flag field.
        crc_given: check code as sent.
        crc_calc: check code of the segment, four upper-case hex digits.
        crc_diagnosis: why the check code is wrong; empty when it is right.
        length_declared: the four digits of the head.
        length_actual: bytes of the data segment.
        flag: value of the Flag field, 0..255; None when it is missing or unreadable.
        pnum: number of parts.
        pno: this part, from 1.
        warnings: tolerated deviations, by name.
        data_time: DataTime as sent (UTC+8 by custom; no zone is transmitted).
        conflicts: codes that came twice with different values: kept first, unfit for statistics.
        cp: text of the data area.
        text_encoding: `utf-8`, `gbk` or `binary`.
        fault: why nothing could be read.
    """

    ok: bool
    header: HeaderFields
    items: Items
    params: Params
    version: Edition
    crc_given: str
    crc_calc: str
    crc_ok: bool
    crc_diagnosis: str
    length_declared: int
    length_actual: int
    flag: int | None
    ack_requested: bool
    split: bool
    pnum: int | None
    pno: int | None
    warnings: tuple[str, ...]
    data_time: str | None
    data_time_valid: bool
    conflicts: frozenset[str]
    cp: str
    text_encoding: str = "utf-8"
    encrypted: bool = False
    fault: Fault = Fault.NONE

    @property
    def length_ok(self) -> bool:
        """The declared length is that of the segment."""
        return self.length_declared == self.length_actual

    @property
    def crc_form(self) -> str:
        """How the check code is written: `lower_case`, `short` (zeros dropped), or empty: as the standard has it."""
        given = self.crc_given
        if 0 < len(given) < 4:
            return "short"
        return "lower_case" if given != given.upper() else ""

    @property
    def qn(self) -> str | None:
        """Request number as sent; many 2005 uploads have none."""
        return self.header.get("QN")

    @property
    def mn(self) -> str:
        """Device number; empty when missing."""
        return self.header.get("MN", "")

    @property
    def cn(self) -> str:
        """Command number; empty when missing."""
        return self.header.get("CN", "")

    @property
    def st(self) -> str:
        """System code; a hint only."""
        return self.header.get("ST", "")

    @property
    def backfill(self) -> bool:
        """RF=1 of the 2025 edition: sent later than it was due."""
        return self.header.get("RF") == "1"

    @property
    def action(self) -> str:
        """What the host does with the frame."""
        if not self.ok:
            return REJECT
        return ACCEPT if self.length_ok else ACCEPT_WITH_WARNING


class Rejection(StrEnum):
    """Why bytes that began like a frame are not one."""

    CRC_MISMATCH = "crc_mismatch"
    INCOMPLETE = "incomplete"
    OVERSIZE = "oversize"


@dataclass(frozen=True, slots=True)
class FrameOk:
    """A frame whose check code fits, or an encrypted one whose check code can only be tested after decryption.

    Args:
        raw: from `##` to the last digit of the check code, without CR LF.
        offset: place of `##` in the stream, in bytes.
    """

    raw: bytes
    offset: int


@dataclass(frozen=True, slots=True)
class Garbage:
    """Bytes that belong to no frame.

    Args:
        n: how many.
    """

    n: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """Bytes that began like a frame.

    Args:
        raw: the bytes, to be kept.
        reason: why.
        offset: place in the stream, in bytes.
    """

    raw: bytes
    reason: Rejection
    offset: int


@dataclass(frozen=True, slots=True)
class Foreign:
    """The peer speaks another protocol: give no answer, close, count by address.

    Args:
        protocol: `tls` or `http`.
    """

    protocol: str


FrameEvent: TypeAlias = FrameOk | Garbage | Rejected | Foreign
