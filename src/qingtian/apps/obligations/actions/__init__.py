"""Verbs that change obligations, one a file."""
