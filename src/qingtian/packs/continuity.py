"""Validity in time: no two rows of one key in force together, no gap where the key must not have one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from qingtian.domain.errors import ConfigurationError
from qingtian.domain.standards.provenance import RuleRow

Row = TypeVar("Row", bound=RuleRow)


@dataclass(frozen=True, slots=True)
class Gap:
    """Days between two rows of a key on which none is in force."""

    key: tuple[Hashable, ...]
    first: date
    last: date
    before: str
    after: str


def refuse_overlaps(name: str, rows: Iterable[Row], key: Callable[[Row], tuple[Hashable, ...]]) -> None:
    """Refuse two rows with one key, one region and a common day, and a row_id that is there twice.

    Raises:
        ConfigurationError: names both rows.
    """
    _refuse_twins(name, rows := tuple(rows))
    for group in _groups(rows, key).values():
        for older, newer in itertools.pairwise(group):
            if older.valid_to is None or newer.valid_from <= older.valid_to:
                raise ConfigurationError(
                    f"{older.row_id} and {newer.row_id} are both in force on {newer.valid_from}",
                    field=f"{name}:valid_to",
                    remedy=f"end {older.row_id} before {newer.valid_from}",
                    file=name,
                    rows=[older.row_id, newer.row_id],
                )


def gaps(rows: Iterable[Row], key: Callable[[Row], tuple[Hashable, ...]]) -> tuple[Gap, ...]:
    """Days without a rule between the rows of one key."""
    found = []
    for group_key, group in _groups(rows, key).items():
        for older, newer in itertools.pairwise(group):
            if older.valid_to is not None and newer.valid_from > older.valid_to + timedelta(days=1):
                first, last = older.valid_to + timedelta(days=1), newer.valid_from - timedelta(days=1)
                found.append(Gap(group_key, first, last, older.row_id, newer.row_id))
    return tuple(found)


def refuse_gaps(name: str, rows: Iterable[Row], key: Callable[[Row], tuple[Hashable, ...]]) -> None:
    """Refuse a key that has days without a rule between two rows.

    Raises:
        ConfigurationError: names the days and the two rows.
    """
    for gap in gaps(rows, key):
        raise ConfigurationError(
            f"no row is in force from {gap.first} to {gap.last}, between {gap.before} and {gap.after}",
            field=f"{name}:valid_from",
            remedy=f"let {gap.after} follow {gap.before} day on day",
            file=name,
            rows=[gap.before, gap.after],
        )


def _refuse_twins(name: str, rows: Iterable[RuleRow]) -> None:
    seen: set[str] = set()
    for row in rows:
        if row.row_id in seen:
            raise ConfigurationError(
                f"{row.row_id} is there twice", field=f"{name}:row_id", remedy="give each row its own id", file=name
            )
        seen.add(row.row_id)


def _groups(rows: Iterable[Row], key: Callable[[Row], tuple[Hashable, ...]]) -> dict[tuple[Hashable, ...], list[Row]]:
    groups: dict[tuple[Hashable, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault((*key(row), row.region), []).append(row)
    for group in groups.values():
        group.sort(key=lambda row: row.valid_from)
    return groups
