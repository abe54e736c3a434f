"""Verb: keep answers about periods; a changed answer is a new version beside the old one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.findings.models import FindingHit
from qingtian.apps.journal.record import record, writing
from qingtian.apps.judgements.judged import Judged, Key
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.states import Verdict
from qingtian.domain.errors import InvalidInput
from qingtian.runtime.live import Topic, publish

TABLE = Judgement._meta.db_table


@dataclass(frozen=True, slots=True)
class Affected:
    """A finding that rests on a period whose answer is now another one."""

    finding_id: int
    period_start: datetime
    was: Verdict
    now: Verdict


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a batch.

    Args:
        created: the rows that were added, first versions and later ones.
        corrected: how many of them supersede an earlier version.
        unchanged: answers that were known already.
        affected: findings whose hit periods were answered anew.
    """

    created: list[Judgement] = field(default_factory=list)
    corrected: int = 0
    unchanged: int = 0
    affected: list[Affected] = field(default_factory=list)


def record_judgements(actor: Actor, at: datetime, batch: Sequence[Judged]) -> Recorded:
    """Add what is new of a batch in one transaction; the same answers again add nothing.

    Args:
        at: city time at which they were computed, aware.
        batch: one answer per (object, question, item, cycle, period).
    Raises:
        NotPermitted, InvalidInput.
    """
    role = require(actor, Verb.RAISE_FINDING)
    if not batch:
        return Recorded()
    _check(batch)
    with writing():
        known = current_answers(batch)
        changed = [one for one in batch if _differs(one, known.get(one.key))]
        if not changed:
            return Recorded(unchanged=len(batch))
        created = _add(at, changed, known)
        corrected = sum(row.version > 1 for row in created)
        record(actor, at, "judgements.recorded", ("judgements", _digest(created)), _summary(created), role=role)
        publish(Topic.JUDGEMENTS, sorted({row.object_id for row in created}), at)
        return Recorded(created, corrected, len(batch) - len(created), _affected(changed, known))


def _check(batch: Sequence[Judged]) -> None:
    for one in batch:
        one.check()
    if len({one.key for one in batch}) != len(batch):
        raise InvalidInput("one period is answered twice", field="batch", remedy="give one answer per question")


def current_answers(batch: Sequence[Judged]) -> dict[Key, Judgement]:
    """The current answers to the same questions, by key."""
    starts = [one.period_start for one in batch]
    rows = Judgement.objects.current().filter(
        question__in={one.question for one in batch},
        object_id__in={one.object_id for one in batch},
        period_start__gte=min(starts),
        period_start__lte=max(starts),
    )
    wanted = {one.key for one in batch}
    keyed = ((_key(row), row) for row in rows)
    return {key: row for key, row in keyed if key in wanted}


def _key(row: Judgement) -> Key:
    return (row.object_id, row.question, row.item, row.cycle, row.period_start)


def _differs(one: Judged, row: Judgement | None) -> bool:
    return row is None or row.content_hash != one.content_hash


def _add(at: datetime, changed: Sequence[Judged], known: Mapping[Key, Judgement]) -> list[Judgement]:
    # The old rows point to the new ones before these exist: the foreign key is checked at commit, and so at no
    # moment two versions are current.
    created: list[Judgement] = []
    for pk, one in zip(_reserve(len(changed)), changed, strict=True):
        earlier = known.get(one.key)
        created.append(_row(pk, at, one, 1 if earlier is None else earlier.version + 1))
        if earlier is not None:
            earlier.superseded_by_id = pk
    superseded = [row for row in known.values() if row.superseded_by_id is not None]
    Judgement.objects.bulk_update(superseded, ["superseded_by"], batch_size=500)
    return Judgement.objects.bulk_create(created, batch_size=1000)


def _reserve(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [TABLE, count],
        )
        return [int(row[0]) for row in cursor.fetchall()]


def _row(pk: int, at: datetime, one: Judged, version: int) -> Judgement:
    return Judgement(
        pk=pk,
        object_id=one.object_id,
        question=one.question,
        standard=one.standard,
        clause=one.clause,
        rule_row=one.rule_row,
        confidence=one.confidence,
        item=one.item,
        cycle=one.cycle,
        period_start=one.period_start,
        value=one.value,
        unit=one.unit,
        limit=one.limit,
        verdict=one.verdict,
        index=one.index,
        published=one.published,
        category=one.category,
        primary=list(one.primary),
        inputs=dict(one.inputs),
        coverage=dict(one.coverage),
        known_at=one.known_at,
        computed_at=at,
        version=version,
        content_hash=one.content_hash,
        simulated=one.simulated,
    )


def _digest(created: Iterable[Judgement]) -> str:
    return hashlib.sha256("".join(sorted(row.content_hash for row in created)).encode()).hexdigest()[:32]


def _summary(created: Sequence[Judgement]) -> dict[str, object]:
    starts = [row.period_start for row in created]
    return {
        "question": sorted({str(row.question) for row in created}),
        "rows": len(created),
        "corrected": sum(row.version > 1 for row in created),
        "exceeding": sum(row.verdict == Verdict.EXCEEDS for row in created),
        "first_period": min(starts).isoformat(),
        "last_period": max(starts).isoformat(),
        "sha256": hashlib.sha256("".join(sorted(row.content_hash for row in created)).encode()).hexdigest(),
    }


def _affected(changed: Sequence[Judged], known: Mapping[Key, Judgement]) -> list[Affected]:
    turned = {
        (one.object_id, one.item, one.period_start): (Verdict(known[one.key].verdict), one.verdict)
        for one in changed
        if one.key in known and known[one.key].verdict != one.verdict
    }
    if not turned:
        return []
    hits = FindingHit.objects.filter(
        finding__object_id__in={key[0] for key in turned},
        finding__parameter__in={key[1] for key in turned},
        period_start__in={key[2] for key in turned},
    ).values_list("finding_id", "finding__object_id", "finding__parameter", "period_start")
    matched = ((finding, start, turned.get((obj, item, start))) for finding, obj, item, start in hits)
    return [Affected(finding, start, *verdicts) for finding, start, verdicts in matched if verdicts is not None]
