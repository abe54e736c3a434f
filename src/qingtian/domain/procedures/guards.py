"""The pure checks behind guards: each looks at facts and says what is missing, in Chinese and English."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from qingtian.domain.errors import UnmetGuard
from qingtian.domain.procedures.parts import Guard, Words

Facts = Mapping[str, Any]
Check = Callable[[Guard, Facts], Words | None]  # None when the guard holds, else what is missing
ANY_ORG = "*"  # acts for every organisation


def unmet_guard(guard: Guard, facts: Facts) -> UnmetGuard | None:
    """A guard that does not hold, with what is missing and how to mend it; None when it holds.

    >>> acceptor = Guard("acceptor_named", "filled", "acceptor", "验收人明确", "An acceptor is named")
    >>> unmet_guard(acceptor, {"acceptor": "zhang"}) is None
    True
    >>> unmet_guard(acceptor, {}).detail
    'acceptor is missing'
    """
    if guard.when_fact and _text(facts.get(guard.when_fact)) not in guard.when_values:
        return None
    missing = CHECKS[guard.check](guard, facts)
    if missing is None:
        return None
    return UnmetGuard(
        code=guard.code,
        label_zh=guard.label_zh,
        label_en=guard.label_en,
        detail=missing[1],
        detail_zh=missing[0],
        remedy_zh=guard.remedy_zh,
        remedy_en=guard.remedy_en,
        fields=guard.fields,
    )


def filled(guard: Guard, facts: Facts) -> Words | None:
    """The fact, and every one of `also`, is given and not blank."""
    missing = [name for name in (guard.fact, *guard.params.get("also", ())) if _blank(facts.get(name))]
    if not missing:
        return None
    zh, en = "、".join(_zh(guard, one) for one in missing), ", ".join(_en(guard, one) for one in missing)
    return f"缺少{zh}", f"{en} {'is' if len(missing) == 1 else 'are'} missing"


def holds(guard: Guard, facts: Facts) -> Words | None:
    """The fact is true."""
    if facts.get(guard.fact) is True:
        return None
    return f"“{_zh(guard, guard.fact)}”未确认", f"{_en(guard, guard.fact)} does not hold"


def blank(guard: Guard, facts: Facts) -> Words | None:
    """The fact is not given."""
    if _blank(facts.get(guard.fact)):
        return None
    return f"已有{_zh(guard, guard.fact)}", f"{_en(guard, guard.fact)} is given already"


def one_of(guard: Guard, facts: Facts) -> Words | None:
    """The fact has one of `values`."""
    if _text(facts.get(guard.fact)) in guard.params["values"]:
        return None
    wanted = ", ".join(guard.params["values"])
    return f"{_zh(guard, guard.fact)}应为：{wanted}", f"{_en(guard, guard.fact)} must be: {wanted}"


def all_done(guard: Guard, facts: Facts) -> Words | None:
    """Every line of the list `of` is among the lines of the fact; an empty list is not done."""
    of = guard.params["of"]
    planned = list(facts.get(of) or ())
    if not planned:
        return f"{_zh(guard, of)}为空", f"{_en(guard, of)} lists nothing"
    done = set(facts.get(guard.fact) or ())
    open_ones = [line for line in planned if line not in done]
    if not open_ones:
        return None
    lines = "; ".join(open_ones)
    return (
        f"{len(planned)}项中{len(open_ones)}项未完成：{lines}",
        f"{len(open_ones)} of {len(planned)} not done: {lines}",
    )


def checklist_all(guard: Guard, facts: Facts) -> Words | None:
    """Every one of `all` is ticked."""
    ticked = set(facts.get(guard.fact) or ())
    missing = [one for one in guard.params["all"] if one not in ticked]
    return None if not missing else (f"未勾选：{'、'.join(missing)}", f"not ticked: {', '.join(missing)}")


def date_reached(guard: Guard, facts: Facts) -> Words | None:
    """The last day of a period (the fact) is over on the day `today`."""
    last, today = facts.get(guard.fact), facts["today"]
    if not isinstance(last, date):
        return "期限尚未起算", f"{guard.fact} has not begun"
    return None if today > last else (f"至{last.isoformat()}届满", f"runs until {last.isoformat()}")


def date_open(guard: Guard, facts: Facts) -> Words | None:
    """The last day of a period (the fact) is not over yet on the day `today`."""
    last, today = facts.get(guard.fact), facts["today"]
    if not isinstance(last, date):
        return "期限尚未起算", f"{guard.fact} has not begun"
    return None if today <= last else (f"已于{last.isoformat()}届满", f"ended on {last.isoformat()}")


def at_most(guard: Guard, facts: Facts) -> Words | None:
    """The number (the fact) lies below `below`: one more is possible."""
    number, below = int(facts.get(guard.fact) or 0), int(guard.params["below"])
    return None if number < below else (f"已有{number}次，至多{below}次", f"{number} already, at most {below}")


def at_least(guard: Guard, facts: Facts) -> Words | None:
    """The number (the fact) has reached `reach`."""
    number, reach = int(facts.get(guard.fact) or 0), int(guard.params["reach"])
    return None if number >= reach else (f"{number}次，需{reach}次", f"{number} of {reach}")


def effect_in_data(guard: Guard, facts: Facts) -> Words | None:
    """At least `min_valid_hours` valid hours after the measures, and none over the limit.

    The fact is a mapping: `since`, `valid_hours`, `exceeding_hours`; None while no measure is done.
    """
    effect = facts.get(guard.fact)
    if not effect:
        return (
            "尚无整改措施报告完成，后续数据无从证明效果",
            "no measure is reported as done yet, so no later data can show an effect",
        )
    since = effect["since"]
    if exceeding := int(effect["exceeding_hours"]):
        return f"自{since}起有{exceeding}小时超标", f"{exceeding} hour(s) over the limit since {since}"
    needed, valid = int(guard.params["min_valid_hours"]), int(effect["valid_hours"])
    if valid >= needed:
        return None
    return (
        f"自{since}起达标有效小时{valid}/{needed}",
        f"{valid} of {needed} valid hours under the limit since {since}",
    )


def evidence_kinds(guard: Guard, facts: Facts) -> Words | None:
    """The case holds at least one evidence item of each kind in `kinds`."""
    present = set(facts.get(guard.fact) or ())
    missing = [kind for kind in guard.params["kinds"] if kind not in present]
    return None if not missing else (f"缺少证据：{'、'.join(missing)}", f"no evidence of kind {', '.join(missing)}")


def auto_data_admissible(guard: Guard, facts: Facts) -> Words | None:
    """Every automatic value among the evidence meets the checklist of `admissibility_checks.csv`.

    The fact is a list of mappings: `position`, `title`, `admissible`, `unmet` (with labels and reasons). With
    `empty_ok` a case without automatic values passes.
    """
    values = list(facts.get(guard.fact) or ())
    if not values and guard.params.get("empty_ok"):
        return None
    if not values:
        return "证据中没有自动监测数据", "there is no automatic value among the evidence"
    bad = [one for one in values if not one["admissible"]]
    if not bad:
        return None
    zh = "；".join(f"第{one['position'] + 1}项：{'、'.join(row['label_zh'] for row in one['unmet'])}" for one in bad)
    en = "; ".join(f"item {one['position'] + 1}: {', '.join(row['reason'] for row in one['unmet'])}" for one in bad)
    return f"不具备证据资格——{zh}", f"not admissible: {en}"


def none_open(guard: Guard, facts: Facts) -> Words | None:
    """The number of open ones (the fact) is zero; with `total`, there must be some at all."""
    total = guard.params.get("total")
    if total and not int(facts.get(total) or 0):
        return "尚未建立任何一项", "there is none yet"
    number = int(facts.get(guard.fact) or 0)
    return None if not number else (f"{number}项尚未完成", f"{number} still open")


def other_person(guard: Guard, facts: Facts) -> Words | None:
    """Whoever acts is none of the people in the fact and in `also`."""
    actor = facts.get("actor")
    for name in (guard.fact, *guard.params.get("also", ())):
        people = facts.get(name) or ()
        if actor in ([people] if isinstance(people, str) else people):
            return f"{actor}即{_zh(guard, name)}，须由他人办理", f"{actor} is {_en(guard, name)}: somebody else must"
    return None


def carded_people(guard: Guard, facts: Facts) -> Words | None:
    """At least `least` different people of the field (the fact) hold an enforcement card."""
    people = facts.get(f"people.{guard.fact}") or ()
    carded = {one["username"] for one in people if one["card"]}
    least = int(guard.params["least"])
    if len(carded) >= least:
        return None
    without = sorted({one["username"] for one in people} - carded)
    zh, en = f"持证执法人员{len(carded)}/{least}人", f"{len(carded)} of {least} inspectors with a card"
    return (f"{zh}；无证：{'、'.join(without)}", f"{en}; without one: {', '.join(without)}") if without else (zh, en)


def acts_for(guard: Guard, facts: Facts) -> Words | None:
    """Whoever acts belongs to the organisation in the fact."""
    org, mine = str(facts.get(guard.fact) or ""), facts.get("actor_orgs") or ()
    if org and (org in mine or ANY_ORG in mine):
        return None
    return f"须由{org or '被移交单位'}办理", f"only {org or 'the asked organisation'} may"


def not_lapsed(guard: Guard, facts: Facts) -> Words | None:
    """At most `years` lie between the day in the fact and the day in `to`; `longer_years` where `longer` says so."""
    first, found = _date(facts.get(guard.fact)), _date(facts.get(guard.params["to"]))
    if first is None or found is None:
        name = guard.fact if first is None else guard.params["to"]
        return f"缺少{_zh(guard, name)}", f"{_en(guard, name)} is missing"
    longer = _text(facts.get(guard.params.get("longer", ""))) == "yes"
    years = int(guard.params["longer_years" if longer else "years"])
    last = _months_later(first, 12 * years)
    return None if found <= last else (f"时效已于{last}届满", f"the time limit ended on {last}")


def not_later(guard: Guard, facts: Facts) -> Words | None:
    """The day in the fact is at most so many months after the day in `since`, by the value of the field `by`."""
    given, since = _date(facts.get(guard.fact)), _date(facts.get(guard.params["since"]))
    if given is None or since is None:
        return None
    months = guard.params["months"].get(_text(facts.get(guard.params["by"])), guard.params["months"]["else"])
    last = _months_later(since, int(months))
    if given <= last:
        return None
    return f"不得晚于{last}（{months}个月内）", f"not later than {last} ({months} months)"


def other_case_lacks(guard: Guard, facts: Facts) -> Words | None:
    """The case that the fact names, if any, does not carry the mark `mark`."""
    number = facts.get(guard.fact)
    other = facts.get(f"case.{guard.fact}") or {}
    if not number or _blank(other.get(guard.params["mark"])):
        return None
    return f"{number}已终结，同一事实不再受理", f"{number} is final: the same facts are not accepted again"


CHECKS: Mapping[str, Check] = {
    "filled": filled,
    "holds": holds,
    "blank": blank,
    "one_of": one_of,
    "all_done": all_done,
    "checklist_all": checklist_all,
    "date_reached": date_reached,
    "date_open": date_open,
    "at_most": at_most,
    "at_least": at_least,
    "effect_in_data": effect_in_data,
    "evidence_kinds": evidence_kinds,
    "auto_data_admissible": auto_data_admissible,
    "none_open": none_open,
    "other_person": other_person,
    "carded_people": carded_people,
    "acts_for": acts_for,
    "not_lapsed": not_lapsed,
    "not_later": not_later,
    "other_case_lacks": other_case_lacks,
}
# Parameters of a check that name further facts.
NAMING = ("also", "of", "to", "since", "by", "longer", "total")


def facts_of(guard: Guard) -> tuple[str, ...]:
    """Names of every fact that a guard looks at.

    >>> facts_of(Guard("g", "all_done", "done", "x", "x", params={"of": "plan"}))
    ('done', 'plan')
    """
    named = [guard.params[key] for key in NAMING if key in guard.params]
    flat = [name for one in named for name in ([one] if isinstance(one, str) else one)]
    return (guard.fact, *flat, *([guard.when_fact] if guard.when_fact else []))


def _blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip()) or value in ([], {}, ())


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _date(value: object) -> date | None:
    if isinstance(value, date):
        return value
    return date.fromisoformat(str(value)[:10]) if value else None


def _months_later(day: date, months: int) -> date:
    number = day.month - 1 + months
    year, month = day.year + number // 12, number % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _zh(guard: Guard, name: str) -> str:
    return guard.names[name][0] if name in guard.names else name


def _en(guard: Guard, name: str) -> str:
    return guard.names[name][1] if name in guard.names else name
