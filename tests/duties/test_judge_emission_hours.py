"""Outlet hours are judged by the stricter limit; an interval over it is one finding that ends by itself."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from tests.duties.scene import (
    DAY,
    FLOW,
    HOUR,
    MINUTE,
    NOX,
    OXYGEN,
    SPECIAL_NOX,
    T0,
    findings,
    hour,
    hours,
    limit,
    outlet,
)

from qingtian.apps.findings.models import FindingHit
from qingtian.apps.journal.models import Event
from qingtian.apps.judgements.explain import explain
from qingtian.apps.judgements.models import Judgement
from qingtian.telemetry.store.port import Origin

DUTY = "judge_emission_hours"
SOON = HOUR + 10 * MINUTE  # when the duty looks at an hour


def verdicts() -> list[str]:
    return list(Judgement.objects.current().order_by("period_start").values_list("verdict", flat=True))


def test_an_hour_equal_to_the_limit_is_within_it(run, store):
    stack = outlet()
    store.append(hours(stack, T0, [99.9, 100, 100.1]))
    run(DUTY, T0 + 3 * SOON)
    assert verdicts() == ["within", "within", "exceeds"]


def test_one_event_is_one_finding_that_ends_when_a_later_hour_is_back(run, store):
    stack = outlet()
    for index, value in enumerate([80, 130, 160, 90, 85]):
        store.append([hour(stack, T0 + index * HOUR, value)])
        run(DUTY, T0 + index * HOUR + SOON)
    (finding,) = findings()
    assert (finding.kind, finding.object.code, finding.parameter) == ("exceedance", stack.code, NOX)
    assert (finding.first_seen, finding.last_seen, finding.ended_at) == (T0 + HOUR, T0 + 2 * HOUR, T0 + 3 * HOUR)
    assert (finding.activity, finding.hits, finding.severity) == ("ended", 2, 3)
    assert finding.raised_at == T0 + HOUR + SOON
    assert finding.simulated


def test_judging_the_same_data_again_changes_nothing(run, store):
    stack = outlet()
    store.append(hours(stack, T0, [80, 130, 90]))
    first = run(DUTY, T0 + 4 * HOUR)
    counts = (Judgement.objects.count(), FindingHit.objects.count(), Event.objects.count())
    again = run(DUTY, T0 + 4 * HOUR + MINUTE)
    assert (first.judged, first.raised, first.ended) == (3, 1, 1)
    assert (again.judged, again.raised, again.extended, again.ended) == (0, 0, 0, 0)
    assert (Judgement.objects.count(), FindingHit.objects.count(), Event.objects.count()) == counts


def test_hours_over_the_limit_soon_after_one_another_are_the_same_event(run, store):
    stack = outlet()
    store.append(hours(stack, T0, [130, 90, 130, 90, *[80] * 8, 130]))
    run(DUTY, T0 + 13 * SOON)
    early, late = findings()
    assert (early.hits, early.last_seen) == (2, T0 + 2 * HOUR)
    assert (late.hits, late.first_seen, late.activity) == (1, T0 + 12 * HOUR, "ongoing")


@pytest.mark.parametrize(("ratio", "severity"), [("1.01", 2), ("1.49", 2), ("1.5", 3), ("2", 4), ("9", 4)])
def test_severity_grows_with_the_multiple_of_the_limit(run, store, ratio, severity):
    store.append([hour(outlet(), T0, 100 * Decimal(ratio))])
    run(DUTY, T0 + SOON)
    assert findings()[0].severity == severity


@pytest.mark.parametrize("mark", ["C", "M", "F", "D", "T", "B", "S", "X"])
def test_a_marked_value_never_decides_and_the_reason_is_kept(run, store, mark):
    store.append([hour(outlet(), T0, 500, mark=mark)])
    run(DUTY, T0 + SOON)
    row = Judgement.objects.get()
    assert (row.verdict, row.value) == ("invalid", None)
    assert row.inputs["reason"]["code"] == "marked_invalid"
    assert row.inputs["measured"] == "500"
    assert findings() == []


def test_an_unmarked_value_is_not_taken_for_valid(run, store):
    store.append([hour(outlet(), T0, 500, mark="")])
    run(DUTY, T0 + SOON)
    assert (verdicts(), findings()) == (["insufficient"], [])


def test_an_invalid_hour_neither_extends_nor_ends_a_finding(run, store):
    stack = outlet()
    store.append([hour(stack, T0, 130), hour(stack, T0 + HOUR, 40, mark="C")])
    run(DUTY, T0 + 2 * SOON)
    (finding,) = findings()
    assert (finding.activity, finding.hits) == ("ongoing", 1)


def test_the_hour_mean_is_converted_to_the_reference_oxygen_before_it_is_judged(run, store):
    # GB 13271: 30 mg/m3 at 8.5 % O2, reference 6 %: 30 x 15 / 12.5 = 36.0 (standards reference, section 5).
    stack = outlet(limits=[limit(value="35", converted=True)], reference_o2="6")
    store.append([hour(stack, T0, 30, converted=Decimal(33)), hour(stack, T0, "8.5", OXYGEN)])
    run(DUTY, T0 + SOON)
    row = Judgement.objects.get(item=NOX)
    assert (row.verdict, row.value) == ("exceeds", Decimal(36))
    assert row.inputs["converted_by_device"] == "33"
    text = explain(row)
    assert "折算到6%" in text.zh
    assert "36 mg/m3 (measured 30 at 8.5 % O2, converted to 6 %) is over the limit 35" in text.en


def test_the_converted_value_of_the_device_counts_only_without_valid_oxygen(run, store):
    stack = outlet(limits=[limit(value="35", converted=True)], reference_o2="6")
    store.append([hour(stack, T0, 30, converted=Decimal(33)), hour(stack, T0, "8.5", OXYGEN, mark="C")])
    run(DUTY, T0 + SOON)
    row = Judgement.objects.get(item=NOX)
    assert (row.verdict, row.value, row.inputs["converted_by"]) == ("within", Decimal(33), "device")


@pytest.mark.parametrize(
    ("permit", "judged_by", "standard"),
    [("80", "80", "排污许可证 / discharge permit"), ("100", "100", "GB 13223-2011"), ("150", "100", "GB 13223-2011")],
)
def test_the_stricter_of_permit_and_standard_decides(run, store, permit, judged_by, standard):
    stack = outlet(limits=[limit(value=permit, rule_row=SPECIAL_NOX)])
    store.append([hour(stack, T0, 120)])
    run(DUTY, T0 + SOON)
    row = Judgement.objects.get()
    assert (row.verdict, row.limit, row.standard) == ("exceeds", Decimal(judged_by), standard)
    assert findings()[0].detail["limit"] == judged_by


def test_a_finding_cites_value_limit_clause_and_confidence_in_both_languages(run, store):
    stack = outlet(limits=[limit(rule_row=SPECIAL_NOX)])
    store.append([hour(stack, T0, "120.50")])
    run(DUTY, T0 + SOON)
    detail = findings()[0].detail
    assert (detail["value"], detail["limit"], detail["unit"]) == ("120.5", "100", "mg/m3")
    assert (detail["standard"], detail["clause"], detail["rule_row"]) == ("GB 13223-2011", "table 2", SPECIAL_NOX)
    assert detail["period_start"] == T0.isoformat()
    assert detail["explanation_zh"] == "氮氧化物小时均值120.5mg/m3超过限值100mg/m3(GB 13223-2011 table 2)。"
    assert "Hour mean of NOx 120.5 mg/m3 is over the limit 100 mg/m3" in detail["explanation_en"]


def test_late_hours_are_judged_however_old_and_only_the_touched_ones(run, store):
    stack = outlet()
    store.append(hours(stack, T0, [80, None, 80]))
    run(DUTY, T0 + 4 * HOUR)
    store.append([hour(stack, T0 + HOUR, 140, received_at=T0 + 30 * HOUR)])
    report = run(DUTY, T0 + 31 * HOUR)
    (finding,) = findings()
    assert report.judged == 1
    assert (finding.first_seen, finding.activity, finding.raised_at) == (T0 + HOUR, "ended", T0 + 31 * HOUR)


def test_rows_that_reach_the_store_after_the_run_but_arrived_before_it_are_not_lost(run, store):
    stack, other = outlet(1), outlet(2)
    store.append([hour(other, T0, 50, received_at=T0 + HOUR + 9 * MINUTE)])
    run(DUTY, T0 + SOON)
    store.append([hour(stack, T0, 140)])  # arrived seven minutes earlier, ingested after the run
    run(DUTY, T0 + SOON + 20 * MINUTE)
    assert [one.object.code for one in findings()] == [stack.code]


def test_a_corrected_value_supersedes_and_takes_back_what_it_no_longer_supports(run, store):
    stack = outlet()
    store.append(hours(stack, T0, [140, 80]))
    run(DUTY, T0 + 3 * HOUR)
    store.append([hour(stack, T0, 60, received_at=T0 + 5 * HOUR)])
    report = run(DUTY, T0 + 6 * HOUR)
    (finding,) = findings()
    assert (finding.status, finding.reason, report.withdrawn) == ("dismissed", "other", 1)
    assert [row.verdict for row in Judgement.objects.filter(period_start=T0).order_by("version")] == [
        "exceeds",
        "within",
    ]


def test_a_value_marked_invalid_later_dismisses_its_finding_as_marked(run, store):
    # Domain model E-V3: hour value 120 against 100, flag maintenance -> dismissed `marked_invalid`.
    stack = outlet()
    store.append([hour(stack, T0, 120)])
    run(DUTY, T0 + SOON)
    assert findings()[0].activity == "ongoing"
    store.append([hour(stack, T0, 120, mark="M", received_at=T0 + 3 * HOUR, frame_hash="m")])
    run(DUTY, T0 + 4 * HOUR)
    (finding,) = findings()
    assert (finding.status, finding.reason, finding.activity) == ("dismissed", "marked_invalid", "ended")


def test_a_correction_of_one_of_two_hours_leaves_the_finding_open(run, store):
    stack = outlet()
    store.append(hours(stack, T0, [140, 140, 80]))
    run(DUTY, T0 + 4 * HOUR)
    store.append([hour(stack, T0, 60, received_at=T0 + 5 * HOUR)])
    run(DUTY, T0 + 6 * HOUR)
    assert [one.status for one in findings()] == ["new"]


def test_an_hour_that_starts_off_the_hour_does_not_decide(run, store):
    stack = outlet()
    store.append([hour(stack, T0 + 7 * MINUTE, 140)])
    run(DUTY, T0 + 2 * SOON)
    row = Judgement.objects.get()
    assert (row.verdict, row.inputs["reason"]["code"], findings()) == ("invalid", "not_a_whole_hour", [])


def test_a_value_in_another_unit_is_not_judged(run, store):
    store.append([hour(outlet(), T0, 140, unit="ppm")])
    run(DUTY, T0 + SOON)
    assert Judgement.objects.get().inputs["reason"]["code"] == "unit_differs"
    assert verdicts() == ["not_applicable"]


def test_a_rolled_up_hour_is_judged_like_a_sent_one(run, store):
    stack = outlet()
    store.append([replace(hour(stack, T0, 140), origin=Origin.ROLLUP)])
    run(DUTY, T0 + SOON)
    assert Judgement.objects.get().coverage["origin"] == "rollup"
    assert len(findings()) == 1


def test_an_hour_that_is_not_over_yet_is_left_alone(run, store):
    store.append([hour(outlet(), T0, 140, received_at=T0 + 10 * MINUTE)])
    run(DUTY, T0 + 30 * MINUTE)
    assert Judgement.objects.count() == 0


def test_two_hundred_outlets_judge_in_well_under_a_second_an_hour_with_few_reads(run, store):
    stacks = [outlet(number, limits=[limit(), limit("a21026", "50")]) for number in range(200)]
    for stack in stacks:
        for code in (NOX, "a21026", FLOW):
            store.append(hours(stack, T0, [40] * 24, code))
    started = time.perf_counter()
    report = run(DUTY, T0 + DAY + 10 * MINUTE)
    seconds = time.perf_counter() - started
    assert report.judged == 200 * 2 * 24
    assert seconds / 24 < 0.5
    assert store.windows <= 2
    store.append([hour(stack, T0 + DAY, 40) for stack in stacks])
    before = store.windows
    assert run(DUTY, T0 + DAY + HOUR + 10 * MINUTE).judged == 200
    assert store.windows - before <= 2


def test_a_permit_row_that_was_not_in_force_on_the_day_does_not_decide(run, store):
    stack = outlet(limits=[limit(value="150", rule_row="gb13223-2011.no-such-row")])
    store.append([hour(stack, T0, 120), hour(stack, T0 + HOUR, 151)])
    run(DUTY, T0 + 2 * SOON)
    assert verdicts() == ["within", "exceeds"]
    assert Judgement.objects.first().rule_row == f"permit:{stack.code}:{NOX}"


def test_data_older_than_the_lookback_are_not_opened_again(run, store):
    stack = outlet()
    store.append([hour(stack, T0 - 8 * DAY, 140, received_at=T0)])
    run(DUTY, T0 + timedelta(minutes=30))
    assert Judgement.objects.count() == 0


def test_what_is_answered_already_is_not_judged_again(run, store, monkeypatch):
    stack = outlet()
    store.append(hours(stack, T0, [80, 130]))
    run(DUTY, T0 + 3 * HOUR)
    calls: list[object] = []
    monkeypatch.setattr(
        "qingtian.duties.judge_emission_hours.judge_outlet_hour", lambda *given: calls.append(given) or ()
    )
    run(DUTY, T0 + 3 * HOUR + 20 * MINUTE)
    assert calls == []


def test_oxygen_that_comes_later_than_its_pollutant_is_judged_in(run, store):
    # The oxygen is a roll-up of minutes that arrived before the device's own hour of NOx.
    stack = outlet(limits=[limit(value="35", converted=True)], reference_o2="6")
    store.append([hour(stack, T0, 30)])
    run(DUTY, T0 + SOON)
    assert Judgement.objects.get().inputs["reason"]["code"] == "oxygen_missing"
    rolled = hour(stack, T0, "8.5", OXYGEN, received_at=T0 + HOUR)
    store.append([replace(rolled, origin=Origin.ROLLUP)])
    run(DUTY, T0 + SOON + 20 * MINUTE)
    assert [row.verdict for row in Judgement.objects.order_by("version")] == ["invalid", "exceeds"]
    assert len(findings()) == 1
