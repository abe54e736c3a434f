"""Browsers that people signed in with: listed, and ended one by one or all others at once."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from qingtian.apps.accounts.models import User, UserSession

SEEN_EVERY = timedelta(minutes=5)  # how exact "last seen" is
LONGEST_AGENT = 200


def opened(user: User, session_key: str, way: str, *, now: datetime, address: str, agent: str) -> UserSession:
    """Remember a browser that has just signed in.

    Args:
        now: the machine's time.
    """
    UserSession.objects.filter(session_key=session_key).delete()
    return UserSession.objects.create(
        user=user,
        session_key=session_key,
        way=way,
        opened_at=now,
        seen_at=now,
        address=address[:64],
        agent=agent[:LONGEST_AGENT],
    )


def seen(session_key: str, now: datetime) -> None:
    """Remember that a browser is in use."""
    rows = UserSession.objects.filter(session_key=session_key, seen_at__lte=now - SEEN_EVERY)
    rows.update(seen_at=now)


def browsers_of(user: User) -> QuerySet[UserSession]:
    """Browsers that are still signed in, the last used first."""
    alive = Session.objects.values("session_key")
    return UserSession.objects.filter(user=user, ended_at=None, session_key__in=alive).order_by("-seen_at", "-pk")


def closed(session_key: str, now: datetime) -> None:
    """Remember that a browser signed out."""
    UserSession.objects.filter(session_key=session_key, ended_at=None).update(ended_at=now)


def end(rows: QuerySet[UserSession], now: datetime) -> int:
    """Sign browsers out: whatever they ask next, nobody is signed in. Gives how many."""
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    return UserSession.objects.filter(session_key__in=keys, ended_at=None).update(ended_at=now)
