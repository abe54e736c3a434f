"""Frames of the device: answers, values read back, data in parts; all of them are read back as they were given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.hj212.frames import ITEMS, MN, MNS, raw_of, row
from tests.domain.hj212.orders import EDITIONS, QNS, TIMES, wires

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212 import (
    COMMANDS,
    Edition,
    SplitBuffer,
    WireSettings,
    build_reply,
    build_report,
    decode,
    split_items,
)
from qingtian.domain.hj212.building import CP_LIMIT
from qingtian.domain.hj212.device_side import data_area

QN = "20240601085857223"
W05, W17, W25 = (WireSettings(edition=edition, password="123456") for edition in EDITIONS)
UPLOADS = [command for command in COMMANDS.values() if command.up == "upload"]


@given(st.sampled_from(UPLOADS), MNS, st.none() | QNS, TIMES, ITEMS, st.booleans(), st.data())
def test_a_report_is_read_back_as_it_was_given(command, mn, qn, time, items, ack, data):
    wire = data.draw(wires(command.edition))
    back = command.edition is Edition.E2025 and data.draw(st.booleans())
    part = data.draw(st.none() | st.just((1, 2)))
    raw = build_report(
        wire, mn=mn, st="31", cn=command.cn, qn=qn, params={"DataTime": time}, items=items, ack=ack, part=part,
        backfill=back,
    )  # fmt: skip
    frame = decode(raw, wire=wire)
    assert (frame.ok, frame.length_ok, frame.warnings) == (True, True, ())
    assert (frame.mn, frame.cn, frame.data_time, frame.items) == (mn, command.cn, time, items)
    assert (frame.ack_requested, frame.backfill, frame.split) == (ack, back, part is not None)
    assert (frame.pno, frame.pnum) == (part or (None, None))
    assert qn in (frame.qn, frame.params.get("QN"))


@pytest.mark.parametrize(
    ("wire", "cn", "segment"),
    [
        (W17, "9011", f"QN={QN};ST=91;CN=9011;PW=123456;MN={MN};Flag=4;CP=&&QnRtn=1&&"),
        (W17, "9012", f"QN={QN};ST=91;CN=9012;PW=123456;MN={MN};Flag=4;CP=&&ExeRtn=1&&"),
        (W25, "9013", f"QN={QN};ST=91;CN=9013;PW=123456;MN={MN};Flag=8;CP=&&&&"),
        (W05, "9011", f"ST=91;CN=9011;PW=123456;MN={MN};Flag=0;CP=&&QN={QN};QnRtn=1&&"),
        (W05, "9012", f"ST=91;CN=9012;PW=123456;MN={MN};CP=&&QN={QN};ExeRtn=1&&"),
        (W05, "9013", f"ST=91;CN=9013;PW=123456;MN={MN};Flag=0;CP=&&QN={QN}&&"),
    ],
)
def test_replies_are_written_as_the_edition_has_them(wire, cn, segment):
    assert build_reply(wire, mn=MN, cn=cn, qn=QN)[6:-6] == segment.encode()


@pytest.mark.parametrize("name", ["std17-02-C1-9011", "std17-03-C1-9012", "std17-66-C43-9011"])
def test_replies_of_the_standard_are_rebuilt_to_the_byte(name):
    frame = decode(raw_of(row(name)))
    assert build_reply(W17, mn=frame.mn, cn=frame.cn, qn=frame.qn) == raw_of(row(name))


def test_a_refusal_tells_its_code():
    assert decode(build_reply(W17, mn=MN, cn="9011", qn=QN, code=3)).params == {"QnRtn": "3"}


def test_a_value_read_back_in_2005_carries_the_number_of_the_request_in_its_data_area():
    raw = build_report(W05, mn="A1", st="32", cn="1011", qn=QN, params={"SystemTime": "20240601085857"})
    assert raw[6:-6] == f"ST=32;CN=1011;PW=123456;MN=A1;CP=&&QN={QN};SystemTime=20240601085857&&".encode()


READ_BACK = ["std17-05-C2-1011", "std17-14-C7-1063", "std17-56-C37-3018", "std17-58-C38-3019", "std17-67-C43-3020"]


@pytest.mark.parametrize("name", [*READ_BACK, "std17-35-C21-2061", "std17-25-C16-2051", "std17-40-C24-2081"])
def test_frames_of_devices_in_the_standard_are_rebuilt(name):
    frame = decode(raw_of(row(name)))
    built = build_report(
        W17, mn=frame.mn, st=frame.st, cn=frame.cn, qn=frame.qn, params=frame.params, items=frame.items,
        ack=frame.ack_requested,
    )  # fmt: skip
    again = decode(built)
    assert (again.header, again.params, again.items) == (frame.header, frame.params, frame.items)
    if " " not in frame.cp:  # printed with spaces that nobody writes
        assert built == raw_of(row(name))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"cn": "2012"}, "cn"),
        ({"cn": "9999"}, "cn"),
        ({"mn": "A;B"}, "mn"),
        ({"qn": "1"}, "qn"),
        ({"st": "air"}, "st"),
        ({"backfill": True}, "backfill"),
        ({"params": {"Data Time": "1"}}, "attribute"),
        ({"params": {"DataTime": "1&&2//"}}, "DataTime"),
        ({"items": {"w-1": {"Rtd": "1"}}}, "code"),
        ({"items": {"w1": {"R;d": "1"}}}, "attribute"),
        ({"items": {"w1": {"Info": ";a//b"}}}, "w1-Info"),
    ],
)
def test_what_would_not_be_read_back_is_refused_by_name(change, field):
    frame = {"mn": MN, "st": "32", "cn": "2061", "qn": QN, "params": {"DataTime": "20240601080000"}}
    with pytest.raises(InvalidInput) as refused:
        build_report(W17, **{**frame, **change})
    assert (refused.value.field, bool(refused.value.remedy)) == (field, True)


def test_a_reply_that_is_none_is_refused():
    with pytest.raises(InvalidInput) as refused:
        build_reply(W17, mn=MN, cn="9014", qn=QN)
    assert refused.value.field == "cn"


@given(st.dictionaries(st.from_regex(r"\A[aw][0-9]{5}\Z"), st.integers(1, 40), max_size=80), TIMES)
def test_items_are_split_into_parts_that_fit_and_merge_to_the_same(sizes, time):
    items = {code: {"Avg": "1" * size, "Flag": "N"} for code, size in sizes.items()}
    parts = list(split_items(items, params={"DataTime": time}))
    areas = [data_area({"DataTime": time}, part) for part in parts]
    assert all(len(area.encode()) <= CP_LIMIT for area in areas)
    assert {code: named for part in parts for code, named in part.items()} == items
    for area, following in zip(areas, parts[1:], strict=False):
        first = dict([next(iter(following.items()))])
        assert len(area) + len(data_area({}, first)) + 1 > CP_LIMIT, "a part is as full as it can be"
    buffer, merged = SplitBuffer(), None
    for number, part in enumerate(parts, start=1):
        raw = build_report(
            W17, mn=MN, st="31", cn="2051", qn=QN, params={"DataTime": time}, items=part, part=(number, len(parts))
        )
        merged = buffer.add(decode(raw), 0.0)
    if parts:
        assert merged is not None
        assert (merged.items, merged.complete) == (items, True)


def test_too_much_for_one_frame_is_refused_with_the_remedy():
    items = {f"w{n:05d}": {"Avg": "1.0"} for n in range(80)}
    with pytest.raises(InvalidInput, match="split_items"):
        build_report(W17, mn=MN, st="31", cn="2051", qn=QN, params={"DataTime": "20240601080000"}, items=items)
