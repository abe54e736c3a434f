"""Verb: a duty was done; what proves it is checked, and what follows from it is planned."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.accounts.roles import Role
from qingtian.apps.evidence.models import EvidenceItem, EvidenceKind
from qingtian.apps.evidence.subjects import SubjectKind
from qingtian.apps.journal.record import record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.apps.obligations.actions.plan_occurrences import plan_next
from qingtian.apps.obligations.actions.set_up_obligation import AHEAD
from qingtian.apps.obligations.closing import end_if_made_good
from qingtian.apps.obligations.following import follow_up
from qingtian.apps.obligations.forms import checked_fields, told_in_journal
from qingtian.apps.obligations.models import Occurrence
from qingtian.apps.obligations.naming import template_of
from qingtian.apps.obligations.planning import retain_until
from qingtian.apps.obligations.queries import visible_occurrence
from qingtian.apps.obligations.states import ProvedBy
from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.domain.obligations import ObligationTemplate, RhythmKind, State, completed
from qingtian.runtime.clock import SHANGHAI

ISO_DAY = len("2025-11-24")
MADE_GOOD = "the duty was done / 已补做"


def fulfil_occurrence(
    actor: Actor, at: datetime, occurrence_id: int, *, fields: Mapping[str, Any] | None = None, note: str = ""
) -> Occurrence:
    """Record that a duty was done. In time is who reports it with its proof by the last moment: the record is part
    of the duty, so a date that somebody only claims later does not make it so.

    Args:
        fields: what the template asks for.
    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when it is settled, not open yet, or lacks its files.
    """
    check_lengths(Occurrence, note=note)
    with writing():
        row = visible_occurrence(actor, occurrence_id, lock=True)
        role = require(
            actor,
            Verb.FULFIL_OBLIGATION,
            region_code=row.object.region_code,
            enterprise_code=row.object.enterprise_code,
        )
        template = known_template(row, at)
        _refuse_early(row, at)
        kept = checked_fields(template, fields or {}, at)
        _refuse_older(row, template, kept)
        _refuse_without_files(row, template)
        settle(actor, at, row, template, done_at=at, fields=kept, proved_by=ProvedBy.HAND, note=note.strip(), role=role)
    return row


def settle(
    actor: Actor,
    at: datetime,
    row: Occurrence,
    template: ObligationTemplate,
    *,
    done_at: datetime,
    fields: Mapping[str, Any],
    proved_by: ProvedBy,
    note: str,
    role: Role,
) -> None:
    """Write that an occurrence was done, end its finding, plan what follows; inside `writing()`.

    Args:
        done_at: when it was done; decides between done and late.
    Raises:
        Conflict: it is settled already.
    """
    row.state = completed(State(row.state), done_at, row.due_at)
    row.fulfilled_at, row.told_at, row.fulfilled_by = done_at, at, actor.username
    row.proved_by, row.fields, row.note = proved_by, dict(fields), note
    row.retain_until = retain_until(template, done_at)
    row.save()
    payload: dict[str, Any] = {"number": row.number, "state": str(row.state), "proved_by": str(proved_by)}
    payload |= {"done_at": done_at.isoformat(), "fields": told_in_journal(template, fields), "note": note}
    record(actor, at, "occurrence.fulfilled", row, payload, role=role)
    end_if_made_good(at, row.finding, MADE_GOOD)
    follow_up(actor, at, row, role)
    if row.obligation.rhythm != RhythmKind.EVENT:
        plan_next(actor, at, row.obligation, at.astimezone(SHANGHAI).date() + AHEAD, role)


def known_template(row: Occurrence, at: datetime) -> ObligationTemplate:
    """The template of an occurrence.

    Raises:
        Conflict: no pack knows it.
    """
    found = template_of(row.template, at.astimezone(SHANGHAI).date())
    if found is None:
        raise Conflict(f"no pack knows {row.template}", field="occurrence", remedy="restore the pack")
    return found


def _refuse_early(row: Occurrence, at: datetime) -> None:
    if at.astimezone(SHANGHAI).date() < row.opens_on:
        raise Conflict(f"it opens on {row.opens_on}", field="occurrence", remedy="come back on that day")


def _refuse_older(row: Occurrence, template: ObligationTemplate, kept: Mapping[str, Any]) -> None:
    """What was done before the occurrence opened is the proof of another one."""
    for one in template.proof.fields:
        told = str(kept.get(one.name, "")) if one.kind in ("date", "moment") else ""
        if told and told[:ISO_DAY] < row.opens_on.isoformat():
            raise InvalidInput(
                f"{one.label_en} lies before {row.opens_on}, when this duty opened",
                field=f"fields.{one.name}",
                remedy="report it with the occurrence that it belongs to",
            )


def _refuse_without_files(row: Occurrence, template: ObligationTemplate) -> None:
    if not template.proof.files:
        return
    items = EvidenceItem.objects.filter(subject_kind=SubjectKind.OCCURRENCE, subject_id=row.pk, redaction_of=None)
    attached = items.exclude(kind=EvidenceKind.REVIEW).count()
    if attached < template.proof.files:
        raise Conflict(
            f"{template.proof.files} file(s) are needed as proof, {attached} attached",
            field="evidence",
            remedy="attach the proof first",
            needed=template.proof.files,
            attached=attached,
        )
