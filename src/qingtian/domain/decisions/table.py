"""What a decision table is: typed inputs, rows with conditions and outcomes, a hit policy, a default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from enum import StrEnum
from fractions import Fraction

from qingtian.domain.decisions.conditions import AnyValue, Condition, Fact
from qingtian.domain.errors import ConfigurationError, InvalidInput
from qingtian.domain.indicators.computing import compute_formula
from qingtian.domain.indicators.definition import compile_formula
from qingtian.domain.indicators.faults import UnknownUnit
from qingtian.domain.indicators.shapes import Field
from qingtian.domain.indicators.syntax import PeriodName
from qingtian.domain.indicators.units import unit
from qingtian.domain.indicators.values import Inputs, Single
from qingtian.domain.standards.numbers import MAX_DIGITS, exact
from qingtian.domain.standards.provenance import RuleRow

PLACES = 20  # of a computed input: quotients of measured figures that differ at all differ long before
_WIDE = Context(prec=3 * MAX_DIGITS)  # digits in which a figure and its unit stay exact


class InputKind(StrEnum):
    """Kinds of inputs."""

    NUMBER = "number"
    TEXT = "text"
    TRUTH = "truth"


class HitPolicy(StrEnum):
    """What it means that several rows apply."""

    UNIQUE = "unique"  # cannot happen: the table is checked for it
    FIRST = "first"  # the first of them counts
    ANY = "any"  # they all say the same
    COLLECT = "collect"  # all of them count; of an ordered outcome the worst


@dataclass(frozen=True, slots=True)
class Choice:
    """A word of a closed list."""

    value: str
    label_zh: str
    label_en: str


@dataclass(frozen=True, slots=True)
class DecisionInput:
    """An input of a table.

    Args:
        unit: of numbers.
        choices: the closed list of words; empty where any word may come.
        minimum, maximum: ends of what the number can be at all.
        optional: a table may ask for its absence; of others an absent value is an open question.
        formula: in the language of indicators, over the other numbers; computes the value when it is not given.
    """

    name: str
    kind: InputKind
    label_zh: str
    label_en: str
    unit: str = "1"
    choices: tuple[Choice, ...] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    optional: bool = False
    formula: str = ""

    def read(self, given: object) -> Fact:
        """A fact as people or programs give it: a decimal, a text such as `18 cm`, true or false.

        Raises:
            InvalidInput: names the input, the reason and the remedy.

        >>> DecisionInput("depth", InputKind.NUMBER, "", "", unit="cm").read("0.18 m")
        Decimal('18')
        """
        if given is None or given == "":
            return None
        match self.kind:
            case InputKind.NUMBER:
                return self._number(given)
            case InputKind.TRUTH:
                return self._truth(given)
            case InputKind.TEXT:
                return self._word(given)

    def _number(self, given: object) -> Decimal:
        text, _, own = given.strip().partition(" ") if isinstance(given, str) else (given, "", "")
        value = exact(text, field=self.name)
        if own:
            value = self._converted(value, own.strip())
        low, high = self.minimum, self.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            ends = f"{'' if low is None else low}..{'' if high is None else high}"
            raise InvalidInput(f"{value} is outside of {ends}", field=self.name, remedy=f"give {ends} {self.unit}")
        return value

    def _converted(self, value: Decimal, own: str) -> Decimal:
        try:
            one, mine = unit(own), unit(self.unit)
        except UnknownUnit as error:
            raise InvalidInput(error.message, field=self.name, remedy=f"give it in {self.unit}") from error
        if not one.dimension.fits(mine.dimension):
            raise InvalidInput(f"{own} is no unit of it", field=self.name, remedy=f"give it in {self.unit}")
        whole = Fraction(value) * one.factor / mine.factor
        # Factors between units are powers of ten, but for hours and their like; those divide evenly or are refused.
        scaled = _WIDE.divide(Decimal(whole.numerator), Decimal(whole.denominator))
        if Fraction(scaled) != whole:
            raise InvalidInput(
                f"{value} {own} is no exact figure in {self.unit}", field=self.name, remedy=f"give it in {self.unit}"
            )
        return scaled

    def _truth(self, given: object) -> bool:
        words = {"true": True, "yes": True, "是": True, "false": False, "no": False, "否": False}
        if isinstance(given, bool):
            return given
        if isinstance(given, str) and given.strip().lower() in words:
            return words[given.strip().lower()]
        raise InvalidInput(f"{given!r} is neither true nor false", field=self.name, remedy="give true or false")

    def _word(self, given: object) -> str:
        known = [one.value for one in self.choices]
        if isinstance(given, str) and (not known or given.strip() in known):
            return given.strip()
        remedy = f"give one of {', '.join(known)}" if known else "give a text"
        raise InvalidInput(f"{given!r} is not known here", field=self.name, remedy=remedy)


@dataclass(frozen=True, slots=True)
class Output:
    """Something that a table decides.

    Args:
        choices: the closed list, best first where the table collects the worst; empty for free text.
    """

    name: str
    label_zh: str
    label_en: str
    choices: tuple[Choice, ...] = ()

    def label(self, value: str) -> tuple[str, str]:
        """The words of an outcome, Chinese and English."""
        for one in self.choices:
            if one.value == value:
                return one.label_zh, one.label_en
        return value, value


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow(RuleRow):
    """One rule: what must hold, what follows, and where that stands.

    Args:
        conditions: by input; an input without one may be anything.
        outcome: by output.
    """

    table: str
    conditions: Mapping[str, Condition]
    outcome: Mapping[str, str]
    text_zh: str
    text_en: str

    def condition(self, name: str) -> Condition:
        """What must hold of an input."""
        return self.conditions.get(name, AnyValue())


@dataclass(frozen=True, slots=True)
class Default:
    """What follows when no row applies."""

    outcome: Mapping[str, str]
    text_zh: str
    text_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionTable(RuleRow):
    """A table of a pack, with the rows that are in force.

    Args:
        worst_of: the output of which a collecting table gives the worst; empty for the whole list.
    """

    code: str
    title_zh: str
    title_en: str
    inputs: tuple[DecisionInput, ...]
    outputs: tuple[Output, ...]
    policy: HitPolicy
    rows: tuple[DecisionRow, ...]
    default: Default | None = None
    worst_of: str = ""
    group: str = ""
    version: str = "1"

    def __post_init__(self) -> None:
        names, outputs = {one.name for one in self.inputs}, {one.name for one in self.outputs}
        for row in self.rows:
            _known(row.row_id, "input", row.conditions, names)
            _known(row.row_id, "output", row.outcome, outputs)
            self._closed(row.row_id, row.outcome)
        if self.default is not None:
            _known(f"{self.row_id}.default", "output", self.default.outcome, outputs)
            self._closed(f"{self.row_id}.default", self.default.outcome)
        if self.worst_of and not self.output(self.worst_of).choices:
            raise ConfigurationError(
                f"{self.row_id}: {self.worst_of} has no order", field=self.row_id, remedy="list its values, best first"
            )

    def _closed(self, row_id: str, outcome: Mapping[str, str]) -> None:
        for output in self.outputs:
            if output.name not in outcome:
                raise ConfigurationError(
                    f"{row_id}: no {output.name}", field=f"{row_id}.{output.name}", remedy="say what follows"
                )
            known = [one.value for one in output.choices]
            if known and outcome[output.name] not in known:
                raise ConfigurationError(
                    f"{row_id}: {output.name} cannot be {outcome[output.name]!r}",
                    field=f"{row_id}.{output.name}",
                    remedy=f"use one of {', '.join(known)}",
                )

    def output(self, name: str) -> Output:
        """An output by name.

        Raises:
            ConfigurationError: there is none.
        """
        for one in self.outputs:
            if one.name == name:
                return one
        raise ConfigurationError(
            f"{self.row_id}: there is no output {name}", field=self.row_id, remedy="name one of its outputs"
        )

    def facts(self, given: Mapping[str, object]) -> dict[str, Fact]:
        """Facts by input, read and checked; an input that is not given is None.

        Raises:
            InvalidInput: names the input.
        """
        names = [one.name for one in self.inputs]
        for name in given:
            if name not in names:
                raise InvalidInput(
                    f"{self.code} has no input {name}", field=str(name), remedy=f"use {', '.join(names)}"
                )
        facts = {one.name: one.read(given.get(one.name)) for one in self.inputs}
        for one in self.inputs:
            if one.formula and facts[one.name] is None:
                computed = self._computed(one, facts)
                facts[one.name] = None if computed is None else one.read(computed.normalize())
        return facts

    def _computed(self, wanted: DecisionInput, facts: Mapping[str, Fact]) -> Decimal | None:
        numbers = [one for one in self.inputs if one.kind is InputKind.NUMBER and not one.formula]
        schema = {one.name: Field(unit=unit(one.unit)) for one in numbers}
        inputs = Inputs(singles={(one.name, PeriodName.THIS): Single(facts[one.name]) for one in numbers})
        found = compute_formula(compile_formula(wanted.formula, schema, wanted.unit), inputs, digits=PLACES)
        return found.value if isinstance(found.value, Decimal) else None

    @property
    def rule_version(self) -> str:
        """What a decision names as its rule."""
        return f"{self.row_id}@{self.version}"


def _known(row_id: str, what: str, given: Mapping[str, object], names: set[str]) -> None:
    for name in given:
        if name not in names:
            raise ConfigurationError(
                f"{row_id}: there is no {what} {name}",
                field=f"{row_id}.{name}",
                remedy=f"use {', '.join(sorted(names))}",
            )
