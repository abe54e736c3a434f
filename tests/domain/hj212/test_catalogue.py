"""The command catalogue against section 4 of the protocol notes, number by number and edition by edition."""

from __future__ import annotations

import pytest
from tests.domain.hj212.frames import raw_of, rows

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212 import COMMANDS, Edition, Form, Kind, command_of, decode, find_command, host_commands
from qingtian.domain.hj212.command import Source, in_cipher_scope

EDITIONS = (Edition.E2005, Edition.E2017, Edition.E2025)
# number: direction in 2005, 2017, 2025 (d = the host sends it, u = the device does, b = both, - = not there)
NOTES = {
    "1000": "ddd", "1001": "d-u", "1002": "--d", "1011": "bbb", "1012": "ddd", "1013": "-uu", "1014": "--b",
    "1021": "b--", "1022": "d--", "1031": "b--", "1032": "d--", "1041": "b--", "1042": "d--", "1061": "bbb",
    "1062": "ddd", "1063": "-bb", "1064": "-dd", "1072": "ddd",
    "2011": "bbb", "2012": "ddd", "2013": "--b", "2021": "bbb", "2022": "ddd", "2031": "bbb", "2041": "bbb",
    "2051": "bbb", "2052": "--b", "2061": "bbb", "2062": "--b", "2071": "b--", "2072": "u--", "2081": "-uu",
    "2111": "--u",
    "3011": "ddd", "3012": "ddd", "3013": "ddd", "3014": "dd-", "3015": "-b-", "3016": "-d-", "3017": "-b-",
    "3018": "-bb", "3019": "-bb", "3020": "-bb", "3021": "-dd", "3022": "--d", "3024": "--d",
    "9011": "uuu", "9012": "uuu", "9013": "bbb", "9014": "bbb", "9015": "uuu", "9021": "uu-",
}  # fmt: skip


@pytest.mark.parametrize("cn", NOTES)
def test_each_edition_has_the_commands_of_the_notes_in_their_direction(cn: str) -> None:
    for edition, wanted in zip(EDITIONS, NOTES[cn], strict=True):
        command = find_command(edition, cn)
        if command is None:
            assert wanted == "-", f"{cn} of {edition.value} is missing"
            continue
        direction = {(True, True): "b", (True, False): "d", (False, True): "u"}[
            command.down is not None, command.up is not None
        ]
        assert direction == wanted, f"{cn} of {edition.value}"


def test_the_catalogue_holds_nothing_that_the_notes_do_not() -> None:
    assert {cn for _, cn in COMMANDS} == set(NOTES)
    assert len(COMMANDS) == sum(letter != "-" for letters in NOTES.values() for letter in letters)


def test_numbers_that_changed_their_meaning_are_told_apart() -> None:
    alarm, serials = command_of(Edition.E2005, "1001"), command_of(Edition.E2025, "1001")
    assert (alarm.down, alarm.up, alarm.down_fields[0].name) == (Kind.REQUEST, None, "WarnTime")
    assert (serials.down, serials.up, serials.answered_by) == (None, Kind.NOTICE, "9013")
    hours, comparison = command_of(Edition.E2005, "3014"), command_of(Edition.E2017, "3014")
    assert [one.name for one in hours.down_fields] == ["PolId", "CTime"]
    assert [one.name for one in comparison.down_fields] == ["PolId"]
    assert find_command(Edition.E2017, "1001") is None, "reserved in 2017"
    assert command_of(Edition.E2005, "1072").down_fields[0].name == "PW"
    assert command_of(Edition.E2017, "1072").down_fields[0].name == "NewPW"


def test_a_command_that_the_edition_lacks_is_refused_and_the_editions_that_have_it_are_named() -> None:
    with pytest.raises(InvalidInput, match="2005 have it") as refused:
        command_of(Edition.E2017, "1021")
    assert (refused.value.field, bool(refused.value.remedy)) == ("cn", True)
    with pytest.raises(InvalidInput, match="no edition has it"):
        command_of(Edition.E2025, "7777")


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda one: f"{one.edition.value}-{one.cn}")
def test_each_row_is_whole(command) -> None:
    assert command.zh.strip() and command.en.strip()
    assert any("\u4e00" <= letter <= "\u9fff" for letter in command.zh)
    assert command.en.isascii()
    assert command.down or command.up
    assert command.answered_by == {Kind.NOTICE: "9013", Kind.UPLOAD: "9014"}.get(command.up, "")
    assert not command.history or command.reads, "who asks for a period gets data"
    assert not command.reads or (command.down is Kind.REQUEST and command.up is Kind.UPLOAD)
    wanted = {Edition.E2005: Source.P05, Edition.E2017: Source.S17, Edition.E2025: Source.S25}[command.edition]
    assert command.source in (wanted, Source.VENDOR)
    for field in (*command.down_fields, *command.up_fields):
        assert field.zh and field.en and field.en.isascii()
        assert (field.low is None) or (field.high is None) or field.low < field.high
        assert field.secret is (field.form in (Form.PASSWORD, Form.KEY))


LIMITS = [
    ("1000", "OverTime", 1, 99, "s"),
    ("1000", "ReCount", 1, 99, ""),
    ("1062", "RtdInterval", 30, 3600, "s"),
    ("3016", "CTime", 1, 24, "h"),
]


@pytest.mark.parametrize(("cn", "name", "low", "high", "unit"), LIMITS)
def test_limits_are_those_of_the_standard(cn: str, name: str, low: int, high: int, unit: str) -> None:
    field = command_of(Edition.E2017, cn).field(name)
    assert field is not None
    assert (field.low, field.high, field.unit) == (low, high, unit)
    for value in (low, high):
        field.check(str(value))
    for value in (low - 1, high + 1):
        with pytest.raises(InvalidInput) as refused:
            field.check(str(value))
        assert refused.value.field == name
        assert str(high) in str(refused.value.remedy)


def test_limits_of_what_devices_tell_are_known_too() -> None:
    told = {one.name: one for cn in ("3015", "3018") for one in command_of(Edition.E2017, cn).up_fields}
    assert (told["Stime"].low, told["Stime"].high) == (1, 120)
    assert (told["VaseNo"].low, told["VaseNo"].high) == (1, 99)


def test_the_minute_interval_is_one_of_eleven() -> None:
    field = command_of(Edition.E2025, "1064").down_fields[0]
    allowed = {1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30}
    for minutes in range(32):
        if minutes in allowed:
            field.check(str(minutes))
        else:
            with pytest.raises(InvalidInput, match="not allowed"):
                field.check(str(minutes))


def test_a_secret_is_never_repeated_in_an_error() -> None:
    for edition, cn, name in ((Edition.E2017, "1072", "NewPW"), (Edition.E2025, "1014", "NewSK")):
        field = command_of(edition, cn).field(name)
        assert field is not None
        with pytest.raises(InvalidInput) as refused:
            field.check("my secret;")
        assert "my secret" not in str(refused.value)


@pytest.mark.parametrize("spelling", ["CTime", "Ctime"])
def test_other_spellings_find_their_field(spelling: str) -> None:
    assert command_of(Edition.E2017, "3016").field(spelling).name == "CTime"
    assert command_of(Edition.E2017, "3021").field("i13004-Info").name == "Info"
    assert command_of(Edition.E2017, "3021").field("Info") is None, "an attribute needs its code"


def test_the_cipher_covers_data_keys_and_field_information() -> None:
    covered = {cn for (edition, cn), one in COMMANDS.items() if edition is Edition.E2025 and one.encrypts}
    assert covered == {cn for cn, letters in NOTES.items() if cn[0] == "2" and letters[2] != "-"} | {"1014", "3020"}
    assert not any(one.encrypts for (edition, _), one in COMMANDS.items() if edition is not Edition.E2025)
    assert not in_cipher_scope("201") and not in_cipher_scope("2O11")


def test_every_shared_frame_that_is_right_carries_a_command_of_its_edition_or_a_number_the_notes_leave_out() -> None:
    strange = set()
    for entry in rows():
        if entry["kind"] != "frame" or entry["version"] == "unknown":
            continue
        frame = decode(raw_of(entry))
        if find_command(Edition(entry["version"]), frame.cn) is None:
            strange.add((entry["version"], frame.cn))
    assert strange == set()


def test_what_the_host_can_order_is_listed_by_edition() -> None:
    listed = {edition: [one.cn for one in host_commands(edition)] for edition in EDITIONS}
    for place, edition in enumerate(EDITIONS):
        assert listed[edition] == [cn for cn, way in NOTES.items() if way[place] in "db" and cn[0] != "9"]
