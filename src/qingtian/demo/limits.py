"""Limits of the outlets of the city, looked up in the packs: no limit is written down here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from qingtian.demo.sources import Use
from qingtian.domain.errors import ConfigurationError
from qingtian.packs import load_packs


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of one pollutant at one kind of outlet, from a pack row.

    Args:
        rule_row: id of the pack row.
        cycle: `hour` or `day`.
        reference_o2: reference oxygen to which the value is converted, %; empty = judged as measured.
    """

    pollutant: str
    cycle: str
    limit: Decimal
    unit: str
    standard: str
    rule_row: str
    reference_o2: str = ""


LimitsOf = Callable[[Use, date], dict[str, Limit]]


def pack_limits(use: Use, on: date) -> dict[str, Limit]:
    """Limits of a kind of outlet from the national packs; where conditions differ, the strictest row.

    Raises:
        ConfigurationError: a pack lacks a row that the city is built on.
    """
    packs = load_packs()
    oxygen = _reference_oxygen(use, on)
    found = {}
    for item in use.items:
        rows = packs.emission_limits(on, standard=use.standard, category=use.category, pollutant=item.code)
        by_hour = [row for row in rows if row.period == "hour"]
        row = min(by_hour or [row for row in rows if row.period == "day"], key=lambda one: one.limit, default=None)
        if row is None:
            raise ConfigurationError(
                f"no limit for {item.code} in {use.standard}, {use.category}", field=use.code, remedy="add the pack row"
            )
        found[item.code] = Limit(
            pollutant=item.code,
            cycle=row.period,
            limit=row.limit,
            unit=row.unit,
            standard=row.standard,
            rule_row=row.row_id,
            reference_o2=oxygen,
        )
    return found


def _reference_oxygen(use: Use, on: date) -> str:
    if not use.oxygen_category:
        return ""
    for row in load_packs().reference_oxygen(on, standard=use.standard):
        if row.category == use.oxygen_category:
            return str(row.reference_o2)
    raise ConfigurationError(
        f"no reference oxygen for {use.oxygen_category} in {use.standard}", field=use.code, remedy="add the pack row"
    )
