"""Documents that a case fills in: texts of the pack with the facts of the case."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from qingtian.apps.cases.deciding import figures
from qingtian.apps.cases.facts import gather
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import template_of
from qingtian.apps.cases.words import value_words
from qingtian.apps.journal.record import SHANGHAI
from qingtian.apps.registry.listing import enterprise_names, organisation_names, region_names
from qingtian.domain.errors import Conflict
from qingtian.domain.procedures import DocumentSpec

PLACE = re.compile(r"\{([a-z0-9_.]+)\}")
OPEN = ("（待填）", "(to be filled in)")


@dataclass(frozen=True, slots=True)
class Paper:
    """A filled-in document.

    Args:
        missing: places that nothing fills yet, by name.
    """

    zh: str
    en: str
    missing: tuple[str, ...]


def drawn_up(case: Case, at: datetime, spec: DocumentSpec) -> Paper:
    """A document with what the case knows; a private field never enters one.

    Raises:
        Conflict: it is not drawn up in this state.
    """
    if spec.states and case.state not in spec.states:
        raise Conflict(
            f"{spec.code} is not drawn up while the case is {case.state}",
            field="code",
            remedy=f"in: {', '.join(spec.states)}",
        )
    words = _words(case, at)
    names = list(dict.fromkeys(PLACE.findall(spec.text_zh + spec.text_en)))
    missing = tuple(name for name in names if not words.get(name, ("", ""))[0])

    def fill(text: str, which: int) -> str:
        return PLACE.sub(lambda found: words.get(found[1], ("", ""))[which] or OPEN[which], text)

    return Paper(fill(spec.text_zh, 0), fill(spec.text_en, 1), missing)


def _words(case: Case, at: datetime) -> dict[str, tuple[str, str]]:
    template, today = template_of(case), at.astimezone(SHANGHAI).date()
    facts = gather(case, at)
    words: dict[str, tuple[str, str]] = {}
    for name, value in facts.items():
        if isinstance(value, str | int | date) and not isinstance(value, bool):
            words[name] = (str(value), str(value))
    for name, spec in template.fields().items():
        if name in case.fields and not spec.private:
            words[name] = value_words(spec, case.fields[name])
        elif spec.private:
            words.pop(name, None)
    for figure_spec, figure in figures(case, facts):
        words[figure_spec.code] = (figure.text_zh, figure.text_en)
    return words | _of_case(case, today)


def _of_case(case: Case, today: date) -> dict[str, tuple[str, str]]:
    state = template_of(case).state(case.state)
    region = region_names().get(case.region_code)
    enterprise = enterprise_names([case.enterprise_code]).get(case.enterprise_code) if case.enterprise_code else None
    obj = (case.object.name, case.object.name_en or case.object.name) if case.object else (case.place, case.place)
    org = organisation_names([case.org]).get(case.org, case.org) if case.org else ""
    due = case.due_at.astimezone(SHANGHAI).date().isoformat() if case.due_at else ""
    opened = case.opened_at.astimezone(SHANGHAI).date().isoformat()
    return {
        "number": (case.number, case.number),
        "title": (case.title, case.title_en or case.title),
        "state": (state.label_zh, state.label_en),
        "object": obj,
        "enterprise": (enterprise.zh, enterprise.en) if enterprise else obj,
        "region": (region.zh, region.en) if region else (case.region_code, case.region_code),
        "org": (org, org),
        "today": (today.isoformat(), today.isoformat()),
        "due_on": (due, due),
        "opened_on": (opened, opened),
    }
