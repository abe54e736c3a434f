"""Accounts, the matrix of rights, who read what, grids."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from qingtian.apps.accounts.actions.end_sessions import end_all_sessions
from qingtian.apps.accounts.actions.second_factor import take_second_factor
from qingtian.interfaces.api.account_filters import (
    PointQuery,
    ReadExport,
    ReadFilters,
    UserAccountExport,
    UserAccountFilters,
)
from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.present import accounts as present
from qingtian.interfaces.api.present import reads as read_by
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas import accounts as out
from qingtian.runtime.clock import current_clock, real_now

router = Router(tags=["accounts"])


@router.get("/accounts", response=reads(out.UserAccountPage), summary="Accounts")
def list_accounts(request: HttpRequest, filters: Query[UserAccountFilters]) -> out.UserAccountPage:
    """For those who look after accounts; sort by username, display_name, seen_at."""
    return present.account_page(actor(request), filters)


@router.get("/accounts/export.csv", summary="Accounts as a table")
def export_accounts(request: HttpRequest, filters: Query[UserAccountExport]) -> HttpResponse:
    """The list as CSV."""
    return present.accounts_csv(actor(request), current_clock().now(), filters)


@router.post("/accounts", response=writes(out.UserAccountDetail, 201), summary="Give somebody an account")
def make_account(request: HttpRequest, data: out.UserAccountIn) -> Status[out.UserAccountDetail]:
    """With roles in their scopes."""
    return Status(201, present.make_account(actor(request), current_clock().now(), data))


@router.get("/accounts/{username}", response=reads(out.UserAccountDetail), summary="One account")
def account(request: HttpRequest, username: str) -> out.UserAccountDetail:
    """Roles, second factor, browsers, keys, deputies, and what happened to it."""
    return present.account_detail(actor(request), username)


@router.patch("/accounts/{username}", response=writes(out.UserAccountDetail), summary="Change an account")
def change_account(request: HttpRequest, username: str, data: out.UserAccountPatch) -> out.UserAccountDetail:
    """Names, roles, password, activity. Nobody changes his own rights."""
    return present.change_account(actor(request), current_clock().now(), username, data)


@router.post(
    "/accounts/{username}/take-second-factor", response=writes(out.UserAccountDetail), summary="For who lost the phone"
)
def take_factor(request: HttpRequest, username: str, data: out.ReasonOnly) -> out.UserAccountDetail:
    """He enrols anew; say how you made sure who asks."""
    who = actor(request)
    take_second_factor(who, current_clock().now(), username, reason=data.reason)
    return present.account_detail(who, username)


@router.post("/accounts/{username}/end-sessions", response=writes(out.EndedOut), summary="Sign somebody out everywhere")
def end_sessions(request: HttpRequest, username: str) -> out.EndedOut:
    """Of all browsers; keys of programs are revoked one by one."""
    ended = end_all_sessions(actor(request), current_clock().now(), username, now=real_now())
    return out.EndedOut(ended=ended)


@router.get("/rights", response=reads(out.RightsOut), summary="The matrix role x object x action")
def rights(request: HttpRequest) -> out.RightsOut:
    """As the code has it; `docs/rights.md` is made from the same table."""
    return present.rights()


@router.get("/reads", response=reads(out.ReadPage), summary="Who read identities, originals and exports")
def list_reads(request: HttpRequest, filters: Query[ReadFilters]) -> out.ReadPage:
    """For auditors and supervisors, the newest first."""
    return read_by.read_page(actor(request), filters)


@router.get("/reads/export.csv", summary="Such reads as a table")
def export_reads(request: HttpRequest, filters: Query[ReadExport]) -> HttpResponse:
    """The list as CSV."""
    return read_by.reads_csv(actor(request), current_clock().now(), filters)


@router.get("/grids/at", response=reads(out.GridOut), summary="The grid that holds a point")
def grid_at(request: HttpRequest, point: Query[PointQuery]) -> out.GridOut:
    """With those who look after it, as far as the reader may see them."""
    return present.grid_at(actor(request), current_clock().now(), point)
