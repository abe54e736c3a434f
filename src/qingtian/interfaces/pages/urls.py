"""Addresses of the citizen pages, below /public/."""

from __future__ import annotations

from django.urls import URLPattern, path

from qingtian.interfaces.pages import disclosing, home, reporting, tracking

urlpatterns: list[URLPattern] = [
    path("", home.home, name="public"),
    path("air.csv", home.air_file),
    path("disclosure/", disclosing.disclosed),
    path("disclosure/list.csv", disclosing.disclosed_file),
    path("disclosure/<str:code>", disclosing.one_disclosed),
    path("disclosure/<str:code>/daily.csv", disclosing.daily_file),
    path("report/", reporting.begin),
    path("report/<int:number>", reporting.step),
    path("report/map.svg", reporting.report_map),
    path("report/support", reporting.support),
    path("report/supported", reporting.supported),
    path("report/sent", reporting.told_once),
    path("follow/", tracking.follow),
    path("follow/report", tracking.followed),
    path("follow/rate", tracking.rate),
    path("follow/again", tracking.again),
    path("follow/leave", tracking.leave),
    path("follow/photo/<int:number>", tracking.photo),
]
