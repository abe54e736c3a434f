"""Where a rule comes from and when it holds: the fields that every pack row carries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """A row of a rule pack.

    Args:
        row_id: stable name of the row; judgements and limits refer to it.
        standard: number and year of the standard or rule.
        clause: the place in it.
        source: where the figure was read.
        valid_from: first day of data that the row judges.
        valid_to: last such day; None while it is in force.
        region: administrative code, or CN for the whole country.
        confidence: "verified by n sources", "memory" or "decision of this project".
        overrides: row_ids of a wider region that do not hold where this row does.
    """

    row_id: str
    standard: str
    clause: str
    source: str
    valid_from: date
    valid_to: date | None = None
    region: str = "CN"
    confidence: str
    note: str = ""
    overrides: tuple[str, ...] = ()

    def in_force(self, on: date) -> bool:
        """Whether the row judges data of a day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    @property
    def unverified(self) -> bool:
        """Whether the figure is from memory only and must be shown as unverified.

        >>> from datetime import date
        >>> row = dict(row_id="r", standard="S", clause="1", source="", valid_from=date(2020, 1, 1))
        >>> [RuleRow(**row, confidence=c).unverified for c in ("memory", "verified by 2 sources")]
        [True, False]
        """
        return "verified" not in self.confidence


def region_chain(region: str) -> tuple[str, ...]:
    """Regions whose rows hold in a place, the nearest first.

    Args:
        region: GB/T 2260 code of six digits, or CN.

    >>> region_chain("420106")
    ('420106', '420100', '420000', 'CN')
    """
    if region == "CN":
        return ("CN",)
    chain = [region, region[:4] + "00", region[:2] + "0000", "CN"]
    return tuple(dict.fromkeys(chain))
