"""Unified social credit code: the check of GB 32100 (18 characters; letters I, O, S, V, Z are not used)."""

from __future__ import annotations

from qingtian.domain.errors import InvalidInput

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
MODULUS = 31
LENGTH = 18
BASE = 3  # weight of place i is 3^i mod 31: 1, 3, 9, 27, 19, ...


def check_character(first17: str) -> str:
    """The check character of the first 17 characters: (31 - sum(value x 3^i) mod 31) mod 31.

    >>> check_character("91420100MA4K00001")
    'U'
    """
    total = sum(ALPHABET.index(character) * pow(BASE, place, MODULUS) for place, character in enumerate(first17))
    return ALPHABET[-total % MODULUS]


def check_credit_code(code: str) -> str:
    """The code, if it is well formed.

    Raises:
        InvalidInput: says whether length, a character or the check character is wrong.

    >>> check_credit_code("91420100MA4K00001U")
    '91420100MA4K00001U'
    """
    if len(code) != LENGTH:
        raise _wrong(f"a credit code has {LENGTH} characters, not {len(code)}", code)
    foreign = sorted({character for character in code if character not in ALPHABET})
    if foreign:
        raise _wrong(f"a credit code cannot hold {', '.join(foreign)}", code)
    if (expected := check_character(code[:-1])) != code[-1]:
        raise _wrong(f"the check character should be {expected}, not {code[-1]}", code)
    return code


def _wrong(reason: str, code: str) -> InvalidInput:
    return InvalidInput(reason, field="uscc", remedy="compare with the business licence", value=code, clause="GB 32100")
