"""What a user orders from the command line: durations, time base, the fleet, the report."""

from __future__ import annotations

import re
import ssl
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from qingtian.domain.errors import InvalidInput
from qingtian.simulator.settings import DeviceSettings
from qingtian.simulator.stats import Stats
from qingtian.simulator.timing import DAY_S, HOUR_S, TimeBase
from qingtian.simulator.trouble import NO_TROUBLE, Trouble

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h|d)?")
_UNITS = {"s": 1, "m": 60, "min": 60, "h": HOUR_S, "d": DAY_S}
FASTEST = 3600.0


def read_duration(text: str, field_name: str) -> float:
    """Seconds of a text such as 45s, 10m, 12h, 30d; a bare number is seconds.

    Raises:
        InvalidInput: another form.

    >>> read_duration("30d", "history"), read_duration("1.5h", "history"), read_duration("90", "history")
    (2592000.0, 5400.0, 90.0)
    """
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise InvalidInput(f"{text!r} is no duration", field=field_name, remedy="write 45s, 10m, 12h or 30d")
    return float(found[1]) * _UNITS[found[2] or "s"]


def time_base(now_s: float, counted_s: float, *, speed: float, start_s: float | None, duration_s: float) -> TimeBase:
    """How simulated time runs.

    At another speed than 1 the run must end at the present: a host refuses data of the future.

    Args:
        now_s: the machine's time, s since 1970 UTC.
        counted_s: the driver's clock.
        speed: simulated seconds per second.
        start_s: where it starts; None: now, or so that it ends now.
        duration_s: length of the run in real time; 0 = without end.
    Raises:
        InvalidInput: a fast run without an end, or with one in the future.

    >>> time_base(10_000.0, 0.0, speed=60, start_s=None, duration_s=100).epoch_s
    4000.0
    """
    if not 1 <= speed <= FASTEST:
        raise InvalidInput(f"{speed:g} is out of range", field="speed", remedy=f"give 1 to {FASTEST:.0f}")
    if speed > 1 and start_s is None:
        if not duration_s:
            raise InvalidInput(
                "a fast run without an end would send data of the future, which hosts refuse",
                field="speed",
                remedy="add --duration (it then ends now), or --start with a time of the past",
            )
        start_s = now_s - duration_s * speed
    begin = now_s if start_s is None else start_s
    return TimeBase(begin, counted_s, speed)


def tls_context(ca: str | None) -> ssl.SSLContext:
    """Context for a gateway that speaks TLS.

    Args:
        ca: PEM file with the certificate of its authority; None takes those that the system trusts.
    """
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise InvalidInput(
            f"{ca} cannot be used: {error}", field="ca", remedy="give a PEM file with the certificate of the authority"
        ) from error


@dataclass(frozen=True, slots=True)
class Run:
    """A run over the network.

    Args:
        settings: the devices.
        host: address of the host.
        port: its port.
        speed: simulated seconds per second.
        start_s: start of simulated time, s since 1970 UTC; None = now.
        duration_s: real seconds; 0 = until it is stopped.
        tls: context, when the host speaks TLS.
        sources: local addresses to call from.
        ramp: connections per second at most; 0 = no limit.
        forward: devices that share a line.
    """

    settings: Sequence[DeviceSettings]
    host: str
    port: int
    speed: float = 1.0
    start_s: float | None = None
    duration_s: float = 0.0
    tls: ssl.SSLContext | None = None
    sources: tuple[str, ...] = ()
    ramp: float = 0.0
    forward: int = 1


@dataclass(slots=True)
class Report:
    """What a run did.

    Args:
        run: what was ordered.
        stats: what was counted.
        seconds: how long it took.
        most_connected: lines that stood at the same time.
    """

    run: Run
    stats: Stats
    seconds: float = 0.0
    most_connected: int = 0
    rtt_note: str = field(default="from the first writing of a frame to its acknowledgement; repeated frames left out")

    def as_dict(self) -> dict[str, Any]:
        """The report as a plain object; the password and keys of the devices are not in it."""
        first = self.run.settings[0]
        return {
            "simulated": True,
            "host": f"{self.run.host}:{self.run.port}",
            "devices": len(self.run.settings),
            "edition": first.edition.value,
            "profiles": sorted({one.profile.name for one in self.run.settings}),
            "seed": first.seed,
            "speed": self.run.speed,
            "trouble_ordered": changed(first.trouble),
            "seconds": round(self.seconds, 3),
            "most_connected": self.most_connected,
            "frames_per_s": round(self.stats.sent / self.seconds, 1) if self.seconds else None,
            "memory_mb": memory_mb(),
            "rtt": self.rtt_note,
            **self.stats.as_dict(),
        }


def changed(trouble: Trouble) -> dict[str, float]:
    """The trouble that is on."""
    usual = asdict(NO_TROUBLE)
    return {name: value for name, value in asdict(trouble).items() if value != usual[name]}


def memory_mb() -> float | None:
    """Resident memory of this process, MiB; None where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    import resource

    return round(pages * resource.getpagesize() / 2**20, 1)
