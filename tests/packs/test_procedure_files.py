"""Procedure files: every key of the schema left out, misspelt or of another kind; versions side by side."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from qingtian.domain.errors import ConfigurationError, InvalidInput
from qingtian.domain.procedures import FieldType, ProcedureTemplate
from qingtian.packs import procedures
from qingtian.packs.procedures import load_procedures, parse_procedure, procedure

SMALL: dict[str, Any] = {
    "code": "T9",
    "version": "1",
    "name_zh": "样例",
    "name_en": "Sample",
    "source": "test",
    "valid_from": "2025-01-01",
    "entries": ["open"],
    "opening_clocks": ["wait"],
    "parameters": {"hours": 12},
    "states": [
        {"code": "open", "label_zh": "待办", "label_en": "Open"},
        {"code": "closed", "label_zh": "办结", "label_en": "Closed", "final": True},
    ],
    "guards": [
        {
            "code": "shown",
            "check": "effect_in_data",
            "fact": "effect",
            "params": {"min_valid_hours": "hours"},
            "label_zh": "有效果",
            "label_en": "Effect is shown",
            "source": "test",
            "confidence": "D",
        }
    ],
    "clocks": [
        {
            "code": "wait",
            "label_zh": "等待",
            "label_en": "Wait",
            "n": 5,
            "mode": "working",
            "source": "test",
            "clause": "1",
            "confidence": "D",
        }
    ],
    "fields": {
        "plan": {"type": "list", "label_zh": "措施", "label_en": "Measures"},
        "done": {"type": "checklist", "label_zh": "完成", "label_en": "Done", "options_from": "plan"},
        "kind": {
            "type": "choice",
            "label_zh": "类型",
            "label_en": "Kind",
            "choices": [{"value": "a", "label_zh": "甲", "label_en": "A"}],
        },
    },
    "transitions": [
        {
            "code": "close",
            "from": ["open"],
            "to": "closed",
            "roles": ["handler"],
            "label_zh": "办结",
            "label_en": "Close",
            "guards": ["shown"],
            "required": ["plan", "kind"],
            "optional": ["done"],
            "effects": [{"kind": "stop_clock", "subject": "wait"}],
        }
    ],
}
OPTIONAL = {
    "opening_clocks",
    "parameters",
    "guards",
    "clocks",
    "fields",
    "params",
    "final",
    "mode",
    "required",
    "optional",
    "effects",
    "options_from",
    "choices",
    "subject",
}


def toml(value: dict[str, Any]) -> str:
    """The file of a template, keys at the top, tables inline."""

    def text(one: Any) -> str:
        if isinstance(one, dict):
            return "{ " + ", ".join(f'"{key}" = {text(item)}' for key, item in one.items()) + " }"
        if isinstance(one, list):
            return "[" + ", ".join(map(text, one)) + "]"
        return json.dumps(one, ensure_ascii=False)

    return "\n".join(f"{key} = {text(item)}" for key, item in value.items())


def parsed(value: dict[str, Any]) -> ProcedureTemplate:
    return parse_procedure(toml(value), "t9.toml")


def refused(value: dict[str, Any]) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        parsed(value)
    assert caught.value.field == "t9.toml"
    assert caught.value.remedy
    return caught.value


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every key of every table of the file."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key)
            yield from paths(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from paths(item, (*path, index))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


KEYS = [path for path in paths(SMALL) if path[-1] not in OPTIONAL and path[0] != "parameters" and len(path) != 2]
NEEDED = [path for path in KEYS if path[-1] not in ("min_valid_hours",)]
TABLES = [(), *[path for path in paths(SMALL) if isinstance(at(SMALL, path), dict)], ("states", 0), ("clocks", 0)]


def test_the_small_template_is_read_whole() -> None:
    template = parsed(SMALL)
    assert (template.code, template.initial, template.valid_from) == ("T9", "open", date(2025, 1, 1))
    assert template.guard("shown").params == {"min_valid_hours": 12}
    assert template.guard("shown").source == "test [D]"
    assert template.clock("wait").n == 5
    [step] = template.transitions
    assert [(spec.name, spec.type, spec.required) for spec in step.fields] == [
        ("plan", FieldType.LIST, True),
        ("kind", FieldType.CHOICE, True),
        ("done", FieldType.CHECKLIST, False),
    ]
    assert template.opening_clocks == ("wait",)


@pytest.mark.parametrize("path", NEEDED, ids=lambda path: ".".join(map(str, path)))
def test_a_key_that_is_left_out_is_named(path: tuple[Any, ...]) -> None:
    changed = copy.deepcopy(SMALL)
    del at(changed, path[:-1])[path[-1]]
    assert str(path[-1]) in refused(changed).message


@pytest.mark.parametrize("path", TABLES, ids=lambda path: ".".join(map(str, path)) or "file")
def test_a_key_that_the_schema_does_not_know_is_named(path: tuple[Any, ...]) -> None:
    if path in (("parameters",), ("guards", 0, "params"), ("fields",)):
        return  # free names
    changed = copy.deepcopy(SMALL)
    at(changed, path)["surprise"] = "x"
    assert "surprise" in refused(changed).message


@pytest.mark.parametrize(
    ("path", "value", "word"),
    [
        (("valid_from",), "yesterday", "valid_from"),
        (("entries",), "open", "entries"),
        (("parameters", "hours"), "many", "hours"),
        (("clocks", 0, "n"), 0, "n"),
        (("clocks", 0, "n"), -5, "n"),
        (("clocks", 0, "n"), 2.5, "n"),
        (("clocks", 0, "mode"), "lunar", "mode"),
        (("clocks", 0, "unit"), "weeks", "unit"),
        (("clocks", 0, "confidence"), "X", "confidence"),
        (("guards", 0, "confidence"), "", "confidence"),
        (("fields", "plan", "type"), "table", "type"),
        (("transitions", 0, "effects", 0, "kind"), "explode", "kind"),
        (("transitions", 0, "roles"), "handler", "roles"),
        (("states", 0, "final"), "perhaps", "final"),
    ],
    ids=str,
)
def test_a_value_of_another_kind_is_named(path: tuple[Any, ...], value: Any, word: str) -> None:
    changed = copy.deepcopy(SMALL)
    at(changed, path[:-1])[path[-1]] = value
    assert word in refused(changed).message


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (("entries",), [], "no entry state"),
        (("entries",), ["nowhere"], "entry nowhere is not a state"),
        (("transitions", 0, "to"), "nowhere", "step close: unknown state nowhere"),
        (("transitions", 0, "from"), ["nowhere"], "step close: unknown state nowhere"),
        (("transitions", 0, "guards"), [], "guard shown is never used"),
        (("transitions", 0, "guards"), ["shwon"], "step close: unknown guard shwon"),
        (("transitions", 0, "required"), ["plam"], "step close: unknown field plam"),
        (("transitions", 0, "effects", 0, "subject"), "wiat", "step close: unknown clock wiat"),
        (("opening_clocks",), ["other"], "opening clock other is unknown"),
        (("guards", 0, "check"), "magic", "guard shown: unknown check magic"),
        (("guards", 0, "params"), {"min_valid_hours": "huors"}, "guard shown: no parameter huors"),
        (("fields", "kind", "choices"), [], "field kind: a choice needs choices"),
        (("fields", "done", "options_from"), "plam", "field done: unknown list plam"),
        (("states", 0, "final"), True, "final state open has steps"),
        (("states", 1, "final"), False, "state closed has no step and is not final"),
        (("states", 1, "code"), "open", "state open is declared twice"),
    ],
    ids=str,
)
def test_parts_that_do_not_fit_together_are_told_in_a_sentence(path: tuple[Any, ...], value: Any, problem: str) -> None:
    changed = copy.deepcopy(SMALL)
    at(changed, path[:-1])[path[-1]] = value
    assert problem in refused(changed).message


def test_every_problem_of_a_template_is_told_at_once() -> None:
    changed = copy.deepcopy(SMALL)
    changed["opening_clocks"] = ["other"]
    changed["states"].append({"code": "island", "label_zh": "岛", "label_en": "Island"})
    problems = refused(changed).params["problems"]
    assert problems == [
        "opening clock other is unknown",
        "state island cannot be reached",
        "state island has no step and is not final",
    ]


@pytest.mark.parametrize("text", ["", "= 1", 'code = "T9"\ncode = "T8"', "[[states]\n", "code = 1979-05-27x"])
def test_what_is_no_toml_or_no_template_is_refused_by_file(text: str) -> None:
    with pytest.raises(ConfigurationError, match="not a procedure template") as caught:
        parse_procedure(text, "t9.toml")
    assert caught.value.field == "t9.toml"


# -- versions --------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(procedures, "FOLDER", tmp_path)
    load_procedures.cache_clear()
    yield tmp_path
    load_procedures.cache_clear()


def put(folder: Path, name: str, **changes: Any) -> None:
    (folder / name).write_text(toml(SMALL | changes), "utf-8")


def test_without_a_version_the_newest_by_date_is_given(folder: Path) -> None:
    put(folder, "c.toml", version="1", valid_from="2026-01-01")
    put(folder, "a.toml", version="9", valid_from="2025-01-01")
    put(folder, "b.toml", version="2", valid_from="2026-01-01")
    assert procedure("T9").version == "2"
    assert procedure("T9", "9").valid_from == date(2025, 1, 1)
    with pytest.raises(InvalidInput, match="there is no procedure T9 3"):
        procedure("T9", "3")


def test_a_version_is_there_once(folder: Path) -> None:
    put(folder, "a.toml")
    put(folder, "b.toml")
    with pytest.raises(ConfigurationError, match="T9 version 1 is there twice") as caught:
        load_procedures()
    assert caught.value.field == "b.toml"


def test_one_faulty_file_names_itself_among_sound_ones(folder: Path) -> None:
    put(folder, "a.toml")
    put(folder, "b.toml", version="2", entries=["nowhere"])
    with pytest.raises(ConfigurationError, match="entry nowhere") as caught:
        load_procedures()
    assert caught.value.field == "b.toml"


def test_files_of_other_kinds_are_not_read(folder: Path) -> None:
    put(folder, "a.toml")
    (folder / "notes.md").write_text("no template", "utf-8")
    assert list(load_procedures()) == [("T9", "1")]
