"""Standing duties follow the register and the packs; the same register again changes nothing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.apps.city import NOW, enterprise_drafts, register
from tests.apps.obligations.scene import DAY, MONITORING, PERMIT, changed, dates, duty, one, other, plant, shop, synced

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.journal.models import Event
from qingtian.apps.obligations.actions.plan_occurrences import plan_occurrences
from qingtian.apps.obligations.models import Obligation, Occurrence
from qingtian.apps.registry.models import ObjectType
from qingtian.domain.obligations import State

pytestmark = pytest.mark.django_db


def codes() -> list[str]:
    rows = Obligation.objects.order_by("template", "item").values_list("template", "item")
    return [f"{template} {item}".strip() for template, item in rows]


def test_a_permit_imposes_what_it_says() -> None:
    plant()

    found = synced()

    assert codes() == [
        "FIX", "LED", "MARK", "RENEW", "REP quarter", "REP year", "SM a21026", "SM_NOISE",
    ]  # fmt: skip
    assert (found.new, found.changed, found.ended, found.faults) == (8, 0, 0, [])
    sm = duty("SM", "a21026")
    assert (sm.rhythm, sm.object.code, sm.basis.code) == ("1/quarter", "E-1-DA001", "P-E-1")  # type: ignore[union-attr]
    assert duty("MARK").object.code == "E-1-DA001"
    assert duty("RENEW").since == date(2026, 12, 31)


def test_the_same_register_again_changes_nothing() -> None:
    plant()
    shop()
    synced()
    events, rows = Event.objects.count(), Occurrence.objects.count()

    again = synced(NOW + timedelta(minutes=5))

    assert (again.new, again.changed, again.ended) == (0, 0, 0)
    assert (Event.objects.count(), Occurrence.objects.count()) == (events, rows)


def test_automatic_lines_have_no_dated_sampling() -> None:
    plant({**PERMIT, "monitoring": MONITORING[1:]})
    synced()
    assert "SM a21002" not in codes() and "MARK" in codes()


def test_an_enterprise_without_a_permit_on_the_register_has_no_duties() -> None:
    register(*enterprise_drafts())
    synced()
    assert codes() == []


def test_a_line_that_cannot_be_read_is_named_and_leaves_the_others() -> None:
    lines: list[dict[str, Any]] = [
        MONITORING[0],
        {"outlet": "E-1-DA001", "parameter": "a34013", "frequency": "often"},
        {"outlet": "E-1-DA099", "parameter": "a21026", "frequency": "1/year"},
        {"outlet": "E-1-DA001", "frequency": "1/year"},
    ]
    plant(
        {
            "class": "key",
            "issued_on": "2023-03-01",
            "expires_on": "2026-12-31",
            "monitoring": lines,
            "reports": [{"period": "decade"}],
        }
    )

    found = synced()

    assert codes() == ["RENEW", "SM a21026"]
    assert len(found.faults) == 4
    told = "\n".join(found.faults)
    assert "permit P-E-1 monitoring[1]: 'often' is no frequency; write 1/quarter" in told
    assert "E-1-DA099" in told and "monitoring[3]: has no parameter" in told and "decade" in told


def test_another_frequency_changes_the_duty_and_what_of_it_is_not_due_yet() -> None:
    permit = plant()
    synced()
    assert [row.key for row in dates("SM", "a21026")] == ["2025-10-01", "2026-01-01"]

    changed(permit, monitoring=[{**MONITORING[0], "frequency": "1/month"}, MONITORING[1]])
    found = synced(NOW + DAY)

    assert found.changed == 1 and duty("SM", "a21026").rhythm == "1/month"
    open_now = [row for row in dates("SM", "a21026") if row.state == State.PLANNED]
    assert [row.key for row in open_now] == ["2025-11-01", "2025-12-01", "2026-01-01"]
    assert (open_now[-1].due_on, open_now[-1].period_last) == (date(2026, 1, 31), date(2026, 1, 31))
    [quarter] = [row for row in dates("SM", "a21026") if row.state == State.WAIVED]
    assert (quarter.key, quarter.waived_reason) == ("2025-10-01", "duty_ended")


def test_what_the_permit_no_longer_asks_ends_and_comes_back_with_it() -> None:
    permit = plant()
    synced()
    changed(permit, boundary_noise=None)

    ended = synced(NOW + DAY)

    noise = duty("SM_NOISE")
    assert ended.ended == 1 and noise.until == (NOW + DAY).date()
    assert [(row.key, row.state, row.waived_reason) for row in dates("SM_NOISE")] == [
        ("2025-10-01", "planned", ""),
        ("2026-01-01", "waived", "duty_ended"),
    ]

    changed(permit, boundary_noise={"frequency": "1/quarter"})
    synced(NOW + 2 * DAY)

    assert duty("SM_NOISE").until is None
    assert [row.state for row in dates("SM_NOISE")] == ["planned", "planned"]


def test_e_s1_a_shop_above_the_size_needs_a_second_purifier() -> None:
    shop(seats=76, dining_area_m2="149", stove_heat_j_h="500000000")
    synced()
    assert codes() == ["HOOD duct", "HOOD purifier", "PURIFIER2"]
    assert one("PURIFIER2").due_on == NOW.date() + 90 * DAY


def test_e_s1_a_shop_at_the_size_needs_none() -> None:
    shop(seats=75, dining_area_m2="149", stove_heat_j_h="500000000")
    synced()
    assert codes() == ["HOOD duct", "HOOD purifier"]


def test_a_shop_of_unknown_size_is_told_apart() -> None:
    shop(seats=10, dining_area_m2=None, stove_heat_j_h=None)
    found = synced()
    assert "PURIFIER2" not in codes()
    assert "cannot be decided without" in found.faults[0]


def test_hoods_are_due_from_the_last_cleaning() -> None:
    shop()
    synced()
    assert one("HOOD", "purifier").due_on == date(2025, 12, 10)
    assert one("HOOD", "duct").due_on == date(2026, 1, 9)


def test_a_chief_walks_as_often_as_the_level_says() -> None:
    other(ObjectType.CHIEF, "C-1", kind="river", level="district")
    other(ObjectType.CHIEF, "C-2", kind="river", level="village")
    synced()
    assert codes() == ["PATROL_DISTRICT", "PATROL_VILLAGE"]
    assert len(dates("PATROL_VILLAGE")) > len(dates("PATROL_DISTRICT"))


def test_datasets_carbon_entities_and_products_have_their_duties() -> None:
    other(ObjectType.DATASET, "D-1", update_frequency="1/month", authorised=True)
    other(ObjectType.DATASET, "D-2", update_frequency="1/year", authorised=False)
    carbon = other(ObjectType.ENTERPRISE, "E-9", carbon_entity=True)
    synced()
    assert codes() == ["DISC", "GHG_REPORT", "GHG_SURRENDER", "SHARE", "SHARE"]
    assert duty("GHG_REPORT").object_id == carbon.pk
    [disclosure] = [row for row in dates("DISC") if row.period_last.year == 2025]
    assert disclosure.due_on == date(2026, 3, 31)


def test_only_what_was_not_due_at_the_set_up_is_the_platforms_business() -> None:
    plant()
    synced()
    assert [row.key for row in dates("REP", "quarter")] == ["2025-10-01", "2026-01-01"]
    # The report of 2024 was due in January; that of 2025 is ahead.
    assert [row.key for row in dates("REP", "year")] == ["2025-01-01", "2026-01-01"]


def test_planning_goes_on_week_by_week() -> None:
    plant()
    synced()
    before = {row.number for row in Occurrence.objects.all()}
    synced(NOW + 40 * DAY)
    after = {row.number for row in Occurrence.objects.all()}
    assert before < after
    assert len(dates("MARK")) == 63 + 40  # from the day of the set-up on


def test_a_pause_of_two_months_leaves_no_hole() -> None:
    plant()
    synced()
    later = NOW + 150 * DAY
    synced(later)
    days = [row.period_first for row in dates("MARK")]
    assert days == [days[0] + number * DAY for number in range(len(days))]
    assert days[-1] == later.date() + 62 * DAY


def test_planning_again_reads_only_what_lies_ahead() -> None:
    plant()
    synced()
    with CaptureQueriesContext(connection) as seen:
        plan_occurrences(SYSTEM_ACTOR, NOW + DAY, (NOW + DAY).date() + 62 * DAY)
    assert len(seen) < 25
