"""QN of the host's own requests: the time in milliseconds, never twice the same."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

_MS = timedelta(milliseconds=1)
NEAR = timedelta(minutes=1)  # a clock that was set back further starts anew


class QnClock:
    """Draws request numbers yyyyMMddHHmmssSSS.

    Two requests in one millisecond get neighbouring numbers, so that a number names one exchange of the whole host.

    >>> from datetime import UTC
    >>> clock = QnClock()
    >>> at = datetime(2024, 6, 1, 0, 58, 57, 1000, tzinfo=UTC)
    >>> clock.draw(at), clock.draw(at), clock.draw(at, offset_minutes=0)
    ('20240601085857001', '20240601085857002', '20240601005857003')
    """

    def __init__(self) -> None:
        self._last: datetime | None = None

    def draw(self, at: datetime, offset_minutes: int = 480) -> str:
        """The next number.

        Args:
            at: city time, aware.
            offset_minutes: time zone of the device against UTC; none is transmitted, the custom is +480.
        """
        at = at.replace(microsecond=at.microsecond // 1000 * 1000)
        if self._last is not None and timedelta(0) <= self._last - at < NEAR:
            at = self._last + _MS
        self._last = at
        local = at.astimezone(timezone(timedelta(minutes=offset_minutes)))
        return f"{local:%Y%m%d%H%M%S}{local.microsecond // 1000:03d}"


def stamp(at: datetime, offset_minutes: int = 480) -> str:
    """A time as devices write it, 14 digits without a zone.

    >>> from datetime import UTC
    >>> stamp(datetime(2024, 6, 1, tzinfo=UTC))
    '20240601080000'
    """
    return at.astimezone(timezone(timedelta(minutes=offset_minutes))).strftime("%Y%m%d%H%M%S")
