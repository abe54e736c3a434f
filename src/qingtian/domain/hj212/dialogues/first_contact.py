"""What a host sets when it meets a device first: clock, time-outs, intervals, real-time, state (HJ 212-2017 6.7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MINUTE_INTERVALS = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)  # min, HJ 212-2017 MinInterval
REALTIME_S = (30, 3600)  # s, RtdInterval


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a device shall work.

    Args:
        overtime_s, resends: OverTime and ReCount.
        realtime_interval_s: RtdInterval, 30 to 3600 s.
        minute_interval_s: MinInterval, s.
        realtime: whether it sends real-time data.
        state: whether it sends the state of its facilities.
        minutes_settable: the edition knows 1064 (2017 on).
    """

    overtime_s: int = 10
    resends: int = 3
    realtime_interval_s: int = 60
    minute_interval_s: int = 600
    realtime: bool = True
    state: bool = False
    minutes_settable: bool = True


def first_contact(wanted: Wanted) -> Iterator[tuple[str, dict[str, str]]]:
    """Commands with their parameters, in the order of the standard; the clock is set to the time of sending.

    >>> [cn for cn, _ in first_contact(Wanted())]
    ['1012', '1000', '1062', '1064', '2011', '2022']
    """
    yield "1012", {}
    yield "1000", {"OverTime": str(wanted.overtime_s), "ReCount": str(wanted.resends)}
    lowest, highest = REALTIME_S
    if lowest <= wanted.realtime_interval_s <= highest:
        yield "1062", {"RtdInterval": str(wanted.realtime_interval_s)}
    minutes, rest = divmod(wanted.minute_interval_s, 60)
    if wanted.minutes_settable and not rest and minutes in MINUTE_INTERVALS:
        yield "1064", {"MinInterval": str(minutes)}
    yield ("2011" if wanted.realtime else "2012"), {}
    yield ("2021" if wanted.state else "2022"), {}
