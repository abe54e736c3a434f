"""Treatment off while producing is found within fifteen minutes of power data, and ends when it runs again."""

from __future__ import annotations

import pytest
from tests.duties.scene import HOUR, MINUTE, T0, findings, power, register

from qingtian.apps.registry.models import RegistryObject

DUTY = "watch_treatment"


def metered(number: int = 1, **treatment: str) -> tuple[RegistryObject, RegistryObject]:
    works = register("enterprise", f"E-{number:03}")
    production = register(
        "power_meter", f"M-{number:03}-P", works, tag="production", rated_kw="850", threshold_kw="128"
    )
    attributes = treatment or {"rated_kw": "100", "threshold_kw": "15"}
    cleaner = register("power_meter", f"M-{number:03}-T", works, tag="treatment", **attributes)
    for meter in (production, cleaner):
        register("device", f"MN{meter.code.replace('-', '')}", meter, expects=["minute"], minute_interval_s=300)
    return production, cleaner


def test_fifteen_minutes_make_a_finding_and_ten_do_not(run, store):
    production, cleaner = metered()
    store.append(power(production, T0, [600] * 12))
    store.append(power(cleaner, T0, [80] * 6 + [1, 1]))
    run(DUTY, T0 + 40 * MINUTE)
    assert findings() == []
    store.append(power(cleaner, T0 + 40 * MINUTE, [1]))
    run(DUTY, T0 + 45 * MINUTE)
    (finding,) = findings()
    assert (finding.kind, finding.object, finding.parameter) == ("treatment_off", cleaner, "")
    assert (finding.first_seen, finding.severity) == (T0 + 30 * MINUTE, 3)
    assert "已持续15分钟" in finding.detail["explanation_zh"]
    assert [finding.detail[name] for name in ("value", "limit", "unit")] == ["1", "15", "kW"]


def test_it_is_one_finding_that_grows_and_ends_when_treatment_runs_again(run, store):
    production, cleaner = metered()
    store.append(power(production, T0, [600] * 48))
    store.append(power(cleaner, T0, [80] * 6 + [1] * 26 + [80] * 16))
    for minutes in range(10, 250, 10):
        run(DUTY, T0 + minutes * MINUTE) if minutes <= 170 else None
    run(DUTY, T0 + 4 * HOUR)
    (finding,) = findings()
    assert (finding.activity, finding.first_seen) == ("ended", T0 + 30 * MINUTE)
    assert finding.ended_at == T0 + 160 * MINUTE
    assert finding.severity == 4  # more than two hours


def test_it_ends_when_production_stops_too(run, store):
    production, cleaner = metered()
    store.append(power(production, T0, [600] * 12 + [20] * 6) + power(cleaner, T0, [1] * 18))
    run(DUTY, T0 + 90 * MINUTE)
    (finding,) = findings()
    assert (finding.activity, finding.ended_at) == ("ended", T0 + HOUR)


@pytest.mark.parametrize(
    ("why", "production", "treatment"),
    [
        ("both run", [600] * 24, [80] * 24),
        ("both stand still", [5] * 24, [1] * 24),
        ("treatment stops after production", [600] * 12 + [5] * 12, [80] * 14 + [1] * 10),
        ("at the thresholds", [128] * 24, [15] * 24),
        ("interrupted every ten minutes", [600] * 24, [1, 1, 80] * 8),
        ("the treatment meter says nothing", [600] * 24, [None] * 24),
    ],
)
def test_no_finding_where_nothing_is_wrong(run, store, why, production, treatment):
    meters = metered()
    store.append(power(meters[0], T0, production) + power(meters[1], T0, treatment))
    run(DUTY, T0 + 2 * HOUR)
    assert findings() == [], why


def test_marked_power_values_do_not_count(run, store):
    production, cleaner = metered()
    store.append(power(production, T0, [600] * 12) + power(cleaner, T0, [1] * 12, mark="M"))
    run(DUTY, T0 + HOUR)
    assert findings() == []


def test_a_missing_value_does_not_break_a_run(run, store):
    production, cleaner = metered()
    store.append(power(production, T0, [600] * 12) + power(cleaner, T0, [1, 1, None, 1, 1, 1] + [80] * 6))
    run(DUTY, T0 + HOUR)
    (finding,) = findings()
    assert (finding.first_seen, finding.last_seen) == (T0, T0 + 25 * MINUTE)


def test_a_meter_without_a_threshold_uses_a_share_of_its_rated_power(run, store):
    production, cleaner = metered(rated_kw="100")
    store.append(power(production, T0, [600] * 6) + power(cleaner, T0, ["14.9"] * 6))
    run(DUTY, T0 + 30 * MINUTE)
    assert findings()[0].detail["treatment_threshold_kw"] == "15"


def test_a_meter_without_any_power_to_compare_with_is_named(run, store):
    production, cleaner = metered(outlet="O-1")
    store.append(power(production, T0, [600] * 6) + power(cleaner, T0, [1] * 6))
    report = run(DUTY, T0 + 30 * MINUTE)
    assert findings() == []
    assert report.notes == [f"{cleaner.code}: threshold_kw or rated_kw is missing"]


def test_production_of_another_enterprise_does_not_matter(run, store):
    production, _ = metered(1)
    _, other_cleaner = metered(2)
    store.append(power(production, T0, [600] * 12) + power(other_cleaner, T0, [1] * 12))
    run(DUTY, T0 + HOUR)
    assert findings() == []


def test_back_filled_power_is_judged_when_it_comes(run, store):
    production, cleaner = metered()
    run(DUTY, T0 + 2 * HOUR)
    late = T0 + 150 * MINUTE
    store.append(
        power(production, T0, [600] * 12, received_at=late) + power(cleaner, T0, [1] * 8 + [80] * 4, received_at=late)
    )
    run(DUTY, T0 + 160 * MINUTE)
    (finding,) = findings()
    assert (finding.first_seen, finding.activity) == (T0, "ended")


def test_sixty_enterprises_are_read_at_once(run, store):
    for number in range(60):
        production, cleaner = metered(number)
        store.append(power(production, T0, [600] * 12) + power(cleaner, T0, [80] * 12))
    before = store.windows
    run(DUTY, T0 + HOUR)
    assert store.windows - before <= 2
