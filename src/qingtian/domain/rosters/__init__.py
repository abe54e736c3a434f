"""Rosters: who is on duty when, by rotations, exceptions and the working-day calendar. Pure."""

from qingtian.domain.rosters.coverage import Clash, Span, clashes, gaps
from qingtian.domain.rosters.exceptions import Exchange, with_exchanges
from qingtian.domain.rosters.rotation import DayRule, Rotation, Shift, Turn, shifts_of

__all__ = [
    "Clash",
    "DayRule",
    "Exchange",
    "Rotation",
    "Shift",
    "Span",
    "Turn",
    "clashes",
    "gaps",
    "shifts_of",
    "with_exchanges",
]
