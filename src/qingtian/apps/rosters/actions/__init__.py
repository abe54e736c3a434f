"""Verbs of rosters, one a file."""
