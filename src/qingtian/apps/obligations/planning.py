"""From a standing duty to its dated occurrences: what must exist by now, and what of it is new or has moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Max, Q

from qingtian.apps.findings.models import Finding
from qingtian.apps.obligations.models import Obligation, Occurrence
from qingtian.apps.obligations.naming import template_of
from qingtian.domain.legaltime.calendar import WorkCalendar
from qingtian.domain.obligations import (
    DueRule,
    ObligationTemplate,
    RhythmKind,
    State,
    Window,
    event_window,
    parse_rhythm,
    windows,
)
from qingtian.packs import load_packs
from qingtian.runtime.clock import SHANGHAI

LOOK_BACK = timedelta(
    days=400
)  # a year of a yearly report with its due day; what was due before the set-up is not ours
ENDED = "duty_ended"


@dataclass(slots=True)
class Plan:
    """What planning found for some duties.

    Args:
        new: occurrences to add; moved: planned ones whose dates changed; revived: ended ones that hold again.
        gone: planned ones that no window stands for any more.
    """

    new: list[Occurrence] = field(default_factory=list)
    moved: list[Occurrence] = field(default_factory=list)
    revived: list[Occurrence] = field(default_factory=list)
    gone: list[Occurrence] = field(default_factory=list)


def plan_for(obligations: Iterable[Obligation], at: datetime, until: date) -> Plan:
    """Occurrences of some duties that begin by a day: two queries, whatever their number.

    Args:
        at: city time; until: last day on which an occurrence may begin.
    """
    listed = [row for row in obligations if parse_rhythm(row.rhythm).kind is not RhythmKind.EVENT]
    newest = dict(
        Occurrence.objects.filter(obligation__in=[row.pk for row in listed])
        .order_by()
        .values_list("obligation_id")
        .annotate(newest=Max("period_first"))
    )
    existing = _existing(listed, at)
    result, ahead = Plan(), Ahead(at, until)
    for row in listed:
        template = template_of(row.template, at.astimezone(SHANGHAI).date())
        if template is not None:
            _plan_one(row, template, existing.get(row.pk, []), newest.get(row.pk), ahead, result)
    return result


def _existing(obligations: list[Obligation], at: datetime) -> dict[int, list[Occurrence]]:
    """What is not due yet; of duties with one date at a time everything, for their last completion counts."""
    found: dict[int, list[Occurrence]] = {}
    kinds = {row.pk: parse_rhythm(row.rhythm).kind for row in obligations}
    whole = [pk for pk, kind in kinds.items() if kind is not RhythmKind.CALENDAR]
    wanted = Q(obligation__in=whole) | Q(obligation__in=kinds, due_at__gt=at)
    for one in Occurrence.objects.filter(wanted).order_by("period_first", "id"):
        found.setdefault(one.obligation_id, []).append(one)
    return found


@dataclass(slots=True)
class Ahead:
    """The windows of one run; duties of one rhythm share them.

    Args:
        at: city time; until: last day on which an occurrence may begin.
    """

    at: datetime
    until: date
    calendar: WorkCalendar = field(default_factory=lambda: load_packs().calendar())
    _kept: dict[Any, list[Window]] = field(default_factory=dict)

    def windows(self, rhythm: str, due: DueRule, since: date, until: date, last_done: date | None) -> list[Window]:
        """Windows of a rhythm, made once for all duties that begin on one day."""
        key = (rhythm, due, since, until, last_done)
        if key not in self._kept:
            made = windows(parse_rhythm(rhythm), due, since, until, self.calendar, SHANGHAI, last_done=last_done)
            self._kept[key] = list(made)
        return self._kept[key]


def _plan_one(
    row: Obligation,
    template: ObligationTemplate,
    existing: list[Occurrence],
    newest: date | None,
    ahead: Ahead,
    result: Plan,
) -> None:
    wanted = {one.key: one for one in _windows(row, template, existing, newest, ahead)}
    by_key = {one.key: one for one in existing}
    for key, window in wanted.items():
        known = by_key.get(key)
        if known is None:
            result.new.append(occurrence_of(row, template, window, ahead.at))
        elif known.state == State.WAIVED and known.waived_reason == ENDED:
            place(known, window, template)
            known.state, known.waived_reason, known.waived_at, known.waived_by = State.PLANNED, "", None, ""
            result.revived.append(known)
        elif known.state == State.PLANNED and _differs(known, window):
            place(known, window, template)
            result.moved.append(known)
    result.gone.extend(one for one in existing if one.state == State.PLANNED and _stale(one, row, wanted, ahead.at))


def _differs(known: Occurrence, window: Window) -> bool:
    """Whether its dates are others than when it was planned: another rule, or the calendar of a year has arrived."""
    planned = (known.due_at, known.opens_on, known.provisional)
    return planned != (window.due_at, window.opens_on, window.provisional)


def _windows(
    row: Obligation, template: ObligationTemplate, existing: list[Occurrence], newest: date | None, ahead: Ahead
) -> Iterator[Window]:
    kind, due = parse_rhythm(row.rhythm).kind, template.due_of(row.item)
    last = ahead.until if row.until is None else min(ahead.until, row.until - timedelta(days=1))
    if kind is not RhythmKind.CALENDAR:
        done = [day for one in existing if (day := done_on(one)) is not None]
        last_done = max(done, default=None) if kind is RhythmKind.INTERVAL else None
        yield from ahead.windows(row.rhythm, due, row.since, last, last_done)
        return
    set_up = row.set_up_at.astimezone(SHANGHAI).date()
    start = max(row.since, min([one.period_first for one in existing], default=newest or set_up - LOOK_BACK))
    for window in ahead.windows(row.rhythm, due, start, last, None):
        # What was due before the set-up is not asked for; the platform's own data prove nothing of before it either.
        asked = window.due_at > row.set_up_at and (not template.proof.data or window.period.last >= set_up)
        # What has been due since was written when it lay ahead, or in a pause of the worker, after the newest.
        written = newest is not None and window.due_at <= ahead.at and window.period.first <= newest
        if asked and not written:
            yield window


def _stale(one: Occurrence, row: Obligation, wanted: Mapping[str, Window], at: datetime) -> bool:
    """Whether a planned occurrence has lost its window: the duty ended or changed before it began."""
    if one.key in wanted:
        return False
    ended = row.until is not None and one.period_first >= row.until
    one_at_a_time = parse_rhythm(row.rhythm).kind in (RhythmKind.INTERVAL, RhythmKind.ONCE)
    return ended or one_at_a_time or one.due_at > at  # what is late already is missed, whatever the duty became


def done_on(one: Occurrence) -> date | None:
    """The day from which the next interval is counted: as told in the proof, else the day on which it was done."""
    if one.state not in (State.DONE, State.LATE) or one.fulfilled_at is None:
        return None
    told = next((value for name, value in one.fields.items() if name.endswith("_on")), None)
    return date.fromisoformat(str(told)) if told else one.fulfilled_at.astimezone(SHANGHAI).date()


def occurrence_of(row: Obligation, template: ObligationTemplate, window: Window, at: datetime) -> Occurrence:
    """The row of a window, not saved yet."""
    found = Occurrence(
        obligation=row,
        number=f"{row.template}-{row.pk}-{window.key}",
        key=window.key,
        template=row.template,
        item=row.item,
        object_id=row.object_id,
        state=State.PLANNED,
        planned_at=at,
        simulated=row.simulated,
    )
    place(found, window, template)
    return found


def place(one: Occurrence, window: Window, template: ObligationTemplate) -> None:
    """Put the dates of a window on a row, with the rule that set them."""
    one.period_first, one.period_last = window.period.first, window.period.last
    one.opens_on, one.due_on, one.due_at = window.opens_on, window.due_on, window.due_at
    one.provisional, one.due_text_zh, one.due_text_en = window.provisional, window.text_zh, window.text_en
    one.rule_row, one.rule_version = template.row_id, template.rule_version


def event_occurrence(
    row: Obligation,
    template: ObligationTemplate,
    key: str,
    event_at: datetime,
    at: datetime,
    *,
    title: str = "",
    trigger: Finding | None = None,
    follows: Occurrence | None = None,
) -> Occurrence:
    """The row of an event, not saved yet."""
    window = event_window(key, event_at, template.due_of(row.item), load_packs().calendar(), SHANGHAI)
    found = occurrence_of(row, template, window, at)
    found.event_at, found.title, found.trigger, found.follows = event_at, title, trigger, follows
    return found


def retain_until(template: ObligationTemplate, done: datetime) -> date | None:
    """Until when the proof must be kept."""
    if not template.retain_years:
        return None
    day = done.astimezone(SHANGHAI).date()
    try:
        return day.replace(year=day.year + template.retain_years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + template.retain_years, day=28)
