"""A gateway's spool is trimmed behind what the shards hold, never ahead of it, and never what was there before."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from tests.telemetry.archives import AT, everything, fill, fleet

from qingtian.telemetry.cluster.copies import COPIES, CopyKeeper, note_where_copies_begin, trim_copies
from qingtian.telemetry.cluster.forwarder import CONSUMED, MARK
from qingtian.telemetry.cluster.marks import read_mark, write_mark
from qingtian.telemetry.spool import segments, verify
from qingtian.telemetry.spool.folder import packed_segments
from qingtian.telemetry.store.port import SpoolPosition

LATER = AT + timedelta(days=10)


def consume(folder: Path, position: SpoolPosition) -> None:
    """What the forwarder writes down once the shards have acknowledged."""
    write_mark(folder / CONSUMED, {"segment": position.segment, "offset": position.offset})


def test_nothing_goes_before_the_shards_hold_it(tmp_path: Path) -> None:
    note_where_copies_begin(tmp_path)
    places = fill(tmp_path, fleet(30))
    names = segments(tmp_path)
    assert len(names) > 4
    untouched = trim_copies(tmp_path, LATER, 2)
    assert (untouched.dropped, untouched.waiting) == ([], names[:-1])

    held = next(place for place in places if place.segment == names[3])
    consume(tmp_path, held)
    done = trim_copies(tmp_path, LATER, 2)
    assert done.dropped == names[:3]  # a segment that is held in part stays as a whole
    assert done.waiting == names[3:-1]
    assert done.frames == sum(place.segment in names[:3] for place in places)
    assert segments(tmp_path) == names[3:]
    assert verify(tmp_path).ok  # the chain is followed over what went

    consume(tmp_path, SpoolPosition(places[-1].segment, 10**9))
    assert trim_copies(tmp_path, LATER, 2).dropped == names[3:-1]
    assert segments(tmp_path) == names[-1:]


def test_copies_stay_for_as_long_as_the_setting_says(tmp_path: Path) -> None:
    note_where_copies_begin(tmp_path)
    places = fill(tmp_path, fleet(30))
    consume(tmp_path, places[-1])
    assert trim_copies(tmp_path, AT + timedelta(days=1), 2).dropped == []
    assert trim_copies(tmp_path, AT + timedelta(days=3), 2).dropped == segments_before(places)


def segments_before(places: list[SpoolPosition]) -> list[str]:
    names = sorted({place.segment for place in places})
    return names[:-1]


def test_the_archive_of_a_machine_that_joins_a_cluster_is_no_copy(tmp_path: Path) -> None:
    before = fill(tmp_path, fleet(20))
    old = segments(tmp_path)
    first = note_where_copies_begin(tmp_path)
    assert first > old[-1]
    after = fill(tmp_path, fleet(20, start=20), start=20)
    consume(tmp_path, after[-1])
    done = trim_copies(tmp_path, LATER, 2)
    assert done.dropped == [name for name in segments_before(after) if name >= first] != []
    assert {place.segment for place in before} <= set(segments(tmp_path))
    assert len(everything(tmp_path)) >= 20


def test_where_copies_begin_is_written_once_and_also_beside_an_older_forwarder(tmp_path: Path) -> None:
    assert note_where_copies_begin(tmp_path / "new") == "000000000001"
    folder = tmp_path / "old"
    fill(folder, fleet(20))
    names = segments(folder)
    write_mark(folder / MARK, {"start": [names[1], 20], "end": None})  # a forwarder of the last release was here
    assert note_where_copies_begin(folder) == names[2]
    fill(folder, fleet(20), start=20)
    assert note_where_copies_begin(folder) == names[2]
    assert read_mark(folder / COPIES) == {"first": names[2]}


@pytest.mark.parametrize(("keep_days", "dropped"), [(2, True), (0, False)])
def test_the_keeper_compresses_and_drops(tmp_path: Path, keep_days: int, dropped: bool) -> None:
    note_where_copies_begin(tmp_path)
    places = fill(tmp_path, fleet(30))
    names = segments(tmp_path)
    consume(tmp_path, places[-1])
    keeper = CopyKeeper(tmp_path, keep_days, lambda: LATER)
    keeper.step(threading.Event())
    if dropped:
        assert segments(tmp_path) == names[-1:]
        assert keeper.dropped_frames == sum(place.segment != names[-1] for place in places)
    else:
        assert packed_segments(tmp_path) == names[:-1]
        assert (segments(tmp_path), keeper.dropped_frames) == (names, 0)
