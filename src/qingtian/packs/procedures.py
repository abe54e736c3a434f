"""Procedure templates from the packs: read, checked, immutable."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qingtian.domain.errors import ConfigurationError, InvalidInput
from qingtian.domain.procedures.template import (
    Choice,
    ClockSpec,
    Effect,
    EffectKind,
    FieldSpec,
    FieldType,
    Guard,
    ProcedureTemplate,
    State,
    Transition,
)
from qingtian.domain.procedures.validation import problems_of

FOLDER = Path(__file__).parent / "national" / "procedures"
Confidence = Literal["V", "P", "M", "D", "C"]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Choice(_Row):
    value: str
    label_zh: str
    label_en: str


class _Field(_Row):
    type: FieldType
    label_zh: str
    label_en: str
    choices: list[_Choice] = []
    options_from: str = ""

    def spec(self, name: str, *, required: bool) -> FieldSpec:
        choices = tuple(Choice(one.value, one.label_zh, one.label_en) for one in self.choices)
        return FieldSpec(name, self.type, self.label_zh, self.label_en, required, choices, self.options_from)


class _State(_Row):
    code: str
    label_zh: str
    label_en: str
    final: bool = False
    side: bool = False


class _Guard(_Row):
    code: str
    check: str
    fact: str
    label_zh: str
    label_en: str
    remedy_zh: str = ""
    remedy_en: str = ""
    params: dict[str, Any] = {}
    fields: list[str] = []
    source: str
    confidence: Confidence


class _Clock(_Row):
    code: str
    label_zh: str
    label_en: str
    n: int = Field(gt=0)
    unit: Literal["days", "months"] = "days"
    mode: Literal["working", "natural"] = "natural"
    roll: bool = False
    due_field: str = ""
    main: bool = False
    binding: bool = True
    source: str
    clause: str
    confidence: Confidence


class _Effect(_Row):
    kind: EffectKind
    subject: str = ""


class _Step(_Row):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    code: str
    sources: list[str] = Field(alias="from")
    target: str = Field(alias="to")
    roles: list[str]
    label_zh: str
    label_en: str
    guards: list[str] = []
    required: list[str] = []
    optional: list[str] = []
    effects: list[_Effect] = []
    automatic: bool = False
    reason_required: bool = False


class _Procedure(_Row):
    code: str
    version: str
    name_zh: str
    name_en: str
    source: str
    valid_from: date
    valid_to: date | None = None
    entries: list[str]
    opening_clocks: list[str] = []
    parameters: dict[str, int] = {}
    states: list[_State]
    guards: list[_Guard] = []
    clocks: list[_Clock] = []
    fields: dict[str, _Field] = {}
    transitions: list[_Step]


def parse_procedure(text: str, name: str) -> ProcedureTemplate:
    """Read one template.

    Args:
        text: TOML text of the pack file.
        name: file name for messages.
    Raises:
        ConfigurationError: names the file, the place and the fault.
    """
    try:
        raw = _Procedure.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise ConfigurationError(
            f"not a procedure template: {error}", field=name, remedy="mend the named key"
        ) from error
    template = _template(raw, name)
    if problems := problems_of(template):
        raise ConfigurationError("; ".join(problems), field=name, remedy="mend the template", problems=problems)
    return template


@cache
def load_procedures() -> Mapping[tuple[str, str], ProcedureTemplate]:
    """Every template of the packs by code and version."""
    found: dict[tuple[str, str], ProcedureTemplate] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        template = parse_procedure(path.read_text("utf-8"), path.name)
        key = (template.code, template.version)
        if key in found:
            raise ConfigurationError(f"{key[0]} version {key[1]} is there twice", field=path.name, remedy="remove one")
        found[key] = template
    return found


def procedure(code: str, version: str | None = None) -> ProcedureTemplate:
    """A template by code; without a version the newest.

    Raises:
        InvalidInput: if there is none.
    """
    fitting = [one for key, one in load_procedures().items() if key[0] == code and version in (None, key[1])]
    if not fitting:
        raise InvalidInput(f"there is no procedure {code} {version or ''}".rstrip(), field="template", remedy="use T1")
    return max(fitting, key=lambda one: (one.valid_from or date.min, one.version))


def _template(raw: _Procedure, name: str) -> ProcedureTemplate:
    return ProcedureTemplate(
        code=raw.code,
        version=raw.version,
        name_zh=raw.name_zh,
        name_en=raw.name_en,
        entries=tuple(raw.entries),
        states=tuple(State(one.code, one.label_zh, one.label_en, one.final, one.side) for one in raw.states),
        transitions=tuple(_transition(step, raw.fields, name) for step in raw.transitions),
        guards=tuple(_guard(one, raw.parameters, name) for one in raw.guards),
        clocks=tuple(ClockSpec(**one.model_dump()) for one in raw.clocks),
        opening_clocks=tuple(raw.opening_clocks),
        parameters=dict(raw.parameters),
        source=raw.source,
        valid_from=raw.valid_from,
        valid_to=raw.valid_to,
    )


def _transition(step: _Step, fields: Mapping[str, _Field], name: str) -> Transition:
    unknown = [one for one in (*step.required, *step.optional) if one not in fields]
    if unknown:
        raise ConfigurationError(
            f"step {step.code}: unknown field {', '.join(unknown)}", field=name, remedy="declare it under [fields]"
        )
    required = tuple(fields[one].spec(one, required=True) for one in step.required)
    optional = tuple(fields[one].spec(one, required=False) for one in step.optional)
    return Transition(
        code=step.code,
        sources=tuple(step.sources),
        target=step.target,
        roles=frozenset(step.roles),
        label_zh=step.label_zh,
        label_en=step.label_en,
        guards=tuple(step.guards),
        fields=required + optional,
        effects=tuple(Effect(one.kind, one.subject) for one in step.effects),
        automatic=step.automatic,
        reason_required=step.reason_required,
    )


def _guard(raw: _Guard, parameters: Mapping[str, int], name: str) -> Guard:
    # A number of a guard may be the name of a parameter, so that each number stands in one place.
    params = {
        key: parameters.get(value, value) if isinstance(value, str) else value for key, value in raw.params.items()
    }
    if "min_valid_hours" in params and not isinstance(params["min_valid_hours"], int):
        raise ConfigurationError(
            f"guard {raw.code}: no parameter {params['min_valid_hours']}", field=name, remedy="add it to [parameters]"
        )
    return Guard(
        code=raw.code,
        check=raw.check,
        fact=raw.fact,
        label_zh=raw.label_zh,
        label_en=raw.label_en,
        remedy_zh=raw.remedy_zh,
        remedy_en=raw.remedy_en,
        params=params,
        fields=tuple(raw.fields),
        source=f"{raw.source} [{raw.confidence}]",
    )
