"""Tables of the recurring duties: templates, reasons of waivers, checks of the self-monitoring plan, methods."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from qingtian.domain.errors import ConfigurationError, InvalidInput
from qingtian.domain.legaltime.deadline import Mode
from qingtian.domain.obligations.plan_check import Method, PlanCheck
from qingtian.domain.obligations.rhythm import RhythmKind, parse_rhythm
from qingtian.domain.obligations.template import (
    Applies,
    Condition,
    DueRule,
    FormField,
    Line,
    ObligationTemplate,
    Operator,
    Proof,
    Trigger,
)
from qingtian.domain.obligations.waivers import PlanRule, WaiverReason
from qingtian.packs.rulebook import Packs
from qingtian.packs.schema import PackRow, Text
from qingtian.packs.tables import Table, plainly

GROUPS = Literal["self_monitoring", "data", "permit", "carbon", "catering", "patrol", "sharing", "training"]
DATA_PROOFS = Literal["", "sample", "marked", "recovered", "attribute", "renewed", "updated", "uploaded"]


def known_rhythm(text: str) -> str:
    """A frequency as the schema takes it; empty where a line or the object says it.

    Raises:
        ValueError: it is none.
    """
    if text:
        try:
            parse_rhythm(text)
        except InvalidInput as error:
            raise ValueError(f"{error.message}; {error.remedy}") from error
    return text


RhythmText = Annotated[str, AfterValidator(known_rhythm)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WherePart(_Part):
    """A condition on an attribute."""

    path: Text
    operator: Operator = Operator.PRESENT
    values: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _values_where_needed(self) -> Self:
        if (self.operator is Operator.IN) != bool(self.values):
            raise ValueError("values go with the operator `in`, and only with it")
        return self


class AppliesPart(_Part):
    """Whom the template binds by itself."""

    types: tuple[Text, ...] = ()
    where: tuple[WherePart, ...] = ()
    table: str = ""
    facts: dict[str, str] = {}
    outcome: dict[str, str] = {}

    @model_validator(mode="after")
    def _table_with_outcome(self) -> Self:
        if bool(self.table) != bool(self.outcome):
            raise ValueError("a decision table needs an outcome, and the other way round")
        return self


class DuePart(_Part):
    """The last moment."""

    n: Annotated[int, Field(ge=-3650, le=3650)] = 0
    mode: Mode = Mode.NATURAL
    roll: bool = False
    month: Annotated[int, Field(ge=0, le=12)] = 0
    day: Annotated[int, Field(ge=0, le=31)] = 0
    hour: Annotated[int, Field(ge=1, le=24)] = 24
    opens: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.month) != bool(self.day) or (self.month and self.n):
            raise ValueError("give n, or month and day")
        if self.n < 0 and self.mode is not Mode.NATURAL:
            raise ValueError("days before a date are natural days")
        return self


class LinePart(_Part):
    """A duty of its own within the template."""

    item: Text
    name_zh: Text
    name_en: Text
    rhythm: RhythmText = ""
    due: DuePart | None = None


class FieldPart(_Part):
    """A field of the proof."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    kind: Literal["text", "number", "date", "moment", "persons", "url"]
    label_zh: Text
    label_en: Text
    required: bool = False


class ProofPart(_Part):
    """What shows that it was done."""

    files: Annotated[int, Field(ge=0, le=24)] = 0
    fields: tuple[FieldPart, ...] = ()
    data: DATA_PROOFS = ""
    parameters: dict[str, str] = {}


class TriggerPart(_Part):
    """The event."""

    after: str = ""
    moment: str = ""
    findings: tuple[str, ...] = ()


class TemplateRow(PackRow):
    """obligation_templates.json."""

    code: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=24)]
    version: Text = "1"
    group: GROUPS
    name_zh: Text
    name_en: Text
    applies: AppliesPart
    rhythm: RhythmText = ""
    due: DuePart
    proof: ProofPart
    lines: tuple[LinePart, ...] = ()
    lines_from: str = ""
    lines_where: dict[str, str] = {}
    item_from: str = ""
    rhythm_from: str = ""
    object_from: str = ""
    start_from: str = ""
    date_from: str = ""
    trigger: TriggerPart = TriggerPart()
    grace_h: Annotated[int, Field(ge=0)] = 0
    severity: Annotated[int, Field(ge=0, le=4)] = 2
    retain_years: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _says_how_often(self) -> Self:
        # Where the permit has the frequency, only it says so: a default would be a duty that nobody imposed.
        told = bool(self.rhythm) or bool(self.rhythm_from) or all(one.rhythm for one in self.lines)
        if not told or (not (self.rhythm or self.rhythm_from) and not self.lines):
            raise ValueError("say how often: rhythm, rhythm_from, or a rhythm for each line")
        return self


class WaiverRow(PackRow):
    """waiver_reasons.csv."""

    reason: Annotated[str, Field(pattern=r"^[a-z][a-z_]*$", max_length=24)]
    label_zh: Text
    label_en: Text
    needs_note: bool


class PlanRuleRow(PackRow):
    """plan_checks.csv."""

    check: PlanCheck
    label_zh: Text
    label_en: Text
    severity: Annotated[int, Field(ge=1, le=4)]


class MethodRow(PackRow):
    """monitoring_methods.csv."""

    method: Text
    name_zh: Text
    name_en: Text
    replaced_by: str = ""


def _due(part: DuePart) -> DueRule:
    return DueRule(**part.model_dump())


def _template(row: TemplateRow) -> ObligationTemplate:
    own = {"applies", "due", "proof", "lines", "trigger"}
    where = tuple(Condition(one.path, one.operator, one.values) for one in row.applies.where)
    return ObligationTemplate(
        **row.model_dump(exclude=own),
        applies=Applies(
            row.applies.types, where, row.applies.table, dict(row.applies.facts), dict(row.applies.outcome)
        ),
        due=_due(row.due),
        proof=Proof(
            row.proof.files,
            tuple(FormField(**one.model_dump()) for one in row.proof.fields),
            row.proof.data,
            dict(row.proof.parameters),
        ),
        lines=tuple(
            Line(one.item, one.name_zh, one.name_en, one.rhythm, None if one.due is None else _due(one.due))
            for one in row.lines
        ),
        trigger=Trigger(**row.trigger.model_dump()),
    )


def _triggers_known(file: str, rows: Iterable[ObligationTemplate]) -> None:
    listed = list(rows)
    known = {row.code for row in listed}
    for row in listed:
        event = row.rhythm and parse_rhythm(row.rhythm).kind is RhythmKind.EVENT
        trigger = row.trigger
        if trigger.after and trigger.after not in known:
            raise _fault(file, row, "trigger", f"follows {trigger.after}, which is no template", "name one that is")
        if (trigger.after or trigger.findings) and not event:
            raise _fault(file, row, "rhythm", "has a trigger but is no event", "write the rhythm event")


def _fault(file: str, row: ObligationTemplate, column: str, reason: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(
        f"{row.row_id} {reason}", field=f"{file}:{column}", remedy=remedy, file=file, row_id=row.row_id
    )


def _every_check(file: str, rows: Iterable[PlanRule]) -> None:
    missing = sorted(set(PlanCheck) - {row.check for row in rows})
    if missing:
        raise ConfigurationError(
            f"no row for {', '.join(missing)}", field=f"{file}:check", remedy="give every check its row", file=file
        )


TEMPLATES: Table[ObligationTemplate] = Table(
    "obligation_templates.json",
    TemplateRow,
    _template,
    lambda row: (row.code,),
    "obligation_template",
    needed=True,
    checks=(_triggers_known,),
)
WAIVERS: Table[WaiverReason] = Table(
    "waiver_reasons.csv", WaiverRow, plainly(WaiverReason), lambda row: (row.reason,), "waiver_reason", needed=True
)
PLAN_RULES: Table[PlanRule] = Table(
    "plan_checks.csv", PlanRuleRow, plainly(PlanRule), lambda row: (row.check,), "plan_check", checks=(_every_check,)
)
METHODS: Table[Method] = Table(
    "monitoring_methods.csv", MethodRow, plainly(Method), lambda row: (row.method,), "monitoring_method"
)
TABLES: tuple[Table[Any], ...] = (TEMPLATES, WAIVERS, PLAN_RULES, METHODS)


def templates(packs: Packs, on: date | None = None, region: str = "CN") -> dict[str, ObligationTemplate]:
    """Templates that hold on a day in a place, by code.

    Args:
        on: the day; None takes those without an end.
    """
    return {row.code: row for row in sorted(packs.in_force(TEMPLATES, on, region), key=lambda one: one.code)}


def template(packs: Packs, code: str, on: date | None = None, region: str = "CN") -> ObligationTemplate:
    """One template.

    Raises:
        InvalidInput: there is none of that code on that day.
    """
    found = templates(packs, on, region)
    if code not in found:
        raise InvalidInput(f"there is no obligation {code}", field="template", remedy=f"use {', '.join(found)}")
    return found[code]


def waiver_reasons(packs: Packs, on: date | None = None, region: str = "CN") -> dict[str, WaiverReason]:
    """Reasons by which a duty need not be done, by code."""
    return {row.reason: row for row in packs.in_force(WAIVERS, on, region)}


def plan_rules(packs: Packs, on: date | None = None, region: str = "CN") -> dict[PlanCheck, PlanRule]:
    """Checks of the self-monitoring plan."""
    return {row.check: row for row in packs.in_force(PLAN_RULES, on, region)}


def methods(packs: Packs) -> tuple[Method, ...]:
    """Monitoring methods of every date."""
    return packs.of(METHODS)
