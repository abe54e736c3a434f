"""Periodic duties: one small idempotent module each."""
