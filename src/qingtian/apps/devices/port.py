"""The database side of the gateway's commands: called only by the driver's own thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from qingtian.apps.devices.directory import set_up_django
from qingtian.domain.errors import QingtianError
from qingtian.domain.hj212.dialogues import QnClock
from qingtian.runtime.clock import current_clock
from qingtian.telemetry.gateway.commands import Ordered, Report

_log = logging.getLogger(__name__)


class DatabasePort:
    """Commands of the deployment's database.

    Args:
        gateway: name of this gateway; what it sent is taken up again after a restart under the same name.
    """

    def __init__(self, gateway: str) -> None:
        self._gateway = gateway
        self._numbers = QnClock()

    def resume(self) -> Sequence[Ordered]:
        """Commands that this gateway sent and that have not ended."""
        self._fresh()
        from qingtian.apps.accounts.actor import SYSTEM_ACTOR
        from qingtian.apps.devices.actions.claim_commands import resumed_commands

        return resumed_commands(SYSTEM_ACTOR, current_clock().now(), self._gateway)

    def take(self, ready: Callable[[str], bool], limit: int) -> Sequence[Ordered]:
        """Claim waiting commands of devices that are ready."""
        self._fresh()
        from qingtian.apps.accounts.actor import SYSTEM_ACTOR
        from qingtian.apps.devices.actions.claim_commands import claim_commands

        at = current_clock().now()
        return claim_commands(SYSTEM_ACTOR, at, self._gateway, ready=ready, limit=limit, numbers=self._numbers)

    def report(self, reports: Sequence[Report]) -> None:
        """Keep what happened, in order; one report that cannot be kept does not hold up the others."""
        self._fresh()
        for one in reports:
            try:
                _keep(one)
            except QingtianError:
                _log.exception("a report of the gateway cannot be kept: %s of %s", one.happening, one.mn)

    def close(self) -> None:
        """Close this thread's connection."""
        from django.db import connection

        connection.close()

    def _fresh(self) -> None:
        set_up_django()
        from django.db import close_old_connections

        close_old_connections()


def _keep(report: Report) -> None:
    from django.db import DataError, IntegrityError

    from qingtian.apps.accounts.actor import SYSTEM_ACTOR
    from qingtian.apps.devices.actions.record_message import record_message
    from qingtian.apps.devices.actions.record_progress import record_progress

    try:
        keep = record_message if report.key is None else record_progress
        keep(SYSTEM_ACTOR, current_clock().now(), report)
    except (DataError, IntegrityError, ValueError):  # the database answers, and will refuse this one again
        _log.exception("a report of the gateway is refused by the database: %s of %s", report.happening, report.mn)
