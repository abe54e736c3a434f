"""The time-series side: gateway, spool, ingest, store port and engines."""
