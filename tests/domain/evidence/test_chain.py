from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.evidence import GENESIS, build_chain, next_hash, verify_chain

# E-V1 of the domain model.
RECORDS: list[dict[str, str]] = [
    {
        "kind": "observation",
        "object": "DA001",
        "param": "a21002",
        "start": "2026-03-02T08:00:00+08:00",
        "unit": "mg/m3",
        "value": "120.0",
    },
    {"kind": "video", "object": "DA001", "sha256": "a" * 64, "start": "2026-03-02T08:05:00+08:00"},
    {"by": "u-17", "kind": "review", "result": "pass", "start": "2026-03-02T10:00:00+08:00"},
]
HASHES = [
    "f6c86b97ea65f17a5cd60b6f067f1c614c102285ab24dd036634425731b0c2b8",
    "8ae54edef8f848f0ff22f2dcd737d8b50422ace0a96a2d25315a09ab05274e38",
    "5a8b91fe8e3214de1bd2af3305741e4da84853fb8dbcbaaca2060ef9ea9c35b1",
]


def test_e_v1_the_three_hashes() -> None:
    assert [link.hash for link in build_chain(RECORDS)] == HASHES


def test_e_v2_a_changed_value_gives_another_hash_and_breaks_at_record_0() -> None:
    links = build_chain(RECORDS)
    forged = {**RECORDS[0], "value": "100.0"}
    assert next_hash(GENESIS, forged) == "42109c4bae0f9a1fb164f9d693daca99d56a85d591e20c3257efd063b62ceb82"
    links[0] = replace(links[0], record=forged)
    broken = verify_chain(links)
    assert broken is not None
    assert (broken.index, broken.reason, broken.found) == (0, "record_changed", HASHES[0])


def test_a_whole_chain_has_no_break() -> None:
    assert verify_chain(build_chain(RECORDS)) is None
    assert verify_chain([]) is None


def test_a_removed_record_breaks_the_link_after_it() -> None:
    links = build_chain(RECORDS)
    broken = verify_chain([links[0], links[2]])
    assert broken is not None
    assert (broken.index, broken.reason, broken.expected) == (1, "link_broken", HASHES[0])


def test_a_forger_who_recomputes_one_hash_breaks_the_next_link() -> None:
    links = build_chain(RECORDS)
    forged = {**RECORDS[1], "object": "DA002"}
    links[1] = replace(links[1], record=forged, hash=next_hash(HASHES[0], forged))
    broken = verify_chain(links)
    assert broken is not None
    assert (broken.index, broken.reason) == (2, "link_broken")


def test_a_chain_can_go_on_from_a_known_hash() -> None:
    tail = build_chain(RECORDS[1:], start=HASHES[0])
    assert [link.hash for link in tail] == HASHES[1:]
    assert verify_chain(tail, start=HASHES[0]) is None
    assert verify_chain(tail) is not None


@given(st.integers(1, 12), st.data())
def test_any_single_change_is_found_at_or_right_after_its_place(size: int, data: st.DataObject) -> None:
    links = build_chain([{"n": number, "text": f"记录{number}"} for number in range(size)])
    place = data.draw(st.integers(0, size - 1))
    part = data.draw(st.sampled_from(["record", "prev_hash", "hash"]))
    value: object = {"n": -1} if part == "record" else "f" * 64
    links[place] = replace(links[place], **{part: value})
    broken = verify_chain(links)
    assert broken is not None
    assert broken.index == place
