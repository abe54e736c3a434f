"""Putting notices into inboxes and into the outbox; inside `writing()`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from qingtian.apps.accounts.roles import Role
from qingtian.apps.notices.models import Contact, Notice, Outgoing, Receipt
from qingtian.apps.notices.people import Directory, ids_of
from qingtian.apps.notices.states import Reason
from qingtian.domain.notices import Channel, EscalationStep, NoticeKind, Quiet, TargetForm
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.live import Topic, publish
from qingtian.runtime.settings import get_settings

BATCH = 2000
Steps = Mapping[str, Sequence[EscalationStep]]


@dataclass(frozen=True, slots=True)
class Told:
    """Whom a notice goes to now.

    Args:
        people: primary keys of users, and why.
        new: it was not there before: endpoints get it too.
        otherwise: roles at the place that get it when nobody else is found.
        again: it has become more severe: who has it already is told again.
        without: usernames of those who are not told, whoever names them.
    """

    notice: Notice
    people: Mapping[int, Reason]
    new: bool
    otherwise: tuple[Role, ...] = ()
    again: bool = False
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """Whom one step names."""

    people: dict[int, Reason]
    endpoints: tuple[str, ...]


def named_by(directory: Directory, step: EscalationStep, region_code: str) -> Named:
    """People and endpoints of a step, for a notice about a place; only endpoints that are configured."""
    people: dict[int, Reason] = {}
    endpoints = []
    for target in step.targets:
        if target.form is TargetForm.ENDPOINT:
            endpoints += [target.name] if target.name in get_settings().notice_endpoints else []
        elif target.form is TargetForm.ROLE:
            people |= dict.fromkeys(directory.holders((Role(target.name),), region_code), Reason.ROLE)
        else:
            people |= dict.fromkeys(directory.on_duty((target.name or "*",), region_code), Reason.ON_DUTY)
    return Named(people, tuple(endpoints))


def tell(
    at: datetime, directory: Directory, told: Sequence[Told], kinds: Mapping[str, NoticeKind], steps: Steps
) -> None:
    """Fill inboxes and outbox for notices that were just posted, with those whom step 0 of the policy names."""
    places: dict[tuple[str, str], Named] = {}
    lines: list[Line] = []
    for one in told:
        row, kind = one.notice, kinds[one.notice.kind]
        first = next((step for step in steps.get(row.policy, ()) if step.step == 0), None)
        extra = Named({}, ())
        if first is not None and row.severity >= first.min_severity:
            where = (row.policy, row.region_code)
            if where not in places:
                places[where] = named_by(directory, first, row.region_code)
            extra = places[where]
        people = {**extra.people, **one.people}
        for out in ids_of(one.without) if one.without else ():
            people.pop(out, None)
        if not people and one.otherwise:
            people = dict.fromkeys(directory.holders(one.otherwise, row.region_code), Reason.ROLE)
        if not people and row.next_step_at is not None:
            row.next_step_at = at  # nobody to tell: the next step at once
            Notice.objects.filter(pk=row.pk).update(next_step_at=at)
        endpoints = extra.endpoints if one.new or one.again else ()
        lines.append(Line(row, people, kind.channels, endpoints, 0, again=one.again))
    enqueue(at, lines, kinds)


@dataclass(frozen=True, slots=True)
class Line:
    """One notice for some people and endpoints.

    Args:
        channels: ways to the people, beside the inbox.
        step: of the policy that brings it to them.
        pressing: every way is used for which there is an address, whatever they chose.
        again: also those who have it already are told.
    """

    notice: Notice
    people: Mapping[int, Reason]
    channels: tuple[str, ...]
    endpoints: tuple[str, ...]
    step: int
    pressing: bool = False
    again: bool = False


def enqueue(at: datetime, lines: Sequence[Line], kinds: Mapping[str, NoticeKind]) -> int:
    """Write receipts and outgoing rows; who has a notice already does not get it twice.

    Returns:
        how many receipts are new.
    """
    have = _have(lines)
    users = {user for line in lines for user in line.people}
    contacts = {row.user_id: row for row in Contact.objects.filter(user_id__in=users)}
    receipts, outgoing = [], []
    for line in lines:
        for user, reason in line.people.items():
            known = (line.notice.pk, user) in have
            if not known:
                have.add((line.notice.pk, user))
                receipts.append(
                    Receipt(notice=line.notice, user_id=user, reason=reason, step=line.step, received_at=at)
                )
            if not known or line.again or line.step:
                outgoing += _to_person(at, line, contacts.get(user), kinds)
        outgoing += [_to_endpoint(at, line, name, kinds) for name in line.endpoints]
    Receipt.objects.bulk_create(receipts, batch_size=BATCH)
    if again := {line.notice.pk for line in lines if line.again}:
        Receipt.objects.filter(notice_id__in=again).update(read_at=None)
    Outgoing.objects.bulk_create(outgoing, batch_size=BATCH)
    if users:
        publish(Topic.NOTICES, sorted(users), at)
    return len(receipts)


def quiet_of(contact: Contact) -> Quiet | None:
    """The quiet hours of somebody."""
    if contact.quiet_from is None or contact.quiet_until is None:
        return None
    return Quiet(contact.quiet_from, contact.quiet_until, contact.quiet_passes)


def addresses(contact: Contact) -> dict[str, str]:
    """Addresses by way."""
    known = {Channel.EMAIL.value: contact.email, Channel.SMS.value: contact.phone}
    return {channel: address for channel, address in known.items() if address}


def _have(lines: Iterable[Line]) -> set[tuple[int, int]]:
    old = [line.notice.pk for line in lines]
    return set(Receipt.objects.filter(notice_id__in=old).values_list("notice_id", "user_id"))


def _to_person(at: datetime, line: Line, contact: Contact | None, kinds: Mapping[str, NoticeKind]) -> list[Outgoing]:
    if contact is None:
        return []
    severity = line.notice.severity
    ready = at + kinds[line.notice.kind].gather
    quiet = quiet_of(contact)
    not_before = quiet.until(ready.astimezone(SHANGHAI), severity) if quiet else ready
    return [
        Outgoing(
            notice=line.notice,
            channel=channel,
            user_id=contact.user_id,
            step=line.step,
            queued_at=at,
            not_before=not_before,
            urgent=severity >= contact.quiet_passes,
        )
        for channel in line.channels
        if channel in addresses(contact) and (line.pressing or channel in contact.channels)
    ]


def _to_endpoint(at: datetime, line: Line, name: str, kinds: Mapping[str, NoticeKind]) -> Outgoing:
    return Outgoing(
        notice=line.notice,
        channel=Channel.ENDPOINT,
        endpoint=name,
        step=line.step,
        queued_at=at,
        not_before=at + kinds[line.notice.kind].gather,
    )
