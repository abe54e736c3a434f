"""Every option of `qingtian simulate` that shapes frames is seen in the frames."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from qingtian.cli.main import cli
from qingtian.domain.hj212 import Decoded, FrameOk, Framer, decode
from qingtian.simulator.profile import BUILT_IN

START = ("--start", "2024-06-01T08:00:00")


def frames(*options: str, duration: str = "31m") -> list[Decoded]:
    """What a run without a network writes."""
    done = CliRunner().invoke(
        cli, ["simulate", "--print", "raw", *START, "--duration", duration, *options], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    framer = Framer()
    events = [*framer.feed(done.stdout_bytes), *framer.flush()]
    return [decode(one.raw) for one in events if isinstance(one, FrameOk)]


def kinds(found: list[Decoded]) -> Counter[str]:
    return Counter(one.cn for one in found)


def test_without_options_one_boiler_reports_and_says_that_it_is_simulated() -> None:
    found = frames()
    assert {one.mn for one in found} == {"FF2120170200000000000001"}
    assert kinds(found) == {"3020": 1, "2011": 32, "2051": 6}  # a minute record takes two frames
    assert "模拟" in str(found[0].items["i21001"]["Info"])
    assert {one.header["PW"] for one in found} == {"123456"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--realtime", "30s"), {"2011": 63}),
        (("--realtime", "0"), {"2011": 0}),
        (("--minutes", "5"), {"2051": 12}),
        (("--heartbeat", "60s"), {"9015": 31}),
        (("--clock-check", "10m"), {"1013": 3}),
        (("--log-every", "10m"), {"3020": 4}),
        (("--login",), {"9021": 1}),
        (("--no-announce",), {"3020": 0}),
        (("--backfill", "2h"), {"2061": 4, "2051": 30}),
        (("--split-bytes", "9000"), {"2051": 3}),
    ],
)
def test_what_is_sent_and_how_often(options: tuple[str, ...], expected: dict[str, int]) -> None:
    found = kinds(frames(*options))
    assert {cn: found[cn] for cn in expected} == expected


def test_the_edition_of_2025_activates_asks_for_keys_and_marks_late_records() -> None:
    waiting = frames("--edition", "2025", "--activate")
    assert set(kinds(waiting)) == {"1001"}
    late = frames("--edition", "2025", "--backfill", "1h", "--no-announce")
    assert {one.backfill for one in late if one.cn == "2061"} == {True}
    assert {one.backfill for one in late if one.cn == "2011"} == {False}
    keys = frames("--edition", "2025", "--encrypt", "--rekey", "10m")
    assert kinds(keys)["1014"] == 3


def test_without_the_ack_bit_the_flag_says_so() -> None:
    assert {one.flag for one in frames("--no-ack", "--no-announce", "--split-bytes", "9000")} == {4}
    assert {one.flag for one in frames("--no-announce", "--split-bytes", "9000")} == {5}
    old = frames("--no-ack", "--edition", "2005", "--split-bytes", "9000")
    assert {(one.flag, one.qn) for one in old} == {(None, None)}


def test_a_text_is_cut_where_it_was_ordered() -> None:
    found = [one for one in frames("--split", "cut", "--split-bytes", "200") if one.cn == "2051"]
    assert {one.split for one in found} == {True}
    assert sum(one.data_time is not None for one in found) == 3
    assert max(len(one.cp.encode()) for one in found) == 200


def test_numbers_passwords_and_more_devices() -> None:
    assert {one.mn for one in frames("--mn", "FF2120AA", "--mn", "FF2120BB")} == {"FF2120AA", "FF2120BB"}
    assert {one.header["PW"] for one in frames("--password", "654321")} == {"654321"}
    many = {one.mn for one in frames("--devices", "3", "--first", "8", duration="2m")}
    assert {int(one[-4:]) for one in many} == {8, 9, 10}


def test_profiles_take_turns_and_bring_their_system_code() -> None:
    options = [option for name in BUILT_IN for option in ("--profile", name)]
    found = frames("--devices", "7", *options, duration="6m")
    assert {one.st for one in found if one.cn == "2011"} == {"22", "31", "32", "23", "27", "51", "21"}


def test_an_own_profile_brings_its_channels_and_its_trouble(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        'title = "t"\ntitle_en = "t"\nst = "31"\n[trouble]\nno_crlf = 1.0\n'
        '[[channel]]\ncode = "a24042"\nname = "x"\nunit = "mg/m3"\ntypical = 3.0\n',
        "utf-8",
    )
    found = frames("--profile", str(file))
    assert {code for one in found if one.cn == "2011" for code in one.items} == {"a24042"}
    raw = CliRunner().invoke(cli, ["simulate", "--print", "raw", *START, "--duration", "5m", "--profile", str(file)])
    assert b"\r\n" not in raw.stdout_bytes
    over = CliRunner().invoke(
        cli,
        ["simulate", "--print", "raw", *START, "--duration", "5m", "--profile", str(file), "--trouble", "no_crlf=0"],
    )
    assert over.stdout_bytes.count(b"\r\n") == over.stdout_bytes.count(b"##")  # the command line has the last word


def test_the_clock_may_be_wrong_while_the_values_go_on() -> None:
    found = [one for one in frames("--trouble", "clock_offset=3600", "--realtime", "60s") if one.cn == "2011"]
    assert found[0].data_time is not None
    assert not found[0].data_time.startswith("2024060108000")
    assert len({one.data_time for one in found}) == len(found)


@pytest.mark.parametrize("profile", BUILT_IN)
def test_a_day_of_every_profile_has_all_its_records_and_their_marks(profile: str) -> None:
    found = frames("--profile", profile, "--realtime", "0", "--no-announce", "--split-bytes", "9000", duration="25h")
    counted = kinds(found)
    assert counted["2061"] == 25
    assert counted["2051"] >= 25
    assert counted["2031"] == (0 if profile == "power" else 1)
    marks = {values["Flag"] for one in found for values in one.items.values() if "Flag" in values}
    assert marks <= set("NCDMBF")
    if profile in ("air_station", "flue_gas", "waste_water", "voc"):
        assert {"N", "C"} <= marks
    times = [one.data_time for one in found if one.cn == "2061"]
    assert times == sorted(times)  # type: ignore[type-var]


def test_json_lines_name_the_device_and_count() -> None:
    done = CliRunner().invoke(cli, ["simulate", "--print", *START, "--duration", "5m", "--devices", "2"])
    lines: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    assert len({one["id"] for one in lines}) == len(lines)
    assert {one["id"].partition("#")[0] for one in lines} == {
        "FF2120170200000000000001",
        "FF2120170200000000000002",
    }
    assert all(one["frame"].startswith("##") for one in lines)
