"""Whether somebody has a second factor, needs one, and has just proven it."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.models import RecoveryCode, SecondFactor, User
from qingtian.apps.accounts.proofs import factor_secret, same
from qingtian.apps.accounts.totp import matching_step
from qingtian.runtime.settings import get_settings


def enrolled_factor(user: User) -> SecondFactor | None:
    """The confirmed generator of an account."""
    return SecondFactor.objects.filter(user=user).exclude(confirmed_at=None).first()


def must_have_factor(actor: Actor) -> bool:
    """Whether a role of the actor may sign in with a second factor only (setting `second_factor_roles`)."""
    return bool(actor.roles & frozenset(get_settings().second_factor_roles))


def proves(user: User, code: str, now: datetime) -> bool:
    """Whether a code of the generator, or a recovery code, is right; it counts once.

    Call it inside `writing()`: two requests with one code must not both pass.

    Args:
        now: the machine's time.
    """
    factor = SecondFactor.objects.select_for_update().filter(user=user).exclude(confirmed_at=None).first()
    if factor is None:
        return False
    step = matching_step(factor_secret(factor), code, now, after=factor.last_step)
    if step is None:
        return _spend_recovery(user, code, now)
    factor.last_step = step
    factor.save(update_fields=["last_step"])
    return True


def recovery_left(user: User) -> int:
    """Recovery codes that are not used yet."""
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def _spend_recovery(user: User, code: str, now: datetime) -> bool:
    rows = RecoveryCode.objects.select_for_update().filter(user=user, used_at=None)
    row = next((one for one in rows if same(one.digest, code.strip().lower())), None)
    if row is None:
        return False
    row.used_at = now
    row.save(update_fields=["used_at"])
    return True
