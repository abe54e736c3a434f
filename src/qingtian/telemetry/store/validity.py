"""Validity rules taken from the rule packs by the date of the data: of an hour, and of a doubted value."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache

from qingtian.domain.errors import InvalidInput
from qingtian.runtime.clock import SHANGHAI

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


def excludes(causes: Iterable[str], at: datetime) -> bool:
    """Whether one of the causes keeps a value out of means and judgements, by the pack rows of its day."""
    from qingtian.packs.quality import quality_rules

    return not quality_rules(at.astimezone(SHANGHAI).date()).excluding.isdisjoint(causes)
