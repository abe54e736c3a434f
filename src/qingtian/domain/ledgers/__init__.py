"""Ledgers: double entry with units, reversal, replacement factors, and exact splits."""

from __future__ import annotations

from qingtian.domain.ledgers.balance import Need, ReplacementRule, allocate, endow, taken
from qingtian.domain.ledgers.kinds import LedgerKind
from qingtian.domain.ledgers.ledger import Account, AccountKind, Entry, Ledger, Posting, Shortfall, Unbalanced, replay
from qingtian.domain.ledgers.split import Part, split, split_entry

__all__ = [
    "Account",
    "AccountKind",
    "Entry",
    "Ledger",
    "LedgerKind",
    "Need",
    "Part",
    "Posting",
    "ReplacementRule",
    "Shortfall",
    "Unbalanced",
    "allocate",
    "endow",
    "replay",
    "split",
    "split_entry",
    "taken",
]
