"""Verb: an enterprise reports the results of its samplings with one file; each row settles its own duty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.journal.record import writing
from qingtian.apps.obligations.actions.fulfil_occurrence import fulfil_occurrence
from qingtian.apps.obligations.models import Occurrence
from qingtian.apps.obligations.results import (
    TEMPLATE,
    Cause,
    Column,
    Refusal,
    ResultsFound,
    RowFault,
    TakenRow,
    Tasks,
    above_limit,
    result_fields,
    sampling_time,
)
from qingtian.apps.registry.listing import objects_of
from qingtian.apps.registry.models import ObjectType
from qingtian.apps.registry.queries import object_by_code
from qingtian.domain.errors import QingtianError

Rows = Iterable[tuple[int, Mapping[Column, str]]]


class _Undo(Exception):
    """Takes a dry run back."""


def report_results(
    actor: Actor, at: datetime, enterprise_code: str, rows: Rows, *, dry_run: bool = False
) -> ResultsFound:
    """Settle the sampling that each row reports; a row that cannot be taken leaves the others.

    Args:
        rows: line of the file, and its cells by what they hold.
        dry_run: do everything, tell what came of it, and take it back.
    Raises:
        NotVisible: there is no such enterprise.
        NotPermitted: the actor may not report for it.
    """
    require_reporter(actor, enterprise_code)
    found = ResultsFound()
    try:
        with writing():
            tasks = _tasks(actor, enterprise_code)
            for line, cells in rows:
                found.rows += 1
                _take(actor, at, line, cells, tasks, found)
            if dry_run:
                raise _Undo
    except _Undo:
        pass
    return found


def require_reporter(actor: Actor, enterprise_code: str) -> None:
    """Refuse who may not report for an enterprise; asked before a file is read, too.

    Raises:
        NotVisible, NotPermitted.
    """
    place = object_by_code(actor, ObjectType.ENTERPRISE, enterprise_code)
    require(actor, Verb.FULFIL_OBLIGATION, region_code=place.region_code, enterprise_code=place.code)


def _tasks(actor: Actor, code: str) -> Tasks:
    own = Occurrence.objects.visible_to(actor).filter(template=TEMPLATE, object__enterprise_code=code)
    outlets = objects_of(actor, ObjectType.OUTLET, enterprise_code=code)
    return Tasks.of(own.select_related("object", "obligation").order_by("due_at", "id"), outlets)


def _take(
    actor: Actor, at: datetime, line: int, cells: Mapping[Column, str], tasks: Tasks, found: ResultsFound
) -> None:
    try:
        sampled_at = sampling_time(cells.get(Column.SAMPLED_AT, ""))
        fields = result_fields(cells, sampled_at)
        task = tasks.find(cells, sampled_at)
        if any(one.occurrence.pk == task.pk for one in found.taken):
            raise Refusal(Cause.TWICE, Column.NUMBER, task.number)
        with transaction.atomic():
            done = fulfil_occurrence(actor, at, task.pk, fields=fields)
    except Refusal as refusal:
        found.faults.append(RowFault(line, refusal.cause, refusal.column, refusal.text))
    except QingtianError as error:
        column = Column.SAMPLED_AT if "sampled_at" in (error.field or "") else Column.VALUE
        found.faults.append(
            RowFault(line, Cause.REFUSED, column, cells.get(column, ""), (error.message, error.remedy or ""))
        )
    else:
        outlet = tasks.outlets.get(done.object.code, done.object)
        found.taken.append(TakenRow(line, done, fields["result"], above_limit(outlet, done.item, cells)))
