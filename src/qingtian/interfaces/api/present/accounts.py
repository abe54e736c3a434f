"""Accounts for those who look after them; the matrix of rights; grids."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import HttpResponse

from qingtian.apps.accounts.actions.change_user import Names, change_user
from qingtian.apps.accounts.actions.create_user import UserDraft, create_user
from qingtian.apps.accounts.actor import Actor, Grant
from qingtian.apps.accounts.listing import AccountsWanted, account, accounts
from qingtian.apps.accounts.models import ApiKey, Delegation, User
from qingtian.apps.accounts.permissions import Verb, may
from qingtian.apps.accounts.rights import OBJECTS, action_rights, sight_rights
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.models import Event
from qingtian.apps.registry.grids import grid_of, keepers_of
from qingtian.apps.registry.models import RegistryObject
from qingtian.apps.registry.veil import veiled
from qingtian.interfaces.api.account_filters import PointQuery, UserAccountExport, UserAccountFilters
from qingtian.interfaces.api.paging import paged_rows
from qingtian.interfaces.api.present import me
from qingtian.interfaces.api.present.exports import answer, bounded
from qingtian.interfaces.api.present.places import PlaceNames
from qingtian.interfaces.api.schemas import accounts as out
from qingtian.interfaces.api.schemas.meta import GrantOut
from qingtian.runtime.settings import get_settings

SORTABLE = {"username": "username", "display_name": "display_name", "seen_at": "seen_at"}
SHOWN_EVENTS = 50
COLUMNS = {
    "username": lambda row: row.username,
    "display_name": lambda row: row.display_name,
    "active": lambda row: row.active,
    "roles": lambda row: " ".join(":".join(filter(None, one.model_dump().values())) for one in row.grants),
    "second_factor": lambda row: row.second_factor,
    "seen_at": lambda row: row.seen_at,
    "simulated": lambda row: row.simulated,
}


def account_page(actor: Actor, filters: UserAccountFilters) -> out.UserAccountPage:
    """A page of accounts.

    Raises:
        NotPermitted: names the roles that may.
    """
    page, total = paged_rows(accounts(actor, _wanted(filters)), filters, SORTABLE)
    items = [out.UserAccountRow(**_row(user)) for user in page]
    return out.UserAccountPage(items=items, total=total, page=filters.page, page_size=filters.page_size)


def accounts_csv(actor: Actor, now: datetime, filters: UserAccountExport) -> HttpResponse:
    """Accounts that match, one line each."""
    rows = [out.UserAccountRow(**_row(user)) for user in bounded(accounts(actor, _wanted(filters)))]
    return answer("accounts", now, COLUMNS, rows, bom=filters.bom)


def account_detail(actor: Actor, username: str) -> out.UserAccountDetail:
    """One account with everything that opens the door for it.

    Raises:
        NotPermitted, NotVisible.
    """
    user = account(actor, username)
    manages = may(actor, Verb.MANAGE_ACCOUNTS, region_code=get_settings().city_code)
    ties = Delegation.objects.filter(Q(principal=user) | Q(deputy=user)).select_related("principal", "deputy")
    keys = ApiKey.objects.filter(owner=user).select_related("owner").order_by("-pk")
    return out.UserAccountDetail(
        **_row(user),
        card_number=user.card_number,
        has_password=user.has_usable_password(),
        identities=[one.issuer for one in user.identities.all()],
        sessions=me.browsers_out(user, ""),
        keys=me.keys_out(keys),
        delegations=me.delegations_out(actor, ties.order_by("-starts_at"), manages=manages),
        events=_events(user),
        may_manage=manages and username not in actor.persons,
    )


def make_account(actor: Actor, at: datetime, given: out.UserAccountIn) -> out.UserAccountDetail:
    """A new account.

    Raises:
        NotPermitted, InvalidInput, Conflict.
    """
    draft = UserDraft(
        given.username,
        _grants(given.grants) or (),
        given.password,
        given.display_name,
        given.display_name_en,
        given.card_number,
    )
    return account_detail(actor, create_user(actor, at, draft).username)


def change_account(actor: Actor, at: datetime, username: str, given: out.UserAccountPatch) -> out.UserAccountDetail:
    """Change what was given.

    Raises:
        NotPermitted, NotVisible, InvalidInput.
    """
    names = Names(given.display_name, given.display_name_en, given.card_number)
    change_user(
        actor,
        at,
        username,
        password=given.password,
        grants=_grants(given.grants),
        active=given.active,
        names=names,
    )
    return account_detail(actor, username)


def rights() -> out.RightsOut:
    """The matrix role x object x action, as the code has it."""
    return out.RightsOut(
        roles=[role.value for role in Role],
        actions=[
            out.RightRow(
                object_type=row.object_type,
                object_zh=OBJECTS[row.object_type][0],
                object_en=OBJECTS[row.object_type][1],
                verb=row.verb.value,
                action_zh=row.zh,
                action_en=row.en,
                cells={role.value: role in row.roles for role in Role},
            )
            for row in action_rights()
        ],
        sights=[
            out.SightRow(
                object_type=row.object_type,
                object_zh=row.zh,
                object_en=row.en,
                cells={role.value: sight.value for role, sight in row.cells.items()},
            )
            for row in sight_rights()
        ],
    )


def grid_at(actor: Actor, now: datetime, point: PointQuery) -> out.GridOut:
    """The grid that holds a point, and its keepers, as far as the reader may see them."""
    found = grid_of((point.lon, point.lat), now)
    visible = RegistryObject.objects.visible_to(actor)
    if found is None or not visible.filter(pk=found.pk).exists():
        return out.GridOut(grid=None, keepers=[])
    keepers = [veiled(actor, row) for row in keepers_of(found, now)]
    return out.GridOut(
        grid=PlaceNames([found]).place(found),
        keepers=[
            out.KeeperOut(type=row.type, code=row.code, name=row.name, phone=str(row.attributes.get("phone", "")))
            for row in keepers
        ],
    )


def _wanted(filters: UserAccountFilters) -> AccountsWanted:
    return AccountsWanted(
        text=filters.q or "",
        role=filters.role.value if filters.role else "",
        region=filters.region or "",
        org=filters.org or "",
        active=filters.active,
        factor=filters.second_factor,
    )


def _row(user: User) -> dict[str, Any]:
    rows = sorted(user.roles.all(), key=lambda one: one.pk)
    return {
        "username": user.username,
        "display_name": user.display_name or user.username,
        "display_name_en": user.display_name_en or user.display_name or user.username,
        "roles": sorted({row.role for row in rows}),
        "active": user.is_active,
        "simulated": user.simulated,
        "grants": [
            GrantOut(role=row.role, region_code=row.region_code, org=row.org, case_type=row.case_type) for row in rows
        ],
        "second_factor": user.has_factor,  # type: ignore[attr-defined]  # annotated by `listing`
        "seen_at": user.seen_at,  # type: ignore[attr-defined]
    }


def _grants(given: Iterable[out.GrantIn] | None) -> tuple[Grant, ...] | None:
    if given is None:
        return None
    return tuple(Grant(one.role, one.region_code, one.org, one.case_type) for one in given)


def _events(user: User) -> list[out.UserAccountEvent]:
    rows = Event.objects.filter(object_type="user", object_id=str(user.pk)).order_by("-seq")[:SHOWN_EVENTS]
    return [
        out.UserAccountEvent(at=row.at, type=row.type, actor=row.actor, detail=_detail(row.payload)) for row in rows
    ]


def _detail(payload: dict[str, object]) -> str:
    return "; ".join(f"{name}: {value}" for name, value in payload.items())
