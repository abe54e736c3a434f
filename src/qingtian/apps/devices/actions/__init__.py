"""Verbs on devices, one a file."""
