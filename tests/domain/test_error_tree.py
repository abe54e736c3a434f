"""The one error tree: codes, keys, the plain object that every interface shows, and the text for people."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain import errors
from qingtian.domain.errors import (
    ConfigurationError,
    Conflict,
    InvalidInput,
    NotPermitted,
    NotVisible,
    QingtianError,
    TransitionRefused,
    Unavailable,
    UnmetGuard,
)

CODES: dict[type[QingtianError], str] = {
    QingtianError: "internal",
    ConfigurationError: "configuration",
    InvalidInput: "invalid_input",
    NotVisible: "not_found",
    NotPermitted: "not_permitted",
    Conflict: "conflict",
    Unavailable: "unavailable",
    TransitionRefused: "transition_refused",
}
WORDS = st.text(max_size=12)


def test_every_error_of_the_tree_is_listed_here() -> None:
    found = {one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, QingtianError)}
    assert found == set(CODES)


@pytest.mark.parametrize("kind", list(CODES), ids=lambda kind: kind.__name__)
def test_code_and_key_are_stable(kind: type[QingtianError]) -> None:
    error = kind("reason")
    assert (error.code, error.message_key) == (CODES[kind], f"error.{CODES[kind]}")
    assert error.as_dict()["code"] == CODES[kind]
    assert isinstance(error, QingtianError)


def test_no_two_kinds_share_a_code() -> None:
    assert len(set(CODES.values())) == len(CODES)


def test_a_refused_step_is_a_conflict_and_no_invalid_input() -> None:
    error = TransitionRefused("not yet")
    assert isinstance(error, Conflict)
    assert not isinstance(error, InvalidInput)
    assert error.as_dict()["params"] == {"unmet": []}


@pytest.mark.parametrize(
    ("field", "remedy", "shown"),
    [
        (None, None, "too large"),
        ("speed", None, "speed: too large"),
        (None, "give 1..9", "too large (give 1..9)"),
        ("speed", "give 1..9", "speed: too large (give 1..9)"),
        ("", "", "too large"),
    ],
)
def test_the_text_names_field_reason_and_remedy(field: str | None, remedy: str | None, shown: str) -> None:
    assert str(InvalidInput("too large", field=field, remedy=remedy)) == shown


@given(
    WORDS,
    st.none() | WORDS,
    st.none() | WORDS,
    st.dictionaries(st.from_regex(r"\A[a-z]{1,6}\Z"), st.integers() | WORDS, max_size=3),
)
def test_the_plain_object_holds_what_was_given(
    message: str, field: str | None, remedy: str | None, params: dict[str, Any]
) -> None:
    given_params = {name: value for name, value in params.items() if name not in ("field", "remedy", "self")}
    shown = InvalidInput(
        message, field=field, remedy=remedy, **{k: v for k, v in given_params.items() if k != "message"}
    )
    plain = shown.as_dict()
    assert (plain["message"], plain["field"], plain["remedy"]) == (message, field, remedy)
    assert plain["params"] == {name: value for name, value in given_params.items() if name != "message"}
    assert json.loads(json.dumps(plain)) == plain


def test_the_plain_object_is_the_receivers_own() -> None:
    error = InvalidInput("reason", rows=["a"])
    error.as_dict()["params"]["more"] = 1
    assert error.as_dict()["params"] == {"rows": ["a"]}


def test_every_unmet_guard_is_told_with_its_labels_and_fields() -> None:
    guards = (
        UnmetGuard(
            "effect", "数据证明效果", "Data show the effect", "3 of 24", "等待数据", "Wait for data", ("effect",)
        ),
        UnmetGuard("named", "验收人明确", "An acceptor is named"),
    )
    error = TransitionRefused("two guards are unmet", unmet=guards, state="applied")
    assert error.unmet == guards
    params = error.as_dict()["params"]
    assert params["state"] == "applied"
    assert [one["guard"] for one in params["unmet"]] == ["effect", "named"]
    assert params["unmet"][0] == {
        "guard": "effect",
        "label_zh": "数据证明效果",
        "label_en": "Data show the effect",
        "detail": "3 of 24",
        "detail_zh": "",
        "remedy_zh": "等待数据",
        "remedy_en": "Wait for data",
        "fields": ["effect"],
    }
    assert params["unmet"][1]["fields"] == []
    json.dumps(error.as_dict())
