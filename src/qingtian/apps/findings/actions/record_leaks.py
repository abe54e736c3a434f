"""Verb: readings and repairs of components are recorded, single or as a file, all or none."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.findings.leaks import components
from qingtian.apps.findings.models import LeakCheck
from qingtian.apps.findings.states import CheckKind
from qingtian.apps.journal.record import record, writing
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import Conflict, InvalidInput, NotVisible, QingtianError
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.live import Topic, publish

COLUMNS = ("component", "kind", "at", "ppm", "method", "note")
MOST_ROWS = 20_000
MOST_PPM = Decimal(10**6)  # all of the air
ENTERED = (CheckKind.READING, CheckKind.ATTEMPT, CheckKind.REPAIR, CheckKind.DELAY)


@dataclass(frozen=True, slots=True)
class CheckDraft:
    """One reading or repair as it is entered.

    Args:
        component: number of the component.
        ppm: net reading, umol/mol; only of readings.
        row: row of the file, for errors.
    """

    component: str
    kind: CheckKind
    at: datetime
    ppm: Decimal | None = None
    method: str = ""
    note: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row cannot be recorded."""

    row: int
    field: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class LeakReport:
    """What came of a file.

    Args:
        recorded: rows that were recorded, or would be.
        known: rows that are on record already.
    """

    recorded: int = 0
    known: int = 0
    errors: tuple[RowError, ...] = field(default=())


def record_leaks(actor: Actor, at: datetime, drafts: Sequence[CheckDraft], *, dry_run: bool = False) -> LeakReport:
    """Record checks, all or none; a row that is on record already is passed over.

    Args:
        dry_run: only tell what would be recorded.
    Raises:
        InvalidInput: there are too many rows.
    """
    if len(drafts) > MOST_ROWS:
        raise InvalidInput(f"more than {MOST_ROWS} rows", field="rows", remedy="cut the file")
    with writing():
        known = {one.code: one for one in components(actor).filter(code__in={one.component for one in drafts})}
        errors = [error for one in drafts if (error := _error(actor, at, one, known)) is not None]
        if errors:
            return LeakReport(errors=tuple(errors))
        fresh, twice = _fresh(drafts, known)
        if dry_run or not fresh:
            return LeakReport(len(fresh), twice)
        rows = LeakCheck.objects.bulk_create(_row(actor, at, one, known[one.component]) for one in fresh)
        for code in sorted({one.component for one in fresh}):
            _tell(actor, at, known[code], [one for one in fresh if one.component == code])
        publish(Topic.FINDINGS, [], at)
    return LeakReport(len(rows), twice)


def take_back(actor: Actor, at: datetime, check_id: int, *, reason: str) -> LeakCheck:
    """Take a row back that was wrong; it stays on record and counts no more.

    Raises:
        NotVisible, NotPermitted, InvalidInput.
    """
    if not reason.strip():
        raise InvalidInput("the reason is empty", field="reason", remedy="say what was wrong")
    with writing():
        wrong = LeakCheck.objects.visible_to(actor).select_related("component").filter(pk=check_id).first()
        if wrong is None:
            raise NotVisible(f"there is no check {check_id}", field="check", remedy="see the component")
        place = wrong.component
        role = require(actor, Verb.RECORD_LEAK, region_code=place.region_code, enterprise_code=place.enterprise_code)
        if wrong.kind == CheckKind.CORRECTION or wrong.corrected_by.exists():
            raise Conflict("the row is taken back already", field="check", remedy="reload")
        row = LeakCheck.objects.create(
            component=place,
            kind=CheckKind.CORRECTION,
            at=wrong.at,
            note=reason.strip()[:500],
            recorded_at=at,
            recorded_by=actor.username,
            corrects=wrong,
        )
        payload = {"component": place.code, "check": wrong.pk, "reason": reason.strip()}
        record(actor, at, "leak.taken_back", place, payload, role=role)
        publish(Topic.FINDINGS, [], at)
    return row


def read_csv(text: str) -> tuple[list[CheckDraft], list[RowError]]:
    """Rows of a CSV with the columns component, kind, at, ppm, method, note; times without an offset are the city's.

    Raises:
        InvalidInput: the head lacks a column.
    """
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""))
    missing = [name for name in COLUMNS[:3] if name not in (reader.fieldnames or ())]
    if missing:
        raise InvalidInput(
            f"the file lacks the column {missing[0]}", field=missing[0], remedy=f"columns: {', '.join(COLUMNS)}"
        )
    drafts: list[CheckDraft] = []
    errors: list[RowError] = []
    number = 1
    try:
        for number, row in enumerate(reader, start=2):
            try:
                drafts.append(_draft(number, {name: (row.get(name) or "").strip() for name in COLUMNS}))
            except InvalidInput as error:
                errors.append(RowError(number, error.field or "", error.message, error.remedy or ""))
    except csv.Error as error:
        errors.append(RowError(number + 1, "file", f"the row cannot be read: {error}", "save the file as plain CSV"))
    return drafts, errors


def _draft(number: int, row: dict[str, str]) -> CheckDraft:
    try:
        kind = CheckKind(row["kind"])
    except ValueError as error:
        raise InvalidInput(
            f"{row['kind']!r} is no kind", field="kind", remedy=f"one of: {', '.join(ENTERED)}"
        ) from error
    try:
        moment = datetime.fromisoformat(row["at"])
    except ValueError as error:
        raise InvalidInput(f"{row['at']!r} is no time", field="at", remedy="write 2025-11-24T08:00") from error
    try:
        ppm = Decimal(row["ppm"]) if row["ppm"] else None
    except InvalidOperation as error:
        raise InvalidInput(f"{row['ppm']!r} is no number", field="ppm", remedy="write a decimal number") from error
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=SHANGHAI)
    return CheckDraft(row["component"], kind, aware, ppm, row["method"], row["note"], number)


def _error(actor: Actor, at: datetime, draft: CheckDraft, known: dict[str, RegistryObject]) -> RowError | None:
    try:
        _check(actor, at, draft, known)
    except QingtianError as error:
        return RowError(draft.row, error.field or "", error.message, error.remedy or "")
    return None


def _check(actor: Actor, at: datetime, draft: CheckDraft, known: dict[str, RegistryObject]) -> None:
    obj = known.get(draft.component)
    if obj is None:
        raise InvalidInput(f"there is no component {draft.component}", field="component", remedy="register it first")
    require(actor, Verb.RECORD_LEAK, region_code=obj.region_code, enterprise_code=obj.enterprise_code)
    if draft.kind not in ENTERED:
        raise InvalidInput(f"{draft.kind} is not entered", field="kind", remedy=f"one of: {', '.join(ENTERED)}")
    if draft.at.tzinfo is None:
        raise InvalidInput("the time needs an offset", field="at", remedy="write the time with +08:00")
    if draft.at > at:
        raise InvalidInput("it lies in the future", field="at", remedy="give the time at which it was done")
    if draft.kind is CheckKind.READING and draft.ppm is None:
        raise InvalidInput("a reading needs its value", field="ppm", remedy="give umol/mol")
    if draft.kind is not CheckKind.READING and draft.ppm is not None:
        raise InvalidInput(f"a {draft.kind} has no value", field="ppm", remedy="record the reading as its own row")
    if draft.ppm is not None and not (draft.ppm.is_finite() and 0 <= draft.ppm <= MOST_PPM):
        raise InvalidInput(f"{draft.ppm} is no reading", field="ppm", remedy="give umol/mol, 0 or more")
    if draft.kind is CheckKind.DELAY and not draft.note.strip():
        raise InvalidInput("a delay needs its reason", field="note", remedy="say why it cannot be repaired now")
    for name, most in (("method", 100), ("note", 500)):
        if len(getattr(draft, name)) > most:
            raise InvalidInput(f"longer than {most} characters", field=name, remedy="say it shorter")


def _fresh(drafts: Iterable[CheckDraft], known: dict[str, RegistryObject]) -> tuple[list[CheckDraft], int]:
    taken_back = LeakCheck.objects.exclude(corrects=None).values("corrects_id")
    rows = LeakCheck.objects.filter(component__in=known.values()).exclude(pk__in=taken_back)
    seen = set(rows.values_list("component__code", "kind", "at", "ppm"))
    fresh, twice = [], 0
    for one in drafts:
        key = (one.component, str(one.kind), one.at, one.ppm)
        if key in seen:
            twice += 1
            continue
        seen.add(key)
        fresh.append(one)
    return fresh, twice


def _row(actor: Actor, at: datetime, draft: CheckDraft, obj: RegistryObject) -> LeakCheck:
    return LeakCheck(
        component=obj,
        kind=draft.kind,
        at=draft.at,
        ppm=draft.ppm,
        method=draft.method.strip(),
        note=draft.note.strip(),
        recorded_at=at,
        recorded_by=actor.username,
    )


def _tell(actor: Actor, at: datetime, obj: RegistryObject, drafts: Sequence[CheckDraft]) -> None:
    role = require(actor, Verb.RECORD_LEAK, region_code=obj.region_code, enterprise_code=obj.enterprise_code)
    payload = {
        "component": obj.code,
        "checks": [[str(one.kind), one.at.isoformat(), "" if one.ppm is None else str(one.ppm)] for one in drafts],
    }
    record(actor, at, "leak.recorded", obj, payload, role=role)
