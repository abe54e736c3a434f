"""Tries a verb and takes it back: many cells of a table on one prepared city."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from qingtian.apps.accounts.actor import UNOFFICIAL, Actor, Grant
from qingtian.apps.accounts.roles import Role
from qingtian.apps.accounts.scope import region_contains
from qingtian.domain.errors import QingtianError

DONE, NOT_PERMITTED, NOT_VISIBLE = "done", "NotPermitted", "NotVisible"
SCOPES = {
    "everywhere": ("", ""),
    "its_district": ("420107", ""),
    "other_district": ("420106", ""),
    "its_enterprise": ("", "E-1"),
    "other_enterprise": ("", "E-2"),
}


class Undo(Exception):
    """Takes everything back."""


def outcome(job: Callable[[], object]) -> str:
    """`done`, or the class of the refusal; the database is as before in either case."""
    try:
        with transaction.atomic():
            job()
            raise Undo
    except Undo:
        return DONE
    except QingtianError as error:
        return type(error).__name__


def refusal(job: Callable[[], object]) -> QingtianError:
    """The error of a verb that must be refused."""
    try:
        with transaction.atomic():
            job()
            raise Undo
    except QingtianError as error:
        return error
    except Undo:
        raise AssertionError("the verb was not refused") from None


@contextmanager
def kept(blocker: Any) -> Iterator[None]:
    """A transaction around all tests of a module, taken back at its end."""
    with blocker.unblock():
        try:
            with transaction.atomic():
                yield
                raise Undo
        except Undo:
            pass


def people() -> Iterator[tuple[str, str, Actor]]:
    """Somebody of every role in every scope: role, scope and actor."""
    for role in Role:
        for scope, (region, org) in SCOPES.items():
            yield role.value, scope, Actor(None, f"{role}@{scope}", (Grant(role, region, org),))


def inside(role: str, scope: str) -> bool:
    """Whether the role is held for the enterprise E-1 in 420107."""
    region, org = SCOPES[scope]
    if role == Role.ENTERPRISE_USER:
        return org == "E-1"
    return region_contains(region, "420107") and org in ("", "E-1")


def sees(role: str, scope: str) -> bool:
    """Whether the governance state of E-1 is shown."""
    return inside(role, scope) and (role == Role.ENTERPRISE_USER or Role(role) not in UNOFFICIAL)
