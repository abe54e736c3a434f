"""The bulk pipe `qingtian hj212 decode`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from qingtian.cli.hj212 import decode_lines
from qingtian.domain.hj212 import wrap_segment

FRAMES = Path(__file__).parents[1] / "data" / "hj212" / "frames.jsonl"
GOOD = "##0087QN=20240601085857223;ST=32;CN=2011;PW=123456;MN=010000A8900016F000169DC0;Flag=5;CP=&&&&2640\r\n"


def pipe(data: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "qingtian", "hj212", "decode"], input=data, capture_output=True, timeout=60, check=False
    )


def answers(*lines: str | bytes) -> list[dict]:
    return [
        json.loads(line) for line in decode_lines(line if isinstance(line, bytes) else line.encode() for line in lines)
    ]


def test_the_shared_set_goes_through_the_real_command():
    done = pipe(FRAMES.read_bytes())
    assert (done.returncode, done.stderr) == (0, b"")
    rows = [json.loads(line) for line in FRAMES.read_text(encoding="utf-8").splitlines()]
    output = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["id"] for line in output] == [row["id"] for row in rows]
    for row, line in zip(rows, output, strict=True):
        if row["kind"] == "dialogue":
            wanted = [step for step in row["expect"]["steps"] if "host_state" not in step]
            assert line["steps"] == wanted, "every frame of the host is written by us, to the byte"
        elif "expect" in row:
            assert line == {"id": row["id"], **row["expect"]}
        else:
            assert line["ok"]
            assert line["version"] == row["version"]


def test_bad_lines_do_not_stop_the_run():
    done = pipe(b"not json\n\n" + json.dumps({"id": 7, "frame": GOOD}).encode() + b"\n[1]\n" + b"\xff\n")
    assert done.returncode == 0
    output = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["id"] for line in output] == [None, 7, None, None]
    assert output[1]["ok"]
    assert "line 1" in output[0]["error"]["message"]
    assert "line 4" in output[2]["error"]["message"], "blank lines count, so that an editor finds the place"


def test_the_command_does_not_load_the_web_framework():
    code = "import sys, qingtian.cli.hj212; sys.exit(any(name.split('.')[0] in ('django', 'duckdb') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_an_answer_comes_before_the_next_line_is_sent():
    process = subprocess.Popen(
        [sys.executable, "-m", "qingtian", "hj212", "decode"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        for number in range(3):
            process.stdin.write(json.dumps({"id": number, "frame": GOOD}).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
    finally:
        process.stdin.close()
        assert process.wait(timeout=30) == 0
        process.stdout.close()


@pytest.mark.parametrize(
    ("request_line", "field"),
    [
        ({}, "frame"),
        ({"frame": GOOD, "frame_hex": "00"}, "frame_hex"),
        ({"frame": 5}, "frame"),
        ({"frame": ""}, "frame"),
        ({"frame": "hello"}, "frame"),
        ({"frame_hex": "2"}, "frame_hex"),
        ({"frame_hex": ["23"]}, "frame_hex"),
        ({"frame_hex": "68656c6c6f"}, "frame_hex"),
        ({"chunks_hex": "23"}, "chunks_hex"),
        ({"chunks_hex": ["23", "zz"]}, "chunks_hex[1]"),
        ({"frame": GOOD, "sm4_key_hex": "00"}, "sm4_key_hex"),
        ({"frame": GOOD, "sm4_key_hex": 5}, "sm4_key_hex"),
        ({"frame": "\ud800"}, "frame"),
    ],
)
def test_a_bad_line_names_its_field_the_reason_and_the_remedy(request_line, field):
    [answer] = answers(json.dumps({"id": "x", **request_line}))
    assert set(answer) == {"id", "error"}
    assert answer["id"] == "x"
    assert set(answer["error"]) == {"code", "field", "message", "remedy"}
    assert answer["error"]["field"] == field
    assert answer["error"]["message"]
    assert answer["error"]["remedy"]


def test_an_encrypted_frame_without_its_key_shows_its_header_and_a_clear_error():
    row = next(json.loads(line) for line in FRAMES.read_text(encoding="utf-8").splitlines() if "enc25-a-raw" in line)
    [answer] = answers(json.dumps({"id": "e", "frame_hex": row["frame_hex"]}))
    assert answer["error"]["code"] == "sm4_key_missing"
    assert (answer["ok"], answer["encrypted"], answer["items"]) == (False, True, {})
    [answer] = answers(json.dumps({"id": "e", "frame_hex": row["frame_hex"], "sm4_key_hex": "00" * 16}))
    assert answer["error"]["code"] == "sm4_key_wrong"


def test_hostile_json_is_one_bad_line():
    assert [set(answer) for answer in answers("[" * 100_000, '{"id": ' + "9" * 5000 + "}", '{"id": "\\ud800"}')] == [
        {"id", "error"}
    ] * 3


def test_text_in_chinese_is_written_as_it_is():
    frame = wrap_segment("MN=A;CN=3020;CP=&&i1-Info=//更换//&&".encode()).decode()
    [line] = decode_lines([json.dumps({"id": 1, "frame": frame}).encode()])
    assert "更换" in line.decode()


def rows() -> dict[str, dict]:
    return {row["id"]: row for row in map(json.loads, FRAMES.read_text(encoding="utf-8").splitlines())}


# The set says in prose how the refused command ends: "failed: PW error; do not wait for 9012, do not retry". Our words
# for QnRtn=3 are those of the pack of the dialogues; the meaning is the same: refused, nothing is waited for or sent.
@pytest.mark.parametrize(
    ("name", "state", "words"),
    [("dl-refused", "refused", "password wrong"), ("dl-history", "done", "done"), ("dl-upload-ack17", None, None)],
)
def test_a_dialogue_ends_as_the_shared_set_says(name, state, words):
    [answer] = answers(json.dumps(rows()[name]))
    assert answer.get("state") == state
    assert words is None or (words in answer["state_en"] and answer["state_zh"])


def test_a_dialogue_may_be_given_as_steps_and_the_host_answers_by_itself():
    upload = rows()["dl-upload-ack25"]["expect"]["steps"]
    [answer] = answers(json.dumps({"id": 1, "steps": upload[:1]}))
    assert answer == {"id": 1, "steps": upload}


@pytest.mark.parametrize(
    ("steps", "field"),
    [
        ("##", "steps"),
        ([1], "steps"),
        ([{"device": 5}], "steps[0].device"),
        ([{"device": GOOD}, {"device": GOOD[:-2]}, {"device": GOOD[:40]}], "steps[2].device"),
        ([{"host": GOOD.replace("CN=2011", "CN=2012")}], "steps[0].host"),
        ([{"host": wrap_segment(b"QN=20240601085857223;ST=32;CN=1062;MN=A;Flag=5;CP=&&RtdInterval=5&&").decode()}],
         "RtdInterval"),
    ],
)  # fmt: skip
def test_a_bad_dialogue_names_its_step_or_field(steps, field):
    [answer] = answers(json.dumps({"id": "x", "steps": steps}))
    assert answer["error"]["field"] == field
    assert answer["error"]["remedy"]


def test_the_settings_of_a_device_may_be_given_with_a_frame_or_a_stream():
    row, wire = rows()["hcu-1012"], {"edition": 2005, "crc": "modbus_too"}
    plain, believed = answers(
        json.dumps({"id": 1, "frame": row["frame"]}), json.dumps({"id": 2, "frame": row["frame"], "wire": wire})
    )
    assert (plain["ok"], plain["crc_diagnosis"]) == (False, "crc16_modbus")
    assert (believed["ok"], believed["warnings"]) == (True, ["crc16_modbus_believed"])
    chunks = [row["frame"].encode().hex()]
    refused, taken = answers(
        json.dumps({"id": 3, "chunks_hex": chunks}), json.dumps({"id": 4, "chunks_hex": chunks, "wire": wire})
    )
    assert (refused["frames_ok"], taken["frames_ok"]) == (0, 1)
    station = rows()["cq-zldsz"]["frame"]
    [read] = answers(json.dumps({"id": 5, "frame": station, "wire": {"edition": 2017}}))
    assert (read["version"], read["warnings"]) == ("2017", ["edition_differs"])


@pytest.mark.parametrize(
    ("wire", "field"),
    [(5, "wire"), ({"crc": "any"}, "wire.crc"), ({"colour": "red"}, "wire.colour"), ({"sm4_key": "0"}, "wire.sm4_key")],
)
def test_a_bad_setting_is_named(wire, field):
    [answer] = answers(json.dumps({"id": "x", "frame": GOOD, "wire": wire}))
    assert answer["error"]["field"] == field
    assert answer["error"]["remedy"]
