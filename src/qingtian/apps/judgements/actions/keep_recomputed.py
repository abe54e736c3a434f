"""Verbs of the process that recomputes: keep what a day gave, end a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.findings.models import FindingHit
from qingtian.apps.findings.states import Kind
from qingtian.apps.journal.record import record, writing
from qingtian.apps.judgements.actions.record_judgements import current_answers
from qingtian.apps.judgements.judged import Judged
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.recomputation import (
    OPEN,
    Recomputation,
    RecomputedAnswer,
    RecomputedFinding,
    RunState,
)
from qingtian.apps.judgements.states import Question, Verdict

DAY = timedelta(days=1)
# Findings of a limit or of the index; silence, frozen values and the like do not rest on judgements.
JUDGED_KINDS = (Kind.EXCEEDANCE, Kind.AIR_POLLUTION)


def keep_day(
    run_id: int, at: datetime, day: date, answers: Sequence[Judged], adopt: Callable[[], Mapping[str, int]] | None
) -> Recomputation | None:
    """Keep the answers of one day that differ from the current ones, and step on to the next day; one transaction.

    Args:
        day: the day that was judged; a run that is elsewhere by now is left alone.
        adopt: makes the answers current, and tells what became of findings; None leaves the current ones.
    Returns:
        the run; None when it is not open any more, or another process did the day.
    """
    with writing():
        run = Recomputation.objects.select_for_update().filter(pk=run_id, state__in=OPEN, next_day=day).first()
        if run is None:
            return None
        known = current_answers(answers) if answers else {}
        differing = [one for one in answers if one.key not in known or known[one.key].content_hash != one.content_hash]
        rows = [_row(run, one, known.get(one.key)) for one in differing]
        RecomputedAnswer.objects.filter(
            recomputation=run, period_start__in={one.period_start for one in answers}
        ).delete()
        RecomputedAnswer.objects.bulk_create(rows, batch_size=500)
        _touch_findings(run, rows)
        counts = Counter(run.counts)
        counts.update(_counted(answers, rows))
        if adopt is not None and differing:
            counts.update(adopt())
        run.counts, run.next_day, run.state = dict(counts), day + DAY, RunState.RUNNING
        run.started_at = run.started_at or at
        if run.next_day > run.last_day:
            _finish(run, at)
        run.save()
        return run


def fail_recomputation(run_id: int, at: datetime, error: str) -> None:
    """End a run that cannot go on, with the reason."""
    with writing():
        run = Recomputation.objects.select_for_update().filter(pk=run_id, state__in=OPEN).first()
        if run is not None:
            run.state, run.finished_at, run.error = RunState.FAILED, at, error
            run.save()
            record(SYSTEM_ACTOR, at, "recomputation.failed", run, {"error": error})


def _finish(run: Recomputation, at: datetime) -> None:
    run.state, run.finished_at = RunState.DONE, at
    payload = {"number": run.number, "counts": run.counts, "findings": run.findings.count()}
    record(SYSTEM_ACTOR, at, "recomputation.done", run, payload)


def _counted(answers: Sequence[Judged], rows: Sequence[RecomputedAnswer]) -> Counter[str]:
    counts = Counter({"judged": len(answers), "same": len(answers) - len(rows)})
    for row in rows:
        if not row.was:
            counts["first"] += 1
        elif row.was != row.verdict:
            counts["turned"] += 1
            counts[f"{row.was}>{row.verdict}"] += 1
        elif (row.value, row.limit) != (row.value_was, row.limit_was):
            counts["figure"] += 1
        else:
            counts["basis"] += 1
    return counts


def _row(run: Recomputation, one: Judged, current: Judgement | None) -> RecomputedAnswer:
    return RecomputedAnswer(
        recomputation=run,
        object_id=one.object_id,
        current=current,
        question=one.question,
        item=one.item,
        cycle=one.cycle,
        period_start=one.period_start,
        was="" if current is None else current.verdict,
        verdict=one.verdict,
        value_was=None if current is None else current.value,
        value=one.value,
        limit_was=None if current is None else current.limit,
        limit=one.limit,
        unit=one.unit,
        index=one.index,
        category=one.category,
        standard=one.standard,
        clause=one.clause,
        rule_row=one.rule_row,
        rule_row_was="" if current is None else current.rule_row,
        confidence=one.confidence,
        inputs=dict(one.inputs),
        coverage=dict(one.coverage),
        content_hash=one.content_hash,
        simulated=one.simulated,
    )


def _touch_findings(run: Recomputation, rows: Iterable[RecomputedAnswer]) -> None:
    by_period = {(row.object_id, row.item, row.period_start): row for row in rows}
    if not by_period:
        return
    hits = FindingHit.objects.filter(
        finding__kind__in=JUDGED_KINDS,
        finding__object_id__in={key[0] for key in by_period},
        period_start__in={key[2] for key in by_period},
    ).values_list("finding_id", "finding__object_id", "finding__parameter", "finding__rule_id", "period_start")
    for finding_id, object_id, parameter, rule_id, start in hits:
        row = by_period.get((object_id, parameter, start))
        if row is None or (row.question == Question.EMISSION_DAY) != rule_id.endswith("_day"):
            continue
        touched, _ = RecomputedFinding.objects.get_or_create(recomputation=run, finding_id=finding_id)
        touched.periods += 1
        touched.no_longer_over += row.verdict != Verdict.EXCEEDS
        touched.save()
