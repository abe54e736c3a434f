"""Verbs that change accounts, one a file."""
