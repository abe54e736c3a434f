"""Which enterprises the law shows to everybody, by the class of their permit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from qingtian.domain.standards.provenance import RuleRow
from qingtian.packs.rulebook import Packs
from qingtian.packs.schema import PackRow, Text
from qingtian.packs.tables import Table, plainly


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure(RuleRow):
    """A class of permits whose holders are shown with limits and results.

    Args:
        permit_class: value of the field of that name of an enterprise.
    """

    permit_class: str
    label_zh: str
    label_en: str


class DisclosureRow(PackRow):
    """disclosures.csv."""

    permit_class: Text
    label_zh: Text
    label_en: Text


DISCLOSURES = Table(
    "disclosures.csv", DisclosureRow, plainly(Disclosure), lambda row: (row.permit_class,), "disclosure"
)
TABLES: tuple[Table[Any], ...] = (DISCLOSURES,)


def disclosures(packs: Packs, on: date, *, region: str = "CN") -> dict[str, Disclosure]:
    """Rows in force on a day, by class of permit."""
    return {row.permit_class: row for row in packs.in_force(DISCLOSURES, on, region)}
