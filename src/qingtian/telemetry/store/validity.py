"""The validity rule of an hour, taken from the rule pack by the date of the data."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from qingtian.domain.errors import InvalidInput

MINUTE_S = 60
WHOLE_HOUR_S = 3600


@lru_cache(maxsize=1024)
def min_valid_seconds(day: date) -> int:
    """Valid seconds that make an hour of a CEMS valid (HJ 76-2017 annex B in the pack: 45 minutes).

    Args:
        day: date of the data. Before the first rule only a whole hour counts as valid.
    """
    from qingtian.packs import load_packs

    try:
        return int(load_packs().validity_rule("cems", "hour", day).minimum) * MINUTE_S
    except InvalidInput:
        return WHOLE_HOUR_S
