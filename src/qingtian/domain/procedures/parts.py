"""The parts of a procedure as data: fields, guards, effects, steps, states, clocks, decisions, documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

Words = tuple[str, str]  # Chinese, English


class FieldType(StrEnum):
    """What a form asks for."""

    TEXT = "text"
    LONGTEXT = "longtext"
    DATE = "date"  # ISO date
    CHOICE = "choice"  # one of `choices`
    CHOICES = "choices"  # several of `choices`
    BOOLEAN = "boolean"
    LIST = "list"  # lines of text
    CHECKLIST = "checklist"  # the done ones among the lines of the field `options_from`
    USER = "user"  # a username
    USERS = "users"  # several usernames
    ORG = "org"  # code of an organisation
    CASE = "case"  # number of another case
    DECIMAL = "decimal"  # a number that is not negative, kept as decimal text


class EffectKind(StrEnum):
    """What a step does beside changing the state."""

    START_CLOCK = "start_clock"  # subject = clock code
    STOP_CLOCK = "stop_clock"
    PAUSE_CLOCK = "pause_clock"
    RESUME_CLOCK = "resume_clock"
    RESTART_CLOCK = "restart_clock"  # a new end for a running clock
    EXTEND_CLOCK = "extend_clock"  # the running clock gets its `extension` more
    START_WATCH = "start_watch"  # a clock whose end is the last day on which a new hit is a relapse
    STAMP = "stamp"  # write the time of the step into the field `subject`
    STAMP_ACTOR = "stamp_actor"  # write who took the step into the field `subject`
    COUNT = "count"  # the number `subject` rises by one
    SET = "set"  # subject = `field=value`
    CLEAR = "clear"  # forget the field `subject`
    DECIDE = "decide"  # answer the decision `subject` from the fields
    HAND_OVER = "hand_over"  # ask the organisation in the field `subject`; the sender stays accountable
    ACCEPT_HANDOVER = "accept_handover"  # the asked organisation becomes accountable
    BOUNCE = "bounce"  # back to the first receiver; counted
    ASSIGN_ORG = "assign_org"  # the organisation in the field `subject` becomes accountable, without being asked
    RAISE_FINDING = "raise_finding"  # a finding of the kind `subject` about the object of the case
    WRITE_OFF = "write_off"  # the case counts as written off
    CLOSE = "close"  # nothing more is expected
    REOPEN = "reopen"  # something is expected again


CLOCK_EFFECTS = frozenset(
    {
        EffectKind.START_CLOCK,
        EffectKind.STOP_CLOCK,
        EffectKind.PAUSE_CLOCK,
        EffectKind.RESUME_CLOCK,
        EffectKind.RESTART_CLOCK,
        EffectKind.EXTEND_CLOCK,
        EffectKind.START_WATCH,
    }
)
# Effects that write the field they name; no form may.
WRITING_EFFECTS = frozenset({EffectKind.STAMP, EffectKind.STAMP_ACTOR, EffectKind.COUNT, EffectKind.SET})
ORG_EFFECTS = frozenset({EffectKind.HAND_OVER, EffectKind.ASSIGN_ORG})


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a choice field."""

    value: str
    label_zh: str
    label_en: str


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a form.

    Args:
        name: key in the fields of the case.
        type: how it is asked and checked.
        required: whether the step is refused without it.
        options_from: for a checklist, the list field whose lines are ticked.
        readers: roles that may read it; kept apart from the case, its journal and its exports. Empty: everybody who
            sees the case.
        step_only: written by a step only, whose roles decide who may; never between two steps.
    """

    name: str
    type: FieldType
    label_zh: str
    label_en: str
    required: bool = False
    choices: tuple[Choice, ...] = ()
    options_from: str = ""
    readers: frozenset[str] = frozenset()
    step_only: bool = False

    @property
    def private(self) -> bool:
        """Whether only some roles may read it."""
        return bool(self.readers)


@dataclass(frozen=True, slots=True)
class Guard:
    """A named check.

    Args:
        code: stable name; the one that a refusal lists.
        check: name of the pure check in `guards.CHECKS`.
        fact: the fact that is checked.
        params: numbers and names that the check needs, from the pack.
        fields: form fields that help to meet it.
        source: where the demand comes from, with its clause and confidence.
        when_fact, when_values: the guard is asked only while that fact has one of these values.
        names: words for the facts that the guard speaks of.
    """

    code: str
    check: str
    fact: str
    label_zh: str
    label_en: str
    remedy_zh: str = ""
    remedy_en: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    source: str = ""
    when_fact: str = ""
    when_values: tuple[str, ...] = ()
    names: Mapping[str, Words] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Effect:
    """One effect of a step."""

    kind: EffectKind
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Transition:
    """One step.

    Args:
        code: the verb, unique in the template.
        sources: states from which it may be taken.
        target: state that it leads to.
        roles: any one of them may take it.
        automatic: the system takes it as soon as the guards hold.
    """

    code: str
    sources: tuple[str, ...]
    target: str
    roles: frozenset[str]
    label_zh: str
    label_en: str
    guards: tuple[str, ...] = ()
    fields: tuple[FieldSpec, ...] = ()
    effects: tuple[Effect, ...] = ()
    automatic: bool = False
    reason_required: bool = False

    def has(self, kind: EffectKind) -> bool:
        """Whether one of its effects is of a kind."""
        return any(effect.kind is kind for effect in self.effects)


@dataclass(frozen=True, slots=True)
class State:
    """One state of a case; a final state expects nothing more."""

    code: str
    label_zh: str
    label_en: str
    final: bool = False
    side: bool = False  # not on the main line


@dataclass(frozen=True, slots=True)
class ClockSpec:
    """A period that runs on a case.

    Args:
        n: length in `unit`.
        unit: days or months.
        mode: working or natural (calendar) days.
        roll: a natural period that ends on a day off ends on the next workday.
        due_field: a case field with an ISO date that ends the period instead.
        start_field: a case field with the ISO date of day 0; the day of the step otherwise.
        n_field, n_by: another length by the value of a case field.
        before_field: a case field with an ISO date; the period ends `n` calendar days before it.
        when_field, when_values: the clock starts only while that field has one of these values.
        extension: what one extension adds, in `unit`; counted on from the unrolled end.
        promise_of: the clock whose legal period this one promises to stay within; it pauses with it, and missing it
            makes nothing unlawful.
        ratio: promised share of the legal period, rounded down.
        main: whether its end is the due date of the case.
        binding: whether its end obliges somebody; warnings and breaches come only from these.
    """

    code: str
    label_zh: str
    label_en: str
    n: int
    unit: str = "days"
    mode: str = "natural"
    roll: bool = False
    due_field: str = ""
    start_field: str = ""
    n_field: str = ""
    n_by: Mapping[str, int] = field(default_factory=dict)
    before_field: str = ""
    when_field: str = ""
    when_values: tuple[str, ...] = ()
    extension: int = 0
    promise_of: str = ""
    ratio: Decimal | None = None
    main: bool = False
    binding: bool = True
    source: str = ""
    clause: str = ""
    confidence: str = ""

    def runs_for(self, facts: Mapping[str, Any]) -> bool:
        """Whether the clock is for a case with these fields."""
        return not self.when_field or str(facts.get(self.when_field, "")) in self.when_values

    def sized(self, facts: Mapping[str, Any]) -> ClockSpec:
        """The clock with the length that the fields of a case give it.

        >>> spec = ClockSpec("d", "审批", "Approval", 60, n_field="class", n_by={"form": 30})
        >>> spec.sized({"class": "form"}).n, spec.sized({}).n
        (30, 60)
        """
        return replace(self, n=self.n_by.get(str(facts.get(self.n_field, "")), self.n)) if self.n_field else self


@dataclass(frozen=True, slots=True)
class DecisionSpec:
    """A decision table that a step asks.

    Args:
        table: code of the table.
        facts: field of the case by input of the table.
        sets: output of the table by field of the case.
        org_fields: fields for the Chinese and English name of whoever the outcome `duty` means.
    """

    code: str
    table: str
    facts: Mapping[str, str]
    sets: Mapping[str, str]
    org_fields: Words | None = None


@dataclass(frozen=True, slots=True)
class DocumentSpec:
    """A paper that the case fills in: text with `{field}` places.

    Args:
        states: states in which it can be drawn up; empty: any.
    """

    code: str
    label_zh: str
    label_en: str
    text_zh: str
    text_en: str
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ComputedSpec:
    """A figure that follows from the fields by a rule.

    Args:
        function: name of the pure function in `fines.FUNCTIONS`.
        args: argument -> name of a fact, or of a parameter.
    """

    code: str
    label_zh: str
    label_en: str
    function: str
    args: Mapping[str, Any]
    unit: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """How a case begins without a finding.

    Args:
        roles: who may open one.
        needs: what it must name: `object`, `region` or `enterprise`.
    """

    roles: frozenset[str]
    fields: tuple[FieldSpec, ...] = ()
    needs: tuple[str, ...] = ("region",)


# Facts that only the server states; no form and no effect can set them.
SERVER_FACTS = (
    "today",
    "state",
    "severity",
    "opened_on",
    "effect",
    "evidence_kinds",
    "auto_data",
    "actor",
    "actor_orgs",
    "responsible",
    "org",
    "first_org",
    "asked_org",
    "bounces",
    "children_open",
    "children_total",
    "parts_open",
    "parts_total",
    "findings_ongoing",
)
# Words about the case itself that a document may use beside its fields.
CASE_WORDS = ("number", "title", "state", "object", "enterprise", "region", "org", "today", "due_on", "opened_on")
