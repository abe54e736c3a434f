"""Who can be named on a case."""

from __future__ import annotations

from qingtian.apps.accounts.actor import actor_of
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.permissions import Verb, may
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import InvalidInput


def check_responsible(username: str, obj: RegistryObject) -> None:
    """Refuse a responsible person who could not work on a case about this object; empty means nobody yet.

    Raises:
        InvalidInput: names the reason.
    """
    if not username:
        return
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise InvalidInput(f"there is no active user {username}", field="responsible", remedy="name a colleague")
    actor = actor_of(user)
    if not may(actor, Verb.MOVE_CASE, region_code=obj.region_code, enterprise_code=obj.enterprise_code):
        raise InvalidInput(
            f"{username} has no role for {obj.name}", field="responsible", remedy="name somebody with a role there"
        )
