"""Live updates: one LISTEN connection per process, fanned out to browsers as server-sent events."""
