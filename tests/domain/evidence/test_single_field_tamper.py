"""Every single change of a stored chain is found at its place, whichever field of whichever record it touches."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.evidence import GENESIS, Link, build_chain, canonical_json, next_hash, verify_chain

RECORDS: list[dict[str, Any]] = [
    {
        "kind": "observation",
        "object": "DA001",
        "parameter": "a21002",
        "value": Decimal("120.0"),
        "unit": "mg/m3",
        "mark": "N",
        "simulated": False,
        "period": {"start": "2026-03-02T08:00:00+08:00", "seconds": 3600},
    },
    {"kind": "judgement", "verdict": "exceeds", "rows": ["gb13223-2011.nox", "mark.n"], "coverage": 52},
    {"kind": "photo", "sha256": "a" * 64, "by": "u-17", "note": "烟道旁路开启", "place": None},
    {"kind": "review", "by": "u-9", "result": "pass", "steps": [{"n": 1, "ok": True}, {"n": 2, "ok": False}]},
]
LINKS = build_chain(RECORDS)


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every single value inside a record."""
    if isinstance(value, Mapping):
        return [one for key, item in value.items() for one in places(item, (*path, key))]
    if isinstance(value, list):
        return [one for index, item in enumerate(value) for one in places(item, (*path, index))]
    return [path]


def other(value: object) -> object:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, Decimal):
        return value + Decimal("0.1")
    return "" if value is None else f"{value} "


def changed(record: Any, path: tuple[Any, ...], new: object) -> Any:
    if not path:
        return new
    copy: Any = dict(record) if isinstance(record, Mapping) else list(record)
    copy[path[0]] = changed(record[path[0]], path[1:], new)
    return copy


def at(record: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        record = record[key]
    return record


SPOTS = [(index, path) for index, record in enumerate(RECORDS) for path in places(record)]


def broken(links: list[Link]) -> tuple[int, str] | None:
    found = verify_chain(links)
    return None if found is None else (found.index, found.reason)


@pytest.mark.parametrize(("index", "path"), SPOTS, ids=str)
def test_a_changed_value_is_found_in_its_record(index: int, path: tuple[Any, ...]) -> None:
    forged = changed(RECORDS[index], path, other(at(RECORDS[index], path)))
    links = [*LINKS]
    links[index] = replace(links[index], record=forged)
    assert broken(links) == (index, "record_changed")


@pytest.mark.parametrize(("index", "path"), SPOTS, ids=str)
def test_a_forger_who_hashes_anew_is_found_one_record_later(index: int, path: tuple[Any, ...]) -> None:
    forged = changed(RECORDS[index], path, other(at(RECORDS[index], path)))
    links = [*LINKS]
    links[index] = Link(forged, links[index].prev_hash, next_hash(links[index].prev_hash, forged))
    last = index == len(LINKS) - 1
    # The end of a chain is held by what is kept beside it: its last hash.
    assert broken(links) == (None if last else (index + 1, "link_broken"))
    assert links[-1].hash != LINKS[-1].hash or not last


@pytest.mark.parametrize("index", range(len(RECORDS)))
def test_a_removed_or_added_field_is_found(index: int) -> None:
    for key in RECORDS[index]:
        rest = {name: value for name, value in RECORDS[index].items() if name != key}
        links = [*LINKS]
        links[index] = replace(links[index], record=rest)
        assert broken(links) == (index, "record_changed")
    links = [*LINKS]
    links[index] = replace(links[index], record=RECORDS[index] | {"more": None})
    assert broken(links) == (index, "record_changed")


@pytest.mark.parametrize("order", [one for one in itertools.permutations(range(4)) if one != (0, 1, 2, 3)])
def test_another_order_breaks_the_first_link_that_moved(order: tuple[int, ...]) -> None:
    first = next(place for place, index in enumerate(order) if place != index)
    assert broken([LINKS[index] for index in order]) == (first, "link_broken")


@pytest.mark.parametrize("index", range(len(RECORDS)))
def test_a_record_that_was_taken_out_or_put_in_twice_is_found(index: int) -> None:
    without = LINKS[:index] + LINKS[index + 1 :]
    assert broken(without) == (None if index == len(LINKS) - 1 else (index, "link_broken"))
    twice = LINKS[: index + 1] + LINKS[index:]
    assert broken(twice) == (index + 1, "link_broken")


@pytest.mark.parametrize("index", range(len(RECORDS)))
@pytest.mark.parametrize("digit", [0, 31, 63])
def test_one_digit_of_a_stored_hash_is_enough(index: int, digit: int) -> None:
    for name, reason in (("hash", "record_changed"), ("prev_hash", "link_broken")):
        stored = getattr(LINKS[index], name)
        flipped = stored[:digit] + ("0" if stored[digit] != "0" else "1") + stored[digit + 1 :]
        links = [*LINKS]
        links[index] = replace(links[index], **{name: flipped})
        assert broken(links) == (index, reason)


def test_a_chain_hangs_on_its_start() -> None:
    assert broken(LINKS) is None
    found = verify_chain(LINKS, start="1" * 64)
    assert found is not None
    assert (found.index, found.reason, found.expected, found.found) == (0, "link_broken", "1" * 64, GENESIS)


# -- the bytes that are hashed ---------------------------------------------------------------------------------------

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcß中", max_size=4), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text("abcß中", max_size=4), PLAIN, max_size=5)


@given(OBJECTS)
def test_canonical_bytes_read_back_as_the_same_record_with_sorted_keys(record: dict[str, Any]) -> None:
    text = canonical_json(record).decode("utf-8")
    assert json.loads(text) == record
    pairs = json.loads(text, object_pairs_hook=lambda items: [key for key, _ in items] if items else [])
    assert pairs == sorted(record)


@given(OBJECTS, st.randoms(use_true_random=False))
def test_the_order_in_which_keys_were_put_in_does_not_matter(record: dict[str, Any], chance: Any) -> None:
    keys = list(record)
    chance.shuffle(keys)
    assert canonical_json({key: record[key] for key in keys}) == canonical_json(record)


@given(OBJECTS, OBJECTS)
def test_two_records_share_their_bytes_only_when_they_are_equal(one: dict[str, Any], two: dict[str, Any]) -> None:
    # JSON tells true from 1, which Python's equality does not.
    assert (canonical_json(one) == canonical_json(two)) == (
        json.dumps(one, sort_keys=True) == json.dumps(two, sort_keys=True)
    )


@given(st.lists(OBJECTS, max_size=5))
def test_each_hash_is_sha_256_of_the_one_before_and_the_bytes(records: list[dict[str, Any]]) -> None:
    before = "0" * 64
    for link, record in zip(build_chain(records), records, strict=True):
        plain = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        before = hashlib.sha256((before + plain).encode("utf-8")).hexdigest()
        assert link.hash == before


@pytest.mark.parametrize(
    ("record", "place"),
    [
        ({"a": 1.5}, "$.a"),
        ({"a": {"b": [0, float("nan")]}}, "$.a.b[1]"),
        ({"a": Decimal("NaN")}, "$.a"),
        ({"a": [Decimal("Infinity")]}, "$.a[0]"),
        ({"a": "x\x00y"}, "$.a"),
        ({"a\x00": 1}, "$"),
        ({"a": {1: "x"}}, "$.a"),
        ({"a": b"bytes"}, "$.a"),
        ({"a": {"b": {"c": object}}}, "$.a.b.c"),
        ({"a": "\ud800"}, "$"),
    ],
    ids=str,
)
def test_what_has_no_canonical_form_is_named_by_its_place(record: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        canonical_json(record)
    assert caught.value.field == place
    assert caught.value.remedy


def test_a_decimal_keeps_its_written_zeros_and_never_an_exponent() -> None:
    written = canonical_json({"a": Decimal("120.0"), "b": Decimal("1E+3"), "c": Decimal("1E-7"), "d": Decimal("-0.50")})
    assert written == b'{"a":"120.0","b":"1000","c":"0.0000001","d":"-0.50"}'
    assert canonical_json({"a": Decimal("120")}) != canonical_json({"a": Decimal("120.0")})
