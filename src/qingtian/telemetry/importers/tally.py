"""What an import found, counted as it goes; plain values that a database can keep."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from qingtian.telemetry.importers.causes import WORDS, Found, Issue, Weight

EXAMPLES = 5  # of each cause, shown with its count
MOST_SITES = 5000


@dataclass(slots=True)
class Tally:
    """Counts of one pass over a file.

    Args:
        rows: rows read.
        values: values that can be taken over.
        causes: how often each cause was found.
        examples: the first of each.
        sites: values by site.
        items: values by item.
        first, last: start of the earliest and the latest period.
        gaps: spans of periods that every site lacks: first and last missing period, and how many.
    """

    rows: int = 0
    values: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    sites: Counter[str] = field(default_factory=Counter)
    items: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None
    gaps: list[tuple[datetime, datetime, int]] = field(default_factory=list)

    def note(self, issue: Issue, times: int = 1) -> None:
        """Count one thing that was found."""
        self.causes[issue.cause.value] += times
        shown = self.examples.setdefault(issue.cause.value, [])
        if len(shown) < EXAMPLES:
            shown.append({"line": issue.line, "field": issue.field, "text": issue.text[:80], "site": issue.site})

    def count(self, site: str, start: datetime, codes: list[str]) -> None:
        """Count the values of one row."""
        self.values += len(codes)
        self.sites[site] += len(codes)
        self.items.update(codes)
        if codes:
            self.first = start if self.first is None or start < self.first else self.first
            self.last = start if self.last is None or start > self.last else self.last

    @property
    def refused(self) -> list[Found]:
        """Causes for which nothing of the file is taken over."""
        return [cause for cause in Found if self.causes[cause.value] and WORDS[cause].weight is Weight.FILE]

    @property
    def row_errors(self) -> int:
        """Rows and cells that are not taken over."""
        return sum(self.causes[one.value] for one in Found if WORDS[one].weight is Weight.ROW)

    def as_json(self) -> dict[str, Any]:
        """As a database keeps it."""
        return {
            "rows": self.rows,
            "values": self.values,
            "row_errors": self.row_errors,
            "causes": dict(self.causes),
            "examples": self.examples,
            "sites": dict(self.sites.most_common(MOST_SITES)),
            "items": dict(self.items.most_common()),
            "first": self.first.isoformat() if self.first else None,
            "last": self.last.isoformat() if self.last else None,
            "gaps": [[a.isoformat(), b.isoformat(), n] for a, b, n in self.gaps],
            "refused": [one.value for one in self.refused],
        }


def gap_spans(seen: set[int], step: timedelta, epoch: datetime) -> list[tuple[datetime, datetime, int]]:
    """Runs of periods that nobody has, between the first and the last that somebody has.

    Args:
        seen: numbers of the periods that were seen, counted in steps from `epoch`.

    >>> from datetime import UTC
    >>> day = datetime(2025, 1, 1, tzinfo=UTC)
    >>> [(a.hour, b.hour, n) for a, b, n in gap_spans({0, 1, 4, 5, 7}, timedelta(hours=1), day)]
    [(2, 3, 2), (6, 6, 1)]
    """
    spans = []
    ordered = sorted(seen)
    for before, after in pairwise(ordered):
        if after - before > 1:
            spans.append((epoch + (before + 1) * step, epoch + (after - 1) * step, after - before - 1))
    return spans
