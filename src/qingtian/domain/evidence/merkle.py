"""Merkle trees over hashes (RFC 6962, section 2.1): one root a day stands for every item of that day."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from qingtian.domain.errors import InvalidInput

EMPTY_ROOT = hashlib.sha256(b"").hexdigest()


def merkle_root(leaves: Sequence[str]) -> str:
    """Root of a tree of hex hashes: leaf = SHA256(00 || hash), node = SHA256(01 || left || right).

    >>> merkle_root([]) == EMPTY_ROOT
    True
    """
    return _root([_leaf(one) for one in leaves]).hex() if leaves else EMPTY_ROOT


def audit_path(leaves: Sequence[str], index: int) -> list[str]:
    """The hashes that lead from one leaf to the root, from below.

    Raises:
        InvalidInput: there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise InvalidInput(f"there is no leaf {index}", field="index", remedy=f"give 0 to {len(leaves) - 1}")
    return [one.hex() for one in _path([_leaf(one) for one in leaves], index)]


def root_of_path(leaf: str, index: int, size: int, path: Sequence[str]) -> str:
    """The root that a path leads to; the path proves its leaf when this is the anchored root.

    Args:
        index: place of the leaf.
        size: leaves of the tree.
    Raises:
        InvalidInput: the path has not the length that the place asks for.

    >>> day = ["aa" * 32, "bb" * 32, "cc" * 32]
    >>> root_of_path(day[2], 2, 3, audit_path(day, 2)) == merkle_root(day)
    True
    """
    if not 0 <= index < size:
        raise InvalidInput(f"there is no leaf {index}", field="index", remedy=f"give 0 to {size - 1}")
    node, place, last = _leaf(leaf), index, size - 1
    for text in path:
        if last == 0:
            raise InvalidInput("the path is too long", field="path", remedy="take the path of this leaf")
        other = bytes.fromhex(text)
        if place % 2 or place == last:
            node = _node(other, node)
            while place % 2 == 0:  # a right edge climbs alone until it is a right child
                place, last = place // 2, last // 2
        else:
            node = _node(node, other)
        place, last = place // 2, last // 2
    if last:
        raise InvalidInput("the path is too short", field="path", remedy="take the path of this leaf")
    return node.hex()


def _leaf(text: str) -> bytes:
    return hashlib.sha256(b"\x00" + bytes.fromhex(text)).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _cut(count: int) -> int:
    return 1 << (count - 1).bit_length() - 1  # the largest power of two below the count


def _root(nodes: list[bytes]) -> bytes:
    if len(nodes) == 1:
        return nodes[0]
    cut = _cut(len(nodes))
    return _node(_root(nodes[:cut]), _root(nodes[cut:]))


def _path(nodes: list[bytes], index: int) -> list[bytes]:
    if len(nodes) == 1:
        return []
    cut = _cut(len(nodes))
    if index < cut:
        return [*_path(nodes[:cut], index), _root(nodes[cut:])]
    return [*_path(nodes[cut:], index - cut), _root(nodes[:cut])]
