"""Hash chain: h_0 = 64 zeros, h_i = SHA256(ascii(h_(i-1)) || canonical_json(record_i)) (section 9)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from qingtian.domain.evidence.canonical import canonical_json

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Link:
    """One stored record with the hashes that were stored beside it."""

    record: Mapping[str, Any]
    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class ChainBreak:
    """The first record that does not fit.

    Args:
        index: position in the chain, from 0.
        reason: `record_changed`, or `link_broken` when its predecessor is missing or another one.
        expected: the hash that should be there.
        found: the hash that is there.
    """

    index: int
    reason: str
    expected: str
    found: str


def next_hash(prev_hash: str, record: Mapping[str, Any]) -> str:
    """Hash of a record that follows `prev_hash` (hex, lower case).

    >>> next_hash(GENESIS, {"kind": "review"})[:12]
    'b4ed9ff53238'
    """
    return hashlib.sha256(prev_hash.encode("ascii") + canonical_json(record)).hexdigest()


def build_chain(records: Iterable[Mapping[str, Any]], *, start: str = GENESIS) -> list[Link]:
    """Chain records in order."""
    links: list[Link] = []
    for record in records:
        prev = links[-1].hash if links else start
        links.append(Link(record, prev, next_hash(prev, record)))
    return links


def verify_chain(links: Iterable[Link], *, start: str = GENESIS) -> ChainBreak | None:
    """The first break of a chain; None when it is whole.

    Args:
        links: records in order, with their stored hashes.
        start: hash before the first record.
    """
    prev = start
    for index, link in enumerate(links):
        if link.prev_hash != prev:
            return ChainBreak(index, "link_broken", prev, link.prev_hash)
        expected = next_hash(prev, link.record)
        if link.hash != expected:
            return ChainBreak(index, "record_changed", expected, link.hash)
        prev = link.hash
    return None
