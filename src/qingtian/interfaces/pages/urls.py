"""Addresses of the citizen pages, below /public/."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse
from django.urls import URLPattern, path

from qingtian.interfaces.pages import disclosing, home, reporting, tracking
from qingtian.interfaces.pages.refusing import limited

ADDRESSES: dict[str, Callable[..., HttpResponse]] = {
    "": home.home,
    "air.csv": home.air_file,
    "disclosure/": disclosing.disclosed,
    "disclosure/list.csv": disclosing.disclosed_file,
    "disclosure/<str:code>": disclosing.one_disclosed,
    "disclosure/<str:code>/daily.csv": disclosing.daily_file,
    "report/": reporting.begin,
    "report/<int:number>": reporting.step,
    "report/map.svg": reporting.report_map,
    "report/support": reporting.support,
    "report/supported": reporting.supported,
    "report/sent": reporting.told_once,
    "follow/": tracking.follow,
    "follow/report": tracking.followed,
    "follow/rate": tracking.rate,
    "follow/again": tracking.again,
    "follow/leave": tracking.leave,
    "follow/photo/<int:number>": tracking.photo,
}
urlpatterns: list[URLPattern] = [path(address, limited(view)) for address, view in ADDRESSES.items()]
