"""From the bytes of one frame to what it says; never raises on what came from a device.

A frame as the standard writes it goes the quick way (`quick`); every other one goes the tolerant way below, which reads
both. A property test holds the two together.
"""

from __future__ import annotations

import re
from dataclasses import replace

from qingtian.domain.hj212.cipher import looks_encrypted, open_segment
from qingtian.domain.hj212.crc import crc16, diagnose, fits_modbus, read_crc
from qingtian.domain.hj212.grammar import DataArea, is_real_time, read_data_area, read_header, split_segment
from qingtian.domain.hj212.heading import Heading, read_heading
from qingtian.domain.hj212.model import Decoded, Edition, Fault
from qingtian.domain.hj212.quick import decode_quickly
from qingtian.domain.hj212.wire import CrcProfile, WireSettings

_HEAD = re.compile(rb"##(\d{4})")
_TAIL = re.compile(rb"&&([0-9A-Fa-f]{1,4})\Z")
_BLANK = b"\r\n\t \x00"


def decode(raw: bytes, *, wire: WireSettings | None = None, sm4_key: bytes | None = None) -> Decoded:
    """Read one frame of HJ/T 212-2005, HJ 212-2017 or HJ 212-2025.

    Args:
        raw: the frame from `##`; CR LF behind it may be missing.
        wire: what the register knows of the device: its edition has the last word over Flag, its keys open encrypted
            frames, its check codes are believed. None: the edition is taken from Flag.
        sm4_key: 16 bytes; a key to try besides those of `wire`.
    Returns:
        What the frame says; `ok` is False when the check code is wrong or there is no frame.

    >>> frame = decode(b"##0070QN=20170516010101001;ST=22;CN=2012;PW=123456;MN=ABCDEFG1234567;CP=&&&&FCC1")
    >>> frame.ok, frame.cn, frame.version.value, frame.ack_requested
    (True, '2012', '2005', False)
    """
    edition = None if wire is None else wire.edition
    return decode_quickly(raw, edition) or decode_tolerantly(raw, wire=wire, sm4_key=sm4_key)


def decode_tolerantly(raw: bytes, *, wire: WireSettings | None = None, sm4_key: bytes | None = None) -> Decoded:
    """Read one frame with every deviation that is read; arguments as for `decode`, which also takes the quick way."""
    head = _HEAD.match(raw)
    if head is None:
        return _no_frame(raw)
    declared = int(head[1])
    segment, given = cut_segment(raw[6:], declared)
    crc = crc16(segment)
    edition = None if wire is None else wire.edition
    keys = [key for key in (sm4_key, *(wire.read_keys if wire else ())) if key]
    encrypted = looks_encrypted(segment)
    if encrypted or (keys and read_crc(given) != crc):
        for key in keys:
            plain = open_segment(segment, key).plain
            if read_crc(given) == crc16(plain):
                # lengths count the segment with raw ciphertext, which is as long as the plain text
                declared -= len(segment) - len(plain)
                return _read(plain, given, crc16(plain), declared, edition, encrypted=True)
        if encrypted:  # show the header, not the noise
            opened = open_segment(segment, None)
            fault = Fault.KEY_WRONG if keys else Fault.KEY_MISSING
            return _read(opened.hidden, given, crc, declared, edition, encrypted=True, fault=fault, length=len(segment))
    decoded = _read(segment, given, crc, declared, edition)
    if wire is not None and wire.crc is CrcProfile.MODBUS_TOO and not decoded.crc_ok and fits_modbus(segment, given):
        return _believed(decoded)
    return decoded


def _believed(decoded: Decoded) -> Decoded:
    """A frame whose CRC-16/MODBUS fits, of a device that is registered to send it."""
    warnings = decoded.warnings
    return replace(
        decoded,
        ok="mn_unusable" not in warnings and "cn_unusable" not in warnings,
        crc_ok=True,
        crc_diagnosis="",
        warnings=(*warnings, MODBUS_BELIEVED),
    )


MODBUS_BELIEVED = "crc16_modbus_believed"


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
    edition: Edition | None,
    *,
    encrypted: bool = False,
    fault: Fault = Fault.NONE,
    length: int | None = None,
) -> Decoded:
    header_bytes, cp_bytes, warnings = split_segment(segment)
    header, header_warnings = read_header(read_text(header_bytes)[0])
    cp, encoding = read_text(cp_bytes)
    area = read_data_area(cp)
    heading = read_heading(header, edition)
    crc_ok = fault is Fault.NONE and read_crc(given) == crc
    warnings = [*header_warnings, *warnings, *heading.warnings, *area.warnings()]
    if crc_ok and len(given) < 4:
        warnings.append("short_crc")
    actual = len(segment) if length is None else length
    if declared != actual:
        warnings.append("length_mismatch")
    return _assemble(
        header, heading, area, tuple(warnings),
        crc_ok=crc_ok, given=given, crc=crc, declared=declared, actual=actual, cp=cp, encoding=encoding,
        encrypted=encrypted, fault=fault, diagnosis="" if crc_ok else fault.value or diagnose(segment, given),
    )  # fmt: skip


def _assemble(
    header: dict[str, str],
    heading: Heading,
    area: DataArea,
    warnings: tuple[str, ...],
    *,
    crc_ok: bool,
    given: str,
    crc: int,
    declared: int,
    actual: int,
    cp: str,
    encoding: str,
    encrypted: bool,
    fault: Fault,
    diagnosis: str,
) -> Decoded:
    data_time = _first(area, "DataTime")
    return Decoded(
        ok=crc_ok and heading.usable,
        header=header,
        items=area.items,
        params=area.params,
        version=heading.edition,
        crc_given=given,
        crc_calc=f"{crc:04X}",
        crc_ok=crc_ok,
        crc_diagnosis=diagnosis,
        length_declared=declared,
        length_actual=actual,
        flag=heading.flag,
        ack_requested=heading.ack_requested,
        split=heading.split,
        pnum=heading.pnum,
        pno=heading.pno,
        warnings=warnings,
        data_time=data_time,
        data_time_valid=data_time is None or is_real_time(data_time),
        conflicts=frozenset(area.conflicts),
        cp=cp,
        text_encoding=encoding,
        encrypted=encrypted,
        fault=fault,
    )


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
