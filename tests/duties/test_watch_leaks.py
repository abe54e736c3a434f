"""A leak that is not tried or repaired in time is a finding of the component, until a reading shows the repair."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tests.duties.scene import DAY, T0, findings, register

from qingtian.apps.accounts.actor import Actor, Grant
from qingtian.apps.accounts.roles import Role
from qingtian.apps.findings.actions.record_leaks import CheckDraft, record_leaks
from qingtian.apps.findings.states import CheckKind
from qingtian.apps.registry.models import RegistryObject

DUTY = "watch_leaks"
STEWARD = Actor(None, "steward", (Grant(Role.DATA_STEWARD),))


def valve(number: int = 1, **more: str) -> RegistryObject:
    works = RegistryObject.objects.filter(code="E-001").first() or register("enterprise", "E-001")
    return register("leak_component", f"V-{number:04}", works, component="valve", medium_state="gas", **more)


def check(component: RegistryObject, day: int, kind: CheckKind = CheckKind.READING, ppm: int | None = None) -> None:
    figure = Decimal(ppm) if ppm is not None else None
    note = "需停车" if kind is CheckKind.DELAY else ""
    draft = CheckDraft(component.code, kind, T0 + day * DAY, figure, note=note)
    report = record_leaks(STEWARD, T0 + 90 * DAY, [draft])
    assert (report.recorded, report.errors) == (1, ())


def test_the_first_try_is_due_on_the_fifth_day(run):
    component = valve()
    check(component, 0, ppm=6000)
    run(DUTY, T0 + 5 * DAY + timedelta(hours=23))
    assert findings() == []
    run(DUTY, T0 + 6 * DAY)
    (finding,) = findings()
    assert (finding.kind, finding.object, finding.severity) == ("leak_overdue", component, 2)
    assert (finding.detail["step"], finding.detail["due_on"], finding.detail["days_late"]) == (
        "attempt",
        (T0 + 5 * DAY).date().isoformat(),
        "1",
    )
    assert (finding.detail["value"], finding.detail["limit"], finding.detail["limit_row"]) == (
        "6000",
        "5000",
        "leak.gas.general",
    )


def test_it_is_one_finding_over_the_days_and_ends_with_a_reading_under_the_limit(run):
    component = valve()
    check(component, 0, ppm=6000)
    for day in (6, 7, 16, 31):
        run(DUTY, T0 + day * DAY)
    (finding,) = findings()
    assert (finding.hits, finding.detail["step"], finding.severity) == (4, "repair", 3)
    check(component, 31, CheckKind.REPAIR)
    run(DUTY, T0 + 32 * DAY)
    assert findings()[0].activity == "ongoing"
    check(component, 32, ppm=40)
    run(DUTY, T0 + 33 * DAY)
    assert findings()[0].activity == "ended"


def test_a_delay_on_record_in_time_holds_it_back(run):
    component = valve()
    check(component, 0, ppm=6000)
    check(component, 3, CheckKind.DELAY)
    run(DUTY, T0 + 60 * DAY)
    assert findings() == []


def test_a_key_area_has_the_stricter_limit(run):
    check(valve(1), 0, ppm=3000)
    check(valve(2, leak_area="key"), 0, ppm=3000)
    run(DUTY, T0 + 6 * DAY)
    assert [finding.object.code for finding in findings()] == ["V-0002"]
