"""The governance state: one Django app for each aggregate."""
