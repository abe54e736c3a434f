"""From judged hours to findings: an interval over a limit is one finding, ended by later hours back under it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.findings.actions.dismiss_finding import dismiss_finding
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.queries import OPEN_STATUSES
from qingtian.apps.findings.states import Activity, DismissReason
from qingtian.apps.journal.record import writing
from qingtian.apps.judgements.actions.record_judgements import Affected, Recorded, record_judgements
from qingtian.apps.judgements.judged import Judged
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.states import DECIDED, Question, Verdict
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.detection import DetectionRule, JudgedHour, intervals
from qingtian.duties.duty import DutyReport
from qingtian.duties.raising import Subject, end, hit, ongoing

PART = 2000


@dataclass(frozen=True, slots=True)
class Settling:
    """What settling needs to know of its duty.

    Args:
        question: which judgements.
        rule: the detection rule of the findings.
        severity: severity of one judged hour.
        detail: what a finding shows of one judged hour.
        objects: registered objects by primary key.
        kind: kind of the findings; None for the one that the rule is called by.
        step: length of one judged period.
    """

    question: Question
    rule: DetectionRule
    severity: Callable[[Judgement], int]
    detail: Callable[[Judgement], dict[str, Any]]
    objects: Mapping[int, RegistryObject]
    kind: str | None = None
    step: timedelta = timedelta(hours=1)


def record_and_settle(at: datetime, work: Settling, batch: Sequence[Judged], report: DutyReport) -> None:
    """Keep a batch of answers and bring the findings in step, in time order.

    Answers and findings of some hours are one transaction: a process that is killed in between would else leave an
    answered hour over the limit that no finding tells of. A long batch is cut, so that other writers get their turn.
    """
    for part in parts(batch):
        with writing():
            recorded = record_judgements(SYSTEM_ACTOR, at, part)
            settle(at, work, recorded, report)


def parts(batch: Iterable[Judged], size: int = PART) -> Iterator[list[Judged]]:
    """The batch in time order, cut between hours into parts of about `size` answers."""
    part: list[Judged] = []
    for one in sorted(batch, key=lambda judged: judged.period_start):
        if len(part) >= size and one.period_start != part[-1].period_start:
            yield part
            part = []
        part.append(one)
    if part:
        yield part


def settle(at: datetime, work: Settling, recorded: Recorded, report: DutyReport) -> None:
    """Raise, extend and end findings after a batch of judgements; withdraw what corrected data no longer support."""
    report.judged += len(recorded.created)
    going = ongoing(work.rule.code)
    touched = {(row.object_id, row.item) for row in recorded.created}
    over = {(row.object_id, row.item) for row in recorded.created if row.verdict == Verdict.EXCEEDS}
    subjects = over | (going.keys() & touched)
    if subjects:
        fresh = {row.pk for row in recorded.created}
        for subject, rows in _series(work, subjects, recorded.created, going).items():
            _settle_one(at, work, rows, fresh, finding=going.get(subject), report=report)
    _withdraw(at, work, recorded.affected, report)


def _series(
    work: Settling, subjects: set[Subject], created: Iterable[Judgement], going: Mapping[Subject, Finding]
) -> dict[Subject, list[Judgement]]:
    starts = [row.period_start for row in created if (row.object_id, row.item) in subjects]
    starts += [finding.last_seen for subject, finding in going.items() if subject in subjects]
    rows = Judgement.objects.current().filter(
        question=work.question,
        object_id__in={subject[0] for subject in subjects},
        item__in={subject[1] for subject in subjects},
        period_start__gte=min(starts),
    )
    series: dict[Subject, list[Judgement]] = {}
    for row in rows.order_by("period_start"):
        if (row.object_id, row.item) in subjects:
            series.setdefault((row.object_id, row.item), []).append(row)
    return series


def _settle_one(
    at: datetime, work: Settling, rows: list[Judgement], fresh: set[int], *, finding: Finding | None, report: DutyReport
) -> None:
    by_hour = {row.period_start: row for row in rows}
    for interval in intervals([_hour(row) for row in rows]):
        for hour in interval.hours:
            row = by_hour[hour.start]
            if row.pk in fresh:
                finding = _hit(at, work, row, report)
        if interval.ended_by is not None and finding is not None and finding.last_seen <= interval.last:
            _end(at, work, finding, interval.ended_by, report)
            finding = None
    if finding is not None:
        _end_if_back(at, work, finding, rows, report)


def _end_if_back(at: datetime, work: Settling, finding: Finding, rows: list[Judgement], report: DutyReport) -> None:
    # Covers a finding whose own hours were corrected: no interval is left that could end it.
    after = [row for row in rows if row.period_start > finding.last_seen and row.verdict in DECIDED]
    if after and all(row.verdict == Verdict.WITHIN for row in after):
        _end(at, work, finding, after[0].period_start, report)


def _end(at: datetime, work: Settling, finding: Finding, back: datetime, report: DutyReport) -> None:
    period = "hour" if work.step <= timedelta(hours=1) else "day"
    reason = f"the {period} from {back.isoformat(timespec='minutes')} is back within the limit"
    end(at, finding, report, ended_at=finding.last_seen + work.step, reason=reason)


def _hit(at: datetime, work: Settling, row: Judgement, report: DutyReport) -> Finding:
    return hit(
        at,
        work.rule,
        work.objects[row.object_id],
        period_start=row.period_start,
        severity=work.severity(row),
        detail=work.detail(row),
        report=report,
        parameter=row.item,
        kind=work.kind,
        corrects=row.version > 1,
    )


def _hour(row: Judgement) -> JudgedHour:
    decided = row.verdict in DECIDED
    return JudgedHour(row.period_start, row.verdict == Verdict.EXCEEDS if decided else None, row.value, row.limit)


def _withdraw(at: datetime, work: Settling, affected: Iterable[Affected], report: DutyReport) -> None:
    changed: dict[int, Affected] = {one.finding_id: one for one in affected if one.was is Verdict.EXCEEDS}
    findings = Finding.objects.filter(pk__in=changed, rule_id=work.rule.code).prefetch_related("hit_rows")
    for finding in findings:
        if not _still_over(work, finding):
            _take_back(at, work, finding, changed[finding.pk], report)


def _still_over(work: Settling, finding: Finding) -> bool:
    hours = [row.period_start for row in finding.hit_rows.all()]
    rows = Judgement.objects.current().filter(
        question=work.question, object_id=finding.object_id, item=finding.parameter, period_start__in=hours
    )
    return rows.filter(verdict=Verdict.EXCEEDS).exists()


def _take_back(at: datetime, work: Settling, finding: Finding, change: Affected, report: DutyReport) -> None:
    # Every hour of it is answered otherwise now; the earlier answers stay on record as superseded versions.
    if finding.activity == Activity.ONGOING:
        end(at, finding, report, ended_at=finding.last_seen + work.step, reason="corrected data: no period is over")
    if finding.status not in OPEN_STATUSES:
        report.notes.append(f"{finding.number} is {finding.status}, but corrected data no longer support it")
        return
    invalid = change.now is Verdict.INVALID
    dismiss_finding(
        SYSTEM_ACTOR,
        at,
        finding.pk,
        reason=DismissReason.MARKED_INVALID if invalid else DismissReason.OTHER,
        note="更正数据后不再超限 / corrected data: no hour is over the limit any more",
    )
    report.withdrawn += 1
