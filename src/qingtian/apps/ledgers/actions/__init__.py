"""Verbs of the ledgers, one a file."""
