"""Enterprises are told what is asked of them, officials what an enterprise asked or answered; each thing once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

from django.db.models import Count

from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.enterprise_steps import waiting_for_enterprise
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import template_of
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.queries import OPEN_STATUSES
from qingtian.apps.findings.states import AnswerState
from qingtian.apps.journal.models import Event
from qingtian.apps.notices.actions.post_notice import NoticeDraft, post_notices
from qingtian.apps.notices.people import Recipients
from qingtian.apps.obligations.models import Occurrence
from qingtian.domain.obligations import OPEN
from qingtian.duties.duty import DutyContext, DutyReport
from qingtian.packs.finding_kinds import kind_names
from qingtian.runtime.clock import SHANGHAI

ASKED = ("finding.raised", "finding.reopened", "finding.asked", "finding.answer_refused")
ANSWERED, OPENED, MOVED = "finding.answered", "case.opened", "case.moved"
READ = (*ASKED, ANSWERED, OPENED, MOVED)
WAITING = (AnswerState.ASKED, AnswerState.REFUSED)
SERVICES = ("T6", "T7")  # a question to the bureau, a request for service
AT_ONCE = 5_000
FIRST_REACH = timedelta(hours=1)  # the first run tells of what is new, not of years
SOON = timedelta(days=3)  # before its last day a duty is spoken of
MINOR = 2


def tell_enterprises(context: DutyContext) -> DutyReport:
    """Tell of what happened since the last event that was read, and once a day of duties that fall due soon."""
    last = context.state.get("seq")
    events = Event.objects.filter(type__in=READ).order_by("seq")
    new = events.filter(at__gt=context.now - FIRST_REACH) if last is None else events.filter(seq__gt=int(last))
    read = list(new[:AT_ONCE])
    today = context.now.astimezone(SHANGHAI).date()
    drafts = [*_findings(read), *_cases(read)]
    if context.state.get("day") != today.isoformat():
        drafts += _due(today)
    post_notices(context.now, drafts)
    seq = read[-1].seq if read else _newest() if last is None else last
    report = DutyReport(state={"seq": seq, "day": today.isoformat()})
    if drafts:
        report.notes.append(f"{len(drafts)} notices of and for enterprises")
    if len(read) == AT_ONCE:
        report.notes.append("more are told by the next run")
    return report


def _newest() -> int:
    return Event.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


def _of(events: Iterable[Event], types: Iterable[str]) -> Mapping[int, Event]:
    wanted = frozenset(types)
    return {int(one.object_id): one for one in events if one.type in wanted}


# -- findings --------------------------------------------------------------------------------------------------------


def _findings(read: list[Event]) -> Iterator[NoticeDraft]:
    """A question to an enterprise that still waits; an answer that nobody has judged yet."""
    asked, answered = _of(read, ASKED), _of(read, (ANSWERED,))
    rows = Finding.objects.filter(pk__in={*asked, *answered}, status__in=OPEN_STATUSES, silenced_by=None)
    for row in rows.select_related("object").order_by("pk"):
        if row.pk in asked and row.answer_state in WAITING and row.object.enterprise_code:
            yield _question(row)
        elif row.pk in answered and row.answer_state == AnswerState.ANSWERED:
            yield _answer(row)


def _question(row: Finding) -> NoticeDraft:
    zh, en = kind_names(row.kind)
    again = row.answer_state == AnswerState.REFUSED
    due = f"{row.answer_due_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if row.answer_due_at else ""
    until = (f"，期限 {due}", f", until {due}") if due else ("", "")
    return NoticeDraft(
        kind="finding_asked",
        subject=("finding", row.number, f"/enterprise/findings/{row.pk}"),
        severity=row.severity,
        title_zh=f"{'答复被退回，请重新答复' if again else '请答复'}：{zh}（{row.object.name}）{until[0]}"[:300],
        title_en=f"{'Sent back, answer again' if again else 'Answer'}: {en}, "
        f"{row.object.name_en or row.object.name}{until[1]}"[:300],
        to=_enterprise(row.object.enterprise_code, row.object.region_code),
        dedup_key=f"asked:{row.number}:{row.refusals}:{row.answer_due_at.isoformat() if row.answer_due_at else ''}",
        simulated=row.simulated,
    )


def _answer(row: Finding) -> NoticeDraft:
    zh, en = kind_names(row.kind)
    return NoticeDraft(
        kind="finding_answered",
        subject=("finding", row.number, f"/desk/alarms/{row.pk}"),
        severity=row.severity,
        title_zh=f"企业已答复：{zh}（{row.object.name}）"[:300],
        title_en=f"The enterprise answered: {en}, {row.object.name_en or row.object.name}"[:300],
        to=Recipients(
            usernames=(row.asked_by,) if row.asked_by else (),
            region_code=row.object.region_code,
            without=(row.answered_by,) if row.answered_by else (),
            otherwise=(Role.DISPATCHER,),
        ),
        dedup_key=f"answered:{row.number}:{row.refusals}",
        simulated=row.simulated,
    )


# -- cases -----------------------------------------------------------------------------------------------------------


def _cases(read: list[Event]) -> Iterator[NoticeDraft]:
    """What an enterprise asked for, how that went on, and a step that is its own."""
    opened, moved = _of(read, (OPENED,)), _of(read, (MOVED,))
    rows = Case.objects.filter(pk__in={*opened, *moved}).exclude(enterprise_code="").select_related("object")
    own = set(rows.filter(waiting_for_enterprise()).order_by().values_list("pk", flat=True))
    for row in rows.order_by("pk"):
        if row.template in SERVICES and row.pk in opened and opened[row.pk].role == Role.ENTERPRISE_USER:
            yield _request(row)
        if row.template in SERVICES and row.pk in moved and moved[row.pk].role != Role.ENTERPRISE_USER:
            yield _step(row, "question_answered", moved[row.pk])
        elif row.pk in own:
            yield _step(row, "task_assigned", moved.get(row.pk) or opened[row.pk])


def _request(row: Case) -> NoticeDraft:
    template, place = template_of(row), _place(row)
    return NoticeDraft(
        kind="question_asked",
        subject=("case", row.number, f"/desk/cases/{row.pk}"),
        severity=MINOR,
        title_zh=f"{template.name_zh}：{place[0]} {row.number}"[:300],
        title_en=f"{template.name_en}: {place[1]} {row.number}"[:300],
        to=Recipients(roles=(Role.WINDOW,), region_code=row.region_code, org=row.org, otherwise=(Role.DISPATCHER,)),
        dedup_key=f"request:{row.number}",
        simulated=row.simulated,
    )


def _step(row: Case, kind: str, event: Event) -> NoticeDraft:
    template = template_of(row)
    state = template.state(row.state)
    return NoticeDraft(
        kind=kind,
        subject=("case", row.number, f"/enterprise/cases/{row.pk}"),
        severity=row.severity,
        title_zh=f"{template.name_zh} {row.number}：{state.label_zh}"[:300],
        title_en=f"{template.name_en} {row.number}: {state.label_en}"[:300],
        to=_enterprise(row.enterprise_code, row.region_code, event.actor),
        dedup_key=f"case:{row.number}:{row.state}:{row.revision}",
        simulated=row.simulated,
    )


def _place(row: Case) -> tuple[str, str]:
    return (row.object.name, row.object.name_en or row.object.name) if row.object else ("", "")


# -- duties ----------------------------------------------------------------------------------------------------------


def _due(today: date) -> Iterator[NoticeDraft]:
    """One notice for each enterprise with duties that end within days, or that are late already."""
    rows = Occurrence.objects.filter(state__in=OPEN, opens_on__lte=today, due_on__lte=today + SOON)
    own = rows.exclude(object__enterprise_code="").order_by()
    counted = own.values("object__enterprise_code", "object__simulated").annotate(n=Count("pk"))
    for one in sorted(counted, key=lambda row: str(row["object__enterprise_code"])):
        code, n = one["object__enterprise_code"], one["n"]
        yield NoticeDraft(
            kind="occurrence_due",
            subject=("enterprise", code, "/enterprise/todo?kind=duty"),
            severity=MINOR,
            title_zh=f"{n} 项义务将在 {SOON.days} 日内到期或已逾期",
            title_en=f"{n} duties fall due within {SOON.days} days or are late",
            to=_enterprise(code, ""),
            dedup_key=f"due:{code}:{today}",
            simulated=one["object__simulated"],
        )


def _enterprise(code: str, region_code: str, without: str = "") -> Recipients:
    out = (without,) if without else ()
    return Recipients(roles=(Role.ENTERPRISE_USER,), region_code=region_code, org=code, without=out)
