"""The journal of rejected frames, and taking frames in after the register was corrected: once, with their history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.telemetry.fleet import PASSWORD, frame_hash, minute_frame

from qingtian.domain.hj212 import build_frame
from qingtian.domain.hj212.crc import crc16_modbus
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.archive import FrameArchive
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.gateway.judge import judge
from qingtian.telemetry.ingest import IngestLoop
from qingtian.telemetry.rejects import readmitting
from qingtian.telemetry.rejects.journal import RejectJournal, Wanted
from qingtian.telemetry.rejects.readmitting import Readmitted, Readmitter
from qingtian.telemetry.rejects.reasons import NEWCOMERS, Group, RejectReason
from qingtian.telemetry.spool import SpoolWriter
from qingtian.telemetry.store.ducklake import DuckLakeStore
from qingtian.telemetry.store.port import Cycle, Observation, Quarantined, SpoolPosition

MN, OTHER = "NEW-0001", "NEW-0002"
NOW = datetime(2025, 11, 22, 9, 0, tzinfo=SHANGHAI)
LATER = NOW + timedelta(hours=3)
MINUTE = timedelta(minutes=1)
SITE = "DA001"


class Register(StaticDirectory):
    """A register that changes."""

    def set(self, *profiles: DeviceProfile) -> None:
        self._profiles = {name: one for one in profiles for name in (one.mn, *one.aliases)}


class City:
    """Gateway's decisions, spool, ingest and store in one process."""

    def __init__(self, folder: Path, store: DuckLakeStore) -> None:
        self.folder, self.store, self.register = folder / "spool", store, Register({})
        self.spool = SpoolWriter(self.folder)
        self.loop = self.another_loop()
        self.journal: RejectJournal = store.rejects

    def another_loop(self) -> IngestLoop:
        return IngestLoop(self.store, self.folder, self.register, unit_of=lambda _code: "mg/m3")

    def receive(self, raw: bytes, at: datetime = NOW, peer: str = "10.0.0.1:5000") -> str:
        """What the gateway does with a frame; returns its hash."""
        raw = raw.rstrip()
        judged = judge(raw, self.register)
        self.spool.append_and_wait(raw, received_at=at, peer=peer, verdict=judged.verdict, reason=judged.reason)
        return frame_hash(raw)

    def take_in(self, mn: str = MN, *reasons: RejectReason, at: datetime = LATER) -> Readmitted:
        return Readmitter(self.store, self.another_loop(), FrameArchive(self.folder), self.register).run(
            mn, reasons, at
        )

    def rows(self, cycle: Cycle = Cycle.MINUTE) -> list[Observation]:
        return self.store.window(cycle, NOW - timedelta(days=30), NOW + timedelta(days=30))

    def held(self, **wanted: Any) -> list[tuple[str, RejectReason]]:
        return [(one.mn, one.reason) for one in self.journal.page(Wanted(**wanted), limit=1000, oldest_first=True)]


@pytest.fixture
def city(empty_store: DuckLakeStore, tmp_path: Path) -> Iterator[City]:
    one = City(tmp_path, empty_store)
    yield one
    one.spool.close()


def frame(number: int, mn: str = MN, **changes: Any) -> bytes:
    return minute_frame(mn, NOW - 30 * MINUTE + number * MINUTE, {"a21026": f"{number}.5"}, **changes)


def profile(mn: str = MN, **changes: Any) -> DeviceProfile:
    return DeviceProfile(mn, SITE, **({"password": PASSWORD, "minute_interval_s": 60} | changes))


# -- the journal ------------------------------------------------------------------------------------------------------


@pytest.fixture
def filled(city: City) -> City:
    """Two newcomers, a wrong check code, a wrong clock."""
    city.register.set(profile("KNOWN"))
    for number in range(3):
        city.receive(frame(number), NOW + number * MINUTE, peer=f"10.0.0.{number}:5000")
    city.receive(frame(0, OTHER), NOW + 10 * MINUTE, peer="10.0.1.1:1")
    spoilt = frame(0, "KNOWN").replace(b"0.5", b"9.5")
    city.receive(spoilt, NOW + 20 * MINUTE)
    city.receive(minute_frame("KNOWN", NOW + timedelta(days=2), {"a21026": "1"}), NOW + 30 * MINUTE)
    city.receive(frame(5, "88888888"), NOW + 40 * MINUTE)
    city.loop.drain()
    return city


def test_every_rejected_frame_is_listed_with_reason_hash_place_and_peer(filled: City) -> None:
    assert filled.held() == [
        *[(MN, RejectReason.UNKNOWN_DEVICE)] * 3,
        (OTHER, RejectReason.UNKNOWN_DEVICE),
        ("KNOWN", RejectReason.CRC_WRONG),
        ("KNOWN", RejectReason.FUTURE_TIME),
        ("88888888", RejectReason.DEFAULT_MN),
    ]
    [first] = filled.journal.of_frame(frame_hash(frame(0)))
    assert (first.peer, first.received_at, first.settled_at) == ("10.0.0.0:5000", NOW, None)
    wrong = filled.journal.page(Wanted(reasons=(RejectReason.CRC_WRONG,)), limit=9)
    assert "computed" in wrong[0].detail


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Wanted(), 7),
        (Wanted(mn=MN), 3),
        (Wanted(group=Group.IDENTITY), 5),
        (Wanted(group=Group.CLOCK), 1),
        (Wanted(group=Group.CLOCK, reasons=(RejectReason.CRC_WRONG,)), 0),
        (Wanted(reasons=(RejectReason.CRC_WRONG, RejectReason.FUTURE_TIME)), 2),
        (Wanted(since=NOW + 10 * MINUTE), 4),
        (Wanted(until=NOW + 10 * MINUTE), 3),
        (Wanted(peer="10.0.1.1"), 1),
        (Wanted(settled=True), 0),
        (Wanted(settled=False), 7),
        (Wanted(text="new-0002"), 1),
        (Wanted(text="10.0.0.2"), 1),
        (Wanted(text="%"), 0),
        (Wanted(text="_"), 0),
    ],
)
def test_the_journal_is_filtered(filled: City, wanted: Wanted, count: int) -> None:
    assert filled.journal.count(wanted) == count
    assert len(filled.journal.page(wanted, limit=100)) == count
    assert len(list(filled.journal.each(wanted, most=100))) == count


def test_pages_follow_each_other_without_gap_or_repeat(filled: City, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = filled.journal.page(Wanted(), limit=100)
    assert [filled.journal.page(Wanted(), limit=2, offset=at)[0] for at in (0, 2, 4, 6)] == whole[::2]
    assert whole == list(reversed(filled.journal.page(Wanted(), limit=100, oldest_first=True)))
    monkeypatch.setattr("qingtian.telemetry.rejects.journal.CHUNK", 2)
    assert list(filled.journal.each(Wanted(), most=100)) == list(reversed(whole))
    assert len(list(filled.journal.each(Wanted(), most=5))) == 5


def test_counts_by_reason_and_by_device_add_up(filled: City) -> None:
    by_reason = {one.key: one.frames for one in filled.journal.by_reason(Wanted())}
    assert by_reason == {"unknown_device": 4, "crc_wrong": 1, "future_time": 1, "default_mn": 1}
    [most, *_] = filled.journal.by_mn(Wanted(), limit=10)
    assert (most.key, most.frames, most.first_at, most.last_at) == (MN, 3, NOW, NOW + 2 * MINUTE)
    assert len(filled.journal.by_mn(Wanted(), limit=2)) == 2


def test_codes_of_the_first_release_join_the_present_ones(filled: City) -> None:
    filled.store.append((), quarantined=[Quarantined("OLD", "bad_crc", "", NOW - MINUTE, "f" * 64, "000000000000", 20)])
    assert {one.key: one.frames for one in filled.journal.by_reason(Wanted())}["crc_wrong"] == 2
    assert filled.held(mn="OLD", reasons=(RejectReason.CRC_WRONG,)) == [("OLD", RejectReason.CRC_WRONG)]


def test_newcomers_are_told_by_number_with_their_addresses(filled: City) -> None:
    wanted = Wanted(reasons=NEWCOMERS, settled=False)
    lines = filled.journal.newcomers(wanted, limit=10)
    assert [(one.mn, one.frames) for one in lines] == [("88888888", 1), (OTHER, 1), (MN, 3)]
    assert (lines[2].first_at, lines[2].last_at) == (NOW, NOW + 2 * MINUTE)
    assert (list(lines[2].peers), lines[2].addresses) == (["10.0.0.0", "10.0.0.1", "10.0.0.2"], 3)
    assert filled.journal.count_newcomers(wanted) == 3
    assert [one.mn for one in filled.journal.newcomers(wanted, limit=1, offset=1)] == [OTHER]


def test_a_nul_in_what_a_device_sends_does_not_stop_the_journal(city: City) -> None:
    held = Quarantined("A\x00B", "cannot_be_read", "x\x00y", NOW, "a" * 64, "000000000001", 20, "10.0.0.1:1")
    city.store.append((), quarantined=[held])
    [one] = city.journal.page(Wanted(), limit=9)
    assert (one.mn, one.detail) == ("A\ufffdB", "x\ufffdy")


# -- taking frames in -------------------------------------------------------------------------------------------------


def test_an_adopted_device_brings_its_history_once(city: City) -> None:
    hashes = [city.receive(frame(number)) for number in range(5)]
    city.receive(frame(0))  # sent again, since nothing was acknowledged
    city.loop.drain()
    assert city.rows() == []
    city.register.set(profile())
    done = city.take_in()
    assert (done.frames, done.taken, done.rows, done.new, dict(done.still_out)) == (6, 6, 6, 5, {})
    rows = city.rows()
    assert [(row.site, row.value, row.version) for row in rows] == [
        (SITE, Decimal(f"{number}.5"), 1) for number in range(5)
    ]
    assert [row.frame_hash for row in rows] == hashes
    assert city.store.quarantined(NOW - MINUTE) == []
    assert city.held(settled=False) == []
    assert len(city.held(settled=True)) == 6


def test_taking_in_again_changes_nothing(city: City) -> None:
    city.receive(frame(0))
    city.loop.drain()
    city.register.set(profile())
    city.take_in()
    before = city.rows()
    assert city.take_in(at=LATER + MINUTE) == Readmitted()
    city.receive(frame(0), LATER)  # and the device sends it once more, now accepted
    city.loop.drain()
    assert city.rows() == before


def test_a_pass_that_broke_off_before_it_was_noted_is_made_again_and_doubles_nothing(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        city.receive(frame(number))
    city.loop.drain()
    city.register.set(profile())

    def broken(self: RejectJournal, rejects: object, at: datetime) -> int:
        raise ConnectionError("the database went away")

    with monkeypatch.context() as patch:
        patch.setattr(RejectJournal, "settle", broken)
        with pytest.raises(ConnectionError):
            city.take_in()
    assert len(city.rows()) == 4
    done = city.take_in()
    assert (done.taken, done.new) == (4, 0)
    assert [row.version for row in city.rows()] == [1] * 4


def test_the_values_are_known_from_the_moment_of_adoption_not_before(city: City) -> None:
    city.receive(frame(0))
    city.loop.drain()
    city.register.set(profile())
    city.take_in(at=LATER)
    [row] = city.rows()
    assert row.received_at == LATER
    start, end = NOW - timedelta(days=1), NOW + timedelta(days=1)
    assert city.store.series(SITE, "a21026", Cycle.MINUTE, start, end, as_of=LATER - MINUTE) == []
    assert len(city.store.series(SITE, "a21026", Cycle.MINUTE, start, end, as_of=LATER)) == 1
    assert len(city.store.window(Cycle.MINUTE, start, end, received_since=LATER)) == 1  # later duties see it as touched


def test_only_frames_with_the_right_password_are_taken_once_it_is_corrected(city: City) -> None:
    city.register.set(profile(password="old-pw"))
    city.receive(frame(0))
    city.receive(frame(1, pw="guess"))
    city.loop.drain()
    assert city.held() == [(MN, RejectReason.PASSWORD_ANSWERED)] * 2
    city.register.set(profile())
    done = city.take_in(MN, RejectReason.PASSWORD_ANSWERED, RejectReason.PASSWORD_REJECTED)
    assert (done.taken, dict(done.still_out)) == (1, {"password_answered": 1})
    assert [row.value for row in city.rows()] == [Decimal("0.5")]
    assert len(city.held(settled=False)) == 1


def test_frames_with_another_check_code_are_taken_once_the_device_is_set_so(city: City) -> None:
    city.register.set(profile())
    segment = frame(0).rstrip()[6:-4]
    city.receive(b"##%04d%b%04X" % (len(segment), segment, crc16_modbus(segment)))
    city.loop.drain()
    assert city.held() == [(MN, RejectReason.CRC_MODBUS)]
    city.register.set(profile(crc="modbus_too"))
    assert city.take_in().taken == 1
    assert len(city.rows()) == 1


def test_a_wrong_zone_is_mended_by_the_register(city: City) -> None:
    city.register.set(profile())
    ahead = NOW + timedelta(hours=6)  # a clock in another zone, told as the city's
    city.receive(minute_frame(MN, ahead, {"a21026": "7"}), NOW)
    city.loop.drain()
    assert city.held() == [(MN, RejectReason.FUTURE_TIME)]
    city.register.set(profile(utc_offset_minutes=480 + 360))
    assert city.take_in().taken == 1
    [row] = city.rows()
    assert (row.period_start, row.value) == (NOW, Decimal(7))


def test_what_stays_wrong_stays_out_and_is_told(city: City) -> None:
    city.register.set(profile())
    city.receive(minute_frame(MN, NOW + timedelta(hours=7), {"a21026": "7"}), NOW)
    city.receive(frame(1).replace(b"1.5", b"9.5"))
    city.loop.drain()
    done = city.take_in()
    assert (done.frames, done.taken, dict(done.still_out)) == (2, 0, {"future_time": 1, "crc_wrong": 1})
    assert city.rows() == []
    assert len(city.held(settled=False)) == 2


def test_an_adopted_device_with_the_wrong_password_is_no_newcomer_any_more(city: City) -> None:
    city.receive(frame(0, pw="real"))
    city.receive(frame(1))
    city.loop.drain()
    city.register.set(profile())
    done = city.take_in()
    assert (done.taken, dict(done.still_out)) == (1, {"password_answered": 1})
    assert city.journal.count_newcomers(Wanted(reasons=NEWCOMERS, settled=False)) == 0
    assert city.held(settled=False) == [(MN, RejectReason.PASSWORD_ANSWERED)]
    city.register.set(profile(password="real", passwords_also=(PASSWORD,)))
    assert city.take_in().taken == 1
    assert [row.value for row in city.rows()] == [Decimal("0.5"), Decimal("1.5")]
    assert city.held(settled=False) == []


def test_frames_under_an_alias_come_along(city: City) -> None:
    city.receive(frame(0, "new-0001"))
    city.receive(frame(1, OTHER))
    city.loop.drain()
    city.register.set(profile(aliases=("new-0001",)))
    assert city.take_in(MN).taken == 1
    assert city.held(settled=False) == [(OTHER, RejectReason.UNKNOWN_DEVICE)]


def test_only_the_wanted_reasons_are_looked_at(city: City) -> None:
    city.receive(frame(0))
    city.loop.drain()
    city.register.set(profile())
    assert city.take_in(MN, RejectReason.FUTURE_TIME) == Readmitted()
    assert city.rows() == []


def test_a_heartbeat_of_a_newcomer_is_settled_though_it_has_no_values(city: City) -> None:
    beat = build_frame(qn="20251122090000000", st="91", cn="9015", pw=PASSWORD, mn=MN, flag=4, cp="")
    city.receive(beat)
    city.loop.drain()
    city.register.set(profile())
    done = city.take_in()
    assert (done.taken, done.rows) == (1, 0)
    assert city.held(settled=False) == []


def part(number: int, cp: str) -> bytes:
    return build_frame(
        qn="20251122090000000", st="31", cn="2051", pw=PASSWORD, mn=MN, flag=7, cp=cp, pnum=2, pno=number
    )


def test_parts_that_were_cut_in_the_text_are_joined_across_chunks(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readmitting, "CHUNK", 1)
    city.receive(part(1, "DataTime=20251122085000;a21026-Avg=1.5,a21026-Fl"))
    city.receive(part(2, "ag=N;a21002-Avg=2.5,a21002-Flag=N"))
    city.loop.drain()
    city.register.set(profile())
    done = city.take_in()
    assert (done.taken, done.rows, dict(done.still_out)) == (2, 2, {})
    assert {row.pollutant: row.value for row in city.rows()} == {"a21026": Decimal("1.5"), "a21002": Decimal("2.5")}
    assert city.held(settled=False) == []


def test_a_part_without_its_other_stays_out_with_the_new_reason(city: City) -> None:
    city.receive(part(2, "ag=N;a21002-Avg=2.5,a21002-Flag=N"))
    city.loop.drain()
    city.register.set(profile())
    done = city.take_in()
    assert (done.taken, dict(done.still_out)) == (0, {"incomplete_split": 1})
    assert city.rows() == []
    assert city.held(settled=False) == [(MN, RejectReason.INCOMPLETE_SPLIT)]


def test_a_frame_that_the_archive_lost_is_told_and_the_others_are_taken(city: City) -> None:
    city.receive(frame(0))
    city.loop.drain()
    lost = Quarantined(MN, "unknown_device", "", NOW - MINUTE, "e" * 64, "000000009999", 20)
    city.store.append((), quarantined=[lost])
    city.register.set(profile())
    done = city.take_in()
    assert (done.taken, dict(done.still_out)) == (1, {"not_in_the_archive": 1})


def test_a_correction_that_came_since_is_not_undone_by_history(city: City) -> None:
    city.register.set(profile())
    city.receive(frame(3), NOW)
    city.loop.drain()
    assert city.rows()[0].value == Decimal("3.5")
    place = city.spool.position
    assert isinstance(place, SpoolPosition)
    city.register.set()
    city.receive(frame(3), NOW + MINUTE)  # the same frame again while the device was off the register
    city.loop.drain()
    city.register.set(profile())
    corrected = minute_frame(MN, NOW - 27 * MINUTE, {"a21026": "4.25"})
    city.receive(corrected, NOW + 2 * MINUTE)
    city.loop.drain()
    city.take_in()
    [row] = city.rows()
    assert (row.value, row.version) == (Decimal("4.25"), 2)
