"""The check code of HJ 212 (appendix A): close to CRC-16/MODBUS, but not the same.

The standard drops the low byte before it takes the next one in:
`crc = (crc >> 8) ^ byte`, then eight times shift right and XOR 0xA001 when a 1 falls out.
So only the high byte h of the state survives a step, and the step `h -> M(h ^ byte)` is linear over GF(2).
M to the eighth power is the identity. Bytes that stand a multiple of eight apart therefore act alike, and a
segment of any length may first be XOR-folded into eight bytes; Python does that on one big integer.
"""

from __future__ import annotations

POLYNOMIAL = 0xA001
LOW_BYTES = frozenset({0x00, 0x01, 0x40, 0x41, 0x80, 0x81, 0xC0, 0xC1})
LANES = 8  # order of M


def _shift_out(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ (POLYNOMIAL if value & 1 else 0)
    return value


_TABLE = tuple(_shift_out(value) for value in range(256))
VALUES = frozenset((*_TABLE, 0xFFFF))
# every check code there is, as the standard writes it and in the lower case of every sixth device
CODES = {text: value for value in (*_TABLE, 0xFFFF) for text in (b"%04X" % value, b"%04x" % value)}


def _lane_tables() -> tuple[tuple[int, ...], ...]:
    """Table k gives what a byte adds to the result when k more bytes follow it."""
    tables = [_TABLE]
    for _ in range(LANES - 1):
        tables.append(tuple(_TABLE[value >> 8] for value in tables[-1]))
    return tuple(reversed(tables))


_L7, _L6, _L5, _L4, _L3, _L2, _L1, _L0 = _lane_tables()
_FOLDS = tuple((64 << level, (1 << (64 << level)) - 1) for level in range(12))  # up to 32 KiB in one go


def crc16(data: bytes) -> int:
    """CRC of a data segment, as HJ 212-2017 appendix A (same in 2005 and 2025).

    Args:
        data: the bytes between the length field and the CRC.

    >>> segment = b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;"
    >>> f"{crc16(segment + b'CP=&&RtdInterval=30&&'):04X}"
    '1C80'
    >>> f"{crc16(b''):04X}"
    'FFFF'
    """
    size = len(data)
    if not size:
        return 0xFFFF
    if size > 32768:
        return _crc16_long(data)
    folded = int.from_bytes(data, "big") ^ (0xFF << (8 * (size - 1)))  # the start value meets the first byte
    for half, mask in reversed(_FOLDS[: (size - 1 >> 3).bit_length()]):
        folded = (folded >> half) ^ (folded & mask)
    b7, b6, b5, b4, b3, b2, b1, b0 = folded.to_bytes(8, "big")
    return _L7[b7] ^ _L6[b6] ^ _L5[b5] ^ _L4[b4] ^ _L3[b3] ^ _L2[b2] ^ _L1[b1] ^ _L0[b0]


def _crc16_long(data: bytes) -> int:
    crc = 0xFFFF
    for byte in data:
        crc = _TABLE[(crc >> 8) ^ byte]
    return crc


def crc16_modbus(data: bytes) -> int:
    """CRC-16/MODBUS, which some loggers send by mistake; only used to name the mistake.

    >>> f"{crc16_modbus(b'123456789'):04X}"
    '4B37'
    """
    crc = 0xFFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc & 0xFF) ^ byte]
    return crc


def read_crc(text: str) -> int | None:
    """Value of a received check code; lower case and dropped leading zeros are read, other text is None.

    >>> read_crc("880"), read_crc("ee01"), read_crc("+1"), read_crc("")
    (2176, 60929, None, None)
    """
    if not 1 <= len(text) <= 4 or not text.isascii() or not text.isalnum():
        return None
    try:
        return int(text, 16)
    except ValueError:
        return None


def diagnose(segment: bytes, given: str) -> str:
    """Why a check code is wrong.

    One of `crc16_modbus`, `byte_swapped`, `impossible_low_byte`, `not_hex`, `missing` and `unknown`.
    Only 256 values exist and their low byte is one of eight; another low byte was made by another algorithm.

    >>> diagnose(b"QN=20170516010101001;ST=22;CN=2012;PW=123456;MN=ABCDEFG1234567;CP=&&&&", "B388")
    'crc16_modbus'
    """
    value = read_crc(given)
    if value is None:
        return "not_hex" if given else "missing"
    if fits_modbus(segment, given):
        return "crc16_modbus"
    if value == _swapped(crc16(segment)):
        return "byte_swapped"
    return "unknown" if value & 0xFF in LOW_BYTES else "impossible_low_byte"


def fits_modbus(segment: bytes, given: str) -> bool:
    """Whether a check code is CRC-16/MODBUS of the segment, in either order of its bytes.

    >>> segment = b"QN=20170516010101001;ST=22;CN=2012;PW=123456;MN=ABCDEFG1234567;CP=&&&&"
    >>> fits_modbus(segment, "B388"), fits_modbus(segment, "88b3"), fits_modbus(segment, "FCC1")
    (True, True, False)
    """
    value = read_crc(given)
    return value is not None and crc16_modbus(segment) in (value, _swapped(value))


def _swapped(value: int) -> int:
    return (value & 0xFF) << 8 | value >> 8
