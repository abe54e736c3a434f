from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from qingtian.apps.accounts.lockout import PER_ACCOUNT, PER_ADDRESS, PER_NAME, WINDOW, failed, succeeded, wait_s
from qingtian.apps.accounts.models import SignInFailure

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
HERE, ELSEWHERE = "10.0.0.1", "10.0.0.2"


def fail(times: int, name: str = "a", address: str = HERE) -> None:
    for _ in range(times):
        failed(name, address, NOW)


def test_failures_are_forgotten_after_the_window_and_by_success() -> None:
    fail(PER_ACCOUNT)
    assert wait_s("A", HERE, NOW) == WINDOW.total_seconds() + 1
    assert wait_s("a", ELSEWHERE, NOW) == 0
    assert wait_s("a", HERE, NOW + WINDOW) == 0

    succeeded("a", HERE)
    assert wait_s("a", HERE, NOW) == 0


@pytest.mark.parametrize("name", ["Admin", "ADMIN", "admin"])
def test_the_case_of_letters_is_no_way_around_the_wait(name: str) -> None:
    fail(PER_ACCOUNT, "aDmIn")

    assert wait_s(name, HERE, NOW) > 0


def test_one_address_cannot_try_many_names() -> None:
    for number in range(PER_ADDRESS - 1):
        failed(f"name{number}", HERE, NOW)
    assert wait_s("another", HERE, NOW) == 0

    failed("last", HERE, NOW)
    assert wait_s("another", HERE, NOW) > 0
    assert wait_s("another", ELSEWHERE, NOW) == 0


def test_one_name_cannot_be_tried_from_everywhere() -> None:
    for number in range(PER_NAME):
        failed("a", f"10.1.0.{number}", NOW)

    assert wait_s("a", "10.2.0.1", NOW) > 0
    assert wait_s("b", "10.2.0.1", NOW) == 0


def test_the_wait_shrinks_with_the_clock_and_counts_the_newest_failures() -> None:
    fail(PER_ACCOUNT)
    later = NOW + timedelta(minutes=4)
    failed("a", HERE, later)

    assert wait_s("a", HERE, later) == 61
    assert wait_s("a", HERE, NOW + WINDOW) == 0  # only one of them is left in the window


def test_what_is_kept_is_bounded_and_holds_no_name() -> None:
    fail(3, "somebody@example.org")
    assert all("somebody" not in row.key for row in SignInFailure.objects.all())

    failed("b", ELSEWHERE, NOW + WINDOW + timedelta(seconds=1))
    assert SignInFailure.objects.count() == 3  # of the last one alone
