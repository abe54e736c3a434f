"""The self-monitoring plan against the permit: each thing that is wrong is one gap, and one only (domain model, 6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from qingtian.domain.obligations.rhythm import Rhythm
from qingtian.domain.standards.provenance import RuleRow


class Scope(StrEnum):
    """What is monitored."""

    OUTLET = "outlet"
    BOUNDARY_NOISE = "boundary_noise"
    SURROUNDINGS = "surroundings"
    GROUNDWATER = "groundwater"


class PlanCheck(StrEnum):
    """What is looked at; each has its row in the packs."""

    NO_PLAN = "no_plan"
    LINE_MISSING = "line_missing"
    FREQUENCY = "frequency"
    METHOD_MISSING = "method_missing"
    METHOD_NOT_IN_FORCE = "method_not_in_force"
    NOT_AUTOMATIC = "not_automatic"
    BOUNDARY_NOISE = "boundary_noise"
    SURROUNDINGS = "surroundings"
    GROUNDWATER = "groundwater"
    OLDER_THAN_PERMIT = "older_than_permit"
    NO_CHANNEL = "no_channel"


WHOLE_SCOPE = {
    Scope.BOUNDARY_NOISE: PlanCheck.BOUNDARY_NOISE,
    Scope.SURROUNDINGS: PlanCheck.SURROUNDINGS,
    Scope.GROUNDWATER: PlanCheck.GROUNDWATER,
}


@dataclass(frozen=True, slots=True)
class Requirement:
    """What the permit asks for.

    Args:
        place: code of the outlet; empty for what concerns the whole enterprise.
        parameter: pollutant code; empty where the permit names none.
    """

    scope: Scope
    place: str
    parameter: str
    rhythm: Rhythm
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class PlanLine:
    """What the plan says will be done.

    Args:
        method: number of the method, such as HJ 57-2017.
    """

    scope: Scope
    place: str
    parameter: str
    rhythm: Rhythm
    method: str = ""
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class MonitoringPlan:
    """A plan as it was submitted.

    Args:
        made_on: day of this version.
        channel: where results are published; empty for nowhere.
    """

    made_on: date
    channel: str
    lines: tuple[PlanLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method(RuleRow):
    """A monitoring method by its number; `valid_to` is the day before it was replaced.

    Args:
        method: its number, spaces and all.
        replaced_by: what took its place.
    """

    method: str
    name_zh: str
    name_en: str
    replaced_by: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is wrong.

    Args:
        place, parameter: of the requirement; empty where it is about the plan.
        required, planned: what the permit asks for and what the plan says, as text.
    """

    check: PlanCheck
    place: str = ""
    parameter: str = ""
    required: str = ""
    planned: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it one and the same gap the next time."""
        return (self.check, self.place, self.parameter)


@dataclass(frozen=True, slots=True)
class PlanReport:
    """What a check found.

    Args:
        checked: how many requirements were looked at.
        unsure: lines whose method the packs do not know: a person must look.
    """

    gaps: tuple[Gap, ...]
    checked: int
    unsure: tuple[PlanLine, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)


def check_plan(
    requirements: Iterable[Requirement],
    plan: MonitoringPlan | None,
    *,
    permit_on: date | None,
    methods: Iterable[Method],
    on: date,
) -> PlanReport:
    """Everything that the plan lacks; a line that is missing is not blamed for its frequency and method as well.

    Args:
        plan: None where none was submitted.
        permit_on: day of the permit's present version.
        methods: methods that the packs know, of every date.
        on: the day of the check.
    """
    wanted = list(dict.fromkeys(requirements))
    if plan is None:
        return PlanReport((Gap(PlanCheck.NO_PLAN, required=str(len(wanted))),) if wanted else (), len(wanted))
    known: dict[str, list[Method]] = {}
    for one in methods:
        known.setdefault(spelled(one.method), []).append(one)
    gaps = list(_of_plan(plan, permit_on))
    unsure = []
    for need in wanted:
        line = _line_for(need, plan)
        if line is None:
            gaps.append(_missing(need))
            continue
        gaps.extend(_of_line(need, line, known, on))
        if line.method and not line.automatic and spelled(line.method) not in known:
            unsure.append(line)
    unique = {gap.key: gap for gap in reversed(gaps)}
    return PlanReport(tuple(reversed(unique.values())), len(wanted), tuple(dict.fromkeys(unsure)))


def spelled(method: str) -> str:
    """A method number without the ways of writing it: `HJ/T 38-1999`, `hjt38-1999`.

    >>> spelled("HJ 38—2017") == spelled("hj38-2017")
    True
    """
    return "".join(one for one in method.upper().replace("—", "-").replace("–", "-") if one.isalnum() or one == "-")


def _of_plan(plan: MonitoringPlan, permit_on: date | None) -> Iterator[Gap]:
    if permit_on is not None and plan.made_on < permit_on:
        yield Gap(PlanCheck.OLDER_THAN_PERMIT, required=permit_on.isoformat(), planned=plan.made_on.isoformat())
    if not plan.channel.strip():
        yield Gap(PlanCheck.NO_CHANNEL)


def _line_for(need: Requirement, plan: MonitoringPlan) -> PlanLine | None:
    fitting = [
        line
        for line in plan.lines
        if (line.scope, line.place) == (need.scope, need.place) and need.parameter in ("", line.parameter)
    ]
    # Of several lines the one that fits best counts: automatic, then the most frequent.
    return max(fitting, key=lambda one: (one.automatic is need.automatic, one.rhythm.a_year or 0), default=None)


def _missing(need: Requirement) -> Gap:
    check = WHOLE_SCOPE.get(need.scope, PlanCheck.LINE_MISSING)
    return Gap(check, need.place, need.parameter, required=str(need.rhythm))


def _of_line(need: Requirement, line: PlanLine, known: Mapping[str, list[Method]], on: date) -> Iterator[Gap]:
    where = {"place": need.place, "parameter": need.parameter or line.parameter}
    if need.automatic and not line.automatic:
        yield Gap(PlanCheck.NOT_AUTOMATIC, **where, required="continuous", planned=str(line.rhythm))
        return
    if not line.automatic and not line.rhythm.at_least(need.rhythm):
        yield Gap(PlanCheck.FREQUENCY, **where, required=str(need.rhythm), planned=str(line.rhythm))
    if not line.automatic:
        yield from _of_method(line, known, on, where)


def _of_method(line: PlanLine, known: Mapping[str, list[Method]], on: date, where: Mapping[str, str]) -> Iterator[Gap]:
    if not line.method.strip():
        yield Gap(PlanCheck.METHOD_MISSING, **where)
        return
    rows = known.get(spelled(line.method), [])
    if rows and not any(row.in_force(on) for row in rows):
        instead = next((row.replaced_by for row in rows if row.replaced_by), "")
        yield Gap(PlanCheck.METHOD_NOT_IN_FORCE, **where, required=instead, planned=line.method)
