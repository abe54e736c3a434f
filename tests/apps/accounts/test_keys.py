from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.apps.city import NOW, account, actor

from qingtian.apps.accounts.actions.api_keys import MOST_KEYS, KeyDraft, make_key, revoke_key
from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.keys import actor_of_key
from qingtian.apps.accounts.models import ApiKey, User
from qingtian.apps.accounts.permissions import Verb, may, require
from qingtian.apps.accounts.queries import verbs_somewhere
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.models import Event
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible

pytestmark = pytest.mark.django_db
REAL = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
HERE = "10.0.0.1"


@pytest.fixture
def officer() -> Actor:
    return account("duty", Role.DISPATCHER)


def key(owner: Actor, *scopes: str, days: int = 30) -> tuple[ApiKey, str]:
    return make_key(owner, NOW, KeyDraft("park", scopes or ("read",), days), now=REAL)


def test_a_key_speaks_for_its_owner_within_its_scopes(officer: Actor) -> None:
    row, text = key(officer, "read", "confirm_finding")

    found = actor_of_key(text, REAL, HERE)

    assert found is not None
    who, kept = found
    assert (who.username, who.grants, kept.pk) == ("duty", officer.grants, row.pk)
    assert may(who, Verb.CONFIRM_FINDING, region_code="420107")
    assert not may(who, Verb.DISMISS_FINDING, region_code="420107")
    assert verbs_somewhere(who) == [Verb.CONFIRM_FINDING]
    with pytest.raises(NotPermitted, match="this key may not dismiss finding"):
        require(who, Verb.DISMISS_FINDING, region_code="420107")
    with pytest.raises(NotPermitted):
        require(who, Verb.CONFIRM_FINDING, region_code="429000")  # nor more than its owner


def test_only_the_hash_of_a_key_is_kept_and_the_journal_holds_the_shown_part(officer: Actor) -> None:
    row, text = key(officer)
    kept = " ".join(map(str, [*ApiKey.objects.values_list(), *Event.objects.values_list("payload")]))

    assert text.startswith(f"qt_{row.prefix}_")
    assert text.rsplit("_", 1)[-1] not in kept
    told = Event.objects.get(type="key.made").payload
    assert told == {"name": "park", "prefix": row.prefix, "scopes": ["read"], "days": 30}


def test_a_key_that_is_wrong_expired_revoked_or_of_a_closed_account_opens_nothing(officer: Actor) -> None:
    row, text = key(officer, days=30)
    end = REAL + timedelta(days=30)

    assert actor_of_key(text, end - timedelta(seconds=1), HERE) is not None
    assert actor_of_key(text, end, HERE) is None
    assert actor_of_key(text[:-1], REAL, HERE) is None
    assert actor_of_key(text + "x", REAL, HERE) is None
    assert actor_of_key(f"qt_{row.prefix}_", REAL, HERE) is None
    assert actor_of_key("", REAL, HERE) is None
    User.objects.filter(username="duty").update(is_active=False)
    assert actor_of_key(text, REAL, HERE) is None
    User.objects.filter(username="duty").update(is_active=True)
    revoke_key(officer, NOW, row.pk, now=REAL)
    assert actor_of_key(text, REAL, HERE) is None


def test_the_last_use_is_known_to_the_minute_and_by_address(officer: Actor) -> None:
    row, text = key(officer)

    actor_of_key(text, REAL, HERE)
    actor_of_key(text, REAL + timedelta(seconds=30), HERE)
    row.refresh_from_db()
    assert (row.used_at, row.used_from) == (REAL, HERE)
    actor_of_key(text, REAL + timedelta(seconds=40), "10.0.0.9")
    row.refresh_from_db()
    assert (row.used_at, row.used_from) == (REAL + timedelta(seconds=40), "10.0.0.9")


@pytest.mark.parametrize(
    ("draft", "field", "refusal"),
    [
        (KeyDraft(" ", ("read",), 30), "name", InvalidInput),
        (KeyDraft("x", (), 30), "scopes", InvalidInput),
        (KeyDraft("x", ("everything",), 30), "scopes", InvalidInput),
        (KeyDraft("x", ("make_key",), 30), "scopes", InvalidInput),
        (KeyDraft("x", ("register_object",), 30), "scopes", NotPermitted),
        (KeyDraft("x", ("read",), 0), "days", InvalidInput),
        (KeyDraft("x", ("read",), 367), "days", InvalidInput),
        (KeyDraft("x" * 101, ("read",), 30), "name", InvalidInput),
    ],
)
def test_a_draft_that_breaks_a_rule_is_refused_by_field(
    officer: Actor, draft: KeyDraft, field: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal) as caught:
        make_key(officer, NOW, draft, now=REAL)

    assert caught.value.field == field  # type: ignore[attr-defined]
    assert not ApiKey.objects.exists()


def test_citizens_visitors_and_the_house_make_no_keys() -> None:
    for who in (account("c", Role.CITIZEN, region=""), actor(Role.DISPATCHER), actor()):
        with pytest.raises(NotPermitted):
            key(who)


def test_an_enterprise_makes_a_key_for_its_own_program() -> None:
    owner = account("plant", Role.ENTERPRISE_USER, region="", org="E-1")
    _, text = key(owner, "read", "answer_finding")

    found = actor_of_key(text, REAL, HERE)

    assert found is not None and found[0].enterprises == {"E-1"}


def test_an_account_has_so_many_keys_that_hold(officer: Actor) -> None:
    rows = [key(officer)[0] for _ in range(MOST_KEYS)]
    with pytest.raises(Conflict, match="at most"):
        key(officer)

    revoke_key(officer, NOW, rows[0].pk, now=REAL)
    key(officer)


def test_a_key_is_revoked_by_its_owner_or_the_steward_and_by_nobody_else(officer: Actor) -> None:
    row, _ = key(officer)
    with pytest.raises(NotVisible):
        revoke_key(account("other", Role.SUPERVISOR), NOW, row.pk, now=REAL)

    revoke_key(account("steward", Role.DATA_STEWARD), NOW, row.pk, now=REAL)

    event = Event.objects.get(type="key.revoked")
    assert (event.actor, event.payload["owner"]) == ("steward", "duty")
    with pytest.raises(Conflict, match="before"):
        revoke_key(officer, NOW, row.pk, now=REAL)
