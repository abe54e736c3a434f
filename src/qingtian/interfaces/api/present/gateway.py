"""The gateway as it says of itself in its counter file."""

from __future__ import annotations

from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.interfaces.api.schemas.rejects import DoubledDevice, GatewayOut
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.counters import counters_path, read_counters

NUMBERS = ("port", "tls_port", "connections", "devices", "frames", "accepted", "acked")


def gateway(actor: Actor) -> GatewayOut:
    """State, connections, limits, foreign peers, doubled numbers.

    Raises:
        NotPermitted: names the roles that may.
    """
    require_in_city(actor, Verb.READ_REJECTS)
    values = read_counters(counters_path(get_settings().data_dir, "gateway"))
    return GatewayOut(
        state=str(values.get("state", "unknown")),
        at=str(values.get("at", "")),
        limits_hit=_counts(values, "limits_hit"),
        foreign_by_address=_counts(values, "foreign_by_address"),
        doubled_devices=[DoubledDevice(**one) for one in values.get("doubled_devices", ())],
        error=str(values.get("spool_error") or values.get("last_error") or ""),
        **{name: int(values.get(name, 0)) for name in NUMBERS},
    )


def _counts(values: dict[str, Any], name: str) -> dict[str, int]:
    return {str(key): int(count) for key, count in dict(values.get(name) or {}).items()}
