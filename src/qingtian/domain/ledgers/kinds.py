"""What a ledger counts: a row of the packs."""

from __future__ import annotations

from dataclasses import dataclass

from qingtian.domain.standards.provenance import RuleRow


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerKind(RuleRow):
    """One ledger.

    Args:
        ledger: code.
        item_zh, item_en: what an item of it is called.
        units: units that its accounts may count in.
        digits: decimal places of its amounts.
        kinds: kinds of accounts that it has.
        details: what every entry must state besides, such as price and term of a trade.
    """

    ledger: str
    label_zh: str
    label_en: str
    item_zh: str
    item_en: str
    units: tuple[str, ...]
    digits: int
    kinds: tuple[str, ...]
    details: tuple[str, ...] = ()
