"""Daily roots: which items a root stands for, and the proof that one item is under it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from qingtian.apps.evidence.models import DailyRoot, EvidenceItem
from qingtian.domain.evidence import EMPTY_ROOT, GENESIS, ChainBreak, Link, audit_path, merkle_root, verify_chain


@dataclass(frozen=True, slots=True)
class Proof:
    """That an item is under a daily root.

    Args:
        number: of the root.
        index: place of the item among its items.
        size: how many items there are.
        path: hashes from the item to the root.
    """

    number: int
    index: int
    size: int
    path: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """For the package."""
        return {"root": self.number, "index": self.index, "size": self.size, "path": list(self.path)}


def hashes_under(root: DailyRoot) -> list[str]:
    """Chain hashes of the items that a root stands for, in the order in which they were added."""
    if root.first_item is None or root.last_item is None:
        return []
    rows = EvidenceItem.objects.filter(pk__gte=root.first_item, pk__lte=root.last_item).order_by("pk")
    return list(rows.values_list("hash", flat=True))


def proofs_of(items: Iterable[EvidenceItem]) -> dict[int, Proof]:
    """Proofs by primary key of the item; what is newer than the last root has none yet."""
    wanted = sorted({item.pk for item in items})
    found: dict[int, Proof] = {}
    if not wanted:
        return found
    roots = DailyRoot.objects.filter(last_item__gte=wanted[0], first_item__lte=wanted[-1])
    for root in roots:
        rows = EvidenceItem.objects.filter(pk__gte=root.first_item, pk__lte=root.last_item).order_by("pk")
        pairs = list(rows.values_list("pk", "hash"))
        leaves = [one for _, one in pairs]
        places = {pk: place for place, (pk, _) in enumerate(pairs)}
        for pk in (one for one in wanted if one in places):
            path = tuple(audit_path(leaves, places[pk]))
            found[pk] = Proof(root.number, places[pk], len(leaves), path)
    return found


def root_link(root: DailyRoot) -> dict[str, Any]:
    """A root as it is kept at other places."""
    return {"record": root.record, "prev_hash": root.prev_hash, "hash": root.hash}


@dataclass(frozen=True, slots=True)
class RootReport:
    """The check of all daily roots.

    Args:
        roots: how many there are.
        broken: number of the first one that is not as it was; None when all are.
        reason: `record_changed`, `link_broken` or `items_changed`.
    """

    roots: int
    broken: int | None = None
    reason: str = ""

    @property
    def intact(self) -> bool:
        """Whether roots and items are as they were."""
        return self.broken is None


def verify_roots() -> RootReport:
    """Check the chain of the roots, and that each still stands for its items."""
    rows = list(DailyRoot.objects.order_by("number"))
    links = (Link(one.record, one.prev_hash, one.hash) for one in rows)
    broken: ChainBreak | None = verify_chain(links, start=GENESIS)
    for place, one in enumerate(rows):
        if broken is not None and broken.index == place:
            return RootReport(len(rows), one.number, broken.reason)
        hashes = hashes_under(one)
        if (merkle_root(hashes) if hashes else EMPTY_ROOT) != one.record["root"] or len(hashes) != one.record["items"]:
            return RootReport(len(rows), one.number, "items_changed")
    return RootReport(len(rows))
