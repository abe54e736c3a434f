"""Notices: who was told of what, by which way, and who answered."""
