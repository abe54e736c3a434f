"""Verbs of imports."""
