"""Verbs of reports."""
