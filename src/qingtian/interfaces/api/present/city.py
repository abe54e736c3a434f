"""The city and its clock."""

from __future__ import annotations

from django.db import transaction

from qingtian import __version__
from qingtian.apps.accounts.actor import PUBLIC_ACTOR
from qingtian.apps.accounts.queries import demo_accounts
from qingtian.apps.registry.listing import objects_of
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.errors import NotVisible
from qingtian.interfaces.api.schemas.meta import CityOut, ClockOut, DemoAccount, MetaOut
from qingtian.runtime.clock import ReplayClock, current_clock, real_now, set_clock
from qingtian.runtime.live import Topic, publish
from qingtian.runtime.settings import Mode, get_settings


def meta() -> MetaOut:
    """What a client needs before anybody signs in."""
    settings = get_settings()
    return MetaOut(
        version=__version__,
        mode=settings.mode.value,
        clock=clock_out(),
        city=city_out(),
        demo_accounts=_accounts(),
        provider=settings.oidc_label if settings.oidc_issuer else "",
    )


def clock_out() -> ClockOut:
    """The time of the city and how it runs."""
    clock = current_clock()
    if not isinstance(clock, ReplayClock):
        return ClockOut(now=clock.now(), speed=1, paused=False, replay=False, label_zh="", label_en="")
    state = clock.state()
    return ClockOut(
        now=clock.now(),
        speed=state.speed,
        paused=state.paused,
        replay=True,
        label_zh=state.label_zh,
        label_en=state.label_en,
    )


def change_clock(*, speed: float | None, paused: bool | None) -> ClockOut:
    """Another speed or pause of the replayed city.

    Raises:
        NotVisible: the city is not a replayed demo.
        InvalidInput: the speed is out of range.
    """
    require_demo()
    clock = current_clock()
    if not isinstance(clock, ReplayClock):
        raise NotVisible("city time is not replayed", field="clock", remedy="start `qingtian demo`")
    set_clock(get_settings().data_dir, clock.state().changed(real_now(), speed=speed, paused=paused))
    with transaction.atomic():
        publish(Topic.CLOCK, [], clock.now())
    return clock_out()


def require_demo() -> None:
    """Refuse outside of demo mode, as if the route did not exist.

    Raises:
        NotVisible.
    """
    if get_settings().mode is not Mode.DEMO:
        raise NotVisible("this exists only in demo mode", field="path", remedy="start `qingtian demo`")


def data_label() -> ClockOut:
    """The label that every page and export carries; empty texts when all data are real."""
    return clock_out()


def city_out() -> CityOut:
    """The city, named by its registered region."""
    code = get_settings().city_code
    region = objects_of(PUBLIC_ACTOR, ObjectType.REGION).filter(code=code).first()
    if region is None:
        return CityOut(code=code, name=code, name_en=code, center=_middle_of_stations())
    return CityOut(
        code=code,
        name=region.name,
        name_en=region.name_en or region.name,
        center=_point(region) or _middle_of_stations(),
    )


def _point(row: RegistryObject) -> list[float] | None:
    return None if row.lon is None or row.lat is None else [row.lon, row.lat]


def _middle_of_stations() -> list[float] | None:
    points = [point for row in objects_of(PUBLIC_ACTOR, ObjectType.STATION) if (point := _point(row))]
    if not points:
        return None
    lons, lats = zip(*points, strict=True)
    return [round(sum(lons) / len(lons), 6), round(sum(lats) / len(lats), 6)]


def _accounts() -> list[DemoAccount]:
    if get_settings().mode is not Mode.DEMO:
        return []
    return [
        DemoAccount(
            username=user.username,
            display_name=user.display_name or user.username,
            display_name_en=user.display_name_en or user.display_name or user.username,
            roles=[role.value for role in roles],
        )
        for user, roles in demo_accounts()
    ]
