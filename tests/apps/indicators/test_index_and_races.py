"""Indices whose tree changes, and figures, values and answers that two people write at the same moment."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from tests.apps.city import NOW, actor
from tests.apps.indicators.scene import CITY, OCTOBER, STEWARD, WINDOW, figure, question, wish
from tests.apps.together import together

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.indicators.actions.compute_index import compute_index
from qingtian.apps.indicators.actions.compute_indicator import compute_indicator
from qingtian.apps.indicators.actions.record_decision import record_decision
from qingtian.apps.indicators.actions.report_figure import report_figure
from qingtian.apps.indicators.models import DecisionRecord, IndicatorValue, ReportedFigure
from qingtian.apps.indicators.queries import decisions, figures, newest_values
from qingtian.apps.journal.models import Event
from qingtian.apps.journal.verify import verify_journal
from qingtian.domain.errors import InvalidInput, NotPermitted
from qingtian.domain.indicators import Span
from qingtian.packs import load_packs
from qingtian.packs.loader import NATIONAL, read_packs

PACKS = load_packs()
once = pytest.mark.django_db
at_once = pytest.mark.django_db(transaction=True)
INDEX = "BEAUTIFUL_CITY"


def reported(at=NOW, **values):
    for name, value in values.items():
        report_figure(STEWARD, at, PACKS, figure(name, value, region=CITY))


def recycling(at=NOW, **values):
    reported(at, **({"dry": "2166", "wet": "2499", "generated": "10000"} | values))
    return compute_indicator(SYSTEM_ACTOR, at, PACKS, wish())[0]


def index(at=NOW, packs=PACKS, **more):
    return compute_index(SYSTEM_ACTOR, at, packs, wish(INDEX, **more))


def leaves(tree):
    return [tree] if not tree["children"] else [leaf for child in tree["children"] for leaf in leaves(child)]


def pruned(folder: Path, lost: str):
    """The packs without one leaf of the index."""
    target = folder / "packs"
    shutil.copytree(NATIONAL, target, ignore=shutil.ignore_patterns("procedures"))
    path = target / "index_trees.json"
    content = json.loads(path.read_text(encoding="utf-8"))

    def cut(node):
        kept = [cut(child) for child in node.get("children", ()) if child["code"] != lost]
        return node | {"children": [one for one in kept if one.get("indicator") or one["children"]]}

    for row in content["rows"]:
        if row["code"] == INDEX:
            row["root"] = cut(row["root"])
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return read_packs(target)


@once
def test_a_part_that_the_tree_has_lost_is_told_as_removed(tmp_path):
    recycling()
    before, _ = index()
    after, new = index(at=NOW + timedelta(hours=1), packs=pruned(tmp_path, "recycle"))
    assert new and after.version == before.version + 1
    gone = next(one for one in after.inputs["changes"] if one["code"] == "recycle")
    assert (gone["kind"], gone["before"], gone["after"]) == ("removed", "66.62", "0.00")


@once
def test_a_part_that_the_tree_has_won_is_told_as_added(tmp_path):
    recycling()
    index(packs=pruned(tmp_path, "recycle"))
    after, _ = index(at=NOW + timedelta(hours=1))
    won = next(one for one in after.inputs["changes"] if one["code"] == "recycle")
    assert (won["kind"], won["delta"]) == ("added", "66.62")


@once
def test_the_kept_fractions_of_an_index_add_up_to_its_score():
    recycling()
    row, _ = index()
    kept = leaves(row.inputs["tree"])
    assert sum(Fraction(one["exact"]["contribution"]) for one in kept) == Fraction(row.exact)
    assert sum(Fraction(one["exact"]["share"]) for one in kept) == 1
    assert all(one["name_zh"] and one["name_en"] for one in kept)
    recycle = next(one for one in kept if one["code"] == "recycle")
    assert (recycle["value"], recycle["unit"], recycle["version"]) == ("46.65", "%", 1)


@once
def test_an_index_takes_values_of_its_own_period_only():
    recycling()
    row, _ = index(span=Span.TO_DATE)
    assert (row.value, row.reason_zh) == ("", "没有足够的分指标")
    assert row.known_at is None


@once
def test_an_index_knows_when_its_newest_part_arrived():
    recycling(NOW + timedelta(hours=1))
    row, _ = index(at=NOW + timedelta(hours=2))
    assert row.known_at == NOW + timedelta(hours=1)
    event = Event.objects.filter(type="indicator.computed").last()
    assert event.payload["code"] == INDEX and event.payload["content_hash"] == row.content_hash


@once
@pytest.mark.parametrize("verb", [compute_index, compute_indicator])
def test_a_place_of_somebody_else_is_not_computed_for(verb):
    steward = actor(Role.DATA_STEWARD, region="430100")
    with pytest.raises(NotPermitted):
        verb(steward, NOW, PACKS, wish(INDEX if verb is compute_index else "RECYCLE"))
    assert not IndicatorValue.objects.exists()


@once
def test_an_index_that_nobody_has_is_refused_by_name():
    with pytest.raises(InvalidInput, match="there is no index RECYCLE") as caught:
        compute_index(SYSTEM_ACTOR, NOW, PACKS, wish("RECYCLE"))
    assert INDEX in caught.value.remedy


@once
def test_a_year_of_its_own_length_is_shown_when_it_is_asked_for():
    recycling()
    assert newest_values(SYSTEM_ACTOR, CITY, Span.MONTH).keys() == {"RECYCLE"}
    assert newest_values(SYSTEM_ACTOR, CITY, Span.YEAR) == {}
    assert newest_values(SYSTEM_ACTOR, "430100") == {}


@once
def test_figures_are_listed_with_the_newest_version_first_and_stay_with_their_place():
    reported(dry="1")
    reported(NOW + timedelta(hours=1), dry="2")
    reported(wet="3")
    assert [(one.input, one.value, one.version) for one in figures(STEWARD, "RECYCLE", CITY)] == [
        ("dry", "2", 2),
        ("dry", "1", 1),
        ("wet", "3", 1),
    ]
    assert not figures(actor(Role.DATA_STEWARD, region="430100"), "RECYCLE", CITY)
    assert not figures(actor(Role.CITIZEN), "RECYCLE", CITY)


@once
def test_figures_of_another_period_begin_their_own_versions():
    reported(dry="1")
    report_figure(
        STEWARD, NOW, PACKS, figure("dry", "9", region=CITY, period=type(OCTOBER)(OCTOBER.first, OCTOBER.first))
    )
    assert [one.version for one in ReportedFigure.objects.all()] == [1, 1]


@once
def test_a_figure_is_kept_as_it_was_written():
    reported(dry="2166.50")
    (row,) = ReportedFigure.objects.all()
    assert row.value == "2166.50"
    assert (row.reported_by, row.source) == ("steward", "statistics office")
    event = Event.objects.get(type="figure.reported")
    assert (event.payload["value"], event.payload["period"]) == ("2166.50", str(OCTOBER))


@once
def test_whoever_decided_sees_the_answer_wherever_it_is_about():
    row = record_decision(WINDOW, NOW, PACKS, question())
    moved = actor(Role.WINDOW, region="430100", name="window")
    assert list(decisions(moved)) == [row]
    assert not decisions(actor(Role.WINDOW, region="430100", name="another"))


@at_once
def test_one_figure_reported_by_two_at_once_has_two_versions():
    values = ("1", "2")
    together(*[lambda value=value: reported(dry=value) for value in values])
    rows = ReportedFigure.objects.filter(input="dry").order_by("version")
    assert [one.version for one in rows] == [1, 2]
    assert {one.value for one in rows} == set(values)
    assert verify_journal().intact


@at_once
def test_one_value_computed_by_two_at_once_is_kept_once():
    reported(dry="2166", wet="2499", generated="10000")
    found = together(*[lambda: compute_indicator(SYSTEM_ACTOR, NOW, PACKS, wish()) for _ in range(2)])
    assert Counter(new for _, new in found) == {True: 1, False: 1}
    assert len({row.pk for row, _ in found}) == 1
    assert Event.objects.filter(type="indicator.computed").count() == 1


@at_once
def test_two_answers_at_once_have_two_numbers():
    found = together(*[lambda: record_decision(WINDOW, NOW, PACKS, question()) for _ in range(2)])
    assert sorted(row.number for row in found) == ["DT-2025-000001", "DT-2025-000002"]
    assert DecisionRecord.objects.count() == 2
