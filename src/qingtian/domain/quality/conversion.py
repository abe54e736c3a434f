"""Converted values: concentration x (21 - O2 reference) / (21 - O2 measured), as the emission standards convert."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from qingtian.domain.quality.causes import Cause, unpack_doubts
from qingtian.domain.quality.measured import JUDGED_MARKS, Measured, last_place

ONE = Decimal(1)
LEAST_STEPS = 50  # below so many steps of its last decimal place a value's ratio is mostly rounding


@dataclass(frozen=True, slots=True)
class Conversion:
    """What a converted value must agree with.

    Args:
        row_id: the pack row.
        oxygen: code of the measured oxygen.
        air: oxygen of air in the formula, percent.
        highest: measured oxygen above which the formula is not judged (devices cap it), percent.
        tolerance: how far reference oxygens may differ, percentage points.
    """

    row_id: str
    oxygen: str
    air: float
    highest: float
    tolerance: float

    def implied(self, row: Measured, oxygen: float) -> float | None:
        """The reference oxygen that a converted value was made with, percent; None where rounding hides it."""
        if row.converted is None or row.value is None or row.mark not in JUDGED_MARKS or row.pollutant == self.oxygen:
            return None
        if row.value <= 0 or row.value < LEAST_STEPS * min(last_place(row.value), ONE):
            return None
        return self.air - float(row.converted) / float(row.value) * (self.air - oxygen)

    def measured(self, rows: Sequence[Measured]) -> float | None:
        """The oxygen of a frame, percent; None where it is not judged."""
        for row in rows:
            if row.pollutant == self.oxygen and row.value is not None and row.mark in JUDGED_MARKS:
                value = float(row.value)
                return value if 0 <= value <= self.highest else None
        return None

    def agreed(self, rows: Sequence[Measured]) -> float | None:
        """The reference oxygen that a stored frame was converted with; a doubted one tells the usual one."""
        oxygen = self.measured(rows)
        if oxygen is None:
            return None
        found: list[tuple[Decimal, float]] = []
        for row in rows:
            facts = {one.cause: one.facts for one in unpack_doubts(row.qc_facts)} if row.qc_facts else {}
            usual = facts.get(Cause.CONVERSION_MISMATCH, {}).get("usual")
            if usual:
                return float(usual)
            implied = self.implied(row, oxygen)
            if implied is not None and row.value is not None and Cause.CONVERSION_MISMATCH not in facts:
                found.append((row.value, implied))
        return max(found)[1] if found else None
