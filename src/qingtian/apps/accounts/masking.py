"""What is shown of a person or a rare species to those whose work does not need the whole: pure functions."""

from __future__ import annotations

import re
from math import floor

MOBILE = re.compile(r"(?<!\d)(1[3-9]\d)(?:[ -]?)(\d{4})(?:[ -]?)(\d{4})(?!\d)")
LANDLINE = re.compile(r"(?<!\d)(0(?:10|2\d|[3-9]\d{2})-?)(\d{3,4})(\d{4})(?!\d)")
IDENTITY = re.compile(r"(?<!\d)(\d{6})(?:19|20)\d{2}\d{4}\d{3}([\dXx])(?!\w)")
DIGITS = re.compile(r"\d")
COARSE_DEG = 0.1  # about 10 km: the cell that a rare species is told by
KEPT_DIGITS = 2


def masked_phone(phone: str) -> str:
    """A telephone number with its middle taken out; what has no known form keeps its last two digits.

    >>> masked_phone("13812345678"), masked_phone("027-85551234"), masked_phone("12345"), masked_phone("")
    ('138****5678', '027-****1234', '***45', '')
    """
    for known in (MOBILE, LANDLINE):
        if known.fullmatch(phone.strip()):
            return known.sub(_middle_out, phone.strip())
    digits = len(DIGITS.findall(phone))
    seen = iter(range(digits))
    return DIGITS.sub(lambda found: "*" if next(seen) < digits - KEPT_DIGITS else found.group(), phone)


def masked_text(text: str) -> str:
    """Free words with every telephone number and identity number in them masked.

    >>> masked_text("call 13812345678 or 027-85551234, card 420106199001011234")
    'call 138****5678 or 027-****1234, card 420106***********4'
    """
    text = IDENTITY.sub(lambda found: f"{found.group(1)}{'*' * 11}{found.group(2)}", text)
    return LANDLINE.sub(_middle_out, MOBILE.sub(_middle_out, text))


def masked_name(name: str) -> str:
    """A person's name by its first character alone.

    >>> masked_name("王建国"), masked_name("")
    ('王**', '')
    """
    return name[:1] + "*" * (len(name) - 1)


def generalised_point(lon: float, lat: float, cell_deg: float = COARSE_DEG) -> tuple[float, float]:
    """The middle of the cell that holds a point: as much as may be told of a rare species' place.

    Args:
        lon: degrees east, WGS 84.
        lat: degrees north, WGS 84.
        cell_deg: width of a cell, degrees.

    >>> generalised_point(114.3162, 30.5901)
    (114.35, 30.55)
    """
    return _middle(lon, cell_deg), _middle(lat, cell_deg)


def _middle(degrees: float, cell_deg: float) -> float:
    return round((floor(degrees / cell_deg) + 0.5) * cell_deg, 6)


def _middle_out(found: re.Match[str]) -> str:
    return f"{found.group(1)}****{found.group(3)}"
