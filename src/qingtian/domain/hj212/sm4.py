"""SM4 block cipher (GB/T 32907-2016), only as much as HJ 212-2025 needs: whole blocks in ECB.

The substitution box is computed from its definition `S(x) = A (A x + c)^-1 + c` over GF(2^8) with the polynomial
x^8+x^7+x^6+x^5+x^4+x^2+1, so no table is copied. The standard's own vectors are in the tests.
"""

from __future__ import annotations

import struct
from functools import lru_cache

from qingtian.domain.errors import InvalidInput

BLOCK = 16
_FIELD = 0x1F5
_AFFINE_ROW, _AFFINE_ADD = 0xA7, 0xD3
_FAMILY_KEY = (0xA3B1BAC6, 0x56AA3350, 0x677D9197, 0xB27022DC)
_MASK = 0xFFFFFFFF


def _multiply(left: int, right: int) -> int:
    product = 0
    while right:
        if right & 1:
            product ^= left
        left <<= 1
        if left & 0x100:
            left ^= _FIELD
        right >>= 1
    return product


def _inverse(value: int) -> int:
    result = 1
    for _ in range(254):  # x^254 = x^-1, and 0 stays 0
        result = _multiply(result, value)
    return result


def _affine(value: int) -> int:
    row, result = _AFFINE_ROW, 0
    for bit in range(8):
        result |= ((row & value).bit_count() & 1) << bit
        row = (row << 1 | row >> 7) & 0xFF
    return result ^ _AFFINE_ADD


def _rotate(word: int, bits: int) -> int:
    return (word << bits | word >> (32 - bits)) & _MASK


@lru_cache(maxsize=1)
def _box() -> tuple[int, ...]:
    return tuple(_affine(_inverse(_affine(value))) for value in range(256))


@lru_cache(maxsize=1)
def _round_tables() -> tuple[tuple[int, ...], ...]:
    """Substitution and linear step L of one byte, for each of its four places."""
    tables = []
    for place in range(4):
        words = (value << (24 - 8 * place) for value in _box())
        tables.append(tuple(w ^ _rotate(w, 2) ^ _rotate(w, 10) ^ _rotate(w, 18) ^ _rotate(w, 24) for w in words))
    return tuple(tables)


@lru_cache(maxsize=256)
def _round_keys(key: bytes) -> tuple[int, ...]:
    if len(key) != BLOCK:
        raise InvalidInput("an SM4 key has 16 bytes", field="sm4_key", remedy="give 32 hex digits")
    box = _box()
    window = [word ^ family for word, family in zip(struct.unpack(">4I", key), _FAMILY_KEY, strict=True)]
    keys = []
    for index in range(32):
        constant = int.from_bytes(bytes((4 * index + part) * 7 & 0xFF for part in range(4)), "big")
        mixed = window[1] ^ window[2] ^ window[3] ^ constant
        word = int.from_bytes(bytes(box[byte] for byte in mixed.to_bytes(4, "big")), "big")
        window = [*window[1:], window[0] ^ word ^ _rotate(word, 13) ^ _rotate(word, 23)]
        keys.append(window[3])
    return tuple(keys)


def _crypt(data: bytes, keys: tuple[int, ...]) -> bytes:
    if len(data) % BLOCK:
        raise InvalidInput("SM4 works on whole blocks of 16 bytes", field="data", remedy="cut off the rest first")
    t0, t1, t2, t3 = _round_tables()
    out = bytearray()
    for block in struct.iter_unpack(">4I", data):
        a, b, c, d = block
        for key in keys:
            mixed = b ^ c ^ d ^ key
            step = t0[mixed >> 24] ^ t1[mixed >> 16 & 0xFF] ^ t2[mixed >> 8 & 0xFF] ^ t3[mixed & 0xFF]
            a, b, c, d = b, c, d, a ^ step
        out += struct.pack(">4I", d, c, b, a)
    return bytes(out)


def encrypt_blocks(data: bytes, key: bytes) -> bytes:
    """Encrypt whole blocks (ECB).

    Args:
        data: a multiple of 16 bytes.
        key: 16 bytes.

    >>> key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    >>> encrypt_blocks(key, key).hex()
    '681edf34d206965e86b3e94f536e4246'
    """
    return _crypt(data, _round_keys(key))


def decrypt_blocks(data: bytes, key: bytes) -> bytes:
    """Decrypt whole blocks (ECB); arguments as in `encrypt_blocks`."""
    return _crypt(data, _round_keys(key)[::-1])
