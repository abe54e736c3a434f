"""Verbs: ask for a recomputation, cancel one, take one up again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.apps.journal.numbers import next_number
from qingtian.apps.journal.record import record, writing
from qingtian.apps.judgements.recomputation import (
    OPEN,
    RESUMABLE,
    Carrier,
    Mode,
    Recomputation,
    RunState,
)
from qingtian.domain.errors import ConfigurationError, Conflict, InvalidInput, NotVisible
from qingtian.domain.evidence import canonical_json
from qingtian.packs import Packs, load_packs
from qingtian.runtime.clock import SHANGHAI

LONGEST = timedelta(days=1100)  # three years: what an evaluation period may reach back
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What to judge again.

    Args:
        first_day, last_day: legal days, both included.
        as_known: only what was known then; None for everything.
        rules_on: by the rules in force on that day; None for the day of the data.
        dry_run: only tell what would change.
        row_id, cells: a rule row with other cells, in memory only; implies a dry run.
    """

    first_day: date
    last_day: date
    as_known: datetime | None = None
    rules_on: date | None = None
    dry_run: bool = False
    row_id: str = ""
    cells: Mapping[str, Any] = field(default_factory=dict)

    @property
    def mode(self) -> Mode:
        """What becomes of the answers."""
        if self.row_id:
            return Mode.TRY_ROW
        if self.dry_run:
            return Mode.DRY_RUN
        return Mode.BESIDE if self.as_known or self.rules_on else Mode.ADOPT

    def key(self, packs: Packs) -> str:
        """SHA-256 of the question and of the packs that answer it."""
        said = {
            "mode": self.mode.value,
            "first_day": self.first_day.isoformat(),
            "last_day": self.last_day.isoformat(),
            "as_known": self.as_known.isoformat() if self.as_known else None,
            "rules_on": self.rules_on.isoformat() if self.rules_on else None,
            "row_id": self.row_id,
            "cells": {name: str(value) for name, value in self.cells.items()},
            "packs": packs.fingerprint,
        }
        return hashlib.sha256(canonical_json(said)).hexdigest()


def ask_recomputation(actor: Actor, at: datetime, asked: Asked, *, carrier: Carrier = Carrier.WORKER) -> Recomputation:
    """Ask for a recomputation; the same question while one is open gives that one.

    A question about a fixed state of knowledge that was answered already gives that answer.

    Args:
        at: city time, aware.
        carrier: who carries it out: the worker, or the command that asks.
    Raises:
        NotPermitted, InvalidInput: names the field.
        Conflict: the same question is carried out by another process.
    """
    verb = Verb.TRY_RULE if asked.mode in (Mode.DRY_RUN, Mode.TRY_ROW) else Verb.RECOMPUTE
    role = require_in_city(actor, verb)
    packs = load_packs()
    _check(asked, at, packs)
    key = asked.key(packs)
    with writing():
        known = Recomputation.objects.select_for_update().filter(key=key)
        same = known.filter(state__in=OPEN).first()
        if same is None and asked.as_known is not None:
            same = known.filter(state=RunState.DONE).first()
        if same is not None:
            _check_carrier(same, carrier)
            return same
        run = Recomputation.objects.create(
            number=next_number("R", at),
            mode=asked.mode,
            first_day=asked.first_day,
            last_day=asked.last_day,
            next_day=asked.first_day,
            as_known=asked.as_known,
            rules_on=asked.rules_on,
            row_id=asked.row_id,
            cells=dict(asked.cells),
            packs_hash=packs.fingerprint,
            key=key,
            carrier=carrier,
            asked_by=actor.username,
            asked_at=at,
        )
        record(actor, at, "recomputation.asked", run, _payload(run), role=role)
        return run


def cancel_recomputation(actor: Actor, at: datetime, number: str) -> Recomputation:
    """Stop an open recomputation after the day it is at; what it did stays.

    Raises:
        NotVisible, NotPermitted.
        Conflict: it is not open.
    """
    with writing():
        run = _visible(actor, number)
        role = require_in_city(actor, _verb(run))
        if run.state not in OPEN:
            raise Conflict(f"{number} is {run.state}", field="state", remedy="only an open one can be cancelled")
        run.state, run.finished_at = RunState.CANCELLED, at
        run.save()
        record(actor, at, "recomputation.cancelled", run, {"next_day": run.next_day.isoformat()}, role=role)
        return run


def resume_recomputation(
    actor: Actor, at: datetime, number: str, *, carrier: Carrier = Carrier.WORKER
) -> Recomputation:
    """Take up a cancelled or failed recomputation at the day it was at.

    Raises:
        NotVisible, NotPermitted.
        Conflict: it is done, or the packs changed since.
    """
    with writing():
        run = _visible(actor, number)
        role = require_in_city(actor, _verb(run))
        if run.state not in RESUMABLE:
            raise Conflict(f"{number} is {run.state}", field="state", remedy="ask for a new one")
        if run.packs_hash != load_packs().fingerprint:
            raise Conflict("the packs changed since it was asked", field="packs", remedy="ask for a new one")
        run.state, run.finished_at, run.error, run.carrier = RunState.WAITING, None, "", carrier
        run.save()
        record(actor, at, "recomputation.resumed", run, {"next_day": run.next_day.isoformat()}, role=role)
        return run


def _check_carrier(run: Recomputation, carrier: Carrier) -> None:
    if run.state in OPEN and run.carrier != carrier:
        raise Conflict(
            f"{run.number} asks the same and is carried out by the {run.carrier}",
            field="number",
            remedy=f"wait for {run.number}, or cancel it",
        )


def _check(asked: Asked, at: datetime, packs: Packs) -> None:
    if at.tzinfo is None:
        raise InvalidInput("the time needs an offset", field="at", remedy="give an aware datetime")
    if asked.last_day < asked.first_day:
        raise InvalidInput("the period ends before it begins", field="last_day", remedy="give a later last day")
    if asked.last_day - asked.first_day >= LONGEST:
        raise InvalidInput("the period is too long", field="last_day", remedy=f"ask for at most {LONGEST.days} days")
    if asked.first_day > at.astimezone(SHANGHAI).date():
        raise InvalidInput("the period has not begun", field="first_day", remedy="give a day up to today")
    if asked.as_known is not None and (asked.as_known.tzinfo is None or asked.as_known > at):
        raise InvalidInput(
            "nobody knows yet what will be known then", field="as_known", remedy="give a past time with its offset"
        )
    _check_row(asked, packs)


def _check_row(asked: Asked, packs: Packs) -> None:
    if bool(asked.row_id) != bool(asked.cells):
        raise InvalidInput("a row is tried with other cells", field="cells", remedy="give row_id and cells, or neither")
    if not asked.row_id:
        return
    try:
        packs.trying(asked.row_id, asked.cells)
    except ConfigurationError as error:
        column = (error.field or "").partition(":")[2] or "cells"
        raise InvalidInput(error.message, field=f"cells.{column}", remedy=error.remedy) from error


def _visible(actor: Actor, number: str) -> Recomputation:
    run = Recomputation.objects.visible_to(actor).select_for_update().filter(number=number).first()
    if run is None:
        raise NotVisible(f"there is no recomputation {number}", field="number", remedy="see the list")
    return run


def _verb(run: Recomputation) -> Verb:
    return Verb.TRY_RULE if run.mode in (Mode.DRY_RUN, Mode.TRY_ROW) else Verb.RECOMPUTE


def _payload(run: Recomputation) -> dict[str, Any]:
    return {
        "number": run.number,
        "mode": str(run.mode),
        "first_day": run.first_day.isoformat(),
        "last_day": run.last_day.isoformat(),
        "as_known": run.as_known.isoformat() if run.as_known else None,
        "rules_on": run.rules_on.isoformat() if run.rules_on else None,
        "row_id": run.row_id,
        "cells": {name: str(value) for name, value in run.cells.items()},
        "packs": run.packs_hash,
    }
