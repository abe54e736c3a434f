"""Figures for Prometheus and for the health page."""
