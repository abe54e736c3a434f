"""Bulk questions of every kind: whatever is asked, there is an answer that JSON can hold, or a refusal that helps."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.packs import load_packs
from qingtian.packs.answers import Answer
from qingtian.packs.questions import KINDS, answer

PACKS = load_packs()

# One sound question per kind.
SOUND: dict[str, dict[str, Any]] = {
    "iaqi": {"standard": "HJ 633-2026", "item": "PM2.5", "period": "24h", "c": 60},
    "aqi": {
        "standard": "HJ 633-2026",
        "mode": "daily",
        "c": {"SO2": 6, "NO2": 31, "CO": 0.8, "O3": 171, "PM10": 88, "PM2.5": 52},
    },
    "round_gb8170": {"x": "1.225", "digits": 2},
    "reference_o2": {"c": 30, "o2": 8.5, "ref": 6},
    "percentile": {"x": [10, 20, 30, 40], "p": 90},
    "composite_2013": {"SO2": 12, "NO2": 31, "PM10": 74, "PM2.5": 37, "CO": 1.4, "O3": 168},
    "composite_2026": {"SO2": 12, "NO2": 31, "PM10": 74, "PM2.5": 37, "CO": 1.4, "O3": 168},
    "leq": {"LAeq_equal_length_periods": [60, 62, 58, 65]},
    "water_class_item": {"item": "CODMn", "value": 4},
    "water_section": {"CODMn": 4, "NH3-N": 0.5, "TP": 0.1, "water_body": "river"},
    "basin_status": {"counts_I_to_worse_V": [1, 5, 3, 1, 0, 0]},
    "tli": {"chla": 10, "TP": 0.05, "TN": 1, "SD": 0.8, "CODMn": 4},
    "cwqi": {"CODMn": 4, "NH3-N": 0.5, "TP": 0.1, "water_body": "river"},
    "black_odour": {"transparency": 20, "DO": 1, "ORP": 0, "NH3-N": 9},
    "groundwater_class": {"chloride": 100},
    "soil_farmland": {"item": "Cd", "value": 0.35, "use": "paddy", "pH": 5.2},
    "soil_construction": {"item": "As", "value": 30, "class": 1},
    "noise": {"zone": "2", "period": "day", "level": 59},
    "tax_equivalents": {"item": "SO2", "medium": "air", "kg": 95},
}

NUMBERS = (
    st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.decimals(-(10**6), 10**6, places=3).map(str)
    | st.sampled_from([0, -0.0, "0", "-0", "1e5", "1e-300", "1e400", "9" * 70, 10**80, "", "-", "NA", "/", " 5 "])
)
ITEMS = ["PM2.5", "SO2", "CODMn", "pH", "DO", "Cd", "x"]
CHOICES = ["24h", "1h", "daily", "paddy", "river", "lake", "2", "day", "air", "urban", "rural", "construction", "无"]
EDITIONS = ["2026-03-01", "2010-01-01", "2026-02-30", "HJ 633-2012", "HJ 633-2026"]
WORDS = st.sampled_from([*ITEMS, *CHOICES, *EDITIONS])
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(WORDS | st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)


def asked(kind: object, question: object) -> Answer | InvalidInput:
    """The answer or the refusal; any other exception fails the test."""
    try:
        return answer(PACKS, kind, question)
    except InvalidInput as refusal:
        return refusal


def proper(outcome: Answer | InvalidInput) -> None:
    if isinstance(outcome, Answer):
        json.dumps(outcome.result, allow_nan=False)
        assert outcome.clause.strip()
    else:
        assert outcome.field is not None  # the name of a part as it was given, which may be empty
        assert outcome.remedy
        assert outcome.message


def test_every_kind_has_a_sound_question() -> None:
    assert set(SOUND) == set(KINDS)


@pytest.mark.parametrize("kind", sorted(SOUND))
def test_a_sound_question_is_answered_with_its_clause(kind: str) -> None:
    found = asked(kind, SOUND[kind])
    assert isinstance(found, Answer), found
    assert found.result is not None
    proper(found)


@pytest.mark.parametrize("kind", sorted(SOUND))
def test_text_figures_give_the_same_answer_as_numbers(kind: str) -> None:
    def as_text(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: as_text(one) for name, one in value.items()}
        if isinstance(value, list):
            return [as_text(one) for one in value]
        return str(value) if isinstance(value, int | float) else value

    assert asked(kind, as_text(SOUND[kind])) == asked(kind, SOUND[kind])


@pytest.mark.parametrize("kind", sorted(SOUND))
@pytest.mark.parametrize("question", [None, 5, "text", [], [1], True], ids=str)
def test_a_question_that_is_no_object_is_refused(kind: str, question: object) -> None:
    refusal = asked(kind, question)
    assert isinstance(refusal, InvalidInput)
    assert refusal.field == "input"


@pytest.mark.parametrize("kind", sorted(SOUND))
def test_an_empty_question_is_refused_with_its_first_field(kind: str) -> None:
    refusal = asked(kind, {})
    assert isinstance(refusal, InvalidInput)
    proper(refusal)


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in sorted(SOUND) for name in SOUND[kind]])
def test_without_one_part_there_is_an_answer_or_a_refusal(kind: str, name: str) -> None:
    proper(asked(kind, {key: value for key, value in SOUND[kind].items() if key != name}))


@pytest.mark.parametrize("kind", sorted(SOUND))
@settings(max_examples=40)
@given(data=st.data())
def test_one_strange_part_gives_an_answer_or_a_refusal(kind: str, data: st.DataObject) -> None:
    question = dict(SOUND[kind])
    name = data.draw(st.sampled_from(sorted(question)) | WORDS | st.sampled_from(["date", "water_body", "saturation"]))
    question[name] = data.draw(ANYTHING)
    proper(asked(kind, question))


@pytest.mark.parametrize("kind", sorted(SOUND))
@settings(max_examples=20)
@given(question=st.dictionaries(WORDS | st.text(max_size=4), ANYTHING, max_size=5))
def test_any_object_gives_an_answer_or_a_refusal(kind: str, question: dict[str, Any]) -> None:
    proper(asked(kind, question))


@given(kind=ANYTHING)
def test_a_kind_that_is_none_is_refused_by_name(kind: Any) -> None:
    if isinstance(kind, str) and kind in KINDS:
        return
    refusal = asked(kind, {})
    assert isinstance(refusal, InvalidInput)
    assert (refusal.code, refusal.field) == ("kind_not_built", "kind")
    assert "iaqi" in (refusal.remedy or "")


# -- figures ---------------------------------------------------------------------------------------------------------


@given(st.decimals(0, 5000, places=2), st.decimals(0, "20.9", places=1), st.sampled_from([3, 6, 9, 11]))
def test_the_shown_conversion_is_within_its_last_place_of_the_exact_one(c: Decimal, o2: Decimal, ref: int) -> None:
    found = asked("reference_o2", {"c": str(c), "o2": str(o2), "ref": ref})
    assert isinstance(found, Answer)
    exact = Fraction(c) * (21 - ref) / (21 - Fraction(o2))
    assert abs(Fraction(found.result) - exact) < Fraction(1, 10**6) + exact * Fraction(1, 10**15)


@pytest.mark.parametrize("kind", ["composite_2013", "composite_2026"])
@pytest.mark.parametrize("name", list(SOUND["composite_2013"]))
def test_a_composite_index_lacks_no_pollutant(kind: str, name: str) -> None:
    rest = {key: value for key, value in SOUND[kind].items() if key != name}
    for question in (rest, rest | {name: None}, rest | {name: -1}, rest | {name: "x"}):
        refusal = asked(kind, question)
        assert isinstance(refusal, InvalidInput)
        assert refusal.field is not None and refusal.field.startswith(name)
