"""Every address that the web server answers."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView

from qingtian.interfaces.api.application import api
from qingtian.interfaces.live.views import live
from qingtian.interfaces.metrics.views import metrics_page
from qingtian.interfaces.web import bundle, oidc, pages
from qingtian.interfaces.web.calendar_feed import calendar_feed

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.landing, name="landing"),
    path("enter", pages.enter, name="enter"),
    path("oidc/start", oidc.start, name="oidc-start"),
    path("oidc/callback", oidc.callback, name="oidc-callback"),
    path("site/<str:name>", pages.site_file, name="site"),
    path("public/", include("qingtian.interfaces.pages.urls")),
    re_path(r"^public$", RedirectView.as_view(url="/public/")),
    path("favicon.ico", RedirectView.as_view(url="/site/icon.svg", permanent=True)),
    path("api/v1/live", live, name="live"),
    path("api/v1/", api.urls),
    re_path(r"^api(?:/.*)?$", pages.unknown_route),
    path("calendar/<str:secret>.ics", calendar_feed, name="calendar"),
    path("metrics", metrics_page, name="metrics"),
    path("assets/<path:path>", bundle.asset, name="asset"),
    path("field/worker.js", bundle.field_worker, name="field-worker"),
    re_path(r"^(?:screen|screen\.html)$", RedirectView.as_view(url="/screen/")),
    re_path(r"^screen/(?P<path>.*)$", bundle.screen, name="screen"),
    re_path(r"^(?P<door>desk|field|enterprise)$", RedirectView.as_view(url="/%(door)s/")),
    re_path(r"^(?:desk|field|enterprise)/(?P<path>.*)$", bundle.desk, name="desk"),
]
handler404 = pages.page_not_found
