"""What a file of objects would change: every row read, checked against the register, and told what becomes of it."""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, may
from qingtian.apps.registry.actions.register_object import ObjectDraft, build
from qingtian.apps.registry.columns import Column, columns_of, matched
from qingtian.apps.registry.identifiers import carried, identifiers_of
from qingtian.apps.registry.models import RegistryObject
from qingtian.apps.registry.regions import region_of
from qingtian.apps.registry.revisions import snapshot
from qingtian.apps.registry.rights import require_registrar
from qingtian.apps.registry.rules import check_object
from qingtian.domain.errors import InvalidInput
from qingtian.domain.objects import NO_PARENT, Fault, FaultCode, FieldFault, read_cell
from qingtian.packs import load_packs
from qingtian.packs.objects import object_type
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.importers.tables import Layout, SourceRow, open_table

MOST_ROWS = 5_000  # of one file: what one request settles in a few seconds
UPDATABLE = ("name", "name_en", "lon", "lat", "valid_from", "valid_to")
DERIVED = ("enterprise_code", "region_source")


class Outcome(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    KEPT = "kept"  # differs from the register, and existing objects are not to be changed
    FAULTY = "faulty"


@dataclass(slots=True)
class PlannedRow:
    """One row of the file and what becomes of it.

    Args:
        line: line of the file, the header counted.
        before: what the register holds by field that would change.
        row: the object as it would be; None for a faulty row.
    """

    line: int
    code: str
    name: str
    outcome: Outcome = Outcome.FAULTY
    faults: list[Fault] = field(default_factory=list)
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    row: RegistryObject | None = None


@dataclass(slots=True)
class ImportPlan:
    """A file against the register.

    Args:
        unknown: headings that name no column; their cells are not read.
    """

    kind: str
    rows: list[PlannedRow]
    unknown: list[str]

    @property
    def counts(self) -> dict[Outcome, int]:
        """Rows by outcome."""
        found = Counter(row.outcome for row in self.rows)
        return {outcome: found.get(outcome, 0) for outcome in Outcome}


def plan_import(actor: Actor, at: datetime, kind: str, path: Path, *, update: bool) -> ImportPlan:
    """Read a file and say what each row would do; nothing is changed.

    Args:
        kind: type of every object of the file.
        update: whether existing objects take the cells that differ; a blank cell never changes anything.
    Raises:
        NotPermitted: the actor may register objects nowhere.
        InvalidInput: the file cannot be read, has no column for the code, or too many rows.
    """
    require_registrar(actor)
    columns = columns_of(kind)
    table = open_table(path, Layout(header_line=1 + _remarks(path)))
    headings, unknown = matched(columns, table.columns)
    missing = [one.label("zh") for one in columns if one.spec.required and one.name not in headings]
    if missing:
        raise InvalidInput(
            f"the file has no column {', '.join(missing)}", field="file", remedy="start from the template of this type"
        )
    planner = _Planner(actor, at, kind, columns, headings, update=update)
    rows = [planner.plan(line) for line in _limited(table.rows)]
    return ImportPlan(kind, rows, unknown)


def _remarks(path: Path) -> int:
    """Lines before the heading that say what the data are, as our own exports have them."""
    with path.open("rb") as file:
        lines = file.read(4096).removeprefix(codecs.BOM_UTF8).splitlines()
    return next((number for number, line in enumerate(lines) if not line.lstrip(b'"').startswith(b"#")), 0)


def _limited(lines: Iterator[SourceRow]) -> Iterator[SourceRow]:
    for number, line in enumerate(lines, start=1):
        if number > MOST_ROWS:
            raise InvalidInput(f"the file has more than {MOST_ROWS} rows", field="file", remedy="split it")
        if any(cell.strip() for cell in line.cells.values()):
            yield line


class _Planner:
    """Knows the register once and judges row by row."""

    def __init__(
        self,
        actor: Actor,
        at: datetime,
        kind: str,
        columns: tuple[Column, ...],
        headings: Mapping[str, str],
        *,
        update: bool,
    ) -> None:
        self._actor, self._at, self._kind, self._update = actor, at, kind, update
        self._columns, self._headings = columns, headings
        parents = object_type(load_packs(), kind).parents
        self._parent_types = [one for one in parents if one != NO_PARENT]
        rows = RegistryObject.objects.filter(type__in=[kind, *self._parent_types]).select_related(
            "parent", "merged_into"
        )
        self._known = {(row.type, row.code): row for row in rows}
        self._carried = dict(carried(kind))
        self._lines: dict[str, int] = {}

    def plan(self, line: SourceRow) -> PlannedRow:
        values, faults = self._read(line)
        planned = PlannedRow(line.line, str(values.get("code") or ""), str(values.get("name") or ""), faults=faults)
        if line.beyond:
            faults.append(_fault("", FaultCode.WRONG_FORM, "", "the row has more cells than the header", "remove them"))
        if first := self._lines.get(planned.code):
            faults.append(_fault("code", FaultCode.TWICE, planned.code, f"is in line {first} already", "keep one row"))
        if planned.code:
            self._lines.setdefault(planned.code, line.line)
        if not faults:
            self._settle(planned, values)
        return planned

    def _read(self, line: SourceRow) -> tuple[dict[str, Any], list[Fault]]:
        values: dict[str, Any] = {}
        faults: list[Fault] = []
        for column in self._columns:
            heading = self._headings.get(column.name)
            try:
                value = read_cell(column.spec, line.cells.get(heading, "")) if heading else None
            except FieldFault as wrong:
                faults.append(wrong.fault)
                continue
            if value is None and column.spec.required and column.base:
                faults.append(_fault(column.name, FaultCode.MISSING, "", "is needed", "fill the cell"))
            if value is not None:
                values[column.name] = value
        return values, faults

    def _settle(self, planned: PlannedRow, values: dict[str, Any]) -> None:
        parent = self._parent(planned, values)
        if planned.faults:
            return
        existing = self._known.get((self._kind, planned.code))
        row = self._fresh(values, parent) if existing is None else self._changed(existing, values)
        self._judge(planned, row, existing)

    def _parent(self, planned: PlannedRow, values: Mapping[str, Any]) -> RegistryObject | None:
        code = values.get("parent_code")
        if code is None:
            return None
        types = [values["parent_type"]] if "parent_type" in values else self._parent_types
        found = [self._known[type_, code] for type_ in types if (type_, code) in self._known]
        if len(found) != 1:
            reason = "is not registered" if not found else f"names {len(found)} objects"
            remedy = "register it first" if not found else f"say which by parent_type: {', '.join(types)}"
            planned.faults.append(_fault("parent_code", FaultCode.UNKNOWN, code, reason, remedy))
            return None
        return found[0]

    def _fresh(self, values: Mapping[str, Any], parent: RegistryObject | None) -> RegistryObject:
        draft = ObjectDraft(
            self._kind,
            values["code"],
            values["name"],
            values.get("name_en", ""),
            parent=None if parent is None else (parent.type, parent.code),
            region_code=values.get("region_code", ""),
            lon=_degrees(values.get("lon")),
            lat=_degrees(values.get("lat")),
            attributes=self._attributes(values),
            valid_from=_day(values.get("valid_from")),
            valid_to=_day(values.get("valid_to")),
        )
        row = build(draft, parent, self._at)
        row.region_code = row.region_code or get_settings().city_code  # nothing says where: it is the city's matter
        return row

    def _changed(self, existing: RegistryObject, values: Mapping[str, Any]) -> RegistryObject:
        """A copy with the cells that the file fills; a blank cell leaves what is known."""
        row = RegistryObject.objects.model(
            **{one.attname: getattr(existing, one.attname) for one in existing._meta.concrete_fields}
        )
        row.parent, row.merged_into = existing.parent, existing.merged_into
        for name in UPDATABLE:
            if name in values:
                setattr(row, name, _as_kept(name, values[name]))
        row.attributes = {**existing.attributes, **self._attributes(values)}
        if "region_code" in values and values["region_code"] != existing.region_code:
            row.region_code, row.region_source = values["region_code"], "stated"
        elif {"lon", "lat"} & set(values) and existing.region_source == "point":
            row.region_code, row.region_source = region_of(row)
        return row

    def _attributes(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {one.name: values[one.name] for one in self._columns if not one.base and one.name in values}

    def _judge(self, planned: PlannedRow, row: RegistryObject, existing: RegistryObject | None) -> None:
        self._check(planned, row, existing)
        if planned.faults:
            return
        planned.row = row
        if existing is None:
            planned.outcome = Outcome.NEW
            self._known[self._kind, row.code] = row  # later rows may be part of it
        else:
            planned.changes = _differences(existing, row)
            differs = Outcome.CHANGED if self._update else Outcome.KEPT
            planned.outcome = differs if planned.changes else Outcome.SAME
        for pair in identifiers_of(row).items():
            self._carried.setdefault(pair, row.code)

    def _check(self, planned: PlannedRow, row: RegistryObject, existing: RegistryObject | None) -> None:
        verb = Verb.REGISTER_OBJECT if existing is None else Verb.UPDATE_OBJECT
        for one in (row, existing or row):
            if not may(self._actor, verb, region_code=one.region_code, enterprise_code=one.enterprise_code):
                where = one.region_code or "-"
                planned.faults.append(
                    _fault("region_code", FaultCode.NOT_PERMITTED, where, "lies outside your area", "ask its steward")
                )
                return
        try:
            check_object(row)
        except InvalidInput as error:
            field = (error.field or "").removeprefix("attributes.")
            code = FaultCode(error.params.get("fault", FaultCode.BROKEN_RULE))
            planned.faults.append(Fault(field, code, "", error.message, error.remedy or "", _words(error.params)))
        for (name, value), other in _taken(row, self._carried):
            remedy = "correct it, or merge the two"
            planned.faults.append(_fault(name, FaultCode.TAKEN, value, f"is carried by {other}", remedy, other=other))


def _taken(row: RegistryObject, known: Mapping[tuple[str, str], str]) -> Iterator[tuple[tuple[str, str], str]]:
    for pair in identifiers_of(row).items():
        if (code := known.get(pair)) is not None and code != row.code:
            yield pair, code


def _differences(existing: RegistryObject, row: RegistryObject) -> dict[str, dict[str, Any]]:
    before, after = _flat(existing), _flat(row)
    names = [name for name in {**before, **after} if name not in DERIVED]
    return {
        name: {"from": before.get(name), "to": after.get(name)} for name in names if before.get(name) != after.get(name)
    }


def _flat(row: RegistryObject) -> dict[str, Any]:
    plain = snapshot(row)
    return {**plain.pop("attributes"), **plain}


def _words(params: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in params.items()}


def _fault(name: str, code: FaultCode, value: str, reason: str, remedy: str, **params: str) -> Fault:
    return Fault(name, code, value, f"{value} {reason}".strip(), remedy, params)


def _degrees(text: str | None) -> float | None:
    return None if text is None else float(text)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _as_kept(name: str, value: Any) -> Any:
    if name in ("lon", "lat"):
        return _degrees(value)
    return _day(value) if name.startswith("valid_") else value
