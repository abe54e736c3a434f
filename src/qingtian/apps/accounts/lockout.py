"""Failed sign-ins, counted in the database for all web processes together: whoever guesses must wait."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from qingtian.apps.accounts.models import SignInFailure

WINDOW = timedelta(minutes=5)
PER_ACCOUNT = 5  # failures of one name from one address
PER_NAME = 20  # failures of one name from any addresses
PER_ADDRESS = 30  # failures of one address with any names


def wait_s(username: str, address: str, now: datetime) -> int:
    """Seconds until another attempt is allowed; 0 when it is allowed now.

    Args:
        now: the machine's time.
    """
    return max(_wait(key, limit, now) for key, limit in _keys(username, address))


def failed(username: str, address: str, now: datetime) -> None:
    """Remember a failure, and forget those of an earlier window."""
    SignInFailure.objects.filter(at__lte=now - WINDOW).delete()
    SignInFailure.objects.bulk_create(SignInFailure(key=key, at=now) for key, _ in _keys(username, address))


def succeeded(username: str, address: str) -> None:
    """Forget the failures of this name; those of the address stay."""
    pair, name, _ = (key for key, _ in _keys(username, address))
    SignInFailure.objects.filter(key__in=[pair, name]).delete()


def _wait(key: str, limit: int, now: datetime) -> int:
    times = SignInFailure.objects.filter(key=key, at__gt=now - WINDOW).order_by("-at").values_list("at", flat=True)
    oldest = next(iter(times[limit - 1 : limit]), None)
    return 0 if oldest is None else max(1, int((oldest + WINDOW - now).total_seconds()) + 1)


def _keys(username: str, address: str) -> tuple[tuple[str, int], ...]:
    name = username.casefold()
    return (
        (_hashed("both", name, address), PER_ACCOUNT),
        (_hashed("name", name), PER_NAME),
        (_hashed("address", address), PER_ADDRESS),
    )


def _hashed(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()
