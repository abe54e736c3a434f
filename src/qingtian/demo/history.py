"""The history of a demo: the days before its live part, sent through the real gateway and worked on by the cast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from qingtian.apps.registry.directory import registry_directory
from qingtian.demo.cast import Cast
from qingtian.demo.city import City, early, parts
from qingtian.demo.events import owner
from qingtian.demo.lockstep import LockStep
from qingtian.demo.permits import seed_permits
from qingtian.demo.seed import Seeded, seed_city
from qingtian.demo.stream import Pace
from qingtian.duties import DUTIES, run_due
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import Settings
from qingtian.telemetry.spool.folder import spool_path
from qingtian.telemetry.store import open_store

EXPECTS = ("hour",)  # at high speed minute frames thin out: what devices owe in the demo is their hour
EVERY = timedelta(hours=6)
METERED_LAST = timedelta(hours=20)  # meters send minute data in the last hours of the history only
# They look at a day and more at once: looking once a day they find the same, and nobody waits for it in the history.
ONCE_A_DAY = frozenset({"watch_authenticity", "watch_quality", "watch_uploads"})
Progress = Callable[[datetime], object]


@dataclass(frozen=True, slots=True)
class History:
    """What was made.

    Args:
        failures: scenes of the cast that were refused.
    """

    seeded: Seeded
    frames: int
    scenes: int
    failures: list[str]


def make_history(settings: Settings, city: City, *, progress: Progress = lambda _now: None) -> History:
    """Seed the city and live through the days before the live part, in lock-step."""
    plan = city.plan()
    chosen = parts(plan)
    spokesmen = (owner(chosen.hero), owner(chosen.relapse))
    seeded = seed_city(plan, city.epoch, expects=EXPECTS, spokesmen=spokesmen, only=early(plan))
    seed_permits(plan, city.epoch, sorted(early(plan)))
    store = open_store(settings)
    directory = registry_directory(settings.data_dir)

    waiting = [city.connect_at]

    def connect(now: datetime) -> None:
        if waiting and now >= waiting[0]:
            waiting.clear()
            seed_city(plan, now, expects=EXPECTS)
            directory.refresh()

    try:
        cast = Cast(city, plan, store, spool_path(settings.data_dir))
        steps = LockStep(
            settings,
            city,
            store,
            directory,
            duties=lambda now: run_due(now, store, only=history_duties(now, city)),
            pace=lambda hour: history_pace(city, hour),
            every=EVERY,
            before=[cast],
            hooks=[connect, progress],
        )
        counters = steps.run(city.live_from)
    finally:
        store.close()
    return History(seeded, counters.sent, len(cast.played), cast.failures)


def history_duties(now: datetime, city: City) -> frozenset[str]:
    """Names of the duties that are looked at at a moment of the history: all of them at midnight and at its end."""
    names = frozenset(duty.name for duty in DUTIES)
    return names if now.astimezone(SHANGHAI).hour == 0 or now == city.live_from else names - ONCE_A_DAY


def history_pace(city: City, hour: datetime) -> Pace:
    """Hour frames only, and meters by the half hour towards the end: the history must be there in a minute."""
    return Pace(minute=0, power=30 if city.live_from - hour <= METERED_LAST else 0, realtime_s=0)
