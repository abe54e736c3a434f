"""Migrations of the duties."""
