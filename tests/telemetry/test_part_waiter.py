"""Parts that wait in ingest: what is told when they are ready, and how far the spool must be read again."""

from __future__ import annotations

import hashlib
from datetime import datetime

from qingtian.domain.hj212 import Decoded, WireSettings, build_report, decode
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.ingest.splits import INCOMPLETE, PartWaiter
from qingtian.telemetry.spool import SpoolRecord, Verdict
from qingtian.telemetry.store.port import SpoolPosition

NOW = datetime(2025, 11, 22, 9, 0, tzinfo=SHANGHAI)
WIRE = WireSettings(password="123456")


def part(number: int, value: str, *, of: int = 2, qn: int = 0, time: str = "20251122080000") -> Decoded:
    raw = build_report(
        WIRE, mn="A1", st="31", cn="2061", qn=f"20251122090000{qn:03d}", params={"DataTime": time},
        items={f"a0000{number}": {"Avg": value, "Flag": "N"}}, part=(number, of), ack=True,
    )  # fmt: skip
    return decode(raw)


def stored(offset: int) -> SpoolRecord:
    raw = b"%d" % offset
    place = SpoolPosition("000000000001", offset)
    return SpoolRecord(place, offset + 100, NOW, Verdict.ACCEPTED, "", "", hashlib.sha256(raw).hexdigest(), raw)


def test_a_whole_record_comes_out_with_the_place_of_each_part() -> None:
    waiter = PartWaiter()
    assert waiter.add(part(2, "2", qn=2), stored(200), 0) == []
    assert waiter.oldest == SpoolPosition("000000000001", 200)
    ready = waiter.add(part(1, "1", qn=1), stored(300), 1)
    assert [(one.decoded.pno, one.record.position.offset, one.reason) for one in ready] == [(1, 300, ""), (2, 200, "")]
    assert all(INCOMPLETE not in one.decoded.warnings for one in ready)
    assert waiter.oldest is None


def test_what_came_of_an_incomplete_record_is_kept_and_marked() -> None:
    waiter = PartWaiter()
    waiter.add(part(1, "1", of=3), stored(100), 0)
    assert waiter.expire(29.9) == []
    [ready] = waiter.expire(30.0)
    assert (ready.reason, ready.decoded.warnings[-1], ready.decoded.items["a00001"]["Avg"]) == ("", INCOMPLETE, "1")
    assert waiter.oldest is None


def test_a_device_is_waited_for_by_its_own_time_out() -> None:
    waiter = PartWaiter()
    waiter.add(part(1, "1"), stored(100), 0, WireSettings(overtime_s=2, resends=2).keep_parts_s)
    assert waiter.expire(3.9) == []
    assert len(waiter.expire(4.0)) == 1


def test_a_part_again_before_or_after_its_record_is_done_holds_nothing_back() -> None:
    """The answer was lost: the device sends the part again, maybe under a new QN."""
    waiter = PartWaiter()
    waiter.add(part(1, "1", qn=1), stored(100), 0)
    waiter.add(part(1, "1", qn=9), stored(200), 1)
    other = part(1, "7", time="20251122070000")
    waiter.add(other, stored(250), 1)
    assert len(waiter.add(part(2, "2", qn=2), stored(300), 2)) == 2
    assert waiter.oldest == SpoolPosition("000000000001", 250), "only the other record waits"
    assert waiter.add(part(2, "2", qn=2), stored(400), 3) == []
    assert waiter.oldest == SpoolPosition("000000000001", 250)


def test_a_part_that_was_replaced_holds_nothing_back() -> None:
    waiter = PartWaiter()
    waiter.add(part(1, "1"), stored(100), 0)
    waiter.add(part(1, "9"), stored(200), 0)
    ready = waiter.add(part(2, "2"), stored(300), 0)
    assert [one.record.position.offset for one in ready] == [200, 300]
    assert all("a00001" in one.decoded.conflicts for one in ready)
    assert waiter.oldest is None
