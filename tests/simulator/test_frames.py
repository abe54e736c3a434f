"""Frames of the simulator are those of the codec's own builders, written by other code."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingtian.domain.hj212 import Edition, decode
from qingtian.domain.hj212.device_side import build_reply, build_report
from qingtian.domain.hj212.wire import Sm4Form, WireSettings
from qingtian.simulator.frames import FrameWriter, parts_of
from qingtian.simulator.settings import Split

E05, E17, E25 = Edition.E2005, Edition.E2017, Edition.E2025
QN = "20240601085857223"
KEY = bytes(range(16))
MN = "FF2120170200000000000001"
CODES = st.sampled_from(["a21026", "a21002", "w01018", "SB1", "i11001"])
ATTRIBUTES = st.dictionaries(st.sampled_from(["Rtd", "Avg", "Flag"]), st.sampled_from(["1.5", "N", ""]), min_size=1)
ITEMS = st.dictionaries(CODES, ATTRIBUTES)


def text(items: dict[str, dict[str, str]]) -> str:
    groups = [",".join(f"{code}-{name}={value}" for name, value in named.items()) for code, named in items.items()]
    return ";".join(["DataTime=20240601085857", *groups])


@pytest.mark.parametrize("edition", [E05, E17, E25])
@pytest.mark.parametrize(("cn", "area"), [("9011", "QnRtn=3"), ("9012", "ExeRtn=3"), ("9013", "")])
def test_answers_are_those_of_the_codec(edition: Edition, cn: str, area: str) -> None:
    wire = WireSettings(edition=edition, password="123456")
    ours = FrameWriter(wire, MN, "31", "123456").answer(cn, QN, area)
    assert ours == build_reply(wire, mn=MN, cn=cn, qn=QN, code=3)


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from([E05, E17, E25]),
    ITEMS,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from(Sm4Form),
    st.sampled_from(["2011", "2051", "2061", "2031"]),
)
def test_uploads_are_those_of_the_codec(
    edition: Edition, items: dict[str, dict[str, str]], ack: bool, split: bool, late: bool, form: Sm4Form, cn: str
) -> None:
    key = KEY if edition is E25 else b""
    wire = WireSettings(edition=edition, password="123456", sm4_key=key, sm4_form=form)
    ours = FrameWriter(wire, MN, "31", "123456").frame(
        cn, text(items), qn=QN, ack=ack, parts=(3, 2) if split else None, late=late and edition is E25
    )
    theirs = build_report(
        wire, mn=MN, st="31", cn=cn, qn=QN, params={"DataTime": "20240601085857"}, items=items, ack=ack,
        part=(2, 3) if split else None, backfill=late and edition is E25,
    )  # fmt: skip
    assert ours == theirs
    assert decode(ours, sm4_key=key or None).ok


@pytest.mark.parametrize("edition", [E05, E17, E25])
def test_a_value_read_back_has_the_number_where_the_edition_wants_it(edition: Edition) -> None:
    wire = WireSettings(edition=edition, password="123456")
    ours = FrameWriter(wire, MN, "31", "123456").value("1061", QN, "RtdInterval=60")
    assert ours == build_report(wire, mn=MN, st="31", cn="1061", qn=QN, params={"RtdInterval": "60"})


@settings(max_examples=80, deadline=None)
@given(st.lists(st.text("abc=1,", min_size=1, max_size=60), max_size=30), st.sampled_from(Split), st.integers(90, 400))
def test_parts_hold_everything_and_none_is_too_long(items: list[str], split: Split, longest: int) -> None:
    head = "DataTime=20240601085857"
    parts = parts_of(head, items, split, longest)
    assert all(len(part.encode()) <= longest for part in parts)
    if split is Split.CUT:
        assert "".join(parts) == ";".join([head, *items])
    else:
        assert all(part.startswith(head) for part in parts)
        assert [item for part in parts for item in part.split(";")[1:]] == items
