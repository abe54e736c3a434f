"""Verbs of notices, one a file."""
