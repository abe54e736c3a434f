"""Profiles: the built-in ones fit the pollutant table, own ones are read or explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from qingtian.domain.errors import InvalidInput
from qingtian.packs.rulebook import load_packs
from qingtian.simulator import built_in_profile, load_profile
from qingtian.simulator.profile import BUILT_IN, read_profile

# ele01: the standard has no code for active power; w01003: turbidity, in public frames of surface water stations
PRIVATE = {"ele01", "w01003"}
CHANNEL = '[[channel]]\ncode = "a21026"\nname = "x"\nunit = "mg/m3"\ntypical = 3.0\n'
HEAD = 'title = "t"\ntitle_en = "t"\nst = "31"\n'


@pytest.mark.parametrize("name", BUILT_IN)
def test_codes_and_old_codes_are_those_of_the_pack(name: str) -> None:
    known = {row.code: row for row in load_packs().pollutants}
    for channel in built_in_profile(name).channels:
        if channel.code in PRIVATE:
            continue
        assert channel.code in known, channel.code
        if channel.old_code:
            assert known[channel.code].old_code == channel.old_code, channel.code


def test_profiles_have_numbers_of_their_own_and_say_that_they_are_simulated() -> None:
    profiles = [built_in_profile(name) for name in BUILT_IN]
    assert len({one.number for one in profiles}) == len(BUILT_IN)
    assert all("模拟" in one.title and "simulated" in one.title_en for one in profiles)


def test_the_reference_oxygen_of_the_boiler_is_that_of_the_pack() -> None:
    profile = built_in_profile("flue_gas")
    oxygen = {float(row.reference_o2) for row in load_packs().oxygen if "13223" in row.standard}
    assert profile.reference_o2 in oxygen


def test_a_profile_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(HEAD + "realtime_s = 30\n[trouble]\nloss = 0.1\n[marks]\nfault_per_day = 0.5\n" + CHANNEL, "utf-8")
    profile = load_profile(str(file))
    assert (profile.name, profile.realtime_s, profile.channels[0].typical) == ("own", 30, 3.0)
    assert profile.trouble == {"loss": "0.1"}
    assert profile.marks.fault_per_day == 0.5
    assert profile.number == 255


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("st = ", "profile"),
        (HEAD, "p.channel"),
        (HEAD + "colour = 1\n" + CHANNEL, "p.colour"),
        (HEAD + "realtime_s = 'x'\n" + CHANNEL, "p.realtime_s"),
        (HEAD + "minute_min = 7\n" + CHANNEL, "p.minute_min"),
        (HEAD + "site = 'moon'\n" + CHANNEL, "p.site"),
        (HEAD + "flow = 'a00000'\n" + CHANNEL, "p.flow"),
        (HEAD + CHANNEL + CHANNEL, "p.channel"),
        (HEAD + CHANNEL + "course = 'moon'\n", "p.channel[0].course"),
        (HEAD + CHANNEL + "total = 'x'\n", "p.channel[0].total"),
        (HEAD + CHANNEL + "step = 0.0\n", "p.channel[0].step"),
        (HEAD + CHANNEL + "below = 'b'\n", "p.channel[0].below"),
        (HEAD + CHANNEL + "typical = true\n", "profile"),
        (HEAD + "[channel]\ncode = 'a'\n", "channel"),
        (HEAD + "marks = 1\n" + CHANNEL, "marks"),
        (HEAD + "[marks]\nperiod_rule = 'x'\n" + CHANNEL, "p.marks.period_rule"),
        (HEAD + '[[channel]]\ncode = "a"\n', "p.channel[0]"),
    ],
)
def test_a_wrong_profile_names_the_field_and_the_remedy(text: str, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_profile(text, "p")
    assert caught.value.field == field
    assert caught.value.remedy


def test_an_unknown_name_and_a_missing_file_are_told() -> None:
    with pytest.raises(InvalidInput, match="no profile"):
        load_profile("moon")
    with pytest.raises(InvalidInput, match="cannot be read"):
        load_profile("/nowhere/x.toml")
