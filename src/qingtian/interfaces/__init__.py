"""Thin doors to the house: API, live events, web pages, metrics."""
