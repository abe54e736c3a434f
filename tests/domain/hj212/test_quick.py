"""The quick way reads what the tolerant way reads: over the shared frames, built frames and mutations of both."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.domain.hj212.frames import CP, HEADER, ITEMS, MN, MNS, TIMES, frame, raw_of, rows

from qingtian.domain.hj212 import Edition, build_upload, decode, wrap_segment
from qingtian.domain.hj212 import quick as quick_module
from qingtian.domain.hj212.decoding import decode_tolerantly
from qingtian.domain.hj212.quick import REMEMBERED, decode_quickly
from qingtian.domain.hj212.wire import WireSettings

SHARED = [raw_of(entry) for entry in rows() if entry["kind"] == "frame"]
EDITIONS = st.none() | st.sampled_from([Edition.E2005, Edition.E2017, Edition.E2025])
BITS = st.sampled_from(
    [b";", b",", b"=", b"-", b"&&", b"&", b"//", b"##", b" ", b"\t", b"\r\n", b"\x00", b"\xff", b"{", b"}", b"0x1F",
     b"CP=&&", b";CP=&&", b"cp =&&", b"MN=", b"QN=", b"Flag=9", b"N", b"0", b"-Rtd=", b"PNUM=2;PNO=1;", "清".encode()]
)  # fmt: skip


def same(raw: bytes, edition: Edition | None = None) -> bool:
    """Both ways agree; True when the quick way was taken."""
    wire = None if edition is None else WireSettings(edition=edition)
    read = decode_quickly(raw, edition)
    if read is None:
        return False
    slow = decode_tolerantly(raw, wire=wire)
    assert read == slow
    assert list(read.items) == list(slow.items), "the order of the items is kept, too"
    assert [list(named) for named in read.items.values()] == [list(named) for named in slow.items.values()]
    assert list(read.params) == list(slow.params)
    return True


@pytest.mark.parametrize("raw", SHARED, ids=[entry["id"] for entry in rows() if entry["kind"] == "frame"])
def test_every_shared_frame_is_read_alike(raw):
    for edition in (None, Edition.E2005, Edition.E2017, Edition.E2025):
        same(raw, edition)
        same(raw.rstrip(), edition)


def test_most_frames_take_the_quick_way():
    right = [raw.rstrip() for raw in SHARED if decode(raw).ok]
    assert sum(same(raw) for raw in right) / len(right) > 0.75


@given(MNS, TIMES, ITEMS, st.sampled_from([None, 0, 1, 4, 5, 8, 9, 255]), EDITIONS)
def test_every_built_upload_takes_the_quick_way(mn, time, items, flag, edition):
    raw = build_upload(mn=mn, st="31", cn="2051", qn=None, data_time=time, items=items, flag=flag, pw="1")
    assert same(raw, edition)


@st.composite
def mutated(draw) -> bytes:
    """A segment with pieces put in, cut out or replaced, under a right length and check code."""
    segment = bytearray(draw(st.sampled_from(SHARED)).rstrip()[6:-4])
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(segment)))
        cut = draw(st.integers(0, 3))
        segment[at : at + cut] = draw(BITS | st.binary(max_size=4))
    return wrap_segment(bytes(segment))


@settings(max_examples=600)
@given(mutated(), EDITIONS)
@example(wrap_segment(b"QN=20240601085857223;;CP=&&&&"), None)
@example(wrap_segment(b"QN=20240601085857223;QN=1;CN=2011;MN=A;CP=&&&&"), None)
@example(wrap_segment(b"MN=A;MN=B;CN=2011;CP=&&a=1&&"), None)
@example(wrap_segment(b"CN=2011;MN=A;CP=&&a;b=1=2&&"), None)
@example(wrap_segment(b"CN=2011;MN=A;CP=&&a-b-c=1;a-b=2;d-e=3;a-f=4&&"), None)
@example(wrap_segment(b"CN=2011;MN=A;CP=&&-b=1;a-=2;=3;&&"), None)
@example(wrap_segment(b"CN=2011;MN=A;CP=&&&&&"), None)
@example(wrap_segment(b"CN=2011;MN=A;CP=&&"), None)
@example(wrap_segment(b"CN=2011;MN=A;CP=&&&"), None)
@example(wrap_segment(b"CN=2011;MN=A;Flag=9;CP=&&{0x11=1;a=2&&"), None)
@example(wrap_segment(b"CN=2011;MN=A;cp=&&x=1;CP=&&a=1&&"), None)
@example(wrap_segment(b"CN=2011;MN=A;CP=&&DataTime=1;DataTime=2&&"), None)
def test_whatever_the_quick_way_takes_it_reads_alike(raw, edition):
    same(raw, edition)


@given(st.integers(0, 20), st.binary(max_size=6), st.sampled_from([b"", b"\r\n", b"\n", b"\r\n\r\n", b"##0001"]))
def test_a_broken_envelope_is_left_to_the_tolerant_way(cut, noise, end):
    raw = frame().rstrip()
    broken = raw[: len(raw) - cut] + noise + end
    same(broken)
    assert decode(broken) == decode_tolerantly(broken)


def test_a_header_is_remembered_without_being_shared():
    first = decode(frame())
    first.header["QN"] = "changed by a reader"
    first.header["MN"] = "changed by a reader"
    again = decode(frame())
    assert (again.mn, again.qn) == (MN, "20240601085857223")
    first.items["w01018"]["Rtd"] = "changed by a reader"
    assert decode(frame()).items["w01018"]["Rtd"] == "21.4"


def test_one_header_is_read_by_the_edition_of_each_device():
    raw = frame(header=HEADER.replace("Flag=5", "Flag=8"))
    assert [decode(raw, wire=WireSettings(edition=one)).version for one in (Edition.E2017, Edition.E2025)] == [
        "2017",
        "2025",
    ]
    assert decode(raw).version == "2025"


def test_invented_names_do_not_fill_the_memory():
    for number in range(3 * REMEMBERED):
        assert decode(frame(f"x{number}-Rtd=1", header=f"CN=2011;MN=D{number}")).ok
    assert len(quick_module._shapes) <= REMEMBERED
    assert quick_module._remembered_head.cache_info().currsize <= REMEMBERED
    long = ";".join(f"a{number:05d}-Rtd=1" for number in range(400))
    before = len(quick_module._shapes)
    assert len(decode(frame(long)).items) == 400
    assert len(quick_module._shapes) == before, "a data area of thousands of names is not worth remembering"


def test_the_example_of_the_module_is_quick():
    assert same(frame(CP))
