"""Closed lists of the ledgers."""

from __future__ import annotations

from enum import StrEnum


class EntryState(StrEnum):
    """How far an entry is; the last step says it."""

    DRAFT = "draft"
    APPROVED = "approved"
    POSTED = "posted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


# What may follow what; posted, refused and withdrawn entries are final, a mistake gets its opposite.
NEXT: dict[EntryState, tuple[EntryState, ...]] = {
    EntryState.DRAFT: (EntryState.APPROVED, EntryState.REFUSED, EntryState.WITHDRAWN),
    EntryState.APPROVED: (EntryState.POSTED, EntryState.WITHDRAWN),
    EntryState.POSTED: (),
    EntryState.REFUSED: (),
    EntryState.WITHDRAWN: (),
}


class EntryForm(StrEnum):
    """How an entry came about."""

    PLAIN = "plain"
    ALLOCATION = "allocation"  # a need with its replacement factor
    SPLIT = "split"  # a pool by weights
    REVERSAL = "reversal"
