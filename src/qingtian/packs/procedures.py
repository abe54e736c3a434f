"""Procedure templates from the packs: read, checked, immutable."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qingtian.domain.errors import ConfigurationError, InvalidInput
from qingtian.domain.procedures.guards import facts_of
from qingtian.domain.procedures.template import (
    Choice,
    ClockSpec,
    ComputedSpec,
    DecisionSpec,
    DocumentSpec,
    Effect,
    EffectKind,
    FieldSpec,
    FieldType,
    Guard,
    Opening,
    ProcedureTemplate,
    State,
    Transition,
    Words,
)
from qingtian.domain.procedures.validation import problems_of

FOLDER = Path(__file__).parent / "national" / "procedures"
Confidence = Literal["V", "P", "M", "D", "C"]
# Parameters of guards that are numbers.
NUMBERS = ("min_valid_hours", "below", "reach", "least", "years", "longer_years")


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
    readers: list[str] = []
    step_only: bool = False

    def spec(self, name: str, *, required: bool) -> FieldSpec:
        return FieldSpec(
            name,
            self.type,
            self.label_zh,
            self.label_en,
            required,
            tuple(Choice(one.value, one.label_zh, one.label_en) for one in self.choices),
            self.options_from,
            frozenset(self.readers),
            self.step_only,
        )


class _State(_Row):
    code: str
    label_zh: str
    label_en: str
    final: bool = False
    side: bool = False


class _When(_Row):
    fact: str
    values: list[str] = Field(min_length=1)


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
    when: _When | None = None
    source: str
    confidence: Confidence


class _ClockWhen(_Row):
    field: str
    values: list[str] = Field(min_length=1)


class _Clock(_Row):
    code: str
    label_zh: str
    label_en: str
    n: int = Field(gt=0)
    unit: Literal["days", "months"] = "days"
    mode: Literal["working", "natural"] = "natural"
    roll: bool = False
    due_field: str = ""
    start_field: str = ""
    n_field: str = ""
    n_by: dict[str, int] = {}
    before_field: str = ""
    when: _ClockWhen | None = None
    extension: int = Field(0, ge=0)
    promise_of: str = ""
    promise_percent: int | None = Field(None, ge=1, le=100)
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


class _Decision(_Row):
    code: str
    table: str
    facts: dict[str, str]
    sets: dict[str, str]
    org_fields: tuple[str, str] | None = None


class _Document(_Row):
    code: str
    label_zh: str
    label_en: str
    text_zh: str
    text_en: str
    states: list[str] = []


class _Computed(_Row):
    code: str
    label_zh: str
    label_en: str
    function: str
    args: dict[str, str]
    unit: str = ""
    source: str
    confidence: Confidence


class _Opening(_Row):
    roles: list[str] = Field(min_length=1)
    required: list[str] = []
    optional: list[str] = []
    needs: list[Literal["object", "region", "enterprise"]] = ["region"]


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
    opening: _Opening | None = None
    from_findings: bool = False
    enterprise_states: list[str] | None = None
    decisions: list[_Decision] = []
    documents: list[_Document] = []
    computed: list[_Computed] = []


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


def procedure(code: str, version: str | None = None, *, on: date | None = None) -> ProcedureTemplate:
    """A template by code; without a version the newest, or the newest in force on a day.

    Args:
        on: only versions that are valid on that day; where none is, the newest of all.
    Raises:
        InvalidInput: if there is none.
    """
    fitting = [one for key, one in load_procedures().items() if key[0] == code and version in (None, key[1])]
    if not fitting:
        known = ", ".join(sorted({key[0] for key in load_procedures()}))
        raise InvalidInput(
            f"there is no procedure {code} {version or ''}".rstrip(), field="template", remedy=f"use one of {known}"
        )
    in_force = [one for one in fitting if on is None or _valid(one, on)]
    return max(in_force or fitting, key=lambda one: (one.valid_from or date.min, one.version))


def _valid(template: ProcedureTemplate, on: date) -> bool:
    begun = template.valid_from is None or template.valid_from <= on
    return begun and (template.valid_to is None or on < template.valid_to)


def _template(raw: _Procedure, name: str) -> ProcedureTemplate:
    return ProcedureTemplate(
        code=raw.code,
        version=raw.version,
        name_zh=raw.name_zh,
        name_en=raw.name_en,
        entries=tuple(raw.entries),
        states=tuple(State(one.code, one.label_zh, one.label_en, one.final, one.side) for one in raw.states),
        transitions=tuple(_transition(step, raw.fields, name) for step in raw.transitions),
        guards=tuple(_guard(one, raw, name) for one in raw.guards),
        clocks=tuple(_clock(one) for one in raw.clocks),
        opening_clocks=tuple(raw.opening_clocks),
        parameters=dict(raw.parameters),
        source=raw.source,
        valid_from=raw.valid_from,
        valid_to=raw.valid_to,
        opening=_opening(raw.opening, raw.fields, name) if raw.opening else None,
        from_findings=raw.from_findings,
        enterprise_states=None if raw.enterprise_states is None else tuple(raw.enterprise_states),
        decisions=tuple(DecisionSpec(**one.model_dump()) for one in raw.decisions),
        documents=tuple(DocumentSpec(**one.model_dump() | {"states": tuple(one.states)}) for one in raw.documents),
        computed=tuple(_computed(one) for one in raw.computed),
    )


def _clock(raw: _Clock) -> ClockSpec:
    ratio = None if raw.promise_percent is None else Decimal(raw.promise_percent) / 100
    when = raw.when or _ClockWhen(field="", values=["-"])
    kept = raw.model_dump(exclude={"promise_percent", "when"})
    values = tuple(when.values) if raw.when else ()
    return ClockSpec(**kept, ratio=ratio, when_field=when.field, when_values=values)


def _computed(raw: _Computed) -> ComputedSpec:
    kept = raw.model_dump(exclude={"source", "confidence"})
    return ComputedSpec(**kept, source=f"{raw.source} [{raw.confidence}]")


def _opening(raw: _Opening, fields: Mapping[str, _Field], name: str) -> Opening:
    return Opening(
        frozenset(raw.roles), _form(raw.required, raw.optional, fields, f"{name}: opening"), tuple(raw.needs)
    )


def _form(required: list[str], optional: list[str], fields: Mapping[str, _Field], where: str) -> tuple[FieldSpec, ...]:
    file, _, place = where.partition(": ")
    unknown = [one for one in (*required, *optional) if one not in fields]
    if unknown:
        raise ConfigurationError(
            f"{place}: unknown field {', '.join(unknown)}", field=file, remedy="declare it under [fields]"
        )
    needed = tuple(fields[one].spec(one, required=True) for one in required)
    return needed + tuple(fields[one].spec(one, required=False) for one in optional)


def _transition(step: _Step, fields: Mapping[str, _Field], name: str) -> Transition:
    return Transition(
        code=step.code,
        sources=tuple(step.sources),
        target=step.target,
        roles=frozenset(step.roles),
        label_zh=step.label_zh,
        label_en=step.label_en,
        guards=tuple(step.guards),
        fields=_form(step.required, step.optional, fields, f"{name}: step {step.code}"),
        effects=tuple(Effect(one.kind, one.subject) for one in step.effects),
        automatic=step.automatic,
        reason_required=step.reason_required,
    )


def _guard(raw: _Guard, whole: _Procedure, name: str) -> Guard:
    guard = Guard(
        code=raw.code,
        check=raw.check,
        fact=raw.fact,
        label_zh=raw.label_zh,
        label_en=raw.label_en,
        remedy_zh=raw.remedy_zh,
        remedy_en=raw.remedy_en,
        params={key: _number(value, whole.parameters) for key, value in raw.params.items()},
        fields=tuple(raw.fields),
        source=f"{raw.source} [{raw.confidence}]",
        when_fact=raw.when.fact if raw.when else "",
        when_values=tuple(raw.when.values) if raw.when else (),
    )
    for key in NUMBERS:
        if key in guard.params and not isinstance(guard.params[key], int):
            raise ConfigurationError(
                f"guard {raw.code}: no parameter {guard.params[key]}", field=name, remedy="add it to [parameters]"
            )
    return replace(guard, names=_names(guard, whole.fields))


def _number(value: Any, parameters: Mapping[str, int]) -> Any:
    # A number of a guard may be the name of a parameter, so that each number stands in one place.
    if isinstance(value, dict):
        return {key: _number(one, parameters) for key, one in value.items()}
    return parameters.get(value, value) if isinstance(value, str) else value


def _names(guard: Guard, fields: Mapping[str, _Field]) -> dict[str, Words]:
    return {one: (fields[one].label_zh, fields[one].label_en) for one in facts_of(guard) if one in fields}
