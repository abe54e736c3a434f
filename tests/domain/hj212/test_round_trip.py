"""encode(decode(frame)): the same bytes for a frame as the standard writes it, the same meaning for one that deviates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.hj212.frames import ITEMS, MN, MNS, frame, key_of, raw_of, rows
from tests.domain.hj212.orders import EDITIONS, ORDERS, QNS, TIMES, wires

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212 import (
    COMMANDS,
    Decoded,
    Edition,
    FrameOk,
    Framer,
    WireSettings,
    build_command,
    build_report,
    decode,
    encode,
)
from qingtian.domain.hj212.wire import Sm4Form

FRAMES = [entry for entry in rows() if entry["kind"] == "frame"]


def meaning(decoded: Decoded) -> tuple[object, ...]:
    """What a frame says, whatever its spelling."""
    return (
        dict(decoded.header), {code: dict(named) for code, named in decoded.items.items()}, dict(decoded.params),
        decoded.data_time, decoded.flag, decoded.ack_requested, decoded.split, decoded.version,
    )  # fmt: skip


@pytest.mark.parametrize("entry", FRAMES, ids=[entry["id"] for entry in FRAMES])
def test_every_shared_frame_keeps_its_meaning(entry):
    read = decode(raw_of(entry), sm4_key=key_of(entry))
    again = decode(encode(read))
    assert meaning(again) == meaning(read)
    assert (again.ok, again.length_ok, again.conflicts) == (True, True, frozenset())
    assert encode(again) == encode(read), "written once, it is written the same again"


# Printed in the standard with spaces, with `,` in the header or between two times, with one item twice, or with the items of a
# code in two places: read, and not written so.
DEVIATING = {
    "std17-05-C2-1011", "std17-08-C4-1013", "std17-09-C4-9013", "std17-37-C22-2031", "std17-38-C23-2041",
    "std17-41-C25-2011", "std17-44-C28-2031", "std17-45-C29-2011", "std17-51-C34-3015", "std17-68-C44-3020",
}  # fmt: skip


def test_frames_as_the_standard_writes_them_come_back_to_the_byte():
    for entry in FRAMES:
        raw, read = raw_of(entry), decode(raw_of(entry))
        plain = entry["crc_ok"] and read.length_ok and not read.crc_form and not read.conflicts and not read.encrypted
        if plain and read.text_encoding == "utf-8" and entry["id"] not in DEVIATING:
            assert encode(read).rstrip() == raw.rstrip(), entry["id"]
        else:
            assert encode(read).rstrip() != raw.rstrip(), f"{entry['id']} is no deviation any more"


@given(MNS, st.sampled_from([one for one in COMMANDS.values() if one.up == "upload"]), QNS, TIMES, ITEMS, st.data())
def test_what_a_device_of_any_edition_sends_comes_back_to_the_byte(mn, command, qn, time, items, data):
    wire = data.draw(wires(command.edition))
    raw = build_report(
        wire, mn=mn, st="31", cn=command.cn, qn=qn, params={"DataTime": time}, items=items, ack=data.draw(st.booleans())
    )
    assert encode(decode(raw, wire=wire), wire) == raw


@given(ORDERS, QNS, st.data())
def test_what_the_host_orders_comes_back_to_the_byte_or_with_the_semicolons_of_2017(ordered, qn, data):
    command, params = ordered
    wire = data.draw(wires(command.edition))
    raw = build_command(wire, mn=MN, st="32", cn=command.cn, qn=qn, params=params)
    again = encode(decode(raw, wire=wire), wire)
    if command.separator == ";":
        assert again == raw
    assert meaning(decode(again, wire=wire)) == meaning(decode(raw, wire=wire))


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("form", list(Sm4Form))
def test_a_frame_is_encrypted_anew_where_the_device_encrypts(edition, form):
    wire = WireSettings(edition=edition, sm4_key=bytes(16), sm4_form=form)
    raw = build_report(wire, mn=MN, st="31", cn="2011", qn=None, params={"DataTime": "20240601085857"},
                       items={"a21026": {"Rtd": "1.0"}})  # fmt: skip
    assert decode(raw, wire=wire).encrypted is (edition is Edition.E2025)
    assert encode(decode(raw, wire=wire), wire) == raw


def test_a_header_of_another_order_and_spelling_is_put_right():
    odd = frame("a-Rtd=1", "FLAG=5,mn=A1;PNO=1;PNUM=2;CN=2011;X=9;ST=32")
    assert encode(decode(odd))[6:-6] == b"ST=32;CN=2011;MN=A1;Flag=5;PNUM=2;PNO=1;X=9;CP=&&a-Rtd=1&&"


@pytest.mark.parametrize(
    ("cp", "header", "field"),
    [
        ("a-Rtd=1", "MN=A#1;CN=2011", "MN"),
        ("a b-Rtd=1", "MN=A;CN=2011", "code"),
        ("a-Rtd=1=2", "MN=A;CN=2011", "a-Rtd"),
    ],
)
def test_what_no_frame_may_carry_is_refused_by_name(cp, header, field):
    read = decode(frame(cp, header))
    with pytest.raises(InvalidInput) as refused:
        encode(read)
    assert refused.value.field == field


@given(st.binary(max_size=200))
def test_any_bytes_are_written_as_a_frame_or_refused(data):
    try:
        raw = encode(decode(b"##%04d%b0000" % (len(data), data)))
    except InvalidInput as refused:
        assert refused.field
        return
    assert Framer().feed(raw) == [FrameOk(raw[:-2], 0)]
    assert decode(raw).crc_ok
