"""Retention: what is old, stored and no evidence goes; evidence stays in its place, and the chain can still be followed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.telemetry.archives import AT, MNS, everything, fill, fleet, frame

from qingtian.domain.errors import InvalidInput, NotVisible
from qingtian.telemetry.spool import find_by_hash, read_batch, read_durable, read_frame, segments, verify
from qingtian.telemetry.spool.folder import packed_segments, segment_path
from qingtian.telemetry.spool.packing import pack_closed
from qingtian.telemetry.spool.retention import Trimmed, trim
from qingtian.telemetry.spool.stat import stat
from qingtian.telemetry.spool.trail import trail
from qingtian.telemetry.spool.trims import TRIMMED, trimmed
from qingtian.telemetry.store.port import SpoolPosition

LATER = AT + timedelta(days=40)


def trimmed_at(
    folder: Path, now: datetime = LATER, *, linked: Collection[str] = (), dry: bool = False, keep_days: int = 30
) -> Trimmed:
    return trim(folder, now, keep_days=keep_days, stored=read_durable(folder), linked=lambda: linked, dry=dry)


def test_old_segments_go_and_the_newest_one_stays(tmp_path: Path) -> None:
    positions = fill(tmp_path, fleet(30))
    names = segments(tmp_path)
    done = trimmed_at(tmp_path)
    assert done.dropped == names[:-1] and done.thinned == []
    assert segments(tmp_path) == names[-1:]
    assert done.frames == 30 - len(everything(tmp_path))
    assert done.freed > 0
    report = verify(tmp_path)
    assert report.ok and report.trimmed == len(names) - 1
    with pytest.raises(NotVisible, match="dropped by the retention policy"):
        read_frame(tmp_path, positions[0].segment, positions[0].offset)
    told = trimmed(tmp_path)[names[0]]
    assert (told.kept, told.keep_days, told.trimmed_at) == (0, 30, LATER.isoformat())
    assert told.first_at == AT.isoformat()


def test_what_is_young_or_not_in_the_store_stays(tmp_path: Path) -> None:
    fill(tmp_path, fleet(30))
    names = segments(tmp_path)
    assert trimmed_at(tmp_path, AT + timedelta(days=29)).dropped == []
    behind = trim(tmp_path, LATER, keep_days=30, stored=SpoolPosition(names[2], 10**9), linked=lambda: (), dry=False)
    assert behind.dropped == names[:2]
    assert behind.waiting == names[2:-1]
    nothing = trim(tmp_path, LATER, keep_days=30, stored=None, linked=lambda: ())
    assert (nothing.dropped, nothing.waiting) == ([], names[2:-1])
    assert verify(tmp_path).ok


@pytest.mark.parametrize("packed", [True, False])
def test_frames_that_are_evidence_stay_at_their_place(tmp_path: Path, packed: bool) -> None:
    positions = fill(tmp_path, fleet(30))
    if packed:
        pack_closed(tmp_path)
    before = everything(tmp_path)
    evidence = {before[4].sha256, before[11].sha256}

    done = trimmed_at(tmp_path, linked=evidence)

    assert len(done.thinned) == 2
    for number in (4, 11):
        assert read_frame(tmp_path, positions[number].segment, positions[number].offset) == before[number]
        assert find_by_hash(tmp_path, before[number].sha256) == [before[number]]
    gone = next(n for n in range(12) if n not in (4, 11) and positions[n].segment == positions[4].segment)
    with pytest.raises(NotVisible, match="dropped by the retention policy"):
        read_frame(tmp_path, positions[gone].segment, positions[gone].offset)
    report = verify(tmp_path)
    assert report.ok, (report.breaks, report.damages)
    assert report.records == len(everything(tmp_path))
    assert [one.raw for one in trail(tmp_path, [MNS[1]], limit=99).records][-1] == frame(MNS[1], 4)
    records, end = read_batch(tmp_path, None, 100)  # a store that begins anew gets what there is
    assert [one.raw for one in records] == [one.raw for one in everything(tmp_path)]
    assert end == read_durable(tmp_path)
    assert stat(tmp_path).kept_frames == 2


def test_a_kept_frame_that_is_changed_is_told(tmp_path: Path) -> None:
    fill(tmp_path, fleet(30))
    evidence = everything(tmp_path)[4]
    trimmed_at(tmp_path, linked={evidence.sha256})
    path = tmp_path / f"{evidence.position.segment}.segz"
    data = bytearray(path.read_bytes())
    data[12] ^= 1
    path.write_bytes(data)
    assert not verify(tmp_path).ok


def test_a_second_pass_changes_nothing_and_a_dry_one_neither(tmp_path: Path) -> None:
    fill(tmp_path, fleet(30))
    evidence = {everything(tmp_path)[4].sha256}
    names = segments(tmp_path)
    dry = trimmed_at(tmp_path, linked=evidence, dry=True)
    assert segments(tmp_path) == names and not (tmp_path / TRIMMED).exists()
    done = trimmed_at(tmp_path, linked=evidence)
    assert (dry.dropped, dry.thinned, dry.frames, dry.kept) == (done.dropped, done.thinned, done.frames, done.kept)
    again = trimmed_at(tmp_path, linked=evidence)
    assert (again.dropped, again.thinned, again.frames) == ([], [], 0)
    assert verify(tmp_path).ok


def test_the_writer_goes_on_behind_a_trimmed_archive(tmp_path: Path) -> None:
    fill(tmp_path, fleet(30))
    trimmed_at(tmp_path)
    positions = fill(tmp_path, fleet(10, 30), start=30)
    assert min(one.segment for one in positions) > max(trimmed(tmp_path))
    report = verify(tmp_path)
    assert report.ok and report.breaks == []


def test_a_segment_that_goes_without_the_policy_is_missed(tmp_path: Path) -> None:
    fill(tmp_path, fleet(30))
    names = segments(tmp_path)
    segment_path(tmp_path, names[1]).unlink()
    (missing,) = verify(tmp_path).breaks
    assert (missing.segment, missing.why) == (names[2], f"segment {names[1]} is missing before it")


@pytest.mark.parametrize("step", ["note", "unlink", "thin"])
def test_a_death_while_trimming_leaves_an_archive_that_holds(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, fleet(30))
    evidence = everything(tmp_path)[4]

    class Died(BaseException):
        """`kill -9`."""

    def die(*_arguments: object, **_named: object) -> None:
        raise Died

    place = {"note": "note_trims", "unlink": "sync_folder", "thin": "repack_without"}[step]
    with monkeypatch.context() as patch:
        patch.setattr(f"qingtian.telemetry.spool.retention.{place}", die)
        with pytest.raises(Died):
            trimmed_at(tmp_path, linked={evidence.sha256})
    report = verify(tmp_path)
    assert report.breaks == [], report.breaks
    trimmed_at(tmp_path, linked={evidence.sha256})
    assert verify(tmp_path).ok
    assert read_frame(tmp_path, evidence.position.segment, evidence.position.offset) == evidence


def test_a_line_of_the_journal_that_was_cut_is_passed_over(tmp_path: Path) -> None:
    fill(tmp_path, fleet(30))
    (tmp_path / TRIMMED).write_text('{"segment": "0000', "utf-8")
    trimmed_at(tmp_path)
    assert len(trimmed(tmp_path)) == len((tmp_path / TRIMMED).read_text("utf-8").splitlines()) - 1
    assert verify(tmp_path).ok


@pytest.mark.parametrize("days", [0, -1])
def test_no_days_are_no_policy(tmp_path: Path, days: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        trimmed_at(tmp_path, keep_days=days)
    assert refused.value.field == "keep_days"


@settings(max_examples=25, deadline=None)
@given(
    count=st.integers(1, 25),
    linked=st.sets(st.integers(0, 24), max_size=6),
    segment_bytes=st.sampled_from([300, 900, 3000]),
    twice=st.booleans(),
)
def test_exactly_the_frames_without_need_go(
    count: int, linked: set[int], segment_bytes: int, twice: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("policy")
    fill(folder, fleet(count), segment_bytes=segment_bytes)
    before, last = everything(folder), segments(folder)[-1]
    evidence = {before[number].sha256 for number in linked if number < count}
    if twice:
        pack_closed(folder)
    trimmed_at(folder, linked=evidence)
    kept = [one for one in before if one.sha256 in evidence or one.position.segment == last]
    assert everything(folder) == kept  # one frame a group here, so nothing else stays beside it
    assert verify(folder).ok
    assert set(packed_segments(folder)) == {one.position.segment for one in kept} - {last}
