"""An obligation template: whom it binds, how often, until when, what proves it, what follows when it is missed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from qingtian.domain.legaltime.deadline import Mode
from qingtian.domain.standards.provenance import RuleRow


class Operator(StrEnum):
    """How an attribute of an object is looked at."""

    IN = "in"
    PRESENT = "present"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Condition:
    """One attribute of an object must be so.

    Args:
        path: dotted path below the attributes.
        values: allowed values as text, for the operator `in`; of a list one must be among them.
    """

    path: str
    operator: Operator = Operator.PRESENT
    values: tuple[str, ...] = ()

    def holds(self, attributes: Mapping[str, Any]) -> bool:
        """Whether an object fits.

        >>> Condition("permit.class", Operator.IN, ("key",)).holds({"permit": {"class": "key"}})
        True
        """
        found = value_at(attributes, self.path)
        if self.operator is Operator.IN:
            given = found if isinstance(found, list | tuple) else [found]
            return any(plain_word(one) in self.values for one in given if one is not None)
        return (found not in (None, "", [], {})) is (self.operator is Operator.PRESENT)


@dataclass(frozen=True, slots=True)
class Applies:
    """Which objects a template binds by itself; without types only by hand.

    Args:
        types: types of the register.
        where: conditions that must all hold.
        table, outcome: a decision table that must come to this outcome.
        facts: attribute of the object for each input of that table.
    """

    types: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()
    table: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    outcome: Mapping[str, str] = field(default_factory=dict)

    def fits(self, object_type: str, attributes: Mapping[str, Any]) -> bool:
        """Whether type and attributes fit; the decision table is asked apart."""
        return object_type in self.types and all(one.holds(attributes) for one in self.where)


@dataclass(frozen=True, slots=True)
class DueRule:
    """The last moment of an occurrence, from the end of its period (or from its event).

    Args:
        n: so much after it; negative for days before a date. 0 is the last day itself.
        mode: working days, natural days or clock hours.
        roll: a natural end on a day off moves to the next workday.
        month, day: a fixed day of the year after the period, instead of n.
        hour: the occurrence is late from this hour of its last day on; 24 is the end of the day.
        opens: days before the last day on which it opens, for one date; periods open on their first day.
    """

    n: int = 0
    mode: Mode = Mode.NATURAL
    roll: bool = False
    month: int = 0
    day: int = 0
    hour: int = 24
    opens: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A duty of its own within a template: what of, and how often.

    Args:
        item: pollutant code, part, or kind of report; what tells the lines of an object apart.
        due: its own last moment where it differs from the template's.
    """

    item: str
    name_zh: str = ""
    name_en: str = ""
    rhythm: str = ""
    due: DueRule | None = None


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of the proof that is filled in.

    Args:
        kind: text, number, date, moment, persons (a list of texts) or url.
    """

    name: str
    kind: str
    label_zh: str
    label_en: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows that the duty was done.

    Args:
        files: how many evidence files it needs at least.
        fields: what is filled in.
        data: name of the check by which the platform sees it in its own data; empty where it cannot.
        parameters: numbers and words of that check.
    """

    files: int = 0
    fields: tuple[FormField, ...] = ()
    data: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trigger:
    """What makes an occurrence of a duty that follows an event.

    Args:
        after: code of the template whose completion is the event.
        moment: the field of that completion from which is counted; empty for the completion itself.
        findings: kinds of findings whose beginning is the event.
    """

    after: str = ""
    moment: str = ""
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ObligationTemplate(RuleRow):
    """A recurring duty as a pack row.

    Args:
        code: its short name.
        group: self_monitoring, data, permit, carbon, catering, patrol, sharing, training.
        lines_from: attribute with a list of lines (or one line); empty where `lines` stand here.
        lines_where: what a line must hold to count, by name and text.
        item_from: name of a line's item; rhythm_from: of its frequency, in the line or the object.
        object_from: name of the line's field with the code of the object that the duty is about.
        rhythm: how often, where no line says so.
        start_from: attribute with the day from which is counted; `date_from` with the date of one that comes once.
        grace_h: hours after the last moment before it counts as missed.
        severity: of the finding when it is missed; 0 raises none.
        retain_years: how long the proof must be kept.
    """

    code: str
    version: str
    group: str
    name_zh: str
    name_en: str
    applies: Applies
    rhythm: str = ""
    due: DueRule
    proof: Proof
    lines: tuple[Line, ...] = ()
    lines_from: str = ""
    lines_where: Mapping[str, str] = field(default_factory=dict)
    item_from: str = ""
    rhythm_from: str = ""
    object_from: str = ""
    start_from: str = ""
    date_from: str = ""
    trigger: Trigger = Trigger()
    grace_h: int = 0
    severity: int = 2
    retain_years: int = 0

    @property
    def rule_version(self) -> str:
        """What an occurrence keeps of the row it was planned by."""
        return f"{self.row_id} v{self.version}"

    def line(self, item: str) -> Line | None:
        """The line of an item that stands in the template."""
        return next((one for one in self.lines if one.item == item), None)

    def due_of(self, item: str) -> DueRule:
        """The last moment of an item."""
        line = self.line(item)
        return line.due if line is not None and line.due is not None else self.due


def value_at(attributes: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path; None where there is none.

    >>> value_at({"cleaned": {"duct": "2026-01-10"}}, "cleaned.duct")
    '2026-01-10'
    """
    found: Any = attributes
    for name in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    return found


def plain_word(value: object) -> str:
    """A value as the packs write it: booleans as `true` and `false`."""
    return str(value).lower() if isinstance(value, bool) else str(value)
