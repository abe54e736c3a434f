from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.apps.city import NOW, account

from qingtian.apps.accounts.actions.second_factor import (
    begin_second_factor,
    confirm_second_factor,
    give_up_second_factor,
    renew_recovery_codes,
    take_second_factor,
)
from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Actor, actor_of
from qingtian.apps.accounts.models import RecoveryCode, SecondFactor, User
from qingtian.apps.accounts.roles import Role
from qingtian.apps.accounts.second_factor import enrolled_factor, must_have_factor, proves, recovery_left
from qingtian.apps.accounts.totp import STEP_S, hotp, matching_step, otpauth_uri, secret_text, step_at
from qingtian.apps.journal.models import Event
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible
from qingtian.runtime.settings import get_settings

REAL = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
STEP = timedelta(seconds=STEP_S)
RFC_SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_rfc_6238_appendix_b(seconds: int, code: str) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)

    assert hotp(RFC_SECRET, step_at(moment), digits=8) == code
    assert matching_step(RFC_SECRET, code[2:], moment) == seconds // 30


def test_a_code_of_the_neighbouring_step_counts_and_one_further_away_does_not() -> None:
    here = step_at(REAL)
    codes = [hotp(RFC_SECRET, here + shift) for shift in (-2, -1, 0, 1, 2)]

    assert [matching_step(RFC_SECRET, code, REAL) for code in codes] == [None, here - 1, here, here + 1, None]
    assert matching_step(RFC_SECRET, codes[2], REAL, after=here) is None
    assert matching_step(RFC_SECRET, f"{codes[2][:3]} {codes[2][3:]}", REAL) == here
    assert matching_step(RFC_SECRET, "", REAL) is None
    assert matching_step(RFC_SECRET, "١٢٣٤٥٦", REAL) is None


def test_the_address_for_the_picture_holds_nothing_that_needs_quoting() -> None:
    uri = otpauth_uri(RFC_SECRET, "王 wei&x=1", "Qingtian")

    assert uri.startswith("otpauth://totp/Qingtian:%E7%8E%8B%20wei%26x%3D1?secret=")
    assert "=" not in secret_text(b"12345")


@pytest.fixture
def user(db: None) -> User:
    return User.objects.get(pk=account("li", Role.INSPECTOR).user_id)


def enrol(user: User) -> tuple[bytes, list[str]]:
    secret = begin_second_factor(user)
    return secret, confirm_second_factor(user, NOW, hotp(secret, step_at(REAL)), now=REAL)


def code_at(secret: bytes, when: datetime) -> str:
    return hotp(secret, step_at(when))


def test_a_generator_counts_once_a_first_code_has_proven_it(user: User) -> None:
    secret = begin_second_factor(user)
    assert enrolled_factor(user) is None
    with pytest.raises(InvalidInput, match="not the code"):
        confirm_second_factor(user, NOW, "000000", now=REAL)

    codes = confirm_second_factor(user, NOW, code_at(secret, REAL), now=REAL)

    assert enrolled_factor(user) is not None
    assert len(set(codes)) == recovery_left(user) == 10
    event = Event.objects.get(type="user.factor_enrolled")
    assert (event.actor, event.payload) == ("li", {"recovery_codes": 10})


def test_a_code_lets_in_once(user: User) -> None:
    secret, _ = enrol(user)

    assert not proves(user, code_at(secret, REAL), REAL)  # the one that enrolled
    later = REAL + STEP
    assert proves(user, code_at(secret, later), later)
    assert not proves(user, code_at(secret, later), later)
    assert not proves(user, code_at(secret, REAL), later)  # an older one does not count after a newer one


def test_a_recovery_code_lets_in_once_whatever_the_case_of_its_letters(user: User) -> None:
    _, codes = enrol(user)

    assert proves(user, f" {codes[3].upper()} ", REAL)
    assert not proves(user, codes[3], REAL)
    assert recovery_left(user) == 9
    assert not proves(user, "zzzzz-zzzzz", REAL)


def test_new_recovery_codes_end_the_old_ones(user: User) -> None:
    secret, old = enrol(user)
    later = REAL + STEP

    new = renew_recovery_codes(user, NOW, code_at(secret, later), now=later)

    assert not set(old) & set(new)
    assert not proves(user, old[0], later)
    with pytest.raises(InvalidInput):
        renew_recovery_codes(user, NOW, "000000", now=later)
    assert proves(user, new[0], later)


def test_the_database_alone_gives_nobody_a_code(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    secret, codes = enrol(user)
    kept = " ".join(map(str, [*SecondFactor.objects.values_list(), *RecoveryCode.objects.values_list()]))

    assert secret.hex() not in kept and secret_text(secret) not in kept
    assert not any(code in kept for code in codes)
    later = REAL + STEP
    monkeypatch.setattr(get_settings(), "secret_key", "another key of another deployment of this city")
    assert not proves(user, code_at(secret, later), later)


def test_a_second_generator_is_refused_and_the_first_is_given_up_with_a_code(user: User) -> None:
    secret, _ = enrol(user)
    later = REAL + STEP

    with pytest.raises(Conflict, match="already"):
        begin_second_factor(user)
    with pytest.raises(Conflict, match="no enrolment"):
        confirm_second_factor(user, NOW, "000000", now=REAL)
    with pytest.raises(InvalidInput):
        give_up_second_factor(user, NOW, "000000", now=later)
    give_up_second_factor(user, NOW, code_at(secret, later), now=later)

    assert enrolled_factor(user) is None
    assert recovery_left(user) == 0
    assert not proves(user, code_at(secret, later + STEP), later + STEP)


def test_who_must_have_one_does_not_give_it_up(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    secret, _ = enrol(user)
    monkeypatch.setattr(get_settings(), "second_factor_roles", ["inspector"])

    assert must_have_factor(actor_of(user))
    with pytest.raises(NotPermitted, match="needs a second factor"):
        give_up_second_factor(user, NOW, code_at(secret, REAL + STEP), now=REAL + STEP)


def test_the_steward_takes_it_from_who_lost_the_phone_and_says_why(user: User) -> None:
    steward = account("steward", Role.DATA_STEWARD)
    enrol(user)

    with pytest.raises(InvalidInput, match="why"):
        take_second_factor(steward, NOW, "li", reason=" ")
    take_second_factor(steward, NOW, "li", reason="came in person")

    assert enrolled_factor(user) is None
    event = Event.objects.get(type="user.factor_taken")
    assert (event.actor, event.role, event.payload) == ("steward", "data_steward", {"reason": "came in person"})


@pytest.mark.parametrize(
    ("who", "username", "refusal"),
    [
        (lambda: account("boss", Role.SUPERVISOR), "li", NotPermitted),
        (lambda: account("steward", Role.DATA_STEWARD), "steward", NotPermitted),
        (lambda: account("steward", Role.DATA_STEWARD), "nobody", NotVisible),
        (lambda: SYSTEM_ACTOR, "li", Conflict),
    ],
)
def test_it_is_not_taken_by_the_wrong_person_or_from_the_wrong_one(
    user: User, who: object, username: str, refusal: type[Exception]
) -> None:
    taker: Actor = who()  # type: ignore[operator]

    with pytest.raises(refusal):
        take_second_factor(taker, NOW, username, reason="x")
    assert not Event.objects.filter(type="user.factor_taken").exists()
