"""Addresses of the citizen pages, below /public/."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
