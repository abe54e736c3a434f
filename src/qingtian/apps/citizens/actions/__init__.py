"""Verbs of the public."""
