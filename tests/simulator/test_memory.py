"""What a device keeps: uploads under way, the backlog, records of the past, logs; and what a run counts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.simulator.hand import Hand, at, quiet

from qingtian.domain.hj212 import Edition
from qingtian.simulator import Stats, fleet_of, is_simulated_mn, mn_of, simulated_device
from qingtian.simulator.chance import normal, uniform
from qingtian.simulator.identity import sm4_key_of
from qingtian.simulator.orders import Report, Run, changed, memory_mb
from qingtian.simulator.outbox import MOST_KEPT, Outbox, Upload
from qingtian.simulator.profile import BUILT_IN, built_in_profile
from qingtian.simulator.stats import Durations
from qingtian.simulator.trouble import Trouble


def upload(qn: str = "", missing: int = 1, start: float = 5.0, job: str = "") -> Upload:
    return Upload(qn, "2061", (b"x",) * missing, start, 10.0, 0.0, missing, job=job)


def test_an_answer_completes_the_upload_with_its_number() -> None:
    box = Outbox()
    box.wait(upload("1"))
    box.wait(upload("2"))
    assert box.answered("3") is None
    done = box.answered("2")
    assert done is not None
    assert done.qn == "2"
    assert list(box.waiting) == ["1"]
    assert box.answered("2") is None  # the same answer again


def test_an_answer_without_a_number_means_the_oldest_without_one() -> None:
    box = Outbox()
    box.wait(upload("1"))
    for start in (1.0, 2.0):
        box.wait(upload(start=start))
    assert [box.answered(None).start for _ in range(2)] == [1.0, 2.0]  # type: ignore[union-attr]
    assert box.answered(None) is None
    assert list(box.waiting) == ["1"]


def test_a_cut_record_needs_an_answer_for_each_part() -> None:
    box = Outbox()
    box.wait(upload("1", missing=3))
    assert [box.answered("1") is not None for _ in range(3)] == [False, False, True]


def test_what_is_given_up_goes_to_the_backlog_once_unless_it_answers_a_request() -> None:
    box = Outbox()
    for one in (upload("1"), upload("2"), upload("3", job="9"), upload("4", start=-1.0)):
        box.wait(one)
        box.give_up(one)
    assert list(box.backlog) == [("2061", 5.0)]
    assert box.waiting == {}


def test_a_full_backlog_drops_the_oldest_and_counts_it() -> None:
    box = Outbox()
    for start in range(MOST_KEPT + 3):
        box.keep("2051", float(start))
    assert len(box.backlog) == MOST_KEPT
    assert box.backlog[0] == ("2051", 3.0)
    assert box.dropped == 3


@given(st.floats(0, 2e6), st.floats(0, 2e6), st.sampled_from(["2051", "2061", "2031", "2041", "2011"]))
def test_the_memory_gives_whole_periods_of_the_span_that_are_over(begin: float, length: float, cn: str) -> None:
    device = Hand(quiet(history_s=86400.0 * 3)).device
    now = device.clock.local(0.0)
    first = now - 1e6 + begin
    starts = []
    for start in device.recorder.starts(cn, first, first + length, now):
        starts.append(start)
        if len(starts) > 50:
            break
    period = device.cycles.period_s(cn)
    assert all(start % period == 0 for start in starts)
    assert all(first <= start <= first + length for start in starts)
    assert all(start >= now - 86400 * 3 and start + (0 if cn == "2011" else period) <= now for start in starts)
    assert starts == sorted(set(starts))


def test_the_log_keeps_its_last_entries_and_gives_those_of_a_span() -> None:
    recorder = Hand(quiet()).device.recorder
    for hour in range(30):
        recorder.log(at("20240601000000") + 3600 * hour, f"第 {hour} 条")
    assert len(recorder.log_areas("i11001", "", 0, 1e12)) == 20
    found = recorder.log_areas("i11001", "a21026", at("20240602000000"), at("20240602010000"))
    assert found == [
        f"DataTime=20240602{hour:02d}0000;PolId=a21026;i11001-Info=//第 {24 + hour} 条//" for hour in range(2)
    ]


def test_numbers_are_unique_per_profile_edition_and_number_and_recognised() -> None:
    numbers = [
        mn_of(edition, built_in_profile(name), number)
        for edition in (Edition.E2005, Edition.E2017, Edition.E2025)
        for name in BUILT_IN
        for number in (1, 2, 19_999)
    ]
    assert len(set(numbers)) == len(numbers)
    assert all(is_simulated_mn(one) and len(one) in (14, 24) for one in numbers)
    assert is_simulated_mn(numbers[0].lower())


def test_a_fleet_takes_its_profiles_in_turn_and_may_begin_anywhere() -> None:
    found = fleet_of((built_in_profile("noise"), built_in_profile("voc")), 5, first=11)
    assert [one.profile.name for one in found] == ["noise", "voc", "noise", "voc", "noise"]
    assert [int(one.mn[-4:]) for one in found] == [11, 12, 13, 14, 15]
    assert sm4_key_of(1, "A") != sm4_key_of(2, "A")


@given(st.lists(st.floats(1e-4, 100), min_size=1, max_size=200))
def test_percentiles_of_durations_are_right_within_ten_percent(values: list[float]) -> None:
    times = Durations()
    for value in values:
        times.add(value)
    ordered = sorted(values)
    for percent in (50, 95, 100):
        exact = ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
        assert times.percentile(percent) == pytest.approx(exact, rel=0.1)


def test_nothing_measured_has_no_percentile() -> None:
    assert Durations().percentile(50) is None
    assert "rtt p50 - p95 -" in Stats().line()
    assert Stats().as_dict()["rtt_p95_ms"] is None


def test_a_report_says_what_was_ordered_and_no_secret() -> None:
    device = simulated_device(
        built_in_profile("noise"), password="geheim", edition=Edition.E2025, encrypted=True, trouble=Trouble(loss=0.5)
    )
    report = Report(Run([device], "h", 9), Stats(sent=30), seconds=10.0, most_connected=1).as_dict()
    text = json.dumps(report)
    assert "geheim" not in text
    assert device.wire.sm4_key.hex() not in text
    assert report["trouble_ordered"] == {"loss": 0.5}
    assert (report["frames_per_s"], report["devices"], report["simulated"]) == (3.0, 1, True)
    assert changed(Trouble()) == {}
    memory = memory_mb()
    assert memory is None or memory > 1


@given(st.integers(), st.text(max_size=5))
def test_chance_is_the_same_everywhere_and_in_its_range(seed: int, name: str) -> None:
    assert 0 <= uniform(seed, name) < 1
    assert uniform(seed, name) == uniform(seed, name)
    assert abs(normal(seed, name)) < 9
