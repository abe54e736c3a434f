"""Declared migrations and the wider parts of procedure files: what is wrong is named; regional lengths are read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.packs.test_procedure_files import SMALL, parsed, refused, toml

from qingtian.domain.errors import ConfigurationError, InvalidInput
from qingtian.packs import migrations, procedures
from qingtian.packs.migrations import load_migrations, migration, parse_migration
from qingtian.packs.procedures import FOLDER, load_procedures

GOOD = (FOLDER / "migrations" / "t1-1-2.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('code = "T1"', 'code = "T99"', "there is no T99 version 1"),
        ('to_version = "2"', 'to_version = "7"', "there is no T1 version 7"),
        ('listed = "listed"\n', "", "no state for listed"),
        ('listed = "listed"', 'listed = "nowhere"', "no running state nowhere"),
        ('listed = "listed"', 'listed = "stable"', "no running state stable"),
        ('listed = "listed"', 'listed = "listed"\nstable = "listed"', "no running state stable"),
        ('confidence = "D"', 'confidence = "sure"', "confidence"),
        ('source = "ADR 0015"\n', "", "source"),
        ('code = "T1"', "code = ", "not a migration"),
        ('code = "T1"', 'code = "T1"\nsurprise = 1', "surprise"),
    ],
)
def test_a_faulty_migration_is_refused_with_its_place(old: str, new: str, reason: str) -> None:
    assert GOOD.count(old) >= 1
    with pytest.raises(ConfigurationError, match=reason) as error:
        parse_migration(GOOD.replace(old, new, 1), "x.toml")
    assert error.value.field == "x.toml" and error.value.remedy


def test_a_way_that_is_not_declared_names_the_ones_that_are() -> None:
    assert migration("T1", "1", "2").states["watching"] == "watching"
    with pytest.raises(InvalidInput) as error:
        migration("T1", "1", "9")
    assert error.value.remedy == "declared: 2"
    with pytest.raises(InvalidInput) as error:
        migration("T2", "1", "2")
    assert error.value.remedy == "the case keeps its version"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(procedures, "FOLDER", tmp_path)
    for cached in (load_procedures, load_migrations):
        cached.cache_clear()
    (tmp_path / "migrations").mkdir()
    yield tmp_path
    for cached in (load_procedures, load_migrations):
        cached.cache_clear()


def test_a_way_is_declared_once(folder: Path) -> None:
    for version in ("1", "2"):
        (folder / f"{version}.toml").write_text(toml(SMALL | {"version": version}), "utf-8")
    way = {"code": "T9", "from_version": "1", "to_version": "2", "states": {"open": "open"}, "note_zh": "注"}
    text = toml(way | {"note_en": "n", "source": "s", "confidence": "D"})
    (folder / "migrations" / "a.toml").write_text(text, "utf-8")
    assert list(migrations.load_migrations()) == [("T9", "1", "2")]
    load_migrations.cache_clear()
    (folder / "migrations" / "b.toml").write_text(text, "utf-8")
    with pytest.raises(ConfigurationError, match="declared twice") as error:
        load_migrations()
    assert error.value.field == "b.toml"


# -- wider parts -----------------------------------------------------------------------------------------------------


def changed(**parts: Any) -> dict[str, Any]:
    return SMALL | parts


def clock(**more: Any) -> dict[str, Any]:
    return changed(clocks=[SMALL["clocks"][0] | more])


def step(**more: Any) -> dict[str, Any]:
    return changed(transitions=[SMALL["transitions"][0] | more])


def effect(kind: str, subject: str = "") -> dict[str, Any]:
    return step(effects=[{"kind": "stop_clock", "subject": "wait"}, {"kind": kind, "subject": subject}])


PAPER = {"code": "p", "label_zh": "纸", "label_en": "Paper", "text_zh": "{number} {kind}", "text_en": "{number}"}
FIGURE = {"code": "f", "label_zh": "数", "label_en": "F", "function": "surcharge", "source": "x", "confidence": "D"}
TABLE = {"code": "d", "table": "noise_duty", "facts": {"kind": "kind"}, "sets": {"duty": "duty"}}


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        (clock(due_field="nowhere"), "clock wait: unknown field nowhere"),
        (clock(start_field="nowhere"), "clock wait: unknown field nowhere"),
        (clock(before_field="nowhere"), "clock wait: unknown field nowhere"),
        (clock(when={"field": "nowhere", "values": ["a"]}), "clock wait: unknown field nowhere"),
        (clock(promise_of="nothing"), "clock wait: promises unknown clock nothing"),
        (clock(n_field="kind"), "clock wait: n_field and n_by belong together"),
        (clock(promise_percent=0), "greater than or equal to 1"),
        (effect("count", "kind"), "step close: kind is asked in a form and set by count"),
        (effect("set", "done_how"), "step close: set needs field=value"),
        (effect("clear", "nowhere"), "step close: clears unknown field nowhere"),
        (effect("hand_over", "kind"), "step close: hand_over needs a field of type org, not kind"),
        (effect("decide", "nothing"), "step close: unknown decision nothing"),
        (effect("extend_clock", "wait"), "step close: clock wait has no extension"),
        (changed(enterprise_states=["nowhere"]), "enterprise_states: unknown state nowhere"),
        (changed(opening={"roles": ["window"], "required": ["nowhere"]}), "opening: unknown field nowhere"),
        (changed(opening={"roles": []}), "roles"),
        (changed(documents=[PAPER | {"text_en": "{nowhere}"}]), "document p: unknown place nowhere"),
        (changed(documents=[PAPER | {"states": ["nowhere"]}]), "document p: unknown state nowhere"),
        (changed(computed=[FIGURE | {"args": {"fine": "nowhere"}}]), "figure f: unknown fact nowhere"),
        (changed(computed=[FIGURE | {"function": "magic", "args": {}}]), "figure f: unknown function magic"),
        (changed(decisions=[TABLE | {"facts": {"kind": "nowhere"}}]), "decision d: unknown field nowhere"),
        (changed(guards=[SMALL["guards"][0] | {"fact": "nowhere"}]), "guard shown: nothing sets the fact nowhere"),
        (changed(guards=[SMALL["guards"][0] | {"fields": ["nowhere"]}]), "guard shown: unknown field nowhere"),
        (
            changed(guards=[SMALL["guards"][0] | {"when": {"fact": "nowhere", "values": ["1"]}}]),
            "guard shown: nothing sets the fact nowhere",
        ),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_wider_parts_that_do_not_fit_are_told_in_a_sentence(template: dict[str, Any], problem: str) -> None:
    assert problem in refused(template).message


def test_a_private_field_never_enters_a_document() -> None:
    fields = SMALL["fields"] | {"kind": SMALL["fields"]["kind"] | {"readers": ["window"]}}
    assert "document p: kind is private" in refused(changed(fields=fields, documents=[PAPER])).message


def test_a_promise_is_a_share_of_the_legal_period_and_a_length_may_follow_a_field() -> None:
    own = SMALL["clocks"][0] | {"n": 60, "n_field": "kind", "n_by": {"a": 30}}
    promise = own | {"code": "promise", "promise_of": "wait", "promise_percent": 40}
    template = parsed(changed(clocks=[own, promise]))
    assert template.promises_of("wait") == (template.clock("promise"),)
    assert (template.clock("wait").sized({"kind": "a"}).n, template.clock("wait").sized({}).n) == (30, 60)
    assert str(template.clock("promise").ratio) == "0.4"
