"""One cell of a file as a number: below detection, words, placeholders and gaps told apart."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from qingtian.domain.hj212 import read_number
from qingtian.domain.hj212.numbers import NoNumber
from qingtian.telemetry.importers.causes import Found
from qingtian.telemetry.importers.mapping import Item
from qingtian.telemetry.importers.units import Conversion
from qingtian.telemetry.store.rows import exact, storable
from qingtian.telemetry.values import SENTINELS

NOTHING = frozenset({"nan", "na", "n/a", "null", "none", "-", "--", "---", "—", "——", "*", "/", "无", "缺测", "未测"})
# A logger's -999 and the -9999 of archives; positive nines are believed only where the mapping names them.
_NINES = frozenset({Decimal(-9999), Decimal(-99999)})
PLACEHOLDERS = SENTINELS | _NINES | {Decimal(-99), Decimal(-999)}
NOT_DETECTED = frozenset({"nd", "n.d.", "未检出", "<dl", "bdl"})
_BELOW = re.compile(r"[<＜]\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?)|(\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?)\s*[Ll]")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell says.

    Args:
        value: in the unit of the store; None when there is none.
        below: whether the value is a detection limit that the true one lies under.
        found: why there is none, or what is worth knowing.
        raw: the number in the unit of the file.
    """

    value: Decimal | None = None
    below: bool = False
    found: Found | None = None
    raw: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CellReader:
    """Reads the cells of one item.

    Args:
        item: what the values are.
        conversion: from the unit of the file to that of the store.
        nothing: further texts that mean "no value", lower case.
        placeholders: further numbers that mean it.
    """

    item: Item
    conversion: Conversion = field(default_factory=Conversion)
    nothing: frozenset[str] = frozenset()
    placeholders: frozenset[Decimal] = frozenset()

    def read(self, text: str, limit: str = "", conversion: Conversion | None = None) -> Cell:
        """A cell.

        Args:
            text: as written.
            limit: detection limit of the row, for "not detected".
            conversion: of the row's own unit.
        """
        plain = text.strip()
        if not plain:
            return Cell(found=Found.EMPTY_CELL)
        low = plain.lower()
        if plain in self.item.words:
            plain = self.item.words[plain].strip()
            if not plain:
                return Cell(found=Found.WORD_FOR_NOTHING)
        elif low in NOTHING or low in self.nothing:
            return Cell(found=Found.WORD_FOR_NOTHING)
        elif low in NOT_DETECTED:
            return self._below(limit, conversion) if limit.strip() else Cell(found=Found.NO_DETECTION_LIMIT)
        elif (below := _BELOW.fullmatch(plain)) is not None:
            return self._below(below[1] or below[2], conversion)
        return self._number(plain, conversion)

    def _number(self, plain: str, conversion: Conversion | None) -> Cell:
        if _THOUSANDS.fullmatch(plain):
            plain = plain.replace(",", "")
        # -99 may be a right value of what can be negative.
        common = _NINES if self.item.signed else PLACEHOLDERS
        reading = read_number(plain, common | self.placeholders if self.placeholders else common)
        value = reading.value
        if value is None:
            if reading.reason is NoNumber.SENTINEL:
                return Cell(found=Found.SENTINEL)
            return Cell(found=Found.UNKNOWN_WORD if self.item.words else Found.NOT_A_NUMBER)
        if value < 0 and not self.item.signed:
            return Cell(found=Found.NEGATIVE)
        stored = (conversion or self.conversion).of(value)
        if not storable(stored) or not storable(value):
            return Cell(found=Found.TOO_LARGE)
        return Cell(exact(stored), raw=value)

    def _below(self, limit: str, conversion: Conversion | None) -> Cell:
        reading = read_number(limit.strip().lstrip("<＜").rstrip("Ll").strip())
        if reading.value is None or reading.value <= 0:
            return Cell(found=Found.NO_DETECTION_LIMIT)
        stored = (conversion or self.conversion).of(reading.value)
        if not storable(stored):
            return Cell(found=Found.TOO_LARGE)
        return Cell(exact(stored), below=True, found=Found.BELOW_DETECTION, raw=reading.value)


def placeholders_of(nothing: tuple[str, ...]) -> tuple[frozenset[str], frozenset[Decimal]]:
    """Words and numbers of a mapping that mean "no value".

    >>> words, numbers = placeholders_of(("9999", "故障"))
    >>> sorted(words), sorted(numbers)
    (['故障'], [Decimal('9999')])
    """
    numbers = {one: read_number(one).value for one in nothing}
    return (
        frozenset(one.strip().lower() for one, value in numbers.items() if value is None),
        frozenset(value for value in numbers.values() if value is not None),
    )
