"""Rosters: who is on duty, exceptions and swaps, calendar feeds, and the note at the change of shift."""
