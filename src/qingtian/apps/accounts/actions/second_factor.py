"""Verbs: enrol a second factor, give it up, or take it from somebody who lost it."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor, actor_of
from qingtian.apps.accounts.models import RecoveryCode, SecondFactor, User
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.apps.accounts.proofs import digest_of, factor_secret, new_nonce, new_recovery_codes
from qingtian.apps.accounts.second_factor import enrolled_factor, must_have_factor, proves
from qingtian.apps.accounts.totp import matching_step
from qingtian.apps.journal.record import record, writing
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible

WRONG = {"field": "code", "remedy": "type the six digits that the generator shows now; check the clock of the phone"}


def begin_second_factor(user: User) -> bytes:
    """A new secret for a generator; it counts once a first code has proven it.

    Raises:
        Conflict: there is one already.
    """
    with writing():
        if enrolled_factor(user):
            raise Conflict("there is a second factor already", field="second_factor", remedy="give it up first")
        factor, _ = SecondFactor.objects.update_or_create(user=user, defaults={"nonce": new_nonce(), "last_step": 0})
    return factor_secret(factor)


def confirm_second_factor(user: User, at: datetime, code: str, *, now: datetime) -> list[str]:
    """Take a generator whose first code is right; gives the recovery codes, this once.

    Args:
        at: city time, for the journal.
        now: the machine's time, by which the code is reckoned.
    Raises:
        Conflict: enrolment was not begun, or is done.
        InvalidInput: the code is wrong.
    """
    with writing():
        factor = SecondFactor.objects.select_for_update().filter(user=user, confirmed_at=None).first()
        if factor is None:
            raise Conflict("no enrolment is open", field="second_factor", remedy="begin it again")
        step = matching_step(factor_secret(factor), code, now)
        if step is None:
            raise InvalidInput("this is not the code of now", **WRONG)
        factor.confirmed_at, factor.last_step = now, step
        factor.save()
        codes = _renewed_codes(user)
        record(actor_of(user), at, "user.factor_enrolled", user, {"recovery_codes": len(codes)})
    return codes


def renew_recovery_codes(user: User, at: datetime, code: str, *, now: datetime) -> list[str]:
    """New recovery codes in the place of the old ones.

    Raises:
        InvalidInput: the code is wrong.
    """
    with writing():
        _prove(user, code, now)
        codes = _renewed_codes(user)
        record(actor_of(user), at, "user.recovery_codes_renewed", user, {"recovery_codes": len(codes)})
    return codes


def give_up_second_factor(user: User, at: datetime, code: str, *, now: datetime) -> None:
    """Give up one's own generator.

    Raises:
        InvalidInput: the code is wrong.
        NotPermitted: a role of the account needs one.
    """
    with writing():
        who = actor_of(user)
        if must_have_factor(who):
            raise NotPermitted(
                "your role needs a second factor", field="second_factor", remedy="enrol another phone by recovery"
            )
        _prove(user, code, now)
        _forget(user)
        record(who, at, "user.factor_given_up", user)


def take_second_factor(actor: Actor, at: datetime, username: str, *, reason: str) -> User:
    """Take the generator of somebody who lost phone and recovery codes; he enrols anew.

    Raises:
        NotPermitted, NotVisible; Conflict: he has none.
    """
    with writing():
        role = require_in_city(actor, Verb.MANAGE_ACCOUNTS)
        if username in actor.persons:
            raise NotPermitted("nobody takes his own second factor", field="username", remedy="ask a colleague")
        if not reason.strip():
            raise InvalidInput("say why", field="reason", remedy="tell how you made sure who asks")
        user = User.objects.filter(username=username).first()
        if user is None:
            raise NotVisible(f"there is no user {username}", field="username", remedy="choose one of the list")
        if enrolled_factor(user) is None:
            raise Conflict(f"{username} has no second factor", field="second_factor", remedy="nothing to take")
        _forget(user)
        record(actor, at, "user.factor_taken", user, {"reason": reason.strip()}, role=role)
    return user


def _prove(user: User, code: str, now: datetime) -> None:
    if not proves(user, code, now):
        raise InvalidInput("this is not the code of now", **WRONG)


def _forget(user: User) -> None:
    SecondFactor.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()


def _renewed_codes(user: User) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    codes = new_recovery_codes()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=digest_of(code)) for code in codes)
    return codes
