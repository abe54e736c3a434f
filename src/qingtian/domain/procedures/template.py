"""A procedure as data: states, steps between them, guards, forms and clocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from qingtian.domain.errors import InvalidInput


class FieldType(StrEnum):
    """What a form asks for."""

    TEXT = "text"
    LONGTEXT = "longtext"
    DATE = "date"  # ISO date
    CHOICE = "choice"  # one of `choices`
    BOOLEAN = "boolean"
    LIST = "list"  # lines of text
    CHECKLIST = "checklist"  # the done ones among the lines of the field `options_from`
    USER = "user"  # a username


class EffectKind(StrEnum):
    """What a step does beside changing the state."""

    START_CLOCK = "start_clock"  # subject = clock code
    STOP_CLOCK = "stop_clock"
    PAUSE_CLOCK = "pause_clock"
    RESUME_CLOCK = "resume_clock"
    RESTART_CLOCK = "restart_clock"  # a new end for a running clock
    START_WATCH = "start_watch"  # a clock whose end is the last day on which a new hit is a relapse
    STAMP = "stamp"  # write the time of the step into the field `subject`
    STAMP_ACTOR = "stamp_actor"  # write who took the step into the field `subject`
    WRITE_OFF = "write_off"  # the case counts as written off
    CLOSE = "close"  # nothing more is expected


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
    """

    name: str
    type: FieldType
    label_zh: str
    label_en: str
    required: bool = False
    choices: tuple[Choice, ...] = ()
    options_from: str = ""


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
        due_field: a case field with an earlier ISO date that ends the period instead.
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
    main: bool = False
    binding: bool = True
    source: str = ""
    clause: str = ""
    confidence: str = ""


@dataclass(frozen=True, slots=True)
class ProcedureTemplate:
    """One version of a procedure; cases are pinned to it.

    Args:
        parameters: numbers of the procedure (such as `severity_step`), each from the pack.
        entries: state in which a case begins by how often the problem has relapsed: 0, 1, 2, ...
    """

    code: str
    version: str
    name_zh: str
    name_en: str
    entries: tuple[str, ...]
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    guards: tuple[Guard, ...] = ()
    clocks: tuple[ClockSpec, ...] = ()
    opening_clocks: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    valid_from: date | None = None
    valid_to: date | None = None

    @property
    def initial(self) -> str:
        """State in which an ordinary case begins."""
        return self.entries[0]

    def entry(self, relapses: int) -> str:
        """State in which a case begins after so many relapses; the last entry holds for all further ones."""
        return self.entries[min(relapses, len(self.entries) - 1)]

    def state(self, code: str) -> State:
        """A state by code."""
        return _named(self.states, code, "state")

    def guard(self, code: str) -> Guard:
        """A guard by code."""
        return _named(self.guards, code, "guard")

    def clock(self, code: str) -> ClockSpec:
        """A clock by code."""
        return _named(self.clocks, code, "clock")

    def steps_from(self, state: str) -> tuple[Transition, ...]:
        """Every step that leaves a state, in the order of the template."""
        return tuple(step for step in self.transitions if state in step.sources)


Named = TypeVar("Named", State, Guard, ClockSpec)


def _named(rows: tuple[Named, ...], code: str, what: str) -> Named:
    for row in rows:
        if row.code == code:
            return row
    raise InvalidInput(f"the procedure has no {what} {code}", field=what, remedy="choose one of the template")
