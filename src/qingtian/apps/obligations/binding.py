"""Whom the templates bind: duties that the register asks for today, and attributes that cannot be read as such."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.decisions import Standing, decide
from qingtian.domain.errors import InvalidInput, QingtianError
from qingtian.domain.obligations import ObligationTemplate, RhythmKind, parse_rhythm
from qingtian.domain.obligations.template import plain_word, value_at
from qingtian.packs import Packs
from qingtian.packs.decisions import decision_table

Finder = Callable[[RegistryObject, str], RegistryObject | None]
"""The object that a line names by its code, beside the object that carries the line."""


@dataclass(frozen=True, slots=True)
class Bond:
    """A duty that a template asks of an object.

    Args:
        object: what the duty is about; basis: what imposes it.
        since: first day of the duty, or the date of one that comes once; None for the day on which it is set up.
    """

    template: ObligationTemplate
    item: str
    object: RegistryObject
    basis: RegistryObject
    rhythm: str
    since: date | None

    @property
    def key(self) -> tuple[str, int, str]:
        """What makes it one and the same duty."""
        return (self.template.code, self.object.pk, self.item)


@dataclass(slots=True)
class Bonds:
    """Duties, and what of the register could not be read as one."""

    found: list[Bond] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def bonds_of(
    packs: Packs,
    templates: Iterable[ObligationTemplate],
    objects: Iterable[RegistryObject],
    find: Finder,
    on: date,
    region: str,
) -> Bonds:
    """Every duty that the templates ask of some objects; a fault in one line leaves the others."""
    result = Bonds()
    wanted = [one for one in templates if one.applies.types]
    for row in objects:
        for template in wanted:
            if template.applies.fits(row.type, row.attributes) and _decided(packs, template, row, on, region, result):
                _bind(template, row, find, result)
    unique = {bond.key: bond for bond in reversed(result.found)}
    return Bonds(list(reversed(unique.values())), result.faults)


def _bind(template: ObligationTemplate, row: RegistryObject, find: Finder, result: Bonds) -> None:
    for where, line in _lines(template, row.attributes):
        try:
            bond = _bond(template, row, line, find)
        except InvalidInput as error:
            result.faults.append(f"{row.type} {row.code} {where}: {error.message}; {error.remedy}")
            continue
        if bond is not None:
            result.found.append(bond)


def _lines(template: ObligationTemplate, attributes: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Lines of an object for a template with their place: of its attributes, of the template, or the one there is."""
    if template.lines_from:
        raw = value_at(attributes, template.lines_from)
        for number, one in enumerate(raw if isinstance(raw, list | tuple) else [raw]):
            line = one if isinstance(one, Mapping) else {template.item_from or "item": one}
            if all(plain_word(line.get(name) or False) == text for name, text in template.lines_where.items()):
                yield f"{template.lines_from}[{number}]", line
    elif template.lines:
        yield from ((one.item, {"item": one.item}) for one in template.lines)
    else:
        yield template.code, {}


def _bond(template: ObligationTemplate, row: RegistryObject, line: Mapping[str, Any], find: Finder) -> Bond | None:
    item = str(line.get(template.item_from or "item") or "")
    if template.item_from and not item:
        raise InvalidInput(f"has no {template.item_from}", field=template.item_from, remedy="name it")
    if len(item) > LONGEST_ITEM:
        raise InvalidInput(f"{item[:20]}... is too long", field="item", remedy=f"use at most {LONGEST_ITEM} characters")
    rhythm = str(parse_rhythm(_frequency(template, row, line, item)))
    if parse_rhythm(rhythm).kind is RhythmKind.CONTINUOUS:
        return None
    return Bond(template, item, _object(template, row, line, find), row, rhythm, _since(template, row, item))


LONGEST_ITEM = 40  # what the parameter of a finding holds


def _frequency(template: ObligationTemplate, row: RegistryObject, line: Mapping[str, Any], item: str) -> str:
    own = template.line(item)
    if own is not None and own.rhythm:
        return own.rhythm
    if template.lines_from and template.lines and own is None:
        known = ", ".join(one.item for one in template.lines)
        raise InvalidInput(f"{item} is unknown", field=template.item_from, remedy=f"use {known}")
    if template.rhythm_from:
        found = line.get(template.rhythm_from) or value_at(row.attributes, template.rhythm_from)
        return str(found or "")
    return template.rhythm


def _object(template: ObligationTemplate, row: RegistryObject, line: Mapping[str, Any], find: Finder) -> RegistryObject:
    if not template.object_from:
        return row
    code = str(line.get(template.object_from) or "")
    found = find(row, code) if code else None
    if found is None:
        raise InvalidInput(
            f"{template.object_from} {code or 'is missing'}: not on the register of this enterprise",
            field=template.object_from,
            remedy="register it, or mend the code",
        )
    return found


def _since(template: ObligationTemplate, row: RegistryObject, item: str) -> date | None:
    path = template.date_from or template.start_from
    if not path:
        kind = parse_rhythm(template.rhythm).kind if template.rhythm else RhythmKind.CALENDAR
        return None if kind in (RhythmKind.ONCE, RhythmKind.INTERVAL) else row.valid_from
    raw = value_at(row.attributes, f"{path}.{item}") if item else value_at(row.attributes, path)
    if raw in (None, ""):
        return None
    try:
        return date.fromisoformat(str(raw))
    except ValueError as error:
        raise InvalidInput(f"{raw!r} is no date", field=path, remedy="give YYYY-MM-DD") from error


def _decided(
    packs: Packs, template: ObligationTemplate, row: RegistryObject, on: date, region: str, result: Bonds
) -> bool:
    """Whether the decision table of a template, if it has one, comes to the outcome that binds."""
    applies = template.applies
    if not applies.table:
        return True
    facts = {name: value_at(row.attributes, path) for name, path in applies.facts.items()}
    known = {name: str(value) for name, value in facts.items() if value not in (None, "")}
    if not known:
        return False
    try:
        found = decide(decision_table(packs, applies.table, on, region), known)
    except QingtianError as error:
        result.faults.append(f"{row.type} {row.code} {applies.table}: {error.message}; {error.remedy}")
        return False
    if found.standing is Standing.UNDECIDED:
        missing = ", ".join(found.missing)
        result.faults.append(f"{row.type} {row.code} {applies.table}: cannot be decided without {missing}")
        return False
    return all(found.outcome.get(name) == value for name, value in applies.outcome.items())
