"""Verbs of judgements."""
