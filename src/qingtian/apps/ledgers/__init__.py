"""The ledgers app."""
