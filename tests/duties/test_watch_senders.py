"""Wrong passwords and doubled numbers are alarms of the site, and end when they stop."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from tests.duties.scene import HOUR, MINUTE, T0, findings, outlet

from qingtian.packs.detection import load_detection_rules
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.counters import counters_path, write_counters
from qingtian.telemetry.store.port import Quarantined

DUTY = "watch_senders"
DAY = timedelta(days=1)
MN = "MN000001"  # the device of the first outlet of the scene


@pytest.fixture(autouse=True)
def _no_gateway() -> Iterator[None]:
    path = counters_path(get_settings().data_dir, "gateway")
    path.unlink(missing_ok=True)
    yield
    path.unlink(missing_ok=True)


def refused(number: int, at: datetime, *, reason: str = "password_answered", mn: str = MN) -> Quarantined:
    return Quarantined(mn, reason, "", at, f"{mn}{number:060}", "000000000001", number, f"10.0.0.{number % 2}:99")


def told(last: datetime, mn: str = MN) -> None:
    double = {"mn": mn, "since": T0.isoformat(), "last_at": last.isoformat(), "turns": 4}
    double |= {"data_times": {"10.0.0.2": "20251122080000", "10.0.0.1": "20251122080100"}}
    write_counters(counters_path(get_settings().data_dir, "gateway"), {"doubled_devices": [double]})


def test_frames_with_a_wrong_password_are_one_finding_of_the_site(run, store):
    stack = outlet()
    store.append([], quarantined=[refused(number, T0 + number * MINUTE) for number in range(4)])
    run(DUTY, T0 + HOUR)
    (finding,) = findings()
    assert (finding.kind, finding.rule_id, finding.object) == ("data_quality", "wrong_password", stack)
    assert (finding.first_seen, finding.last_seen) == (T0, T0 + 3 * MINUTE)
    assert (finding.detail["frames"], finding.detail["addresses"]) == ("4", "10.0.0.0, 10.0.0.1")
    assert MN in finding.detail["explanation_zh"]
    assert "4 frames" in finding.detail["explanation_en"]
    store.append([], quarantined=[refused(9, T0 + 2 * HOUR)])
    run(DUTY, T0 + 3 * HOUR)
    (finding,) = findings()
    assert finding.last_seen == T0 + 2 * HOUR


def test_many_such_frames_are_more_severe(run, store):
    outlet()
    store.append([], quarantined=[refused(number, T0 + number * MINUTE) for number in range(100)])
    run(DUTY, T0 + 3 * HOUR)
    assert findings()[0].severity == 3


@pytest.mark.parametrize(
    ("why", "count", "changes"),
    [
        ("a slip while the password is changed", 2, {}),
        ("another fault", 9, {"reason": "crc_wrong"}),
        ("a device of nobody", 9, {"mn": "STRANGER"}),
    ],
)
def test_what_is_no_such_alarm(run, store, why, count, changes):
    outlet()
    store.append([], quarantined=[refused(number, T0 + number * MINUTE, **changes) for number in range(count)])
    run(DUTY, T0 + HOUR)
    assert findings() == [], why


def test_the_alarm_ends_when_no_such_frame_came_for_a_day(run, store):
    outlet()
    store.append([], quarantined=[refused(number, T0 + number * MINUTE) for number in range(3)])
    run(DUTY, T0 + HOUR)
    run(DUTY, T0 + 20 * HOUR)
    assert findings()[0].activity == "ongoing"
    run(DUTY, T0 + DAY + HOUR)
    (finding,) = findings()
    assert (finding.activity, finding.ended_at) == ("ended", T0 + 2 * MINUTE)


def test_a_number_from_two_addresses_is_an_alarm_until_the_gateway_tells_it_no_more(run, store):
    stack = outlet()
    told(T0 + 10 * MINUTE)
    run(DUTY, T0 + 15 * MINUTE)
    (finding,) = findings()
    assert (finding.rule_id, finding.object, finding.first_seen) == ("doubled_device", stack, T0)
    assert finding.detail["addresses"] == "10.0.0.1, 10.0.0.2"
    assert "10.0.0.1, 10.0.0.2" in finding.detail["explanation_zh"]
    told(T0 + 40 * MINUTE)
    run(DUTY, T0 + 45 * MINUTE)
    assert [one.last_seen for one in findings()] == [T0 + 40 * MINUTE]
    write_counters(counters_path(get_settings().data_dir, "gateway"), {"doubled_devices": []})
    run(DUTY, T0 + HOUR)
    assert findings()[0].activity == "ongoing"
    run(DUTY, T0 + 3 * HOUR)
    assert findings()[0].activity == "ended"


def test_without_a_gateway_and_without_frames_there_is_nothing(run, store):
    outlet()
    assert run(DUTY, T0 + HOUR).raised == 0


def test_the_rules_say_where_they_come_from():
    rules = {rule.code: rule for rule in load_detection_rules()}
    for code in ("wrong_password", "doubled_device"):
        assert "section 9" in rules[code].source
        assert rules[code].label_zh
