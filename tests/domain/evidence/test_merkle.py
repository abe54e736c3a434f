"""Daily roots: RFC 6962 trees, and the proof that an item is under its root."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.evidence import EMPTY_ROOT, audit_path, merkle_root, root_of_path
from qingtian.verifier import proven


def day(count: int) -> list[str]:
    return [hashlib.sha256(bytes([number % 256, number // 256])).hexdigest() for number in range(count)]


def test_known_roots() -> None:
    one, two, three = day(3)

    def leaf(text: str) -> bytes:
        return hashlib.sha256(b"\x00" + bytes.fromhex(text)).digest()

    def node(left: bytes, right: bytes) -> bytes:
        return hashlib.sha256(b"\x01" + left + right).digest()

    assert merkle_root([]) == EMPTY_ROOT == hashlib.sha256(b"").hexdigest()
    assert merkle_root([one]) == leaf(one).hex()
    assert merkle_root([one, two, three]) == node(node(leaf(one), leaf(two)), leaf(three)).hex()


@given(st.integers(1, 300), st.data())
def test_every_item_is_proven_and_nothing_else(count: int, data: st.DataObject) -> None:
    leaves = day(count)
    index = data.draw(st.integers(0, count - 1))
    root, path = merkle_root(leaves), audit_path(leaves, index)
    assert root_of_path(leaves[index], index, count, path) == root
    known = {1: {"record": {"root": root, "items": count}}}
    proof = {"root": 1, "index": index, "size": count, "path": path}
    assert proven({"hash": leaves[index]}, proof, known)
    other = data.draw(st.integers(0, count - 1).filter(lambda one: one != index) if count > 1 else st.just(0))
    if other != index:
        assert not proven({"hash": leaves[other]}, proof, known)
        assert not proven({"hash": leaves[index]}, proof | {"index": other}, known)
    if path:
        assert not proven({"hash": leaves[index]}, proof | {"path": path[:-1]}, known)
        assert not proven({"hash": leaves[index]}, proof | {"path": [*path[:-1], "00" * 32]}, known)
    assert not proven({"hash": leaves[index]}, proof | {"path": [*path, "00" * 32]}, known)


@pytest.mark.parametrize(("index", "size", "path"), [(-1, 3, []), (3, 3, []), (0, 3, []), (0, 1, ["00" * 32])])
def test_paths_that_do_not_fit_are_refused(index: int, size: int, path: list[str]) -> None:
    with pytest.raises(InvalidInput):
        root_of_path("aa" * 32, index, size, path)


def test_there_is_no_path_of_an_item_that_is_not_there() -> None:
    with pytest.raises(InvalidInput, match="there is no leaf 2"):
        audit_path(day(2), 2)
