"""Duties of duties: planned from the register, proved by data, excused by a shutdown, missed with a finding."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.duties.conftest import Run
from tests.duties.memory_store import MemoryStore
from tests.duties.scene import DAY, HOUR, MINUTE, NOX, REGISTERED, SO2, T0, findings, outlet, register

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.findings.actions.end_finding import end_finding
from qingtian.apps.findings.actions.raise_finding import Hit, raise_finding
from qingtian.apps.findings.models import Finding, MaintenanceWindow
from qingtian.apps.findings.states import Kind, WindowState
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.obligations.models import Obligation, Occurrence
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.obligations import State
from qingtian.telemetry.store.port import Cycle, Observation, Origin

NOW = T0 + 10 * HOUR
PERMIT: dict[str, Any] = {
    "class": "key",
    "issued_on": "2023-03-01",
    "expires_on": "2031-12-31",
    "monitoring": [
        {"outlet": "O-001-01", "parameter": SO2, "frequency": "1/month"},
        {"outlet": "O-001-01", "parameter": NOX, "automatic": True},
    ],
}


@pytest.fixture
def stack(db: None) -> RegistryObject:
    """An outlet whose permit asks for a monthly sample and automatic data."""
    found = outlet()
    register("permit", "P-001", found.parent, **PERMIT)
    return found


def dates(template: str) -> list[Occurrence]:
    return list(Occurrence.objects.filter(template=template).order_by("due_at", "id"))


def sample(site: RegistryObject, at: datetime, arrived: datetime | None = None, value: str = "32") -> Observation:
    return Observation(
        site.code,
        SO2,
        Cycle.SAMPLE,
        at,
        Decimal(value),
        unit="mg/m3",
        mark="N",
        origin=Origin.import_,
        segment="import-7",
        received_at=arrived or at + DAY,
        simulated=True,
    )


def judged_day(site: RegistryObject, day: datetime, *, without: int = 0, verdict: str = "within") -> None:
    for number in range(24 - without):
        start = day + number * HOUR
        Judgement.objects.create(
            object=site, question="emission_limit", standard="s", rule_row="r", item=NOX, cycle="hour",
            period_start=start, verdict=verdict, known_at=start + HOUR + MINUTE, computed_at=start + 2 * HOUR,
            content_hash="0" * 64,
        )  # fmt: skip


def test_duties_are_planned_once_a_day_and_again_changes_nothing(run: Run, stack: RegistryObject) -> None:
    first = run("plan_occurrences", NOW)
    rows = Occurrence.objects.count()
    again = run("plan_occurrences", NOW + HOUR)

    assert Obligation.objects.count() == 4  # SM, FIX, MARK, RENEW
    assert rows > 60 and Occurrence.objects.count() == rows
    assert first.raised == 1 and findings("plan_gap")[0].rule_id == "plan_check.no_plan"
    assert again.raised == 0 and again.notes == []


def test_faults_of_the_register_are_in_the_report(run: Run, stack: RegistryObject) -> None:
    register("permit", "P-002", stack.parent, **(PERMIT | {"monitoring": [{"outlet": "O-001-01", "parameter": "x"}]}))
    report = run("plan_occurrences", NOW)
    assert any("P-002 monitoring[0]" in note for note in report.notes)


def test_a_laboratory_result_in_the_store_proves_the_sampling(
    run: Run, store: MemoryStore, stack: RegistryObject
) -> None:
    run("plan_occurrences", NOW)
    taken = T0 - 4 * DAY
    store.append([sample(stack, taken, arrived=T0 - 3 * DAY)])

    run("watch_obligations", NOW)

    [november, *_] = dates("SM")
    assert (november.state, november.proved_by, november.fulfilled_at) == (State.DONE, "data", taken)
    assert november.fields["result"] == "32 mg/m3" and november.note == "import-7"
    # The upload is proved by its arrival; publication is for the plant.
    run("watch_obligations", NOW + HOUR)
    assert [(row.template, row.state) for row in (*dates("UP"), *dates("PUB"))] == [("UP", "done"), ("PUB", "planned")]


def test_an_upload_that_came_too_late_is_late(run: Run, store: MemoryStore, stack: RegistryObject) -> None:
    run("plan_occurrences", NOW)
    store.append([sample(stack, T0 - 20 * DAY, arrived=T0 - DAY)])
    run("watch_obligations", NOW)
    run("watch_obligations", NOW + HOUR)
    [upload] = dates("UP")
    assert upload.state == State.LATE


def test_a_result_of_another_month_or_of_tomorrow_proves_nothing(
    run: Run, store: MemoryStore, stack: RegistryObject
) -> None:
    run("plan_occurrences", NOW)
    store.append([sample(stack, T0 - 40 * DAY), sample(stack, T0 - 2 * DAY, arrived=NOW + DAY)])
    run("watch_obligations", NOW)
    assert dates("SM")[0].state == State.PLANNED


def test_what_nobody_did_is_missed_with_one_finding(run: Run, stack: RegistryObject) -> None:
    run("plan_occurrences", NOW)
    december = datetime(2025, 12, 1, 1, tzinfo=NOW.tzinfo)
    run("watch_obligations", december)
    run("watch_obligations", december + HOUR)

    assert dates("SM")[0].state == State.MISSED
    [finding] = [row for row in findings("missed_duty") if row.rule_id == "obligation.SM"]
    assert (finding.object, finding.parameter, finding.hits) == (stack, SO2, 1)


def test_a_late_result_ends_the_finding(run: Run, store: MemoryStore, stack: RegistryObject) -> None:
    run("plan_occurrences", NOW)
    december = datetime(2025, 12, 1, 1, tzinfo=NOW.tzinfo)
    run("watch_obligations", december)
    store.append([sample(stack, T0 + 5 * DAY, arrived=december + DAY)])
    run("watch_obligations", december + 2 * DAY)
    assert dates("SM")[0].state == State.DONE  # taken in time; the upload is late by itself
    [finding] = [row for row in findings("missed_duty") if row.rule_id == "obligation.SM"]
    assert finding.activity == "ended"


def window(obj: RegistryObject, start: datetime, end: datetime, kind: str = "shutdown") -> None:
    MaintenanceWindow.objects.create(
        number=f"W-{kind}", object=obj, kind=kind, starts_at=start, ends_at=end, reason="检修",
        state=WindowState.APPROVED, announced_at=REGISTERED, announced_by="plant",
    )  # fmt: skip


def test_a_plant_that_stood_still_all_month_is_excused(run: Run, stack: RegistryObject) -> None:
    run("plan_occurrences", NOW)
    window(stack, datetime(2025, 10, 20, tzinfo=NOW.tzinfo), datetime(2025, 12, 2, tzinfo=NOW.tzinfo))
    report = run("watch_obligations", datetime(2025, 12, 1, 1, tzinfo=NOW.tzinfo))
    row = dates("SM")[0]
    assert (row.state, row.waived_reason, row.waived_note) == (State.WAIVED, "shutdown", "W-shutdown")
    assert "excused" in report.notes[0]
    assert [one for one in findings("missed_duty") if one.rule_id == "obligation.SM"] == []


def test_a_shutdown_of_part_of_the_month_excuses_nothing(run: Run, stack: RegistryObject) -> None:
    run("plan_occurrences", NOW)
    window(stack, datetime(2025, 11, 2, tzinfo=NOW.tzinfo), datetime(2025, 12, 2, tzinfo=NOW.tzinfo))
    run("watch_obligations", datetime(2025, 12, 1, 1, tzinfo=NOW.tzinfo))
    assert dates("SM")[0].state == State.MISSED


@pytest.mark.parametrize(
    ("without", "verdict", "state"),
    [(0, "within", "done"), (0, "invalid", "done"), (1, "within", "planned"), (0, "insufficient", "planned")],
)
def test_a_day_is_marked_when_every_hour_has_a_value_or_a_mark(
    run: Run, stack: RegistryObject, without: int, verdict: str, state: str
) -> None:
    run("plan_occurrences", NOW)
    judged_day(stack, T0, without=without, verdict=verdict)
    run("watch_obligations", T0 + DAY + HOUR)
    assert {row.key: row.state for row in dates("MARK")}["2025-11-24"] == state


def test_an_announced_window_explains_the_hours_without_data(run: Run, stack: RegistryObject) -> None:
    run("plan_occurrences", NOW)
    judged_day(stack, T0, without=3)
    window(stack, T0 + 21 * HOUR, T0 + DAY, "maintenance")
    run("watch_obligations", T0 + DAY + HOUR)
    assert {row.key: row.state for row in dates("MARK")}["2025-11-24"] == "done"


def test_unmarked_at_noon_is_missed(run: Run, stack: RegistryObject) -> None:
    run("plan_occurrences", NOW)
    run("watch_obligations", T0 + DAY + 13 * HOUR)
    assert {row.key: row.state for row in dates("MARK")}["2025-11-24"] == "missed"


def silence(stack: RegistryObject, at: datetime) -> Finding:
    return raise_finding(
        SYSTEM_ACTOR,
        at,
        Hit(kind=Kind.LATE_STREAM, rule_id="late_stream", object=stack, period_start=at, severity=2),
    )


def test_a_silent_instrument_must_be_back_in_48_hours(run: Run, stack: RegistryObject) -> None:
    run("plan_occurrences", NOW)
    finding = silence(stack, NOW + HOUR)
    run("watch_obligations", NOW + 2 * HOUR)
    run("watch_obligations", NOW + 3 * HOUR)

    [row] = dates("FIX")
    assert (row.trigger, row.due_at, row.title) == (finding, NOW + 49 * HOUR, finding.number)
    end_finding(SYSTEM_ACTOR, NOW + 40 * HOUR, finding.pk)
    run("watch_obligations", NOW + 41 * HOUR)
    row.refresh_from_db()
    assert (row.state, row.proved_by) == (State.DONE, "data")


def test_an_instrument_that_stays_silent_is_a_missed_repair(run: Run, stack: RegistryObject) -> None:
    run("plan_occurrences", NOW)
    finding = silence(stack, NOW + HOUR)
    run("watch_obligations", NOW + 2 * HOUR)
    run("watch_obligations", NOW + 60 * HOUR)
    [row] = dates("FIX")
    assert row.state == State.MISSED
    end_finding(SYSTEM_ACTOR, NOW + 70 * HOUR, finding.pk)
    run("watch_obligations", NOW + 71 * HOUR)
    row.refresh_from_db()
    assert row.state == State.LATE


def test_a_silence_from_before_the_duty_is_not_its_event(run: Run, stack: RegistryObject) -> None:
    silence(stack, NOW - DAY)
    run("plan_occurrences", NOW)
    run("watch_obligations", NOW + HOUR)
    assert dates("FIX") == []


def test_the_register_proves_purifiers_permits_and_datasets(run: Run, stack: RegistryObject) -> None:
    shop = register("catering_shop", "R-1", seats=90, dining_area_m2="200", stove_heat_j_h="1", purifiers=1)
    data = register("dataset", "D-1", update_frequency="1/month", updated_on="2025-10-30")
    permit = register(
        "permit", "P-9", stack.parent, **{"class": "key", "issued_on": "2021-01-01", "expires_on": "2026-01-31"}
    )
    run("plan_occurrences", NOW)
    run("watch_obligations", NOW + MINUTE)
    assert [row.state for row in (*dates("PURIFIER2"), dates("SHARE")[0])] == ["planned", "planned"]

    for row, changes in (
        (shop, {"purifiers": 2}),
        (data, {"updated_on": "2025-11-24"}),
        (permit, {"expires_on": "2031-01-31"}),
    ):
        row.attributes, row.recorded_at = row.attributes | changes, NOW + HOUR
        row.save()
    run("watch_obligations", NOW + 2 * HOUR)

    assert dates("PURIFIER2")[0].state == State.DONE
    assert dates("SHARE")[0].state == State.DONE
    renewal = Occurrence.objects.get(template="RENEW", object=permit)
    # Due on 2 December 2025: renewed in time.
    assert (renewal.state, renewal.due_on) == (State.DONE, date(2025, 12, 2))


def test_a_pause_of_the_worker_loses_nothing(run: Run, stack: RegistryObject) -> None:
    run("plan_occurrences", NOW)
    run("watch_obligations", NOW + 5 * DAY)
    missed = [row.key for row in dates("MARK") if row.state == State.MISSED]
    assert missed == ["2025-11-24", "2025-11-25", "2025-11-26", "2025-11-27"]
    [finding] = [row for row in findings("missed_duty") if row.rule_id == "obligation.MARK"]
    assert finding.hits == 4 and finding.last_seen == T0 + 4 * DAY + 12 * HOUR
