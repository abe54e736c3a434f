"""Verbs: set up and retire a roster, add and end a rotation."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.record import record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.apps.rosters.models import Roster, RosterRotation
from qingtian.apps.rosters.queries import visible_roster
from qingtian.apps.rosters.schedule import value_of
from qingtian.apps.rosters.states import Coverage
from qingtian.domain.errors import Conflict, InvalidInput, NotVisible
from qingtian.domain.rosters import DayRule, Turn
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import Mode, get_settings

CODE = re.compile(r"[a-z][a-z0-9_-]{1,39}")
REGION = re.compile(r"\d{6}")
MOST_MEMBERS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterDraft:
    """A roster to set up.

    Args:
        simulated: of simulated people; None: all are, in a demo.
    """

    code: str
    name_zh: str
    name_en: str
    region_code: str = ""
    coverage: Coverage = Coverage.ALWAYS
    simulated: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationDraft:
    """A rotation to add; `domain.rosters.Rotation` says what each part means."""

    name_zh: str
    name_en: str
    starts: time
    minutes: int
    members: tuple[str, ...]
    first: date
    until: date | None = None
    days: DayRule = DayRule.ALL
    weekdays: tuple[int, ...] = ()
    every: int = 1
    turn: Turn = Turn.DAYS


def set_up_roster(actor: Actor, at: datetime, draft: RosterDraft) -> Roster:
    """Set up a roster for a place.

    Raises:
        NotPermitted, InvalidInput; Conflict when the code is taken.
    """
    region = draft.region_code or get_settings().city_code
    _check(draft, region)
    with writing():
        role = require(actor, Verb.KEEP_ROSTER, region_code=region)
        if Roster.objects.filter(code=draft.code).exists():
            raise Conflict(f"{draft.code} is taken", field="code", remedy="choose another code")
        row = Roster.objects.create(
            code=draft.code,
            name_zh=draft.name_zh.strip(),
            name_en=draft.name_en.strip(),
            region_code=region,
            coverage=draft.coverage,
            made_at=at,
            made_by=actor.username,
            simulated=get_settings().mode is Mode.DEMO if draft.simulated is None else draft.simulated,
        )
        record(actor, at, "roster.set_up", row, {"code": row.code, "region": region}, role=role)
    return row


def retire_roster(actor: Actor, at: datetime, code: str, *, reason: str) -> Roster:
    """Nobody is on duty on it any more; its history stays.

    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when it is retired already.
    """
    with writing():
        row, role = kept(actor, code)
        if not reason.strip():
            raise InvalidInput("a reason is needed", field="reason", remedy="say why it is no longer held")
        row.retired_at = at
        row.save(update_fields=["retired_at"])
        record(actor, at, "roster.retired", row, {"code": row.code, "reason": reason.strip()[:300]}, role=role)
    return row


def add_rotation(actor: Actor, at: datetime, code: str, draft: RotationDraft) -> RosterRotation:
    """Add people who take turns at one shift.

    Raises:
        NotVisible, NotPermitted; InvalidInput names the part that is wrong, and members who are no active officials.
    """
    check_lengths(RosterRotation, name_zh=draft.name_zh, name_en=draft.name_en)
    with writing():
        roster, role = kept(actor, code)
        row = RosterRotation(
            roster=roster,
            name_zh=_named("name_zh", draft.name_zh),
            name_en=_named("name_en", draft.name_en),
            starts=draft.starts,
            minutes=draft.minutes,
            members=list(draft.members),
            first=draft.first,
            until=draft.until,
            days=draft.days,
            weekdays=sorted(set(draft.weekdays)),
            every=draft.every,
            turn=draft.turn,
            added_at=at,
            added_by=actor.username,
        )
        value_of(row)
        check_people(draft.members, "members")
        if len(draft.members) > MOST_MEMBERS:
            raise InvalidInput(f"at most {MOST_MEMBERS} take turns", field="members", remedy="split the roster")
        row.save()
        payload = {"code": code, "rotation": row.pk, "members": row.members, "first": row.first.isoformat()}
        record(actor, at, "roster.rotation_added", roster, payload, role=role)
    return row


def end_rotation(actor: Actor, at: datetime, code: str, rotation_id: int, *, until: date) -> RosterRotation:
    """From a day on it no longer holds; what was before stays on record.

    Raises:
        NotVisible, NotPermitted; InvalidInput when the day lies in the past or before its first.
    """
    with writing():
        roster, role = kept(actor, code)
        row = RosterRotation.objects.select_for_update().filter(roster=roster, pk=rotation_id).first()
        if row is None:
            raise NotVisible(f"there is no rotation {rotation_id}", field="rotation", remedy="choose one of the roster")
        if until < at.astimezone(SHANGHAI).date():
            raise InvalidInput("what was on duty stays so", field="until", remedy="give today or a later day")
        replace(value_of(row), until=until)
        row.until = until
        row.save(update_fields=["until"])
        payload = {"code": code, "rotation": row.pk, "until": until.isoformat()}
        record(actor, at, "roster.rotation_ended", roster, payload, role=role)
    return row


def kept(actor: Actor, code: str) -> tuple[Roster, Role]:
    """A roster that the actor may change, and by which role.

    Raises:
        NotVisible, NotPermitted; Conflict when it is retired.
    """
    row = visible_roster(actor, code)
    role = require(actor, Verb.KEEP_ROSTER, region_code=row.region_code)
    if row.retired_at is not None:
        raise Conflict(f"{code} is retired", field="roster", remedy="set up another")
    return row, role


def check_people(usernames: tuple[str, ...], field: str) -> None:
    """Refuse names that are no active officials.

    Raises:
        InvalidInput: names them.
    """
    from qingtian.apps.accounts.actor import UNOFFICIAL

    found = User.objects.filter(username__in=usernames, is_active=True).exclude(roles=None)
    known = set(found.exclude(roles__role__in=UNOFFICIAL).values_list("username", flat=True))
    if unknown := sorted(set(usernames) - known):
        raise InvalidInput(
            f"no active official: {', '.join(unknown)[:200]}", field=field, remedy="name accounts with an official role"
        )


def _named(field: str, text: str) -> str:
    if not text.strip():
        raise InvalidInput("a name is needed", field=field, remedy="give a short name")
    return text.strip()


def _check(draft: RosterDraft, region: str) -> None:
    check_lengths(Roster, name_zh=draft.name_zh, name_en=draft.name_en)
    _named("name_zh", draft.name_zh)
    _named("name_en", draft.name_en)
    if not CODE.fullmatch(draft.code):
        raise InvalidInput(f"{draft.code[:40]} is no code", field="code", remedy="a-z, 0-9, - and _, 2 to 40 of them")
    if not REGION.fullmatch(region):
        raise InvalidInput(f"{region[:20]} is no region", field="region_code", remedy="six digits of GB/T 2260")
