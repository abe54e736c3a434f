"""Verbs that change cases, one a file."""
