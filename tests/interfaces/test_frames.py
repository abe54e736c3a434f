"""Raw frames: what a device sends, explained, with its hash and the way to its values and back."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.interfaces import city
from tests.interfaces.conftest import Login

from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.hj212 import build_frame, build_upload, crc16_modbus, decode, wrap_segment
from qingtian.interfaces.api.present.doubts import doubts_of
from qingtian.interfaces.api.present.frame_raw import masked
from qingtian.interfaces.api.present.frame_told import explain
from qingtian.interfaces.api.present.words.frame import command_name
from qingtian.interfaces.api.present.words.problems import WARNINGS, refusal
from qingtian.interfaces.telemetry import use_store
from qingtian.runtime.postgres import ensure_postgres
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.ingest.loop import IngestLoop
from qingtian.telemetry.rejects.reasons import RejectReason
from qingtian.telemetry.spool import Verdict
from qingtian.telemetry.spool.folder import segment_path
from qingtian.telemetry.store import Cycle, Observation, SpoolPosition
from qingtian.telemetry.store.ducklake import DuckLakeStore

REFERENCE = Path("/work/shared/reference/hj212/frames.jsonl")


def hour_frame(value: str = "130", *, stamp: str = "20251124090000", mark: str = "N", **more: object) -> bytes:
    fields: dict[str, object] = {
        "mn": city.MN,
        "st": "31",
        "cn": "2061",
        "qn": "20251124103955000",
        "data_time": stamp,
        "items": {"a21002": {"Avg": value, "ZsAvg": value, "Flag": mark}},
        "flag": 5,
        "pw": "123456",
    }
    return build_upload(**(fields | more)).rstrip()  # type: ignore[arg-type]


def id_of(position: SpoolPosition) -> str:
    return f"{position.segment}:{position.offset}"


def get(client: Client, path: str) -> dict:
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def post(client: Client, body: dict) -> tuple[int, dict]:
    answer = client.post("/api/v1/frames/explain", json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json()


@pytest.fixture(scope="module")
def own_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckLakeStore]:
    """A store that is filled from the spool by the real ingest."""
    admin = ensure_postgres(get_settings())
    name = f"frames_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        info = psycopg.conninfo.conninfo_to_dict(admin)
        url = f"postgresql://{info.get('user', 'postgres')}@/{name}?host={quote(str(info['host']), safe='')}"
        store = DuckLakeStore(url, tmp_path_factory.mktemp("lake"))
        yield store
        store.close()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def ingest(own_store: DuckLakeStore, archive: Path) -> Iterator[IngestLoop]:
    """Takes the archive of the test into the store that the pages read."""
    profile = DeviceProfile(mn=city.MN, site="O-1-01", password="123456", expects=("hour",))
    use_store(own_store)
    loop = IngestLoop(own_store, archive, StaticDirectory({city.MN: profile}))
    loop._position = None
    yield loop
    use_store(None)


def test_the_newest_frames_of_a_device_come_with_what_they_say(duty: Client, archive: Path) -> None:
    positions = city.fill_archive(archive, [hour_frame("80", stamp="20251124080000"), hour_frame()])

    page = get(duty, f"/devices/{city.MN}/frames")

    newest, older = page["frames"]
    assert (newest["id"], older["id"]) == (id_of(positions[1]), id_of(positions[0]))
    assert (newest["cn"], newest["cn_zh"], newest["cn_en"]) == ("2061", "污染物小时数据", "Hourly data")
    assert newest["data_time"] == "2025-11-24T09:00:00+08:00"
    assert newest["received_at"] == "2025-11-24T10:40:00+08:00"
    assert newest["items"] == [{"name_zh": "NOx", "name_en": "NOx", "value": "130", "unit": "mg/m3", "mark": "N"}]
    assert (page["next"], page["searched_all"], page["simulated"]) == (None, True, True)
    assert len(newest["sha256"]) == 64


def test_older_frames_follow_page_by_page_and_can_be_chosen(duty: Client, archive: Path) -> None:
    frames = [hour_frame(str(value)) for value in range(5)]
    frames.insert(2, build_frame(qn=None, st="91", cn="9015", pw="123456", mn=city.MN, flag=5, cp=""))
    city.fill_archive(archive, frames)

    seen, before = [], ""
    while before is not None:
        page = get(
            duty,
            f"/devices/{city.MN}/frames?limit=2&before={before}" if before else f"/devices/{city.MN}/frames?limit=2",
        )
        seen += [one["cn"] for one in page["frames"]]
        before = page["next"]
    assert seen == ["2061", "2061", "2061", "9015", "2061", "2061"]
    assert [one["cn"] for one in get(duty, f"/devices/{city.MN}/frames?cn=9015")["frames"]] == ["9015"]
    assert get(duty, f"/devices/{city.MN}/frames?verdict=refused")["frames"] == []
    for wrong, field in (("before=x", "before"), ("cn=20a1", "cn"), ("limit=0", "limit"), ("limit=1000", "limit")):
        answer = duty.get(f"/api/v1/devices/{city.MN}/frames?{wrong}")
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)


def test_a_frame_is_explained_field_by_field(duty: Client, archive: Path) -> None:
    (position,) = city.fill_archive(archive, [hour_frame()])

    frame = get(duty, f"/frames/{id_of(position)}")

    header = {one["name"]: one for one in frame["header"]}
    assert header["ST"]["note_zh"] == "大气污染源"
    assert header["CN"]["note_en"] == "Hourly data"
    assert (header["PW"]["value"], header["PW"]["masked"]) == ("******", True)
    assert header["MN"]["meaning_en"] == "identity of the device"
    bits = {one["bits"]: one for one in frame["flag"]["bits"]}
    assert (frame["flag"]["value"], bits["2-7"]["meaning_zh"], bits["0"]["value"]) == (5, "HJ 212-2017", 1)
    (item,) = frame["items"]
    assert (item["code"], item["unit"], item["unit_from"], item["known"]) == ("a21002", "mg/m3", "code_table", True)
    assert (item["mark"], item["mark_zh"], item["mark_valid"]) == ("N", "正常", True)
    assert [one["meaning_zh"] for one in item["attributes"]] == ["平均值", "折算平均值", "数据标记"]
    assert frame["crc"]["given"] == frame["crc"]["calculated"]
    assert frame["length"]["ok"] is True
    assert frame["direction_en"] == "device to host"
    assert "".join(part["text"] for part in frame["parts"]) == masked(hour_frame()).decode()
    assert [part["kind"] for part in frame["parts"]] == ["head", "length", "segment", "crc"]
    assert bytes.fromhex(frame["hex"]) == masked(hour_frame())
    assert frame["problems"] == []
    assert (frame["device"], frame["registered_edition"], frame["site"]["code"]) == (city.MN, "2017", "O-1-01")
    assert frame["peer"] == "10.1.2.3:40001"
    assert frame["simulated"] is True


def test_no_password_or_key_leaves_the_server(duty: Client, archive: Path) -> None:
    change = build_frame(qn="20251124100205000", st="31", cn="1072", pw="123456", mn=city.MN, flag=5, cp="NewPW=geheim")
    key = build_frame(qn=None, st="31", cn="1014", pw="123456", mn=city.MN, flag=9, cp="NewSK=" + "ab" * 16)
    (position, other) = city.fill_archive(archive, [change, key])

    for one in (position, other):
        for path in (f"/frames/{id_of(one)}", f"/devices/{city.MN}/frames"):
            text = duty.get(f"/api/v1{path}").content
            for secret in (b"123456", b"geheim", b"ab" * 16):
                assert secret not in text
                assert secret.hex().encode() not in text


@given(st.binary(max_size=200), st.text("0123456789abcXYZ", min_size=3, max_size=12))
def test_masking_keeps_every_other_byte_in_its_place(noise: bytes, secret: str) -> None:
    raw = b"##0070QN=1;PW=" + secret.encode() + b";MN=A;CP=&&" + noise + b"&&"

    safe = masked(raw)

    assert len(safe) == len(raw)
    assert safe[:14] == raw[:14]
    assert safe[14 : 14 + len(secret)] == b"*" * len(secret)
    assert masked(safe) == safe


def test_the_hash_is_computed_anew_from_the_archive_and_a_change_is_told(duty: Client, archive: Path) -> None:
    (position, other) = city.fill_archive(archive, [hour_frame(), hour_frame("80")])

    check = get(duty, f"/frames/{id_of(position)}/verify")
    assert (check["intact"], check["recorded"], check["bytes"]) == (True, check["computed"], len(hour_frame()))

    path = segment_path(archive, position.segment)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"Avg=130", b"Avg=030"))
    broken = duty.get(f"/api/v1/frames/{id_of(position)}/verify")
    assert broken.status_code == 200
    assert (broken.json()["intact"], bool(broken.json()["reason"])) == (False, True)
    assert get(duty, f"/frames/{id_of(other)}/verify")["intact"] is True


@pytest.mark.parametrize("frame", ["nonsense", "000000000001:999", "000000000099:20", "000000000001:20:3"])
def test_a_frame_that_is_not_there_is_404(duty: Client, archive: Path, frame: str) -> None:
    city.fill_archive(archive, [hour_frame()])

    for path in (f"/frames/{frame}", f"/frames/{frame}/verify"):
        answer = duty.get(f"/api/v1{path}")
        assert answer.status_code == 404, path
        assert answer.json()["error"]["remedy"]


def test_frames_are_seen_by_those_who_see_the_device(login: Login, archive: Path) -> None:
    mine, other, unknown = city.fill_archive(
        archive,
        [hour_frame(), hour_frame(mn="QT4201000000000000000021"), hour_frame(mn="QT-NOBODY")],
    )

    def seen(who: str) -> list[int]:
        return [login(who).get(f"/api/v1/frames/{id_of(one)}").status_code for one in (mine, other, unknown)]

    assert seen("duty") == [200, 200, 200]
    assert seen("plant") == [200, 404, 404]
    assert seen("wuchang") == [404, 200, 404]
    assert seen("citizen") == [404, 404, 404]
    assert login("plant").get("/api/v1/devices/QT4201000000000000000021/frames").status_code == 404


def test_a_frame_leads_to_its_values_and_a_value_to_its_frame(duty: Client, archive: Path, ingest: IngestLoop) -> None:
    (position,) = city.fill_archive(archive, [hour_frame("131.5")])
    ingest.drain()

    (value,) = get(duty, f"/frames/{id_of(position)}")["became"]
    assert (value["value"], value["stored"], value["version"]) == ("131.5", "current", 1)
    assert (value["pollutant"], value["cycle"], value["period_start"]) == (
        "a21002",
        "hour",
        "2025-11-24T09:00:00+08:00",
    )
    series = get(duty, "/series?site=O-1-01&pollutant=a21002&start=2025-11-24T09:00:00%2B08:00")
    assert [point["frame"] for point in series["points"]] == [id_of(position)]
    outlet = get(duty, "/outlets/O-1-01")
    assert [one["frame"] for one in outlet["values"] if one["cycle"] == "hour"] == [id_of(position)]


def test_a_repeat_and_a_correction_are_told_apart(duty: Client, archive: Path, ingest: IngestLoop) -> None:
    stamp = "20251124070000"
    first, again, corrected = city.fill_archive(
        archive, [hour_frame("70", stamp=stamp), hour_frame("70", stamp=stamp), hour_frame("75", stamp=stamp)]
    )
    ingest.drain()

    def state(position: SpoolPosition) -> tuple[str, str | None]:
        (value,) = get(duty, f"/frames/{id_of(position)}")["became"]
        return value["stored"], value["frame"]

    newest = id_of(corrected)
    assert state(first) == state(again) == ("superseded", newest)
    assert state(corrected) == ("current", newest)


def test_a_frame_that_was_not_taken_in_yet_says_so(duty: Client, archive: Path, ingest: IngestLoop) -> None:
    (position,) = city.fill_archive(archive, [hour_frame("60", stamp="20251124060000")])

    (value,) = get(duty, f"/frames/{id_of(position)}")["became"]

    assert (value["stored"], value["frame"], value["value"]) == ("not_stored", None, "60")


def test_of_a_refused_frame_only_what_was_taken_in_after_all_is_told(
    duty: Client, archive: Path, ingest: IngestLoop
) -> None:
    """The same bytes first refused, then accepted: the series has the values, of the second arrival."""
    stamp = "20251124050000"
    (refused,) = city.fill_archive(archive, [hour_frame("51", stamp=stamp)], verdict=Verdict.UNKNOWN_DEVICE)
    assert get(duty, f"/frames/{id_of(refused)}")["became"] == []
    (accepted,) = city.fill_archive(archive, [hour_frame("51", stamp=stamp)])
    ingest.drain()

    (value,) = get(duty, f"/frames/{id_of(refused)}")["became"]
    assert (value["stored"], value["frame"]) == ("same", id_of(accepted))


def test_a_doubt_about_a_value_is_told_with_its_figures_and_the_remedy() -> None:
    row = Observation(
        "S-1",
        "a21005",
        Cycle.HOUR,
        city.LAST_HOUR,
        Decimal(800),
        unit="mg/m3",
        mark="N",
        received_at=city.NOW,
        qc=("unit_slip", "clock_error"),
        qc_facts='{"unit_slip":{"row":"q","value":"800","unit":"mg/m3","near":"0.8","factor":"1000"},'
        '"clock_error":{"row":"q","minutes":"20"},"of_a_later_release":{"row":"q"}}',
    )

    told = dict(doubts_of(row))

    assert set(told) == {"unit_slip", "clock_error"}  # one that this release does not know is left out
    assert "CO" in told["unit_slip"].text.zh and "800" in told["unit_slip"].text.en
    assert "20" in told["clock_error"].text.zh
    for one in told.values():
        assert one.title.zh and one.title.en and one.remedy.zh and one.remedy.en


def problems(client: Client, position: SpoolPosition) -> dict[str, dict]:
    return {one["code"]: one for one in get(client, f"/frames/{id_of(position)}")["problems"]}


def test_the_time_of_a_frame_is_read_in_the_zone_of_the_device(duty: Client, archive: Path) -> None:
    device = RegistryObject.objects.get(type=ObjectType.DEVICE, code=city.MN)
    device.attributes = device.attributes | {"utc_offset_minutes": 0}
    device.save()
    (position,) = city.fill_archive(archive, [hour_frame(stamp="20251124010000")])
    assert get(duty, f"/devices/{city.MN}/frames")["frames"][0]["data_time"] == "2025-11-24T09:00:00+08:00"
    assert get(duty, f"/frames/{id_of(position)}")["data_time"] == "2025-11-24T09:00:00+08:00"


def test_an_accepted_check_code_in_lower_case_is_told_with_what_the_standard_wants(duty: Client, archive: Path) -> None:
    frames = [hour_frame(str(value)) for value in range(100, 130)]
    good = next(one for one in frames if one[-4:] != one[-4:].lower())
    positions = city.fill_archive(archive, [good, good[:-4] + good[-4:].lower()])
    plain, lower = (get(duty, f"/frames/{id_of(one)}")["crc"] for one in positions)
    assert plain["ok"] and lower["ok"]
    assert "lower case" in lower["text_en"] and "小写" in lower["text_zh"]
    assert "lower case" not in plain["text_en"]


def test_a_wrong_check_code_is_diagnosed_with_the_remedy(duty: Client, archive: Path) -> None:
    good = hour_frame()
    modbus = good[:-4] + b"%04X" % crc16_modbus(good[6:-4])
    positions = city.fill_archive(archive, [modbus, good[:-4] + b"1234", good[:-4] + b"zzzz"], verdict=Verdict.BAD_CRC)

    told = [problems(duty, one) for one in positions]
    assert [list(one) for one in told] == [["crc_modbus"], ["crc_impossible"], ["crc_not_hex"]]
    first, second, third = (next(iter(one.values())) for one in told)
    assert "MODBUS" in first["text_zh"] and "modbus_too" in first["remedy_en"]
    assert "1234" in second["text_en"]
    assert first["remedy_zh"] != second["remedy_zh"]
    assert third["severity"] == "danger"
    frame = get(duty, f"/frames/{id_of(positions[0])}")
    assert (frame["crc"]["ok"], frame["crc"]["diagnosis"], frame["verdict_zh"]) == (False, "crc16_modbus", "校验码错误")
    assert frame["became"] == []


def test_a_wrong_password_is_a_security_matter_with_a_remedy(duty: Client, archive: Path) -> None:
    (position,) = city.fill_archive(archive, [hour_frame(pw="hacked")], verdict=Verdict.WRONG_PASSWORD)

    told = problems(duty, position)["password_rejected"]

    assert "安全" in told["remedy_zh"]
    assert told["title_en"] == "Wrong password"
    assert b"hacked" not in duty.get(f"/api/v1/frames/{id_of(position)}").content


@pytest.mark.parametrize(
    ("stamp", "code"),
    [
        ("20251124103200", "clock_behind"),
        ("20251124105500", "clock_ahead"),
        ("20251124130000", "future_time"),
        ("20251324090000", "impossible_time"),
    ],
)
def test_a_wrong_clock_is_told_with_the_remedy(
    duty: Client, archive: Path, ingest: IngestLoop, stamp: str, code: str
) -> None:
    data = {"a21026": {"Rtd": "12", "Flag": "N"}}
    if code == "impossible_time":
        raw = build_frame(
            qn=None, st="31", cn="2011", pw="123456", mn=city.MN, flag=5, cp=f"DataTime={stamp};a21026-Rtd=12"
        )
    else:
        qn = f"{stamp}000"
        raw = hour_frame(cn="2011", stamp=stamp, items=data, qn=qn)
    (position,) = city.fill_archive(archive, [raw])

    told = problems(duty, position)

    assert list(told) == [code]
    assert told[code]["remedy_zh"] and told[code]["remedy_en"]


def test_a_device_that_is_not_registered_is_explained_too(duty: Client, archive: Path) -> None:
    (position,) = city.fill_archive(archive, [hour_frame(mn="QT-NEW")], verdict=Verdict.UNKNOWN_DEVICE)

    frame = get(duty, f"/frames/{id_of(position)}")

    assert (frame["device"], frame["site"], frame["registered_edition"]) == (None, None, None)
    assert [one["code"] for one in frame["problems"]] == ["unknown_device"]
    assert [one["code"] for one in frame["items"]] == ["a21002"]


def test_the_settings_of_the_register_decide_unit_and_code(login: Login, archive: Path) -> None:
    steward = login("steward")
    revision = get(steward, f"/devices/{city.MN}")["revision"]
    change = {
        "revision": revision,
        "reason": "map",
        "settings": {"code_map": {"O3": "a05024"}, "units": {"a21005": "ug/m3"}, "aliases": ["ALIAS1"]},
    }
    answer = steward.patch(f"/api/v1/devices/{city.MN}", json.dumps(change), content_type="application/json")
    assert answer.status_code == 200
    items = {"O3": {"Avg": "80", "Flag": "M"}, "a21005": {"Avg": "800", "Flag": "N"}, "X9": {"Avg": "1"}}
    (position,) = city.fill_archive(archive, [hour_frame(mn="ALIAS1", items=items)])

    frame = get(steward, f"/frames/{id_of(position)}")

    ozone, co, private = frame["items"]
    assert (ozone["registered"], ozone["name_en"], ozone["mark_en"], ozone["mark_valid"]) == (
        "a05024",
        "O3",
        "maintenance",
        False,
    )
    assert (co["unit"], co["unit_from"]) == ("ug/m3", "register")
    assert (private["known"], private["unit_from"], private["mark_valid"]) == (False, "none", False)
    assert frame["device"] == city.MN
    assert [one["id"] for one in get(steward, f"/devices/{city.MN}/frames")["frames"]] == [id_of(position)]


def test_pasted_frames_are_explained_and_not_stored(duty: Client, archive: Path) -> None:
    text = f"2025-11-24 10:02 RECV {hour_frame().decode()}\\r\\n\n{hour_frame('80').decode()}\n"

    status, answer = post(duty, {"text": text})

    assert status == 200
    assert [one["items"][0]["attributes"][0]["value"] for one in answer["frames"]] == ["130", "80"]
    assert answer["garbage_bytes"] > 0
    assert not archive.exists()
    assert b"123456" not in json.dumps(answer).encode()


def test_pasted_bytes_may_be_hex_and_wrong_frames_are_explained_too(duty: Client) -> None:
    wrong = hour_frame()[:-4] + b"0000"

    status, answer = post(duty, {"hex": wrong.hex(" ")})

    assert status == 200
    (frame,) = answer["frames"]
    assert (frame["ok"], frame["crc"]["ok"]) == (False, False)
    assert [one["code"] for one in frame["problems"]] == ["crc_wrong"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": "##0001", "hex": "00"}, "text"),
        ({"text": "no frame here"}, "text"),
        ({"hex": "0g"}, "hex"),
        ({"hex": "00ff"}, "hex"),
        ({"text": "x", "surprise": 1}, "surprise"),
    ],
)
def test_what_cannot_be_explained_is_refused_with_a_remedy(duty: Client, body: dict, field: str) -> None:
    status, answer = post(duty, body)

    assert (status, answer["error"]["field"]) == (422, field)
    assert answer["error"]["remedy"]


def test_too_many_pasted_frames_are_refused(duty: Client) -> None:
    status, answer = post(duty, {"text": "\n".join([hour_frame().decode()] * 51)})

    assert (status, answer["error"]["field"]) == (422, "text")


def test_the_meaning_of_a_command_depends_on_the_edition() -> None:
    assert command_name("2005", "3014") != command_name("2017", "3014")
    assert command_name("2005", "1001") != command_name("2025", "1001")
    assert command_name("2017", "2061") == command_name("unknown", "2061")
    assert command_name("2017", "2061").en == "Hourly data"
    assert command_name("2017", "9999").en == ""


@pytest.mark.parametrize(
    "line",
    [json.loads(line) for line in REFERENCE.read_text("utf-8").splitlines()] if REFERENCE.exists() else [],
    ids=lambda one: one["id"],
)
def test_every_reference_frame_is_explained_in_both_languages(line: dict) -> None:
    raw = (
        line["frame"].encode() if "frame" in line else bytes.fromhex(line["frame_hex"]) if "frame_hex" in line else None
    )
    if raw is None:
        raw = wrap_segment(b"QN=1;ST=91;CN=9015;MN=A1;Flag=5;CP=&&&&")
    decoded = decode(raw)

    told = explain(raw, decoded, None, datetime(2025, 11, 24, tzinfo=city.SHANGHAI).date())

    for one in told.warnings:
        assert one.code in WARNINGS, one.code
    for one in told.problems:
        assert one.text_zh and one.text_en and one.remedy_zh and one.remedy_en
    if not decoded.crc_ok:
        assert told.problems, "a wrong check code is a problem"
    if told.cn and decoded.ok:
        assert told.cn_zh and told.cn_en, told.cn


def test_every_reason_of_refusal_has_a_title_and_all_its_words() -> None:
    for reason in RejectReason:
        problem = refusal(reason)
        for said in (problem.title, problem.text, problem.remedy):
            assert said.zh and said.en, reason
