"""One description of a replayed city, from which every part is made: plan, events, stream."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from qingtian.demo.events import EventBook, EventClass, PlantedEvent, owner
from qingtian.demo.limits import pack_limits
from qingtian.demo.plan import CityPlan, OutletPlan, city_plan, spread
from qingtian.demo.scenario import DEFAULT_SHIFT_WEEKS, Replay, Scenario
from qingtian.demo.stream import CityStream
from qingtian.domain.errors import ConfigurationError

HOUR = timedelta(hours=1)
HISTORY_DAYS = 10
CONNECTED = timedelta(hours=12)
EARLY = 11
DEFAULT_SEED = 212


@dataclass(frozen=True, slots=True)
class City:
    """What decides everything in a replayed city.

    Args:
        days: history before the live part, days.
        keep: a reduced fleet of so many enterprises; None = all.
        scripted: whether the tour is planted (hero, relapse) and most enterprises connect only near its live part.
    """

    scenario: Scenario = Scenario.HAZE
    seed: int = DEFAULT_SEED
    shift_weeks: int = DEFAULT_SHIFT_WEEKS
    days: int = HISTORY_DAYS
    keep: int | None = None
    scripted: bool = True

    @property
    def replay(self) -> Replay:
        """Scenario and shift."""
        return Replay(self.scenario, self.shift_weeks)

    @property
    def live_from(self) -> datetime:
        """City time at which the live part begins."""
        return self.replay.live_from

    @property
    def epoch(self) -> datetime:
        """City time of the first simulated hour: midnight, so many days before the live part."""
        return self.live_from.replace(hour=0) - timedelta(days=self.days)

    @property
    def connect_at(self) -> datetime:
        """City time at which the enterprises that were not connected from the start begin to send."""
        return max(self.epoch, self.live_from.replace(hour=0) - CONNECTED)

    def plan(self) -> CityPlan:
        """The fleet."""
        return city_plan(self.seed, pack_limits, self.epoch.date(), keep=self.keep)

    def book(self, plan: CityPlan | None = None) -> EventBook:
        """The planted events."""
        plan = plan or self.plan()
        if not self.scripted:
            return EventBook(plan, self.epoch)
        late = {one.code: self.connect_at for one in plan.enterprises if one.code not in early(plan)}
        return EventBook(plan, self.epoch, script(plan, self.epoch, self.live_from), connected=late)

    def stream(self) -> CityStream:
        """The frames of the fleet."""
        return CityStream(self.book())


def city_path(data_dir: Path) -> Path:
    """Where a demo keeps its description."""
    return data_dir / "city.json"


def save_city(data_dir: Path, city: City) -> None:
    """Write the description of a demo."""
    city_path(data_dir).write_text(json.dumps(asdict(city), indent=1), "utf-8")


def load_city(data_dir: Path) -> City | None:
    """The description of the demo in a folder; None when there is none.

    Raises:
        ConfigurationError: the file is not such a description.
    """
    path = city_path(data_dir)
    if not path.exists():
        return None
    try:
        raw = json.loads(path.read_text("utf-8"))
        return City(**raw | {"scenario": Scenario(raw["scenario"])})
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"{path.name} does not describe a demo: {error}", field="city.json", remedy="qingtian demo --reset"
        ) from error


@dataclass(frozen=True, slots=True)
class Parts:
    """Outlets with a part in the tour of the demo.

    Args:
        hero: exceeds soon after the live part begins, for three hours.
        relapse: exceeds on the first night, its case is written off, and it exceeds again in the live part.
    """

    hero: OutletPlan
    relapse: OutletPlan


def parts(plan: CityPlan) -> Parts:
    """The outlets of the tour: two units of power plants, which run day and night.

    Raises:
        ConfigurationError: the fleet is too small.
    """
    units = [outlet for outlet in plan.outlets if outlet.use.code == "coal_unit"]
    sites = list({owner(unit): unit for unit in reversed(units)}.values())
    if len(sites) < 2:
        raise ConfigurationError("the fleet is too small for the tour", field="keep", remedy="keep more enterprises")
    return Parts(hero=sites[0], relapse=sites[1])


def early(plan: CityPlan) -> frozenset[str]:
    """Codes of the enterprises that are connected from the epoch on: some of every industry, and those of the tour."""
    chosen = parts(plan)
    first = {f"E-{row.number}" for row in spread(tuple(one.row for one in plan.enterprises))[:EARLY]}
    return frozenset(first | {owner(chosen.hero), owner(chosen.relapse)})


def script(plan: CityPlan, epoch: datetime, live_from: datetime) -> tuple[PlantedEvent, ...]:
    """Events at fixed times for the tour."""
    chosen = parts(plan)
    return (
        _exceedance(chosen.relapse, epoch + 2 * HOUR, 4, 1.42, "first"),
        _exceedance(chosen.hero, live_from, 3, 1.55, "hero"),
        _exceedance(chosen.relapse, live_from + 5 * HOUR, 3, 1.36, "relapse"),
    )


def _exceedance(outlet: OutletPlan, start: datetime, hours: int, level: float, name: str) -> PlantedEvent:
    return PlantedEvent(
        kind=EventClass.EXCEEDANCE,
        site=outlet.code,
        enterprise=owner(outlet),
        mn=outlet.device.mn,
        parameter="a21002",
        start=start,
        end=start + hours * HOUR,
        level=level,
        script=name,
    )
