"""Outlets with day limits: the day mean of the device or of the hours, once the day is over, and again when it changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from tests.duties.scene import DAY, HOUR, MINUTE, NOX, OXYGEN, T0, findings, hour, hours, limit, register

from qingtian.apps.findings.models import FindingHit
from qingtian.apps.journal.models import Event
from qingtian.apps.judgements.explain import explain
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.registry.models import RegistryObject
from qingtian.telemetry.store.port import Cycle, Observation

DUTY = "judge_emission_days"
COD, PH, FLOW = "w01018", "w01001", "w00000"
OVER = T0 + DAY + 40 * MINUTE  # shortly after the day is over
COD_1A = "gb18918-2002.1a.cod.day"


def pipe(*limits: dict[str, object], **attributes: object) -> RegistryObject:
    """A waste-water outlet; its permit limits days."""
    works = register("enterprise", "E-901")
    own = list(limits) or [day_limit()]
    site = register("outlet", "W-901-01", works, kind="water", permit_limits=own, **attributes)
    register("device", "MN000901", site, expects=["hour"])
    return site


def day_limit(pollutant: str = COD, value: str = "50", unit: str = "mg/L", **more: object) -> dict[str, object]:
    return limit(pollutant, value) | {"cycle": "day", "unit": unit} | more


def water(site: RegistryObject, values: list[object], code: str = COD, start=T0, **more: object) -> list[Observation]:
    unit = {COD: "mg/L", FLOW: "m3/h", PH: "1"}[code]
    return hours(site, start, values, code, unit=unit, **more)


def device_day(site: RegistryObject, value: object, code: str = COD, start=T0, **more: object) -> Observation:
    row = hour(site, start, value, code, unit="mg/L", **more)
    return replace(row, cycle=Cycle.DAY, period_s=86400, received_at=start + DAY + 5 * MINUTE)


def judged() -> list[Judgement]:
    return list(Judgement.objects.current().filter(question="emission_day").order_by("period_start", "item"))


def test_the_hours_make_a_day_mean_weighted_by_flow(run, store):
    site = pipe()
    store.append([*water(site, [40] * 23 + [400]), *water(site, [10] * 23 + [0.1], FLOW)])
    run(DUTY, OVER)
    [row] = judged()
    # A plain mean would be 55; hardly any water ran in the bad hour.
    assert row.verdict == "within"
    assert row.value == Decimal("40.156454")
    assert (row.cycle, row.period_start, row.limit, row.unit) == ("day", T0, 50, "mg/L")
    assert row.inputs["basis"] == "flow_weighted_hours"
    assert (row.coverage["have"], row.coverage["of"], row.coverage["need"]) == (24, 24, 18)
    assert row.coverage["validity_row"] == "validity.water.day"
    assert len(row.inputs["hours"]) == 24


def test_without_a_flow_the_hours_count_alike(run, store):
    site = pipe()
    store.append(water(site, [40] * 12 + [70] * 12))
    run(DUTY, OVER)
    [row] = judged()
    assert (row.verdict, row.value, row.inputs["basis"]) == ("exceeds", 55, "hours")


def test_a_day_is_judged_only_when_it_is_over(run, store):
    site = pipe()
    store.append(water(site, [70] * 23))
    run(DUTY, T0 + 23 * HOUR + 40 * MINUTE)
    assert judged() == []
    store.append([hour(site, T0 + 23 * HOUR, 70, COD, unit="mg/L")])
    run(DUTY, OVER)
    assert [row.verdict for row in judged()] == ["exceeds"]


def test_a_day_whose_rows_all_came_before_its_end_is_judged_all_the_same(run, store):
    site = pipe()
    store.append(water(site, [70] * 20))
    run(DUTY, T0 + 23 * HOUR)
    run(DUTY, OVER)
    assert [row.verdict for row in judged()] == ["exceeds"]


def test_the_devices_own_day_mean_goes_first(run, store):
    site = pipe()
    store.append([*water(site, [70] * 24), device_day(site, 49)])
    run(DUTY, OVER)
    [row] = judged()
    assert (row.verdict, row.value, row.coverage["origin"]) == ("within", 49, "device")


def test_a_day_mean_marked_invalid_decides_nothing(run, store):
    site = pipe()
    store.append([device_day(site, 70, mark="D")])
    run(DUTY, OVER)
    [row] = judged()
    assert (row.verdict, row.inputs["reason"]["code"]) == ("invalid", "marked_invalid")
    assert findings() == []


def test_a_day_mean_that_does_not_begin_at_midnight_is_a_clock_error(run, store):
    site = pipe()
    store.append([device_day(site, 70, start=T0 + 3 * HOUR)])
    run(DUTY, OVER + 3 * HOUR)
    [row] = judged()
    assert (row.verdict, row.inputs["reason"]["code"]) == ("invalid", "not_a_whole_hour")


def test_too_few_hours_are_no_day(run, store):
    site = pipe()
    store.append(water(site, [70] * 17))
    run(DUTY, OVER)
    [row] = judged()
    assert (row.verdict, row.inputs["reason"]["code"]) == ("insufficient", "too_few_valid")
    assert "17" in row.inputs["reason"]["zh"] and "17 of 24, 18 needed" in row.inputs["reason"]["en"]


def test_hours_that_discharge_nothing_need_no_value(run, store):
    site = pipe()
    store.append([*water(site, [70] * 6), *water(site, [5] * 6 + [0] * 18, FLOW)])
    run(DUTY, OVER)
    [row] = judged()
    assert (row.verdict, row.value, row.coverage["of"], row.coverage["need"]) == ("exceeds", 70, 6, 5)


def test_a_day_without_any_discharge_is_not_judged(run, store):
    site = pipe()
    store.append([*water(site, [70, 70]), *water(site, [0] * 24, FLOW)])
    run(DUTY, OVER)
    [row] = judged()
    assert (row.verdict, row.inputs["reason"]["code"]) == ("not_applicable", "no_discharge")


def test_acidity_is_no_load_and_has_a_limit_on_each_side(run, store):
    both = [day_limit(PH, "6", "1", op=">="), day_limit(PH, "9", "1", op="<=")]
    site = pipe(*both)
    days = [[7] * 24, [5] * 24, [9.5] * 24]
    for number, values in enumerate(days):
        start = T0 + number * DAY
        store.append([*water(site, values, PH, start), *water(site, [1] * 24, FLOW, start)])
    run(DUTY, T0 + 3 * DAY + 40 * MINUTE)
    assert [(row.verdict, row.value, row.limit) for row in judged()] == [
        ("within", 7, 6),
        ("exceeds", 5, 6),
        ("exceeds", Decimal("9.5"), 9),
    ]
    assert judged()[0].inputs["basis"] == "hours"


def test_the_stricter_of_permit_and_standard_decides(run, store):
    site = pipe(day_limit(value="60", rule_row=COD_1A))
    store.append(water(site, [55] * 24))
    run(DUTY, OVER)
    [row] = judged()
    assert (row.verdict, row.limit, row.standard, row.rule_row) == ("exceeds", 50, "GB 18918-2002", COD_1A)


def test_days_over_the_limit_are_one_finding_that_a_good_day_ends(run, store):
    site = pipe()
    for number, value in enumerate([60, 80, 40]):
        start = T0 + number * DAY
        store.append(water(site, [value] * 24, start=start))
        run(DUTY, start + DAY + 40 * MINUTE)
    [finding] = findings()
    assert (finding.kind, finding.rule_id, finding.parameter, finding.hits) == ("exceedance", "exceedance_day", COD, 2)
    assert (finding.first_seen, finding.last_seen, finding.ended_at) == (T0, T0 + DAY, T0 + 2 * DAY)
    assert (finding.severity, finding.activity) == (3, "ended")
    assert finding.detail["period_end"] == (T0 + 2 * DAY).isoformat()
    assert "日均值" in finding.detail["explanation_zh"]
    assert "Day mean of COD" in finding.detail["explanation_en"]


def test_the_same_again_changes_nothing(run, store):
    site = pipe()
    store.append(water(site, [60] * 24))
    first = run(DUTY, OVER)
    again = run(DUTY, OVER + HOUR)
    assert (first.judged, first.raised, again.judged, again.raised) == (1, 1, 0, 0)


def test_a_late_hour_judges_its_day_anew_and_keeps_the_former_answer(run, store):
    site = pipe()
    store.append(water(site, [48] * 20))
    run(DUTY, OVER)
    late = [replace(row, received_at=OVER + 5 * HOUR) for row in water(site, [90] * 4, start=T0 + 20 * HOUR)]
    store.append(late)
    run(DUTY, OVER + 6 * HOUR)
    versions = list(Judgement.objects.filter(question="emission_day").order_by("version"))
    assert [(row.version, row.verdict, row.value) for row in versions] == [(1, "within", 48), (2, "exceeds", 55)]
    assert versions[0].superseded_by_id == versions[1].pk
    assert [finding.rule_id for finding in findings()] == ["exceedance_day"]


def test_waste_gas_is_averaged_at_the_reference_oxygen(run, store):
    works = register("enterprise", "E-902")
    own = limit(NOX, "100") | {"cycle": "day", "converted": True}
    site = register("outlet", "O-902-01", works, kind="air", permit_limits=[own], reference_o2="6")
    store.append([*hours(site, T0, [60] * 22, NOX), *hours(site, T0, [13.5] * 22, OXYGEN, unit="%")])
    run(DUTY, OVER)
    [row] = judged()
    # 60 * (21 - 6) / (21 - 13.5) = 120
    assert (row.verdict, row.value, row.coverage["need"]) == ("exceeds", 120, 20)
    assert "22/24" in explain(row).zh and "22 of 24 hours" in explain(row).en


def test_an_entry_of_the_permit_holds_for_its_own_days(run, store):
    last = (T0 + timedelta(hours=1)).date().isoformat()
    first = (T0 + DAY).date().isoformat()
    site = pipe(day_limit(value="50", valid_to=last), day_limit(value="30", valid_from=first))
    store.append([*water(site, [40] * 24), *water(site, [40] * 24, start=T0 + DAY)])
    run(DUTY, OVER + DAY)
    assert [(row.limit, row.verdict) for row in judged()] == [(50, "within"), (30, "exceeds")]


def test_an_outlet_without_day_limits_is_left_alone(run, store):
    works = register("enterprise", "E-903")
    site = register("outlet", "W-903-01", works, kind="water", permit_limits=[limit(COD) | {"unit": "mg/L"}])
    store.append(water(site, [70] * 24))
    assert run(DUTY, OVER).judged == 0
    assert Judgement.objects.count() == 0


# -- a corrected value that is still over the limit --------------------------------------------------------------------


@pytest.mark.parametrize(("value", "severity"), [(65, 2), (120, 4)])
def test_a_corrected_figure_that_is_still_over_replaces_the_old_one_and_keeps_it(run, store, value, severity):
    site = pipe()
    store.append([device_day(site, 80)])
    run(DUTY, OVER)
    store.append([replace(device_day(site, value), received_at=OVER + HOUR, frame_hash=f"corrected {value}")])
    run(DUTY, OVER + 2 * HOUR)
    [finding] = findings()
    assert (finding.hits, finding.severity, finding.detail["value"]) == (1, severity, str(value))
    [hit] = FindingHit.objects.all()
    assert hit.detail["value"] == str(value)
    [former] = hit.former
    assert (former["detail"]["value"], former["severity"]) == ("80", 3)
    event = Event.objects.get(type="finding.corrected")
    assert event.payload["former"]["detail"]["value"] == "80"
    assert event.payload["detail"]["value"] == str(value)


def test_a_correction_of_an_hour_works_the_same_way_and_once(run, store):
    works = register("enterprise", "E-904")
    site = register("outlet", "O-904-01", works, kind="air", permit_limits=[limit()])
    store.append([hour(site, T0, 130)])
    run("judge_emission_hours", T0 + 2 * HOUR)
    store.append([hour(site, T0, 170, received_at=T0 + 3 * HOUR, frame_hash="corrected")])
    run("judge_emission_hours", T0 + 4 * HOUR)
    run("judge_emission_hours", T0 + 5 * HOUR)
    [finding] = findings()
    assert (finding.detail["value"], finding.severity, finding.hits) == ("170", 3, 1)
    assert Event.objects.filter(type="finding.corrected").count() == 1
