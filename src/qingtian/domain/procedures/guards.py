"""The pure checks behind guards: each looks at facts and says what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from qingtian.domain.errors import UnmetGuard
from qingtian.domain.procedures.template import Guard

Facts = Mapping[str, Any]
Check = Callable[[Guard, Facts], str]  # "" when the guard holds, else what is missing


def unmet_guard(guard: Guard, facts: Facts) -> UnmetGuard | None:
    """A guard that does not hold, with what is missing and how to mend it; None when it holds.

    >>> acceptor = Guard("acceptor_named", "filled", "acceptor", "验收人明确", "An acceptor is named")
    >>> unmet_guard(acceptor, {"acceptor": "zhang"}) is None
    True
    >>> unmet_guard(acceptor, {}).detail
    'acceptor is missing'
    """
    detail = CHECKS[guard.check](guard, facts)
    if not detail:
        return None
    return UnmetGuard(
        code=guard.code,
        label_zh=guard.label_zh,
        label_en=guard.label_en,
        detail=detail,
        remedy_zh=guard.remedy_zh,
        remedy_en=guard.remedy_en,
        fields=guard.fields,
    )


def filled(guard: Guard, facts: Facts) -> str:
    """The fact, and every one of `also`, is given and not blank."""
    missing = [name for name in (guard.fact, *guard.params.get("also", ())) if _blank(facts.get(name))]
    if not missing:
        return ""
    return f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"


def holds(guard: Guard, facts: Facts) -> str:
    """The fact is true."""
    return "" if facts.get(guard.fact) is True else f"{guard.fact} does not hold"


def all_done(guard: Guard, facts: Facts) -> str:
    """Every line of the list `of` is among the lines of the fact; an empty list is not done."""
    planned = list(facts.get(guard.params["of"]) or ())
    if not planned:
        return f"{guard.params['of']} lists nothing"
    done = set(facts.get(guard.fact) or ())
    open_ones = [line for line in planned if line not in done]
    return "" if not open_ones else f"{len(open_ones)} of {len(planned)} not done: {'; '.join(open_ones)}"


def date_reached(guard: Guard, facts: Facts) -> str:
    """The last day of a period (the fact) is over on the day `today`."""
    last, today = facts.get(guard.fact), facts["today"]
    if not isinstance(last, date):
        return f"{guard.fact} has not begun"
    return "" if today > last else f"runs until {last.isoformat()}"


def effect_in_data(guard: Guard, facts: Facts) -> str:
    """At least `min_valid_hours` valid hours after the measures, and none over the limit.

    The fact is a mapping: `since`, `valid_hours`, `exceeding_hours`; None while no measure is done.
    """
    effect = facts.get(guard.fact)
    if not effect:
        return "no measure is reported as done yet, so no later data can show an effect"
    if exceeding := int(effect["exceeding_hours"]):
        return f"{exceeding} hour(s) over the limit since {effect['since']}"
    needed, valid = int(guard.params["min_valid_hours"]), int(effect["valid_hours"])
    return "" if valid >= needed else f"{valid} of {needed} valid hours under the limit since {effect['since']}"


def evidence_kinds(guard: Guard, facts: Facts) -> str:
    """The case holds at least one evidence item of each kind in `kinds`."""
    present = set(facts.get(guard.fact) or ())
    missing = [kind for kind in guard.params["kinds"] if kind not in present]
    return "" if not missing else f"no evidence of kind {', '.join(missing)}"


CHECKS: Mapping[str, Check] = {
    "filled": filled,
    "holds": holds,
    "all_done": all_done,
    "date_reached": date_reached,
    "effect_in_data": effect_in_data,
    "evidence_kinds": evidence_kinds,
}


def _blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip()) or value in ([], {}, ())
