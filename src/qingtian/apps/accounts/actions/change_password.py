"""Verb: change one's own password."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actions.create_user import check_password
from qingtian.apps.accounts.actor import actor_of
from qingtian.apps.accounts.models import User
from qingtian.apps.journal.record import record, writing
from qingtian.domain.errors import InvalidInput


def change_password(user: User, at: datetime, *, old: str, new: str) -> User:
    """Change one's own password; the journal keeps that it was changed and never what it is.

    Raises:
        InvalidInput: the old one is wrong, or the new one breaks a rule.
    """
    if not user.check_password(old):
        raise InvalidInput("the old password is wrong", field="old", remedy="type the one that you sign in with")
    if old == new:
        raise InvalidInput("the new password is the old one", field="new", remedy="choose another")
    check_password(new, user, field="new")
    with writing():
        row = User.objects.select_for_update().get(pk=user.pk)
        row.set_password(new)
        row.save(update_fields=["password"])
        record(actor_of(row), at, "user.changed", row, {"new_password": True})
    return row
