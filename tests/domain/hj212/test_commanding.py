"""Frames of the host: every command of every edition is read back as ordered, and nothing else is written."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.hj212.frames import MN, raw_of, row, rows
from tests.domain.hj212.orders import EDITIONS, HOST_COMMANDS, ORDERS, QNS, wires

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212 import (
    Edition,
    FrameOk,
    Framer,
    Kind,
    WireSettings,
    build_answer,
    build_command,
    command_of,
    decode,
    find_command,
)
from qingtian.domain.hj212.building import as_text
from qingtian.domain.hj212.wire import Sm4Form

QN = "20240601085857223"
W05, W17, W25 = (WireSettings(edition=edition, password="123456") for edition in EDITIONS)
KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")


def order(wire: WireSettings, cn: str, **params: object) -> bytes:
    return build_command(wire, mn=MN, st="32", cn=cn, qn=QN, params=params)  # type: ignore[arg-type]


def given_back(decoded) -> dict[str, object]:
    """Parameters of a decoded command, in the shape they were ordered in."""
    found = dict(decoded.params)
    found |= {f"{code}-{name}": value for code, named in decoded.items.items() for name, value in named.items()}
    return found


@given(ORDERS, QNS, st.data())
def test_what_is_ordered_is_read_back(ordered, qn, data):
    command, params = ordered
    wire = data.draw(wires(command.edition))
    raw = build_command(wire, mn=MN, st="32", cn=command.cn, qn=qn, params=params)
    decoded = decode(raw, wire=wire)
    assert (decoded.ok, decoded.length_ok, decoded.warnings, decoded.conflicts) == (True, True, (), frozenset())
    assert (decoded.cn, decoded.mn, decoded.st, decoded.qn) == (command.cn, MN, "32", qn)
    assert decoded.header.get("PW", "") == wire.password
    assert given_back(decoded) == {
        name: value if isinstance(value, list) else as_text(value) if "-" in name else value
        for name, value in params.items()
    }


@given(ORDERS, st.data())
def test_a_resend_is_the_same_to_the_byte_and_one_frame_of_a_stream(ordered, data):
    command, params = ordered
    wire = data.draw(wires(command.edition))
    first, again = (build_command(wire, mn=MN, st="32", cn=command.cn, qn=QN, params=params) for _ in range(2))
    assert first == again
    assert Framer().feed(first) == [FrameOk(first[:-2], 0)]


@pytest.mark.parametrize(
    ("wire", "cn", "flag"),
    [(W05, "1061", 3), (W05, "2012", None), (W17, "1061", 5), (W17, "2012", 5), (W25, "1061", 9), (W25, "2022", 9)],
)
def test_flag_tells_the_edition_and_asks_for_the_answer(wire, cn, flag):
    assert decode(order(wire, cn)).flag == flag


STANDARD = [
    entry
    for entry in rows()
    if entry["kind"] == "frame" and entry["category"] in ("std2017", "std2025") and "frame" in entry
]


def _ordered_by_the_host(entry) -> bool:
    frame = decode(raw_of(entry))
    command = find_command(Edition(entry["version"]), frame.cn)
    return command is not None and command.down in (Kind.REQUEST, Kind.NOTICE) and "DataTime" not in frame.params


# Printed with something that the grammar allows and the writer does not write: `,` between the times of a period
# (table C.23; the grammar makes it equal to `;`).
COMMA = {"std17-38-C23-2041"}
# Printed as sent by the device, under a number that goes both ways: the value that was asked for.
READ_BACK = {"std17-05-C2-1011", "std17-14-C7-1063", "std17-56-C37-3018", "std17-58-C38-3019"}


@pytest.mark.parametrize(
    "entry", [entry for entry in STANDARD if _ordered_by_the_host(entry) and entry["id"] not in READ_BACK],
    ids=lambda entry: entry["id"],
)  # fmt: skip
def test_orders_of_the_standards_are_rebuilt_to_the_byte(entry):
    frame = decode(raw_of(entry))
    wire = WireSettings(edition=Edition(entry["version"]), password=frame.header["PW"])
    built = build_command(wire, mn=frame.mn, st=frame.st, cn=frame.cn, qn=frame.qn, params=given_back(frame))
    if entry["id"] in COMMA:
        assert given_back(decode(built)) == given_back(frame)
    else:
        assert built == raw_of(entry)


def test_enough_orders_of_the_standards_are_rebuilt():
    assert sum(_ordered_by_the_host(entry) for entry in STANDARD) >= 25


# The orders of 2005 as linqiu126/hcu prints them; its check codes are CRC-16/MODBUS, so the segments are compared.
OF_2005 = {
    "1000": ("OverTime=5;ReCount=3", {"OverTime": "5", "ReCount": "3"}),
    "1001": ("WarnTime=5", {"WarnTime": "5"}),
    "1011": ("", {}),
    "1012": ("SystemTime=20170516010101", {"SystemTime": "20170516010101"}),
    "1021": ("PolId=101;PolId=102", {"PolId": ["101", "102"]}),
    "1022": (
        "101-LowValue=1.1,101-UpValue=9.9;102-LowValue=1.1,102-UpValue=9.9",
        {"101-LowValue": "1.1", "101-UpValue": "9.9", "102-LowValue": "1.1", "102-UpValue": "9.9"},
    ),
    "1032": ("AlarmTarget=3882566", {"AlarmTarget": "3882566"}),
    "1042": ("ReportTime=0101", {"ReportTime": "0101"}),
    "1062": ("RtdInterval=30", {"RtdInterval": "30"}),
    "1072": ("PW=654321", {"PW": "654321"}),
    "2051": (
        "BeginTime=20170506000000,EndTime=20170510000000",
        {"BeginTime": "20170506000000", "EndTime": "20170510000000"},
    ),
    "3011": ("PolId=101", {"PolId": "101"}),
    "3012": ("PolId=101", {"PolId": "101"}),
    "3014": (
        "PolId=101,CTime=04,CTime=10,CTime=14,CTime=16",
        {"PolId": "101", "CTime": ["04", "10", "14", "16"]},
    ),
}


@pytest.mark.parametrize("cn", OF_2005)
def test_orders_of_2005_are_written_as_its_loggers_know_them(cn):
    area, params = OF_2005[cn]
    built = build_command(W05, mn="ABCDEFG1234567", st="22", cn=cn, qn="20170516010101001", params=params)
    segment = f"QN=20170516010101001;ST=22;CN={cn};PW=123456;MN=ABCDEFG1234567;Flag=3;CP=&&{area}&&"
    assert built[6:-6] == segment.encode()


@pytest.mark.parametrize("name", ["hcu-1012", "hcu-1042", "hcu-1001", "hcu-2071", "hcu-1021", "hcu-setpw", "hcu-2012"])
def test_public_orders_of_2005_are_rebuilt_but_for_their_wrong_check_code(name):
    raw = raw_of(row(name))
    frame = decode(raw)
    wire = replace(W05, password=frame.header["PW"])
    built = build_command(wire, mn=frame.mn, st=frame.st, cn=frame.cn, qn=frame.qn, params=given_back(frame))
    assert built[:-6] == raw[:-6]


WRONG = [
    (W17, "1021", {"PolId": ["101"]}, "cn"),
    (W17, "1013", {}, "cn"),
    (W25, "1001", {}, "cn"),
    (W17, "9014", {}, "cn"),
    (W17, "1062", {}, "RtdInterval"),
    (W17, "1062", {"RtdInterval": "3601"}, "RtdInterval"),
    (W17, "1062", {"RtdInterval": "30.5"}, "RtdInterval"),
    (W17, "1062", {"RtdInterval": "30", "MinInterval": "5"}, "MinInterval"),
    (W17, "1062", {"RtdInterval": ["30", "60"]}, "RtdInterval"),
    (W17, "1064", {"MinInterval": "7"}, "MinInterval"),
    (W17, "1000", {"OverTime": "5", "ReCount": "100"}, "ReCount"),
    (W17, "1012", {"SystemTime": "20240230000000"}, "SystemTime"),
    (W17, "1072", {"NewPW": "1234567"}, "NewPW"),
    (W17, "1072", {"PW": "654321"}, "NewPW"),
    (W17, "2061", {"BeginTime": "20240601080000"}, "EndTime"),
    (W17, "3016", {"PolId": "w01018", "CstartTime": "240000", "CTime": "2"}, "CstartTime"),
    (W17, "3021", {"PolId": "w01018", "InfoId": "i13004"}, "<code>-Info"),
    (W17, "3021", {"PolId": "w01018", "InfoId": "i13004", "i13004-Info": "a//b"}, "i13004-Info"),
    (W17, "3021", {"PolId": "w01018", "InfoId": "i1", "i1-Info": "2", "i1-Flag": "N"}, "i1-Flag"),
    (W17, "3020", {"PolId": "w0;1"}, "PolId"),
    (W05, "1022", {"101-LowValue": "1.1"}, "101-UpValue"),
    (W05, "1022", {"101-LowValue": "1.1", "101-UpValue": "high"}, "101-UpValue"),
    (W25, "3011", {"PolId": "a21026", "CalibrationType": "2"}, "CalibrationType"),
    (W25, "1014", {"SKCreateTime": "20240601085857223", "NewSK": "short"}, "NewSK"),
]


@pytest.mark.parametrize(("wire", "cn", "params", "field"), WRONG)
def test_a_wrong_order_is_refused_by_the_name_of_its_field(wire, cn, params, field):
    with pytest.raises(InvalidInput) as refused:
        build_command(wire, mn=MN, st="32", cn=cn, qn=QN, params=params)
    assert refused.value.field == field
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("change", "field"),
    [({"mn": "A;B"}, "mn"), ({"mn": ""}, "mn"), ({"st": "3"}, "st"), ({"qn": "2024"}, "qn"), ({"qn": QN[:14]}, "qn")],
)
def test_a_wrong_header_is_refused_by_the_name_of_its_field(change, field):
    with pytest.raises(InvalidInput) as refused:
        build_command(W17, **{"mn": MN, "st": "32", "cn": "1061", "qn": QN, "params": {}, **change})
    assert refused.value.field == field


def test_more_codes_than_a_frame_holds_are_refused():
    limits = {f"{n}-{name}": "1.1" for n in range(100, 140) for name in ("LowValue", "UpValue")}
    with pytest.raises(InvalidInput, match="950 are allowed"):
        build_command(W05, mn=MN, st="32", cn="1022", qn=QN, params=limits)


@pytest.mark.parametrize("form", [Sm4Form.RAW, Sm4Form.AUTO, Sm4Form.TEXT])
def test_a_new_key_travels_encrypted_under_the_old_one(form):
    wire = replace(W25, sm4_key=KEY, sm4_form=form)
    new = "ff" * 16
    raw = order(wire, "1014", SKCreateTime="20240601085857223", NewSK=new)
    assert new.encode() not in raw
    assert (b"{0x" in raw) is (form is Sm4Form.TEXT)
    read = decode(raw, wire=wire)
    assert (read.encrypted, read.ok, read.length_ok, read.params["NewSK"]) == (True, True, True, new)
    assert decode(raw).fault == "sm4_key_missing"
    assert decode(raw, wire=replace(wire, sm4_key=bytes(16))).fault == "sm4_key_wrong"


@pytest.mark.parametrize("cn", ["1012", "3011"])
def test_what_is_out_of_the_cipher_s_scope_stays_plain(cn):
    params = {"SystemTime": "20240601085857"} if cn == "1012" else {"PolId": "w01018"}
    assert order(replace(W25, sm4_key=KEY), cn, **params) == order(W25, cn, **params)


def test_an_older_edition_never_encrypts():
    period = {"BeginTime": "20240601080000", "EndTime": "20240601090000"}
    assert order(replace(W17, sm4_key=KEY), "2061", **period) == order(W17, "2061", **period)


@pytest.mark.parametrize("command", HOST_COMMANDS, ids=lambda one: f"{one.edition.value}-{one.cn}")
def test_a_field_that_no_command_has_is_refused_everywhere(command):
    wire = WireSettings(edition=command.edition)
    with pytest.raises(InvalidInput) as refused:
        build_command(wire, mn=MN, st="32", cn=command.cn, qn=QN, params={"Nonsense": "1"})
    assert refused.value.remedy
    assert command_of(command.edition, command.cn) is command


# -- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wire", "cn", "segment"),
    [
        (W17, "9014", f"QN={QN};ST=91;CN=9014;PW=123456;MN={MN};Flag=4;CP=&&&&"),
        (W25, "9014", f"QN={QN};ST=91;CN=9014;PW=123456;MN={MN};Flag=8;CP=&&&&"),
        (W25, "9013", f"QN={QN};ST=91;CN=9013;PW=123456;MN={MN};Flag=8;CP=&&&&"),
        (W05, "9014", f"QN={QN};ST=91;CN=9014;PW=123456;MN={MN};Flag=0;CP=&&&&"),
        (W05, "9013", f"ST=91;CN=9013;PW=123456;MN={MN};Flag=0;CP=&&QN={QN}&&"),
    ],
)
def test_answers_are_written_as_the_edition_wants_them(wire, cn, segment):
    built = build_answer(wire, mn=MN, cn=cn, qn=QN)
    assert built[6:-6] == segment.encode()
    assert decode(built, wire=wire).warnings == ()


def test_the_public_notice_answer_of_2005_is_rebuilt_but_for_its_modbus_code():
    raw = raw_of(row("hcu-9013"))
    assert build_answer(W05, mn="ABCDEFG1234567", cn="9013", qn="20170516010101001")[:-6] == raw[:-6]


@pytest.mark.parametrize("name", ["std25-32-9013", "std25-33-9014", "std17-28-C17-9014", "std17-78-C50-9014"])
def test_answers_of_the_standards_are_rebuilt_to_the_byte(name):
    entry = row(name)
    frame = decode(raw_of(entry))
    wire = WireSettings(edition=Edition(entry["version"]), password="123456")
    assert build_answer(wire, mn=frame.mn, cn=frame.cn, qn=frame.qn) == raw_of(entry)


def test_an_answer_keeps_the_password_that_the_device_sent():
    assert b"PW=999999;" in build_answer(W17, mn=MN, cn="9014", qn=QN, pw="999999")
    assert b"PW=" not in build_answer(W17, mn=MN, cn="9014", qn=None, pw="")


def test_nothing_else_is_an_answer_of_the_host():
    with pytest.raises(InvalidInput) as refused:
        build_answer(W17, mn=MN, cn="9011", qn=QN)
    assert refused.value.field == "cn"
