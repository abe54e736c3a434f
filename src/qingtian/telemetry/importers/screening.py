"""Quality control of imported rows: the same screen as for devices, with its doubts counted by cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, cast

from qingtian.telemetry.ingest.quality import QualityScreen
from qingtian.telemetry.store.port import Observation, SeriesKey

if TYPE_CHECKING:
    from qingtian.telemetry.importers.register import KnownSites
    from qingtian.telemetry.store.port import Store


class CountingScreen:
    """Passes rows through quality control and counts what it doubts.

    Args:
        sites: what is measured where.
    """

    def __init__(self, sites: KnownSites) -> None:
        self._screen = QualityScreen(sites.medium)
        self._counted: Counter[str] = Counter()

    def marked(self, rows: Sequence[Observation], store: Store) -> list[Observation]:
        """The same rows with their causes."""
        done = self._screen.marked(rows, store)
        self._counted.update(cause for row in done for cause in row.qc)
        return done

    def reconcile(self, newest: Mapping[SeriesKey, datetime]) -> None:
        """Somebody else wrote."""
        self._screen.reconcile(newest)

    def forget(self) -> None:
        """The rows that were marked last may not have been written."""
        self._screen.forget()

    def taken(self) -> dict[str, int]:
        """Doubts since the last call, by cause."""
        counted, self._counted = dict(self._counted), Counter()
        return counted


class _NothingStored:
    """What a dry run screens against: no row is stored yet."""

    def tails(self, *_: object, **__: object) -> list[Observation]:
        return []

    def window(self, *_: object, **__: object) -> list[Observation]:
        return []


NOTHING_STORED = cast("Store", _NothingStored())
