"""Computed indicators, reported figures, and recorded decisions."""
