"""Verbs of the indicators app."""
