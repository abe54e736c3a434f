from __future__ import annotations

import pytest
from tests.apps.city import NOW, account

from qingtian.apps.accounts.listing import AccountsWanted, accounts
from qingtian.apps.accounts.listing import account as one_account
from qingtian.apps.accounts.models import SecondFactor, User
from qingtian.apps.accounts.roles import Role
from qingtian.domain.errors import NotPermitted, NotVisible

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _people() -> None:
    account("steward", Role.DATA_STEWARD)
    account("duty", Role.DISPATCHER, Role.HANDLER)
    account("east", Role.DISPATCHER, region="420107")
    account("plant", Role.ENTERPRISE_USER, region="", org="E-1")
    User.objects.filter(username="east").update(is_active=False, display_name="东区值班")
    SecondFactor.objects.create(user=User.objects.get(username="duty"), nonce="1", confirmed_at=NOW)
    SecondFactor.objects.create(user=User.objects.get(username="east"), nonce="2")  # begun, never proven


def found(**wanted: object) -> list[str]:
    reader = account("reader", Role.AUDITOR)
    rows = accounts(reader, AccountsWanted(**wanted))  # type: ignore[arg-type]
    return [row.username for row in rows.exclude(username="reader")]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({}, ["duty", "east", "plant", "steward"]),
        ({"text": "DUT"}, ["duty"]),
        ({"text": "东区"}, ["east"]),
        ({"role": "dispatcher"}, ["duty", "east"]),
        ({"role": "dispatcher", "region": "420107"}, ["east"]),
        ({"role": "handler", "region": "420107"}, []),
        ({"org": "E-1"}, ["plant"]),
        ({"active": False}, ["east"]),
        ({"active": True}, ["duty", "plant", "steward"]),
        ({"factor": True}, ["duty"]),
        ({"factor": False}, ["east", "plant", "steward"]),
    ],
)
def test_accounts_are_found_by_what_they_carry(wanted: dict[str, object], names: list[str]) -> None:
    assert found(**wanted) == names


def test_somebody_with_two_roles_is_listed_once() -> None:
    assert found(text="duty") == ["duty"]


def test_one_account_is_for_those_who_may_read_accounts() -> None:
    steward, duty = account("second", Role.DATA_STEWARD), account("other", Role.DISPATCHER)

    assert one_account(steward, "plant").username == "plant"
    with pytest.raises(NotVisible):
        one_account(steward, "nobody")
    with pytest.raises(NotPermitted):
        one_account(duty, "plant")
    with pytest.raises(NotPermitted):
        one_account(account("district", Role.DATA_STEWARD, region="420107"), "plant")
