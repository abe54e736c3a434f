"""When something was taken, by a clock that may be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from qingtian.domain.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Heard:
    """A time that a device told, corrected.

    Args:
        at: corrected time.
        offset: how far the clock of the device was behind (above zero) or ahead.
    """

    at: datetime
    offset: timedelta


def true_time(told: datetime, clock: datetime, now: datetime) -> Heard:
    """The time of an event on a device whose clock may be wrong, as its owner's clock would have shown it.

    A device that was off line for an hour says when it took a picture and what its clock shows while it sends; the
    difference to our own clock at that moment is the error of both.

    Args:
        told: when it happened, by the clock of the device.
        clock: what that clock shows while it sends.
        now: our own time at that moment.
    Raises:
        InvalidInput: it happened after it was sent.

    >>> from datetime import datetime, UTC
    >>> nine, ten = datetime(2025, 11, 24, 9, tzinfo=UTC), datetime(2025, 11, 24, 10, tzinfo=UTC)
    >>> true_time(nine, ten, ten).at == nine
    True
    """
    if told > clock:
        raise InvalidInput(
            "it was taken after it was sent", field="captured_at", remedy="set the clock of the phone right"
        )
    offset = now - clock
    return Heard(told + offset, offset)
