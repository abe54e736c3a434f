"""Forecasts with their issue time."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.imports.sites import MEASURED
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import InvalidInput, NotVisible
from qingtian.interfaces.api.import_filters import ForecastQuery
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.present.numbers import text
from qingtian.interfaces.api.schemas.imports import ForecastOut, ForecastPoint
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.store.forecasts import ForecastStore, open_forecasts

SPAN = timedelta(days=3)
LONGEST = timedelta(days=366)
_lock = threading.Lock()
_opened: list[ForecastStore] = []


def forecast_store() -> ForecastStore:
    """The forecasts; opened at the first use and shared by every request."""
    with _lock:
        if not _opened:
            _opened.append(open_forecasts(get_settings(), read_only=True))
        return _opened[0]


def use_forecasts(store: ForecastStore | None) -> None:
    """Put another store in its place; None lets the next use open the deployment's own."""
    with _lock:
        for held in _opened:
            if held is not store:
                held.close()
        _opened[:] = [] if store is None else [store]


def forecasts(actor: Actor, now: datetime, query: ForecastQuery) -> ForecastOut:
    """What models said of a place.

    Raises:
        NotVisible: there is no such place that the actor may see.
    """
    visible = RegistryObject.objects.visible_to(actor).filter(type__in=MEASURED, code=query.site)
    if not visible.exists():
        raise NotVisible(f"there is no place {query.site}", field="site", remedy="choose one from the register")
    start = query.start or now
    end = query.end or start + SPAN
    if end - start > LONGEST:
        raise InvalidInput("the span is too long", field="end", remedy=f"ask for at most {LONGEST.days} days")
    name = law.pollutant_name(query.parameter)
    found = forecast_store().forecasts(
        query.site,
        query.parameter,
        start,
        end,
        issued_before=query.issued_before,
        known_at=query.known_at,
        model=query.model,
        newest_only=query.newest_only,
    )
    points = [
        ForecastPoint(
            valid_at=one.valid_at,
            issued_at=one.issued_at,
            received_at=one.received_at,
            model=one.model,
            value=text(one.value) or "",
            unit=one.unit,
            simulated=one.simulated,
            provenance=one.segment,
        )
        for one in found
    ]
    return ForecastOut(site=query.site, parameter=query.parameter, name_zh=name.zh, name_en=name.en, points=points)
