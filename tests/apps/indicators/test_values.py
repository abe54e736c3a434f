"""Values of indicators: what they keep, when there is a new version, who sees them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.apps.city import NOW, actor, judge, outlet
from tests.apps.indicators.scene import CITY, OCTOBER, STEWARD, figure, wish

from qingtian.apps.accounts.actor import PUBLIC_ACTOR, SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.indicators.actions.compute_index import compute_index
from qingtian.apps.indicators.actions.compute_indicator import compute_indicator, running_period
from qingtian.apps.indicators.actions.report_figure import report_figure
from qingtian.apps.indicators.models import IndicatorValue, ReportedFigure
from qingtian.apps.indicators.queries import history, newest_values, versions, visible_value
from qingtian.apps.journal.models import Event
from qingtian.domain.errors import InvalidInput, NotPermitted, NotVisible
from qingtian.domain.indicators import Period, Span
from qingtian.packs import load_packs

pytestmark = pytest.mark.django_db
PACKS = load_packs()


def report(input_, value, at=NOW, **more):
    return report_figure(STEWARD, at, PACKS, figure(input_, value, **({"region": CITY} | more)))


def computed(at=NOW, **more):
    return compute_indicator(SYSTEM_ACTOR, at, PACKS, wish(**more))


def recycling():
    for name, value in (("dry", "2166"), ("wet", "2499"), ("generated", "10000")):
        report(name, value)
    return computed()


def test_recycle_from_reported_figures():
    row, new = recycling()
    assert (row.value, row.unit, row.status, row.exact, new) == ("46.65", "%", "ok", "933/20", True)
    assert (row.first, row.last, row.version) == (OCTOBER.first, OCTOBER.last, 1)
    assert {one["input"]: one["value"] for one in row.inputs["singles"]} == {
        "dry": "2166",
        "wet": "2499",
        "generated": "10000",
    }
    assert all("statistics office; steward" in one["note"] for one in row.inputs["singles"])
    assert row.known_at == NOW


def test_the_same_again_adds_nothing_and_a_new_figure_a_version():
    first, _ = recycling()
    assert computed(at=NOW + timedelta(hours=1)) == (first, False)
    report("dry", "2266", at=NOW + timedelta(hours=2))
    second, new = computed(at=NOW + timedelta(hours=3))
    assert (second.value, second.version, new) == ("47.65", 2, True)
    found = versions(SYSTEM_ACTOR, "RECYCLE", CITY, Span.MONTH, OCTOBER.first)
    assert [row.value for row in found] == ["47.65", "46.65"]
    assert Event.objects.filter(type="indicator.computed").count() == 2


def test_a_figure_that_was_reported_later_was_not_known_before():
    recycling()
    report("dry", "9999", at=NOW + timedelta(days=1))
    again, new = computed(at=NOW + timedelta(hours=1))
    assert (again.value, new) == ("46.65", False)


def test_a_missing_figure_is_named():
    report("dry", "2166")
    row, _ = computed()
    assert (row.value, row.status) == ("", "no_data")
    assert row.reason_zh == "没有 “湿垃圾资源化量” 的数据"
    assert row.reason_en == "there are no data for wet waste used"
    assert [one["input"] for one in row.inputs["missing"]] == ["wet", "generated"]


def test_a_reported_table_makes_a_share_and_lists_what_it_lacks():
    rows = [{"id": f"S{n}", "grade": str(grade)} for n, grade in enumerate((2, 3, 5))] + [{"id": "S9", "grade": None}]
    report("sections", rows, code="WATER_GOOD")
    row, _ = computed(code="WATER_GOOD")
    assert (row.value, row.coverage) == ("66.7", "75.00")
    assert row.inputs["tables"][0]["excluded"] == [{"row": "S9", "field": "grade"}]


def test_a_baseline_figure_is_that_of_its_period():
    year = Period(date(2024, 1, 1), date(2024, 12, 31))
    base = Period(date(2015, 1, 1), date(2015, 12, 31))
    report("cover", "19.42", code="FOREST_DELTA", period=year)
    report("cover", "18.57", code="FOREST_DELTA", period=base)
    row, _ = computed(code="FOREST_DELTA", span=Span.YEAR, day=date(2024, 6, 1))
    assert (row.value, row.unit) == ("0.85", "pp")
    assert row.inputs["periods"] == {"baseline": ["2015-01-01", "2015-12-31"], "this": ["2024-01-01", "2024-12-31"]}


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        ({"code": "NOTHING"}, "code"),
        ({"input_": "paper"}, "input"),
        ({"code": "AIR_GOOD", "input_": "days"}, "input"),
        ({"value": "many"}, "dry"),
        ({"value": None}, "dry"),
        ({"value": "NaN"}, "dry"),
        ({"source": "  "}, "source"),
        ({"source": "x" * 301}, "source"),
        ({"code": "WATER_GOOD", "input_": "sections", "value": "3"}, "value"),
        ({"code": "WATER_GOOD", "input_": "sections", "value": [3]}, "value.1"),
        ({"code": "WATER_GOOD", "input_": "sections", "value": [{"class": 3}]}, "value.1.class"),
        ({"code": "WATER_GOOD", "input_": "sections", "value": [{"grade": True}]}, "value.1.grade"),
        ({"code": "SIGNS_REPLACED", "input_": "signs", "value": [{"replaced": "yes"}]}, "value.1.replaced"),
    ],
)
def test_a_figure_that_cannot_be_is_refused_by_name(draft, field):
    with pytest.raises(InvalidInput) as caught:
        report_figure(STEWARD, NOW, PACKS, figure(**draft))
    assert caught.value.field == field
    assert caught.value.remedy
    assert not ReportedFigure.objects.exists()


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"code": "NOTHING"}, "code"),
        ({"code": "FOREST_DELTA"}, "span"),
        ({"day": date(2025, 12, 1)}, "day"),
        ({"span": Span.DAY, "day": NOW.date(), "code": "AIR_PM25"}, "day"),
    ],
)
def test_what_cannot_be_computed_is_refused(wanted, field):
    with pytest.raises(InvalidInput) as caught:
        computed(**wanted)
    assert caught.value.field == field


def test_a_running_period_ends_on_the_last_complete_day():
    assert str(running_period(NOW.date(), Span.MONTH, NOW)) == "2025-11-01..2025-11-23"
    assert str(running_period(date(2025, 10, 9), Span.MONTH, NOW)) == "2025-10-01..2025-10-31"


def test_an_index_rests_on_kept_values_and_says_what_changed():
    recycling()
    row, new = compute_index(SYSTEM_ACTOR, NOW, PACKS, wish("BEAUTIFUL_CITY"))
    assert (row.value, row.composite, new) == ("66.6", True, True)  # (46.65 - 20) / (60 - 20)
    assert row.inputs["changes"] == []
    assert row.coverage == "16.67"  # waste has one of the six parts of the weights
    assert compute_index(SYSTEM_ACTOR, NOW, PACKS, wish("BEAUTIFUL_CITY")) == (row, False)
    report("dry", "2966", at=NOW + timedelta(hours=1))
    computed(at=NOW + timedelta(hours=2))
    later, _ = compute_index(SYSTEM_ACTOR, NOW + timedelta(hours=2), PACKS, wish("BEAUTIFUL_CITY"))
    assert (later.version, later.value) == (2, "86.6")
    changed = next(one for one in later.inputs["changes"] if one["code"] == "recycle")
    assert changed == {"code": "recycle", "kind": "value", "before": "66.62", "after": "86.62", "delta": "20.00"}


def test_an_index_without_any_value_says_so():
    row, _ = compute_index(SYSTEM_ACTOR, NOW, PACKS, wish("BEAUTIFUL_CITY"))
    assert (row.value, row.status) == ("", "no_data")
    assert row.reason_en.startswith("too few indicators")


def test_a_value_on_simulated_data_says_so():
    stack = outlet()
    for hour in range(3):
        judge(stack, NOW - timedelta(days=1, hours=hour))
    row, _ = computed(code="TRANSMISSION_RAW", span=Span.MONTH, day=NOW.date())
    assert row.simulated is any(one.simulated for one in stack.judgements.all())
    assert row.inputs["tables"][0]["statistic"] == "sum"


def test_officials_see_the_figures_of_their_place_and_of_what_it_belongs_to():
    mine, _ = recycling()
    air, _ = computed(code="AIR_GOOD")
    district, city = actor(Role.HANDLER, region="420107"), actor(Role.HANDLER, region=CITY)
    for who in (district, city, SYSTEM_ACTOR, actor(Role.AUDITOR)):
        assert set(newest_values(who, CITY)) == {"RECYCLE", "AIR_GOOD"}
    for who in (PUBLIC_ACTOR, actor(Role.HANDLER, region="430100"), actor(Role.ENTERPRISE_USER, org="E-1")):
        assert set(newest_values(who, CITY)) == {"AIR_GOOD"}
        assert visible_value(who, air.pk) == air
        with pytest.raises(NotVisible):
            visible_value(who, mine.pk)


def test_reporting_and_computing_need_their_right():
    handler = actor(Role.HANDLER, region=CITY)
    with pytest.raises(NotPermitted):
        report_figure(handler, NOW, PACKS, figure())
    with pytest.raises(NotPermitted):
        compute_indicator(handler, NOW, PACKS, wish())


def test_history_is_one_row_a_period_newest_first():
    recycling()
    computed(day=date(2025, 9, 1))
    report("dry", "1", at=NOW + timedelta(hours=1))
    computed(at=NOW + timedelta(hours=2))
    found = history(SYSTEM_ACTOR, "RECYCLE", CITY, Span.MONTH)
    assert [(row.first.month, row.version) for row in found] == [(10, 2), (9, 1)]
    assert IndicatorValue.objects.count() == 3
