"""Verbs that add to the evidence of a case, one a file."""
