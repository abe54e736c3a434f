"""Reckoning over many sites: here, or on Dask workers that each read the shared lake with their own DuckDB.

A slice is a set of sites. What is reckoned for a site needs no other site, so the slices together give the very same
answer as one reckoning, to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from qingtian.domain.errors import ConfigurationError, Unavailable
from qingtian.telemetry.cluster.sharding import shard_of
from qingtian.telemetry.store.port import AppendResult, Cycle, Store

if TYPE_CHECKING:
    from distributed import Client

CONNECT_S = 10
SLICES_A_WORKER = 2  # so that a slow slice does not hold everybody up
Answer = TypeVar("Answer")
Work = Callable[[Store, Sequence[str]], Answer]
Percentiles = dict[tuple[str, str], tuple[Decimal, ...]]


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """Where the shared store is, for every host alike.

    Args:
        url: PostgreSQL with the catalogue.
        folder: the lake on shared storage.
    """

    url: str
    folder: str


class Spread(Protocol):
    """Does a piece of work for slices of sites."""

    def each(self, work: Work[Answer], sites: Sequence[str]) -> list[Answer]:
        """The answer of every slice that has a site."""
        ...


@dataclass(frozen=True, slots=True)
class HereSpread:
    """Everything in this process, in one slice."""

    store: Store

    def each(self, work: Work[Answer], sites: Sequence[str]) -> list[Answer]:
        """The one answer."""
        return [work(self.store, sites)] if sites else []


class DaskSpread:
    """Slices go to the workers of a Dask scheduler.

    Args:
        scheduler: its address, `tcp://host:8786`.
        address: the shared store.
    Raises:
        ConfigurationError: the extra is not installed.
        Unavailable: the scheduler does not answer, or has no worker.
    """

    def __init__(self, scheduler: str, address: StoreAddress) -> None:
        self._address = address
        self._client = _client(scheduler)

    def each(self, work: Work[Answer], sites: Sequence[str]) -> list[Answer]:
        """The answers of the slices; a worker that is lost has its slice done by another."""
        workers = len(self._client.scheduler_info(n_workers=-1)["workers"])
        if not workers:
            raise Unavailable(
                "the Dask scheduler has no worker", field="dask_scheduler", remedy="start workers; it is tried again"
            )
        slices = sliced(sites, workers * SLICES_A_WORKER)
        futures = [
            self._client.submit(_on_worker, self._address, work, one, pure=False, retries=2) for one in slices if one
        ]
        answers: list[Answer] = self._client.gather(futures)  # type: ignore[no-untyped-call]
        return answers

    def close(self) -> None:
        """Leave the scheduler."""
        self._client.close()  # type: ignore[no-untyped-call]


def sliced(sites: Sequence[str], count: int) -> list[list[str]]:
    """Sites in slices: each site always in the same one.

    >>> [len(one) for one in sliced([f"S{n}" for n in range(100)], 3)]
    [32, 38, 30]
    """
    slices: list[list[str]] = [[] for _ in range(max(1, count))]
    for site in sites:
        slices[shard_of(site, len(slices))].append(site)
    return slices


def spread_percentiles(
    spread: Spread,
    cycle: Cycle,
    start: datetime,
    end: datetime,
    *,
    fractions: Sequence[Decimal],
    sites: Sequence[str],
    as_of: datetime | None = None,
) -> Percentiles:
    """Percentiles of the valid values of many sites, as `Store.percentiles` gives them."""
    work = partial(_percentiles, cycle=cycle, start=start, end=end, fractions=tuple(fractions), as_of=as_of)
    return {series: values for part in spread.each(work, sites) for series, values in part.items()}


def spread_roll_up(
    spread: Spread,
    cycle: Cycle,
    start: datetime,
    end: datetime,
    *,
    sites: Sequence[str],
    media: Mapping[str, str] | None = None,
) -> AppendResult:
    """Means of whole periods of many sites, as `Store.roll_up` makes them."""
    work = partial(_roll_up, cycle=cycle, start=start, end=end, media=dict(media or {}))
    done = spread.each(work, sites)
    return AppendResult(
        new=sum(one.new for one in done),
        duplicate=sum(one.duplicate for one in done),
        corrected=sum(one.corrected for one in done),
    )


def _percentiles(store: Store, sites: Sequence[str], **asked: Any) -> Percentiles:
    cycle, start, end = asked.pop("cycle"), asked.pop("start"), asked.pop("end")
    return store.percentiles(cycle, start, end, sites=sites, **asked)


def _roll_up(store: Store, sites: Sequence[str], **asked: Any) -> AppendResult:
    return store.roll_up(asked.pop("cycle"), asked.pop("start"), asked.pop("end"), sites=sites, **asked)


def _on_worker(address: StoreAddress, work: Work[Answer], sites: Sequence[str]) -> Answer:
    return work(_store(address), sites)


@lru_cache(maxsize=2)
def _store(address: StoreAddress) -> Store:
    """The store as a worker opens it, once for all its slices."""
    from qingtian.telemetry.store.ducklake import DuckLakeStore

    return DuckLakeStore(address.url, Path(address.folder))


def _client(scheduler: str) -> Client:
    try:
        from distributed import Client
    except ImportError as error:
        raise ConfigurationError(
            "the cluster needs the extra `cluster`", field="dask_scheduler", remedy="pip install 'qingtian[cluster]'"
        ) from error
    try:
        return Client(scheduler, timeout=CONNECT_S, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError) as error:
        raise Unavailable(
            f"the Dask scheduler does not answer: {error}",
            field="dask_scheduler",
            remedy="start it (dask scheduler); it is tried again",
        ) from error
