"""Verb: somebody signs in, is refused, or signs out; the journal keeps all three and never a password."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from qingtian.apps.accounts.actor import PUBLIC_ACTOR, Actor, actor_of
from qingtian.apps.accounts.models import User
from qingtian.apps.journal.models import Event
from qingtian.apps.journal.record import record
from qingtian.domain.errors import NotPermitted

LONGEST_NAME = 150  # as long as the name of an account can be


class Way(StrEnum):
    """How somebody proved who he is."""

    PASSWORD = "password"  # noqa: S105  a word, no secret
    DEMO = "demo"  # a simulated account, entered without a password
    FACTOR = "factor"  # a password and a second factor
    PROVIDER = "provider"  # a provider of identities vouched


class Refusal(StrEnum):
    """Why somebody was not let in."""

    WRONG = "name_or_password_wrong"
    WAIT = "too_many_attempts"
    CODE = "code_wrong"
    PROVIDER = "provider_refused"


def sign_in(at: datetime, user: User, way: Way) -> Event:
    """Write down that somebody is in.

    Raises:
        NotPermitted: the account is not active.
    """
    if not user.is_active:
        raise NotPermitted(f"{user.username} is not active", field="username", remedy="ask the data steward")
    return record(actor_of(user), at, "session.opened", user, {"way": way.value})


def sign_out(actor: Actor, at: datetime) -> Event:
    """Write down that somebody left."""
    return record(actor, at, "session.closed", ("user", str(actor.user_id or "")))


def refuse_sign_in(at: datetime, username: str, reason: Refusal, *, left_out: int = 0) -> Event:
    """Write down a refused attempt under the name that was tried.

    Args:
        username: what was typed; it need not be the name of an account.
        left_out: refusals since the last one written down that were too many to write down.
    """
    tried = username[:LONGEST_NAME]
    user_id = User.objects.filter(username=tried).values_list("pk", flat=True).first()
    payload = {"username": tried, "reason": reason.value, "left_out": left_out}
    return record(PUBLIC_ACTOR, at, "session.refused", ("user", str(user_id or "")), payload)
