"""Verbs: sign browsers out that one no longer holds in one's hand."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor, actor_of
from qingtian.apps.accounts.browsers import browsers_of, end
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.apps.journal.record import record, writing
from qingtian.domain.errors import NotVisible


def end_session(user: User, at: datetime, session_id: int, *, now: datetime) -> None:
    """Sign out one of one's own browsers.

    Raises:
        NotVisible: there is none.
    """
    with writing():
        if not end(browsers_of(user).filter(pk=session_id), now):
            raise NotVisible(f"there is no session {session_id}", field="session", remedy="choose one of the list")
        record(actor_of(user), at, "session.ended", user, {"sessions": 1})


def end_other_sessions(user: User, at: datetime, kept: str, *, now: datetime) -> int:
    """Sign out all of one's browsers but this one; gives how many.

    Args:
        kept: session key of this browser.
    """
    with writing():
        ended = end(browsers_of(user).exclude(session_key=kept), now)
        if ended:
            record(actor_of(user), at, "session.ended", user, {"sessions": ended})
    return ended


def end_all_sessions(actor: Actor, at: datetime, username: str, *, now: datetime) -> int:
    """Sign somebody out everywhere; gives of how many browsers.

    Raises:
        NotPermitted, NotVisible.
    """
    with writing():
        role = require_in_city(actor, Verb.MANAGE_ACCOUNTS)
        user = User.objects.filter(username=username).first()
        if user is None:
            raise NotVisible(f"there is no user {username}", field="username", remedy="choose one of the list")
        ended = end(browsers_of(user), now)
        record(actor, at, "session.ended", user, {"sessions": ended, "username": username}, role=role)
    return ended
