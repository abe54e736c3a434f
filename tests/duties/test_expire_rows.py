"""Short values go when they are past their time; hours stay, and the journal tells."""

from __future__ import annotations

import pytest
from tests.duties.scene import DAY, HOUR, T0, hours, outlet
from tests.duties.test_roll_up_hours import minutes

from qingtian.apps.journal.models import Event
from qingtian.duties import expire_rows as duty
from qingtian.runtime.settings import Settings
from qingtian.telemetry.store.port import Cycle

DUTY = "expire_rows"


@pytest.fixture
def keep(monkeypatch: pytest.MonkeyPatch):
    """Set how many days are kept."""

    def set_days(**days: int) -> None:
        monkeypatch.setattr(duty, "get_settings", lambda: Settings(**days))

    return set_days


def told():
    return [event.payload for event in Event.objects.filter(type="store.expired").order_by("seq")]


def test_nothing_goes_unless_a_setting_says_so(run, store, keep):
    stack = outlet()
    store.append(minutes(stack.code, T0, 40))
    keep()
    assert run(DUTY, T0 + 4000 * DAY).notes == []
    assert len(store.window(Cycle.MINUTE, T0, T0 + DAY)) == 6
    assert told() == []


def test_whole_days_go_their_hours_are_made_and_the_journal_tells(run, store, keep):
    stack = outlet()
    store.append([*minutes(stack.code, T0, 40), *minutes(stack.code, T0 + 3 * DAY, 60)])
    store.append(hours(stack, T0 + HOUR, [7]))
    keep(store_keep_minute_days=30)
    report = run(DUTY, T0 + 32 * DAY + 4 * HOUR)
    assert report.notes == ["6 minute rows of 1 days went"]
    assert [row.period_start for row in store.window(Cycle.MINUTE, T0, T0 + 9 * DAY)][:1] == [T0 + 3 * DAY]
    assert [row.value for row in store.window(Cycle.HOUR, T0, T0 + DAY)] == [40, 7]
    day = T0.date().isoformat()
    assert told() == [{"cycle": "minute", "rows": 6, "first_day": day, "last_day": day, "keep_days": 30}]
    assert run(DUTY, T0 + 32 * DAY + 5 * HOUR).notes == []
    assert len(told()) == 1


def test_a_day_goes_when_it_is_older_than_the_days_that_are_kept(run, store, keep):
    stack = outlet()
    store.append(minutes(stack.code, T0, 40))
    keep(store_keep_minute_days=30)
    assert run(DUTY, T0 + 30 * DAY + 4 * HOUR).notes == []
    assert run(DUTY, T0 + 31 * DAY + 4 * HOUR).notes == ["6 minute rows of 1 days went"]
