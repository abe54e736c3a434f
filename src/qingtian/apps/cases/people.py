"""Who can be named on a case."""

from __future__ import annotations

from collections.abc import Collection

from qingtian.apps.accounts.actor import actor_of
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.permissions import Verb, may
from qingtian.domain.errors import InvalidInput


def check_responsible(
    username: str, *, region_code: str, enterprise_code: str = "", case_type: str = "", orgs: Collection[str] = ()
) -> None:
    """Refuse a responsible person who could not work on a case there; empty means nobody yet.

    Raises:
        InvalidInput: names the reason.
    """
    if not username:
        return
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise InvalidInput(f"there is no active user {username}", field="responsible", remedy="name a colleague")
    scope = {"region_code": region_code, "enterprise_code": enterprise_code, "case_type": case_type}
    if not may(actor_of(user), Verb.MOVE_CASE, **scope, orgs=orgs):
        raise InvalidInput(
            f"{username} has no role for {region_code or 'the city'}",
            field="responsible",
            remedy="name somebody with a role there",
        )
