"""Verbs that change the register, one a file."""
