"""From the bytes of one frame to what it says; never raises on what came from a device."""

from __future__ import annotations

import re

from qingtian.domain.hj212.cipher import FLAG_BITS_2025, looks_encrypted, open_segment
from qingtian.domain.hj212.crc import crc16, diagnose, read_crc
from qingtian.domain.hj212.grammar import DataArea, is_real_time, read_data_area, read_header, split_segment
from qingtian.domain.hj212.model import Decoded, Edition, Fault

_HEAD = re.compile(rb"##(\d{4})")
_TAIL = re.compile(rb"&&([0-9A-Fa-f]{1,4})\Z")
_MN = re.compile(r"[0-9A-Za-z_-]{1,32}")
_EDITIONS = {0: Edition.E2005, 1: Edition.E2017, FLAG_BITS_2025: Edition.E2025}
_BLANK = b"\r\n\t \x00"


def decode(raw: bytes, *, sm4_key: bytes | None = None) -> Decoded:
    """Read one frame of HJ/T 212-2005, HJ 212-2017 or HJ 212-2025.

    Args:
        raw: the frame from `##`; CR LF behind it may be missing.
        sm4_key: 16 bytes; the data area of a 2025 frame is decrypted with it when it is encrypted.
    Returns:
        What the frame says; `ok` is False when the check code is wrong or there is no frame.

    >>> frame = decode(b"##0070QN=20170516010101001;ST=22;CN=2012;PW=123456;MN=ABCDEFG1234567;CP=&&&&FCC1")
    >>> frame.ok, frame.cn, frame.version.value, frame.ack_requested
    (True, '2012', '2005', False)
    """
    head = _HEAD.match(raw)
    if head is None:
        return _no_frame(raw)
    declared = int(head[1])
    segment, given = cut_segment(raw[6:], declared)
    crc = crc16(segment)
    encrypted = looks_encrypted(segment)
    if encrypted or (sm4_key is not None and read_crc(given) != crc):
        opened = open_segment(segment, sm4_key)
        if opened.fault is Fault.NONE and read_crc(given) == crc16(opened.plain):
            # lengths count the segment with raw ciphertext, which is as long as the plain text
            declared -= len(segment) - len(opened.plain)
            return _read(opened.plain, given, crc16(opened.plain), declared, encrypted=True)
        if encrypted:  # show the header, not the noise
            fault = opened.fault or Fault.KEY_WRONG
            return _read(opened.hidden, given, crc, declared, encrypted=True, fault=fault, length=len(segment))
    return _read(segment, given, crc, declared)


def cut_segment(rest: bytes, declared: int) -> tuple[bytes, str]:
    """Data segment and check code of what follows the length field.

    The declared length is believed when its check code fits; else the check code behind the last `&&` counts.
    """
    end = declared + 4
    if len(rest) >= end and not rest[end:].strip(_BLANK):
        segment, given = rest[:declared], _ascii(rest[declared:end].rstrip(_BLANK))
        if read_crc(given) == crc16(segment):
            return segment, given
    rest = rest.rstrip(_BLANK)
    tail = _TAIL.search(rest)
    if tail is not None:
        by_tail = rest[: tail.start(1)], tail[1].decode("ascii")
        if int(tail[1], 16) == crc16(by_tail[0]):
            return by_tail
    by_length = rest[:declared], _ascii(rest[declared:end])
    if len(rest) > declared and read_crc(by_length[1]) == crc16(by_length[0]):
        return by_length
    if tail is not None:
        return by_tail
    if rest.endswith(b"&&"):
        return rest, ""
    return by_length if len(rest) > declared else (rest[:-4], _ascii(rest[-4:]))


def _ascii(data: bytes) -> str:
    return data.decode("ascii", "backslashreplace")


def read_text(data: bytes) -> tuple[str, str]:
    """Text and its encoding: UTF-8 as the standard says, else GB 18030 (`gbk`), else escaped bytes.

    >>> read_text("清洗".encode("gbk")), read_text(b"A=1")
    (('清洗', 'gbk'), ('A=1', 'utf-8'))
    """
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("gb18030"), "gbk"
    except UnicodeDecodeError:
        return data.decode("utf-8", "backslashreplace"), "binary"


def _read(
    segment: bytes,
    given: str,
    crc: int,
    declared: int,
    *,
    encrypted: bool = False,
    fault: Fault = Fault.NONE,
    length: int | None = None,
) -> Decoded:
    header_bytes, cp_bytes, warnings = split_segment(segment)
    header, header_warnings = read_header(read_text(header_bytes)[0])
    cp, encoding = read_text(cp_bytes)
    area = read_data_area(cp)
    flag = read_flag(header.get("Flag"))
    version = edition_of(header.get("Flag"), flag)
    pnum, pno = _count(header.get("PNUM")), _count(header.get("PNO"))
    crc_ok = fault is Fault.NONE and read_crc(given) == crc
    warnings = [*header_warnings, *warnings, *_header_warnings(header, flag, version), *area.warnings()]
    if crc_ok and len(given) < 4:
        warnings.append("short_crc")
    if fault is not Fault.NONE:
        warnings.append(fault.value)
    actual = len(segment) if length is None else length
    if declared != actual:
        warnings.append("length_mismatch")
    data_time = _first(area, "DataTime")
    split = pnum is not None and pno is not None and (pnum > 1 or bool((flag or 0) & 2))
    return Decoded(
        ok=crc_ok and "mn_unusable" not in warnings and "cn_unusable" not in warnings,
        header=header,
        items=area.items,
        params=area.params,
        version=version,
        crc_given=given,
        crc_calc=f"{crc:04X}",
        crc_ok=crc_ok,
        crc_diagnosis="" if crc_ok else fault.value or diagnose(segment, given),
        length_declared=declared,
        length_actual=actual,
        flag=flag,
        ack_requested=bool((flag or 0) & 1),
        split=split,
        pnum=pnum,
        pno=pno,
        warnings=tuple(warnings),
        data_time=data_time,
        data_time_valid=data_time is None or is_real_time(data_time),
        conflicts=frozenset(area.conflicts),
        cp=cp,
        text_encoding=encoding,
        encrypted=encrypted,
        fault=fault,
    )


def _header_warnings(header: dict[str, str], flag: int | None, version: Edition) -> list[str]:
    warnings = []
    if not _MN.fullmatch(header.get("MN", "")):
        warnings.append("mn_unusable")
    if len(header.get("CN", "")) != 4 or not header["CN"].isdigit():
        warnings.append("cn_unusable")
    if flag is None and "Flag" in header:
        warnings.append("flag_unreadable")
    # requests of the 2005 edition carry Flag=3 without any part numbers
    if (flag or 0) & 2 and version is not Edition.E2005 and "PNUM" not in header:
        warnings.append("split_flag_without_pnum")
    return warnings


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


def _first(area: DataArea, name: str) -> str | None:
    value = area.params.get(name)
    return value[0] if isinstance(value, list) else value


def _no_frame(raw: bytes) -> Decoded:
    return Decoded(
        ok=False,
        header={},
        items={},
        params={},
        version=Edition.UNKNOWN,
        crc_given="",
        crc_calc=f"{crc16(raw):04X}",
        crc_ok=False,
        crc_diagnosis=Fault.NOT_A_FRAME.value,
        length_declared=0,
        length_actual=len(raw),
        flag=None,
        ack_requested=False,
        split=False,
        pnum=None,
        pno=None,
        warnings=(Fault.NOT_A_FRAME.value,),
        data_time=None,
        data_time_valid=True,
        conflicts=frozenset(),
        cp="",
        fault=Fault.NOT_A_FRAME,
    )
