"""People of a duty room, how they are reached, and a notice for them."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from tests.apps.city import NOW, account

from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.roles import Role
from qingtian.apps.notices.actions.post_notice import NoticeDraft, post_notice
from qingtian.apps.notices.models import Contact, Notice
from qingtian.apps.notices.people import Recipients


def officer(name: str = "duty", *roles: Role, region: str = "420100", **contact: Any) -> User:
    """Somebody with a role and a way to be reached."""
    account(name, *(roles or (Role.HANDLER,)), region=region)
    user = User.objects.get(username=name)
    if contact:
        Contact.objects.create(user=user, **contact)
    return user


def reached(name: str = "duty", *roles: Role, quiet: tuple[int, int] | None = None, **contact: Any) -> User:
    """Somebody with an e-mail address, perhaps with quiet hours (from, until)."""
    if quiet:
        contact |= {"quiet_from": time(quiet[0]), "quiet_until": time(quiet[1])}
    return officer(name, *roles, **({"email": f"{name}@example.org", "channels": ["email"]} | contact))


def draft(*names: str, **more: Any) -> NoticeDraft:
    """A notice about a case for some people."""
    fields: dict[str, Any] = {
        "kind": "case_assigned",
        "subject": ("case", "C-2025-000001", "/desk/cases/1"),
        "severity": 2,
        "title_zh": "案件已分派给你",
        "title_en": "a case was assigned to you",
        "to": Recipients(usernames=names),
    }
    return NoticeDraft(**(fields | more))


def post(*names: str, at: datetime = NOW, **more: Any) -> Notice:
    """Post it."""
    one = draft(*names, **more)
    return post_notice(
        at,
        kind=one.kind,
        subject=one.subject,
        severity=one.severity,
        title_zh=one.title_zh,
        title_en=one.title_en,
        to=one.to,
        dedup_key=one.dedup_key,
    )
