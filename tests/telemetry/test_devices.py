"""Profiles of devices: their wire settings, other spellings of their number, and the copy that outlives the process."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212 import CrcProfile, Edition, WireSettings, build_report, crc16_modbus, wrap_segment
from qingtian.telemetry.devices import CachedDirectory, DeviceProfile, StaticDirectory
from qingtian.telemetry.reading import read_registered

FULL = DeviceProfile(
    "MN1",
    "DA001",
    edition=2025,
    password="123456",
    passwords_also=("654321",),
    units={"a21026": "mg/m3"},
    code_map={"SO2": "a21026"},
    expects=("minute",),
    sm4_key="00" * 16,
    sm4_keys_also=("11" * 16,),
    crc="modbus_too",
    sentinels=("-1",),
    aliases=("mn-1", "MN1OLD"),
    medium="flue_gas",
)


def away() -> dict[str, DeviceProfile]:
    raise OSError("connection refused")


def test_the_copy_of_the_register_keeps_every_setting(tmp_path: Path) -> None:
    copy = tmp_path / "devices.json"
    assert CachedDirectory(lambda: {"MN1": FULL}, copy).refresh()
    served = CachedDirectory(away, copy)
    assert served.refresh()
    assert served.get("MN1") == FULL
    assert served.get("MN1").wire == FULL.wire  # type: ignore[union-attr]
    assert served.get("mn-1") == FULL
    assert copy.stat().st_mode & 0o077 == 0, "it holds secrets"


def test_a_copy_of_the_release_before_is_read_with_the_defaults(tmp_path: Path) -> None:
    old = {
        "mn": "MN1", "site": "DA001", "edition": 2017, "password": "123456", "simulated": False, "units": {},
        "code_map": {}, "minute_interval_s": 600, "realtime_interval_s": 60, "expects": ["hour"], "sm4_key": "",
    }  # fmt: skip
    (tmp_path / "devices.json").write_text(json.dumps([old]), "utf-8")
    served = CachedDirectory(away, tmp_path / "devices.json")
    assert served.refresh()
    assert served.get("MN1") == DeviceProfile("MN1", "DA001", password="123456", expects=("hour",))


def test_a_copy_with_an_impossible_setting_is_no_register(tmp_path: Path) -> None:
    (tmp_path / "devices.json").write_text('[{"mn": "A", "site": "B", "expects": [], "crc": "own"}]', "utf-8")
    assert not CachedDirectory(away, tmp_path / "devices.json").refresh()


@pytest.mark.parametrize("directory", [StaticDirectory({"MN1": FULL}), CachedDirectory(lambda: {"MN1": FULL})])
def test_every_spelling_of_a_number_finds_its_device(directory: StaticDirectory | CachedDirectory) -> None:
    assert directory.refresh()
    for mn in ("MN1", "mn-1", "MN1OLD"):
        found = directory.get(mn)
        assert found is not None and found.mn == "MN1"
    assert directory.get("MN2") is None


def test_an_alias_never_hides_a_registered_device() -> None:
    other = DeviceProfile("MN1OLD", "DA002")
    assert StaticDirectory({"MN1": FULL, "MN1OLD": other}).get("MN1OLD") is other


def test_the_settings_follow_a_changed_profile() -> None:
    assert FULL.wire.edition is Edition.E2025
    assert FULL.wire.read_keys == (bytes(16), b"\x11" * 16)
    assert replace(FULL, crc="standard", edition=2005).wire.crc is CrcProfile.STANDARD
    with pytest.raises(InvalidInput) as refused:
        replace(FULL, overtime_s=0)
    assert refused.value.field == "overtime_s"


def test_a_frame_is_read_by_the_settings_of_its_device_under_any_spelling() -> None:
    directory = StaticDirectory({"MN1": replace(FULL, edition=2017)})
    segment = build_report(
        WireSettings(), mn="mn-1", st="31", cn="2011", qn=None, params={"DataTime": "20240601085857"}
    )[6:-6]
    raw = b"##%04d%b%04X" % (len(segment), segment, crc16_modbus(segment))
    decoded, profile = read_registered(raw, directory)
    assert (decoded.ok, decoded.warnings, profile is not None and profile.mn) == (
        True,
        ("crc16_modbus_believed",),
        "MN1",
    )
    stranger, nobody = read_registered(raw.replace(b"MN=mn-1", b"MN=mn-9"), directory)
    assert (stranger.ok, nobody) == (False, None)


@pytest.mark.parametrize(
    "header",
    ["ST=31;CN=2011;PW=1; MN = MN1 ;Flag=4", "mn=MN1;ST=31;CN=2011", "MN=MN1,CN=2011", "ST=31;XX=MN=A;MN=MN1;CN=2011"],
)
def test_an_unusual_header_finds_its_device_too(header: str) -> None:
    raw = wrap_segment(f"{header};CP=&&DataTime=20240601085857;SO2-Rtd=1&&".encode())
    decoded, profile = read_registered(raw, StaticDirectory({"MN1": FULL, "A": DeviceProfile("A", "DA9")}))
    assert profile is FULL
    assert decoded.version is Edition.E2025
