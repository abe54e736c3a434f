"""People are told of cases that they were given, and of periods that are about to end or are over; each thing once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from qingtian.apps.accounts.actor import UNOFFICIAL
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.watch_clocks import LATE
from qingtian.apps.cases.models import Case, CaseClock, Relation
from qingtian.apps.cases.queries import template_of
from qingtian.apps.command.waiting import RUNNING
from qingtian.apps.journal.models import Event
from qingtian.apps.notices.actions.post_notice import NoticeDraft, post_notices
from qingtian.apps.notices.people import Recipients
from qingtian.domain.procedures import awaited_roles
from qingtian.duties.duty import DutyContext, DutyReport

ASSIGNED, WARNED, BREACHED = "case.assigned", "case.clock_warned", "case.clock_breached"
READ = (ASSIGNED, WARNED, BREACHED)
AT_ONCE = 5_000
FIRST_REACH = timedelta(hours=1)  # the first run tells of what is new, not of years
SERIOUS = 3  # a breached legal period is told at least as this
Clocks = Mapping[tuple[int, str], CaseClock]


def tell_cases(context: DutyContext) -> DutyReport:
    """Tell of what happened to running cases since the last event that was read."""
    last = context.state.get("seq")
    events = Event.objects.filter(type__in=READ).order_by("seq")
    new = events.filter(at__gt=context.now - FIRST_REACH) if last is None else events.filter(seq__gt=int(last))
    read = list(new[:AT_ONCE])
    drafts = list(_drafts(read))
    post_notices(context.now, drafts)
    seq = read[-1].seq if read else _newest() if last is None else last
    report = DutyReport(state={"seq": seq})
    if drafts:
        report.notes.append(f"{len(drafts)} notices of cases")
    if len(read) == AT_ONCE:
        report.notes.append("more are told by the next run")
    return report


def _newest() -> int:
    return Event.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


def _drafts(read: list[Event]) -> Iterator[NoticeDraft]:
    rows = Case.objects.filter(RUNNING, pk__in={int(one.object_id) for one in read}).select_related("object")
    cases = {row.pk: row for row in rows}
    clocks = {(one.case_id, one.code): one for one in CaseClock.objects.filter(case__in=cases, stopped_on=None)}
    for event in read:
        case = cases.get(int(event.object_id))
        if case is None:
            continue
        if event.type == ASSIGNED:
            yield from _given(case, event)
        elif event.type == BREACHED or int(event.payload["level"]) >= LATE:
            yield from _period(case, event, clocks)


def _given(case: Case, event: Event) -> Iterator[NoticeDraft]:
    """To the one who got it, unless somebody else has it by now or they took it themselves."""
    who = str(event.payload["to"])
    if case.responsible != who or who == event.actor:
        return
    zh, en = ("排查任务", "Check task") if case.relation == Relation.PART else ("案件", "Case")
    yield NoticeDraft(
        kind="task_assigned" if case.relation == Relation.PART else "case_assigned",
        subject=("case", case.number, f"/desk/cases/{case.pk}"),
        severity=case.severity,
        title_zh=f"{zh}已分派给您：{_what(case)[0]}"[:300],
        title_en=f"{en} given to you: {_what(case)[1]}"[:300],
        to=Recipients(usernames=(who,), region_code=case.region_code),
        dedup_key=f"assigned:{case.number}:{event.seq}",
        simulated=case.simulated,
    )


def _period(case: Case, event: Event, clocks: Clocks) -> Iterator[NoticeDraft]:
    """To whoever has it, or those whose step is next; a breach also to those who supervise."""
    clock = clocks.get((case.pk, str(event.payload["clock"])))
    if clock is None:
        return  # it stopped meanwhile
    over = event.type == BREACHED
    zh, en = str(clock.rule.get("label_zh", clock.code)), str(clock.rule.get("label_en", clock.code))
    yield NoticeDraft(
        kind="case_breached" if over else "case_due_soon",
        subject=("case", case.number, f"/desk/cases/{case.pk}"),
        severity=max(case.severity, SERIOUS) if over else case.severity,
        title_zh=f"{'已逾期' if over else '即将到期'}：{_what(case)[0]}，{zh} {clock.due_on}"[:300],
        title_en=f"{'Breached' if over else 'Ends soon'}: {_what(case)[1]}, {en} {clock.due_on}"[:300],
        to=_for(case, over=over),
        dedup_key=f"period:{case.number}:{clock.pk}:{clock.due_on}:{event.payload['level']}",
        simulated=case.simulated,
    )


def _for(case: Case, *, over: bool) -> Recipients:
    next_ones = tuple(Role(one) for one in sorted(awaited_roles(template_of(case), case.state) - UNOFFICIAL))
    roles = () if case.responsible else next_ones
    return Recipients(
        usernames=(case.responsible,) if case.responsible else (),
        roles=(*roles, Role.SUPERVISOR) if over else roles,
        region_code=case.region_code,
        org=case.org,
        otherwise=next_ones or (Role.DISPATCHER,),
    )


def _what(case: Case) -> tuple[str, str]:
    """Number and procedure: a title may hold what a complainant wrote."""
    template = template_of(case)
    return f"{template.name_zh} {case.number}", f"{template.name_en} {case.number}"
