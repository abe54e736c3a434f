"""Carrying out recomputations: a day at a time, so that one can be stopped, killed and taken up again anywhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import date, datetime

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.judgements.actions.keep_recomputed import fail_recomputation, keep_day
from qingtian.apps.judgements.actions.record_judgements import record_judgements
from qingtian.apps.judgements.judged import Judged
from qingtian.apps.judgements.recomputation import OPEN, Carrier, Mode, Recomputation
from qingtian.apps.judgements.states import Question
from qingtian.domain.errors import QingtianError
from qingtian.duties.duty import DutyContext, DutyReport, rules_on
from qingtian.duties.judge_air_hours import air_settling
from qingtian.duties.judge_emission_hours import emission_settling
from qingtian.duties.rejudging import Basis, Places, places, rejudge_day
from qingtian.duties.settling import Settling, record_and_settle
from qingtian.packs import load_packs
from qingtian.telemetry.store.port import Store

SLICE_S = 8.0  # wall time that a run of the duty works on: other duties wait meanwhile
Progress = Callable[[Recomputation], None]


def recompute(context: DutyContext) -> DutyReport:
    """The duty: go on with open recomputations, oldest first, for a slice of time."""
    report, until = DutyReport(), time.monotonic() + SLICE_S
    for run in Recomputation.objects.filter(state__in=OPEN, carrier=Carrier.WORKER).order_by("id"):
        done = carry_out(run, context.store, context.now, until=until)
        report.notes.append(f"{done.number}: {done.days_done} of {done.days} days, {done.state}")
    return report


def carry_out(
    run: Recomputation, store: Store, now: datetime, *, until: float | None = None, progress: Progress | None = None
) -> Recomputation:
    """Judge the days of a recomputation that are left.

    Args:
        now: city time, aware.
        until: monotonic time at which to stop for now; None goes on to the end.
        progress: told after each day.
    """
    try:
        basis = basis_of(run, now)
    except QingtianError as error:
        fail_recomputation(run.pk, now, str(error))
        return Recomputation.objects.get(pk=run.pk)
    while run.next_day <= run.last_day and (until is None or time.monotonic() < until):
        stepped = _one_day(run, store, basis, run.next_day)
        if stepped is None:  # cancelled, or another process works on it
            return Recomputation.objects.get(pk=run.pk)
        run = stepped
        if progress is not None:
            progress(run)
    return run


def basis_of(run: Recomputation, now: datetime) -> Basis:
    """By what a recomputation judges.

    Raises:
        QingtianError: the packs changed since it was asked, or do not bear the row that is tried.
    """
    packs = load_packs()
    if packs.fingerprint != run.packs_hash:
        raise QingtianError("the packs changed since it was asked", field="packs", remedy="ask for a new one")
    if run.row_id:
        packs = packs.trying(run.row_id, run.cells)
    return Basis(packs, now, run.as_known, run.rules_on)


def _one_day(run: Recomputation, store: Store, basis: Basis, day: date) -> Recomputation | None:
    where = places(basis, day)
    answers = rejudge_day(store, basis, day, where)
    batch = [one for group in answers.values() for one in group]
    taken = (lambda: _counted(basis.now, answers, where)) if run.mode == Mode.ADOPT else None
    return keep_day(run.pk, basis.now, day, batch, taken)


def _counted(at: datetime, answers: Mapping[Question, list[Judged]], where: Places) -> dict[str, int]:
    report = DutyReport()
    adopt(at, answers, where, report)
    return {name: getattr(report, name) for name in ("raised", "extended", "ended", "withdrawn")}


def adopt(at: datetime, answers: Mapping[Question, list[Judged]], where: Places, report: DutyReport) -> None:
    """Make answers the current ones and bring the findings in step."""
    for question, batch in answers.items():
        if question is Question.AIR_DAY:
            report.judged += len(record_judgements(SYSTEM_ACTOR, at, batch).created)
        elif batch:
            record_and_settle(at, _settling(at, question, where), batch, report)


def _settling(at: datetime, question: Question, where: Places) -> Settling:
    rules = rules_on(at)
    if question is Question.AIR_INDEX:
        return air_settling(rules["air_pollution"], where.stations.values())
    code = "exceedance_day" if question is Question.EMISSION_DAY else "exceedance"
    return emission_settling(rules[code], question, where.outlets.values())
