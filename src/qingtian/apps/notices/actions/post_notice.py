"""Verb of the house: tell people of something; called by the verbs and duties that know of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.journal.record import record, writing
from qingtian.apps.notices.models import Notice
from qingtian.apps.notices.people import Directory, Recipients
from qingtian.apps.notices.queueing import Told, tell
from qingtian.domain.errors import InvalidInput
from qingtian.domain.notices import EscalationStep, NoticeKind
from qingtian.packs.notices import escalation_steps, notice_kinds
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import Mode, get_settings

LOWEST, HIGHEST = 1, 4
TITLE = 300
LISTED = 100  # subjects that the journal names of one post
Subject = tuple[str, str, str]
"""What it is about: kind, number, and the page of this installation that shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDraft:
    """A notice to post; the arguments of `post_notice`."""

    kind: str
    subject: Subject
    severity: int
    title_zh: str
    title_en: str
    to: Recipients
    dedup_key: str = ""
    simulated: bool | None = None


def post_notice(
    at: datetime,
    *,
    kind: str,
    subject: Subject,
    severity: int,
    title_zh: str,
    title_en: str,
    to: Recipients,
    dedup_key: str = "",
    simulated: bool | None = None,
) -> Notice:
    """Tell people of something, in the transaction of the verb that did it: both hold or neither.

    The same `dedup_key` again, while its notice stands and is not older than its kind says, is counted on that notice
    and tells only those who have not got it; unless it has become more severe, then everybody is told again.

    Args:
        at: city time, aware.
        kind: a row of notice_kinds.csv.
        subject: kind and number of what it is about, and the path of its page (`/desk/cases/7`).
        severity: 1 notice .. 4 severe.
        title_zh, title_en: one sentence; no name or number of a private person.
        to: whom; nobody found there means that the policy of its kind is asked at once.
        simulated: about simulated data; None: all is, in a demo.
    Raises:
        InvalidInput.
    """
    draft = NoticeDraft(
        kind=kind,
        subject=subject,
        severity=severity,
        title_zh=title_zh,
        title_en=title_en,
        to=to,
        dedup_key=dedup_key,
        simulated=simulated,
    )
    return post_notices(at, [draft])[0]


def post_notices(at: datetime, drafts: Sequence[NoticeDraft]) -> list[Notice]:
    """Post many at once, in a number of queries that does not depend on how many.

    Returns:
        the notice of each draft; drafts of one matter share one.
    Raises:
        InvalidInput: one is wrong; none is posted.
    """
    kinds = notice_kinds(at.astimezone(SHANGHAI).date(), get_settings().city_code)
    for draft in drafts:
        _check(at, draft, kinds)
    if not drafts:
        return []
    with writing():
        directory = Directory(at)
        standing = _standing(at, drafts, kinds)
        notices: list[Notice] = []
        new: list[Notice] = []
        again: list[Notice] = []
        told: list[Told] = []
        steps = escalation_steps(at.astimezone(SHANGHAI).date(), get_settings().city_code)
        for draft in drafts:
            row = standing.get(draft.dedup_key) if draft.dedup_key else None
            first, louder = row is None, row is not None and draft.severity > row.severity
            if row is None:
                row = _new(at, draft, kinds[draft.kind], steps.get(kinds[draft.kind].policy, ()))
                new.append(row)
                if draft.dedup_key:
                    standing[draft.dedup_key] = row
            else:
                _count(at, row, draft)
                again.append(row)
            notices.append(row)
            told.append(Told(row, directory.find(draft.to), first, draft.to.otherwise, louder, draft.to.without))
        Notice.objects.bulk_create(new)
        _save_counts([row for row in again if row not in new])
        tell(at, directory, told, kinds, steps)
        if new:
            _record(at, new, told)
    return notices


def _new(at: datetime, draft: NoticeDraft, kind: NoticeKind, steps: tuple[EscalationStep, ...]) -> Notice:
    number, link = draft.subject[1], draft.subject[2]
    first = next((step for step in steps if step.step > 0 and draft.severity >= step.min_severity), None)
    return Notice(
        kind=draft.kind,
        severity=draft.severity,
        subject_kind=draft.subject[0],
        subject_number=number,
        link=link,
        title_zh=draft.title_zh,
        title_en=draft.title_en,
        region_code=draft.to.place,
        org=draft.to.org,
        dedup_key=draft.dedup_key,
        posted_at=at,
        last_at=at,
        stepped_at=at,
        policy=kind.policy,
        next_step_at=at + first.after if first is not None and kind.acknowledge else None,
        simulated=get_settings().mode is Mode.DEMO if draft.simulated is None else draft.simulated,
    )


def _count(at: datetime, row: Notice, draft: NoticeDraft) -> None:
    row.times += 1
    row.last_at = max(row.last_at, at)
    if draft.severity > row.severity:
        row.severity, row.title_zh, row.title_en = draft.severity, draft.title_zh, draft.title_en


def _save_counts(rows: Iterable[Notice]) -> None:
    unique = list({row.pk: row for row in rows}.values())
    Notice.objects.bulk_update(unique, ["times", "last_at", "severity", "title_zh", "title_en"], batch_size=500)


def _standing(at: datetime, drafts: Iterable[NoticeDraft], kinds: dict[str, NoticeKind]) -> dict[str, Notice]:
    keys = {draft.dedup_key: kinds[draft.kind] for draft in drafts if draft.dedup_key}
    if not keys:
        return {}
    oldest = at - max((kind.dedup for kind in keys.values()), default=timedelta(0))
    rows = Notice.objects.filter(Q(dedup_key__in=list(keys)), closed_at=None, posted_at__gt=oldest).order_by("id")
    return {row.dedup_key: row for row in rows if row.posted_at > at - keys[row.dedup_key].dedup}


def _record(at: datetime, new: Sequence[Notice], told: Iterable[Told]) -> None:
    people = {user for one in told for user in one.people}
    payload = {
        "count": len(new),
        "people": len(people),
        "subjects": [[row.kind, row.subject_kind, row.subject_number, row.severity] for row in new[:LISTED]],
    }
    first, last = new[0].pk, new[-1].pk
    record(SYSTEM_ACTOR, at, "notice.posted", ("notice", str(first) if first == last else f"{first}-{last}"), payload)


def _check(at: datetime, draft: NoticeDraft, kinds: dict[str, NoticeKind]) -> None:
    if at.tzinfo is None:
        raise InvalidInput("the time needs an offset", field="at", remedy="give an aware datetime")
    if draft.kind not in kinds:
        raise InvalidInput(
            f"there is no kind of notice {draft.kind}", field="kind", remedy=f"use one of: {', '.join(sorted(kinds))}"
        )
    if not LOWEST <= draft.severity <= HIGHEST:
        raise InvalidInput("severity is 1 to 4", field="severity", remedy="1 notice, 2 minor, 3 major, 4 severe")
    for name in ("title_zh", "title_en"):
        text = getattr(draft, name)
        if not text.strip() or len(text) > TITLE:
            raise InvalidInput(f"1 to {TITLE} characters are needed", field=name, remedy="say it in one sentence")
    link = draft.subject[2]
    if link and (not link.startswith("/") or link.startswith("//")):
        raise InvalidInput(f"{link} is no page of this installation", field="subject", remedy="a path such as /desk/")
