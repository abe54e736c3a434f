"""Verbs that change findings, one a file."""
