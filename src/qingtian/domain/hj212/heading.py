"""What the header of a frame means: edition, Flag, parts, whether device and command are named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from qingtian.domain.hj212.model import Edition

FLAG_BITS_2025 = 2
_MN = re.compile(r"[0-9A-Za-z_-]{1,32}")
_EDITIONS = {0: Edition.E2005, 1: Edition.E2017, FLAG_BITS_2025: Edition.E2025}


class Heading(NamedTuple):
    """The meaning of a header.

    Args:
        usable: the frame names a device and a command.
        edition: the registered edition, or that of Flag.
        flag: value of Flag.
        ack_requested: bit 0 of Flag.
        split: this is a part of a record.
        pnum: number of parts.
        pno: this part, from 1.
        warnings: what was tolerated.
    """

    usable: bool
    edition: Edition
    flag: int | None
    ack_requested: bool
    split: bool
    pnum: int | None
    pno: int | None
    warnings: tuple[str, ...]


def read_heading(header: Mapping[str, str], registered: Edition | None) -> Heading:
    """The meaning of header fields.

    Args:
        header: fields by the spelling of the standard.
        registered: edition of the register; it has the last word, since Flag alone does not prove one.

    >>> read_heading({"CN": "2011", "MN": "A1", "Flag": "8"}, Edition.E2017).edition.value
    '2017'
    """
    flag = read_flag(header.get("Flag"))
    edition = registered or edition_of(header.get("Flag"), flag)
    pnum, pno = _count(header.get("PNUM")), _count(header.get("PNO"))
    bits = flag or 0
    warnings = tuple(_warnings(header, flag, edition))
    return Heading(
        usable="mn_unusable" not in warnings and "cn_unusable" not in warnings,
        edition=edition,
        flag=flag,
        ack_requested=bool(bits & 1),
        split=pnum is not None and pno is not None and (pnum > 1 or bool(bits & 2)),
        pnum=pnum,
        pno=pno,
        warnings=warnings,
    )


def _warnings(header: Mapping[str, str], flag: int | None, edition: Edition) -> Iterator[str]:
    if not _MN.fullmatch(header.get("MN", "")):
        yield "mn_unusable"
    cn = header.get("CN", "")
    if len(cn) != 4 or not cn.isascii() or not cn.isdigit():
        yield "cn_unusable"
    if flag is None and "Flag" in header:
        yield "flag_unreadable"
    # requests of the 2005 edition carry Flag=3 without any part numbers
    if (flag or 0) & 2 and edition is not Edition.E2005 and "PNUM" not in header:
        yield "split_flag_without_pnum"
    if flag is not None and edition_of(header["Flag"], flag) is not edition:
        yield "edition_differs"


def read_flag(text: str | None) -> int | None:
    """Value of the Flag field, 0..255; None when missing or something else.

    >>> read_flag("5"), read_flag(None), read_flag("N"), read_flag("256")
    (5, None, None, None)
    """
    if text is None or len(text) > 3 or not text.isascii() or not text.isdigit():
        return None
    value = int(text)
    return value if value <= 255 else None


def edition_of(text: str | None, flag: int | None) -> Edition:
    """Edition by bits 2 to 7 of Flag; a frame without Flag is of 2005.

    >>> edition_of("5", 5).value, edition_of(None, None).value, edition_of("255", 255).value
    ('2017', '2005', 'unknown')
    """
    if flag is None:
        return Edition.E2005 if text is None else Edition.UNKNOWN
    return _EDITIONS.get(flag >> 2, Edition.UNKNOWN)


def _count(text: str | None) -> int | None:
    if text is None or not 1 <= len(text) <= 5 or not text.isascii() or not text.isdigit():
        return None
    return int(text) or None
