"""What the platform sees in its own data of duties that are open: one function a kind of proof."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from qingtian.apps.findings.windows import windows_over
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.states import Question, Verdict
from qingtian.apps.obligations.actions.settle_occurrences import Seen
from qingtian.apps.obligations.models import Occurrence
from qingtian.apps.obligations.naming import templates_on
from qingtian.domain.obligations import OPEN, ObligationTemplate
from qingtian.domain.obligations.template import value_at
from qingtian.domain.standards.numbers import plain
from qingtian.duties.duty import DutyContext
from qingtian.runtime.clock import SHANGHAI, day_start
from qingtian.telemetry.store.port import Cycle, Observation

DAY_HOURS = 24
HOUR = timedelta(hours=1)
TOLD = (Verdict.WITHIN, Verdict.EXCEEDS, Verdict.INVALID)  # an hour that is invalid carries its mark
Rows = list[tuple[Occurrence, ObligationTemplate]]
Prover = Callable[[DutyContext, Rows], Iterator[Seen]]


def proofs(context: DutyContext) -> list[Seen]:
    """Everything that the data show of occurrences that are open by now."""
    today = context.now.astimezone(SHANGHAI).date()
    known = {code: one for code, one in templates_on(today).items() if one.proof.data}
    rows = Occurrence.objects.filter(
        state__in=[one.value for one in OPEN], template__in=known, opens_on__lte=today
    ).select_related("object", "obligation", "trigger", "follows")
    by_kind: dict[str, Rows] = {}
    for row in rows.order_by("due_at", "id"):
        template = known[row.template]
        by_kind.setdefault(template.proof.data, []).append((row, template))
    return [seen for kind, found in by_kind.items() for seen in PROVERS[kind](context, found)]


def sample(context: DutyContext, rows: Rows) -> Iterator[Seen]:
    """A laboratory result of the outlet and parameter that was taken since the occurrence opened."""
    sites = sorted({row.object.code for row, _ in rows})
    items = sorted({row.item for row, _ in rows if row.item})
    if not items:
        return
    start = min(day_start(row.opens_on) for row, _ in rows)
    found: dict[tuple[str, str], list[Observation]] = {}
    for one in context.store.window(Cycle.SAMPLE, start, context.now, sites=sites, pollutants=items):
        if one.value is not None and one.received_at <= context.now:
            found.setdefault((one.site, one.pollutant), []).append(one)
    for row, _ in rows:
        taken = [one for one in found.get((row.object.code, row.item), []) if _fits(one, row)]
        if taken:
            first = min(taken, key=lambda one: one.period_start)
            yield Seen(row.pk, first.period_start, _result(first), note=first.segment)


def uploaded(context: DutyContext, rows: Rows) -> Iterator[Seen]:
    """The record is here since the completion that it follows was told."""
    for row, _ in rows:
        if row.follows is not None and row.follows.told_at is not None:
            told = row.follows.fields.get("uploaded_at")
            yield Seen(row.pk, datetime.fromisoformat(str(told)) if told else row.follows.told_at)


def marked(context: DutyContext, rows: Rows) -> Iterator[Seen]:
    """Every hour of the day has a value that counts, a mark, or an announced window."""
    ids = {row.object_id for row, _ in rows}
    first = min(day_start(row.period_first) for row, _ in rows)
    judged = (
        Judgement.objects.current()
        .filter(object__in=ids, question=Question.EMISSION_LIMIT, verdict__in=TOLD)
        .filter(period_start__gte=first, period_start__lt=context.now)
        .values_list("object_id", "period_start", "known_at")
    )
    hours: dict[int, dict[datetime, datetime]] = {}
    for object_id, start, known_at in judged:
        own = hours.setdefault(object_id, {})
        own[start] = max(own.get(start, known_at), known_at)
    windows = windows_over([row.object for row, _ in rows], first, context.now)
    for row, _ in rows:
        start = day_start(row.period_first)
        if start + DAY_HOURS * HOUR > context.now:
            continue
        told = hours.get(row.object_id, {})
        announced = windows.get(row.object_id, [])
        day = [start + number * HOUR for number in range(DAY_HOURS)]
        if all(hour in told or any(one.starts_at <= hour < one.ends_at for one in announced) for hour in day):
            known = [told[hour] for hour in day if hour in told]
            yield Seen(row.pk, max([*known, start + DAY_HOURS * HOUR]))


def recovered(context: DutyContext, rows: Rows) -> Iterator[Seen]:
    """The finding that made it due has ended: the data are back and in order."""
    for row, _ in rows:
        if row.trigger is not None and row.trigger.ended_at is not None:
            yield Seen(row.pk, row.trigger.ended_at, note=row.trigger.number)


def attribute(context: DutyContext, rows: Rows) -> Iterator[Seen]:
    """The register says that an object has as much of something as is needed."""
    for row, template in rows:
        found = _number(value_at(row.object.attributes, template.proof.parameters.get("path", "")))
        needed = _number(template.proof.parameters.get("at_least"))
        if found is not None and needed is not None and found >= needed:
            yield Seen(row.pk, row.object.recorded_at, note=f"{template.proof.parameters['path']} = {plain(found)}")


def renewed(context: DutyContext, rows: Rows) -> Iterator[Seen]:
    """The permit is valid beyond the day on which it would have ended."""
    for row, template in rows:
        valid_to = _day(value_at(row.object.attributes, template.date_from))
        before = _day(row.key)
        if valid_to is not None and before is not None and valid_to > before:
            yield Seen(row.pk, row.object.recorded_at, note=f"valid to {valid_to}")


def updated(context: DutyContext, rows: Rows) -> Iterator[Seen]:
    """The dataset was updated since its period began."""
    today = context.now.astimezone(SHANGHAI).date()
    for row, template in rows:
        found = _day(value_at(row.object.attributes, template.proof.parameters.get("path", "")))
        if found is not None and row.period_first <= found <= today:
            yield Seen(row.pk, day_start(found), note=f"updated on {found}")


PROVERS: Mapping[str, Prover] = {
    "sample": sample,
    "uploaded": uploaded,
    "marked": marked,
    "recovered": recovered,
    "attribute": attribute,
    "renewed": renewed,
    "updated": updated,
}


def _fits(one: Observation, row: Occurrence) -> bool:
    """Taken within the period, or after it while the duty was still missed and before the next period began."""
    return row.opens_on <= one.period_start.astimezone(SHANGHAI).date() <= row.period_last


def _result(one: Observation) -> dict[str, str]:
    value = "" if one.value is None else f"{one.value.normalize():f}"
    return {
        "sampled_at": one.period_start.astimezone(SHANGHAI).isoformat(timespec="seconds"),
        "uploaded_at": one.received_at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
        "result": f"{value} {one.unit}".strip(),
    }


def _number(value: object) -> Decimal | None:
    try:
        return None if value in (None, "") or isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        return None


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
